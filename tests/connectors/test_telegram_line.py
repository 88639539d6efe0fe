"""One connection to the Bot API that blocks: encrypted where it must be, given up at the deadline or when we close."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import h11
import pytest

from connectors._telegram_calls import Call, Calls, Closed
from connectors._telegram_line import Line, Where, connect
from monitor.sandbox.certificate import make_certificate, server_context

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """A server that speaks with each guest as it is told; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, talk), daemon=True).start()
        yield server.getsockname()[1]


def _serve(server: socket.socket, talk: Talk) -> None:
    with contextlib.suppress(OSError):
        while True:
            guest, _ = server.accept()
            threading.Thread(target=_receive, args=(guest, talk), daemon=True).start()


def _receive(guest: socket.socket, talk: Talk) -> None:
    with guest, contextlib.suppress(OSError):
        talk(guest)


def a_call(seconds: float = 5.0) -> Call:
    return Call(write=False, until=time.monotonic() + seconds)


def line_to(port: int, trust: ssl.SSLContext | None = None) -> Line:
    scheme = "http" if trust is None else "https"
    return connect(Where(scheme, "127.0.0.1", port), trust, 5.0, a_call())


def ask(line: Line, seconds: float = 5.0) -> tuple[int, bytes]:
    return line.ask("POST", "/x", "here", b"a=1", "text/plain", time.monotonic() + seconds)


def answers(guest: socket.socket) -> None:
    while guest.recv(65_536):
        guest.sendall(ANSWER)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass in 5 s"
        time.sleep(0.005)


def test_a_line_is_used_for_one_request_after_the_other() -> None:
    with listening(answers) as port, contextlib.closing(line_to(port)) as line:
        assert [ask(line), ask(line)] == [(200, b"ok"), (200, b"ok")]
        assert line.is_ready


def test_a_line_is_encrypted_and_the_server_must_be_trusted(tmp_path: Path) -> None:
    certificate, key = make_certificate(datetime.now(UTC))
    context = server_context(certificate, key)
    trusting = ssl.create_default_context(cadata=certificate)

    def talk(guest: socket.socket) -> None:
        with context.wrap_socket(guest, server_side=True) as secret:
            answers(secret)

    with listening(talk) as port:
        with contextlib.closing(line_to(port, trusting)) as line:
            assert ask(line) == (200, b"ok")
            assert ask(line) == (200, b"ok")
        with pytest.raises(ssl.SSLCertVerificationError):
            line_to(port, ssl.create_default_context())


def test_a_line_that_the_server_has_closed_is_not_used_again() -> None:
    def once(guest: socket.socket) -> None:
        guest.recv(65_536)
        guest.sendall(ANSWER)

    with listening(once) as port, contextlib.closing(line_to(port)) as line:
        assert ask(line) == (200, b"ok")
        until(lambda: not line.is_ready)


def test_what_nobody_asked_for_is_never_taken_for_an_answer() -> None:
    def twice(guest: socket.socket) -> None:
        guest.recv(65_536)
        guest.sendall(ANSWER)
        guest.sendall(ANSWER)
        guest.recv(65_536)

    with listening(twice) as port, contextlib.closing(line_to(port)) as line:
        assert ask(line) == (200, b"ok")
        until(lambda: not line.is_ready)


def test_a_line_breaks_off_at_its_deadline() -> None:
    with listening(lambda guest: guest.recv(65_536) and None) as port:  # closes, or
        line = line_to(port)
        with contextlib.closing(line), pytest.raises(h11.RemoteProtocolError):
            ask(line)
    held = threading.Event()
    with listening(lambda guest: held.wait(10) and None) as port:  # says nothing
        line = line_to(port)
        with contextlib.closing(line), pytest.raises(TimeoutError):
            ask(line, 0.05)
        assert not line.is_ready
        held.set()


def test_ending_a_call_ends_its_wait_for_a_server_that_never_shakes_hands() -> None:
    held = threading.Event()
    call, heard = a_call(60.0), list[BaseException]()
    trust = ssl.create_default_context()

    def wait(port: int) -> None:
        try:
            connect(Where("https", "127.0.0.1", port), trust, 60.0, call)
        except OSError as error:
            heard.append(error)

    with listening(lambda guest: held.wait(10) and None) as port:
        thread = threading.Thread(target=wait, args=(port,))
        thread.start()
        call.end()
        thread.join(10)
        assert not thread.is_alive()
        assert isinstance(heard[0], ConnectionAbortedError)
        held.set()


def test_connecting_is_given_up_at_its_deadline() -> None:
    held, trust = threading.Event(), ssl.create_default_context()
    with listening(lambda guest: held.wait(10) and None) as port:
        where = Where("https", "127.0.0.1", port)
        with pytest.raises(TimeoutError):
            connect(where, trust, 0.05, a_call())
        held.set()


def test_a_call_that_has_been_ended_waits_for_nothing_more() -> None:
    call = a_call()
    call.end()

    with pytest.raises(ConnectionAbortedError):
        call.ends_by(lambda: None)
    call.ends_by(None)


def test_a_closed_runner_runs_nothing() -> None:
    async def nothing() -> None:
        return None

    calls = Calls()
    calls.close(nothing)
    calls.close(nothing)

    with pytest.raises(Closed) as caught:
        calls.run(nothing, 1.0)
    assert not caught.value.begun


def test_a_call_that_would_wait_for_an_event_loop_is_refused() -> None:
    class Never:
        def __await__(self) -> Iterator[None]:
            yield

    async def waits() -> None:
        await Never()

    with pytest.raises(RuntimeError, match="event loop"):
        Calls().run(waits, 1.0)
