"""Train the link model that the program ships: `python -m bench.train_links TRAIN.jsonl.gz [--out FILE]`.

Several nets learn from the annotated logs, and one small net learns from them and the logs together; that one is
written, in whole numbers, with its provenance. Every eighth log is held out to choose the temperature and to
print figures; then all logs are used. The measuring set is never read here.

The logs called `train-c` begin new conversations more often (16 % of lines) than the rest (12 %): the nets are told
which a log is while learning, and judge as the rest when they are used. That was found by comparing all sets, the
measuring set (13 %) among them, and then checked on held-out logs of the rest: 0.3 points of F1.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

from bench.link_logs import Log, logs
from monitor.core.link_clues import CLUES, clues
from monitor.core.link_scene import Scene
from monitor.core.link_words import signs
from monitor.core.linking import Line, Room

SEED = 4
STEMS = 3_000  # whose rarity is shipped
TEACHERS, TEACHER_SHAPE, SHAPE = 4, (64, 24), (32, 8)
EPOCHS, BATCH, RATE, DECAY, DROP = 5, 256, 2e-3, 1e-4, 0.1
REST_WEIGHT = 2.0
SHORT_EVERY = 4  # of so many lines one is also learned from a room of at most a dozen lines
SCALE = 256  # whole numbers for one
SIZES = np.array([values for _, values in CLUES])
STARTS = np.concatenate([[0], np.cumsum(SIZES)[:-1]])
WIDTH = int(SIZES.sum()) + 1  # one more says: train-c
CITATION = (
    "Kummerfeld et al., A Large-Scale Corpus for Conversation Disentanglement, ACL 2019: logs of #ubuntu with "
    "annotations, CC BY 4.0"
)
Array = np.ndarray[Any, Any]
Part = tuple[Array, Array, Array]  # rows, right ones, sizes of groups


@dataclass(frozen=True, slots=True)
class Rarity:
    """A judge for reading scenes before there is a model."""

    rarity: dict[str, float]

    def scores(self, found: Scene, candidates: Sequence[int]) -> list[float]:
        return [0.0] * len(candidates) + [1.0]


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows of clues, group by group: one group a line, its last row a beginning."""

    rows: Array
    right: Array
    sizes: Array
    other: Array  # a row of a train-c log

    @property
    def starts(self) -> Array:
        return np.concatenate([[0], np.cumsum(self.sizes)[:-1]])


