"""A Bot API for measuring: prepared pages, as fast as a socket gives them. It checks nothing; the sandbox does."""

from __future__ import annotations

import json
import multiprocessing
import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bench.traffic import FIRST_UPDATE, PAGE, STARTS_AT

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ASKED = re.compile(rb"POST /bot([^/ ]+)/(\w+)")
_OFFSET = re.compile(rb"\boffset=(\d+)")
_CHAT = re.compile(rb"chat_id=(-?\d+)")
_ME = {"id": 99_000_001, "is_bot": True, "first_name": "Desk", "username": "desk_bot",
       "can_read_all_group_messages": True}  # fmt: skip
_EMPTY = b'{"ok":true,"result":[]}'


@contextmanager
def serving(pages: Mapping[str, Sequence[bytes]]) -> Iterator[str]:
    """The address of a server in a process of its own; `pages` by bot token."""
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    process = context.Process(target=_serve, args=(far, dict(pages)), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{near.recv()}"
    finally:
        process.terminate()
        process.join(10)


def _serve(pipe: Any, pages: Mapping[str, Sequence[bytes]]) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    pipe.send(listening.getsockname()[1])
    while True:
        peer, _ = listening.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_talk, args=(peer, pages), daemon=True).start()


def _talk(peer: socket.socket, pages: Mapping[str, Sequence[bytes]]) -> None:
    said, pending = 900_000, b""
    while True:
        while b"\r\n\r\n" not in pending:
            more = peer.recv(65_536)
            if not more:
                return
            pending += more
        head, _, body = pending.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        wanted = int(length[1]) if length else 0
        while len(body) < wanted:
            body += peer.recv(65_536)
        pending, body = body[wanted:], body[:wanted]
        said += 1
        peer.sendall(_framed(_answer(head, body, pages, said)))


def _framed(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


def _answer(head: bytes, body: bytes, pages: Mapping[str, Sequence[bytes]], said: int) -> bytes:
    asked = _ASKED.match(head)
    assert asked is not None, head
    token, method = asked[1].decode().replace("%3A", ":"), asked[2].decode().lower()
    if method == "getme":
        return json.dumps({"ok": True, "result": _ME}).encode()
    if method == "getupdates":
        offset = _OFFSET.search(body)
        page = (int(offset[1]) - FIRST_UPDATE) // PAGE if offset else 0
        return pages[token][page] if page < len(pages[token]) else _EMPTY
    chat = _CHAT.search(body)
    chat_id = int(chat[1]) if chat else 0
    result = {"message_id": said, "date": STARTS_AT, "from": _ME, "text": "",
              "chat": {"id": chat_id, "type": "supergroup", "title": "Community"}}  # fmt: skip
    return json.dumps({"ok": True, "result": result}).encode()
