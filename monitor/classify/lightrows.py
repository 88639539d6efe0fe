"""What the sentence encoder knows of single tokens: their vectors, and all of its arithmetic that looks at nothing
else. Never reads a text, never goes outside.

That is more than half of the arithmetic. It is worked out once for each token and kept in memory while the token is in
use; what was in use before lies in a file without a name, from which it comes back in a tenth of the time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

WIDTH = 512
PARTS = 17  # the table is quantised in so many interleaved parts
_HASH = 32
_SHELVED = 8_192  # tokens in the file, of 15 kilobytes each
_NOWHERE = -1


class Table:
    """The quantised vectors of all tokens: in a file where there is a folder for it."""

    def __init__(self, weights: Mapping[str, Bytes], folder: Path | None) -> None:
        """Unpack them, or take what was unpacked before. OSError where the file cannot be used."""
        self._rows: Bytes | None = None
        self._file = _NOWHERE
        self.count = PARTS * len(np.asarray(weights["q1"]))
        if folder is None:
            self._rows = _unpacked(weights)
            return
        path = folder / f"encoder-{PARTS}x{WIDTH}.table"
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
    rows = np.empty((PARTS * parts, WIDTH), dtype=np.uint8)
    for at in range(PARTS):
        rows[at::PARTS] = weights[f"q{at + 1}"]
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


class Shelf:
    """Rows of tokens that were worked out, in a file that goes when the program does; the oldest make room for new
    ones. A full disk costs time, nothing else.
    """

    def __init__(self, tokens: int, row: int, folder: Path | None, room: int = _SHELVED) -> None:
        """For `room` of so many `tokens`, whose rows are so many bytes. Without a folder it holds nothing."""
        self._file = _NOWHERE
        if folder is not None:
            with suppress(OSError):
                self._file, path = tempfile.mkstemp(".tmp", "encoder-", folder)
                Path(path).unlink()  # it goes when it is closed, however the program ends
        self._row, self._room, self._next = row, room, 0
        self._place = np.full(tokens, _NOWHERE, dtype=np.int32)
        self._held = np.full(room, _NOWHERE, dtype=np.int64)

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)

    def has(self, tokens: Ints) -> NDArray[np.bool_]:
        """Which of them stand there."""
        return self._place[tokens] >= 0

    def fetch(self, token: int, into: Floats) -> bool:
        """Its row, if it stands there."""
        place = int(self._place[token])
        if self._file < 0 or place < 0:
            return False
        try:
            return os.preadv(self._file, [into.data], place * self._row) == self._row
        except OSError:
            return False

    def put(self, tokens: Ints, rows: Floats) -> None:
        """Set them up, in order; at most as many as there is room for."""
        rest = self._room - self._next
        if len(tokens) > rest:
            self.put(tokens[:rest], rows[:rest])
            tokens, rows = tokens[rest:], rows[rest:]
        if self._file < 0 or not len(tokens):
            return
        places = slice(self._next, self._next + len(tokens))
        left = self._held[places]
        self._place[left[left >= 0]] = _NOWHERE
        self._held[places] = _NOWHERE
        try:
            written = os.pwrite(self._file, rows.data, self._next * self._row)
        except OSError:
            written = 0
        if written != rows.nbytes:
            return
        self._held[places] = tokens
        self._place[tokens] = np.arange(places.start, places.stop)
        self._next = places.stop % self._room


class Rows:
    """What is known of tokens, some blocks of numbers each. Safe to use from several threads."""

    def __init__(
        self, shape: tuple[int, int, int], work: Callable[[Ints], Floats], room: tuple[int, int],
        folder: Path | None,
    ) -> None:  # fmt: skip
        """Of as many tokens, blocks and numbers a block as `shape` says; `work` works them out. `room`: how many are
        in memory, and at most asked for together.
        """
        tokens, self._blocks, width = shape
        kept, together = room
        self._work = work
        self._slot = np.full(tokens, _NOWHERE, dtype=np.int64)
        self._held = np.full(kept, _NOWHERE, dtype=np.int64)
        self._met = np.zeros(kept, dtype=np.int64)
        self._pins = np.zeros(kept, dtype=np.int64)
        self._round = 0
        # One row more than is ever filled: zeros, for what lies beyond a text.
        self._kept = np.zeros((kept + 1, self._blocks, width), dtype=np.float32)
        self._flat = self._kept.reshape(-1, width)
        self.zeros = kept * self._blocks
        self._shelf = Shelf(tokens, self._kept[0].nbytes, folder)
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(kept // together)

    @contextmanager
    def of(self, tokens: Ints) -> Iterator[Ints]:
        """Where each of `tokens` (rising) stands, for take(), as long as this lasts."""
        learnt = self._learnt(tokens)
        with self._turns:
            with self._lock:
                slots = self._slots(tokens, *learnt)
                self._pins[slots] += 1
            try:
                yield slots * self._blocks
            finally:
                with self._lock:
                    self._pins[slots] -= 1

    def take(self, block: int, places: Ints, out: Floats) -> Floats:
        """That block of each."""
        return self._flat.take(places + block, axis=0, out=out, mode="clip")

    def _learnt(self, tokens: Ints) -> tuple[Ints, Floats]:
        """Those that are known nowhere, worked out. That takes longest, so others may go on meanwhile."""
        with self._lock:
            new = tokens[(self._slot[tokens] < 0) & ~self._shelf.has(tokens)]
        return new, self._work(new)

    def _slots(self, tokens: Ints, learnt: Ints, rows: Floats) -> Ints:
        """New ones take the place of those that were not met for longest."""
        self._round += 1
        slots = self._slot[tokens]
        self._met[slots[slots >= 0]] = self._round
        new = np.flatnonzero(slots < 0)
        if len(new):
            # What others look at just now stays; as many as may look at once fit in.
            age = np.where(self._pins > 0, self._round, self._met)
            free = np.argpartition(age, len(new) - 1)[: len(new)]
            left = self._held[free]
            self._slot[left[left >= 0]] = _NOWHERE
            self._fill(tokens[new], free, learnt, rows)
            self._slot[tokens[new]] = slots[new] = free
            self._held[free], self._met[free] = tokens[new], self._round
        return slots

    def _fill(self, tokens: Ints, slots: Ints, learnt: Ints, rows: Floats) -> None:
        fresh = np.isin(tokens, learnt, assume_unique=True)
        self._kept[slots[fresh]] = rows[np.searchsorted(learnt, tokens[fresh])]
        gone = [
            at for at in np.flatnonzero(~fresh).tolist()
            if not self._shelf.fetch(int(tokens[at]), self._kept[slots[at]])
        ]  # fmt: skip
        if gone:
            self._kept[slots[gone]] = self._work(tokens[gone])
        loose = ~self._shelf.has(learnt)
        self._shelf.put(learnt[loose], rows[loose])