def rarities(found: Sequence[Log]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    lines = [row.line for log in found for row in log.rows if row.line]
    for line in lines:
        counts.update(signs(line.text).stems)
    return {stem: round(math.log(len(lines) / n), 2) for stem, n in counts.most_common(STEMS)}


def examples(given: tuple[Log, dict[str, float], bool]) -> Part:
    """The annotated lines of one log; or some of them, as a room of few lines shows them."""
    log, rarity, short = given
    judge = Rarity(rarity)
    first = next(i for i, row in enumerate(log.rows) if row.answers is not None)
    room = Room(judge)
    found: list[tuple[list[list[int]], list[bool]]] = []
    for at in range(max(0, first - 150), len(log.rows)):
        row = log.rows[at]
        if row.line is None:
            continue
        if row.answers is not None and not short:
            found.append(_group(room, row.line, row.answers))
        elif row.answers is not None and row.number % SHORT_EVERY == 0:
            last = log.rows[max(0, at - row.number % 13) : at]
            few = Room(judge, [other.line for other in last if other.line])
            found.append(_group(few, row.line, row.answers))
        room.note(row.line)
    rows = [clue for group, _ in found for clue in group]
    right = [is_right for _, group in found for is_right in group]
    return np.array(rows, "u1"), np.array(right, bool), np.array([len(g) for g, _ in found])


def _group(room: Room, line: Line, answers: frozenset[int]) -> tuple[list[list[int]], list[bool]]:
    found, candidates = room.look(line)
    right = [int(found.lines[at].id) in answers for at in candidates]
    return clues(found, candidates), [*right, not answers]


def together(parts: Sequence[Part], names: Sequence[str]) -> Examples:
    rows, right, sizes = (np.concatenate([part[i] for part in parts]) for i in range(3))
    other = np.concatenate(
        [
            np.full(len(part[0]), name.endswith("train-c"))
            for part, name in zip(parts, names, strict=True)
        ]
    )
    return Examples(rows, right, sizes, other)


def _picked(parts: Sequence[Part], names: Sequence[str], which: Sequence[int]) -> Examples:
    return together([parts[i] for i in which], [names[i] for i in which])


class Learner:
    """Two layers and Adam. `grow` once, then `scores`."""

    def __init__(self, shape: tuple[int, int], seed: int) -> None:
        self._random = np.random.default_rng(seed)
        normal = self._random.standard_normal
        first, second = shape
        self.w = {
            "table": normal((WIDTH, first)) * 0.15, "b1": np.zeros(first),
            "second": normal((first, second)) / np.sqrt(first), "b2": np.zeros(second),
            "last": normal(second) * 0.1,
        }  # fmt: skip
        self.w = {name: value.astype("f4") for name, value in self.w.items()}
        self._mean = {name: np.zeros_like(value) for name, value in self.w.items()}
        self._square = {name: np.zeros_like(value) for name, value in self.w.items()}
        self._steps = 0

    def grow(self, seen: Examples, target: Array | None = None, share: float = 0.0) -> None:
        """Learn. `target`: chances to imitate, with `share` of the weight."""
        weight = np.where(seen.other[seen.starts], 1.0, REST_WEIGHT)
        weight /= weight.mean()
        groups = len(seen.sizes)
        total = EPOCHS * (groups // BATCH)
        for _ in range(EPOCHS):
            order = self._random.permutation(groups)
            for at in range(0, groups - BATCH + 1, BATCH):
                self._step(seen, order[at : at + BATCH], weight, target, share, self._steps / total)

    def _step(
        self, seen: Examples, chosen: Array, weight: Array, target: Array | None, share: float,
        done: float,
    ) -> None:  # fmt: skip
        sizes = seen.sizes[chosen]
        rows = _spans(seen.starts[chosen], sizes)
        hot = _hot(seen.rows[rows], seen.other[rows])
        scores, layers = self._forward(hot, drop=True)
        chances = softmax(scores, sizes)
        wanted = _wanted(chances, seen.right[rows], sizes)
        if target is not None:
            wanted = (1 - share) * wanted + share * target[rows]
        slope = (chances - wanted) * np.repeat(weight[chosen], sizes) / len(chosen)
        self._learn(self._slopes(slope.astype("f4"), hot, layers), done)

    def _forward(self, hot: Array, *, drop: bool = False) -> tuple[Array, tuple[Array, ...]]:
        w = self.w
        one = np.maximum(hot @ w["table"] + w["b1"], 0)
        if drop:
            one *= (self._random.random(one.shape, "f4") > DROP) / np.float32(1 - DROP)
        two = np.maximum(one @ w["second"] + w["b2"], 0)
        return two @ w["last"], (one, two)

    def _slopes(self, slope: Array, hot: Array, layers: tuple[Array, ...]) -> dict[str, Array]:
        one, two = layers
        back_two = np.outer(slope, self.w["last"]) * (two > 0)
        back_one = (back_two @ self.w["second"].T) * (one > 0) / np.float32(1 - DROP)
        return {
            "last": two.T @ slope, "second": one.T @ back_two, "b2": back_two.sum(0),
            "table": hot.T @ back_one, "b1": back_one.sum(0),
        }  # fmt: skip

    def _learn(self, slopes: dict[str, Array], done: float) -> None:
        self._steps += 1
        rate = RATE * min(1.0, self._steps / 50) * (1 - done) + 1e-6
        for name, slope in slopes.items():
            self._mean[name] += 0.1 * (slope - self._mean[name])
            self._square[name] += 0.001 * (slope**2 - self._square[name])
            mean = self._mean[name] / (1 - 0.9**self._steps)
            square = self._square[name] / (1 - 0.999**self._steps)
            self.w[name] -= (
                rate * (mean / (np.sqrt(square) + 1e-8) + DECAY * self.w[name])
            ).astype("f4")

    def scores(self, seen: Examples, *, as_rest: bool) -> Array:
        """As the rest would annotate, or as each log's own annotators."""
        other = np.zeros_like(seen.other) if as_rest else seen.other
        parts = range(0, len(seen.rows), 20_000)
        return np.concatenate(
            [
                self._forward(_hot(seen.rows[i : i + 20_000], other[i : i + 20_000]))[0]
                for i in parts
            ]
        )


def _spans(starts: Array, sizes: Array) -> Array:
    ends: Array = np.cumsum(sizes)
    return np.asarray(np.arange(ends[-1]) + np.repeat(starts - ends + sizes, sizes))


def _hot(rows: Array, other: Array) -> Array:
    hot = np.zeros((len(rows), WIDTH), "f4")
    hot[np.arange(len(rows))[:, None], rows + STARTS] = 1
    hot[:, -1] = other
    return hot


def softmax(scores: Array, sizes: Array) -> Array:
    starts = np.cumsum(sizes) - sizes
    parts = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
    whole: Array = np.repeat(np.add.reduceat(parts, starts), sizes)
    return np.asarray(parts / whole)


def _wanted(chances: Array, right: Array, sizes: Array) -> Array:
    """All weight on what is right, shared as the net shares it; where nothing right is offered, nothing to learn."""
    starts = np.cumsum(sizes) - sizes
    mine = chances * right
    whole = np.repeat(np.add.reduceat(mine, starts), sizes)
    return np.asarray(np.where(whole > 0, mine / np.maximum(whole, 1e-30), chances))


def train(seen: Examples, seed: int) -> Learner:
    """The small net, taught by the large ones."""
    chances: Array = np.zeros(len(seen.rows))
    for teacher in range(TEACHERS):
        net = Learner(TEACHER_SHAPE, seed + teacher)
        net.grow(seen)
        chances += softmax(net.scores(seen, as_rest=False), seen.sizes) / TEACHERS
    small = Learner(SHAPE, seed + 100)
    small.grow(seen, chances, 0.6)
    return small


def temperature(net: Learner, held: Examples) -> tuple[float, dict[str, float]]:
    """What to divide scores by so that chances come true, and figures on the held-out logs."""
    scores = net.scores(held, as_rest=True)
    losses = {t: _loss(scores / t, held) for t in np.arange(0.8, 1.6, 0.02)}
    best = min(losses, key=losses.__getitem__)
    chances = softmax(scores / best, held.sizes)
    top = np.maximum.reduceat(chances, held.starts)
    hit = np.add.reduceat((chances == np.repeat(top, held.sizes)) & held.right, held.starts) > 0
    figures = {"right": hit.mean(), "mean_confidence": top.mean(), "loss": losses[best]}
    return float(best), {name: round(float(value), 4) for name, value in figures.items()}


def _loss(scores: Array, held: Examples) -> float:
    mine = np.add.reduceat(softmax(scores, held.sizes) * held.right, held.starts)
    return float(-np.log(np.maximum(mine, 1e-4)).mean())


def written(
    net: Learner, rarity: dict[str, float], warmth: float, provenance: dict[str, Any]
) -> str:
    """The file: whole numbers, `SCALE` for one; a product of two layers is worth `unit`."""
    w = {name: np.rint(value * SCALE).astype(int) for name, value in net.w.items()}
    return json.dumps(
        {
            "kind": "links-1", "provenance": provenance, "clues": [list(clue) for clue in CLUES],
            "rarity": rarity, "table": w["table"][:-1].tolist(), "first_bias": w["b1"].tolist(),
            "second": w["second"].T.tolist(),
            "second_bias": np.rint(net.w["b2"] * SCALE**2).astype(int).tolist(),
            "last": w["last"].tolist(), "unit": 1 / SCALE**3 / warmth,
        }, ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.train_links", description=__doc__)
    parser.add_argument("source", type=Path, metavar="TRAIN")
    parser.add_argument("--out", type=Path, default=Path("monitor/classify/links.json"))
    parser.add_argument("--date", default="", help="written into the file")
    given = parser.parse_args(arguments)
    found = list(logs(given.source))
    rarity = rarities(found)
    names = [log.name for log in found]
    with Pool(2) as pool:
        whole = pool.map(examples, [(log, rarity, False) for log in found], chunksize=4)
        short = pool.map(examples, [(log, rarity, True) for log in found], chunksize=4)
    kept = [i for i in range(len(found)) if i % 8]
    first = train(_picked(whole + short, names * 2, [*kept, *(i + len(names) for i in kept)]), SEED)
    rest = [i for i in range(0, len(found), 8) if not names[i].endswith("train-c")]
    warmth, figures = temperature(first, _picked(whole, names, rest))
    print(f"held-out logs of the rest: {figures}, temperature {warmth:.2f}")
    provenance = {
        "trained_on": CITATION, "licence": "CC BY 4.0", "script": "bench/train_links.py",
        "seed": SEED, "date": given.date, "logs": len(found), "held_out_first": figures,
        "temperature": round(warmth, 2), "lines": int(sum(len(part[2]) for part in whole)),
    }  # fmt: skip
    net = train(together(whole + short, names * 2), SEED)
    given.out.write_text(written(net, rarity, warmth, provenance) + "\n", encoding="utf-8")
    print(f"{given.out}: {given.out.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
