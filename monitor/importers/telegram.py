"""Telegram Desktop's result.json, of one chat or of a whole account, streamed. It stores nothing.

From an account only groups and channels are taken: private talks of whoever exported it are nobody
else's business. A private chat exported by itself was meant, and is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import ijson
from ijson.common import ObjectBuilder

from monitor.core.messages import Author, AuthorKind, Message, Platform
from monitor.importers.fields import (
    LONGEST_NAME,
    Record,
    Unreadable,
    clean,
    moment,
    optional,
    set_aside,
    word,
)
from monitor.ports import Quarantined

_BROKEN_ESCAPE = re.compile(rb"\\\\|\\x([0-9A-Fa-f]{2})")
_UNFINISHED = re.compile(rb"\\+(x[0-9A-Fa-f]?)?$")
_CHUNK = 1 << 16
_BITE = 1 << 12  # for whatever is nested in it, all names that lead there are kept in memory
_GIANT = 1 << 20
_SHAPE = re.compile(rb'["\[{]')
_DEEPEST = 2_000  # signs of such names; an export needs a hundred
_KINDS = {
    "public_supergroup": "supergroup",
    "private_supergroup": "supergroup",
    "public_channel": "channel",
    "private_channel": "channel",
    "private_group": "group",
    "personal_chat": "private",
    "bot_chat": "private",
}
_SHARED = ("supergroup", "channel", "group")
_NOTICES = "777000"  # Telegram's own account


class Repaired:
    """The file with the exporter's invalid escapes (backslash, x, two digits) as valid JSON."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """About `size` bytes; empty only at the end."""
        if size == 0:
            return b""
        while True:
            some = self._some(size if size > 0 else _CHUNK)
            whole = self._rest + some
            cut = _UNFINISHED.search(whole) if some else None
            self._rest = whole[cut.start() :] if cut else b""
            ready = whole[: cut.start()] if cut else whole
            if ready or not some:
                return _BROKEN_ESCAPE.sub(_as_json, ready)

    def _some(self, size: int) -> bytes:
        """More of a giant text than was asked for: it is copied as often as it is asked for more of it."""
        parts = [self._file.read(size)]
        while parts[-1] and not _SHAPE.search(parts[-1]) and len(parts) * size < _GIANT:
            parts.append(self._file.read(size))
        return b"".join(parts)


def _as_json(found: re.Match[bytes]) -> bytes:
    return b"\\u00" + found[1] if found[1] else found[0]


@dataclass(slots=True)
class Chat:
    """The chat whose messages come next. `topics`: forum topics by the id that opened them."""

    name: str = ""
    type: str = ""
    id: str = ""
    topics: set[str] = field(default_factory=set)
    threads: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """As the live connector says; "" for what is not taken."""
        return _KINDS.get(self.type, "")

    def place(self, account: str) -> str:
        """The place's key as the live connector writes it."""
        match self.kind:
            case "supergroup" | "channel":
                return f"-100{self.id}"
            case "group":
                return f"{account}:-{self.id}"
            case _:
                return f"{account}:{self.id}"


def read(file: IO[bytes], account: str, now: datetime) -> Iterator[Message | Quarantined]:
    """Every message of the chats that are taken. ijson.JSONError when it is no JSON any more."""
    for chat, number, row in _records(Repaired(file)):
        try:
            found = _message(row, chat, account, now)
        except Unreadable as error:
            yield set_aside(f"{chat.id or 'chat'}: message {number}", row, str(error))
            continue
        if found is not None:
            yield found


def _records(file: Repaired) -> Iterator[tuple[Chat, int, dict[str, Any]]]:
    chat, number, builder, inside = Chat(), 0, None, ""
    for prefix, event, value in ijson.parse(file, use_float=True, buf_size=_BITE):
        if len(prefix) > _DEEPEST:
            raise ijson.JSONError("nested too deeply")
        if builder is not None:
            builder.event(event, value)
            if (prefix, event) == (inside, "end_map"):
                number += 1
                if _is_taken(chat, inside):
                    yield chat, number, builder.value
                builder = None
        elif event == "start_map" and prefix.endswith("messages.item"):
            builder, inside = ObjectBuilder(), prefix
            builder.event(event, value)
        elif event == "start_map":
            chat, number = Chat(), 0
        elif event in ("string", "number", "null"):
            _note(chat, prefix, value)


