"""Run aiohttp applications on loopback in a thread of their own, and make their requests fail on command."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

from aiohttp import web

from monitor.sandbox.faults import Fault, FaultKind, Faults

HANG_SECONDS = 60.0
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Serving:
    """Serves applications on 127.0.0.1 from one event loop in one daemon thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, for servers that are not HTTP."""
        return self._loop

    def serve(self, app: web.Application, port: int = 0) -> str:
        """Start `app`; the returned base URL has no trailing slash. OSError when the port is taken."""
        return asyncio.run_coroutine_threadsafe(self._start(app, port), self._loop).result(30)

    async def _start(self, app: web.Application, port: int) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self._runners.append(runner)
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    def close(self) -> None:
        """Stop everything; may be called twice."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        tasks = [t for t in asyncio.all_tasks(self._loop) if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


Refuse = Callable[[int, Fault], web.Response]  # how a platform words an error of this status


def failing(
    platform: str, faults: Faults, operation_of: Callable[[web.Request], str], refuse: Refuse
) -> Callable[[web.Request, Respond], Awaitable[web.StreamResponse]]:
    """A middleware that lets the ordered faults strike. `refuse(status, fault)` words 401, 404, 429 and 5xx."""

    @web.middleware
    async def middleware(request: web.Request, handler: Respond) -> web.StreamResponse:
        # aiohttp gives the second argument by this name.
        fault = faults.take(platform, operation_of(request))
        if fault is None:
            return await handler(request)
        return await _strike(fault, request, handler, refuse)

    return middleware


async def _strike(
    fault: Fault, request: web.Request, respond: Respond, refuse: Refuse
) -> web.StreamResponse:
    seconds = HANG_SECONDS if fault.seconds is None else fault.seconds
    match fault.kind:
        case FaultKind.ACCEPT_THEN_ERROR:
            await respond(request)
            return refuse(502, fault)
        case FaultKind.ACCEPT_THEN_HANG:
            answer = await respond(request)
            await asyncio.sleep(seconds)
            return answer
        case FaultKind.ACCEPT_LATE:
            await request.read()
            return await asyncio.shield(asyncio.ensure_future(_late(seconds, request, respond)))
        case FaultKind.ACCEPT_THEN_DROP:
            await respond(request)
            return _drop(request)
        case FaultKind.DROP:
            await request.read()
            return _drop(request)
        case FaultKind.HANG:
            await request.read()
            await asyncio.sleep(seconds)
            return _drop(request)
        case FaultKind.TRUNCATED:
            return _halved(await respond(request))
        case FaultKind.HTML:
            return web.Response(
                text="<html><body>Over capacity</body></html>", content_type="text/html"
            )
        case FaultKind.UNAUTHORIZED:
            return refuse(401, fault)
        case FaultKind.NOT_FOUND:
            return refuse(404, fault)
        case FaultKind.TOO_MANY:
            return refuse(429, fault)
        case FaultKind.ERROR:
            return refuse(fault.status, fault)


async def _late(seconds: float, request: web.Request, respond: Respond) -> web.StreamResponse:
    await asyncio.sleep(seconds)
    return await respond(request)


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _halved(answer: web.StreamResponse) -> web.Response:
    body = (
        answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b"{"
    )
    return web.Response(body=body[: max(1, len(body) // 2)], content_type="application/json")
