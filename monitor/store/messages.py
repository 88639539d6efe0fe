"""Messages as they come: save a batch with its cursor, edits and deletions, give out what waits to be judged."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import Author, AuthorKind, Message, Platform, Role
from monitor.ports import Batch, Quarantined
from monitor.store.edits import apply_edits, clean, save_events
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import (
    Instant,
    cursors,
    gaps,
    messages,
    places,
    quarantine,
    sightings,
    spend,
)
from monitor.store.upsert import Row, add, add_from, put

_KEY = ("platform", "place", "native_id")
_UNASSESSED = (
    sa.select(messages)
    .where(messages.c.state == "new")
    .order_by(messages.c.sent_at, messages.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_MARK = (
    sa.update(messages)
    .where(messages.c.id == sa.bindparam("message"))
    .values(role=sa.bindparam("role"), case_id=sa.bindparam("case_id"), state="assessed")
)
_PLATFORMS = {p.value: p for p in Platform}
_KINDS = {k.value: k for k in AuthorKind}
TRIES = 3  # then a message that cannot be judged is set aside


def cursor_of(connection: Connection, account: str, stream: str) -> str | None:
    """Where we are in a stream."""
    where = (cursors.c.account == account, cursors.c.stream == stream)
    return connection.execute(sa.select(cursors.c.cursor).where(*where)).scalar_one_or_none()


def fetched_at(connection: Connection, account: str, stream: str) -> datetime | None:
    """When a stream was last fetched to its end."""
    where = (cursors.c.account == account, cursors.c.stream == stream)
    return connection.execute(sa.select(cursors.c.fetched_at).where(*where)).scalar_one_or_none()


def note_fetched(connection: Connection, account: str, stream: str, at: datetime) -> None:
    """A walk that keeps no cursor has ended."""
    row = {"account": account, "stream": stream, "cursor": None, "complete": True, "fetched_at": at}
    put(connection, cursors, [row], ("account", "stream"))


def save_batch(connection: Connection, account: str, stream: str, batch: Batch, now: datetime, *,
               imported: bool = False) -> int:  # fmt: skip
    """Store a fetch whole: messages, sightings, events, quarantine, gap, spend and the cursor. How many were new."""
    new = save_messages(connection, account, stream, batch.messages, now, imported=imported)
    save_events(connection, account, batch.events, now)
    set_aside(connection, account, stream, batch.quarantined, now)
    _save_gap(connection, account, stream, batch, now)
    if batch.cost:
        add_spend(connection, account, now, batch.cost)
    if not imported:
        row = {"account": account, "stream": stream, "cursor": batch.next_cursor,
               "complete": batch.complete, "fetched_at": now}  # fmt: skip
        put(connection, cursors, [row], ("account", "stream"))
    return new


def save_messages(connection: Connection, account: str, stream: str, found: Sequence[Message], now: datetime, *,
                  imported: bool) -> int:  # fmt: skip
    """Insert those that are new, edit those that changed, note where they were seen. How many were new."""
    if not found:
        return 0
    unique = {(m.platform, m.place, m.native_id): m for m in found}
    ordered = [unique[key] for key in sorted(unique)]  # one order everywhere: no deadlocks
    edited = [m for m in ordered if m.edited_at]
    before = _edited_before(connection, edited) if edited else []
    new = add(connection, messages, [_row(m, now, imported=imported) for m in ordered])
    if before:
        apply_edits(connection, before, now)
    if not imported:
        seen = {"account": account, "stream": stream, "seen_at": now}
        connection.execute(_see(dialect_of(connection)), _keys(ordered) | seen)
    _save_places(connection, ordered)
    return new


def _keys(found: Iterable[Message]) -> dict[str, str]:
    return wanted((m.platform.value, m.place, m.native_id) for m in found)


@cache
def _see(dialect: str) -> Any:
    """Note sightings of stored messages by their keys: ids need not travel here and back."""
    account, stream = (sa.bindparam(name, type_=sa.Text) for name in ("account", "stream"))
    seen = (
        sa.select(messages.c.id, account, stream, sa.bindparam("seen_at", type_=Instant))
        .select_from(keyed(dialect, messages, *_KEY))
        .where(sa.true())
    )
    return add_from(dialect, sightings, ("message_id", "account", "stream", "seen_at"), seen)


def _edited_before(connection: Connection, found: Collection[Message]) -> list[tuple[int, Message]]:
    """Of these, those that are stored already, with their ids."""
    by_key = {(m.platform.value, m.place, m.native_id): m for m in found}
    rows = connection.execute(_ids_by_key(dialect_of(connection)), _keys(found))
    return [(row.id, by_key[row.platform, row.place, row.native_id]) for row in rows]


@cache
def _ids_by_key(dialect: str) -> sa.Select[Any]:
    c = messages.c
    return sa.select(c.id, c.platform, c.place, c.native_id).select_from(
        keyed(dialect, messages, *_KEY)
    )


def _row(message: Message, now: datetime, *, imported: bool) -> Row:
    author = message.author
    return {
        "platform": message.platform.value,
        "place": message.place,
        "native_id": message.native_id,
        "thread": message.thread,
        "reply_to": message.reply_to,
        "reply_to_author": message.reply_to_author,
        "author_id": author.id,
        "author_name": clean(author.name),
        "author_handle": clean(author.handle),
        "author_kind": author.kind.value,
        "place_kind": message.place_kind,
        "role": message.role.value if message.role else None,
        "text": clean(message.text),
        "language_hint": message.language_hint,
        "mentions": list(message.mentions) or None,
        "link": message.link,
        "addressed": message.addressed,
        "summoned": message.summoned,
        "sent_at": message.sent_at,
        "seen_at": now,
        "edited_at": message.edited_at,
        "imported": imported,
    }


def _save_places(connection: Connection, found: Iterable[Message]) -> None:
    rows = {
        (m.platform.value, m.place): {
            "platform": m.platform.value, "key": m.place, "name": clean(m.place_name), "kind": m.place_kind
        }
        for m in found
    }  # fmt: skip
    query = _places_by_key(dialect_of(connection))
    known = {(row.platform, row.key): row.name for row in connection.execute(query, wanted(rows))}
    changed = [
        row
        for key, row in rows.items()
        if known.get(key) != row["name"] and (row["name"] or key not in known)
    ]
    put(connection, places, changed, ("platform", "key"))


@cache
def _places_by_key(dialect: str) -> sa.Select[Any]:
    c = places.c
    return sa.select(c.platform, c.key, c.name).select_from(
        keyed(dialect, places, "platform", "key")
    )


def set_aside(
    connection: Connection, account: str, stream: str, found: Iterable[Quarantined], now: datetime
) -> None:
    """Keep what could not be read, with its reason, for a person to look at."""
    rows = [
        {"account": account, "stream": stream, "native_id": q.native_id[:200], "raw": clean(q.raw),
         "digest": hashlib.sha256(q.raw.encode("utf-8", "replace")).hexdigest(), "reason": q.reason, "at": now}
        for q in found
    ]  # fmt: skip
    add(connection, quarantine, rows)


def _save_gap(
    connection: Connection, account: str, stream: str, batch: Batch, now: datetime
) -> None:
    if batch.gap is None:
        return
    gap = batch.gap
    key = f"{account}:{stream}:{gap.since and gap.since.isoformat()}:{gap.until and gap.until.isoformat()}"
    row = {"key": key[:300], "account": account, "stream": stream, "since": gap.since, "until": gap.until,
           "reason": gap.reason, "at": now}  # fmt: skip
    add(connection, gaps, [row])


def add_spend(connection: Connection, account: str, now: datetime, dollars: float) -> None:
    """Count money spent on a platform, by UTC day."""
    day = f"{now:%Y-%m-%d}"
    add(connection, spend, [{"account": account, "day": day, "dollars": 0.0}])
    where = (spend.c.account == account, spend.c.day == day)
    connection.execute(sa.update(spend).where(*where).values(dollars=spend.c.dollars + dollars))


def spent_on(connection: Connection, account: str, now: datetime) -> float:
    """Dollars spent on `now`'s UTC day."""
    where = (spend.c.account == account, spend.c.day == f"{now:%Y-%m-%d}")
    return connection.execute(sa.select(spend.c.dollars).where(*where)).scalar_one_or_none() or 0.0


