"""The library's requests over plain HTTP/1.1 connections, in the thread that asks. It never retries.

A tenth as dear as over httpx. Errors are told as the library's own, with httpx's words for their causes: whoever maps
them need not know which of the two was at work.
"""

from __future__ import annotations

import ssl
import threading
import time
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import h11
import httpx
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from connectors._telegram_calls import Calls
from connectors._telegram_line import Line, Where, connect

KEPT = (
    5.0  # seconds; a server closes what was idle for longer, and that could happen just as we write
)
_METHODS = 64  # addresses: one for each method that is called
_SAFE = "/:%~!$&'()*+,;=@"


class PlainRequest(BaseRequest):
    """What `telegram.Bot` asks through. Its coroutines never wait: they run to their end in `calls`. No proxies."""

    def __init__(self, calls: Calls, *, read_timeout: float, connect_timeout: float) -> None:
        self._calls = calls
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._trusted: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._idle: list[Line] = []

    @property
    def read_timeout(self) -> float | None:
        """The one that holds unless another is given."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Nothing is opened before it is needed."""

    async def shutdown(self) -> None:
        """Close what is idle. It can be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of one request. `read_timeout` holds from the first byte sent to the last one read."""
        where, host, target = _address(url)
        body, kind = _body(url, request_data)
        patience = self._read_timeout if isinstance(read_timeout, DefaultValue) else read_timeout
        line = self._line(where)
        until = min(time.monotonic() + patience, self._calls.current.until)
        try:
            self._calls.current.ends_by(line.break_off)
            return line.ask(method, target, host, body, kind, until)
        except TimeoutError:
            raise TimedOut from httpx.ReadTimeout("no answer in time")
        except (OSError, h11.ProtocolError) as error:
            raise NetworkError("the connection broke") from httpx.ReadError(str(error))
        finally:
            self._calls.current.ends_by(None)
            self._put_back(line)

    def _put_back(self, line: Line) -> None:
        if line.is_ready:
            with self._lock:
                self._idle.append(line)
        else:
            line.close()

    def _line(self, where: Where) -> Line:
        while (line := self._last_used()) is not None:
            is_fresh = time.monotonic() - line.used_at < KEPT
            if line.where == where and is_fresh and line.is_ready:
                return line
            line.close()
        return self._connect(where)

    def _last_used(self) -> Line | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _connect(self, where: Where) -> Line:
        call = self._calls.current
        patience = min(self._connect_timeout, call.until - time.monotonic())
        try:
            trust = self._trust() if where.scheme == "https" else None
            return connect(where, trust, max(patience, 0.0), call)
        except TimeoutError:
            raise TimedOut from httpx.ConnectTimeout("no connection in time")
        except (
            OSError,
            ValueError,
        ) as error:  # ssl's errors are of them, and a host that is no name
            raise NetworkError("no connection") from httpx.ConnectError(str(error))

    def _trust(self) -> ssl.SSLContext:
        if self._trusted is None:
            self._trusted = httpx.create_ssl_context()
        return self._trusted


@lru_cache(maxsize=_METHODS)
def _address(url: str) -> tuple[Where, str, str]:
    """Where it is, what the server is called, and what is asked of it."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = quote(parts.path, safe=_SAFE)
    return Where(parts.scheme, parts.hostname or "", port), parts.netloc, target


def _body(url: str, asked: RequestData | None) -> tuple[bytes, str]:
    """The parameters as a form and its content type; with a file, as a form in parts."""
    parameters = asked.json_parameters if asked else {}
    files = asked.multipart_data if asked else None
    if not files:
        return urlencode(parameters).encode(), "application/x-www-form-urlencoded"
    made = httpx.Request("POST", url, data=parameters, files=files)
    return made.read(), made.headers["content-type"]
