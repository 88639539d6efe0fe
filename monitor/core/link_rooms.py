"""The learned link as the ledger asks for it: which earlier messages of a room one may answer. It reads no store.

A message is judged by the last messages before it, in whatever order they came, so that the judgement of a batch
and that of a later recomputation are the same. Rooms that nobody asks about are never read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime

from monitor.core.linking import WINDOW, Judge, Line, ReadsAhead, Room, line_of
from monitor.core.messages import Message, Platform
from monitor.core.text import capped

Where = tuple[Platform, str, str | None]  # platform, place, forum topic
DEPTH = 2 * WINDOW  # lines to load: whom a line names is read by the names in the window before it
_Order = tuple[datetime, int, str]


def where_of(message: Message) -> Where:
    """The room that a message was written in."""
    return message.platform, message.place, message.thread


class Rooms:
    """The rooms around a batch: stored messages and those of the batch, in any order."""

    def __init__(self, judge: Judge, messages: Iterable[Message]) -> None:
        self._judge = judge
        self._said: dict[Where, dict[str, Message]] = {}
        self._lines: dict[Where, tuple[list[_Order], list[Line]]] = {}
        self._followed: dict[Where, tuple[Room, int]] = {}
        for message in messages:
            self._said.setdefault(where_of(message), {})[message.native_id] = message

    def before(self, message: Message) -> list[str]:
        """The native ids of the last lines before a message, oldest first."""
        lines, place = self._place(message)
        return [line.id for line in lines[max(0, place - WINDOW) : place]]

    def chances(self, message: Message) -> Mapping[str, float]:
        """How likely a message answers each line before it; what is missing of 1: that it begins something."""
        lines, place = self._place(message)
        where = where_of(message)
        if where not in self._followed and isinstance(self._judge, ReadsAhead):
            texts = [capped(line.text) for line in lines[max(0, place - WINDOW) :]]
            self._judge.read_ahead(texts)
        room, until = self._followed.get(where, (None, 0))
        if room is None or not until <= place <= until + DEPTH:
            room, until = Room(self._judge), max(0, place - DEPTH)
        for line in lines[until:place]:
            room.note(line)
        self._followed[where] = room, place
        return dict(room.judged(line_of(message)).chances)

    def _place(self, message: Message) -> tuple[list[Line], int]:
        where = where_of(message)
        if where not in self._lines:
            said = sorted(self._said.get(where, {}).values(), key=_order)
            self._lines[where] = [_order(m) for m in said], [line_of(m) for m in said]
        orders, lines = self._lines[where]
        return lines, bisect_left(orders, _order(message))


def _order(message: Message) -> _Order:
    return message.sent_at, len(message.native_id), message.native_id


def by_case(chances: Mapping[str, float], cases: Mapping[str, str]) -> tuple[str, float] | None:
    """The case that is most likely answered, and how likely. `cases`: line to case."""
    shares: dict[str, float] = {}
    for line, chance in chances.items():
        if line in cases:
            shares[cases[line]] = shares.get(cases[line], 0.0) + chance
    return max(shares.items(), key=lambda pair: (pair[1], pair[0])) if shares else None
