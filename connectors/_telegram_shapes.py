"""Pieces of Telegram's JSON that messages and events share: people, chats, times. Pure; reads only.

Field names are those of the Bot API (https://core.telegram.org/bots/api, version 10.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from monitor.core.messages import Author, AuthorKind

Raw = Mapping[str, Any]

ANONYMOUS_ADMIN_ID = 1087968824  # "GroupAnonymousBot"
CHANNEL_BOT_ID = 136817688  # stands in for a channel in clients that know no sender_chat
TELEGRAM_ID = 777000  # forwards the posts of a linked channel
PUBLIC = ("supergroup", "channel")
# What a malformed update may raise while it is read; the rest is our own mistake and should fly.
UNREADABLE = (
    *(KeyError, TypeError, ValueError, AttributeError, IndexError),
    *(OverflowError, OSError, RecursionError),
)


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Who we are at Telegram, and the account's name in our configuration."""

    account: str
    id: int
    username: str
    reads_groups: bool = True


def clean(text: str) -> str:
    """Without NUL and lone surrogates, which no database takes."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def whole(value: Any) -> int:
    """A whole number, or TypeError: true and "5" are none."""
    if type(value) is not int:
        raise TypeError(f"expected a whole number, found {value!r:.40}")
    return value


def words(value: Any) -> str:
    """A clean text, or TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {value!r:.40}")
    return clean(value)


def moment(seconds: Any) -> datetime:
    """Unix seconds as aware UTC."""
    return datetime.fromtimestamp(whole(seconds), UTC)


def place_key(chat_id: int, kind: str, account: str) -> str:
    """The key of a place. Ids of basic groups and private chats mean something to one bot only."""
    return str(chat_id) if kind in PUBLIC else f"{account}:{chat_id}"


def link_to(chat: Raw, message_id: int, thread: str | None = None) -> str | None:
    """Where people can open the message; None in basic groups and private chats."""
    if chat["type"] not in PUBLIC:
        return None
    name = chat.get("username") or f"c/{str(chat['id']).removeprefix('-100')}"
    return f"https://t.me/{name}/{message_id}" + (f"?thread={thread}" if thread else "")


def author_of(raw: Raw, us: Ourselves) -> Author:
    """Who wrote, as Telegram shows it: a chat that speaks for somebody hides the person."""
    chat, speaker, person = raw["chat"], raw.get("sender_chat"), raw.get("from")
    if speaker is not None:
        return _chat_as_author(raw, chat, speaker)
    if person is None:
        return Author("", kind=AuthorKind.UNKNOWN)
    if person["id"] == ANONYMOUS_ADMIN_ID:
        name = words(chat.get("title", ""))
        return Author(str(whole(chat["id"])), name, kind=AuthorKind.ANONYMOUS_ADMIN)
    return person_as_author(person)


def _chat_as_author(raw: Raw, chat: Raw, speaker: Raw) -> Author:
    if raw.get("is_automatic_forward"):
        kind = AuthorKind.PLATFORM
    elif speaker["id"] == chat["id"] and chat["type"] != "channel":
        kind = AuthorKind.ANONYMOUS_ADMIN
    else:
        kind = AuthorKind.CHANNEL
    name = words(speaker.get("title") or speaker.get("first_name") or "")
    return Author(str(whole(speaker["id"])), name, words(speaker.get("username", "")), kind)


def person_as_author(person: Raw) -> Author:
    """A User of the Bot API."""
    number = whole(person["id"])
    name = person["first_name"]
    if "last_name" in person:
        name = f"{name} {person['last_name']}"
    kind = AuthorKind.PERSON
    if number == TELEGRAM_ID:
        kind = AuthorKind.PLATFORM
    elif number == CHANNEL_BOT_ID:
        kind = AuthorKind.CHANNEL
    elif person.get("is_bot"):
        kind = AuthorKind.BOT
    return Author(str(number), words(name), words(person.get("username", "")), kind)
