"""Until when each place has been heard, and from when it must be read anew because something came late or changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.cases import Read
from monitor.core.messages import Platform
from monitor.core.replay import Begun, after_all
from monitor.store.bulk import put_rows
from monitor.store.correction_tables import heard, rereads, unsettled
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.reading import rows_of
from monitor.store.tables import cases, micros
from monitor.store.upsert import add, put

_ALL = sa.select(unsettled)
_FIRST = _ALL.order_by(unsettled.c.since).limit(1)
_NEWEST_CASE = sa.select(sa.func.coalesce(sa.func.max(cases.c.id), 0))
Where = tuple[str, str]
Order = tuple[datetime, bool, int, str]


def note(
    connection: Connection, reads: Iterable[Read], earlier: Iterable[Read], now: datetime
) -> None:
    """These have been attached: note the places in which some came after what is newer. `earlier`: looked at again."""
    first: dict[Where, Order] = {}
    last: dict[Where, Order] = {}
    edited: list[dict[str, Any]] = []
    since: dict[Where, datetime] = {}
    for read in reads:
        message, order = read.message, read.order
        where = (message.platform._value_, message.place)
        if where not in first or order < first[where]:
            first[where] = order
        if where not in last or order > last[where]:
            last[where] = order
        if read.rewritten:
            edited.append({"message_id": read.id, "judged_at": now, "edited_at": read.at})
            since[where] = min(read.at, since.get(where, read.at))
    if not last:
        return
    for read in earlier if since else ():  # an edit may have drawn in what was said long before it
        where = (read.message.platform._value_, read.message.place)
        if where in since:
            since[where] = min(read.at, since[where])
    before = _heard(connection, last)
    reach(connection, {where: order for where, order in last.items()
                       if where not in before or order > before[where]})  # fmt: skip
    late = {where: order[0] for where, order in first.items()
            if where in before and order < before[where]}  # fmt: skip
    mark(connection, since | {w: min(at, since.get(w, at)) for w, at in late.items()})
    add(connection, rereads, edited)


def _heard(connection: Connection, where: Iterable[Where]) -> dict[Where, Order]:
    rows = rows_of(connection, _heard_by_key(dialect_of(connection)), wanted(where))
    return {
        (platform, place): (until, name[:1] == "e", len(name) - 1, name[1:])
        for platform, place, until, name in rows
    }


@cache
def _heard_by_key(dialect: str) -> sa.Select[Any]:
    h = heard.c
    found = sa.select(h.platform, h.place, h.until, h.mark)
    return found.select_from(keyed(dialect, heard, "platform", "place"))


def reach(connection: Connection, until: Mapping[Where, Order]) -> None:
    """A place has been heard until there."""
    rows = [
        (*where, micros(at), ("e" if is_edit else "m") + name)
        for where, (at, is_edit, _, name) in sorted(until.items())
    ]
    put_rows(connection, heard, ("platform", "place"), ("platform", "place", "until", "mark"), rows)


def reach_at_least(connection: Connection, where: Where, until: Order) -> None:
    """The same, unless it has been heard for longer."""
    before = _heard(connection, [where]).get(where)
    if before is None or until > before:
        reach(connection, {where: until})


def mark(connection: Connection, since: Mapping[Where, datetime]) -> None:
    """These places must be read anew from there."""
    if not since:
        return
    waiting = {
        (row.platform, row.place): (row.since, row.times + 1) for row in connection.execute(_ALL)
    }
    rows = []
    for where, at in sorted(since.items()):
        before, times = waiting.get(where, (at, 0))
        rows.append(
            {"platform": where[0], "place": where[1], "since": min(at, before), "times": times}
        )
    put(connection, unsettled, rows, ("platform", "place"))


def changed(connection: Connection, where: Where, at: datetime) -> None:
    """Something happened then to what is stored: the place is to be read anew, and what is older comes late."""
    mark(connection, {where: at})
    reach_at_least(connection, where, after_all(at))


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A place that must be read anew, and from when. `times`: how often that was noted."""

    platform: Platform
    place: str
    since: datetime
    times: int
    begun: Begun


def first(connection: Connection) -> Unsettled | None:
    """One of those that wait for it."""
    row = connection.execute(_FIRST).first()
    if row is None:
        return None
    begun = Begun(row.fresh or 0, frozenset(row.revived or ()), frozenset(row.emptied or ()))
    if row.fresh is None:
        begun = Begun(connection.execute(_NEWEST_CASE).scalar_one() + 1)
    return Unsettled(Platform(row.platform), row.place, row.since, row.times, begun)


def done(
    connection: Connection, found: Unsettled, until: datetime | None, begun: Begun | None = None
) -> None:
    """It has been read anew until then, or to the end; what was noted meanwhile stays noted."""
    begun = begun or found.begun
    u = unsettled.c
    same = (u.platform == found.platform.value, u.place == found.place, u.times == found.times)
    if until is None:
        connection.execute(sa.delete(unsettled).where(*same))
    else:
        reached = {"since": until, "fresh": begun.fresh, "revived": sorted(begun.revived),
                   "emptied": sorted(begun.emptied)}  # fmt: skip
        connection.execute(sa.update(unsettled).where(*same).values(**reached))
