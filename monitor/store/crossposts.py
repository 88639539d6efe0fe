"""Cases in which one person asked the same in several places, as stored. What one tells the others is core's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from monitor.core.around import Mark
from monitor.core.cases import Case
from monitor.core.crossposts import changed_since, is_same, told
from monitor.core.messages import Platform
from monitor.core.wording import near
from monitor.store import unsettled
from monitor.store.cases import load
from monitor.store.correction_tables import crossposts
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.marks import marks_of
from monitor.store.reading import rows_of
from monitor.store.tables import Instant, cases, deliveries
from monitor.store.upsert import add

Pair = tuple[int, int]
_LOCK = sa.select(sa.func.pg_advisory_xact_lock(sa.column("said"))).select_from(
    sa.func.unnest(sa.bindparam("said", type_=ARRAY(sa.BigInteger))).alias("said")
)
_ACKNOWLEDGES = ("acknowledgement", "answer")


def note(
    connection: Connection, changed: Iterable[Case], before: Mapping[str, Case]
) -> dict[int, frozenset[int]]:
    """These stored cases were `before` otherwise, or not at all: find who asked the same elsewhere, and have places
    read anew that must hear of an answer. Cases that ask something now, to those that ask the same."""
    since = _Since()
    asking, telling = [], []
    for case in changed:
        was = before.get(case.key)
        if _question(was) != _question(case):
            asking.append((was, case))
        elif case.asked is not None and told(was) != told(case):
            telling.append((was, case))
    found = _paired(connection, asking, since) if asking else {}
    if telling:
        _tell(connection, telling, since)
    unsettled.mark(connection, since.places)
    return found


def _question(case: Case | None) -> tuple[Any, ...] | None:
    return None if case is None or case.asked is None else (case.asked, case.opened_at, case.place)


@dataclass(slots=True)
class _Since:
    """From when on places must be read anew."""

    places: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def hears(self, one: Case, before: Iterable[Mark], after: Iterable[Mark]) -> None:
        at = changed_since(one, before, after)
        if at is not None:
            where = (one.platform.value, one.place)
            self.places[where] = min(at, self.places.get(where, at))

    def forgets(self, one: Case) -> None:
        where = (one.platform.value, one.place)
        self.places[where] = min(one.opened_at, self.places.get(where, one.opened_at))


def _paired(
    connection: Connection, asking: Sequence[tuple[Case | None, Case]], since: _Since
) -> dict[int, frozenset[int]]:
    numbers = {case.id or 0: (was, case) for was, case in asking}
    old = pairs_of(connection, [n for n, (was, _) in numbers.items() if _question(was)])
    alike = _alike(connection, [case for _, case in asking if case.asked is not None])
    new = {(n, other) for n, others in alike.items() for other in others}
    if not (old or new):  # as on most pages
        return {}
    others = load(connection, sorted({other for _, other in old | new}))
    said = _said_of(connection, (*others.values(), *(case for _, case in asking)))
    for number, other in old | new:
        was, case = numbers[number]
        there = others[other] if other not in numbers else numbers[other][1]
        if (number, other) in new - old:
            since.hears(case, (), told(there, said=said.get(there.key, ())))
        if (number, other) in new:
            mine = said.get(case.key, ())
            before = told(was, said=mine) if (number, other) in old else ()
            since.hears(there, before, told(case, said=mine))
        else:  # nothing shows any more what they have heard: all of it anew
            since.forgets(there)
            since.forgets(case)
    _change(connection, old - new, new - old)
    return {n: frozenset(found) for n, found in alike.items() if found}


def _said_of(connection: Connection, found: Iterable[Case]) -> dict[str, list[Mark]]:
    grouped: dict[str, list[Mark]] = {}
    for mark in marks_of(connection, {case.key for case in found}):
        grouped.setdefault(mark.case_key, []).append(mark)
    return grouped


def _alike(connection: Connection, asking: Sequence[Case]) -> dict[int, set[int]]:
    if not asking:
        return {}
    if (
        dialect_of(connection) == "postgresql"
    ):  # two who store copies at the same time must see each other
        said = sorted({(case.asked or 0) & 0xFFFFFFFF for case in asking})
        rows_of(connection, _LOCK, {"said": said})
    near_to = {case.id or 0: near(case.asked or 0) for case in asking}
    keys = wanted((key,) for found in near_to.values() for key in found)
    there: dict[int, list[_Asked]] = {}
    for row in rows_of(connection, _by_question(dialect_of(connection)), keys):
        there.setdefault(row[1], []).append(_Asked(*row))
    return {
        number: {
            other.id
            for key in near_to[number]
            for other in there.get(key, ())
            if other.id != number and is_same(case, other)
        }
        for number, case in ((case.id or 0, case) for case in asking)
    }


class _Asked(NamedTuple):
    id: int
    asked: int
    platform: Platform
    place: str
    author_id: str
    opened_at: datetime


@cache
def _by_question(dialect: str) -> sa.Select[Any]:
    c = cases.c
    found = sa.select(*(c[name] for name in _Asked._fields))
    return found.select_from(keyed(dialect, cases, "asked"))


def pairs_of(connection: Connection, numbers: Collection[int]) -> set[Pair]:
    """(this case, one that asks the same elsewhere) for these cases."""
    if not numbers:
        return set()
    rows = rows_of(connection, _by_case(dialect_of(connection)), wanted((n,) for n in numbers))
    return {(one, other) for one, other in rows}


@cache
def _by_case(dialect: str) -> sa.Select[Any]:
    pair = sa.select(crossposts.c.case_id, crossposts.c.other_id)
    return pair.select_from(keyed(dialect, crossposts, "case_id"))


def _change(connection: Connection, gone: Iterable[Pair], new: Iterable[Pair]) -> None:
    x = crossposts.c
    for one, other in gone:
        for pair in ((one, other), (other, one)):
            connection.execute(
                sa.delete(crossposts).where(x.case_id == pair[0], x.other_id == pair[1])
            )
    both = {pair for one, other in new for pair in ((one, other), (other, one))}
    add(connection, crossposts, [{"case_id": a, "other_id": b} for a, b in sorted(both)])


def _tell(
    connection: Connection, telling: Sequence[tuple[Case | None, Case]], since: _Since
) -> None:
    numbers = {case.id or 0: (was, case) for was, case in telling}
    pairs = pairs_of(connection, numbers)
    others = load(connection, sorted({other for _, other in pairs}))
    for number, other in pairs:
        was, case = numbers[number]
        since.hears(others[other], told(was), told(case))


def heard_by(connection: Connection, found: Mapping[str, Case]) -> list[Mark]:
    """What these cases hear from those that ask the same in other places."""
    keys = {case.id: key for key, case in found.items() if case.id is not None}
    pairs = pairs_of(connection, [n for n, key in keys.items() if found[key].asked is not None])
    others = load(connection, sorted({other for _, other in pairs}))
    said = _said_of(connection, others.values())
    return [
        mark
        for one, other in sorted(pairs)
        for mark in told(others[other], keys[one], said.get(others[other].key, ()))
    ]


def happened(connection: Connection, case: Case, at: datetime) -> None:
    """People said something of a case then: its place, and where the same was asked, are read anew from there."""
    numbers = {other for _, other in pairs_of(connection, [case.id or 0])}
    for one in (case, *load(connection, sorted(numbers)).values()):
        unsettled.changed(connection, (one.platform.value, one.place), at)


def copies(connection: Connection, start: datetime, end: datetime) -> set[int]:
    """Cases of [start, end) that were asked before in another place, where they count."""
    here, there, x = cases.alias("here"), cases.alias("there"), crossposts.c
    counts = sa.or_(
        there.c.state != "withdrawn",
        there.c.staff_first_at.is_not(None),
        there.c.community_first_at.is_not(None),
    )
    is_earlier = sa.or_(
        there.c.opened_at < here.c.opened_at,
        sa.and_(there.c.opened_at == here.c.opened_at, there.c.key < here.c.key),
    )
    query = (
        sa.select(x.case_id)
        .join_from(crossposts, here, here.c.id == x.case_id)
        .join(there, there.c.id == x.other_id)
        .where(here.c.opened_at >= start, here.c.opened_at < end, counts, is_earlier)
    )
    return set(connection.execute(query).scalars())


def may_have_heard(connection: Connection, platform: str, place: str, since: datetime) -> set[int]:
    """Cases of a place that were answered or over elsewhere since then, or whose other place was."""
    given = {"platform": platform, "place": place, "since": since}
    return {row[0] for row in rows_of(connection, _having_heard(), given)}


@cache
def _having_heard() -> sa.Select[Any]:
    here, there, x = cases.alias("here"), cases.alias("there"), crossposts.c
    platform = sa.bindparam("platform", type_=sa.Text)
    place = sa.bindparam("place", type_=sa.Text)
    since = sa.bindparam("since", type_=Instant)
    names = ("staff_first_at", "staff_last_at", "community_first_at", "thanked_at", "resolved_at")
    heard = [one.c[name] >= since for one in (here, there) for name in names]
    # Not by an index of the place, which has many cases more than there are copies.
    where = here.c.platform.concat(""), here.c.place.concat("")
    in_place = sa.and_(where[0] == platform, where[1] == place)
    return (
        sa.select(x.case_id)
        .join_from(crossposts, here, here.c.id == x.case_id)
        .join(there, there.c.id == x.other_id)
        .where(in_place, sa.or_(*heard))
    )


def acknowledged(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Those of these cases of which the desk has said in public that it has seen them, or will."""
    d = deliveries.c
    given = wanted((number,) for number in numbers)
    query = sa.select(d.case_id).select_from(keyed(dialect_of(connection), deliveries, "case_id"))
    query = query.where(d.kind.in_(_ACKNOWLEDGES), d.state.not_in(("cancelled", "rejected")))
    return set(connection.execute(query, given).scalars()) if numbers else set()
