"""A sentence encoder that remembers the texts it read last: who asks for them again pays nothing. Never learns."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.classify.lightencoder import WIDTH, Encoder

Floats = NDArray[np.float32]
MOST = 2_048  # texts, of two kilobytes each
_TEACHING = 256  # texts at once: seeds, not messages; nobody asks for them again


class Recalling(Encoder):
    """In front of another encoder. Safe to use from several threads."""

    def __init__(self, behind: Encoder) -> None:
        """`behind` reads what is new."""
        self._behind = behind
        self.version = behind.version
        self._known: dict[str, Floats] = {}
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 a text."""
        if not texts:
            return np.zeros((0, WIDTH), dtype=np.float32)
        if len(texts) > _TEACHING:
            return self._behind.encode(texts)
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            rows = dict(zip(new, self._behind.encode(new), strict=True))
            found |= rows
            self._remember(rows)
        return np.stack([found[text] for text in texts])

    def _remember(self, rows: dict[str, Floats]) -> None:
        with self._lock:
            if len(self._known) + len(rows) > MOST:
                for old in list(self._known)[: MOST // 4 + len(rows)]:
                    del self._known[old]
            # Copies: a row would keep its whole batch in memory.
            self._known |= {text: row.copy() for text, row in rows.items()}
