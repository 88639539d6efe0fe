"""Weeks and other periods of local days. It is told the zone and the time.

It never asks for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class NoSuchPeriod(ValueError):
    """What was asked for is not a week or a range of days; the text says what to write."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days from `first` to `last`, both included. A week can have 167 or 169 hours."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """UTC; the first instant of the period."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """UTC; the first instant after the period."""
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def days(self) -> int:
        """How many local days."""
        return (self.last - self.first).days + 1

    @property
    def is_week(self) -> bool:
        """Monday to Sunday."""
        return self.first.weekday() == 0 and self.days == 7

    @property
    def name(self) -> str:
        """For keys: "2026-W47", or "2026-11-09..2026-11-12"."""
        if self.is_week:
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02}"
        return f"{self.first.isoformat()}..{self.last.isoformat()}"

    @property
    def title(self) -> str:
        """For eyes: "9–15 Nov", "30 Nov – 6 Dec", "28 Dec 2026 – 3 Jan 2027"."""
        first, last = self.first, self.last
        if first == last:
            return f"{first.day} {_MONTHS[first.month - 1]}"
        if first.year != last.year:
            return f"{_day(first)} {first.year} – {_day(last)} {last.year}"
        if first.month != last.month:
            return f"{_day(first)} – {_day(last)}"
        return f"{first.day}–{_day(last)}"

    @property
    def previous(self) -> Period:
        """As many days, right before."""
        return Period(
            self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.zone
        )


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC.

    Where a clock change skips 00:00, the instant of the change.
    """
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def week_of(at: datetime, zone: ZoneInfo) -> Period:
    """The local week, Monday to Sunday, that holds an instant."""
    day = at.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6), zone)


def last_full_week(at: datetime, zone: ZoneInfo) -> Period:
    """The local week before the one that holds an instant."""
    return week_of(at, zone).previous


def parse_week(text: str, zone: ZoneInfo) -> Period:
    """Read "2026-W47".

    NoSuchPeriod for anything else, and for a week 53 that the year does not have.
    """
    found = _WEEK.fullmatch(text.strip())
    try:
        if not found or not 1970 <= int(found[1]) < 9999:
            raise ValueError
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return Period(monday, monday + timedelta(days=6), zone)
    except ValueError:
        raise NoSuchPeriod(
            f"--week: not an ISO week (found {text!r}). Write it like 2026-W47."
        ) from None


def parse_days(first: str, last: str, zone: ZoneInfo) -> Period:
    """Read two local dates, both included.

    NoSuchPeriod when one is no date or they are the wrong way round.
    """
    if not first.strip() or not last.strip():
        given, lacking = ("--to", "--from") if last.strip() else ("--from", "--to")
        _parse_day(given, first.strip() or last)
        raise NoSuchPeriod(f"{given} needs {lacking}. Write it like {lacking} 2026-11-09.")
    begins, ends = _parse_day("--from", first), _parse_day("--to", last)
    if ends < begins:
        raise NoSuchPeriod(f"--to: {last} is before --from {first}. Swap the two.")
    return Period(begins, ends, zone)


def _parse_day(option: str, text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
        if not 1970 <= day.year < 9999:
            raise ValueError
        return day
    except ValueError:
        raise NoSuchPeriod(
            f"{option}: not a date (found {text!r}). Write it like 2026-11-09."
        ) from None


def the_day(first: date, zone: ZoneInfo) -> Period:
    """One local day."""
    return Period(first, first, zone)


def latest_daily(now: datetime, zone: ZoneInfo, at: time) -> datetime:
    """The newest instant at or before `now` that is that local time of some day."""
    today = now.astimezone(zone).date()
    due = datetime.combine(today, at, zone).astimezone(UTC)
    if due > now:
        due = datetime.combine(today - timedelta(days=1), at, zone).astimezone(UTC)
    return due


def latest_due(now: datetime, zone: ZoneInfo, weekday: int, at: time) -> datetime:
    """The newest instant at or before `now` that is `weekday` (0 is Monday) at that local time."""
    today = now.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - weekday) % 7)
    due = datetime.combine(day, at, zone).astimezone(UTC)
    if due > now:
        due = datetime.combine(day - timedelta(days=7), at, zone).astimezone(UTC)
    return due
