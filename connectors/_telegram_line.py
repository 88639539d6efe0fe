"""One HTTP/1.1 connection that blocks: one request after the other, each with a deadline in all. It never retries."""

from __future__ import annotations

import contextlib
import queue
import selectors
import socket
import ssl
import threading
import time
from typing import NamedTuple

import h11

from connectors._telegram_calls import Call

_CHUNK = 262_144
# Of sockets with any number, where the system can do that.
_Watch: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Where(NamedTuple):
    """A server."""

    scheme: str
    host: str
    port: int


class Line:
    """Used by one thread at a time; `break_off` may come from any."""

    def __init__(self, where: Where, connected: socket.socket) -> None:
        self.where = where
        self.used_at = time.monotonic()
        self._socket = connected
        self._http = h11.Connection(h11.CLIENT)

    @property
    def is_ready(self) -> bool:
        """Open, nothing of an earlier request left, and nothing said by the server that nobody has asked for."""
        states = (self._http.our_state, self._http.their_state)
        if states != (h11.IDLE, h11.IDLE) or self._http.trailing_data[0]:
            return False
        with _Watch() as watch:
            try:
                watch.register(self._socket, selectors.EVENT_READ)
                return not watch.select(0)
            except (OSError, ValueError):  # closed
                return False

    def ask(
        self, method: str, target: str, host: str, body: bytes, kind: str, until: float
    ) -> tuple[int, bytes]:
        """Status and body. Raises OSError (TimeoutError when it is `until`, of time.monotonic()) or
        h11.ProtocolError; the line is ready again only when it ended well."""
        head = [("Host", host), ("Content-Type", kind), ("Content-Length", str(len(body)))]
        request = self._http.send(h11.Request(method=method, target=target, headers=head)) or b""
        sent = self._http.send(h11.Data(data=body)) or b""
        self._http.send(h11.EndOfMessage())
        self._socket.settimeout(_left(until))
        self._socket.sendall(request + sent)
        answer = self._answer(until)
        self.used_at = time.monotonic()
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return answer

    def _answer(self, until: float) -> tuple[int, bytes]:
        status, parts = 0, list[bytes]()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._socket.settimeout(_left(until))
                self._http.receive_data(self._socket.recv(_CHUNK))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                parts.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return status, b"".join(parts)
            elif not isinstance(event, h11.InformationalResponse):
                raise ConnectionResetError("closed before the answer was complete")

    def break_off(self) -> None:
        """Whoever waits for an answer is told that there is none. (Not by closing: that would not wake them.)"""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """May be called twice."""
        self._socket.close()


def connect(where: Where, trust: ssl.SSLContext | None, patience: float, call: Call) -> Line:
    """A new line, encrypted if there is a `trust`. Raises OSError, ValueError for a host that is no name, TimeoutError.

    A thread of its own does it: nothing else ends the wait for a name server.
    """
    coming = _Coming()
    args = (where, trust, patience, coming)
    call.ends_by(coming.give_up)
    threading.Thread(target=_connect, args=args, name="telegram-connect", daemon=True).start()
    return Line(where, coming.wait(patience))


class _Coming:
    """A connection that is being made, and that nobody may want any more when it is there."""

    def __init__(self) -> None:
        self._found: queue.SimpleQueue[socket.socket | Exception] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_wanted = True

    def put(self, found: socket.socket | Exception) -> None:
        """It is there, or cannot be had."""
        with self._lock:
            if self._is_wanted:
                self._found.put(found)
            elif isinstance(found, socket.socket):
                found.close()

    def wait(self, patience: float) -> socket.socket:
        """Raises what went wrong."""
        try:
            found = self._found.get(timeout=patience)
        except queue.Empty:
            found = self._missed()
        if isinstance(found, Exception):
            raise found
        return found

    def _missed(self) -> socket.socket | Exception:
        with self._lock:
            self._is_wanted = False
            return TimeoutError() if self._found.empty() else self._found.get()

    def give_up(self) -> None:
        """Whoever waits need not."""
        self.put(ConnectionAbortedError("closed"))
        with self._lock:
            self._is_wanted = False


def _connect(where: Where, trust: ssl.SSLContext | None, patience: float, coming: _Coming) -> None:
    try:
        coming.put(_connected(where, trust, patience))
    except Exception as error:  # noqa: BLE001 - raised where it is waited for
        coming.put(error)


def _connected(where: Where, trust: ssl.SSLContext | None, patience: float) -> socket.socket:
    plain = socket.create_connection((where.host, where.port), patience)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if trust is None:
        return plain
    try:
        return trust.wrap_socket(plain, server_hostname=where.host)
    except BaseException:
        plain.close()
        raise


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
