"""Why the light tier judged so, in words that a community manager understands. Never changes a
judgement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightencoder import LANGUAGES
from monitor.classify.lightfeatures import pieces
from monitor.classify.lightmodel import TOPICS, Model
from monitor.classify.lighttones import told
from monitor.classify.rulereading import shortened
from monitor.classify.rules_classifier import Reading, RulesClassifier
from monitor.classify.seeds import Seed
from monitor.core.assessment import Grounds, Topic, Urgency

_CLOSE = 0.45  # cosine from which two texts are alike to a reader
_CLOSE_UNREAD = 0.7  # in a language that the encoder was not made for
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{3,}")
_MOST_WORDS = 24
_FEW = 25
_REMEMBERED = 5_000  # words
_SHOWN, _SPOKEN_OF = 3, 2  # of words, examples and topics: kept, and named to a reader
_NONE = ("nothing in it speaks of a topic",)
Floats = NDArray[np.float32]
Phrases = tuple[str, ...]
Telling = tuple[tuple[str, float], ...]  # words and how much each speaks for the topic
Judged = Sequence[tuple[Topic, Urgency]]


class Reasons:
    """Explains judgements of one model."""

    def __init__(self, model: Model, seeds: Sequence[Seed]) -> None:
        """`model` was learned from `seeds`."""
        self._model = model
        self._shown = [shown_seed(seed) for seed in seeds]
        self._known: dict[str, Floats] = {}

    def telling(self, readings: Sequence[Reading], judged: Judged) -> dict[int, Telling]:
        """The words that speak most for a judgement, where somebody may ask: an answer is needed, or the rules
        say otherwise."""
        asked = [
            i
            for i, (topic, _) in enumerate(judged)
            if topic.needs_answer or readings[i].assessment.topic is not topic
        ]
        words = self._words([readings[i] for i in asked], [judged[i][0] for i in asked])
        return dict(zip(asked, words, strict=True))

    def grounds(
        self, rules: RulesClassifier, readings: Sequence[Reading], judged: Judged, words: dict[int, Telling],
        seen: tuple[Floats, Floats],
    ) -> list[Grounds | None]:  # fmt: skip
        """Of what needs an answer: the rules that spoke, the words, the nearest examples, the likeliest topics.
        `seen`: chances of topics, and cosines to the examples."""
        found: list[Grounds | None] = [None] * len(readings)
        asked = [i for i, (topic, _) in enumerate(judged) if topic.needs_answer]
        if asked:
            likely, near = (_greatest(rows, asked) for rows in seen)
            for i, chances, close in zip(asked, likely, near, strict=True):
                told = rules.told(readings[i].found, readings[i].assessment.language)
                found[i] = Grounds(
                    told,
                    words.get(i, ()),
                    tuple((*self._shown[at], round(how, 3)) for at, how in close),
                    tuple((TOPICS[at].value, round(chance, 3)) for at, chance in chances),
                )
        return found

    def of(
        self, readings: Sequence[Reading], texts: Sequence[str], judged: Judged, cosines: Floats,
        telling: dict[int, Telling],
    ) -> list[Phrases]:  # fmt: skip
        """Phrases for each message, strongest first: its rule hits, its telling words, what it names
        where it is urgent, the example it is closest to.
        """
        words = {
            i: tuple(f'speaks of "{word}"' for word, _ in found[:_SPOKEN_OF])
            for i, found in telling.items()
            if readings[i].assessment.topic is not judged[i][0]
        }
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
        which, label = self._shown[near]
        return [f"close to {which} ({label})"]

    def _words(self, readings: Sequence[Reading], topics: Sequence[Topic]) -> list[Telling]:
        """The words of each message whose pieces speak most for its topic."""
        split = [list(dict.fromkeys(_WORD.findall(r.matched)[:_MOST_WORDS])) for r in readings]
        says = self._says({word for words in split for word in words})
        found = []
        for words, topic in zip(split, topics, strict=True):
            at = TOPICS.index(topic)
            best = sorted(
                ((float(says[word][at]), word) for word in words), key=lambda one: -one[0]
            )
            found.append(tuple((word, round(how, 3)) for how, word in best[:_SHOWN] if how > 0))
        return found

    def _says(self, words: Set[str]) -> dict[str, Floats]:
        """How much each word speaks for each topic. Words come back: what they say is remembered."""
        known = self._known
        says = {word: known[word] for word in words if word in known}
        new = [word for word in words if word not in says]
        if new:
            rows = pieces(new).times(self._model.pieces)[:, : len(TOPICS)]
            rows -= rows.mean(axis=1, keepdims=True)
            learned = {word: row.copy() for word, row in zip(new, rows, strict=True)}
            says |= learned
            self._known = known | learned if len(known) < _REMEMBERED else learned
        return says


def shown_seed(seed: Seed) -> tuple[str, str]:
    """Which example it is, and its label, to a reader."""
    which = seed.where if seed.by else f'the example "{shortened(seed.text)}"'
    return which, ", ".join(filter(None, (seed.topic, seed.urgency.word if seed.urgency else "")))


def _greatest(rows: Floats, asked: Sequence[int]) -> list[list[tuple[int, float]]]:
    """_highest() of the rows that are asked for; a few at a time, for more would only cost memory."""
    parts = (asked[at : at + _FEW] for at in range(0, len(asked), _FEW))
    return [found for part in parts for found in _highest(rows[part])]


def _highest(rows: Floats) -> list[list[tuple[int, float]]]:
    """For each row where its greatest are, and what they are, the greatest first. The rows are used up."""
    most = min(_SHOWN, rows.shape[1])
    if not most:
        return [[] for _ in rows]
    numbers = np.arange(len(rows))
    found: list[list[tuple[int, float]]] = [[] for _ in rows]
    for _ in range(most):  # a few passes are quicker than sorting thousands
        at = rows.argmax(axis=1)
        for mine, which, value in zip(found, at.tolist(), rows[numbers, at].tolist(), strict=True):
            mine.append((which, value))
        rows[numbers, at] = -np.inf
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
