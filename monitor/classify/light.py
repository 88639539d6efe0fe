"""Judges messages by their meaning, the pieces of their words and what the rules found in them. Never
raises for a text, never goes outside.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightencoder import Encoder
from monitor.classify.lightfeatures import Hits, pieces, spoken
from monitor.classify.lightmodel import TOPICS, Model, Seen
from monitor.classify.lightreasons import Reasons
from monitor.classify.rulereading import version_of
from monitor.classify.rules_classifier import Reading, RulesClassifier
from monitor.classify.seeds import Seed
from monitor.core.assessment import UNSURE, Assessment, Grounds, Topic, Urgency
from monitor.core.evaluation import Weighed
from monitor.core.messages import Message
from monitor.core.rules import RuleSet, Says
from monitor.core.text import capped

_MORE_LIKELY_WRONG = 0.5
_TOGETHER = 200  # messages looked at together; more only costs memory
_WORTH_TWO = 32  # messages that are worth a second processor
# A rule's "critical" holds where the heads give it (or worse) this chance: words like "hacked" also
# stand in jokes and warnings. Chosen on held-out seeds, as low as costs nothing.
_FLOOR_HOLDS = 0.4
_ALSO, _MOST_FURTHER = 0.2, 2  # chance from which a second topic is named, and how many
Floats = NDArray[np.float32]
Chances = tuple[float, float, float, float]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Looked:
    """Messages, and what is seen in them besides their meaning."""

    texts: Sequence[str]
    readings: Sequence[Reading]
    hits: Floats

    def only(self, places: Sequence[int]) -> Looked:
        """Those at these places."""
        texts, readings = self.texts, self.readings
        return Looked(
            [texts[at] for at in places], [readings[at] for at in places], self.hits[places]
        )

    def seen(self, meaning: Floats) -> Seen:
        """The features, `meaning` among them."""
        cut = pieces([r.matched for r in self.readings])
        return Seen(meaning, cut, self.hits, spoken(self.readings))


class LightClassifier:
    """A `monitor.ports.Classifier` on top of the rules: their signals and floors stay in force."""

    def __init__(
        self, rules: RulesClassifier, encoder: Encoder, model: Model, seeds: Sequence[Seed]
    ) -> None:
        """`model` was learned from `seeds`."""
        self.rules = rules
        self.version = f"light/{version_of({'model': model.key, 'rules': rules.rules.version})}"
        self._encoder = encoder
        self.model = model
        self.seeds = tuple(seeds)
        self._hits = Hits(rules.rules)
        self._floors = _floors(rules.rules)
        self._reasons = Reasons(model, seeds)
        self._other = ThreadPoolExecutor(1, "weigh") if (os.cpu_count() or 1) > 1 else None

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """One assessment a message, in order."""
        return [weighed.assessment for weighed in self.weigh(messages, prior)]

    def weigh(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Weighed]:
        """The assessments, and how likely every label is."""
        rounds = [messages[at : at + _TOGETHER] for at in range(0, len(messages), _TOGETHER)]
        return [weighed for part in rounds for weighed in self._weigh(part, prior)]

    def _weigh(self, messages: Sequence[Message], prior: Mapping[str, str] | None) -> list[Weighed]:
        looked = self._look([capped(m.text) for m in messages], messages, prior)
        return self._tell(looked, self._chances(looked))

    def _look(
        self, texts: Sequence[str], messages: Sequence[Message], prior: Mapping[str, str] | None
    ) -> Looked:
        readings = self.rules.read_all(messages, prior)
        return Looked(texts, readings, self._hits.of(readings, texts))

    def _tell(self, looked: Looked, found: tuple[Floats, Floats, Floats]) -> list[Weighed]:
        """The judgements that follow from what is `found`: see `_chances`."""
        texts, readings = looked.texts, looked.readings
        topics, urgencies, cosines = found
        chances: list[Chances] = [(a, b, c, d) for a, b, c, d in urgencies.tolist()]
        topic_of = [TOPICS[at] for at in topics.argmax(axis=1)]
        judged = [
            (topic, self._urgency(reading, topic, row))
            for reading, topic, row in zip(readings, topic_of, chances, strict=True)
        ]
        sure = self.model.confidence(topics)
        words = self._reasons.telling(readings, judged)
        why = self._reasons.of(readings, texts, judged, cosines, words)
        grounds = self._reasons.grounds(self.rules, readings, judged, words, (topics, cosines))
        columns = (readings, judged, sure, why, topics.tolist(), chances, _further(topics), grounds)
        return [
            Weighed(
                self._assessment(reading, verdict, float(confidence), reasons, further, behind),
                dict(zip(TOPICS, row, strict=True)),
                pressing,
            )
            for reading, verdict, confidence, reasons, row, pressing, further, behind in zip(
                *columns, strict=True
            )
        ]

    def encoder_alone(self, texts: Sequence[str]) -> float:
        """Seconds that the encoder takes for them, on as many processors; to compare with."""
        started = time.perf_counter()
        self._halved(lambda part: self._encoder.encode(texts[part]), len(texts))
        return time.perf_counter() - started

    def _chances(self, looked: Looked) -> tuple[Floats, Floats, Floats]:
        """Of topics and of urgencies, by the model, and the cosines to its seeds."""

        def half(part: slice) -> tuple[Floats, Floats, Floats]:
            mine = Looked(looked.texts[part], looked.readings[part], looked.hits[part])
            return self.model.chances(mine.seen(self._encoder.encode(mine.texts)))

        found = self._halved(half, len(looked.texts))
        topics, urgencies, cosines = map(np.concatenate, zip(*found, strict=True))
        return topics, urgencies, cosines

    def _halved(self, work: Callable[[slice], T], count: int) -> list[T]:
        """Half of the work here, and meanwhile the other half elsewhere. It is arithmetic, during which the
        interpreter is free; what needs the interpreter would only wait for it.
        """
        if self._other is None or count < _WORTH_TWO:
            return [work(slice(None))]
        try:
            rest = self._other.submit(work, slice(count // 2, None))
        except RuntimeError:  # the program is about to end
            return [work(slice(None))]
        return [work(slice(count // 2)), rest.result()]

    def _assessment(
        self,
        reading: Reading,
        verdict: tuple[Topic, Urgency],
        confidence: float,
        reasons: tuple[str, ...],
        further: tuple[Topic, ...],
        grounds: Grounds | None,
    ) -> Assessment:
        topic, urgency = verdict
        unsure = frozenset({UNSURE}) if confidence < _MORE_LIKELY_WRONG else frozenset()
        return replace(
            reading.assessment,
            topic=topic,
            urgency=urgency,
            complexity=self.rules.rules.topics[topic].complexity,
            confidence=round(confidence, 3),
            reasons=reasons,
            signals=reading.assessment.signals | unsure,
            by=self.version,
            topics=further,
            grounds=grounds,
        )

    def _urgency(self, reading: Reading, topic: Topic, chances: Chances) -> Urgency:
        """The likeliest; what the rules' own words demand for this topic is not undercut unless it
        seems wrong.
        """
        if not topic.needs_answer:
            return Urgency.LOW
        floors = [
            urgency
            for clue in reading.found
            for urgency, topics in self._floors.get(clue, ())
            if not topics or topic in topics
        ]
        floor = max(floors, default=Urgency.LOW)
        likely = max(Urgency, key=lambda u: chances[u])
        return max(floor, likely) if sum(chances[floor:]) >= _FLOOR_HOLDS else likely


def seen_by(
    encoder: Encoder, hits: Hits, texts: Sequence[str], readings: Sequence[Reading]
) -> Seen:
    """The features of texts that the rules have read."""
    return Looked(texts, readings, hits.of(readings, texts)).seen(encoder.encode(texts))


def _further(topics: Floats) -> list[tuple[Topic, ...]]:
    """What each message is about besides its first topic, likelier ones first."""
    order = np.argsort(-topics, axis=1)[:, 1 : 1 + _MOST_FURTHER].tolist()
    return [
        tuple(TOPICS[i] for i in best if row[i] >= _ALSO and TOPICS[i].needs_answer)
        for best, row in zip(order, topics, strict=True)
    ]


def _floors(rules: RuleSet) -> dict[int, tuple[tuple[Urgency, frozenset[Topic]], ...]]:
    return {
        number: ((Urgency.parse(clue.subject), clue.topics),)
        for number, clue in enumerate(rules.clues)
        if clue.says is Says.URGENCY
    }
