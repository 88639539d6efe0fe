"""What the desk says by itself in public: how much lately, and to whom never. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.cases import Read
from monitor.core.messages import Role
from monitor.store.deliveries import COUNTED, UNASKED
from monitor.store.tables import cases, deliveries, optouts
from monitor.store.upsert import add


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
        .where(d.platform == sa.bindparam("platform"), d.kind.in_(UNASKED), d.state.in_(COUNTED))
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


def note_opt_outs(connection: Connection, reads: Iterable[Read], now: datetime) -> None:
    """Members who told us to stop."""
    for read in reads:
        message = read.message
        if message.addressed and read.role is Role.MEMBER and "stop" in read.assessment.signals:
            opt_out(connection, message.platform, message.author.id, now)


def opt_out(connection: Connection, platform: str, author_id: str, now: datetime) -> None:
    """Never speak to this person by ourselves again."""
    add(connection, optouts, [{"platform": platform, "author_id": author_id, "at": now}])


def opt_in(connection: Connection, platform: str, author_id: str) -> None:
    """This person wants to hear from us again."""
    o = optouts.c
    connection.execute(sa.delete(optouts).where(o.platform == platform, o.author_id == author_id))
