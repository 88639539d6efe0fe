"""How the desk stands, in numbers: for /health, the metrics and the outbox command. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.tables import accounts, cases, deliveries, gaps, messages, quarantine


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """One account. `polled_at`: the last fetch that went well."""

    name: str
    platform: str
    standing: str
    reason: str
    polled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that an operator looks at first."""

    accounts: tuple[AccountStanding, ...]
    unassessed: int
    waiting_cases: int
    oldest_waiting_since: datetime | None
    deliveries: dict[tuple[str, str], int]
    quarantined: int
    gaps: int


def standing(connection: Connection) -> Standing:
    """One look at all of it."""
    a, m, c, d = accounts.c, messages.c, cases.c, deliveries.c
    rows = connection.execute(sa.select(accounts).order_by(a.name)).all()
    waiting = connection.execute(
        sa.select(sa.func.count(), sa.func.min(c.open_turn_at)).where(
            c.open_turn_at.is_not(None), c.state == "open", c.imported.is_(False)
        )
    ).one()
    states = connection.execute(
        sa.select(d.kind, d.state, sa.func.count()).group_by(d.kind, d.state)
    ).all()
    return Standing(
        accounts=tuple(
            AccountStanding(r.name, r.platform, r.standing, r.reason, r.polled_at) for r in rows
        ),
        unassessed=_count(
            connection, sa.select(sa.func.count()).select_from(messages).where(m.state == "new")
        ),
        waiting_cases=waiting[0],
        oldest_waiting_since=_instant(waiting[1]),
        deliveries={(kind, state): n for kind, state, n in states},
        quarantined=_count(connection, sa.select(sa.func.count()).select_from(quarantine)),
        gaps=_count(connection, sa.select(sa.func.count()).select_from(gaps)),
    )


def _count(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar_one())


def _instant(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


def unsettled(connection: Connection) -> Sequence[sa.Row[Any]]:
    """What is in doubt or held for a person to decide, oldest first."""
    d = deliveries.c
    query = sa.select(deliveries).where(d.state.in_(("in_doubt", "held"))).order_by(d.created_at)
    return connection.execute(query).all()
