"""Calls of the Bot API from any thread: one request each, a deadline in all, refusals for errors.

It never repeats a request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, HTTPXRequest

from connectors._telegram_calls import Calls, Closed, Runner
from connectors._telegram_http import PlainRequest
from connectors._telegram_loop import LoopThread
from connectors._telegram_refusals import ODD_ANSWER, Answered, refusal_of
from monitor.core.jsons import read
from monitor.ports import Refusal, Unavailable, Uncertain

TALKATIVE = (
    "httpx",
    "httpcore",
    "telegram",
)  # they log the token, with the address of every request
HUNG_POLLS = 3  # polls without an answer before the connections are made anew
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Parameters = Mapping[str, Any]


class _Strict(BaseRequest):
    """A request of the library's, but errors keep their status and no answer is logged in full."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Raises Answered for what is not 2xx, else as the library's."""
        status, payload = await super().do_request(*args, **kwargs)  # type: ignore[safe-super]
        if not 200 <= status <= 299:
            raise Answered(status, _json_object(payload))
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Raises TelegramError for what is not a JSON object."""
        answer = _json_object(payload)
        if answer is None:
            raise TelegramError("the answer cannot be read")
        return answer


class _Request(_Strict, PlainRequest):
    """Straight to the server."""


class _ProxiedRequest(_Strict, HTTPXRequest):
    """Through the proxy that the environment names."""


def _json_object(payload: bytes) -> dict[str, Any] | None:
    try:
        answer = read(payload)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


class _Bot(Bot):
    """The library's bot, asked by the names of the Bot API and answering raw JSON.

    `do_api_request` would do, but warns on each method that has a wrapper; the wrappers stumble
    over one unreadable update, or over the answer to a message that was sent.
    """

    async def call(self, method: str, parameters: Parameters, read_timeout: float) -> Any:
        return await self._post(method, dict(parameters), read_timeout=read_timeout)


class Api:
    """One bot token at one address."""

    def __init__(
        self, token: str, base_url: str, *, account: str, timeout: float, poll_timeout: float
    ) -> None:
        _quiet()
        self._token = token
        self._timeout = timeout
        self._poll_timeout = poll_timeout
        self._runner, self._polls, self._calls = _way(base_url, timeout, account)
        self._bot = _bot(token, base_url.rstrip("/"), self._polls, self._calls)
        self._answered = time.monotonic()

    def read(self, method: str, parameters: Parameters | None = None) -> Any:
        """The result. Raises Refusal, never Uncertain."""
        return self._ask(method, parameters or {}, self._timeout, write=False)

    def write(self, method: str, parameters: Parameters) -> Any:
        """The result of exactly one request that changes something. Raises Refusal."""
        return self._ask(method, parameters, self._timeout, write=True)

    def poll(self, parameters: Parameters, *, waits: bool = True) -> Any:
        """A long poll, or a short one. Connections that hang for long are made anew: a dead one looks quiet."""
        patience = self._poll_timeout + self._timeout
        if time.monotonic() - self._answered > HUNG_POLLS * patience:
            self._renew()
        seconds = int(self._poll_timeout) if waits else 0
        result = self._ask("getUpdates", {**parameters, "timeout": seconds}, patience, write=False)
        self._answered = time.monotonic()
        return result

    def close(self) -> None:
        """Ends a running long poll at once; may be called twice."""
        self._runner.close(self._shutdown)

    async def _shutdown(self) -> None:
        await self._polls.shutdown()
        await self._calls.shutdown()

    def _renew(self) -> None:
        async def renew() -> None:
            await self._polls.shutdown()
            await self._polls.initialize()

        try:
            self._runner.run(renew, self._timeout)
        except (TimeoutError, Closed):
            return
        self._answered = time.monotonic()

    def _ask(self, method: str, parameters: Parameters, patience: float, *, write: bool) -> Any:
        # Raised outside of the except block: the library's error knows the token by its request.
        refusal = self._try(method, parameters, patience, write=write)
        if isinstance(refusal, Refusal):
            raise refusal
        return refusal

    def _try(self, method: str, parameters: Parameters, patience: float, *, write: bool) -> Any:
        try:
            return self._runner.run(
                lambda: self._bot.call(method, parameters, patience), patience, write=write
            )
        except Closed as closed:
            kind = Uncertain if write and closed.begun else Unavailable
            return kind("the connection to Telegram was closed")
        except (TelegramError, TimeoutError, *ODD_ANSWER) as error:
            return refusal_of(error, write=write, token=self._token)


def _quiet() -> None:
    for name in TALKATIVE:
        if logging.getLogger(name).getEffectiveLevel() < logging.WARNING:
            logging.getLogger(name).setLevel(logging.WARNING)


def _way(base_url: str, timeout: float, account: str) -> tuple[Runner, BaseRequest, BaseRequest]:
    """Who runs the calls, and the requests of polls and of the rest."""
    connect = min(5.0, timeout / 2)
    if not _has_proxy(base_url):
        calls = Calls()
        plain = [_Request(calls, read_timeout=timeout, connect_timeout=connect) for _ in range(2)]
        return calls, plain[0], plain[1]
    polls, others = (_proxied(timeout, connect) for _ in range(2))
    return LoopThread(f"telegram-{account}"), polls, others


def _proxied(timeout: float, connect: float) -> BaseRequest:
    return _ProxiedRequest(
        connection_pool_size=8,
        read_timeout=timeout,
        write_timeout=timeout,
        connect_timeout=connect,
        pool_timeout=connect,
    )


def _has_proxy(base_url: str) -> bool:
    address = urlsplit(base_url)
    host = address.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):  # no proxy stands between us and a server of our own
        return False
    return not getproxies().keys().isdisjoint({address.scheme, "all"})


def _bot(token: str, base_url: str, polls: BaseRequest, calls: BaseRequest) -> _Bot:
    return _Bot(
        token,
        base_url=f"{base_url}/bot",
        base_file_url=f"{base_url}/file/bot",
        request=calls,
        get_updates_request=polls,
    )
