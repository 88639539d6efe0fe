"""Announcements: draft, approve, schedule, cancel; put what is due into the outbox, once. It sends nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.core.announcements import (
    LATEST,
    Announcement,
    State,
    fan_out,
    problems,
    same_person,
)
from monitor.core.schedules import Due, due_between, parse
from monitor.core.triage import Delivery, Desk, Kind, priority
from monitor.stages import airtime
from monitor.store import announcements as stored
from monitor.store import deliveries
from monitor.store.database import Connection, Database, writing

ONCE, AT_ONCE = "once", "now"  # in the keys of what is said; a pause lets the latter through
LOOK_BACK = timedelta(days=1)


class NotAllowed(Exception):
    """It cannot be done as asked; the text says why and what would be."""


class NotPossible(NotAllowed):
    """Nobody could do it as asked, whoever they are."""


def draft(
    database: Database | Connection,
    announcement: Announcement,
    default_language: str,
    now: datetime,
    *,
    over: bool = False,
    or_else: str = "",
) -> Announcement:
    """Store a draft. Drafting again under the same name voids an approval. NotAllowed when it could not go out, and
    when somebody else's would be lost, unless `over`; `or_else` ends that sentence: what else one can do."""
    announcement = replace(announcement, state=State.DRAFT, approved_by=None, at=None, spec=None)
    found = problems(announcement, default_language)
    if found:
        raise NotPossible(f"{announcement.name}: " + " ".join(found))
    with writing(database) as connection:
        known = stored.named(connection, announcement.name)
        if known is not None and known.state not in (State.DRAFT, State.APPROVED):
            raise NotPossible(
                f"{announcement.name}: it is {known.state} already. Choose another name."
            )
        if known is not None and not over and not _is(known.drafted_by, announcement.drafted_by):
            at = stored.saved_at(connection, known.name)
            raise NotAllowed(
                f"{known.name} is {known.drafted_by}'s draft of {at:%Y-%m-%d %H:%M} UTC: "
                f"choose another name{or_else}."
            )
        if known is not None:
            stored.note_drafter(connection, known, now)
        stored.note_drafter(connection, announcement, now)
        stored.save(connection, announcement, now)
    return announcement


def _is(name: str, other: str) -> bool:
    return same_person(name) == same_person(other)


def approve(
    database: Database | Connection, name: str, by: str, digest: str | None, now: datetime
) -> Announcement:
    """Somebody who wrote no version of it says yes to exactly this text and these places (`digest`, when they looked
    at it before)."""
    with writing(database) as connection:
        found = _named(connection, name)
        if found.state is not State.DRAFT:
            raise NotPossible(f"{name}: it is {found.state}, only a draft can be approved.")
        if _is(by, found.drafted_by) or stored.has_drafted(connection, name, by):
            raise NotAllowed(f"{name}: {by} wrote it. Somebody else must approve it.")
        if digest is not None and not found.digest.startswith(digest):
            raise NotAllowed(
                f"{name}: it was changed since you looked at it. Look again: monitor announce show {name}"
            )
        approved = replace(found, state=State.APPROVED, approved_by=by)
        stored.save(connection, approved, now)
    return approved


def schedule(database: Database | Connection, name: str, *, at: datetime | None, every: str | None, timezone: str,
             now: datetime, hold: timedelta = timedelta(0)) -> Announcement:  # fmt: skip
    """Say it once at `at` (None and no `every`: now), or every time the schedule says. Only what is approved, and
    not before `hold` has passed."""
    if every is not None:
        parse(every)
    _require_zone(name, timezone)
    with writing(database) as connection:
        found = _named(connection, name)
        if found.state is State.DRAFT:
            raise NotAllowed(
                f"{name}: it is a draft. A second person approves it first: monitor announce approve {name}"
            )
        if found.state is not State.APPROVED:
            raise NotPossible(
                f"{name}: it is {found.state} already. Draft it anew under another name."
            )
        if at is not None and at < now - LATEST:
            raise NotPossible(f"{name}: {at:%Y-%m-%d %H:%M} has passed. Name a time to come.")
        once = None if every else max(at or now, now + hold)
        planned = replace(found, state=State.SCHEDULED, at=once, spec=every, timezone=timezone,
                          at_once=at is None and every is None)  # fmt: skip
        stored.save(connection, planned, now)
        stored.put_on_schedule(connection, planned, every or ONCE, now + hold)
    return planned


