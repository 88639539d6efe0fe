"""Reddit's JSON to messages. It never asks Reddit anything and never guesses a date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.messages import Author, AuthorKind, Event, EventKind, Message, Platform

SITE = "https://www.reddit.com"
GONE = ("[deleted]", "[removed]", "[ Removed by Reddit ]")
MOST_TEXT = 50_000  # Reddit allows 40,000 and a title
AUTHORITIES = ("automoderator", "reddit")
# ASCII: "请看u/name" is a mention too, Chinese and Japanese put no space before it.
_MENTION = re.compile(r"(?<![\w/])/?u/([\w-]{3,20})(?![\w-])", re.ASCII)
_DISCUSSION = re.compile(r"/comments/([0-9a-z]+)")
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

Json = Mapping[str, Any]


class Unreadable(Exception):
    """A thing that lacks what every thing has; the words say what."""


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are, for judging what speaks to us."""

    account: str
    name: str

    def is_us(self, name: object) -> bool:
        """Is that our name? Reddit's names don't care about case."""
        return isinstance(name, str) and bool(self.name) and name.lower() == self.name.lower()


def message_of(thing: Json, us: Us, *, now: datetime) -> Message:
    """A comment, submission or private message as a message. Raises Unreadable."""
    shown = thing.get("data")
    if not isinstance(shown, Mapping):
        raise Unreadable("it has no fields")
    make = {"t1": _comment, "t3": _submission, "t4": _private}.get(str(thing.get("kind")))
    if make is None:
        raise Unreadable(f"its kind is {thing.get('kind')!r}")
    return make(shown, us, instant(shown.get("created_utc"), "created_utc", now))


def deletion_of(thing: Json, message: Message) -> Event | None:
    """The event that a thing is gone. Reddit doesn't say when: it is dated like the message."""
    if not is_gone(thing.get("data") or {}):
        return None
    return Event(
        EventKind.DELETED, message.platform, message.place, message.native_id, message.sent_at
    )


def is_gone(shown: Json) -> bool:
    """Was it deleted by its author, removed, or its author's account closed?"""
    texts = (shown.get("body"), shown.get("selftext"))
    lost = any(isinstance(text, str) and text.strip() in GONE for text in texts)
    nobody = shown.get("author") in (None, "[deleted]") and not shown.get("subject")
    return lost or nobody or bool(shown.get("removed_by_category"))


def instant(value: object, field: str, now: datetime) -> datetime:
    """Reddit's seconds since 1970 as a time. Raises Unreadable for any other thing."""
    at = moment(value)
    if at is None:
        raise Unreadable(f"{field} is {str(value)[:40]!r}, not a time")
    # A date in the future would lift the mark of the walk above everything that comes.
    if at > now + timedelta(days=1):
        raise Unreadable(f"{field} is {at.isoformat()}, in the future")
    return at


def _comment(shown: Json, us: Us, at: datetime) -> Message:
    name = fullname(shown, "t1_")
    sub = needed(shown, "subreddit")
    text, cut = _cut(needed(shown, "body", empty=True))
    thread = _thread(shown)
    return Message(
        platform=Platform.REDDIT,
        place=f"r/{sub.lower()}",
        native_id=name,
        author=author_of(shown),
        text=text,
        sent_at=at,
        thread=thread,
        reply_to=_text_or_none(shown.get("parent_id")),
        link=_comment_link(shown, sub, name, thread),
        place_name=f"r/{sub}",
        addressed=_addressed(shown, text, us),
        mentions=mentions_in(text),
        edited_at=moment(shown.get("edited")),
        truncated=cut,
        place_kind="subreddit",
    )


def _submission(shown: Json, us: Us, at: datetime) -> Message:
    name = fullname(shown, "t3_")
    sub = needed(shown, "subreddit")
    body = _text_or_none(shown.get("selftext")) or ""
    text, cut = _cut(f"{needed(shown, 'title', empty=True)}\n\n{body}".strip())
    path = _text_or_none(shown.get("permalink")) or f"/r/{sub}/comments/{name[3:]}/"
    return Message(
        platform=Platform.REDDIT,
        place=f"r/{sub.lower()}",
        native_id=name,
        author=author_of(shown),
        text=text,
        sent_at=at,
        thread=name,
        link=SITE + path,
        place_name=f"r/{sub}",
        addressed=_names_us(text, us),
        mentions=mentions_in(text),
        edited_at=moment(shown.get("edited")),
        truncated=cut,
        place_kind="subreddit",
    )


