"""Reddit dumps (RC_* comments, RS_* submissions), one JSON object a line. It stores nothing.

What was deleted or removed when the dump looked a second time comes as a deletion, not as a
message: its text must not be kept, and a copy that an earlier import brought is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from io import BufferedReader
from typing import Any

from monitor.core.messages import Author, AuthorKind, Event, EventKind, Message, Platform
from monitor.importers.fields import (
    LONGEST_LINK,
    Record,
    Unreadable,
    clean,
    moment,
    optional,
    record,
    set_aside,
    word,
)
from monitor.importers.files import lines
from monitor.ports import Quarantined

_SITE = "https://www.reddit.com"
_GONE = ("[deleted]", "[removed]", "[ Removed by Reddit ]")
_MENTION = re.compile(r"(?<![\w/])/?u/([\w-]{3,20})")
_ID = re.compile(r"(t\d_)?[0-9a-z]{1,13}")
_AUTHORITIES = ("automoderator", "reddit")


def read(content: BufferedReader, now: datetime) -> Iterator[Message | Event | Quarantined]:
    """Every line as a message, as a deletion, or set aside."""
    for number, line in lines(content):
        try:
            yield found_in(record(line), now)
        except Unreadable as error:
            yield set_aside(f"line {number}", line, str(error))


def found_in(row: Record, now: datetime) -> Message | Event:
    """One comment or submission. Raises Unreadable."""
    is_comment = "body" in row
    if not is_comment and "title" not in row:
        raise Unreadable("neither a comment (body) nor a submission (title)")
    name = _fullname(word(row, "id"), "t1_" if is_comment else "t3_")
    sub = word(row, "subreddit")
    place = f"r/{sub.lower()}"
    sent_at = moment(row.get("created_utc"), "created_utc", now)
    if _is_gone(row):
        return Event(EventKind.DELETED, Platform.REDDIT, place, name, _looked_at(row, sent_at, now))
    thread = _fullname(word(row, "link_id"), "t3_") if is_comment else name
    said = _said(row, is_comment=is_comment)
    return Message(
        platform=Platform.REDDIT,
        place=place,
        native_id=name,
        author=_author(row),
        text=said,
        sent_at=sent_at,
        thread=thread,
        reply_to=_parent(row, thread) if is_comment else None,
        link=_link(row, sub, thread, name),
        place_name=f"r/{sub}",
        mentions=tuple(dict.fromkeys(_MENTION.findall(said))),
        edited_at=_edited(row, now),
        place_kind="subreddit",
    )


def _said(row: Record, *, is_comment: bool) -> str:
    if is_comment:
        return clean(_string(row, "body"))
    return clean(f"{_string(row, 'title')}\n\n{_string(row, 'selftext')}").strip()


def _string(row: Record, key: str) -> str:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise Unreadable(f"{key}: not a text")
    return value or ""


def _fullname(native: str, kind: str) -> str:
    # Old dumps write ids without their kind, some as numbers.
    if not _ID.fullmatch(native.lower()):
        raise Unreadable(f"not a Reddit id (found {native[:40]!r})")
    return (
        native.lower()
        if native.lower().startswith("t") and "_" in native
        else kind + native.lower()
    )


def _parent(row: Record, thread: str) -> str:
    parent = optional(row, "parent_id")
    # In some dumps the parent of a comment below the submission is a number or missing.
    return parent if parent and parent.startswith(("t1_", "t3_")) else thread


def _author(row: Record) -> Author:
    name = optional(row, "author") or "[deleted]"
    if name in _GONE:
        return Author("", "[deleted]", kind=AuthorKind.UNKNOWN)
    # Dumps of some years lack the id; the name keeps one person's messages together.
    native = optional(row, "author_fullname") or f"u/{name.lower()}"
    kind = AuthorKind.PERSON
    if name.lower() in _AUTHORITIES or row.get("distinguished") == "admin":
        kind = AuthorKind.PLATFORM
    elif name.endswith("-ModTeam"):
        kind = AuthorKind.CHANNEL
    return Author(native, name, name, kind)


def _is_gone(row: Record) -> bool:
    meta = _meta(row)
    marked = meta.get("was_deleted_later") or meta.get("removal_type")
    emptied = any(str(row.get(key) or "").strip() in _GONE for key in ("body", "selftext"))
    return bool(marked or emptied or row.get("removed_by_category"))


def _looked_at(row: Record, sent_at: datetime, now: datetime) -> datetime:
    """When the dump saw that it was gone; a fixed time, so that importing again adds nothing."""
    for value in (_meta(row).get("retrieved_2nd_on"), row.get("retrieved_on")):
        if value is not None:
            return max(moment(value, "retrieved_on", now), sent_at)
    return sent_at


def _meta(row: Record) -> Record:
    meta: Any = row.get("_meta")
    return meta if isinstance(meta, dict) else {}


def _edited(row: Record, now: datetime) -> datetime | None:
    value = row.get("edited")
    return None if value in (None, False, True, 0) else moment(value, "edited", now)


def _link(row: Record, sub: str, thread: str, name: str) -> str:
    path = optional(row, "permalink", most=LONGEST_LINK)
    if path and path.startswith("/r/"):
        return _SITE + path
    tail = "" if name == thread else f"_/{name[3:]}/"
    return f"{_SITE}/r/{sub}/comments/{thread[3:]}/{tail}"
