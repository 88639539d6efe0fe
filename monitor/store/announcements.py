"""Announcements and their schedules as stored. Who may do what is decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.announcements import Announcement, State, Target, same_person
from monitor.core.messages import Platform
from monitor.store.desk_tables import acts
from monitor.store.tables import announcements, deliveries, schedule_runs, schedules
from monitor.store.upsert import add, add_returning, put

CANCELLED_BY_US = "the announcement was cancelled"


def schedule_name(name: str) -> str:
    """The schedule that belongs to an announcement."""
    return f"announcement:{name}"


def save(connection: Connection, announcement: Announcement, now: datetime) -> None:
    """Store a draft, or the same announcement in its next state."""
    row = {
        "name": announcement.name,
        "texts": dict(announcement.texts),
        "targets": [
            [t.account, t.platform.value, t.place, t.language] for t in announcement.targets
        ],
        "digest": announcement.digest,
        "state": announcement.state.value,
        "drafted_by": announcement.drafted_by,
        "approved_by": announcement.approved_by,
        "at": announcement.at,
        "spec": announcement.spec,
        "timezone": announcement.timezone,
        "at_once": announcement.at_once,
        "created_at": now,
    }
    put(connection, announcements, [row], ("name",))


def named(connection: Connection, name: str) -> Announcement | None:
    """By name."""
    query = sa.select(announcements).where(announcements.c.name == name)
    row = connection.execute(query).first()
    return _announcement(row) if row else None


def saved_at(connection: Connection, name: str) -> datetime:
    """When what is stored under that name was stored."""
    a = announcements.c
    found: datetime = connection.execute(sa.select(a.created_at).where(a.name == name)).scalar_one()
    return found


def note_drafter(connection: Connection, announcement: Announcement, now: datetime) -> None:
    """Who ever wrote a version under a name is kept, whoever wrote the last."""
    name, by = announcement.name, announcement.drafted_by
    row = {"key": f"{_drafted(name)}{same_person(by)}", "act": "announcement drafted", "by": by, "details": name,
           "at": now}  # fmt: skip
    add(connection, acts, [row])


def has_drafted(connection: Connection, name: str, by: str) -> bool:
    """Did this person ever write a version of it?"""
    query = sa.select(acts.c.id).where(acts.c.key == f"{_drafted(name)}{same_person(by)}")
    return connection.execute(query.limit(1)).first() is not None


def _drafted(name: str) -> str:
    return f"drafted:{name}:"


def all_announcements(connection: Connection) -> Sequence[Announcement]:
    """Newest first."""
    query = sa.select(announcements).order_by(
        announcements.c.created_at.desc(), announcements.c.name
    )
    return [_announcement(row) for row in connection.execute(query)]


def _announcement(row: Any) -> Announcement:
    return Announcement(
        name=row.name,
        texts=row.texts,
        targets=tuple(
            Target(a, Platform(p), place, language) for a, p, place, language in row.targets
        ),
        state=State(row.state),
        drafted_by=row.drafted_by,
        approved_by=row.approved_by,
        at=row.at,
        spec=row.spec,
        timezone=row.timezone,
        at_once=row.at_once,
    )


def put_on_schedule(
    connection: Connection, announcement: Announcement, spec: str, now: datetime
) -> None:
    """Watch for its times from now on; `spec` is "once" or a recurring schedule."""
    row = {"name": schedule_name(announcement.name), "spec": spec, "timezone": announcement.timezone,
           "last_nominal_at": now, "enabled": True}  # fmt: skip
    put(connection, schedules, [row], ("name",))


def locked_schedules(connection: Connection) -> Sequence[Any]:
    """Every enabled schedule, locked against other processes until the end of the transaction."""
    query = sa.select(schedules).where(schedules.c.enabled.is_(True)).order_by(schedules.c.name)
    return connection.execute(query.with_for_update()).all()


def any_schedule(connection: Connection) -> bool:
    """Is there anything to watch for?"""
    return (
        connection.execute(
            sa.select(schedules.c.name).where(schedules.c.enabled.is_(True)).limit(1)
        ).first()
        is not None
    )


def advance(connection: Connection, schedule: str, until: datetime) -> None:
    """Everything up to here has been looked at."""
    connection.execute(
        sa.update(schedules).where(schedules.c.name == schedule).values(last_nominal_at=until)
    )


def record_run(
    connection: Connection, schedule: str, period: str, nominal_at: datetime, now: datetime
) -> bool:
    """Claim a period. False: it ran before."""
    row = {"schedule": schedule, "period": period, "nominal_at": nominal_at, "ran_at": now}
    return bool(add_returning(connection, schedule_runs, [row], schedule_runs.c.period))


def cancel(connection: Connection, announcement: Announcement, now: datetime) -> int:
    """Stop its schedule and what is not yet being said; how many messages that spared."""
    save(connection, replace(announcement, state=State.CANCELLED), now)
    name = schedule_name(announcement.name)
    connection.execute(sa.update(schedules).where(schedules.c.name == name).values(enabled=False))
    d = deliveries.c
    done = connection.execute(
        sa.update(deliveries)
        .where(
            d.key.startswith(f"announce:{announcement.name}:", autoescape=True), d.state == "queued"
        )
        .values(state="cancelled", reason=CANCELLED_BY_US)
    )
    return done.rowcount


def forget_draft(connection: Connection, name: str) -> None:
    """It was never approved, and nobody wants it."""
    a = announcements.c
    connection.execute(sa.delete(announcements).where(a.name == name, a.state == State.DRAFT.value))


def finish(connection: Connection, announcement: Announcement, now: datetime) -> None:
    """A single announcement has been put into the outbox."""
    save(connection, replace(announcement, state=State.DONE), now)
    name = schedule_name(announcement.name)
    connection.execute(sa.update(schedules).where(schedules.c.name == name).values(enabled=False))


def outcomes(connection: Connection, name: str) -> dict[str, int]:
    """What became of its messages: state to count."""
    d = deliveries.c
    query = (
        sa.select(d.state, sa.func.count().label("n"))
        .where(d.key.startswith(f"announce:{name}:", autoescape=True))
        .group_by(d.state)
    )
    return {row.state: row.n for row in connection.execute(query)}


def unsaid(connection: Connection, since: datetime) -> Sequence[Any]:
    """What was to be announced since and did not reach its place, or may not have, and nobody was told of."""
    d, told = deliveries.c, deliveries.alias()
    told_of = sa.exists().where(told.c.key == "missed:" + d.key)
    query = (
        sa.select(deliveries)
        .where(d.key > "announce:", d.key < "announce;", d.created_at >= since, ~told_of)
        .where(sa.or_(
            d.state.in_(("rejected", "held")),
            sa.and_(d.state == "cancelled", d.reason != CANCELLED_BY_US),
        ))
        .order_by(d.id)
    )  # fmt: skip
    return connection.execute(query).all()
