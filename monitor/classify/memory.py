"""What people corrected counts at once for messages that say the same. Judges nothing that is unlike every correction.

A message says the same when its text is equal but for case, numbers and signs, or, in languages that the sentence
encoder knows, when it means nearly the same and the rules see nothing in it that speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from monitor.classify.lore import Lesson, digest
from monitor.classify.rules_classifier import RulesClassifier
from monitor.core.assessment import UNSURE, Assessment, Grounds, Topic, Urgency
from monitor.core.messages import Message
from monitor.core.patterns import folded
from monitor.core.text import normalise

if TYPE_CHECKING:
    from monitor.classify.lightencoder import Encoder

_SURE = 0.95  # what such judgements were found to be worth, cautiously
_NOT_SAID = re.compile(r"https?://\S+|[@#]\w+|\b\w*\d{5,}\w*\b|[^\w]+")
_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FEW_LETTERS, _FEW_WIDE = 10, 4
_TURNS = frozenset({"negation", "thanks", "stop"})  # signals that turn what a text says round


class Neighbours(Protocol):
    """Compares meanings; `monitor.classify.likeness` where it is installed."""

    def nearest(self, texts: Sequence[str]) -> list[tuple[int, float]]:
        """For each text the number of the closest lesson and how close it is."""


Compare = Callable[[Sequence[str]], Neighbours]


def essence(text: str) -> str:
    """What is equal in two copies of one text."""
    return " ".join(_NOT_SAID.sub(" ", folded(normalise(text))).split())


def is_short(text: str) -> bool:
    """Too short to mean the same wherever it stands: "any update?"."""
    wide = len(_WIDE.findall(text))
    return len(text.replace(" ", "")) + 2 * wide < _FEW_LETTERS + (2 if wide else 0)


class Memory:
    """Corrections at hand. Safe to use from several threads; never changes."""

    def __init__(
        self,
        lessons: Sequence[Lesson],
        rules: Callable[[], RulesClassifier],
        compare: Compare | None = None,
        is_read: Callable[[str], bool] = lambda language: False,
        alike: float = 1.0,
    ) -> None:
        """`rules` gives the rules in force. Without `compare`, only equal texts are alike."""
        told = _telling(lessons)
        self.version = digest(lessons) if lessons else ""
        self._rules = rules
        self._equal = {essence(one.text): one for one in told}
        self._close = [one for one in self._equal.values() if compare and is_read(one.language)]
        self._neighbours = (
            compare([one.text for one in self._close]) if compare and self._close else None
        )
        self._is_read, self._alike = is_read, alike

    def applied(
        self, messages: Sequence[Message], judged: Sequence[Assessment]
    ) -> list[Assessment]:
        """The judgements, those of messages like a corrected one as that was corrected."""
        if not self._equal:
            return list(judged)
        equal = [self._equal.get(essence(m.text)) for m in messages]
        found = [None if one is None else (one, 1.0) for one in equal]
        open_ = [i for i, one in enumerate(found)
                 if one is None and self._neighbours and self._is_read(judged[i].language)]  # fmt: skip
        for i, one in zip(open_, self._near([messages[i].text for i in open_]), strict=True):
            if one is not None and self._agrees(one[0], messages[i].text, judged[i]):
                found[i] = one
        return [
            was if one is None else self._as_corrected(was, *one, message.text)
            for was, one, message in zip(judged, found, messages, strict=True)
        ]

    def nearest(self, text: str, most: int = 3) -> list[tuple[Lesson, float]]:
        """The corrections closest to a text, to show to somebody who asks why."""
        equal = self._equal.get(essence(text))
        found = [] if equal is None else [(equal, 1.0)]
        if self._neighbours is not None:
            ((at, how),) = self._neighbours.nearest([text])
            found += [(self._close[at], how)] if self._close[at] is not equal else []
        return found[:most]

    def _near(self, texts: Sequence[str]) -> list[tuple[Lesson, float] | None]:
        if self._neighbours is None or not texts:
            return [None for _ in texts]
        near = self._neighbours.nearest(texts)
        return [(self._close[at], how) if how >= self._alike else None for at, how in near]

    def _agrees(self, lesson: Lesson, text: str, judged: Assessment) -> bool:
        """Vectors hardly see a "not", nor whether money goes in or out; the rules do."""
        own, other = self._rules().judge(lesson.text), self._rules().judge(text)
        differ = (
            own.topic is not other.topic and own.topic.needs_answer and other.topic.needs_answer
        )
        return not differ and own.signals & _TURNS == judged.signals & _TURNS

    def _as_corrected(self, was: Assessment, lesson: Lesson, how: float, text: str) -> Assessment:
        rules = self._rules()
        urgency = self._urgency(rules, lesson, text)
        same = (was.topic, was.urgency) == (lesson.topic, urgency)
        said = f"message {lesson.message}, which {lesson.by} labelled {lesson.topic}, {lesson.urgency.word}"
        return replace(
            was,
            topic=lesson.topic,
            urgency=urgency,
            complexity=rules.rules.topics[lesson.topic].complexity,
            confidence=max(was.confidence, _SURE) if was.topic is lesson.topic else _SURE,
            # Where it was overruled, what spoke for the other judgement would only confuse.
            reasons=(f"like {said}", *(was.reasons if same else ())),
            signals=was.signals - {UNSURE},
            by=f"{was.by}+{self.version}",
            grounds=_with_lesson(was.grounds, lesson, how) if lesson.topic.needs_answer else None,
        )

    @staticmethod
    def _urgency(rules: RulesClassifier, lesson: Lesson, text: str) -> Urgency:
        """As labelled; more where the rules find something pressing that the labelled message did not say."""
        if not lesson.topic.needs_answer:
            return Urgency.LOW
        own, new = rules.judge(lesson.text).urgency, rules.judge(text).urgency
        return max(lesson.urgency, new) if new > own else lesson.urgency


def _with_lesson(grounds: Grounds | None, lesson: Lesson, how: float) -> Grounds:
    """The corrected message is the nearest; what spoke before is kept beside it."""
    before = grounds or Grounds()
    return replace(before, near=(lesson.shown(how), *before.near[:2]))


def memory_of(
    lessons: Sequence[Lesson], rules: Callable[[], RulesClassifier], encoder: Encoder | None
) -> Memory:
    """The corrections at hand; without an encoder only equal texts are alike."""
    if encoder is None or not lessons:
        return Memory(lessons, rules)
    from monitor.classify.likeness import ALIKE, Likeness, is_read

    return Memory(lessons, rules, lambda texts: Likeness(encoder, texts), is_read, ALIKE)


def _telling(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Without those too short to be about one thing, unless another message with that text was labelled the same."""
    agreed: dict[tuple[str, Topic, Urgency], set[int]] = {}
    for one in lessons:
        agreed.setdefault((essence(one.text), one.topic, one.urgency), set()).add(one.message)
    kept = []
    for one in lessons:
        text = essence(one.text)
        if text and (not is_short(text) or len(agreed[text, one.topic, one.urgency]) > 1):
            kept.append(one)
    return kept
