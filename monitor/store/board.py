"""Who waits, for the lists of the desk chat. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import Topic, Urgency
from monitor.core.listing import Day, Waiting
from monitor.core.messages import Platform
from monitor.store.desk_tables import acts, cards
from monitor.store.incidents import in_surge
from monitor.store.tables import (
    Id,
    cases,
    deliveries,
    messages,
    micros,
    places,
)

MOST = 60  # looked at to find the riskiest


def _who_waits() -> list[sa.ColumnElement[bool]]:
    c = cases.c
    return [c.open_turn_at.is_not(None), c.state == "open", c.imported.is_(False)]


def waiting(
    connection: Connection,
    *,
    by: str | None = None,
    free: bool = False,
    listed: bool = False,
    limit: int = MOST,
) -> tuple[list[Waiting], int]:
    """Cases that wait, most urgent and oldest first, and how many there are: all, those that `by` has, those that
    nobody has (`free`), or those without a card of their own (`listed`)."""
    c, k = cases.c, cards.c
    where = _who_waits()
    if by is not None:
        where.append(k.claimed_by == by)
    if free:
        where.append(k.claimed_by.is_(None))
    if listed:
        where += [k.case_id.is_not(None), k.native_id.is_(None), k.delivery_id.is_(None)]
    joined = cases.outerjoin(cards, k.case_id == c.id)
    count = sa.select(sa.func.count()).select_from(joined).where(*where)
    query = (
        sa.select(
            c.id, c.urgency, c.topic, c.language, c.platform, c.place, c.author_name, c.author_handle,
            c.author_id, c.open_turn_at, c.due_at, k.claimed_by, k.snoozed_until, places.c.name, c.staff_first_at,
            in_surge(c.id).label("in_surge"),
        )
        .select_from(joined.outerjoin(places, sa.and_(places.c.platform == c.platform, places.c.key == c.place)))
        .where(*where).order_by(c.urgency.desc(), c.open_turn_at).limit(limit)
    )  # fmt: skip
    rows = connection.execute(query).all()
    return [_waiting(row) for row in rows], int(connection.execute(count).scalar_one())


def _waiting(row: Any) -> Waiting:
    return Waiting(
        row.id, Urgency(row.urgency), Topic(row.topic), row.language, Platform(row.platform), row.name or row.place,
        row.author_name or row.author_handle or row.author_id, row.open_turn_at, row.due_at, row.claimed_by,
        row.snoozed_until, answered=row.staff_first_at is not None, in_surge=bool(row.in_surge),
    )  # fmt: skip


def has(connection: Connection) -> dict[str, int]:
    """Name to how many waiting cases that person has."""
    c, k = cases.c, cards.c
    query = (
        sa.select(k.claimed_by, sa.func.count())
        .select_from(cases.join(cards, k.case_id == c.id))
        .where(*_who_waits(), k.claimed_by.is_not(None))
        .group_by(k.claimed_by)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def claims(connection: Connection) -> list[tuple[str, datetime]]:
    """Who took a case that still waits, and when."""
    c, k = cases.c, cards.c
    query = (
        sa.select(k.claimed_by, k.claimed_at)
        .select_from(cases.join(cards, k.case_id == c.id))
        .where(*_who_waits(), k.claimed_at.is_not(None))
    )
    return [(row.claimed_by, row.claimed_at) for row in connection.execute(query)]


def alike(connection: Connection, case: Any, limit: int = 5) -> list[Waiting]:
    """Other waiting cases on the same topic of the same platform: this place first, then the oldest."""
    c = cases.c
    query = (
        sa.select(
            c.id, c.urgency, c.topic, c.language, c.platform, c.place, c.author_name, c.author_handle, c.author_id,
            c.open_turn_at, c.due_at, sa.null().label("claimed_by"), sa.null().label("snoozed_until"),
            sa.literal("").label("name"), c.staff_first_at, sa.false().label("in_surge"),
        )
        .where(*_who_waits(), c.topic == case.topic.value, c.platform == case.platform.value, c.id != case.id)
        .order_by((c.place == case.place).desc(), c.open_turn_at).limit(limit)
    )  # fmt: skip
    return [_waiting(row) for row in connection.execute(query)]


def release_all(connection: Connection, by: str, now: datetime) -> int:
    """Nobody has what `by` had and what still waits. How many."""
    k = cards.c
    waits = sa.select(cases.c.id).where(*_who_waits())
    done = connection.execute(
        sa.update(cards)
        .where(k.claimed_by == by, k.case_id.in_(waits))
        .values(claimed_by=None, claimed_at=None, revision=k.revision + 1, last_act=f"{by} handed over", last_at=now,
                live=True)
    )  # fmt: skip
    return done.rowcount


def day(connection: Connection, now: datetime) -> Day:
    """Counts of the last 24 hours, and of who waits now."""
    c, k = cases.c, cards.c
    moment = c.due_at.type

    def count(*where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*where), 1), else_=0)), 0)

    asked = connection.execute(
        sa.select(
            sa.func.count().label("asked"),
            count(c.ack_at.is_not(None)).label("acknowledged"),
            count(c.staff_first_at.is_not(None)).label("by_staff"),
            count(c.staff_first_at <= c.due_at).label("in_time"),
            count(
                c.community_first_at.is_not(None),
                sa.or_(c.staff_first_at.is_(None), c.community_first_at < c.staff_first_at),
            ).label("by_community"),
        ).where(
            c.opened_at > now - timedelta(days=1), c.imported.is_(False), c.state != "withdrawn"
        )
    ).one()
    left = connection.execute(
        sa.select(
            sa.func.count().label("waiting"),
            count(c.due_at < sa.literal(now, moment), c.staff_first_at.is_(None)).label("late"),
            count(k.claimed_by.is_(None)).label("unclaimed"),
            sa.func.min(c.open_turn_at).label("oldest"),
        )
        .select_from(cases.outerjoin(cards, k.case_id == c.id))
        .where(*_who_waits())
    ).one()
    return Day(**asked._mapping, **left._mapping)


def history(connection: Connection, case_id: int, limit: int = 8) -> Sequence[Any]:
    """What people did with a case, newest last."""
    a = acts.c
    query = sa.select(acts).where(a.case_id == case_id).order_by(a.at.desc(), a.id.desc())
    return list(reversed(connection.execute(query.limit(limit)).all()))


def to_remind(connection: Connection, now: datetime, limit: int = 100) -> list[int]:
    """Cases for which a step of the escalation may be due that was not taken; the most urgent first."""
    c, k = cases.c, cards.c
    opened, due = (sa.type_coerce(x, sa.BigInteger) for x in (c.opened_at, c.due_at))
    at = sa.literal(micros(now), sa.BigInteger)
    taken, pressing = sa.func.coalesce(k.warned, 0), c.urgency >= int(Urgency.HIGH)
    warn = sa.and_(
        pressing, taken.op("&")(1) == 0, due > at, 4 * (at - opened) >= 3 * (due - opened)
    )
    breach = sa.and_(taken.op("&")(2) == 0, due <= at)
    mail = sa.and_(pressing, taken.op("&")(4) == 0, (at - opened) >= 2 * (due - opened))
    asleep = sa.and_(k.snoozed_until.is_not(None), k.snoozed_until > now)
    query = (
        sa.select(c.id)
        .select_from(cases.outerjoin(cards, k.case_id == c.id))
        .where(*_who_waits(), c.staff_first_at.is_(None), c.due_at > now - timedelta(days=1))
        .where(sa.or_(warn, breach, mail), sa.or_(k.case_id.is_(None), ~asleep))
        .order_by(c.urgency.desc(), c.due_at)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def asking_message(connection: Connection, case: Any) -> int | None:
    """The first message of the asker in a case."""
    m = messages.c
    query = sa.select(m.id).where(m.case_id == case.id, m.author_id == case.author_id)
    return connection.execute(query.order_by(m.sent_at).limit(1)).scalar_one_or_none()


def said_this_minute(connection: Connection, place: str, now: datetime) -> int:
    """How many posts the desk chat got in the last minute."""
    d = deliveries.c
    query = sa.select(sa.func.count()).where(
        d.platform == "telegram", d.claimed_at > now - timedelta(minutes=1), d.place == place,
        d.state.in_(("sent", "sending", "in_doubt")),
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def is_in_surge(connection: Connection, case_id: int) -> bool:
    """Does the case belong to a surge that goes on?"""
    return bool(connection.execute(sa.select(in_surge(sa.literal(case_id, Id)))).scalar_one())
