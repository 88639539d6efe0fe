"""Answers kept ready for questions that are asked again and again: which one fits, and whether the desk may say it by
itself. Pure; it never reads a file and never sends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from monitor.core.assessment import Complexity, Policy, Topic, Urgency
from monitor.core.cases import Case, Read
from monitor.core.entities import EntityKind, entities
from monitor.core.faq_words import phrase
from monitor.core.messages import Platform
from monitor.core.outcomes import confirmed
from monitor.core.triage import Delivery, Kind, Playbook, Speaker, may_reply, priority, said_from
from monitor.core.xtext import weighted_length

LONGEST_ID = 40  # it travels in buttons, which hold 64 bytes
LONGEST_ON_X = 280
_LONGEST_QUESTION = 300  # who writes more tells a story of his own
# Whoever names one of these speaks of his own case, which no general answer settles.
_OWN_CASE = frozenset({EntityKind.TRANSACTION, EntityKind.ADDRESS, EntityKind.DURATION})
_TWINS = {"zh": "zh-Hant", "zh-Hant": "zh"}
_ID = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{LONGEST_ID - 1}}})")


def is_id(name: str) -> bool:
    """May an entry be called so?"""
    return _ID.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer by language. `topics`: where it may be said; the first is where it is listed.

    `link` is an address of the house, "" for none. `valid_until`: the last day on which it is used.
    """

    id: str
    topics: tuple[Topic, ...]
    questions: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, str]
    link: str = ""
    valid_until: date | None = None
    where: str = ""

    def in_force(self, today: date) -> bool:
        """Not expired."""
        return self.valid_until is None or today <= self.valid_until

    def answer(self, language: str) -> str | None:
        """The text in this language (the other Chinese script will do), with the link; None: there is none."""
        text = next((self.answers[name] for name in (language, _TWINS.get(language, ""))
                     if name in self.answers), None)  # fmt: skip
        return f"{text}\n{self.link}" if text and self.link else text

    def title(self, language: str) -> str:
        """The question as it stands in a menu: in this language, else in English, else in any."""
        for name in (language, _TWINS.get(language, ""), "en", *self.questions):
            if self.questions.get(name):
                return self.questions[name][0]
        return self.id


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How far an entry must lead over the next best: to be said by itself, to be offered to a manager."""

    answer: float
    suggest: float


# Where 98 % (light) and 97 % (words) of the shipped questions that would be answered, each left out in turn, get the
# right entry. A manager is offered what leads by less, and what hardly falls behind "none of these".
DEFAULTS: Mapping[str, Thresholds] = {
    "light": Thresholds(0.1, -0.1),
    "words": Thresholds(0.2, 0.06),
}


@dataclass(frozen=True, slots=True)
class Faq:
    """Everything in rules/faq/. `negatives`: messages by language that no entry answers."""

    entries: tuple[Entry, ...] = ()
    negatives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    thresholds: Mapping[str, Thresholds] = field(default_factory=lambda: DEFAULTS)
    version: str = "00000000"

    def entry(self, name: str) -> Entry | None:
        """By id."""
        return next((e for e in self.entries if e.id == name), None)


@dataclass(frozen=True, slots=True)
class Match:
    """The entry that fits best. `score`: how far it leads; `sure`: far enough to be said by itself."""

    entry: Entry
    score: float
    sure: bool
    why: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An answer offered to a manager, in the asker's language where there is one."""

    entry: str
    text: str
    score: float
    why: str = ""


def is_general(text: str) -> bool:
    """Could a ready answer settle this? Not where somebody tells of his own transaction or of how long he waits."""
    if len(text) > _LONGEST_QUESTION:
        return False
    return all(found.kind not in _OWN_CASE for found in entities(text))


