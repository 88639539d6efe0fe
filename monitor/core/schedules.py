"""When recurring things are due, by local wall clock. Pure: it is told the time and never waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BadSchedule(ValueError):
    """The text is no schedule; says what would be one."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """On these days (0 = Monday) at this local time."""

    days: frozenset[int]
    at: time


@dataclass(frozen=True, slots=True)
class Due:
    """One nominal time. `period` names it by local date, so that a doubled autumn hour is one."""

    period: str
    nominal_at: datetime


def parse(spec: str) -> Schedule:
    """ "mon 09:00", "mon,wed,fri 18:30" or "daily 08:00". Day names only: in cron a 1 is Monday here, Tuesday there."""
    words = spec.lower().split()
    if len(words) == 2:
        days = frozenset(range(7)) if words[0] == "daily" else _days(words[0])
        at = _time(words[1])
        if days and at is not None:
            return Schedule(days, at)
    raise BadSchedule(
        f'not a schedule: {spec!r}. Write "mon 09:00", "mon,wed 18:30" or "daily 08:00".'
    )


def _days(text: str) -> frozenset[int]:
    names = text.split(",")
    return frozenset(DAYS.index(n) for n in names) if all(n in DAYS for n in names) else frozenset()


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if len(text) == 5 else None
    except ValueError:
        return None


def due_between(
    schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[Due]:
    """The nominal times in (after, until], oldest first.

    A time that the clocks skip in spring counts as much later that day as they skip; one that comes
    twice in autumn counts the first time.
    """
    day = after.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date()
    while day <= last:
        if day.weekday() in schedule.days:
            nominal = _instant(day, schedule.at, zone)
            if after < nominal <= until:
                yield Due(f"{day.isoformat()}T{schedule.at:%H:%M}", nominal)
        day += timedelta(days=1)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
