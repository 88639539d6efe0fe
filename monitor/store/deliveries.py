"""The outbox: what we mean to say, claimed before it is said, settled by what the platform answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.triage import Delivery, Kind
from monitor.ports import Receipt
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import cases, deliveries, optouts
from monitor.store.upsert import add

QUEUED, SENDING, SENT = "queued", "sending", "sent"
REJECTED, IN_DOUBT, HELD, CANCELLED = "rejected", "in_doubt", "held", "cancelled"
_PUBLIC = (Kind.ACKNOWLEDGEMENT.value, Kind.ANSWER.value)
_COUNTED = (SENT, SENDING, IN_DOUBT, HELD)


def queue(
    connection: Connection, found: Iterable[Delivery], ids: Mapping[str, int], now: datetime
) -> None:
    """Put deliveries in the outbox; a key that was ever there is left alone."""
    rows = [_row(delivery, ids, now) for delivery in found]
    add(connection, deliveries, sorted(rows, key=lambda row: str(row["key"])))


def _row(delivery: Delivery, ids: Mapping[str, int], now: datetime) -> dict[str, Any]:
    return {
        "key": delivery.key,
        "kind": delivery.kind.value,
        "account": delivery.account,
        "platform": delivery.platform.value,
        "place": delivery.place,
        "thread": delivery.thread,
        "reply_to": delivery.reply_to,
        "text": delivery.text,
        "subject": delivery.subject,
        "html": delivery.html,
        "link": delivery.link,
        "case_id": ids.get(delivery.case_key) if delivery.case_key else None,
        "message_id": delivery.message_id,
        "priority": delivery.priority,
        "created_at": now,
        "not_before": delivery.not_before,
        "not_after": delivery.not_after,
        "buttons": delivery.buttons or None,
        "said_by": delivery.said_by,
        "is_reaction": delivery.is_reaction,
    }


def number_of(connection: Connection, key: str) -> int:
    """The row's id."""
    query = sa.select(deliveries.c.id).where(deliveries.c.key == key)
    return int(connection.execute(query).scalar_one())


def by_key(connection: Connection, key: str) -> Any:
    """What became of one delivery: state, created_at, sent_at; None: there never was one."""
    d = deliveries.c
    query = sa.select(d.state, d.created_at, d.sent_at, d.reason).where(d.key == key)
    return connection.execute(query).first()


def due(
    connection: Connection, account: str, now: datetime, limit: int = 50, *,
    besides: Collection[str] = (), paused: bool = False,
) -> Sequence[sa.Row[Any]]:  # fmt: skip
    """What may be said now by this account, urgent first; not in the places `besides`, and while `paused`
    nothing that the desk says by itself in public."""
    query = _due(bool(besides), paused)
    values = {"account": account, "now": now, "limit": limit}
    if besides:
        values["besides"] = sorted(besides)
    return connection.execute(query, values).all()


