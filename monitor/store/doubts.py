"""Deliveries of which nobody knows whether they were said, until platform or person tells. It repeats nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.triage import Kind
from monitor.store.deliveries import HELD, IN_DOUBT, QUEUED, SENDING, SENT
from monitor.store.tables import cases, deliveries


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
    if (
        done is not None
        and state == SENT
        and Kind(done.kind).acknowledges
        and done.case_id is not None
    ):
        c = cases.c
        connection.execute(
            sa.update(cases)
            .where(c.id == done.case_id, c.ack_at.is_(None))
            .values(ack_at=done.claimed_at)
        )
    return done is not None
