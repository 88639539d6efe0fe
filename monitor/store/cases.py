"""Cases: what is known around a batch of messages, and what became of it. No decision is taken here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from monitor.core.assessment import Complexity, Topic, Urgency
from monitor.core.cases import BURST, NEARBY, REOPEN, Case, Read, Turn
from monitor.core.ledger import TREES, Attached, Known, Parent
from monitor.core.messages import Message, Platform, Role
from monitor.store.bulk import add_rows, change_rows, drop_rows, next_ids
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.nearby import unlinked
from monitor.store.reading import rows_of
from monitor.store.tables import Instant, cases, deliveries, messages, micros, places, turns

_MEMBER = Role.MEMBER
_MOST_NEAR = 200  # open cases of one place looked at for mentions and proximity
_LOCK = sa.select(
    sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.column("place"), 0))
).select_from(sa.func.unnest(sa.bindparam("places", type_=ARRAY(sa.Text))).alias("place"))
_FIELDS = (
    "key", "place", "thread", "author_id", "author_name", "author_handle", "state", "opened_at", "burst_until",
    "last_turn_at", "open_turn_at", "nudges", "reopened", "ack_at", "holding_at", "staff_first_at", "staff_last_at",
    "staff_id", "staff_by", "staff_sure", "merged_into", "community_first_at", "resolved_at", "resolved_by", "due_at",
    "imported", "language", "community_by", "asked", "thanked_at",
)  # fmt: skip
_TIMES = tuple(name for name in _FIELDS if isinstance(cases.c[name].type, Instant))
_OTHERS = tuple(name for name in _FIELDS if name not in _TIMES)
_SAVED = (*_OTHERS, *_TIMES, "platform", "topic", "urgency", "complexity")
_times_of, _others_of = attrgetter(*_TIMES), attrgetter(*_OTHERS)
_LOADED = tuple(f.name for f in fields(Case) if f.name != "turns")
_ID = _LOADED.index("id")
_TURNS = next(at for at, f in enumerate(fields(Case)) if f.name == "turns")
_PLATFORMS = {p.value: p for p in Platform}
_TOPICS = {t.value: t for t in Topic}
_URGENCIES = {u.value: u for u in Urgency}
_COMPLEXITIES = {c.value: c for c in Complexity}


def lock_places(connection: Connection, found: Iterable[Message]) -> None:
    """On PostgreSQL: one process at a time attaches messages of a place. SQLite has one writer anyway."""
    if dialect_of(connection) != "postgresql":
        return
    keys = sorted({f"{m.platform}:{m.place}" for m in found})  # one order everywhere: no deadlocks
    rows_of(connection, _LOCK, {"places": keys})


def lock_place(connection: Connection, platform: Platform, place: str) -> None:
    """The same for one place."""
    if dialect_of(connection) == "postgresql":
        connection.execute(_LOCK, {"places": [f"{platform}:{place}"]})


def known_around(connection: Connection, reads: Sequence[Read]) -> Known:
    """Everything stored that attaching `reads` may need, in a handful of queries."""
    reads = [r for r in reads if r.message.author.id or r.role is Role.STAFF]
    if not reads:
        return Known()
    nearby = unlinked(connection, reads)
    parents, parent_cases = _parents(connection, reads)
    found = _load(connection, {*parent_cases, *_ids_around(connection, reads)}, lock=True)
    by_id = {case.id: key for key, case in found.items()}
    return Known(
        cases=found,
        parents={k: Parent(author, by_id.get(case_id)) for k, (author, case_id) in parents.items()},
        nearby=nearby,
    )


_Parents = dict[tuple[Platform, str, str], tuple[str, int | None]]


def _parents(connection: Connection, reads: Sequence[Read]) -> tuple[_Parents, set[int]]:
    answering = [r.message for r in reads if r.message.reply_to]
    if not answering:
        return {}, set()
    found: _Parents = {}
    keys = wanted((m.platform.value, m.place, m.reply_to) for m in answering)
    for query in _parent_queries(dialect_of(connection)):
        for platform, place, native_id, author, case_id in rows_of(connection, query, keys):
            key = (_PLATFORMS[platform], place, native_id)
            if key not in found or found[key][1] is None:
                found[key] = (author, case_id)
    return found, {case_id for _, case_id in found.values() if case_id is not None}


@cache
def _parent_queries(dialect: str) -> tuple[sa.Select[Any], ...]:
    return tuple(
        sa.select(t.c.platform, t.c.place, t.c.native_id, author.label("author"), t.c.case_id)
        .select_from(keyed(dialect, t, "platform", "place", "native_id"))
        for t, author in ((messages, messages.c.author_id), (deliveries, sa.literal("")))
    )  # fmt: skip


def _ids_around(connection: Connection, reads: Sequence[Read]) -> set[int]:
    """Cases of the batch's authors, of its threads, waiting near it, and those its messages belong to."""
    queries, found = _id_queries(dialect_of(connection)), {r.case_id for r in reads if r.case_id}
    for members, reach in _askers(reads):
        since = min(r.message.sent_at for r in members) - reach
        authors = {
            (r.message.platform.value, r.message.place, r.message.author.id) for r in members
        }
        asked = wanted(authors) | {"since": since}
        found.update(row[0] for row in rows_of(connection, queries["author"], asked))
    roots = {(f"{r.message.platform}:{r.message.place}:{r.message.thread}",)
             for r in reads if r.message.platform in TREES and r.message.thread}  # fmt: skip
    if roots:
        found.update(row[0] for row in rows_of(connection, queries["root"], wanted(roots)))
    return found | _waiting_near(connection, reads, queries["waiting"])


