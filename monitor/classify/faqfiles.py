"""rules/faq/ as it lies on the disk becomes a Faq, and stays the last good one. Never takes half of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt

from monitor.classify.rulereading import (
    RulesBroken,
    read,
    shaped,
    shortened,
    shown_name,
    version_of,
)
from monitor.classify.ruleshapes import Language, Line, Lines, Shape, Spoken
from monitor.core.assessment import Topic
from monitor.core.faq import DEFAULTS, LONGEST_ID, Entry, Faq, Thresholds, is_id
from monitor.core.xtext import weighted_length

NEGATIVES, SETTINGS = "negatives.toml", "settings.toml"
LONGEST_ANSWER = 2_000
MOST_ENTRIES, MOST_QUESTIONS = 500, 5_000
Share = Annotated[StrictFloat | StrictInt, Field(ge=-1, le=2)]


class EntryShape(Shape):
    """An [[entry]]."""

    id: Line
    topics: Annotated[list[Topic], Field(min_length=1)]
    link: str = ""
    valid_until: date | None = None
    questions: dict[Language, Annotated[list[Line], Field(min_length=1)]]
    answer: Spoken


class EntriesFile(Shape):
    """rules/faq/<any name>.toml."""

    entry: list[EntryShape] = Field(default_factory=list)


class NegativesFile(Shape):
    """rules/faq/negatives.toml."""

    negatives: dict[Language, Lines] = Field(default_factory=dict)


class LimitShape(Shape):
    """[thresholds.light] or [thresholds.words]."""

    answer: Share | None = None
    suggest: Share | None = None


class ThresholdsShape(Shape):
    """[thresholds]."""

    light: LimitShape = Field(default_factory=LimitShape)
    words: LimitShape = Field(default_factory=LimitShape)


class SettingsFile(Shape):
    """rules/faq/settings.toml."""

    links: dict[str, str] = Field(default_factory=dict)
    thresholds: ThresholdsShape = Field(default_factory=ThresholdsShape)


def files_of(folder: Path) -> list[Path]:
    """The FAQ's files of a rules folder; there need not be any."""
    return sorted(folder.glob("faq/*.toml"))


def load_faq(folder: Path) -> Faq:
    """Read and check everything. Raises RulesBroken at the first thing that cannot be used."""
    texts = {shown_name(folder, path): read(folder, path) for path in files_of(folder)}
    special = {name: f"{folder.name}/faq/{name}" for name in (NEGATIVES, SETTINGS)}
    settings, negatives = SettingsFile(), NegativesFile()
    if special[SETTINGS] in texts:
        settings = shaped(texts, special[SETTINGS], SettingsFile)
    if special[NEGATIVES] in texts:
        negatives = shaped(texts, special[NEGATIVES], NegativesFile)
    _sound_links(special[SETTINGS], settings.links)
    entries: dict[str, Entry] = {}
    for shown in texts:
        if shown not in special.values():
            for entry in _entries(shown, shaped(texts, shown, EntriesFile), settings.links):
                _only_once(entry, entries)
                entries[entry.id] = entry
    _not_too_many(folder, entries)
    return Faq(
        tuple(entries.values()),
        {language: tuple(lines) for language, lines in negatives.negatives.items()},
        _thresholds(settings.thresholds),
        version_of(texts),
    )


def _entries(shown: str, file: EntriesFile, links: Mapping[str, str]) -> Iterator[Entry]:
    for at, one in enumerate(file.entry, 1):
        where = f"entry[{at}]"
        _sound_id(shown, where, one.id)
        _speakable(shown, where, one.answer)
        if one.link and one.link not in links:
            remedy = f'Add it under [links] in {SETTINGS}, with "" while there is no page'
            raise RulesBroken(shown, f"{where}.link", one.link, remedy, why="no such link")
        questions = {language: tuple(lines) for language, lines in one.questions.items()}
        if not questions:
            raise RulesBroken(shown, f"{where}.questions", "", "Write some", why="no questions")
        yield Entry(
            one.id, tuple(dict.fromkeys(one.topics)), questions, one.answer,
            links.get(one.link, ""), one.valid_until, f"{shown}: {where}",
        )  # fmt: skip


def _sound_id(shown: str, where: str, name: str) -> None:
    if not is_id(name):
        remedy = f"Use a-z, 0-9 and hyphens, at most {LONGEST_ID}"
        raise RulesBroken(shown, f"{where}.id", shortened(name), remedy, why="not a short name")


def _speakable(shown: str, where: str, answers: Mapping[str, str]) -> None:
    if not answers:
        raise RulesBroken(
            shown, f"{where}.answer", "", "Write one", why="no answer in any language"
        )
    for language, text in answers.items():
        why = ""
        if weighted_length(text) > LONGEST_ANSWER:
            why = f"longer than {LONGEST_ANSWER:,} characters"
        elif "{" in text or "}" in text:
            why = "placeholders are not filled in"
        if why:
            remedy = "Write it shorter and plain: it is sent exactly as it stands"
            raise RulesBroken(shown, f"{where}.answer.{language}", shortened(text), remedy, why=why)


def _only_once(entry: Entry, known: Mapping[str, Entry]) -> None:
    if entry.id in known:
        shown, key = entry.where.split(": ", 1)
        why = f"there is another entry of that name ({known[entry.id].where})"
        raise RulesBroken(shown, f"{key}.id", entry.id, "Give it a name of its own", why=why)


def _sound_links(shown: str, links: Mapping[str, str]) -> None:
    for name, address in links.items():
        if address and (not address.startswith("https://") or any(c.isspace() for c in address)):
            remedy = 'Write an address such as "https://www.example.com/help", or ""'
            raise RulesBroken(
                shown, f"links.{name}", shortened(address), remedy, why="not an https:// address"
            )


def _not_too_many(folder: Path, entries: Mapping[str, Entry]) -> None:
    questions = sum(len(q) for e in entries.values() for q in e.questions.values())
    for found, most, what in ((len(entries), MOST_ENTRIES, "entries"),
                              (questions, MOST_QUESTIONS, "questions")):  # fmt: skip
        if found > most:
            shown = f"{folder.name}/faq"
            raise RulesBroken(
                shown, "", f"{found:,} {what}", "Remove some", why=f"more than {most:,}"
            )


def _thresholds(given: ThresholdsShape) -> dict[str, Thresholds]:
    found = {}
    for tier, own in (("light", given.light), ("words", given.words)):
        default = DEFAULTS[tier]
        answer = default.answer if own.answer is None else float(own.answer)
        suggest = default.suggest if own.suggest is None else float(own.suggest)
        found[tier] = Thresholds(answer, min(suggest, answer))
    return found


def warnings(faq: Faq, today: date) -> list[str]:
    """What a community manager should look at, though nothing is broken."""
    return [f"{e.where}: {e.id} expired on {e.valid_until} and is no longer used"
            for e in faq.entries if not e.in_force(today)]  # fmt: skip


Stamp = tuple[tuple[str, int, int], ...]


def stamp_of(paths: Sequence[Path]) -> Stamp:
    """Changes when a file does."""
    found = []
    for path in paths:
        try:
            seen = path.stat()
            found.append((path.name, seen.st_mtime_ns, seen.st_size))
        except OSError:
            found.append((path.name, 0, -1))
    return tuple(found)