def _private(shown: Json, us: Us, at: datetime) -> Message:
    name = fullname(shown, "t4_")
    subject = _text_or_none(shown.get("subject")) or ""
    answer = _text_or_none(shown.get("parent_id"))
    body = needed(shown, "body", empty=True)
    # The subject of an answer only repeats that of the first message.
    text, cut = _cut(body if answer else f"{subject}\n\n{body}".strip())
    return Message(
        platform=Platform.REDDIT,
        place=f"inbox:{us.account}",
        native_id=name,
        author=author_of(shown),
        text=text,
        sent_at=at,
        thread=_text_or_none(shown.get("first_message_name")) or name,
        reply_to=answer,
        link=f"{SITE}/message/messages/{name[3:]}",
        place_name="private messages",
        addressed=not us.is_us(shown.get("author")),
        mentions=mentions_in(text),
        truncated=cut,
        place_kind="inbox",
    )


def author_of(shown: Json) -> Author:
    """Who wrote a thing."""
    name = shown.get("author")
    sub = shown.get("subreddit")
    if name is None and shown.get("subject") and isinstance(sub, str):
        return Author("", f"r/{sub}", kind=AuthorKind.CHANNEL)  # moderators writing as one
    if not isinstance(name, str) or name == "[deleted]":
        return Author("", "[deleted]", kind=AuthorKind.UNKNOWN)
    account = shown.get("author_fullname")
    native = account if isinstance(account, str) else ""
    return Author(native, name, name, author_kind(name, shown.get("distinguished")))


def author_kind(name: str, distinguished: object = None) -> AuthorKind:
    """What Reddit says a name is."""
    if name.lower() in AUTHORITIES or distinguished == "admin":
        return AuthorKind.PLATFORM
    # The account that every subreddit has, through which its moderators give reasons.
    return AuthorKind.CHANNEL if name.endswith("-ModTeam") else AuthorKind.PERSON


def mentions_in(text: str) -> tuple[str, ...]:
    """The names that a text speaks to, without u/, each once."""
    return tuple(dict.fromkeys(_MENTION.findall(text)))


def _names_us(text: str, us: Us) -> bool:
    return any(us.is_us(name) for name in mentions_in(text))


def _addressed(shown: Json, text: str, us: Us) -> bool:
    if us.is_us(shown.get("author")):
        return False
    # `type` is only there in the inbox: a mention of us or an answer to us.
    to_us = isinstance(shown.get("type"), str) and bool(shown.get("was_comment"))
    below = shown.get("parent_id") == shown.get("link_id") and us.is_us(shown.get("link_author"))
    return to_us or below or _names_us(text, us)


def _thread(shown: Json) -> str | None:
    link = _text_or_none(shown.get("link_id"))
    if link is not None:
        return link
    for key in ("context", "permalink"):
        match = _DISCUSSION.search(str(shown.get(key) or ""))
        if match is not None:
            return f"t3_{match[1]}"
    parent = str(shown.get("parent_id") or "")
    return parent if parent.startswith("t3_") else None


def _comment_link(shown: Json, sub: str, name: str, thread: str | None) -> str | None:
    path = _text_or_none(shown.get("permalink")) or _text_or_none(shown.get("context"))
    if path is None and thread is not None:
        path = f"/r/{sub}/comments/{thread[3:]}/_/{name[3:]}/"
    # The inbox's `context` is the permalink with a query.
    return SITE + path.partition("?")[0] if path else None


def fullname(shown: Json, kind: str) -> str:
    """Its id with the kind in front. Raises Unreadable."""
    name = shown.get("name")
    if isinstance(name, str) and name.startswith(kind) and len(name) > len(kind):
        return name
    short = shown.get("id")
    if isinstance(short, str) and short:
        return kind + short
    raise Unreadable(f"name is {str(name)[:40]!r}, not a {kind} id")


def needed(shown: Json, field: str, *, empty: bool = False) -> str:
    """A text that must be there. Raises Unreadable."""
    value = shown.get(field)
    if not isinstance(value, str) or not (value or empty):
        raise Unreadable(f"{field} is {str(value)[:40]!r}, not a text")
    return value


def moment(value: object) -> datetime | None:
    """Seconds since 1970 as a time, None for any other thing: `edited` is False or a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _cut(text: str) -> tuple[str, bool]:
    return text[:MOST_TEXT], len(text) > MOST_TEXT


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def base36(number: int) -> str:
    """A number as Reddit writes ids: modmail gives account ids as plain numbers."""
    digits = ""
    while number > 0:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"
