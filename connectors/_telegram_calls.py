"""Calls of a library that is written for asyncio, made in the thread that asks: nothing in them waits but their socket.

A hop to an event loop and back costs as much as a whole request. It ends what runs when it is closed, writes last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
GRACE = 5.0  # how long a write may still take when we close; a tenth of it for the rest


class Closed(Exception):
    """We were closed before, or while, the call ran."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("closed")
        self.begun = begun


class Runner(Protocol):
    """Who runs a coroutine of the library's."""

    def run(
        self, call: Callable[[], Coroutine[Any, Any, T]], deadline: float, *, write: bool = False
    ) -> T:
        """The result of `call()`. TimeoutError after `deadline` seconds in all; Closed when closed.

        A `write` that is under way when we close is given a moment to end.
        """

    def close(self, last: Callable[[], Awaitable[None]]) -> None:
        """End what runs, writes last, then `last()`. May be called twice, from any thread."""


class Call:
    """One that runs, with the way to end it from another thread."""

    def __init__(self, *, write: bool, until: float) -> None:
        self.write = write
        self.until = until  # of time.monotonic()
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._is_ended = False
        self._end: Callable[[], object] | None = None

    @property
    def is_ended(self) -> bool:
        """Was it ended from outside?"""
        return self._is_ended

    def ends_by(self, end: Callable[[], object] | None) -> None:
        """What ends its present waiting. Raises ConnectionAbortedError if it is ended already."""
        with self._lock:
            self._end = end
            if self._is_ended and end is not None:
                raise ConnectionAbortedError("closed")

    def end(self) -> None:
        """Whatever it waits for is broken off."""
        with self._lock:
            self._is_ended = True
            if self._end is not None:
                self._end()


class Calls:
    """Runs each call in its own thread. Thread-safe."""

    def __init__(self) -> None:
        self._running: set[Call] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._mine = threading.local()

    @property
    def current(self) -> Call:
        """The one that runs in this thread."""
        found: Call = self._mine.call
        return found

    def run(
        self, call: Callable[[], Coroutine[Any, Any, T]], deadline: float, *, write: bool = False
    ) -> T:
        """See Runner."""
        mine = Call(write=write, until=time.monotonic() + deadline)
        with self._lock:
            if self._closed:
                raise Closed(begun=False)
            self._running.add(mine)
        self._mine.call = mine
        try:
            return _finished(call())
        except Exception:
            if mine.is_ended:
                raise Closed(begun=True) from None
            raise
        finally:
            with self._lock:
                self._running.discard(mine)
            mine.over.set()

    def close(self, last: Callable[[], Awaitable[None]]) -> None:
        """See Runner."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            running = set(self._running)
        writes = {call for call in running if call.write}
        _end(running - writes, GRACE / 10)
        until = time.monotonic() + GRACE
        for call in writes:
            call.over.wait(max(0.0, until - time.monotonic()))
        _end(writes, GRACE / 10)
        _finished(_awaited(last))


def _end(calls: set[Call], patience: float) -> None:
    for call in calls:
        call.end()
    for call in calls:
        call.over.wait(patience)


async def _awaited(last: Callable[[], Awaitable[None]]) -> None:
    await last()


def _finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """What it returns; RuntimeError if it waits for a loop that is not there."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError("a call that waits for an event loop, where there is none")
