"""One page of one stream as a batch. It never writes, and never moves a mark past what it saw."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from connectors import _reddit_modmail as modmail
from connectors._reddit_read import Json, Unreadable, Us, deletion_of, message_of
from connectors._reddit_walk import (
    DEEP,
    OVERLAP,
    SEARCH_DEEP,
    Cursor,
    Seen,
    Step,
    as_time,
    read_cursor,
    step,
    write_cursor,
)
from monitor.core.messages import Event, Message
from monitor.ports import Batch, Gap, Quarantined, Rejected, Unavailable

MOST_RAW = 64_000
CONVERSATIONS = 10  # a page of modmail: each may cost a request of its own


class Asks(Protocol):
    """What a fetch needs of a session."""

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at `path`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a stream's listing lies, and how deep Reddit lets us look."""

    path: str
    params: Mapping[str, str | int]
    deep: int = DEEP


@dataclass(slots=True)
class Collected:
    """What a page gave so far."""

    messages: dict[tuple[str, str], Message] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    count: int = 0

    def take(self, message: Message) -> None:
        """Keep a message; shown twice on a page it is one."""
        self.messages.setdefault((message.place, message.native_id), message)

    def set_aside(self, native_id: str, thing: object, reason: str) -> None:
        """Keep what could not be read."""
        raw = json.dumps(thing, ensure_ascii=False, default=str)[:MOST_RAW]
        self.quarantined.append(Quarantined(native_id, raw, reason))


def listing_of(stream: str) -> Listing:
    """The listing behind a stream's name. Rejected for a name that is none of ours."""
    if stream == "mentions":
        return Listing("message/mentions", {})
    if stream == "inbox":
        return Listing("message/inbox/", {})
    if stream.startswith("search:"):
        query = stream.removeprefix("search:")
        found: dict[str, str | int] = {"q": query, "sort": "new", "t": "all", "syntax": "lucene"}
        return Listing("r/all/search/", found, SEARCH_DEEP)
    if (
        stream.startswith("r/")
        and stream.count("/") == 2
        and stream.endswith(("/comments", "/new"))
    ):
        return Listing(stream + ("/" if stream.endswith("/comments") else ""), {})
    raise Rejected(f"there is no stream {stream!r}", code="stream")


def known_cursor(text: str | None) -> Cursor:
    """A cursor of ours. Rejected for a text that is none."""
    try:
        return read_cursor(text)
    except ValueError as error:
        raise Rejected(str(error), code="cursor") from None


def fetch_listing(
    session: Asks, stream: str, text: str | None, limit: int, *, us: Us, now: datetime
) -> Batch:
    """One page of a listing of things."""
    cursor, where = known_cursor(text), listing_of(stream)
    params: dict[str, str | int] = {**where.params, "limit": max(1, min(100, limit))}
    if cursor.after is not None:
        params["after"] = cursor.after
    shown = session.get(where.path, params)
    things, after = _children(shown)
    page = Collected(count=len(things))
    for thing in _flat(things):
        _take_thing(page, thing, us, now)
    return _batch(page, cursor, step(cursor, page.seen, after, count=page.count, deep=where.deep))


def _children(shown: Any) -> tuple[list[Any], str | None]:
    inner = shown.get("data") if isinstance(shown, Mapping) else None
    things = inner.get("children") if isinstance(inner, Mapping) else None
    if not isinstance(things, list) or not isinstance(inner, Mapping):
        raise Unavailable("Reddit's answer is no listing", code="listing")
    after = inner.get("after")
    return things, after if isinstance(after, str) and after else None


def _flat(things: Sequence[Any]) -> list[Any]:
    """Things and, for private messages, the answers that hang below them."""
    every: list[Any] = []
    for thing in things:
        every.append(thing)
        inner = thing.get("data") if isinstance(thing, Mapping) else None
        below = inner.get("replies") if isinstance(inner, Mapping) else None
        if isinstance(below, Mapping) and thing.get("kind") == "t4":
            every += _flat(_below(below))
    return every


def _below(replies: Json) -> list[Any]:
    inner = replies.get("data")
    things = inner.get("children") if isinstance(inner, Mapping) else None
    return things if isinstance(things, list) else []


