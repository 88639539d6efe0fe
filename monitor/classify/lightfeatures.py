"""What the light tier looks at in a text besides its meaning: pieces of words, what the rules found
and what the text names. Never learns, never goes outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.classify import lighttones
from monitor.classify.rules_classifier import Reading
from monitor.core.assessment import Topic, Urgency
from monitor.core.language import LANGUAGES
from monitor.core.rules import RuleSet, Says

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

PIECES = 1 << 16  # buckets; 2,000 messages have some 40,000 different pieces
_LONGEST_PIECE = 4
_MOST_LETTERS = 1_200
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - 16)
_SIGNALS = ("holding", "thanks", "asking", "stop", "greeting", "repeat", "negation")
_MOST_HITS = 3
_NUMBER = {language: at for at, language in enumerate(sorted({*LANGUAGES} - {"zh-Hant"}))}
NONE = len(_NUMBER)


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a batch: message `owner[i]` holds bucket `bucket[i]` with weight `weight[i]`,
    by rising owner; each message's weights have length 1.
    """

    owner: Ints
    bucket: Ints
    weight: Floats
    count: int

    def times(self, weights: Floats) -> Floats:
        """The product with a matrix of one row a bucket: one row a message."""
        product = np.zeros((self.count, weights.shape[1]), dtype=np.float32)
        rows = weights.take(self.bucket, axis=0, mode="clip")
        ends = np.searchsorted(self.owner, np.arange(self.count + 1)).tolist()
        for at, (begin, end) in enumerate(pairwise(ends)):
            np.matmul(self.weight[begin:end], rows[begin:end], out=product[at])
        return product

    def shared(self, fewest: int) -> Pieces:
        """Without the pieces that fewer than so many messages have."""
        kept = np.bincount(self.bucket, minlength=PIECES)[self.bucket] >= fewest
        return Pieces(self.owner[kept], self.bucket[kept], self.weight[kept], self.count)

    def spread(self, rows: Floats) -> Floats:
        """The transposed product: what one row a message sums to in each bucket."""
        sums = np.zeros((PIECES, rows.shape[1]), dtype=np.float32)
        np.add.at(sums, self.bucket, rows[self.owner] * self.weight[:, None])
        return sums


def pieces(texts: Sequence[str]) -> Pieces:
    """Runs of one to four signs of normalised texts, hashed; a word's edge is a sign."""
    cut = [f" {text[:_MOST_LETTERS]} " for text in texts]
    codes = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    owner = np.repeat(np.arange(len(cut)), [len(text) for text in cut])
    buckets, owners = [], []
    rolling = np.zeros(len(codes), dtype=np.uint64)
    for size in range(1, _LONGEST_PIECE + 1):
        room = max(0, len(codes) - size + 1)
        rolling = (rolling[:room] + codes[size - 1 : size - 1 + room]) * _MIX
        rolling ^= rolling >> np.uint64(29)
        whole = owner[:room] == owner[size - 1 : size - 1 + room]
        buckets.append(((rolling * _MIX) >> _SHIFT)[whole].astype(np.int64))
        owners.append(owner[:room][whole])
    return _counted(np.concatenate(owners), np.concatenate(buckets), len(cut))


def _counted(owner: Ints, bucket: Ints, count: int) -> Pieces:
    keys, times = np.unique(owner * PIECES + bucket, return_counts=True)
    owner, bucket = keys // PIECES, keys % PIECES
    weight = 1 + np.log(times)
    length = np.sqrt(np.bincount(owner, weight**2, minlength=count))
    return Pieces(owner, bucket, (weight / length[owner]).astype(np.float32), count)


class Hits:
    """Turns what the rules found into numbers. One for each rule set."""

    def __init__(self, rules: RuleSet) -> None:
        """Know which column each clue of `rules` counts in."""
        topics, levels = list(Topic), [u.word for u in Urgency]
        kinds = {Says.STRONG: 0, Says.WEAK: 1, Says.NEVER: 2}
        columns: dict[tuple[str, str], int] = {}
        for says, block in kinds.items():
            columns.update({(says, t): block * len(topics) + i for i, t in enumerate(topics)})
        at = len(columns)
        columns.update({(Says.URGENCY, level): at + i for i, level in enumerate(levels)})
        columns.update({(Says.SIGNAL, s): at + 4 + i for i, s in enumerate(_SIGNALS)})
        self._column = [columns.get((c.says, c.subject), -1) for c in rules.clues]
        self._counted = len(columns)
        self._topic = {t: self._counted + i for i, t in enumerate(topics)}
        self._urgency = {u: self._counted + len(topics) + i for i, u in enumerate(Urgency)}
        self._found = self._counted + len(topics) + len(levels) + 1
        self.width = self._found + lighttones.WIDTH

    def of(self, readings: Sequence[Reading], texts: Sequence[str]) -> Floats:
        """One row a reading of a text."""
        table = np.zeros((len(readings), self._found), dtype=np.float32)
        for row, reading in zip(table, readings, strict=True):
            for clue in reading.found:
                if (column := self._column[clue]) >= 0:
                    row[column] += 1.0
            judged = reading.assessment
            row[self._topic[judged.topic]] = judged.confidence * _MOST_HITS
            row[self._urgency[judged.urgency]] = _MOST_HITS
        np.minimum(table, _MOST_HITS, out=table)
        table /= _MOST_HITS
        table[:, -1] = 1.0
        return np.concatenate([table, lighttones.tones(texts)], axis=1)


def spoken(readings: Sequence[Reading]) -> Ints:
    """The number of each reading's language, and one more for what is in none."""
    numbers = [_NUMBER.get(r.assessment.language.split("-")[0], NONE) for r in readings]
    return np.array(numbers, dtype=np.int64)
