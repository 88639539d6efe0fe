"""Cases: what is known around a batch of messages, and what became of it. No decision is taken here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import Complexity, Topic, Urgency
from monitor.core.cases import BURST, NEARBY, REOPEN, Case, Read, Turn
from monitor.core.ledger import Attached, Known, Parent
from monitor.core.messages import Message, Platform, Role
from monitor.store.messages import message_of
from monitor.store.tables import cases, deliveries, messages, places, turns
from monitor.store.upsert import add, add_returning

_MOST_NEAR = 200  # open cases of one place looked at for mentions and proximity
_TREES = (Platform.REDDIT, Platform.TWITTER)
_FIELDS = (
    "key", "place", "thread", "author_id", "author_name", "author_handle", "state", "opened_at", "burst_until",
    "last_turn_at", "open_turn_at", "nudges", "reopened", "ack_at", "holding_at", "staff_first_at", "staff_last_at",
    "staff_id", "staff_by", "community_first_at", "resolved_at", "resolved_by", "due_at", "imported", "language",
)  # fmt: skip


def lock_places(connection: Connection, found: Iterable[Message]) -> None:
    """On PostgreSQL: one process at a time attaches messages of a place. SQLite has one writer anyway."""
    if connection.dialect.name != "postgresql":
        return
    for key in sorted({f"{m.platform}:{m.place}" for m in found}):
        connection.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0)))
        )


def known_around(connection: Connection, reads: Sequence[Read]) -> Known:
    """Everything stored that attaching `reads` may need, in a handful of queries."""
    reads = [r for r in reads if r.message.author.id or r.role is Role.STAFF]
    if not reads:
        return Known()
    parents, parent_cases = _parents(connection, reads)
    wanted = [
        _by_author(connection, reads),
        cases.c.id.in_(
            sorted({*parent_cases, *(r.case_id for r in reads if r.case_id is not None)})
        ),
        _by_thread(reads),
        _waiting_near(connection, reads),
    ]
    found = _load(connection, sa.or_(*(w for w in wanted if w is not None)))
    by_id = {case.id: key for key, case in found.items()}
    return Known(
        cases=found,
        parents={k: Parent(author, by_id.get(case_id)) for k, (author, case_id) in parents.items()},
        roots=_roots(found),
        loose=_loose(connection, reads),
    )


def _roots(found: Mapping[str, Case]) -> dict[tuple[Platform, str, str], str]:
    trees = sorted(
        (c for c in found.values() if c.platform in _TREES and c.thread), key=lambda c: c.opened_at
    )
    return {(c.platform, c.place, c.thread or ""): c.key for c in reversed(trees)}


_Parents = dict[tuple[Platform, str, str], tuple[str, int | None]]


def _parents(connection: Connection, reads: Sequence[Read]) -> tuple[_Parents, set[int]]:
    keys = sorted({
        (r.message.platform.value, r.message.place, r.message.reply_to) for r in reads if r.message.reply_to
    })  # fmt: skip
    if not keys:
        return {}, set()
    found: _Parents = {}
    for table, author in ((messages, messages.c.author_id), (deliveries, sa.literal(""))):
        c = table.c
        query = sa.select(
            c.platform, c.place, c.native_id, author.label("author"), c.case_id
        ).where(sa.tuple_(c.platform, c.place, c.native_id).in_(keys))
        for row in connection.execute(query):
            key = (Platform(row.platform), row.place, row.native_id)
            if key not in found or found[key][1] is None:
                found[key] = (row.author, row.case_id)
    return found, {case_id for _, case_id in found.values() if case_id is not None}


def _by_author(connection: Connection, reads: Sequence[Read]) -> sa.ColumnElement[bool] | None:
    members = sorted({(r.message.platform.value, r.message.place, r.message.author.id)
                      for r in reads if r.role is Role.MEMBER})  # fmt: skip
    if not members:
        return None
    since = min(r.message.sent_at for r in reads) - REOPEN
    c = cases.c
    return sa.and_(
        sa.tuple_(c.platform, c.place, c.author_id).in_(members), c.last_turn_at >= since
    )


def _by_thread(reads: Sequence[Read]) -> sa.ColumnElement[bool] | None:
    threads = sorted({(r.message.platform.value, r.message.place, r.message.thread)
                      for r in reads if r.message.platform in _TREES and r.message.thread})  # fmt: skip
    c = cases.c
    return sa.tuple_(c.platform, c.place, c.thread).in_(threads) if threads else None


def _waiting_near(connection: Connection, reads: Sequence[Read]) -> sa.ColumnElement[bool] | None:
    """Cases that a message without a reply mark may answer: by staff nearby, or by a mention."""
    loose = [r.message for r in reads if r.message.reply_to is None and r.message.platform not in _TREES
             and (r.role is Role.STAFF or r.message.mentions)]  # fmt: skip
    where = sorted({(m.platform.value, m.place) for m in loose})
    if not where:
        return None
    c = cases.c
    first = min(m.sent_at for m in loose)
    horizon = first - (REOPEN if any(m.mentions for m in loose) else NEARBY)
    query = (
        sa.select(c.id)
        .where(
            sa.tuple_(c.platform, c.place).in_(where),
            c.open_turn_at.is_not(None),
            c.last_turn_at >= horizon,
        )
        .order_by(c.last_turn_at.desc())
        .limit(_MOST_NEAR * len(where))
    )
    return c.id.in_(list(connection.execute(query).scalars()))


def _loose(connection: Connection, reads: Sequence[Read]) -> tuple[tuple[int, Message], ...]:
    asking = [
        r for r in reads if r.role is Role.MEMBER and r.asks and r.message.platform not in _TREES
    ]
    authors = sorted(
        {(r.message.platform.value, r.message.place, r.message.author.id) for r in asking}
    )
    if not authors:
        return ()
    c = messages.c
    first, last = min(r.message.sent_at for r in asking), max(r.message.sent_at for r in asking)
    query = (
        sa.select(messages)
        .where(sa.tuple_(c.platform, c.place, c.author_id).in_(authors))
        .where(
            c.sent_at.between(first - 2 * BURST, last), c.case_id.is_(None), c.state == "assessed"
        )
        .where(c.role == Role.MEMBER.value)
        .order_by(c.sent_at)
    )
    return tuple((row.id, message_of(row)) for row in connection.execute(query))


def load(connection: Connection, ids: Sequence[int]) -> dict[int, Case]:
    """Cases by id."""
    found = _load(connection, cases.c.id.in_(list(ids)))
    return {case.id: case for case in found.values() if case.id is not None}


def _load(connection: Connection, where: sa.ColumnElement[bool]) -> dict[str, Case]:
    rows = connection.execute(sa.select(cases).where(where)).all()
    if not rows:
        return {}
    query = (
        sa.select(turns)
        .where(turns.c.case_id.in_([row.id for row in rows]))
        .order_by(turns.c.asked_at)
    )
    stretches: dict[int, list[Turn]] = {}
    for row in connection.execute(query):
        stretches.setdefault(row.case_id, []).append(Turn(row.asked_at, row.staff_at))
    return {row.key: _case(row, tuple(stretches.get(row.id, ()))) for row in rows}


def _case(row: Any, stretches: tuple[Turn, ...]) -> Case:
    return Case(
        id=row.id,
        platform=Platform(row.platform),
        topic=Topic(row.topic),
        urgency=Urgency(row.urgency),
        complexity=Complexity(row.complexity),
        turns=stretches,
        **{name: getattr(row, name) for name in _FIELDS},
    )


def save(connection: Connection, attached: Attached) -> dict[str, int]:
    """Store what changed; case keys to ids for all cases of the batch."""
    changed = [attached.cases[key] for key in sorted(attached.touched)]
    ids = {key: case.id for key, case in attached.cases.items() if case.id is not None}
    fresh = [case for case in changed if case.id is None]
    ids |= {row.key: row.id for row in add_returning(
        connection, cases, [_row(case) for case in fresh], cases.c.key, cases.c.id)}  # fmt: skip
    update_all(connection, [case for case in changed if case.id is not None])
    _save_turns(connection, [(ids[case.key], case) for case in fresh])
    return ids


def update_all(connection: Connection, changed: Sequence[Case]) -> None:
    """Write stored cases anew, their turns included."""
    if not changed:
        return
    names = list(_row(changed[0]))
    statement = (
        sa.update(cases)
        .where(cases.c.id == sa.bindparam("case_number"))
        .values({name: sa.bindparam(f"new_{name}") for name in names})
    )
    rows = [
        {"case_number": case.id} | {f"new_{name}": value for name, value in _row(case).items()}
        for case in changed
    ]
    connection.execute(statement, rows)
    _save_turns(connection, [(case.id or 0, case) for case in changed])


def _save_turns(connection: Connection, found: Sequence[tuple[int, Case]]) -> None:
    rows = [{"case_id": number, "asked_at": t.asked_at, "staff_at": t.staff_at}
            for number, case in found for t in case.turns]  # fmt: skip
    add(connection, turns, rows)
    answered = [
        {"c": r["case_id"], "a": r["asked_at"], "s": r["staff_at"]}
        for r in rows
        if r["staff_at"] is not None
    ]
    if answered:
        statement = (
            sa.update(turns)
            .where(turns.c.case_id == sa.bindparam("c"), turns.c.asked_at == sa.bindparam("a"))
            .values(staff_at=sa.bindparam("s"))
        )
        connection.execute(statement, answered)


def _row(case: Case) -> dict[str, Any]:
    row = {name: getattr(case, name) for name in _FIELDS}
    row |= {
        "platform": case.platform.value,
        "topic": case.topic.value,
        "urgency": int(case.urgency),
        "complexity": case.complexity.value,
    }
    return row


def breached(connection: Connection, now: datetime, limit: int = 100) -> list[tuple[Case, str]]:
    """Cases that wait beyond their target and of which nobody was told, with the text that asked."""
    c, d = cases.c, deliveries.c
    told = sa.exists().where(d.key == "breach:" + c.key)
    query = (
        sa.select(c.id)
        .where(
            c.open_turn_at.is_not(None),
            c.staff_first_at.is_(None),
            c.state == "open",
            c.imported.is_(False),
        )
        .where(c.due_at < now, c.due_at > now - timedelta(days=1), ~told)
        .order_by(c.urgency.desc(), c.due_at)
        .limit(limit)
    )
    found = load(connection, list(connection.execute(query).scalars()))
    return [(case, _first_text(connection, case)) for case in found.values()]


def _first_text(connection: Connection, case: Case) -> str:
    c = messages.c
    query = (
        sa.select(c.text)
        .where(c.case_id == case.id, c.author_id == case.author_id)
        .order_by(c.sent_at)
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none() or ""


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
