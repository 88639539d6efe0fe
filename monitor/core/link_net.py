"""A small neural net over clues, in whole numbers, so that every machine judges alike. It never learns here.

Clues are numbers of table rows: a layer of sums, a layer of weights, one score. What the line itself shows is summed
once for all its candidates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from monitor.core.link_clues import OF_LINE, clues
from monitor.core.link_scene import Scene

Rows = tuple[tuple[int, ...], ...]
_OF_LINE = len(OF_LINE)


@dataclass(frozen=True, slots=True)
class Net:
    """`tables`: for each clue a row for each of its values. `second`: a row for each unit of the second layer.
    `unit`: what a score of 1 is worth in logarithms of chances."""

    rarity: Mapping[str, float]
    tables: tuple[Rows, ...]
    first_bias: tuple[int, ...]
    second: Rows
    second_bias: tuple[int, ...]
    last: tuple[int, ...]
    unit: float

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]:
        """One for each candidate, then that of a beginning."""
        rows = clues(found, candidates)
        of_line = [self.tables[i][value] for i, value in enumerate(rows[0][:_OF_LINE])]
        base = tuple(map(sum, zip(self.first_bias, *of_line, strict=True)))
        return [self._score(base, row) for row in rows]

    def _score(self, base: tuple[int, ...], row: Sequence[int]) -> float:
        rest = map(tuple.__getitem__, self.tables[_OF_LINE:], row[_OF_LINE:])
        sums = map(sum, zip(base, *rest, strict=True))
        units = [value if value > 0 else 0 for value in sums]  # noqa: FURB136 - max() takes three times as long
        total = 0
        for weights, bias, last in zip(self.second, self.second_bias, self.last, strict=True):
            value = sum(map(mul, units, weights)) + bias
            if value > 0:
                total += value * last
        return total * self.unit
