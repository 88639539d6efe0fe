"""Who answers whom, judged with what the sentence encoder makes of the texts. It never learns, and never fails: where
no encoder is at hand, or one breaks, the plain net judges.

A few small nets vote. Each sees the clues of the plain net, and what the encoder says of the line and of the candidate,
by themselves and together. `links_meaning.npz` says in its own `provenance` what they were trained on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from monitor.classify.faq_meaning import Encodes
from monitor.core.link_clues import CLUES, clues
from monitor.core.link_scene import Scene
from monitor.core.linking import Judge

KIND = "links-meaning-1"
Floats = NDArray[np.float32]
_BROKEN = (ArithmeticError, LookupError, ValueError, RuntimeError, MemoryError, TypeError, OSError)
_REMEMBERED = 8_192  # texts, of a few kilobytes each
_WIDTH = sum(values for _, values in CLUES)
_STARTS = np.array([0, *accumulate(values for _, values in CLUES)][:-1])
_LARGEST = 2_000_000  # bytes


@runtime_checkable
class Lends(Protocol):
    """An encoder that remembers: who judged a message with it has encoded it already."""

    def lately(self, text: str) -> Floats | None:
        """The row of a text that was encoded not long ago."""


@dataclass(frozen=True, slots=True)
class Nets:
    """The arrays of all nets, one net after the other in their first dimension.

    `table`: a row for each value of each clue. `directions` are those of an encoder's row that are looked at;
    `as_line` and `as_candidate` make meanings of them, less `middle`; `line_means` and `candidate_means` make of these
    what adds to the first layer, `both_mean` of the products of the two, `alike` of how near line and candidate are.
    `warmth`: what scores are divided by, so that chances come true.
    """

    table: Floats
    first_bias: Floats
    as_line: Floats
    as_candidate: Floats
    directions: Floats
    middle: Floats
    line_means: Floats
    candidate_means: Floats
    both_mean: Floats
    alike: Floats
    second: Floats
    second_bias: Floats
    last: Floats
    warmth: Floats


@dataclass(frozen=True, slots=True)
class _Read:
    """What one text adds, once for every net: to the first layer as a line and as a candidate; its meanings as both."""

    line: Floats
    candidate: Floats
    as_line: Floats
    as_candidate: Floats
    unit: Floats


class MeaningJudge:
    """A judge of links. Safe to use from several threads."""

    def __init__(
        self, plain: Judge, nets: Nets, version: str, encoder: Callable[[], Encodes | None]
    ) -> None:
        """`encoder` is asked for each time; where there is none, or none of this `version`, `plain` judges."""
        self._plain, self._nets = plain, nets
        self._version, self._encoder = version, encoder
        self._texts: dict[str, _Read] = {}

    @property
    def rarity(self) -> Mapping[str, float]:
        return self._plain.rarity

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]:
        """One for each candidate, then that of a beginning."""
        read = self._at_hand([found.line.text, *(found.lines[at].text for at in candidates)])
        if not read:
            return self._plain.scores(found, candidates)
        return self._judged(read[0], read[1:], clues(found, candidates))

    def read_ahead(self, texts: Sequence[str]) -> None:
        """These will be asked about: encoded together they cost a quarter."""
        self._at_hand(texts)

    def _at_hand(self, texts: Sequence[str]) -> list[_Read]:
        encoder = self._encoder()
        if encoder is None or encoder.version != self._version:
            return []
        try:
            return self._read(texts, encoder)
        except _BROKEN:  # who judges messages with it will tell
            return []

    def _judged(self, line: _Read, others: Sequence[_Read], rows: list[list[int]]) -> list[float]:
        nets, count = self._nets, len(rows)
        hot = np.zeros((count, _WIDTH), np.float32)
        hot[np.arange(count)[:, None], np.array(rows) + _STARTS] = 1.0
        first = hot @ nets.table + (nets.first_bias + line.line)[:, None]
        if others:
            products = line.as_line[:, None] * np.stack([o.as_candidate for o in others], 1)
            first[:, :-1] += np.stack([o.candidate for o in others], 1)
            first[:, :-1] += products @ nets.both_mean
            first += _near(line, others) @ nets.alike
        second = np.maximum(first, 0.0) @ nets.second + nets.second_bias[:, None]
        found: list[float] = (
            (np.maximum(second, 0.0) @ nets.last)[:, :, 0].mean(0) / nets.warmth
        ).tolist()
        return found

    def _read(self, texts: Sequence[str], encoder: Encodes) -> list[_Read]:
        """All of them, encoding together what neither we nor the encoder remember."""
        found = {text: read for text in texts if (read := self._texts.get(text)) is not None}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            lent = (
                {text: encoder.lately(text) for text in new} if isinstance(encoder, Lends) else {}
            )
            rows = {text: row for text, row in lent.items() if row is not None}
            unknown = [text for text in new if text not in rows]
            rows |= zip(unknown, encoder.encode(unknown), strict=True)
            fresh = {text: self._one(row) for text, row in rows.items()}
            self._remember(fresh)
            found |= fresh
        return [found[text] for text in texts]

    def _remember(self, new: Mapping[str, _Read]) -> None:
        self._texts.update(new)
        while len(self._texts) > _REMEMBERED:
            self._texts.pop(next(iter(self._texts)), None)

    def _one(self, row: Floats) -> _Read:
        nets = self._nets
        along = row @ nets.directions
        centred = along - nets.middle
        as_line, as_candidate = centred @ nets.as_line, centred @ nets.as_candidate
        line = as_line[:, None] @ nets.line_means
        candidate = as_candidate[:, None] @ nets.candidate_means
        unit = along / max(float(np.linalg.norm(along)), 1e-6)
        return _Read(*map(_floats, (line[:, 0], candidate[:, 0], as_line, as_candidate, unit)))


def _near(line: _Read, others: Sequence[_Read]) -> Floats:
    """How alike each candidate and the line are, how far from the most alike, and how alike that is."""
    near = np.stack([other.unit for other in others]) @ line.unit
    rows = np.zeros((len(others) + 1, 3), np.float32)
    rows[:-1, 0], rows[:-1, 1], rows[:, 2] = near, near - near.max(), max(near.max(), 0.0)
    return rows


def _floats(array: NDArray[Any]) -> Floats:
    return np.asarray(array, np.float32)


def load_meaning(plain: Judge, encoder: Callable[[], Encodes | None], path: Path) -> MeaningJudge:
    """Read a file of nets. Whatever numpy or the archive raises: it is none of ours."""
    if path.stat().st_size > _LARGEST:
        raise ValueError("it is larger than any link model")
    with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
        told = json.loads(str(file["told"]))
        _check(told)
        parts = {name: np.asarray(file[name], np.float32) for name in file.files if name != "told"}
    nets = Nets(**parts)
    _check_shapes(nets)
    return MeaningJudge(plain, nets, str(told["encoder"]), encoder)


def _check(told: Any) -> None:
    if not isinstance(told, dict) or told.get("kind") != KIND:
        raise ValueError(f"not of the kind {KIND}")
    if told["clues"] != [[name, values] for name, values in CLUES]:
        raise ValueError("made for other clues than this program's")


def _check_shapes(nets: Nets) -> None:
    count, _, first = nets.table.shape
    means, second = nets.as_line.shape[2], nets.second.shape[2]
    into, said = (count, means, first), (count, len(nets.middle), means)
    wanted = {
        "table": (count, _WIDTH, first), "first_bias": (count, first),
        "as_line": said, "as_candidate": said,
        "line_means": into, "candidate_means": into, "both_mean": into, "alike": (count, 3, first),
        "directions": (len(nets.directions), len(nets.middle)),
        "second": (count, first, second), "second_bias": (count, second), "last": (count, second, 1),
        "warmth": (),
    }  # fmt: skip
    for name, shape in wanted.items():
        array = getattr(nets, name)
        if array.shape != shape or not np.isfinite(array).all():
            raise ValueError(f"its {name} is not whole")
