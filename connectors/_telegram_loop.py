"""One event loop in one thread, for requests that wait in asyncio: those through a proxy. It never waits on itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from connectors._telegram_calls import GRACE, Closed

T = TypeVar("T")


class LoopThread:
    """A Runner: runs coroutines for other threads, each within a deadline."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._running: dict[asyncio.Task[Any], bool] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._thread.start()

    def run(
        self, call: Callable[[], Coroutine[Any, Any, T]], deadline: float, *, write: bool = False
    ) -> T:
        """See Runner."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("called from the loop's own thread: it would wait for itself")
        with self._lock:
            if self._closed:
                raise Closed(begun=False)
            future = asyncio.run_coroutine_threadsafe(
                self._bounded(call, deadline, write=write), self._loop
            )
        return future.result(deadline + GRACE)

    async def _bounded(
        self, call: Callable[[], Coroutine[Any, Any, T]], deadline: float, *, write: bool
    ) -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we are a coroutine that runs
        self._running[task] = write
        try:
            async with asyncio.timeout(deadline):
                return await call()
        except asyncio.CancelledError:
            raise Closed(begun=True) from None
        finally:
            del self._running[task]

    def close(self, last: Callable[[], Awaitable[None]]) -> None:
        """See Runner."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            future = asyncio.run_coroutine_threadsafe(self._finish(last), self._loop)
        future.result(2 * GRACE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(GRACE)
        self._loop.close()

    async def _finish(self, last: Callable[[], Awaitable[None]]) -> None:
        writes = {task for task, write in self._running.items() if write}
        await self._cancel(set(self._running) - writes)
        if writes:
            await asyncio.wait(writes, timeout=GRACE)
        await self._cancel(set(self._running))
        await last()

    async def _cancel(self, tasks: set[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE / 10)