@cache
def _due(besides: bool, paused: bool) -> sa.Select[Any]:
    d = deliveries.c
    query = (
        sa.select(deliveries)
        .where(d.account == sa.bindparam("account"), d.state == QUEUED)
        .where(d.not_before <= sa.bindparam("now", type_=d.not_before.type))
        .order_by(d.priority, d.not_before, d.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
    if besides:
        query = query.where(d.place.not_in(sa.bindparam("besides", expanding=True)))
    return query.where(d.kind.not_in(_PUBLIC), _may_interrupt()) if paused else query


def _may_interrupt() -> sa.ColumnElement[bool]:
    """Announcements wait for the end of a pause, but for those that two people just sent or corrected by hand."""
    d = deliveries.c
    by_hand = sa.or_(d.key.contains(":now:"), d.key.contains(":correction-"))
    return sa.or_(d.kind != Kind.ANNOUNCEMENT.value, by_hand)


def next_look_at(
    connection: Connection, account: str, settle: timedelta, now: datetime
) -> datetime | None:
    """When something more may be said, or a doubt looked into; None: when something new is queued."""
    d = deliveries.c

    def soonest(column: sa.Column[datetime], state: str) -> datetime | None:
        # What is due already waits for its window, or is paused.
        after = now if state == QUEUED else now - settle
        where = (d.account == account, d.state == state, column > after)
        query = sa.select(sa.func.min(column)).where(*where)
        return connection.execute(query).scalar_one_or_none()

    sending = soonest(d.deadline, SENDING)
    times = (
        soonest(d.not_before, QUEUED),
        soonest(d.not_before, IN_DOUBT),
        sending and sending + settle,
    )
    return min((t for t in times if t is not None), default=None)


def claim(
    connection: Connection, number: int, token: str, now: datetime, deadline: datetime
) -> Any:
    """Compare-and-set from queued to sending; the row as it is now. None: somebody else was first, or it is no
    longer wanted."""
    values = {"number": number, "new_token": token, "now": now, "until": deadline}
    return connection.execute(_claim(), values).first()


@cache
def _claim() -> Any:
    d = deliveries.c
    now = sa.bindparam("now", type_=d.not_before.type)
    return (
        sa.update(deliveries)
        .where(d.id == sa.bindparam("number"), d.state == QUEUED, d.not_before <= now)
        .values(
            state=SENDING,
            token=sa.bindparam("new_token"),
            claimed_at=now,
            deadline=sa.bindparam("until", type_=d.deadline.type),
            attempts=d.attempts + 1,
        )
        .returning(*deliveries.c)
    )


def settle_sent(connection: Connection, number: int, receipt: Receipt) -> None:
    """A true receipt wins over every doubt."""
    d = deliveries.c
    values: dict[str, Any] = {
        "state": SENT, "native_id": receipt.native_id, "sent_at": receipt.sent_at, "posted_link": receipt.link,
        "reason": "",
    }  # fmt: skip
    if receipt.place is not None:
        values["place"] = receipt.place
    connection.execute(
        sa.update(deliveries).where(d.id == number, d.state != SENT).values(**values)
    )


def requeue(connection: Connection, number: int, token: str | None, not_before: datetime, reason: str, *,
            repeat: bool = False, changes: Mapping[str, Any] | None = None) -> None:  # fmt: skip
    """Surely not done: again later."""
    d = deliveries.c
    values = {"state": QUEUED, "token": None, "not_before": not_before, "reason": reason} | dict(
        changes or {}
    )
    if repeat:
        values |= {"repeat": True, "looks": 0}
    connection.execute(
        sa.update(deliveries)
        .where(d.id == number, d.token == token, d.state != SENT)
        .values(**values)
    )


def set_state(
    connection: Connection, number: int, token: str | None, state: str, reason: str
) -> None:
    """Rejected, in doubt, held or cancelled, by compare-and-set on the token."""
    d = deliveries.c
    same = d.token.is_(None) if token is None else d.token == token
    connection.execute(
        sa.update(deliveries)
        .where(d.id == number, same, d.state != SENT)
        .values(state=state, reason=reason)
    )


def postpone_place(connection: Connection, account: str, place: str, until: datetime) -> None:
    """The platform asked us to be quiet there: everything for that place waits."""
    d = deliveries.c
    connection.execute(
        sa.update(deliveries)
        .where(d.account == account, d.place == place, d.state == QUEUED, d.not_before < until)
        .values(not_before=until)
    )


def interrupted(
    connection: Connection, account: str, settled_before: datetime
) -> Sequence[sa.Row[Any]]:
    """Rows still `sending` long after their deadline: whether they were said is not known."""
    d = deliveries.c
    query = sa.select(deliveries).where(
        d.account == account, d.state == SENDING, d.deadline < settled_before
    )
    return connection.execute(query.order_by(d.id)).all()


def doubts(connection: Connection, account: str, now: datetime) -> Sequence[sa.Row[Any]]:
    """Rows in doubt that may be looked into now."""
    d = deliveries.c
    query = sa.select(deliveries).where(
        d.account == account, d.state == IN_DOUBT, d.not_before <= now
    )
    return connection.execute(query.order_by(d.priority, d.id)).all()


def looked(
    connection: Connection, number: int, not_before: datetime, *, asked: bool = True
) -> None:
    """The platform was asked and does not show it (or could not be asked)."""
    d = deliveries.c
    connection.execute(
        sa.update(deliveries)
        .where(d.id == number)
        .values(looks=d.looks + int(asked), not_before=not_before)
    )


def into_doubt(
    connection: Connection, number: int, token: str | None, not_before: datetime, reason: str
) -> None:
    """May have been said; nothing is repeated before `not_before`, the settling time."""
    d = deliveries.c
    connection.execute(
        sa.update(deliveries)
        .where(d.id == number, d.token == token, d.state == SENDING)
        .values(state=IN_DOUBT, reason=reason, not_before=not_before)
    )


def recent_posts(connection: Connection, account: str, since: datetime) -> Sequence[Any]:
    """What this account said, or may have said, since: oldest first."""
    d = deliveries.c
    at = sa.func.coalesce(d.sent_at, d.claimed_at)
    query = (
        sa.select(d.kind, d.place, d.claimed_at, d.platform)
        .where(d.account == account, d.state.in_(_COUNTED), at >= since, d.claimed_at.is_not(None))
        .order_by(d.claimed_at)
    )
    return connection.execute(query).all()


@dataclass(frozen=True, slots=True)
class Said:
    """Automatic public messages: in this place in the last minute and hour, to this person in the last hour."""

    here_this_minute: int
    here_this_hour: int
    to_them_this_hour: int


def said_lately(
    connection: Connection, platform: str, place: str, author_id: str, now: datetime
) -> Said:
    """What the desk said by itself, or may have said, in the hour before `now`."""
    row = connection.execute(
        _said_lately(),
        {
            "platform": platform,
            "place": place,
            "author": author_id,
            "minute": now - timedelta(minutes=1),
            "hour": now - timedelta(hours=1),
        },
    ).one()
    return Said(*(count or 0 for count in row))


@cache
def _said_lately() -> Any:
    d, c = deliveries.c, cases.c

    def count(*where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((sa.and_(*where), 1), else_=0))

    here = d.place == sa.bindparam("place")
    return (
        sa.select(
            count(here, d.claimed_at >= sa.bindparam("minute", type_=d.claimed_at.type)),
            count(here),
            count(c.author_id == sa.bindparam("author")),
        )
        .select_from(deliveries.outerjoin(cases, c.id == d.case_id))
        .where(d.claimed_at >= sa.bindparam("hour", type_=d.claimed_at.type))
        .where(d.platform == sa.bindparam("platform"), d.kind.in_(_PUBLIC), d.state.in_(_COUNTED))
    )


def has_opted_out(connection: Connection, platform: str, author_id: str) -> bool:
    """Did this person ask us to stop?"""
    who = {"platform": platform, "author": author_id}
    return connection.execute(_opted_out(), who).first() is not None


@cache
def _opted_out() -> sa.Select[Any]:
    o = optouts.c
    return sa.select(o.at).where(
        o.platform == sa.bindparam("platform"), o.author_id == sa.bindparam("author")
    )


def opt_out(connection: Connection, platform: str, author_id: str, now: datetime) -> None:
    """Never speak to this person by ourselves again."""
    add(connection, optouts, [{"platform": platform, "author_id": author_id, "at": now}])


def opt_in(connection: Connection, platform: str, author_id: str) -> None:
    """This person wants to hear from us again."""
    o = optouts.c
    connection.execute(sa.delete(optouts).where(o.platform == platform, o.author_id == author_id))


def ours_among(
    connection: Connection, found: Iterable[tuple[str, str, str]]
) -> frozenset[tuple[str, str, str]]:
    """Which of these (platform, place, native id) we said ourselves."""
    keys = wanted(found)
    rows = connection.execute(_posted(dialect_of(connection)), keys)
    return frozenset((row.platform, row.place, row.native_id) for row in rows)


@cache
def _posted(dialect: str) -> sa.Select[Any]:
    d = deliveries.c
    return (
        sa.select(d.platform, d.place, d.native_id)
        .select_from(keyed(dialect, deliveries, "platform", "place", "native_id"))
        .where(d.kind != Kind.RELAY.value)  # those are a person's words
    )


def decide(connection: Connection, number: int, state: str, now: datetime) -> bool:
    """A person says what became of a doubt: sent, cancelled, or queued again. False: it is not in doubt."""
    d = deliveries.c
    values: dict[str, Any] = {"state": state, "reason": "decided by a person", "token": None}
    if state == SENT:
        values["sent_at"] = d.claimed_at
    if state == QUEUED:  # wanted as of now, however old it is
        values |= {
            "not_before": now,
            "not_after": None,
            "repeat": True,
            "created_at": now,
            "looks": 0,
        }
    done = connection.execute(
        sa.update(deliveries).where(d.id == number, d.state.in_((IN_DOUBT, HELD))).values(**values)
        .returning(d.case_id, d.kind, d.claimed_at)
    ).first()  # fmt: skip
    if done is not None and state == SENT and done.kind in _PUBLIC and done.case_id is not None:
        c = cases.c
        connection.execute(
            sa.update(cases)
            .where(c.id == done.case_id, c.ack_at.is_(None))
            .values(ack_at=done.claimed_at)
        )
    return done is not None
