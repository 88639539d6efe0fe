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
from monitor.core.replay import after_all
from monitor.store.correction_tables import heard, rereads, unsettled
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import cases
from monitor.store.upsert import add, put

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
    rows = connection.execute(_heard_by_key(dialect_of(connection)), wanted(where))
    return {
        (row.platform, row.place): (row.until, row.mark[:1] == "e", len(row.mark) - 1, row.mark[1:])
        for row in rows
    }


@cache
def _heard_by_key(dialect: str) -> sa.Select[Any]:
    return sa.select(heard).select_from(keyed(dialect, heard, "platform", "place"))


def reach(connection: Connection, until: Mapping[Where, Order]) -> None:
    """A place has been heard until there."""
    rows = [
        {
            "platform": where[0],
            "place": where[1],
            "until": at,
            "mark": ("e" if is_edit else "m") + name,
        }
        for where, (at, is_edit, _, name) in sorted(until.items())
    ]
    put(connection, heard, rows, ("platform", "place"))


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
        (row.platform, row.place): (row.since, row.times + 1)
        for row in connection.execute(sa.select(unsettled))
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
    """A place that must be read anew, and from when. `times`: how often that was noted. `fresh`: the first number of
    a case that was opened since somebody began to.
    """

    platform: Platform
    place: str
    since: datetime
    times: int
    fresh: int


def first(connection: Connection) -> Unsettled | None:
    """One of those that wait for it."""
    row = connection.execute(sa.select(unsettled).order_by(unsettled.c.since).limit(1)).first()
    if row is None:
        return None
    fresh = row.fresh
    if fresh is None:
        fresh = (
            connection.execute(sa.select(sa.func.coalesce(sa.func.max(cases.c.id), 0))).scalar_one()
            + 1
        )
    return Unsettled(Platform(row.platform), row.place, row.since, row.times, fresh)


def done(connection: Connection, found: Unsettled, until: datetime | None) -> None:
    """It has been read anew until then, or to the end; what was noted meanwhile stays noted."""
    u = unsettled.c
    same = (u.platform == found.platform.value, u.place == found.place, u.times == found.times)
    if until is None:
        connection.execute(sa.delete(unsettled).where(*same))
    else:
        connection.execute(sa.update(unsettled).where(*same).values(since=until, fresh=found.fresh))