def _take_thing(page: Collected, thing: Any, us: Us, now: datetime) -> None:
    if not isinstance(thing, Mapping):
        return page.set_aside("", thing, "it is no object")
    try:
        message = message_of(thing, us, now=now)
    except Unreadable as error:
        return page.set_aside(_name(thing), thing, str(error))
    page.take(message)
    page.seen.append(Seen(message.native_id, message.sent_at.timestamp()))
    gone = deletion_of(thing, message)
    if gone is not None and gone not in page.events:
        page.events.append(gone)
    return None


def _name(thing: Json) -> str:
    inner = thing.get("data")
    return str(inner.get("name") or "") if isinstance(inner, Mapping) else ""


def _batch(page: Collected, cursor: Cursor, judged: Step) -> Batch:
    gap = None
    if judged.gap:
        gap = Gap(
            as_time(cursor.newest_utc),
            as_time(judged.gap_until),
            "Reddit's listing ended (it is about 1000 things deep) before those we had read",
        )
    return Batch(
        messages=tuple(sorted(page.messages.values(), key=lambda m: (m.sent_at, m.native_id))),
        events=tuple(page.events),
        quarantined=tuple(page.quarantined),
        next_cursor=write_cursor(judged.cursor),
        complete=judged.complete,
        gap=gap,
    )


def fetch_modmail(
    session: Asks, stream: str, text: str | None, limit: int, *, now: datetime
) -> Batch:
    """One page of modmail conversations, with every new message in them."""
    cursor = known_cursor(text)
    size = min(limit, CONVERSATIONS) if cursor.begun else min(limit, 100)
    params: dict[str, str | int] = {
        "entity": stream.removeprefix("modmail:r/"),
        "sort": "recent",
        "state": "all",
        "limit": max(1, size),
    }
    if cursor.after is not None:
        params["after"] = cursor.after
    shown = session.get("api/mod/conversations/", params)
    kept, letters = _conversations(shown)
    page = Collected(count=len(kept))
    for conversation in kept:
        _take_conversation(page, conversation, letters, _opener(session, cursor), now)
    after = str(kept[-1].get("id")) if len(kept) == max(1, size) else None
    return _batch(page, cursor, step(cursor, page.seen, after, count=page.count, deep=DEEP))


def _conversations(shown: Any) -> tuple[list[Json], Json]:
    if not isinstance(shown, Mapping):
        raise Unavailable("Reddit's answer is no list of conversations", code="listing")
    order, by_id = shown.get("conversationIds"), shown.get("conversations")
    if not isinstance(order, list) or not isinstance(by_id, Mapping):
        raise Unavailable("Reddit's answer is no list of conversations", code="listing")
    letters = shown.get("messages")
    kept = [by_id[key] for key in map(str, order) if isinstance(by_id.get(key), Mapping)]
    return kept, letters if isinstance(letters, Mapping) else {}


def version(kept: Json) -> str:
    """A conversation with its number of messages: known means that nothing was added."""
    return f"{kept.get('id')}:{kept.get('numMessages')}"


Open = Callable[[Json, float | None], tuple[Json, Json] | None]


def _opener(session: Asks, cursor: Cursor) -> Open:
    """Looks into a conversation newer than the mark, when the list shows only its end."""

    def opened(kept: Json, at: float | None) -> tuple[Json, Json] | None:
        old = at is not None and cursor.newest_utc is not None and at < cursor.newest_utc - OVERLAP
        if not cursor.begun or modmail.is_whole(kept) or old or version(kept) in cursor.newest:
            return None
        whole = session.get(f"api/mod/conversations/{kept.get('id')}")
        inner = whole.get("conversation") if isinstance(whole, Mapping) else None
        letters = whole.get("messages") if isinstance(whole, Mapping) else None
        if not isinstance(inner, Mapping) or not isinstance(letters, Mapping):
            raise Unavailable("Reddit's answer is no conversation", code="listing")
        return inner, letters

    return opened


def _take_conversation(
    page: Collected, kept: Json, letters: Json, opened: Open, now: datetime
) -> None:
    at: float | None = None
    try:
        at = modmail.date_of(kept.get("lastUpdated"), "lastUpdated", now).timestamp()
        page.seen.append(Seen(version(kept), at))
        kept, letters = opened(kept, at) or (kept, letters)
    except (Unreadable, Rejected) as error:
        page.set_aside(str(kept.get("id") or ""), kept, str(error))
    for key in modmail.message_keys(kept):
        letter = letters.get(key)
        try:
            page.take(modmail.letter_of(kept, key, letter, now=now))
        except Unreadable as error:
            page.set_aside(key, letter, str(error))
