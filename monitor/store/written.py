"""What somebody wrote as a row of its table, and back. It reads no table itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from monitor.core.messages import Author, AuthorKind, Message, Platform, Role
from monitor.store.tables import messages

_NAMES = (
    *("platform", "place", "native_id", "author_id", "author_name", "author_handle", "author_kind", "text", "sent_at"),
    *("thread", "reply_to", "language_hint", "link", "addressed", "summoned", "mentions", "role", "edited_at"),
    *("place_kind", "reply_to_author"),
)  # fmt: skip
COLUMNS = tuple(messages.c[name] for name in _NAMES)  # what `message_at` takes
_of = attrgetter(*_NAMES)
_PLATFORMS = {p.value: p for p in Platform}
_KINDS = {k.value: k for k in AuthorKind}
_ROLES = {r.value: r for r in Role}


def message_of(row: Any) -> Message:
    """A row of `messages` as the frozen thing."""
    return message_at(_of(row))


def message_at(values: Sequence[Any]) -> Message:
    """The same from the values of COLUMNS alone."""
    (platform, place, native_id, author_id, author_name, author_handle, author_kind, text, sent_at,
     thread, reply_to, language_hint, link, addressed, summoned, mentions, role, edited_at,
     place_kind, reply_to_author) = values  # fmt: skip
    return Message(
        platform=_PLATFORMS[platform],
        place=place,
        native_id=native_id,
        author=Author(author_id, author_name, author_handle, _KINDS[author_kind]),
        text=text,
        sent_at=sent_at,
        thread=thread,
        reply_to=reply_to,
        reply_to_author=reply_to_author,
        language_hint=language_hint,
        link=link,
        addressed=addressed,
        summoned=summoned,
        mentions=tuple(mentions or ()),
        role=_ROLES[role] if role else None,
        edited_at=edited_at,
        place_kind=place_kind,
    )


def was_rewritten(edited_at: datetime | None, seen_at: datetime) -> bool:
    """Edited after we had seen it. What was edited before says now what it said when we saw it."""
    return edited_at is not None and edited_at > seen_at


def clean(text: str) -> str:
    """What both databases can store: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
