"""What reports read: cohorts, first messages, backlog, visibility, gaps; and the figures as mailed.

It judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import Topic, Urgency
from monitor.core.figures import Backlog, SeenGap
from monitor.core.incidents import Incident
from monitor.core.latency import CaseClocks
from monitor.core.messages import Platform
from monitor.core.triage import Delivery
from monitor.core.weeks import Period
from monitor.core.wording import WITHIN
from monitor.store import incidents as stored_incidents
from monitor.store.crossposts import copies, pairs_of
from monitor.store.deliveries import queue
from monitor.store.faq_tables import faq_answers
from monitor.store.tables import cases, gaps, messages, places, reports, schedule_runs
from monitor.store.upsert import add, add_returning

_CLOCKS = (
    "id", "place", "language", "opened_at", "ack_at", "staff_first_at", "staff_by",
    "community_first_at", "open_turn_at", "state", "staff_id", "complexity",
)  # fmt: skip
_PAGE = 2000  # rows at a time: quicker than one by one, and a week never lies in memory twice
_PLATFORMS = {p.value: p for p in Platform}  # calling an enumeration costs as much as the row
_TOPICS = {t.value: t for t in Topic}
_URGENCIES = {u.value: u for u in Urgency}


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """The message that opened a case."""

    text: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Issue:
    """The report of one period on its way out. `figures`: as mailed, for JSON."""

    schedule: str
    period: str
    nominal_at: datetime
    as_of: datetime
    figures: Mapping[str, Any]
    mails: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What was stored about a period and the one before it, in one snapshot."""

    cases: tuple[CaseClocks, ...]
    before: tuple[CaseClocks, ...]
    names: Mapping[tuple[Platform, str], str]
    backlog: Backlog
    lags: Mapping[Platform, Sequence[timedelta]]
    gaps: tuple[SeenGap, ...]
    incidents: tuple[Incident, ...] = ()
    incident_cases: Mapping[int, frozenset[int]] = field(default_factory=dict)


def material(connection: Connection, period: Period, as_of: datetime) -> Material:
    """Everything a report needs but the texts of the unanswered questions."""
    until = min(period.end, as_of)
    incidents = stored_incidents.incidents_in(connection, period.previous.start, until)
    return Material(
        cases=tuple(cohort(connection, period.start, until)),
        before=tuple(cohort(connection, period.previous.start, min(period.start, as_of))),
        names=place_names(connection),
        backlog=backlog(connection, period.start, as_of),
        lags=lags(connection, period.start, until),
        gaps=gaps_in(connection, period.start, until),
        incidents=tuple(incidents),
        incident_cases=stored_incidents.cases_of(connection, [i.id for i in incidents]),
    )


def cohort(connection: Connection, start: datetime, end: datetime) -> list[CaseClocks]:
    """All cases opened in [start, end), withdrawn ones too."""
    c = cases.c
    query = (
        sa.select(c.platform, c.topic, c.urgency, *(c[name] for name in _CLOCKS))
        .where(c.opened_at >= start, c.opened_at < end)
        .order_by(c.opened_at, c.id)
    )
    found = [
        CaseClocks(_PLATFORMS[platform], _TOPICS[topic], _URGENCIES[urgency], *clocks)
        for page in connection.execute(query).partitions(_PAGE)
        for platform, topic, urgency, *clocks in page
    ]
    confirmed, copied = _confirmed(connection, start, end), copies(connection, start, end)
    if not confirmed and not copied:
        return found
    return [
        replace(c, faq_confirmed_at=_since_asked(c, confirmed), is_copy=c.id in copied)
        if c.id in confirmed or c.id in copied
        else c
        for c in found
    ]


def _since_asked(case: CaseClocks, confirmed: Mapping[int, datetime]) -> datetime | None:
    """Where it was asked before, it may have been confirmed before it was asked here."""
    at = confirmed.get(case.id)
    return at if at is not None and at >= case.opened_at else None


def _confirmed(connection: Connection, start: datetime, end: datetime) -> dict[int, datetime]:
    """Cases of [start, end) whose asker said that the FAQ's answer helped, there or elsewhere, and when."""
    c, a = cases.c, faq_answers.c
    query = (
        sa.select(c.id, a.helped_at)
        .join_from(faq_answers, cases, c.key == a.case_key)
        .where(a.helped.is_(sa.true()), a.helped_at >= start)
        .where(c.opened_at >= start, c.opened_at < end + WITHIN)
    )
    found = {row.id: row.helped_at for row in connection.execute(query)}
    asked_twice = pairs_of(connection, found)
    return {other: found[one] for one, other in asked_twice} | found


