"""The FAQ as pages with buttons, for the bot's private chat. Pure; every button's answer begins with "faq:"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.core.assessment import Topic
from monitor.core.faq import Entry, Faq
from monitor.core.faq_words import phrase
from monitor.core.text import clip

_LONGEST_LABEL = 60
MENU, TOPIC, ENTRY = "m", "t", "e"
Rows = tuple[tuple[tuple[str, str], ...], ...]  # rows of (label, what comes back)
Names = Mapping[Topic, Mapping[str, str]]  # topic to its name by language


@dataclass(frozen=True, slots=True)
class Page:
    """A text and the buttons under it."""

    text: str
    buttons: Rows


def menu(faq: Faq, language: str, names: Names, today: date) -> Page:
    """The topics that have entries, two a row."""
    topics = list(dict.fromkeys(e.topics[0] for e in _offered(faq, language, today)))
    if not topics:
        return Page(phrase("empty", language), ())
    labels = [(_name(names, topic, language), f"faq:{TOPIC}:{topic}") for topic in topics]
    rows = tuple(tuple(labels[at : at + 2]) for at in range(0, len(labels), 2))
    return Page(phrase("menu", language), rows)


def topic_page(faq: Faq, topic: Topic, language: str, names: Names, today: date) -> Page:
    """The questions of one topic; the menu when there are none any more."""
    entries = [e for e in _offered(faq, language, today) if e.topics[0] == topic]
    if not entries:
        return menu(faq, language, names, today)
    rows = tuple(((clip(e.title(language), _LONGEST_LABEL), f"faq:{ENTRY}:{e.id}"),)
                 for e in entries)  # fmt: skip
    return Page(_name(names, topic, language), (*rows, _back(language, f"faq:{MENU}")))


def entry_page(faq: Faq, name: str, language: str, names: Names, today: date) -> Page:
    """One question with its answer; the menu when it is gone or has expired."""
    entry = next((e for e in _offered(faq, language, today) if e.id == name), None)
    if entry is None:
        return menu(faq, language, names, today)
    text = f"{entry.title(language)}\n\n{entry.answer(language) or entry.answer('en')}"
    return Page(text, (_back(language, f"faq:{TOPIC}:{entry.topics[0]}"),))


def page(faq: Faq, parts: Sequence[str], language: str, names: Names, today: date) -> Page:
    """The page that a button leads to; `parts` is what it brought back, after "faq:". Anything unknown: the menu."""
    kind, argument = (*parts, "", "")[:2]
    if kind == ENTRY:
        return entry_page(faq, argument, language, names, today)
    if kind == TOPIC and argument in set(Topic):
        return topic_page(faq, Topic(argument), language, names, today)
    return menu(faq, language, names, today)


def _offered(faq: Faq, language: str, today: date) -> list[Entry]:
    return [e for e in faq.entries
            if e.in_force(today) and (e.answer(language) or e.answer("en"))]  # fmt: skip


def _name(names: Names, topic: Topic, language: str) -> str:
    texts = names.get(topic, {})
    known = texts.get(language) or texts.get(language.partition("-")[0]) or texts.get("en")
    return known or topic.value.capitalize()


def _back(language: str, to: str) -> tuple[tuple[str, str], ...]:
    return ((phrase("back", language), to),)