def _askers(reads: Sequence[Read]) -> list[tuple[list[Read], timedelta]]:
    """Members, and how far back their own cases matter: chatter goes on with nothing but a burst."""
    long: list[Read] = []
    short: list[Read] = []
    for read in reads:
        if read.role is _MEMBER:
            chats = not (read.asks or read.only_thanks or read.message.platform in TREES)
            (short if chats else long).append(read)
    return [(found, reach) for found, reach in ((long, REOPEN), (short, 2 * BURST)) if found]


@cache
def _id_queries(dialect: str) -> dict[str, sa.Select[Any]]:
    c, since = cases.c, sa.bindparam("since", type_=Instant)
    return {
        "author": sa.select(c.id)
        .select_from(keyed(dialect, cases, "platform", "place", "author_id"))
        .where(c.last_turn_at >= since),
        "root": sa.select(c.id).select_from(keyed(dialect, cases, "key")),
        "waiting": sa.select(c.id)
        .select_from(keyed(dialect, cases, "platform", "place"))
        .where(c.open_turn_at.is_not(None), c.last_turn_at >= since)
        .order_by(c.last_turn_at.desc())
        .limit(sa.bindparam("most", type_=sa.Integer)),
    }


def _waiting_near(connection: Connection, reads: Sequence[Read], query: sa.Select[Any]) -> set[int]:
    """Cases that a message without a reply mark may answer: by staff nearby, or by a mention."""
    near = [r.message for r in reads if r.message.mentions or (
        r.role is Role.STAFF and r.message.reply_to is None and r.message.platform not in TREES)]  # fmt: skip
    where = {(m.platform.value, m.place) for m in near}
    if not where:
        return set()
    horizon = min(m.sent_at - (REOPEN if m.mentions else NEARBY) for m in near)
    asked = wanted(where) | {"since": horizon, "most": _MOST_NEAR * len(where)}
    return {row[0] for row in rows_of(connection, query, asked)}


def load(connection: Connection, ids: Sequence[int], *, lock: bool = False) -> dict[int, Case]:
    """Cases by id. `lock` them when they are to be written back: PostgreSQL has several writers."""
    found = _load(connection, ids, lock=lock)
    return {case.id: case for case in found.values() if case.id is not None}


def _load(connection: Connection, ids: Collection[int], *, lock: bool = False) -> dict[str, Case]:
    if not ids:
        return {}
    by_id, turns_of = _load_queries(dialect_of(connection), lock)
    keys = wanted((number,) for number in ids)
    rows = rows_of(connection, by_id, keys)
    stretches: dict[int, tuple[Turn, ...]] = {}
    for case_id, asked_at, staff_at in rows_of(connection, turns_of, keys):
        stretches[case_id] = (*stretches.get(case_id, ()), Turn(asked_at, staff_at))
    return {row[0]: _case(row, stretches) for row in rows}


@cache
def _load_queries(dialect: str, lock: bool) -> tuple[sa.Select[Any], sa.Select[Any]]:
    by_id = sa.select(*(cases.c[name] for name in _LOADED)).select_from(keyed(dialect, cases, "id"))
    if lock:  # SQLite has one writer and ignores it
        by_id = by_id.order_by(cases.c.id).with_for_update(of=cases)
    return (
        by_id,
        sa.select(turns).select_from(keyed(dialect, turns, "case_id")).order_by(turns.c.asked_at),
    )