def _note(chat: Chat, prefix: str, value: Any) -> None:
    key = prefix.rpartition(".")[2]
    if prefix not in (key, f"chats.list.item.{key}", f"left_chats.list.item.{key}"):
        return
    match key:
        case "name":
            chat.name = clean(str(value or ""))
        case "type":
            chat.type = str(value)
        case "id":
            chat.id = str(value)


def _is_taken(chat: Chat, inside: str) -> bool:
    is_alone = inside == "messages.item"
    return bool(chat.id) and (chat.kind in _SHARED or (is_alone and chat.kind == "private"))


def _message(row: Record, chat: Chat, account: str, now: datetime) -> Message | None:
    native = word(row, "id")
    if row.get("type") != "message":
        if row.get("action") == "topic_created":
            chat.topics.add(native)
        return None
    if row.get("date_unixtime") is None:
        raise Unreadable("date_unixtime: missing, an old Telegram Desktop wrote this; export again")
    reply_to, thread = _answers(row, chat, native)
    edited = row.get("edited_unixtime")
    said, mentions = _text(row)
    return Message(
        platform=Platform.TELEGRAM,
        place=chat.place(account),
        native_id=native,
        author=_author(row, chat),
        text=said,
        sent_at=moment(row["date_unixtime"], "date_unixtime", now),
        thread=thread,
        reply_to=reply_to,
        link=_link(chat, native, thread),
        place_name=chat.name,
        mentions=mentions,
        edited_at=moment(edited, "edited_unixtime", now) if edited else None,
        place_kind=chat.kind,
    )


def _answers(row: Record, chat: Chat, native: str) -> tuple[str | None, str | None]:
    """The message it answers, and its forum topic: the export has topics only as replies."""
    # With a peer of its own it answers a message of another chat.
    answered = None if row.get("reply_to_peer_id") else optional(row, "reply_to_message_id")
    if answered is None:
        return None, None
    thread = answered if answered in chat.topics else chat.threads.get(answered)
    if thread is not None:
        chat.threads[native] = thread
    return (None if answered in chat.topics else answered), thread


def _text(row: Record) -> tuple[str, tuple[str, ...]]:
    parts = row.get("text_entities") or row.get("text") or []
    pieces = [parts] if isinstance(parts, str) else parts
    if not isinstance(pieces, list):
        raise Unreadable("text: neither a text nor a list")
    mentions: list[str] = []
    said = []
    for piece in pieces:
        entity = {"text": piece} if isinstance(piece, str) else piece
        if not isinstance(entity, dict) or not isinstance(entity.get("text"), str):
            raise Unreadable("text: a piece of it is not a text")
        said.append(entity["text"])
        if entity.get("type") == "mention":
            mentions.append(entity["text"].removeprefix("@"))
        elif entity.get("type") == "mention_name":
            mentions.append(str(entity.get("user_id", "")))
    return clean("".join(said)), tuple(dict.fromkeys(clean(m) for m in mentions if m))


def _author(row: Record, chat: Chat) -> Author:
    native, name = optional(row, "from_id"), optional(row, "from", most=LONGEST_NAME) or ""
    found = re.fullmatch(r"(user|channel|chat)(\d+)", native or "")
    if found is None:
        return Author("", name, kind=AuthorKind.UNKNOWN)
    kind, number = found[1], found[2]
    if kind == "user":
        is_telegram = number == _NOTICES
        return Author(number, name, kind=AuthorKind.PLATFORM if is_telegram else AuthorKind.PERSON)
    # A group that writes is an administrator who hides.
    who = AuthorKind.ANONYMOUS_ADMIN if number == chat.id else AuthorKind.CHANNEL
    return Author(f"-100{number}" if kind == "channel" else f"-{number}", name, kind=who)


def _link(chat: Chat, native: str, thread: str | None) -> str | None:
    if chat.kind not in ("supergroup", "channel"):
        return None
    return f"https://t.me/c/{chat.id}/{native}" + (f"?thread={thread}" if thread else "")
