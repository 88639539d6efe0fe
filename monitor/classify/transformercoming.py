"""Rows that a transformer is about to give: one thread brings them as they come, another waits for them. Never asks for
them itself.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Away(Exception):
    """The transformer cannot answer now; str() says why, without a full stop."""


class Coming:
    """The rows of some texts, in the order in which they come."""

    def __init__(self, texts: Sequence[str], width: int) -> None:
        """Whoever makes it sees to it that all comes, or `away` is told. `width` of a row, as far as it is known."""
        self.texts = texts
        self._rows = np.empty((len(texts), width), dtype=np.float32)
        self._places: list[int] = []
        self._why: str | None = None
        self._changed = threading.Condition()

    def take(self, group: slice) -> tuple[list[int], Floats]:
        """Those that come first, second and so on: which texts they are of, and the rows. Waits for them; Away."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._places) >= group.stop or self._why is not None)
            if len(self._places) < group.stop:
                raise Away(self._why)
        return self._places[group], self._rows[group]

    def whole(self) -> Floats:
        """All, in the order of the texts. Waits; Away."""
        places, rows = self.take(slice(0, len(self.texts)))
        found = np.empty_like(rows)
        found[places] = rows
        return found

    def came(self, places: Sequence[int], rows: Floats) -> None:
        """Rows of the texts at these places. ValueError where they came before, or are no rows."""
        with self._changed:
            start = len(self._places)
            if not set(places).isdisjoint(self._places):
                raise ValueError("rows that came before")
            if not start:
                self._rows = np.empty((len(self.texts), rows.shape[1]), dtype=np.float32)
            self._rows[start : start + len(places)] = rows
            self._places += places
            self._changed.notify_all()

    def away(self, why: str) -> None:
        """Nothing comes any more."""
        with self._changed:
            self._why = why
            self._changed.notify_all()


def hand_out(places: Sequence[int], rows: Floats, asked: Sequence[Coming]) -> None:
    """To each the rows of its own texts, of which all together were asked for. ValueError where nobody wants one."""
    start = given = 0
    for one in asked:
        end = start + len(one.texts)
        mine = [at for at, place in enumerate(places) if start <= place < end]
        if mine:
            one.came([places[at] - start for at in mine], rows[mine])
        start, given = end, given + len(mine)
    if not given or given < len(places):
        raise ValueError("rows of texts that nobody has asked for")
