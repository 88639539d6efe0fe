"""Modmail's JSON to messages. It never asks Reddit anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connectors._reddit_read import (
    MOST_TEXT,
    Json,
    Unreadable,
    author_kind,
    base36,
    mentions_in,
    needed,
)
from monitor.core.messages import Author, AuthorKind, Message, Platform


def letter_of(kept: Json, key: str, letter: object, *, now: datetime) -> Message:
    """One message of a conversation. Raises Unreadable.

    Notes among moderators are kept in a place of their own: nobody outside sees them, so they are
    no answer to anybody.
    """
    if not isinstance(letter, Mapping):
        raise Unreadable("the message did not come with its conversation")
    sub, conversation = _owner(kept), needed(kept, "id")
    internal = letter.get("isInternal") is True
    body = needed(letter, "bodyMarkdown", empty=True)
    text = f"{kept.get('subject') or ''}\n\n{body}".strip() if is_first(kept, key) else body
    author, moderator = _author(letter.get("author"))
    return Message(
        platform=Platform.REDDIT,
        place=f"{'modmail-notes' if internal else 'modmail'}:r/{sub.lower()}",
        native_id=key,
        author=author,
        text=text[:MOST_TEXT],
        sent_at=date_of(letter.get("date"), "date", now),
        thread=conversation,
        link=f"https://www.reddit.com/mail/all/{conversation}",
        place_name=f"modmail of r/{sub}",
        addressed=not internal and not moderator,
        mentions=mentions_in(text),
        truncated=len(text) > MOST_TEXT,
        place_kind="modmail_note" if internal else "modmail",
    )


def is_first(kept: Json, key: str) -> bool:
    """Did this message open the conversation? Then the subject belongs to it.

    The list gives only the last message of each conversation, so there the count decides.
    """
    keys = message_keys(kept)
    whole = kept.get("numMessages") == len(keys)
    return whole and bool(keys) and keys[0] == key


def message_keys(kept: Json) -> list[str]:
    """The ids of the messages that came with a conversation."""
    named = kept.get("objIds")
    there = named if isinstance(named, list) else []
    pairs = [one for one in there if isinstance(one, Mapping)]
    return [str(one.get("id")) for one in pairs if one.get("key") == "messages"]


def is_whole(kept: Json) -> bool:
    """Did every message of the conversation come with it?"""
    return kept.get("numMessages") == len(message_keys(kept))


def date_of(value: object, field: str, now: datetime) -> datetime:
    """Modmail's ISO dates. Raises Unreadable."""
    try:
        given = datetime.fromisoformat(str(value))
        at = given.astimezone(UTC)
    except (OverflowError, ValueError):
        raise Unreadable(f"{field} is {str(value)[:40]!r}, not a time") from None
    if given.tzinfo is None:
        raise Unreadable(f"{field} is {str(value)[:40]!r}, without a zone")
    if at > now + timedelta(days=1):
        raise Unreadable(f"{field} is {at.isoformat()}, in the future")
    return at


def _owner(kept: Json) -> str:
    owner = kept.get("owner")
    return needed(owner if isinstance(owner, Mapping) else {}, "displayName")


def _author(shown: object) -> tuple[Author, bool]:
    if not isinstance(shown, Mapping) or shown.get("isDeleted") is True:
        return Author("", "[deleted]", kind=AuthorKind.UNKNOWN), False
    name = str(shown.get("name") or "")
    number = shown.get("id")
    native = f"t2_{base36(number)}" if isinstance(number, int) and number > 0 else ""
    distinguished = "admin" if shown.get("isAdmin") is True else None
    author = Author(native, name, name, author_kind(name, distinguished))
    return author, shown.get("isMod") is True
