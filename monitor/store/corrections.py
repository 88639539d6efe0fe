"""Corrections as they are stored: who, when, what, and where messages were put. It plans nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.cases import Case, Read
from monitor.core.corrections import Correction
from monitor.store import cases as stored_cases
from monitor.store import crossposts, unsettled
from monitor.store.correction_tables import corrections, links, pins
from monitor.store.nearby import reads_of
from monitor.store.tables import cases, messages
from monitor.store.upsert import put


@dataclass(frozen=True, slots=True)
class Belongs:
    """One message of a case as a person looks at it."""

    id: int
    author: str
    role: str
    text: str
    sent_at: datetime
    how: str
    sure: float | None
    moved: bool


def write(
    connection: Connection, correction: Correction, where: Case, by: str, now: datetime
) -> int:
    """Keep a correction and what it says; the place is to be read anew. Its number."""
    row = {
        "kind": correction.kind.value, "case_key": correction.case_key, "other_key": correction.other_key,
        "message_id": correction.message_id, "by": by, "at": now,
    }  # fmt: skip
    added = connection.execute(sa.insert(corrections).values(row).returning(corrections.c.id))
    number = int(added.scalar_one())
    put(
        connection, pins,
        [{"message_id": n, "case_key": key, "correction_id": number} for n, key in correction.pins.items()],
        ("message_id",),
    )  # fmt: skip
    for key, root in correction.merged.items():
        connection.execute(sa.update(cases).where(cases.c.key == key).values(merged_into=root))
    place = (where.platform.value, where.place)
    unsettled.mark(connection, {place: correction.since})
    if correction.since == now:
        crossposts.happened(connection, where, now)
    return number


def case(connection: Connection, number: int) -> Case | None:
    """A case by its number, to be changed."""
    return stored_cases.load(connection, [number], lock=True).get(number)


def looked_up(connection: Connection, number: int) -> Case | None:
    """A case by its number, only to be read."""
    return stored_cases.load(connection, [number]).get(number)


def alike(connection: Connection, found: Case) -> list[Case]:
    """Those with which it is joined."""
    if found.merged_into is None:
        return []
    query = sa.select(cases.c.id).where(cases.c.merged_into == found.merged_into)
    return list(stored_cases.load(connection, list(connection.execute(query).scalars())).values())


def by_key(connection: Connection, key: str) -> Case | None:
    """A case by its key."""
    found = connection.execute(sa.select(cases.c.id).where(cases.c.key == key)).scalar_one_or_none()
    return case(connection, found) if found is not None else None


def reads(connection: Connection, found: Case) -> list[Read]:
    """All its messages."""
    return reads_of(connection, [found.id or 0]).get(found.id or 0, [])


def read(connection: Connection, message_id: int) -> Read | None:
    """One message that was judged."""
    found = reads_of(connection, (), only=message_id).get(0, [])
    return found[0] if found else None


def log_of(connection: Connection, key: str) -> Sequence[Any]:
    """What was corrected in a case, oldest first."""
    c = corrections.c
    query = sa.select(corrections).where(sa.or_(c.case_key == key, c.other_key == key))
    return connection.execute(query.order_by(c.at, c.id)).all()


def looked_at(connection: Connection, found: Case) -> list[Belongs]:
    """Its messages, oldest first, and how they came to it."""
    m = messages.c
    query = (
        sa.select(messages, links.c.how, links.c.sure, pins.c.correction_id)
        .outerjoin(links, links.c.message_id == m.id)
        .outerjoin(pins, pins.c.message_id == m.id)
        .where(m.case_id == found.id)
        .order_by(m.sent_at, m.id)
    )
    return [
        Belongs(row.id, row.author_name or row.author_handle or row.author_id, row.role or "", row.text,
                row.sent_at, row.how or "", row.sure, row.correction_id is not None)
        for row in connection.execute(query)
    ]  # fmt: skip