def unassessed(
    connection: Connection, limit: int, *, only: Sequence[int] = (), lock: bool = False
) -> Sequence[sa.Row[Any]]:
    """The oldest messages that wait to be judged. With `lock`, other processes skip them (PostgreSQL)."""
    query = _UNASSESSED.with_for_update(skip_locked=True) if lock else _UNASSESSED
    if only:
        query = query.where(messages.c.id.in_(only))
    return connection.execute(query, {"most": limit}).all()


def message_of(row: Any) -> Message:
    """A row of `messages` as the frozen thing."""
    return Message(
        platform=_PLATFORMS[row.platform],
        place=row.place,
        native_id=row.native_id,
        author=Author(row.author_id, row.author_name, row.author_handle, _KINDS[row.author_kind]),
        text=row.text,
        sent_at=row.sent_at,
        thread=row.thread,
        reply_to=row.reply_to,
        reply_to_author=row.reply_to_author,
        language_hint=row.language_hint,
        link=row.link,
        addressed=row.addressed,
        summoned=row.summoned,
        mentions=tuple(row.mentions or ()),
        role=Role(row.role) if row.role else None,
        edited_at=row.edited_at,
        place_kind=row.place_kind,
    )


def mark_assessed(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set role, case and state; rows carry `message`, `role`, `case_id`."""
    if rows:
        connection.execute(_MARK, rows)


def link_to_cases(connection: Connection, links: Mapping[int, int]) -> None:
    """Put earlier messages (message id to case id) into the case that they turned out to begin."""
    if links:
        statement = (
            sa.update(messages)
            .where(messages.c.id == sa.bindparam("m"))
            .values(case_id=sa.bindparam("k"))
        )
        connection.execute(statement, [{"m": m, "k": k} for m, k in links.items()])


def was_rewritten(row: Any) -> bool:
    """Edited after we had seen it. What was edited before says now what it said when we saw it."""
    return row.edited_at is not None and row.edited_at > row.seen_at


def still_new(connection: Connection, rows: Sequence[Any]) -> frozenset[int]:
    """Which of these still wait as they were read: not judged by others, edited or deleted meanwhile."""
    query, keys = _new_by_id(dialect_of(connection)), wanted((row.id,) for row in rows)
    now = {row.id: (row.edited_at, row.deleted_at) for row in connection.execute(query, keys)}
    return frozenset(r.id for r in rows if now.get(r.id) == (r.edited_at, r.deleted_at))


@cache
def _new_by_id(dialect: str) -> sa.Select[Any]:
    c = messages.c
    query = sa.select(c.id, c.edited_at, c.deleted_at).select_from(keyed(dialect, messages, "id"))
    return query.where(c.state == "new")


def could_not_assess(connection: Connection, message_id: int, reason: str, now: datetime) -> None:
    """Count a failed try; after the last one the message is set aside and stops nobody."""
    c = messages.c
    row = connection.execute(
        sa.update(messages).where(c.id == message_id).values(tries=c.tries + 1)
        .returning(c.tries, c.platform, c.place, c.native_id, c.text)
    ).one()  # fmt: skip
    if row.tries < TRIES:
        return
    connection.execute(sa.update(messages).where(c.id == message_id).values(state="set_aside"))
    found = Quarantined(f"{row.platform}:{row.place}:{row.native_id}", row.text, reason)
    set_aside(connection, "", "assess", [found], now)


def waiting_to_be_assessed(connection: Connection) -> int:
    """How many messages wait."""
    return connection.execute(
        sa.select(sa.func.count()).select_from(messages).where(messages.c.state == "new")
    ).scalar_one()
