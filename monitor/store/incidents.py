"""Incidents, and the cases as counting needs them. It judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.cases import Case
from monitor.core.incidents import ALL, Asker, Incident, IncidentKind, series_of
from monitor.core.messages import Platform
from monitor.store.tables import cases, incident_cases, incidents, messages
from monitor.store.upsert import add, add_returning


def askers(connection: Connection, since: datetime, until: datetime) -> list[Asker]:
    """Cases opened after `since`, up to `until`, that were not withdrawn."""
    c = cases.c
    query = sa.select(
        c.id, c.platform, c.place, c.topic, c.language, c.author_id, c.opened_at,
        c.staff_first_at, c.state, c.imported,
    ).where(c.opened_at > since, c.opened_at <= until, c.state != "withdrawn")  # fmt: skip
    return [
        Asker(
            i, Platform(platform), place, topic, language, author, at, staff, state == "open", old
        )
        for i, platform, place, topic, language, author, at, staff, state, old in connection.execute(
            query
        )
    ]


def imported_span(connection: Connection) -> tuple[datetime, datetime] | None:
    """When the first and the last imported case were asked; None: nothing was imported."""
    c = cases.c
    query = sa.select(sa.func.min(c.opened_at), sa.func.max(c.opened_at)).where(c.imported)
    first, last = connection.execute(query).one()
    return (first, last) if first is not None else None


def recent_incidents(connection: Connection, since: datetime) -> list[Incident]:
    """Those that go on or were closed after `since`, the oldest first."""
    i = incidents.c
    recent = sa.or_(i.closed_at.is_(None), i.closed_at > since)
    query = sa.select(incidents).where(recent).order_by(i.id)
    return [_incident(row) for row in connection.execute(query)]


def incidents_in(connection: Connection, start: datetime, end: datetime) -> list[Incident]:
    """Those that touch [start, end), by their beginning."""
    i = incidents.c
    still = sa.or_(i.closed_at.is_(None), i.closed_at > start)
    query = sa.select(incidents).where(i.began_at < end, still).order_by(i.began_at, i.id)
    return [_incident(row) for row in connection.execute(query)]


def _incident(row: Any) -> Incident:
    return Incident(
        id=row.id, kind=IncidentKind(row.kind), series=row.series, began_at=row.began_at,
        opened_at=row.opened_at, usual=row.usual, usual_queue=row.usual_queue, ratio=row.ratio,
        peak=row.peak, calm_since=row.calm_since, closed_at=row.closed_at,
        folded=tuple(row.folded),
    )  # fmt: skip


def open_one(connection: Connection, incident: Incident) -> int | None:
    """Its id; None: that series has an open one already."""
    row = {
        "key": f"{incident.kind}:{incident.series}:{incident.opened_at.isoformat()}",
        **{name: getattr(incident, name) for name in (
            "series", "began_at", "opened_at", "calm_since", "closed_at", "usual", "usual_queue",
            "ratio", "peak")},
        "kind": incident.kind.value, "folded": list(incident.folded),
    }  # fmt: skip
    found = add_returning(connection, incidents, [row], incidents.c.id)
    return int(found[0].id) if found else None


def save(connection: Connection, incident: Incident) -> bool:
    """Keep how it goes on or that it is over. False: it was closed before, by somebody else."""
    done = connection.execute(
        sa.update(incidents)
        .where(incidents.c.id == incident.id, incidents.c.closed_at.is_(None))
        .values(
            calm_since=incident.calm_since, closed_at=incident.closed_at, ratio=incident.ratio,
            peak=incident.peak, folded=list(incident.folded),
        )
    )  # fmt: skip
    return done.rowcount == 1


def attach(connection: Connection, incident_id: int, case_ids: Sequence[int]) -> None:
    """These cases belong to it; again is nothing."""
    add(
        connection,
        incident_cases,
        [{"incident_id": incident_id, "case_id": case_id} for case_id in sorted(case_ids)],
    )


def cases_of(connection: Connection, incident_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """The cases of each incident."""
    i = incident_cases.c
    query = sa.select(i.incident_id, i.case_id).where(i.incident_id.in_(list(incident_ids)))
    found: dict[int, set[int]] = {}
    for incident_id, case_id in connection.execute(query):
        found.setdefault(incident_id, set()).add(case_id)
    return {key: frozenset(value) for key, value in found.items()}


def in_surge(case_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """For a query: does that case belong to a surge that goes on?"""
    i, n = incidents.c, incident_cases.c
    goes_on = (n.incident_id == i.id, i.closed_at.is_(None), i.kind == IncidentKind.SURGE.value)
    return sa.exists().where(n.case_id == case_id, *goes_on)


def joins_surge(connection: Connection, case: Case) -> bool:
    """Is it one of the questions of a surge that goes on, also before the next count takes it in?"""
    i, where = incidents.c, series_of(case.platform, case.place, case.topic.value, case.language)
    query = sa.select(i.id).where(
        i.kind == IncidentKind.SURGE.value, i.closed_at.is_(None), i.series.in_((ALL, *where)),
        i.began_at <= case.opened_at,
    )  # fmt: skip
    return connection.execute(query.limit(1)).first() is not None


def texts(connection: Connection, case_ids: Sequence[int]) -> list[str]:
    """What these cases' askers wrote first, in the cases' order."""
    m = messages.c
    query = (
        sa.select(m.case_id, m.text)
        .where(m.case_id.in_(list(case_ids)), m.text != "")
        .order_by(m.sent_at.desc(), m.id.desc())
    )
    first = {row.case_id: row.text for row in connection.execute(query)}
    return [first[i] for i in case_ids if i in first]
