"""Cases in which one person asked the same in several places, as stored. What one tells the others is core's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from monitor.core.around import Mark
from monitor.core.cases import Case
from monitor.core.crossposts import changed_since, is_same, told
from monitor.core.wording import near
from monitor.store import unsettled
from monitor.store.cases import load
from monitor.store.correction_tables import crossposts
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import cases, deliveries
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
    others = load(connection, sorted({other for _, other in old | new}))
    for number, other in old | new:
        was, case = numbers[number]
        there = others[other] if other not in numbers else numbers[other][1]
        if (number, other) in new - old:
            since.hears(case, (), told(there))
        if (number, other) in new:
            since.hears(there, told(was) if (number, other) in old else (), told(case))
        else:  # nothing shows any more what they have heard: all of it anew
            since.forgets(there)
            since.forgets(case)
    _change(connection, old - new, new - old)
    return {n: frozenset(found) for n, found in alike.items() if found}


def _alike(connection: Connection, asking: Sequence[Case]) -> dict[int, set[int]]:
    if not asking:
        return {}
    if (
        dialect_of(connection) == "postgresql"
    ):  # two who store copies at the same time must see each other
        connection.execute(
            _LOCK, {"said": sorted({(case.asked or 0) & 0xFFFFFFFF for case in asking})}
        )
    keys = wanted((key,) for case in asking for key in near(case.asked or 0))
    rows = connection.execute(_by_question(dialect_of(connection)), keys).all()
    return {case.id or 0: {row.id for row in rows if is_same(case, row)} for case in asking}


@cache
def _by_question(dialect: str) -> sa.Select[Any]:
    c = cases.c
    return sa.select(c.id, c.asked, c.platform, c.place, c.author_id, c.opened_at).select_from(
        keyed(dialect, cases, "asked")
    )


def pairs_of(connection: Connection, numbers: Collection[int]) -> set[Pair]:
    """(this case, one that asks the same elsewhere) for these cases."""
    if not numbers:
        return set()
    rows = connection.execute(_by_case(dialect_of(connection)), wanted((n,) for n in numbers))
    return {(row.case_id, row.other_id) for row in rows}


@cache
def _by_case(dialect: str) -> sa.Select[Any]:
    return sa.select(crossposts).select_from(keyed(dialect, crossposts, "case_id"))


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
    return [mark for one, other in sorted(pairs) for mark in told(others[other], keys[one])]


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
    """Cases of a place that were answered elsewhere since then, or whose other place was answered."""
    here, there, x = cases.alias("here"), cases.alias("there"), crossposts.c
    answered = [
        column >= since
        for one in (here, there)
        for column in (one.c.staff_first_at, one.c.staff_last_at, one.c.community_first_at)
    ]
    query = (
        sa.select(x.case_id)
        .join_from(crossposts, here, here.c.id == x.case_id)
        .join(there, there.c.id == x.other_id)
        .where(here.c.platform == platform, here.c.place == place, sa.or_(*answered))
    )
    return set(connection.execute(query).scalars())


def acknowledged(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Those of these cases of which the desk has said in public that it has seen them, or will."""
    d = deliveries.c
    given = wanted((number,) for number in numbers)
    query = sa.select(d.case_id).select_from(keyed(dialect_of(connection), deliveries, "case_id"))
    query = query.where(d.kind.in_(_ACKNOWLEDGES), d.state.not_in(("cancelled", "rejected")))
    return set(connection.execute(query, given).scalars()) if numbers else set()