def why_not(case: Case, read: Read, match: Match, policy: Policy) -> str:
    """Why the desk must not say this entry by itself; "" when it may."""
    if policy is not Policy.ANSWER:
        return f"the policy of {case.topic} is {policy}"
    if case.topic not in match.entry.topics:
        return f"{match.entry.id} is not for {case.topic}"
    if not match.sure:
        return "not sure enough"
    if case.urgency > Urgency.NORMAL or case.complexity is Complexity.COMPLEX:
        return "a person must look at this one"
    if not match.entry.in_force(read.message.sent_at.date()):
        return f"{match.entry.id} has expired"
    if not is_general(read.message.text):
        return "somebody tells of a case of his own"
    return ""


def answer_for(case: Case, read: Read, match: Match | None, speaker: Speaker | None,
               playbook: Playbook, now: datetime) -> Delivery | None:  # fmt: skip
    """The answer that the desk gives by itself, in the asker's language; None: a person answers.

    It has the acknowledgement's key: at most one automatic public message a case.
    """
    if match is None or speaker is None or case.imported or not may_reply(read, speaker):
        return None
    not_after = case.opened_at + playbook.stale_after
    policy = playbook.policies.get(case.topic, Policy.ALERT)
    text = _fitting(match.entry, case)
    if text is None or now > not_after or why_not(case, read, match, policy):
        return None
    message = read.message
    delivery = Delivery(
        f"ack:{case.key}", Kind.ANSWER, speaker.account, case.platform, case.place, text,
        priority(Kind.ANSWER, case.urgency), said_from(case, playbook, now), not_after, message.thread,
        message.native_id,
        case_key=case.key, message_id=read.id,
    )  # fmt: skip
    return _asking_whether_it_helped(delivery, case, match.entry)


def _fitting(entry: Entry, case: Case) -> str | None:
    text = entry.answer(case.language)
    if text is None or case.platform is not Platform.TWITTER:
        return text
    plain = (
        replace(entry, link="").answer(case.language) or ""
    )  # on X a link costs 13 times the post
    return plain if weighted_length(plain) <= LONGEST_ON_X else None


def _asking_whether_it_helped(delivery: Delivery, case: Case, entry: Entry) -> Delivery:
    if case.platform is not Platform.TELEGRAM:
        return delivery
    language = case.language
    row = tuple((phrase(word, language), f"faq:{key}:{entry.id}")
                for word, key in (("yes", YES), ("no", NO)))  # fmt: skip
    text = f"{delivery.text}\n\n{phrase('helped?', language)}"
    return replace(delivery, text=text, buttons=(row,))


YES, NO = "y", "n"


def instead(said: Sequence[Delivery], answer: Delivery | None) -> tuple[Delivery, ...]:
    """What triage wants to say, with the answer in the place of its acknowledgement."""
    if answer is None:
        return tuple(said)
    return tuple(answer if one.key == answer.key else one for one in said)


def suggestions(
    matches: Sequence[Match], language: str, default: str = "en", today: date | None = None
) -> list[Suggestion]:
    """What a manager may take, best first; expired entries are not offered."""
    found = []
    for match in matches:
        text = match.entry.answer(language) or match.entry.answer(default)
        if text and (today is None or match.entry.in_force(today)):
            found.append(Suggestion(match.entry.id, text, match.score, match.why))
    return found


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of "did this help?". `case` None: nothing changes. `toast` is told to the one who pressed."""

    toast: str
    case: Case | None = None
    helped: bool | None = None


def faq_pressed(case: Case, word: str, by: str, before: bool | None, now: datetime) -> Pressed:
    """A button under an answer was pressed by `by`; `before`: what the asker had said already.

    Only the asker decides, and once. Yes: resolved. No: the case waits on and a person is called.
    """
    language = case.language
    if by != case.author_id:
        return Pressed(phrase("not you", language))
    if before is not None or word not in (YES, NO):
        return Pressed(phrase("noted", language))
    if word == NO:
        return Pressed(phrase("colleague", language), case, helped=False)
    return Pressed(phrase("glad", language), confirmed(case, now), helped=True)