def has_cases_before(connection: Connection, end: datetime) -> bool:
    """Whether there is anything that a report could be about."""
    query = sa.select(cases.c.id).where(cases.c.opened_at < end).limit(1)
    return connection.execute(query).first() is not None


def first_messages(connection: Connection, case_ids: Sequence[int]) -> dict[int, FirstMessage]:
    """The asker's first message of each case."""
    m = messages.c
    query = (
        sa.select(m.case_id, m.text, m.link)
        .join(cases, sa.and_(cases.c.id == m.case_id, cases.c.author_id == m.author_id))
        .where(m.case_id.in_(list(case_ids)))
        .order_by(m.sent_at.desc(), m.id.desc())
    )
    return {row.case_id: FirstMessage(row.text, row.link) for row in connection.execute(query)}


def backlog(connection: Connection, before: datetime, as_of: datetime) -> Backlog:
    """Live cases opened before the period that still wait for staff.

    Imported history is nobody's to answer.
    """
    c = cases.c
    query = sa.select(sa.func.count(), sa.func.min(c.open_turn_at)).where(
        c.open_turn_at.is_not(None), c.open_turn_at <= as_of, c.opened_at < before,
        c.state == "open", c.imported.is_(False),
    )  # fmt: skip
    n, oldest = connection.execute(query).one()
    return Backlog(n, as_of - oldest) if n else Backlog()


def lags(connection: Connection, start: datetime, end: datetime) -> dict[Platform, list[timedelta]]:
    """Seen minus sent of every live message of the period, by platform, in whole seconds."""
    m = messages.c
    late = sa.type_coerce(m.seen_at, sa.BigInteger) - sa.type_coerce(m.sent_at, sa.BigInteger)
    seconds = (late // sa.literal_column("1000000", sa.BigInteger)).label("seconds")
    query = (
        sa.select(m.platform, seconds, sa.func.count())
        .where(m.sent_at >= start, m.sent_at < end, m.imported.is_(False))
        .group_by(m.platform, seconds)
    )
    found: dict[Platform, list[timedelta]] = {}
    for platform, length, n in connection.execute(query):
        found.setdefault(Platform(platform), []).extend([timedelta(seconds=length)] * n)
    return found


def gaps_in(connection: Connection, start: datetime, end: datetime) -> tuple[SeenGap, ...]:
    """Gaps that touch the period; an unknown beginning counts as the time it was noticed."""
    g = gaps.c
    since = sa.func.coalesce(g.since, g.until, g.at)
    until = sa.func.coalesce(g.until, g.at)
    query = sa.select(gaps).where(since < end, until >= start).order_by(g.at, g.id)
    return tuple(
        SeenGap(row.account, row.stream, row.since, row.until, row.reason)
        for row in connection.execute(query)
    )


def place_names(connection: Connection) -> dict[tuple[Platform, str], str]:
    """(platform, place key) to the shown name; places without one are absent."""
    c = places.c
    query = sa.select(c.platform, c.key, c.name).where(c.name != "")
    return {(Platform(row.platform), row.key): row.name for row in connection.execute(query)}


def was_issued(connection: Connection, schedule: str, period: str) -> bool:
    """Whether the report of that period has been put into the outbox."""
    c = schedule_runs.c
    query = sa.select(c.period).where(c.schedule == schedule, c.period == period)
    return connection.execute(query).first() is not None


def issue(connection: Connection, report: Issue, now: datetime) -> bool:
    """Note that the period's report ran, keep its figures, put its mails into the outbox. False.

    It ran before.
    """
    run = {
        "schedule": report.schedule,
        "period": report.period,
        "nominal_at": report.nominal_at,
        "ran_at": now,
    }
    if not add_returning(connection, schedule_runs, [run], schedule_runs.c.period):
        return False
    keep(connection, report.period, report.as_of, report.figures)
    queue(connection, report.mails, {}, now)
    return True


def keep(connection: Connection, period: str, as_of: datetime, figures: Mapping[str, Any]) -> None:
    """Keep the figures of a report that goes out; those that went out first stay."""
    add(connection, reports, [{"period": period, "as_of": as_of, "figures": dict(figures)}])


def figures_as_mailed(connection: Connection, period: str) -> Mapping[str, Any] | None:
    """The figures of a report that went out; None: none did."""
    query = sa.select(reports.c.figures).where(reports.c.period == period)
    found = connection.execute(query).first()
    return found.figures if found else None
