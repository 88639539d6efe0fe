"""Heads that were learned from labels: kept whole, with what was measured. It never judges whether they are better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.label_tables import head_version
from monitor.store.labels import note

KEPT = 5  # heads whose weights are kept; older ones are learned again from their labels


def by_key(connection: Connection, key: str) -> Any:
    """The heads that were made from exactly this, None if there are none."""
    return connection.execute(
        sa.select(head_version).where(head_version.c.key == key)
    ).one_or_none()


def by_number(connection: Connection, number: int | None) -> Any:
    """One of them, None if there is none."""
    return connection.execute(
        sa.select(head_version).where(head_version.c.id == number)
    ).one_or_none()


def in_force(connection: Connection) -> Any:
    """The promoted heads that are not retired, None while those of the seeds alone judge."""
    h = head_version.c
    promoted = (h.promoted_at.is_not(None), h.retired_at.is_(None))
    return connection.execute(sa.select(head_version).where(*promoted)).one_or_none()


def keep(connection: Connection, row: Mapping[str, Any]) -> int:
    """Note a candidate with its figures; measured again, the newer figures stand. Its number."""
    h = head_version.c
    known = by_key(connection, row["key"])
    if known is not None:
        values = {k: v for k, v in row.items() if k != "key"}
        connection.execute(sa.update(head_version).where(h.id == known.id).values(**values))
        return int(known.id)
    return int(
        connection.execute(sa.insert(head_version).values(**row).returning(h.id)).scalar_one()
    )


def promote(connection: Connection, number: int, by: str, now: datetime) -> int:
    """Put these heads in force instead of those that are; the version that this makes."""
    _switch(connection, number, by, now)
    return note(connection, now, by, "heads", head_id=number)


def roll_back(
    connection: Connection, number: int | None, target: int | None, by: str, now: datetime
) -> int:
    """Put earlier heads (None: those of the seeds alone) back in force; the version that this makes."""
    _switch(connection, number, by, now)
    return note(connection, now, by, "rollback", head_id=number, target=target)


def _switch(connection: Connection, number: int | None, by: str, now: datetime) -> None:
    h = head_version.c
    others = (h.promoted_at.is_not(None), h.retired_at.is_(None), h.id.is_distinct_from(number))
    connection.execute(sa.update(head_version).where(*others).values(retired_at=now, retired_by=by))
    mine = sa.update(head_version).where(h.id == number)
    connection.execute(
        mine.values(promoted_at=now, promoted_by=by, retired_at=None, retired_by=None)
    )
    _lighten(connection)


def _lighten(connection: Connection) -> None:
    h = head_version.c
    heavy = (
        sa.select(h.id).where(h.weights.is_not(None)).order_by(h.promoted_at.desc(), h.id.desc())
    )
    for number in connection.execute(heavy).scalars().all()[KEPT:]:
        connection.execute(sa.update(head_version).where(h.id == number).values(weights=None))


def all_of(connection: Connection) -> Sequence[Any]:
    """All without their weights, oldest first."""
    columns = [c for c in head_version.c if c.name != "weights"]
    return connection.execute(sa.select(*columns).order_by(head_version.c.id)).all()
