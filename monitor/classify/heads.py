"""Linear heads with honest probabilities: softmax regression on similarities, in plain numpy. Never
sees a text.

A head is learned from the similarity of every training message to every other (a sum over kinds of
features), so that its size is that of the seeds and not that of the features; afterwards it is
turned into one weight a feature. The temperature comes from judgements of messages that were held
out, those that say the same together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 512
_JITTER = 1e-3
_MEMORY = 8  # steps that L-BFGS remembers
_ROUNDS = 150
_TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(4.0), 61))


@dataclass(frozen=True, slots=True)
class Lessons:
    """What one head learns from: the class of each message (-1: not known) and how much it
    counts.
    """

    labels: Ints
    weights: Floats
    classes: int

    def known(self) -> NDArray[np.bool_]:
        """Which messages have a label."""
        return self.labels >= 0


def softmax(scores: Floats) -> Floats:
    """Each row's probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)


def roots(similarities: Floats) -> Floats:
    """Features whose products are the similarities: one row a message."""
    n = len(similarities)
    lower = np.linalg.cholesky(similarities + _JITTER * np.eye(n, dtype=np.float32))
    return np.asarray(lower, dtype=np.float32)


def learned(features: Floats, lessons: Lessons, penalty: float) -> Floats:
    """The weights (feature by class) that explain the labels best, small ones preferred."""
    known = lessons.known()
    rows, count = features[known], lessons.weights[known][:, None]
    wanted = np.eye(lessons.classes, dtype=np.float32)[lessons.labels[known]]
    shape = (features.shape[1], lessons.classes)

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        weights = flat.reshape(shape).astype(np.float32)
        chances = softmax(rows @ weights)
        off = (chances - wanted) * count
        unlikely = -(count * wanted * np.log(chances + 1e-9)).sum()
        slope = rows.T @ off + penalty * weights
        return float(unlikely + penalty / 2 * (weights**2).sum()), slope.ravel().astype(np.float64)

    return lowest(loss, np.zeros(shape[0] * shape[1])).reshape(shape).astype(np.float32)


def lowest(loss: Callable[[Doubles], tuple[float, Doubles]], start: Doubles) -> Doubles:
    """Where a smooth function is least, by L-BFGS (Nocedal and Wright, algorithm 7.5)."""
    at, (value, slope) = start, loss(start)
    steps: list[tuple[Doubles, Doubles]] = []
    for _ in range(_ROUNDS):
        direction = -_uphill(slope, steps)
        downhill = float(direction @ slope)
        size = 1.0 if steps else min(1.0, 1.0 / (np.abs(slope).sum() + 1e-12))
        for _ in range(30):
            tried = at + size * direction
            tried_value, tried_slope = loss(tried)
            if tried_value <= value + 1e-4 * size * downhill:
                break
            size /= 2
        else:
            return at
        step, turn = tried - at, tried_slope - slope
        settled = value - tried_value <= 1e-6 * max(1.0, abs(value))
        at, value, slope = tried, tried_value, tried_slope
        if settled:
            return at
        if step @ turn > 1e-10:
            steps = [*steps, (step, turn)][-_MEMORY:]
    return at


def _uphill(slope: Doubles, steps: Sequence[tuple[Doubles, Doubles]]) -> Doubles:
    rest, parts = slope.copy(), []
    for step, turn in reversed(steps):
        part = (step @ rest) / (step @ turn)
        parts.append(part)
        rest -= part * turn
    if steps:
        step, turn = steps[-1]
        rest *= (step @ turn) / (turn @ turn)
    for (step, turn), part in zip(steps, reversed(parts), strict=True):
        rest += step * (part - (turn @ rest) / (step @ turn))
    return rest


def held_out(
    features: Floats, lessons: Lessons, penalty: float, out: NDArray[np.bool_]
) -> tuple[Floats, Lessons]:
    """The scores of the messages that are `out`, by a head that did not learn from them; and their own lessons."""
    rest = Lessons(np.where(out, -1, lessons.labels), lessons.weights, lessons.classes)
    own = Lessons(lessons.labels[out], lessons.weights[out], lessons.classes)
    return features[out] @ learned(features, rest, penalty), own


def temperature(scores: Floats, lessons: Lessons) -> float:
    """What to divide scores by so that their probabilities are true of held-out messages."""
    known = lessons.known()
    rows, right = scores[known], lessons.labels[known]
    if not len(rows):
        return 1.0

    def unlikely(t: float) -> float:
        chances = softmax(np.asarray(rows / t, dtype=np.float32))[np.arange(len(rows)), right]
        return -float((lessons.weights[known] * np.log(chances + 1e-9)).sum())

    return float(min(_TEMPERATURES, key=unlikely))


def candid(chances: Floats, bend: Floats) -> Floats:
    """How often guesses of these chances are right. A single temperature cannot tell: sums of many hints boast at the
    top and are shy at the bottom."""
    return np.asarray(1 / (1 + np.exp(-(bend[0] * _log_odds(chances) + bend[1]))), dtype=np.float32)


def _log_odds(chances: Floats) -> Floats:
    cut = np.clip(chances, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(cut / (1 - cut)), dtype=np.float32)


def dual(features: Floats, weights: Floats) -> Floats:
    """How much each training message contributes to each class. `features` are roots(): lower triangular, so that
    this takes a step back for each block instead of a whole elimination.
    """
    upper, found = features.T, np.array(weights, dtype=np.float32)
    for start in reversed(range(0, len(found), _BLOCK)):
        here = slice(start, start + _BLOCK)
        found[here] = np.linalg.solve(upper[here, here], found[here])
        found[:start] -= upper[:start, here] @ found[here]
    return found


def alike_together(vectors: Floats, folds: int, alike: float = 0.75) -> Ints:
    """A fold for each message; those that mean nearly the same, in whatever language, share it."""
    leader = np.full(len(vectors), -1)
    group = 0
    for at in range(len(vectors)):
        if leader[at] < 0:
            close = (vectors @ vectors[at] >= alike) & (leader < 0)
            leader[close] = group
            leader[at] = group
            group += 1
    return np.asarray(leader * 7919 % folds, dtype=np.int64)
