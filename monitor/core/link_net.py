"""A small neural net over clues and words, in whole numbers, so that every machine judges alike. It never learns here.

Clues are numbers of table rows, and words add a row of their own: a layer of sums, a layer of weights, one score. A
row is one large number with a lane for each unit, so that adding two rows adds all their units at once. What the line
itself shows is summed once for all its candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from operator import mul
from struct import Struct

from monitor.core.link_clues import OF_LINE, clues
from monitor.core.link_scene import Scene

LARGEST = 1 << 13  # of a weight
FINEST = 512  # unit of words
WIDEST = 128  # units of a layer; within these, no lane runs over, whatever a line holds
ROOT = 256  # what one over a square root is counted in
Row = Sequence[int]
_OF_LINE = len(OF_LINE)
_ROOTS = (0, *(isqrt(ROOT * ROOT // n) for n in range(1, 1_024)))
_REMEMBERED = 4_096  # texts: those of the rooms that are spoken in now


@dataclass(frozen=True, slots=True)
class Words:
    """What words add to the first layer. `known`: for each stem some numbers within a byte. `of_line`,
    `of_candidate`: for each of these numbers a row. `unit`: what the product is to be divided by."""

    known: Mapping[str, Row]
    of_line: Sequence[Row]
    of_candidate: Sequence[Row]
    unit: int


@dataclass(frozen=True, slots=True)
class Weights:
    """`tables`: for each clue a row for each of its values. `second`: a row for each unit of the first layer.
    `unit`: what a score of 1 is worth in logarithms of chances."""

    tables: Sequence[Sequence[Row]]
    first_bias: Row
    second: Sequence[Row]
    second_bias: Row
    last: Row
    unit: float


class Lanes:
    """How rows of one width are packed, `size` bytes a lane, and read again."""

    def __init__(self, width: int, size: int) -> None:
        self._bits, self._bytes = 8 * size, width * size
        self._unpacked = Struct(f"<{width}{'I' if size == 4 else 'Q'}").unpack
        self._lift = 1 << (self._bits - 1)  # added to every lane, so that none is below zero
        self.lift = self.packed([self._lift] * width)

    def packed(self, row: Iterable[int]) -> int:
        """A row as one number that adds and multiplies as the row would."""
        return sum(value << (self._bits * lane) for lane, value in enumerate(row))

    def read(self, lifted: int) -> list[int]:
        """The row of a number to which `lift` was added."""
        lift = self._lift
        return [lane - lift for lane in self._unpacked(lifted.to_bytes(self._bytes, "little"))]

    def positive(self, lifted: int) -> list[int]:
        """The same, with nothing below zero."""
        lift = self._lift
        lanes = self._unpacked(lifted.to_bytes(self._bytes, "little"))
        return [lane - lift if lane > lift else 0 for lane in lanes]


class Net:
    """Judges candidates. `rarity`: how rare stems are, for the clues."""

    def __init__(self, rarity: Mapping[str, float], words: Words, weights: Weights) -> None:
        self.rarity = rarity
        self._narrow = narrow = Lanes(len(weights.first_bias), 4)
        self._wide = wide = Lanes(len(weights.first_bias), 8)
        self._second = second = Lanes(len(weights.second_bias), 8)
        self._tables = tuple(tuple(map(narrow.packed, rows)) for rows in weights.tables)
        self._first_bias = narrow.packed(weights.first_bias) + narrow.lift
        self._weights = tuple(map(second.packed, weights.second))
        self._second_bias = second.packed(weights.second_bias) + second.lift
        self._last, self._unit = tuple(weights.last), weights.unit
        self._known, self._finer = words.known, ROOT * words.unit
        self._of_line = tuple(map(wide.packed, words.of_line))
        self._of_candidate = tuple(map(wide.packed, words.of_candidate))
        self._said = lru_cache(_REMEMBERED)(self._read)

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]:
        """One for each candidate, then that of a beginning."""
        rows = clues(found, candidates)
        base = self._first_bias + self._said(found.line.signs.stems)[0]
        base += sum(map(tuple.__getitem__, self._tables, rows[0][:_OF_LINE]))
        rest = self._tables[_OF_LINE:]
        said = [self._said(found.lines[at].signs.stems)[1] for at in candidates]
        return [
            self._score(sum(map(tuple.__getitem__, rest, row[_OF_LINE:]), base + words))
            for words, row in zip((*said, 0), rows, strict=True)
        ]

    def _score(self, first: int) -> float:
        units = self._narrow.positive(first)
        second = sum(map(mul, units, self._weights), self._second_bias)
        score: int = sum(map(mul, self._second.positive(second), self._last))
        return score * self._unit

    def _read(self, stems: frozenset[str]) -> tuple[int, int]:
        """The rows of one text: as the line that is judged, and as one that may be answered."""
        found = [self._known[stem] for stem in stems if stem in self._known]
        root = _ROOTS[min(len(found), len(_ROOTS) - 1)]
        sums = [root * total for total in map(sum, zip(*found, strict=True))]
        return self._row(sums, self._of_line), self._row(sums, self._of_candidate)

    def _row(self, sums: Row, rows: Row) -> int:
        lanes = self._wide.read(sum(map(mul, sums, rows), self._wide.lift))
        return self._narrow.packed(lane // self._finer for lane in lanes)