def _require_zone(name: str, timezone: str) -> None:
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotPossible(
            f"{name}: {timezone!r} is no time zone. Write one like Europe/Berlin."
        ) from None


def cancel(database: Database | Connection, name: str, now: datetime) -> int:
    """Stop it; how many messages that spared. What was said stays said."""
    with writing(database) as connection:
        found = _named(connection, name)
        if found.state is State.CANCELLED:
            raise NotPossible(f"{name}: it is already cancelled.")
        if found.state is State.DONE and not stored.outcomes(connection, name).get("queued"):
            raise NotPossible(f"{name}: it has been said already.")
        return stored.cancel(connection, found, now)


def _named(connection: Connection, name: str) -> Announcement:
    found = stored.named(connection, name)
    if found is None:
        raise NotPossible(f"{name}: no such announcement. See: monitor announce list")
    return found


def announce_due(
    database: Database,
    default_language: str,
    desk: Desk | None,
    now: datetime,
    min_gap: timedelta = timedelta(0),
) -> int:
    """Put what is due into the outbox; how many messages. As often as you like, in as many processes. What recurs
    is not said in a place where something was announced less than `min_gap` ago."""
    with database.read() as connection:
        is_watching = stored.any_schedule(connection)
        unsaid = stored.unsaid(connection, now - LOOK_BACK) if desk is not None else []
    if not is_watching and not unsaid:
        return 0
    with database.write() as connection:
        deliveries.queue(connection, [_unsaid(row, desk, now) for row in unsaid if desk], {}, now)
        return len(unsaid) + sum(
            _run(connection, row.name, row.last_nominal_at, default_language, desk, now, min_gap)
            for row in stored.locked_schedules(connection)
        )


def _unsaid(row: Any, desk: Desk, now: datetime) -> Delivery:
    """It was put into the outbox and yet a place did not get it, or may not have."""
    _, name, _ = row.key.split(":", 2)
    word = "may not have reached" if row.state == "held" else "did not reach"
    text = f"📣 “{name}” {word} {row.platform} {row.place}: {row.reason}"
    return Delivery(f"missed:{row.key}", Kind.ALERT, desk.account, desk.platform, desk.place, text,
                    priority(Kind.ALERT), now)  # fmt: skip


def _run(connection: Connection, schedule_name: str, after: datetime, default_language: str, desk: Desk | None,
         now: datetime, min_gap: timedelta) -> int:  # fmt: skip
    found = stored.named(connection, schedule_name.removeprefix("announcement:"))
    if found is None or found.state is not State.SCHEDULED or after > now:
        return 0
    halted = airtime.halted(connection, found)
    if halted is not None and found.at is not None and now - found.at <= LATEST:
        return 0  # said if it may be while it is still of use
    said = 0
    for due in _due(found, after, now):
        if not stored.record_run(connection, schedule_name, due.period, due.nominal_at, now):
            continue
        if now - due.nominal_at > LATEST:
            posts = [_missed(found, due, desk, halted)]
        elif halted is not None:
            posts = [airtime.skipped(found, halted, desk, now)]
        else:
            fanned = fan_out(found, due.period, due.nominal_at, default_language)
            posts = airtime.spaced(connection, found, fanned, desk, now, min_gap)
        queued = [p for p in posts if p is not None]
        deliveries.queue(connection, queued, {}, now)
        said += len(queued)
    stored.advance(connection, schedule_name, now)
    if found.at is not None and found.at <= now:
        stored.finish(connection, found, now)
    return said


def _due(found: Announcement, after: datetime, now: datetime) -> Sequence[Due]:
    if found.spec is not None:
        return list(due_between(parse(found.spec), ZoneInfo(found.timezone), after, now))
    word = AT_ONCE if found.at_once else ONCE
    return [Due(word, found.at)] if found.at is not None and found.at <= now else []


def _missed(
    found: Announcement, due: Due, desk: Desk | None, halted: airtime.Halt | None
) -> Delivery | None:
    """Silence would be a lie: the desk is told that it was not said."""
    if desk is None:
        return None
    text = (
        f"📣 “{found.name}” was due at {due.nominal_at:%Y-%m-%d %H:%M} UTC while "
        f"{halted.why if halted else 'the desk was down'}, and was not sent. "
        f"To send it now, draft it anew."
    )
    return Delivery(
        key=f"missed:{found.name}:{due.period}",
        kind=Kind.ALERT,
        account=desk.account,
        platform=desk.platform,
        place=desk.place,
        text=text,
        priority=priority(Kind.ALERT),
        not_before=due.nominal_at,
    )
