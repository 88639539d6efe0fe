"""Why the light tier judged so, in words that a community manager understands. Never changes a
judgement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightfeatures import pieces
from monitor.classify.lightmodel import TOPICS, Model
from monitor.classify.rulereading import shortened
from monitor.classify.rules_classifier import Reading
from monitor.classify.seeds import Seed
from monitor.core.assessment import Topic
from monitor.core.rules import RuleSet

_CLOSE = 0.45  # cosine from which two texts are alike to a reader
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{3,}")
_MOST_WORDS = 24
_NONE = ("nothing in it speaks of a topic",)
Floats = NDArray[np.float32]


class Reasons:
    """Explains judgements of one model."""

    def __init__(self, model: Model, seeds: Sequence[Seed], rules: RuleSet) -> None:
        """`model` was learned from `seeds`."""
        self._model = model
        self._seeds = seeds
        self._rules = rules

    def of(
        self, readings: Sequence[Reading], topics: Sequence[Topic], cosines: Floats
    ) -> list[tuple[str, ...]]:
        """Phrases for each message, strongest first: its rule hits, its telling words, the example
        it is closest to.
        """
        silent = [at for at, r in enumerate(readings) if r.assessment.topic is not topics[at]]
        words = dict(zip(silent, self._words([readings[i] for i in silent],
                                             [topics[i] for i in silent]), strict=True))  # fmt: skip
        nearest = cosines.argmax(axis=1) if cosines.size else np.zeros(len(readings), dtype=int)
        found = [
            (*self._ruled(reading, topic), *words.get(at, ()), *self._like(cosines[at], near))
            for at, (reading, topic, near) in enumerate(zip(readings, topics, nearest, strict=True))
        ]
        return [reasons or _NONE for reasons in found]

    def _ruled(self, reading: Reading, topic: Topic) -> list[str]:
        if reading.assessment.topic is topic:
            return [r for r in reading.assessment.reasons if not r.startswith("nothing")]
        return [r for r in reading.assessment.reasons if " because of " in r]

    def _like(self, cosines: Floats, near: int) -> list[str]:
        if not len(cosines) or cosines[near] < _CLOSE:
            return []
        seed = self._seeds[near]
        labels = ", ".join(filter(None, (seed.topic, seed.urgency.word if seed.urgency else "")))
        return [f'close to the example "{shortened(seed.text)}" ({labels})']

    def _words(self, readings: Sequence[Reading], topics: Sequence[Topic]) -> list[tuple[str, ...]]:
        """The two words of each message whose pieces speak most for its topic."""
        split = [_WORD.findall(r.matched)[:_MOST_WORDS] for r in readings]
        flat = [word for words in split for word in words]
        if not flat:
            return [() for _ in readings]
        says = pieces(flat).times(self._model.pieces)[:, : len(TOPICS)]
        says -= says.mean(axis=1, keepdims=True)
        found, at = [], 0
        for words, topic in zip(split, topics, strict=True):
            mine = says[at : at + len(words), TOPICS.index(topic)]
            at += len(words)
            best = [words[i] for i in np.argsort(-mine)[:2] if mine[i] > 0]
            found.append(tuple(f'speaks of "{word}"' for word in dict.fromkeys(best)))
        return found