def _case(row: Any, stretches: Mapping[int, tuple[Turn, ...]]) -> Case:
    """A row of _LOADED, whose order is that of the fields."""
    key, platform, place, author_id, author_name, topic, urgency, language, complexity = row[:9]
    values: list[Any] = [
        *(key, _PLATFORMS[platform], place, author_id, author_name, _TOPICS[topic], _URGENCIES[urgency], language),
        *(_COMPLEXITIES[complexity], *row[9:_TURNS], stretches.get(row[_ID], ()), *row[_TURNS:]),
    ]  # fmt: skip
    return Case(*values)


def save(
    connection: Connection, attached: Attached, before: Mapping[str, Case] = MappingProxyType({})
) -> dict[str, int]:
    """Store what changed; case keys to ids for all cases of the batch. `before`: as they were stored."""
    changed = [attached.cases[key] for key in sorted(attached.touched)]
    ids = {key: case.id for key, case in attached.cases.items() if case.id is not None}
    fresh = [case for case in changed if case.id is None]
    added = _add(connection, fresh)
    ids |= added
    if len(added) < len(
        fresh
    ):  # a key is taken: that case gets the messages, and the batch goes on
        taken = {case.key for case in fresh} - added.keys()
        query = sa.select(cases.c.key, cases.c.id).where(cases.c.key.in_(sorted(taken)))
        ids |= {row.key: row.id for row in connection.execute(query)}
        fresh = [case for case in fresh if case.key in added]
    update_all(connection, [case for case in changed if case.id is not None], before)
    _add_turns(connection, [(ids[case.key], case) for case in fresh])
    return ids


def update_all(
    connection: Connection,
    changed: Sequence[Case],
    before: Mapping[str, Case] = MappingProxyType({}),
) -> None:
    """Write stored cases anew, their turns included unless they are as `before`."""
    rows = [(*_values(case), case.id) for case in changed]
    change_rows(connection, cases, ("id",), _SAVED, rows)
    moved = [c for c in changed if c.key not in before or before[c.key].turns != c.turns]
    # Anew: a late message may move a turn, and the time it was asked at is its key.
    drop_rows(connection, turns, ("case_id",), [(case.id,) for case in moved])
    _add_turns(connection, [(case.id or 0, case) for case in moved])


def _add_turns(connection: Connection, found: Sequence[tuple[int, Case]]) -> None:
    rows = [
        (number, micros(t.asked_at), micros(t.staff_at))
        for number, case in found
        for t in case.turns
    ]
    add_rows(connection, turns, ("case_id", "asked_at", "staff_at"), rows)


def _add(connection: Connection, fresh: Sequence[Case]) -> dict[str, int]:
    """The ids of those whose key was not taken."""
    if not fresh:
        return {}
    ids = dict(
        zip((case.key for case in fresh), next_ids(connection, cases, len(fresh)), strict=True)
    )
    rows = [(*_values(case), ids[case.key]) for case in fresh]
    if add_rows(connection, cases, (*_SAVED, "id"), rows) == len(rows):
        return ids
    found = sa.select(cases.c.key).where(cases.c.id.in_(list(ids.values())))
    return {key: ids[key] for key in connection.execute(found).scalars()}


def _values(case: Case) -> tuple[Any, ...]:
    """As the driver takes them, in the order of _SAVED."""
    return (
        *_others_of(case),
        *map(micros, _times_of(case)),
        case.platform._value_,
        case.topic._value_,
        case.urgency._value_,
        case.complexity._value_,
    )


def assume_resolved(connection: Connection, silent_since: datetime) -> int:
    """Nothing more since the last staff message: resolved, dated at that message, and marked as assumed."""
    c = cases.c
    done = connection.execute(
        sa.update(cases)
        .where(c.state == "open", c.open_turn_at.is_(None), c.staff_last_at.is_not(None))
        .where(c.staff_last_at < silent_since, c.last_turn_at < silent_since)
        .values(state="resolved", resolved_at=c.staff_last_at, resolved_by="assumed")
    )
    return done.rowcount


def place_names(connection: Connection) -> dict[tuple[str, str], str]:
    """(platform, key) to the shown name."""
    c = places.c
    return {
        (row.platform, row.key): row.name
        for row in connection.execute(sa.select(c.platform, c.key, c.name))
    }
