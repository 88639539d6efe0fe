"""A Telegram of our own on loopback: a Bot API as strict as the real one, and people in its chats.

It never speaks to the real Telegram. `app()` is what a bot talks to; the rest of TelegramServer is
what tests, the demo and the page use to play the people, and may be called from any thread.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from monitor.sandbox.faults import Fault, Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.serving import failing
from monitor.sandbox.telegram_arguments import (
    METHODS,
    ApiError,
    arguments,
    bad_request,
    refuse,
    too_many,
)
from monitor.sandbox.telegram_limits import Limits
from monitor.sandbox.telegram_methods import Methods
from monitor.sandbox.telegram_people import People
from monitor.sandbox.telegram_queue import Updates
from monitor.sandbox.telegram_world import Person, World

LONGEST_POLL = 50
BODY_LIMIT = 50 * 1024 * 1024
WELL_FORMED = re.compile(r"\d+:[\w-]+")
SANDBOX_TOKEN = "1000:sandbox"  # noqa: S105 - opens nothing but this sandbox


def now_utc() -> datetime:
    """The clock, for those who give none."""
    return datetime.now(UTC)


class TelegramServer(People):
    """One bot's Telegram."""

    def __init__(
        self,
        faults: Faults,
        happenings: Happenings,
        *,
        token: str = SANDBOX_TOKEN,
        clock: Callable[[], datetime] = now_utc,
        per_chat_per_second: float = 1.0,
        per_group_per_minute: int = 20,
    ) -> None:
        bot = Person(int(token.partition(":")[0]), "Desk", "desk_bot", is_bot=True)
        world = World(bot)
        limits = Limits(per_chat_per_second, per_group_per_minute)
        methods = Methods(world, limits, happenings, clock)
        super().__init__(world, Updates(), methods, clock, self._wake)
        methods.pending = lambda: len(self._updates.waiting)
        self.token = token
        self.base_url = ""
        self._faults = faults
        self._polls = 0
        self._bells: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._bells_lock = threading.Lock()

    def app(self) -> web.Application:
        """The Bot API: /bot<token>/<method>, by GET or POST."""
        strike = failing(
            "telegram", self._faults, lambda r: r.match_info.get("method", ""), _worded
        )
        app = web.Application(middlewares=[cast(Middleware, strike)], client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            method = self._checked(request)
            asked = await arguments(request, method)
            if method == "getUpdates":
                result = await self._get_updates(asked)
            else:
                with self._lock:
                    result = self._methods.call(method, asked)
        except ApiError as error:
            return refuse(error)
        return web.json_response({"ok": True, "result": result})

    def _checked(self, request: web.Request) -> str:
        token, method = request.match_info["token"], request.match_info["method"]
        if not WELL_FORMED.fullmatch(token):
            raise ApiError(404, "Not Found")
        if token != self.token:
            raise ApiError(401, "Unauthorized")
        if method not in METHODS or request.method not in ("GET", "POST"):
            raise ApiError(404, "Not Found: method not found")
        return method

    # -- long polls

    async def _get_updates(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        if self._methods.webhook_url:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self._remember(asked.get("allowed_updates"))
        self._polls += 1
        mine, limit = self._polls, min(max(asked.get("limit", 100), 1), 100)
        self._wake()  # another one that waits must go
        bell = asyncio.Event()
        deadline = asyncio.get_running_loop().time() + min(asked.get("timeout", 0), LONGEST_POLL)
        with self._bells_lock:
            self._bells[bell] = asyncio.get_running_loop()
        try:
            return await self._next(asked.get("offset"), limit, bell, deadline, mine)
        finally:
            with self._bells_lock:
                del self._bells[bell]

    async def _next(
        self, offset: int | None, limit: int, bell: asyncio.Event, deadline: float, mine: int
    ) -> list[dict[str, Any]]:
        while True:
            bell.clear()
            if mine != self._polls:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            with self._lock:
                page = self._updates.page(offset, limit, self._clock())
            left = deadline - asyncio.get_running_loop().time()
            if page or left <= 0:
                return page
            try:
                await asyncio.wait_for(bell.wait(), left)
            except TimeoutError:
                return []

    def _remember(self, allowed: list[Any] | None) -> None:
        if allowed is None:
            return
        if not all(isinstance(kind, str) for kind in allowed):
            raise bad_request("can't parse allowed_updates: expected an Array of String")
        with self._lock:
            self._updates.allowed = tuple(allowed)

    def _wake(self) -> None:
        with self._bells_lock:
            bells = list(self._bells.items())
        for bell, loop in bells:
            if not loop.is_closed():
                loop.call_soon_threadsafe(bell.set)

    # -- what Telegram does to a bot

    def push_raw(self, update: dict[str, Any], *, numbered: bool = True) -> None:
        """Queue anything as an update; its update_id is the next one unless it says another."""
        with self._lock:
            if numbered:
                update = {"update_id": self._updates.next_id} | update
            self._updates.push(update, self._clock())
        self._wake()

    def duplicate_updates(self, times: int) -> None:
        """Each of the next so many updates comes twice."""
        with self._lock:
            self._updates.doubled = times

    def shuffle_updates(self, on: bool = True) -> None:
        """Updates come out of order within a page."""
        with self._lock:
            self._updates.shuffled = on

    def restart_update_ids(self, next_id: int) -> None:
        """After a quiet week Telegram goes on from a random number."""
        with self._lock:
            self._updates.next_id = next_id


def _worded(status: int, fault: Fault) -> web.Response:
    """A fault in Telegram's words."""
    words = {
        401: "Unauthorized",
        404: "Not Found",
        502: "Bad Gateway",
        500: "Internal Server Error",
    }
    if status == 429:
        return refuse(too_many(None if fault.seconds is None else max(1, int(fault.seconds))))
    return refuse(ApiError(status, words.get(status, "Service Unavailable")))
