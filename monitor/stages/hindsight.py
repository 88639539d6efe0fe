"""After an import: find the surges of the imported weeks and keep them, so that reports tell them apart.

It alerts nobody: what is past is past.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from monitor.core.hindsight import Hindsight, Past
from monitor.core.incidents import Incident
from monitor.store import incidents as store
from monitor.store.database import Connection, Database

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def find_past_surges(database: Database) -> int:
    """Walk through the imported cases; how many surges are new. Again is nothing."""
    with database.read() as connection:
        span = store.imported_span(connection)
    if span is None:
        return 0
    first, last = span
    walk, day = Hindsight(), first.replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= last:
        with database.read() as connection:
            asked = store.askers(connection, day - _INSTANT, day + _DAY - _INSTANT)
        walk.day(day, asked)
        day += _DAY
    walk.end(last)
    return sum(_keep(database, past) for past in walk.found)


def _keep(database: Database, past: Past) -> bool:
    incident = past.incident
    ends = incident.closed_at or incident.opened_at
    with database.write() as connection:
        known = store.incidents_in(connection, incident.began_at, ends)
        if any(_same(incident, other) for other in known):
            return False
        return _insert(connection, incident, past.cases)


def _same(one: Incident, other: Incident) -> bool:
    """Seen before: live, or by an import of part of this history."""
    return one.kind is other.kind and bool({*one.all_series} & {*other.all_series})


def _insert(connection: Connection, incident: Incident, cases: Sequence[int]) -> bool:
    number = store.open_one(connection, incident)
    if number is None:
        return False
    store.attach(connection, number, cases)
    return True
