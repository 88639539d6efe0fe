"""The outbox: what we mean to say, claimed before it is said, settled by what the platform answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.triage import Delivery, Kind
from monitor.ports import Receipt
from monitor.store.lookup import dialect_of, keyed
from monitor.store.reading import rows_of
from monitor.store.tables import deliveries
from monitor.store.upsert import add

QUEUED, SENDING, SENT = "queued", "sending", "sent"
REJECTED, IN_DOUBT, HELD, CANCELLED = "rejected", "in_doubt", "held", "cancelled"
UNASKED = tuple(kind.value for kind in Kind if kind.is_automatic_public)
COUNTED = (SENT, SENDING, IN_DOUBT, HELD)


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


def was_said(connection: Connection, case_id: int | None, kind: Kind) -> bool:
    """Was something of that kind ever meant to be said about this case?"""
    if case_id is None:
        return False
    d = deliveries.c
    query = sa.select(d.id).where(d.case_id == case_id, d.kind == kind.value).limit(1)
    return connection.execute(query).first() is not None


def due(
    connection: Connection, account: str, now: datetime, limit: int = 50, *,
    besides: Collection[tuple[str, str]] = (), paused: bool = False,
) -> Sequence[sa.Row[Any]]:  # fmt: skip
    """What may be said now by this account, urgent first; not what is `besides` (place, kind), and while `paused`
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
        query = query.where(
            sa.tuple_(d.place, d.kind).not_in(sa.bindparam("besides", expanding=True))
        )
    return query.where(d.kind.not_in(UNASKED), _may_interrupt()) if paused else query


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


def into_thread(connection: Connection, number: int, thread: str | None) -> None:
    """It is said in that topic."""
    d = deliveries.c
    connection.execute(sa.update(deliveries).where(d.id == number).values(thread=thread))


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


def recent_posts(connection: Connection, account: str, since: datetime) -> Sequence[Any]:
    """What this account said, or may have said, since: oldest first."""
    d = deliveries.c
    at = sa.func.coalesce(d.sent_at, d.claimed_at)
    query = (
        sa.select(d.kind, d.place, d.claimed_at, d.platform)
        .where(d.account == account, d.state.in_(COUNTED), at >= since, d.claimed_at.is_not(None))
        .order_by(d.claimed_at)
    )
    return connection.execute(query).all()


def ours_among(connection: Connection, keys: Mapping[str, str]) -> frozenset[tuple[str, str, str]]:
    """Which of these messages (messages.keys_of) we said ourselves."""
    return frozenset(map(tuple, rows_of(connection, _posted(dialect_of(connection)), keys)))


@cache
def _posted(dialect: str) -> sa.Select[Any]:
    d = deliveries.c
    return (
        sa.select(d.platform, d.place, d.native_id)
        .select_from(keyed(dialect, deliveries, "platform", "place", "native_id"))
        .where(d.kind != Kind.RELAY.value)  # those are a person's words
    )
