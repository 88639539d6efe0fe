"""Messages as they come: save a batch with its cursor, edits and deletions, give out what waits to be judged."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import Message, Role
from monitor.ports import Batch, Quarantined
from monitor.store import bulk
from monitor.store.bulk import add_rows, change_rows
from monitor.store.edits import apply_edits
from monitor.store.fetches import save_besides, save_cursor, set_aside
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.reading import is_there, rows_of
from monitor.store.tables import (
    Instant,
    messages,
    micros,
    places,
    sightings,
)
from monitor.store.upsert import add_from, put
from monitor.store.written import clean

_KEY = ("platform", "place", "native_id")
_UNASSESSED = (
    sa.select(messages)
    .where(messages.c.state == "new")
    .order_by(messages.c.sent_at, messages.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_COLUMNS = (
    *("platform", "place", "native_id", "thread", "reply_to", "reply_to_author"),
    *("author_id", "author_name", "author_handle", "author_kind", "place_kind", "text", "language_hint"),
    *("mentions", "link", "addressed", "summoned", "sent_at", "seen_at", "edited_at", "imported", "role"),
)  # fmt: skip
_JUDGED = (*_COLUMNS, "id", "case_id", "state")
_SEEN = ("message_id", "account", "stream", "seen_at")
_NEWEST = sa.select(sa.func.max(messages.c.sent_at, type_=Instant))
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ANY_NEW = (
    sa.select(sa.literal(1)).select_from(messages).where(messages.c.state == sa.literal_column("'new'")).limit(1)
)  # fmt: skip


class Judged(NamedTuple):
    """What became of a message: its id, who wrote it in which role, and the case it belongs to (None: to none)."""

    id: int
    message: Message
    role: Role
    case_id: int | None


TRIES = 3  # then a message that cannot be judged is set aside


def save_batch(connection: Connection, account: str, stream: str, batch: Batch, now: datetime, *,
               imported: bool = False) -> int:  # fmt: skip
    """Store a fetch whole: messages, sightings, events, quarantine, gap, spend and the cursor. How many were new."""
    new = save_messages(connection, account, stream, batch.messages, now, imported=imported)
    save_besides(connection, account, stream, batch, now)
    if not imported:
        save_cursor(connection, account, stream, batch, now)
    return new


def save_messages(connection: Connection, account: str, stream: str, found: Sequence[Message], now: datetime, *,
                  imported: bool) -> int:  # fmt: skip
    """Insert those that are new, edit those that changed, note where they were seen. How many were new."""
    if not found:
        return 0
    ordered = in_one_order(found)
    edited = [m for m in ordered if m.edited_at]
    before = _edited_before(connection, edited) if edited else []
    at = micros(now)
    rows = [(*_values(m, at), imported, m.role and m.role.value) for m in ordered]
    new = add_rows(connection, messages, _COLUMNS, rows)
    if before:
        apply_edits(connection, before, now)
    if not imported:
        seen = {"account": account, "stream": stream, "seen_at": now}
        connection.execute(_see(dialect_of(connection)), keys_of(ordered) | seen)
    _save_places(connection, ordered)
    return new


def in_one_order(found: Iterable[Message]) -> list[Message]:
    """Each once, by key: whoever stores them in the same order waits for nobody who waits for them."""
    unique = {key_of(m): m for m in found}
    return [unique[key] for key in sorted(unique)]


def save_judged(connection: Connection, account: str, stream: str, batch: Batch, judged: Sequence[Judged],
                known: Sequence[Message], now: datetime) -> bool:  # fmt: skip
    """Store a fetch whole whose new messages are judged already. False: some of them are there by now; undo it all."""
    at = micros(now)
    rows = [
        (*_values(one.message, at), False, one.role._value_, one.id, one.case_id, "assessed")
        for one in judged
    ]
    if add_rows(connection, messages, _JUDGED, rows) != len(rows):
        return False
    add_rows(connection, sightings, _SEEN, [(one.id, account, stream, at) for one in judged])
    if known:
        seen = {"account": account, "stream": stream, "seen_at": now}
        connection.execute(_see(dialect_of(connection)), keys_of(known) | seen)
    _save_places(connection, [one.message for one in judged])
    save_besides(connection, account, stream, batch, now)
    save_cursor(connection, account, stream, batch, now)
    return True


def key_of(message: Message) -> tuple[str, str, str]:
    """Its natural key, as the database has it."""
    return message.platform._value_, message.place, message.native_id


def next_ids(connection: Connection, count: int) -> Sequence[int]:
    """Ids for messages that this transaction stores with save_judged()."""
    return bulk.next_ids(connection, messages, count)


def keys_of(found: Iterable[Message]) -> dict[str, str]:
    """What `keyed` statements expect."""
    return wanted(map(key_of, found))


def known_among(connection: Connection, keys: Mapping[str, str]) -> frozenset[tuple[str, str, str]]:
    """Which of these (keys_of) are stored."""
    rows = rows_of(connection, _ids_by_key(dialect_of(connection)), keys)
    return frozenset((platform, place, native_id) for _, platform, place, native_id in rows)


@cache
def _see(dialect: str) -> Any:
    """Note sightings of stored messages by their keys: ids need not travel here and back."""
    account, stream = (sa.bindparam(name, type_=sa.Text) for name in ("account", "stream"))
    seen = (
        sa.select(messages.c.id, account, stream, sa.bindparam("seen_at", type_=Instant))
        .select_from(keyed(dialect, messages, *_KEY))
        .where(sa.true())
    )
    return add_from(dialect, sightings, _SEEN, seen)


def _edited_before(connection: Connection, found: Collection[Message]) -> list[tuple[int, Message]]:
    """Of these, those that are stored already, with their ids."""
    by_key = {(m.platform.value, m.place, m.native_id): m for m in found}
    rows = connection.execute(_ids_by_key(dialect_of(connection)), keys_of(found))
    return [(row.id, by_key[row.platform, row.place, row.native_id]) for row in rows]


@cache
def _ids_by_key(dialect: str) -> sa.Select[Any]:
    c = messages.c
    return sa.select(c.id, c.platform, c.place, c.native_id).select_from(
        keyed(dialect, messages, *_KEY)
    )


def _values(message: Message, seen_at: int | None) -> tuple[Any, ...]:
    """As the driver takes them, in the order of _COLUMNS; without its last two."""
    author, mentions = message.author, message.mentions
    return (
        message.platform._value_, message.place, message.native_id, message.thread, message.reply_to,
        message.reply_to_author, author.id, clean(author.name), clean(author.handle), author.kind._value_,
        message.place_kind, clean(message.text), message.language_hint,
        json.dumps(mentions) if mentions else None, message.link, message.addressed, message.summoned,
        micros(message.sent_at), seen_at, micros(message.edited_at),
    )  # fmt: skip


def _save_places(connection: Connection, found: Iterable[Message]) -> None:
    shown = {(m.platform._value_, m.place): m for m in found}
    query = _places_by_key(dialect_of(connection))
    known = {
        (platform, key): name for platform, key, name in rows_of(connection, query, wanted(shown))
    }
    changed = []
    for key, message in shown.items():
        name = clean(message.place_name)
        if known.get(key) != name and (name or key not in known):
            row = {"platform": key[0], "key": key[1], "name": name, "kind": message.place_kind}
            changed.append(row)
    put(connection, places, changed, ("platform", "key"))


@cache
def _places_by_key(dialect: str) -> sa.Select[Any]:
    c = places.c
    return sa.select(c.platform, c.key, c.name).select_from(
        keyed(dialect, places, "platform", "key")
    )


def unassessed(
    connection: Connection, limit: int, *, only: Sequence[int] = (), lock: bool = False
) -> Sequence[sa.Row[Any]]:
    """The oldest messages that wait to be judged. With `lock`, other processes skip them (PostgreSQL)."""
    query = _UNASSESSED.with_for_update(skip_locked=True) if lock else _UNASSESSED
    if only:
        query = query.where(messages.c.id.in_(only))
    return connection.execute(query, {"most": limit}).all()


def mark_assessed(connection: Connection, found: Iterable[Judged]) -> None:
    """Set role, case and state of stored messages."""
    rows = [(one.role.value, one.case_id, "assessed", one.id) for one in found]
    change_rows(connection, messages, ("id",), ("role", "case_id", "state"), rows)


def link_to_cases(connection: Connection, links: Mapping[int, int]) -> None:
    """Put earlier messages (message id to case id) into the case that they turned out to begin."""
    rows = [(case_id, number) for number, case_id in links.items()]
    change_rows(connection, messages, ("id",), ("case_id",), rows)


def is_newest(connection: Connection, at: datetime) -> bool:
    """Was everything that is stored written before `at`? Then nothing written since can be known, or answered."""
    ((newest,),) = rows_of(connection, _NEWEST)
    return (newest or _LONG_AGO) < at


def anything_waits(connection: Connection) -> bool:
    """Is any message still to be judged?"""
    return is_there(connection, _ANY_NEW)


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
