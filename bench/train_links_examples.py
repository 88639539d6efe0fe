"""What the link model learns from: groups of clues and words, one group a line. No learning.

A group has a row for each line that may be answered, and last the row of a beginning. Unannotated lines before the
annotated ones are groups too: they have no right answer, only what a teacher says.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from bench.link_logs import Log
from monitor.core.link_clues import CLUES, clues
from monitor.core.link_scene import Scene
from monitor.core.link_words import signs
from monitor.core.linking import Line, Room

STEMS = 3_000  # whose rarity is shipped
IN_LOGS = 8  # of so many logs a stem must be to count as a word: then it is nobody's name
BEFORE = 300  # unannotated lines of each log that a teacher judges
FIRST = 150  # lines that fill a room before the first one that is judged
SHORT_EVERY = 4  # of so many lines one is also learned from a room of at most a dozen lines
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Rarity:
    """A judge for reading scenes before there is a model."""

    rarity: dict[str, float]

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]:
        return [0.0] * len(candidates) + [1.0]


@dataclass(frozen=True, slots=True)
class Groups:
    """`lines`, `answers`: which line a group judges, and which each row may be answering, -1 for a beginning.
    `right`: rows; `known`: groups that people annotated."""

    rows: Array
    right: Array
    known: Array
    sizes: Array
    lines: Array
    answers: Array


@dataclass(frozen=True, slots=True)
class Part(Groups):
    """Groups of one log, lines by their numbers in it."""

    log: int


@dataclass(frozen=True, slots=True)
class Bags:
    """The words of all lines, flat: those of line `n` of a log from `starts[bases[log] + n]`, `sizes` many."""

    flat: Array
    sizes: Array
    starts: Array
    bases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Examples(Groups):
    """Groups of several logs, lines by their places in the bags. `other`: groups of train-c logs."""

    other: Array
    starts: Array


def rarities(found: Sequence[Log]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    lines = [row.line for log in found for row in log.rows if row.line]
    for line in lines:
        counts.update(signs(line.text).stems)
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:STEMS]
    return {stem: round(math.log(len(lines) / n), 2) for stem, n in common}


def vocabulary(found: Sequence[Log]) -> list[str]:
    """Stems of many logs, leaving out what is a name in the log."""
    logs: dict[str, set[str]] = defaultdict(set)
    for log in found:
        lines = [row.line for row in log.rows if row.line]
        names = {stem for line in lines for name in line.names for stem in signs(name).stems}
        for stem in {stem for line in lines for stem in signs(line.text).stems} - names:
            logs[stem].add(log.name)
    return sorted(stem for stem, where in logs.items() if len(where) >= IN_LOGS)


def bags(found: Sequence[Log], known: Sequence[str]) -> Bags:
    places = {stem: at for at, stem in enumerate(known)}
    every: list[list[int]] = []
    bases: list[int] = []
    for log in found:
        bases.append(len(every))
        every += [[] for _ in range(max(row.number for row in log.rows) + 1)]
        for row in log.rows:
            if row.line:
                stems = signs(row.line.text).stems
                every[bases[-1] + row.number] = sorted(places[s] for s in stems if s in places)
    sizes = np.array(list(map(len, every)))
    flat = np.array([place for bag in every for place in bag], "i8")
    return Bags(flat, sizes, np.cumsum(sizes) - sizes, tuple(bases))


def whole(given: tuple[int, Log, dict[str, float]]) -> Part:
    """The annotated lines of a log and some before them, as the room shows them."""
    at, log, rarity = given
    room = Room(Rarity(rarity))
    first = next(i for i, row in enumerate(log.rows) if row.answers is not None)
    begin = max(0, first - BEFORE - FIRST)

    def groups() -> Iterator[_Group]:
        for place in range(begin, len(log.rows)):
            row = log.rows[place]
            if row.line is None:
                continue
            if place >= min(begin + FIRST, first):
                yield _group(room, row.number, row.line, row.answers)
            room.note(row.line)

    return _part(at, groups())


def short(given: tuple[int, Log, dict[str, float]]) -> Part:
    """Some annotated lines, as a room of few lines shows them."""
    at, log, rarity = given
    judge = Rarity(rarity)

    def groups() -> Iterator[_Group]:
        for place, row in enumerate(log.rows):
            if row.line is None or row.answers is None or row.number % SHORT_EVERY:
                continue
            last = log.rows[max(0, place - row.number % 13) : place]
            few = Room(judge, [other.line for other in last if other.line])
            yield _group(few, row.number, row.line, row.answers)

    return _part(at, groups())


_Group = tuple[list[list[int]], list[bool], bool, int, list[int]]


def _group(room: Room, number: int, line: Line, answers: frozenset[int] | None) -> _Group:
    found, candidates = room.look(line)
    numbers = [int(found.lines[at].id) for at in candidates]
    right = [answers is not None and n in answers for n in numbers]
    is_beginning = answers is not None and not answers
    return (
        clues(found, candidates), [*right, is_beginning], answers is not None, number, [*numbers, -1]
    )  # fmt: skip


def _part(log: int, groups: Iterable[_Group]) -> Part:
    rows, right, known, lines, answers = zip(*groups, strict=True)
    return Part(
        np.array([row for group in rows for row in group], "u1"),
        np.array([is_right for group in right for is_right in group]), np.array(known),
        np.array(list(map(len, rows))), np.array(lines),
        np.array([number for group in answers for number in group]), log,
    )  # fmt: skip


def together(parts: Sequence[Part], read: Bags, names: Sequence[str]) -> Examples:
    def all_of(name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in parts])

    def places(name: str) -> Array:
        return np.concatenate(
            [
                np.where(numbers < 0, -1, numbers + read.bases[part.log])
                for part in parts
                for numbers in (getattr(part, name),)
            ]
        )

    sizes = all_of("sizes")
    other = [np.full(len(part.sizes), names[part.log].endswith("train-c")) for part in parts]
    return Examples(
        all_of("rows"), all_of("right"), all_of("known"), sizes, places("lines"), places("answers"),
        np.concatenate(other), np.cumsum(sizes) - sizes,
    )  # fmt: skip


SIZES = [values for _, values in CLUES]
STARTS = np.array([0, *accumulate(SIZES)][:-1])
WIDTH = sum(SIZES)


def spans(starts: Array, sizes: Array) -> Array:
    """The numbers from each start, as many as each size, in a row."""
    if not len(sizes):
        return np.zeros(0, "i8")
    ends: Array = np.cumsum(sizes)
    return np.asarray(np.arange(ends[-1]) + np.repeat(starts - ends + sizes, sizes))
