"""Pieces of Telegram's JSON that messages and events share: people, chats, times. Pure; reads only.

Field names are those of the Bot API (https://core.telegram.org/bots/api, version 10.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from monitor.core.messages import Author, AuthorKind

Raw = Mapping[str, Any]

ANONYMOUS_ADMIN_ID = 1087968824  # "GroupAnonymousBot"
CHANNEL_BOT_ID = 136817688  # stands in for a channel in clients that know no sender_chat
TELEGRAM_ID = 777000  # forwards the posts of a linked channel
PUBLIC = ("supergroup", "channel")
_CHATS, _PEOPLE = 1_024, 8_192  # as they were last shown: who writes has mostly written before
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


class Where(NamedTuple):
    """A chat as all its messages show it. `link`: how links to them begin; "" where people cannot open any."""

    place: str
    name: str
    kind: str
    link: str


def where_of(chat: Raw, account: str) -> Where:
    """The chat of a message."""
    name = chat.get("title") or chat.get("first_name") or ""
    return _where(account, chat["id"], chat["type"], name, chat.get("username"))


@lru_cache(maxsize=_CHATS, typed=True)  # a number that is none must not pass for one that is
def _where(account: str, chat_id: Any, kind: Any, name: Any, username: Any) -> Where:
    place = place_key(whole(chat_id), kind, account)
    path = username or f"c/{str(chat_id).removeprefix('-100')}"
    link = f"https://t.me/{path}/" if kind in PUBLIC else ""
    return Where(place, words(name), words(kind), link)


def link_to(where: Where, message_id: int, thread: str | None = None) -> str | None:
    """Where people can open the message; None in basic groups and private chats."""
    if not where.link:
        return None
    return f"{where.link}{message_id}?thread={thread}" if thread else f"{where.link}{message_id}"


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
    return _person(
        person["id"], person["first_name"], person.get("last_name"), person.get("username", ""), person.get("is_bot")
    )  # fmt: skip


@lru_cache(maxsize=_PEOPLE, typed=True)
def _person(number: Any, first: Any, last: Any, username: Any, is_bot: Any) -> Author:
    kind = AuthorKind.PERSON
    if whole(number) == TELEGRAM_ID:
        kind = AuthorKind.PLATFORM
    elif number == CHANNEL_BOT_ID:
        kind = AuthorKind.CHANNEL
    elif is_bot:
        kind = AuthorKind.BOT
    name = words(first) if last is None else f"{words(first)} {words(last)}"
    return Author(str(number), name, words(username), kind)
