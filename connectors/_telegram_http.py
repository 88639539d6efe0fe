"""The library's requests over one plain HTTP/1.1 connection at a time, a fifth as dear as over httpx. It never retries.

Errors are told as the library's own, with httpx's words for their causes: whoever maps them need not know
which of the two was at work.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import h11
import httpx
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

KEPT = (
    5.0  # seconds; a server closes what was idle for longer, and that could happen just as we write
)
_METHODS = 64  # addresses: one for each method that is called
_SAFE = "/:%~!$&'()*+,;=@"
_Where = tuple[str, str, int]  # scheme, host, port


class PlainRequest(BaseRequest):
    """What `telegram.Bot` asks through. For one event loop; no proxies."""

    def __init__(self, *, read_timeout: float, connect_timeout: float) -> None:
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._trusted: ssl.SSLContext | None = None
        self._idle: list[_Line] = []
        self._busy: set[_Line] = set()

    @property
    def read_timeout(self) -> float | None:
        """The one that holds unless another is given."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Nothing is opened before it is needed."""

    async def shutdown(self) -> None:
        """Close everything. It can be used again."""
        for line in (*self._idle, *self._busy):
            line.close()
        self._idle.clear()

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
        line = await self._line(where)
        patience = self._read_timeout if isinstance(read_timeout, DefaultValue) else read_timeout
        self._busy.add(line)
        try:
            async with asyncio.timeout(patience):
                answer = await line.ask(method, target, host, body, kind)
        except TimeoutError:
            raise TimedOut from httpx.ReadTimeout("no answer in time")
        except (OSError, h11.ProtocolError) as error:
            raise NetworkError("the connection broke") from httpx.ReadError(str(error))
        finally:
            self._busy.discard(line)
            self._put_back(line)
        return answer

    def _put_back(self, line: _Line) -> None:
        if line.is_ready:
            self._idle.append(line)
        else:
            line.close()

    async def _line(self, where: _Where) -> _Line:
        now = time.monotonic()
        while self._idle:
            line = self._idle.pop()
            if line.is_ready and line.where == where and now - line.used_at < KEPT:
                return line
            line.close()
        return await self._connect(where)

    async def _connect(self, where: _Where) -> _Line:
        scheme, host, port = where
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, line = await asyncio.get_running_loop().create_connection(
                    lambda: _Line(where),
                    host,
                    port,
                    ssl=self._trust() if scheme == "https" else None,
                )
        except TimeoutError:
            raise TimedOut from httpx.ConnectTimeout("no connection in time")
        except (
            OSError,
            ValueError,
        ) as error:  # ssl's errors are of them, and a host that is no name
            raise NetworkError("no connection") from httpx.ConnectError(str(error))
        return line

    def _trust(self) -> ssl.SSLContext:
        if self._trusted is None:
            self._trusted = httpx.create_ssl_context()
        return self._trusted


@lru_cache(maxsize=_METHODS)
def _address(url: str) -> tuple[_Where, str, str]:
    """Where it is, what the server is called, and what is asked of it."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = quote(parts.path, safe=_SAFE)
    return (parts.scheme, parts.hostname or "", port), parts.netloc, target


def _body(url: str, asked: RequestData | None) -> tuple[bytes, str]:
    """The parameters as a form and its content type; with a file, as a form in parts."""
    parameters = asked.json_parameters if asked else {}
    files = asked.multipart_data if asked else None
    if not files:
        return urlencode(parameters).encode(), "application/x-www-form-urlencoded"
    made = httpx.Request("POST", url, data=parameters, files=files)
    return made.read(), made.headers["content-type"]


class _Line(asyncio.Protocol):
    """One connection, one request after the other."""

    def __init__(self, where: _Where) -> None:
        self.where = where
        self.used_at = time.monotonic()
        self._http = h11.Connection(h11.CLIENT)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._status = 0
        self._parts: list[bytes] = []

    @property
    def is_ready(self) -> bool:
        """Open, and nothing of an earlier request left."""
        is_open = self._transport is not None and not self._transport.is_closing()
        states = (self._http.our_state, self._http.their_state)
        return is_open and self._answer is None and states == (h11.IDLE, h11.IDLE)

    async def ask(
        self, method: str, target: str, host: str, body: bytes, kind: str
    ) -> tuple[int, bytes]:
        """Raises OSError or h11.ProtocolError; the line is ready again only when it ended well."""
        head = [
            ("Host", host),
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
        ]
        request = self._http.send(h11.Request(method=method, target=target, headers=head)) or b""
        sent = self._http.send(h11.Data(data=body)) or b""
        self._http.send(h11.EndOfMessage())
        self._answer = asyncio.get_running_loop().create_future()
        self._status, self._parts = 0, []
        assert self._transport is not None  # noqa: S101 - a line is given out once it is connected
        self._transport.write(request + sent)
        answer = await self._answer
        self._answer, self.used_at = None, time.monotonic()
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return answer

    def close(self) -> None:
        """May be called twice. Whoever waits for an answer is told that there is none."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()  # nobody has asked: it could be taken for the next answer
            return
        self._http.receive_data(data)
        self._read()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._http.trailing_data[1]:
            self._http.receive_data(b"")
        self._read()
        self._fail(error or ConnectionResetError("closed before the answer was complete"))

    def _read(self) -> None:
        try:
            while True:
                event = self._http.next_event()
                if isinstance(event, h11.Response):
                    self._status = event.status_code
                elif isinstance(event, h11.Data):
                    self._parts.append(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage):
                    self._succeed()
                elif not isinstance(event, h11.InformationalResponse):
                    return
        except h11.ProtocolError as error:
            self._fail(error)
            self.close()

    def _succeed(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._status, b"".join(self._parts)))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
