"""Why the light tier judged so, in words that a community manager understands. Never changes a
judgement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightencoder import LANGUAGES
from monitor.classify.lightfeatures import pieces
from monitor.classify.lightmodel import TOPICS, Model
from monitor.classify.lighttones import told
from monitor.classify.rulereading import shortened
from monitor.classify.rules_classifier import Reading
from monitor.classify.seeds import Seed
from monitor.core.assessment import Topic, Urgency

_CLOSE = 0.45  # cosine from which two texts are alike to a reader
_CLOSE_UNREAD = 0.7  # in a language that the encoder was not made for
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{3,}")
_MOST_WORDS = 24
_NONE = ("nothing in it speaks of a topic",)
Floats = NDArray[np.float32]
Phrases = tuple[str, ...]
Judged = Sequence[tuple[Topic, Urgency]]


class Reasons:
    """Explains judgements of one model."""

    def __init__(self, model: Model, seeds: Sequence[Seed]) -> None:
        """`model` was learned from `seeds`."""
        self._model = model
        self._seeds = seeds

    def of(
        self, readings: Sequence[Reading], texts: Sequence[str], judged: Judged, cosines: Floats
    ) -> list[Phrases]:
        """Phrases for each message, strongest first: its rule hits, its telling words, what it names
        where it is urgent, the example it is closest to.
        """
        at_odds = [i for i, r in enumerate(readings) if r.assessment.topic is not judged[i][0]]
        telling = self._words([readings[i] for i in at_odds], [judged[i][0] for i in at_odds])
        words = dict(zip(at_odds, telling, strict=True))
        nearest = cosines.argmax(axis=1) if cosines.size else np.zeros(len(readings), dtype=int)
        return [
            (
                *_ruled(reading, *judged[i]),
                *words.get(i, ()),
                *(told(texts[i]) if judged[i][1] >= Urgency.HIGH else ()),
                *self._like(reading, cosines[i], near),
            )
            or _NONE
            for i, (reading, near) in enumerate(zip(readings, nearest, strict=True))
        ]

    def _like(self, reading: Reading, cosines: Floats, near: int) -> list[str]:
        read = reading.assessment.language in LANGUAGES
        if not len(cosines) or cosines[near] < (_CLOSE if read else _CLOSE_UNREAD):
            return []
        seed = self._seeds[near]
        labels = ", ".join(filter(None, (seed.topic, seed.urgency.word if seed.urgency else "")))
        named = seed.where if seed.by else f'the example "{shortened(seed.text)}"'
        return [f"close to {named} ({labels})"]

    def _words(self, readings: Sequence[Reading], topics: Sequence[Topic]) -> list[Phrases]:
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


def _ruled(reading: Reading, topic: Topic, urgency: Urgency) -> list[str]:
    """What the rules said that agrees with the judgement."""
    agrees = reading.assessment.topic is topic
    return [
        reason
        for reason in reading.assessment.reasons
        if reason.startswith(f"{urgency.word} because of ")
        or (agrees and " because of " not in reason and not reason.startswith("nothing"))
    ]
