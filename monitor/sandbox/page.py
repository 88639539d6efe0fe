"""The sandbox's page: what is said everywhere, live, and a mouth for the visitor. Judges nothing.

Only this machine may ask (Host is checked against loopback), and only this page may tell (nothing
is taken from pages of elsewhere).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from monitor.sandbox.happenings import Happening, Happenings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/composer.js": ("composer.js", "text/javascript"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# A mail may bring its own styles and pictures inside it, and nothing else: no script, no network.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
KEPT = 600  # happenings in a snapshot
BODY_LIMIT = 64 * 1024
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
Json = dict[str, Any]


class Show(Protocol):
    """What the page shows and may do; the Sandbox is one."""

    @property
    def happenings(self) -> Happenings: ...

    def setting(self) -> Json:
        """Places, people and possible failures: what does not change by itself."""

    def condition(self) -> Json:
        """Faults still to come and struck, and the mails' heads."""

    def told(self, happening: Happening) -> Json:
        """One happening, with who it was."""

    def said(self, wish: Mapping[str, Any]) -> Json:
        """Say something for a visitor: id and who. ValueError says what is wrong."""

    def pressed(self, wish: Mapping[str, Any]) -> Json:
        """Press a button for a visitor; the query's id. ValueError says what is wrong."""

    def fail(self, wish: Mapping[str, Any]) -> Json:
        """Order a failure; what was ordered. ValueError says what is wrong."""

    def mail(self, number: int) -> str:
        """The HTML of a mail. IndexError when there is none."""


def page(show: Show) -> web.Application:
    """The page as an application."""
    asked = Asked(show)
    app = web.Application(middlewares=[_guard], client_max_size=BODY_LIMIT)
    for path in FILES:
        app.router.add_get(path, _file)
    app.router.add_get("/state", asked.state)
    app.router.add_get("/events", asked.events)
    app.router.add_get("/mail/{number:[0-9]{1,6}}", asked.mail)
    app.router.add_post("/say", asked.say)
    app.router.add_post("/press", asked.press)
    app.router.add_post("/fault", asked.fault)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Respond) -> web.StreamResponse:
    """Refuses names that lead here from elsewhere, and pages of elsewhere.

    `handler` is aiohttp's own name for what comes next: it is given by keyword.
    """
    refusal = _refusal(request)
    if refusal is not None:
        return web.json_response({"error": refusal}, status=403, headers=HEADERS)
    answer = await handler(request)
    if not answer.prepared:
        answer.headers.update(HEADERS)
        answer.headers.setdefault("Content-Security-Policy", POLICY)
    return answer


def _refusal(request: web.Request) -> str | None:
    if _host(f"//{request.headers.get('Host', '')}") not in LOOPBACK:
        return "this page answers on loopback only"
    if request.method in ("GET", "HEAD"):
        return None
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.headers['Host']}":
        return "only the page itself may do this"
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return "only the page itself may do this"
    # A form of another page cannot send this type without asking first, and is never allowed to.
    return None if request.content_type == "application/json" else "JSON is expected"


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def _file(request: web.Request) -> web.Response:
    name, kind = FILES[request.path]
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return web.Response(text=text, content_type=kind, charset="utf-8")


class Asked:
    """The answers to the page's questions."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._boot = secrets.token_hex(
            4
        )  # another sandbox at the same address: the page starts anew

    async def state(self, _: web.Request) -> web.Response:
        """Everything so far."""
        told = list(self._show.happenings.all)
        snapshot = {
            "boot": self._boot,
            "next": len(told),
            "happenings": [self._show.told(h) for h in told[-KEPT:]],
            **self._show.setting(),
            **self._show.condition(),
        }
        return web.json_response(snapshot)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What happens from now on; `after` or Last-Event-ID says from where."""
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        start = int(after) if after.isdecimal() and len(after) < 10 else 0
        answer = web.StreamResponse(headers={**HEADERS, "Content-Security-Policy": POLICY})
        answer.content_type = "text/event-stream"
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):  # the visitor left
            await self._tell(answer, start)
        return answer

    async def _tell(self, answer: web.StreamResponse, index: int) -> None:
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        happenings, told = self._show.happenings, ""

        def wake(_: Happening) -> None:
            loop.call_soon_threadsafe(news.set)

        stop = happenings.subscribe(wake)
        try:
            await answer.write(_event("boot", {"boot": self._boot}))
            while True:
                news.clear()
                fresh: Sequence[Happening] = happenings.all[index:]
                for happening in fresh:
                    index += 1
                    await answer.write(_event("happening", self._show.told(happening), index))
                condition = self._show.condition()
                if (now := json.dumps(condition)) != told:
                    told = now
                    await answer.write(_event("condition", condition))
                await _wait(news, 1.0)
        finally:
            stop()

    async def say(self, request: web.Request) -> web.Response:
        """A visitor says something."""
        return await self._do(request, self._show.said)

    async def press(self, request: web.Request) -> web.Response:
        """A visitor presses a button."""
        return await self._do(request, self._show.pressed)

    async def fault(self, request: web.Request) -> web.Response:
        """A visitor makes something fail."""
        return await self._do(request, self._show.fail)

    async def _do(
        self, request: web.Request, act: Callable[[Mapping[str, Any]], Json]
    ) -> web.Response:
        try:
            wish = await request.json()
            if not isinstance(wish, dict):
                raise ValueError("an object is expected")
            # In a thread: the platforms' servers may wait for this very loop.
            done = await asyncio.to_thread(act, wish)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(done)

    async def mail(self, request: web.Request) -> web.Response:
        """A mail's HTML, to be shown in a frame that can do nothing."""
        try:
            html = self._show.mail(int(request.match_info["number"]))
        except IndexError:
            raise web.HTTPNotFound from None
        headers = {"Content-Security-Policy": MAIL_POLICY}
        return web.Response(text=html, content_type="text/html", charset="utf-8", headers=headers)


async def _wait(news: asyncio.Event, seconds: float) -> None:
    """Until there is news, or time to look at what tells no news of itself (faults, mails)."""
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return


def _event(kind: str, content: Json, number: int | None = None) -> bytes:
    lines = [f"event: {kind}", f"data: {json.dumps(content)}"]
    if number is not None:
        lines.append(f"id: {number}")
    return ("\n".join(lines) + "\n\n").encode()
