"""Who is on duty, until when, and who comes next: from a roster and an instant. Pure; it prints nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.coverage import Coverage, coverage, coverage_of, duty, speaks
from monitor.core.messages import Role
from monitor.core.roster import Person, Roster

_AHEAD = timedelta(days=15)
_BACK = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Duty:
    """One person. On duty: `until` when (None: with no end in sight); else `begins` (None: not in two weeks)."""

    person: Person
    is_on: bool
    until: datetime | None = None
    begins: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """One language: who is on duty and until when somebody is; where nobody is, who is next and when."""

    language: str
    on: tuple[Person, ...]
    until: datetime | None = None
    next: Person | None = None
    begins: datetime | None = None


def duties(roster: Roster, now: datetime) -> tuple[Duty, ...]:
    """Everybody of the team: who is on duty first, by when they leave; then by when they come."""
    found = [_duty(p, now) for p in roster.people if p.role is Role.STAFF and _stays(p, now)]
    far = now + 2 * _AHEAD
    return tuple(
        sorted(found, key=lambda d: (not d.is_on, (d.until if d.is_on else d.begins) or far))
    )


def _stays(person: Person, now: datetime) -> bool:
    """Not gone for good."""
    return person.valid_to is None or now < person.valid_to


def _duty(person: Person, now: datetime) -> Duty:
    hours = coverage(duty(person, now - _BACK, now + _AHEAD))
    if hours.is_on(now):
        return Duty(person, is_on=True, until=_ends(hours, now))
    return Duty(person, is_on=False, begins=hours.opens(now))


def _ends(hours: Coverage, now: datetime) -> datetime | None:
    """When what is on now is over; None when that is beyond what was looked at."""
    end = hours.closes(now)
    return None if end is None or end >= now + _AHEAD else end


def covers(roster: Roster, languages: Iterable[str], now: datetime) -> tuple[Cover, ...]:
    """Each language once, in the order given."""
    everybody = duties(roster, now)
    return tuple(_cover(roster, language, everybody, now) for language in dict.fromkeys(languages))


def _cover(roster: Roster, language: str, everybody: Sequence[Duty], now: datetime) -> Cover:
    mine = [d for d in everybody if speaks(d.person, language)]
    on = tuple(d.person for d in mine if d.is_on)
    if on:
        hours = coverage_of(roster, now - _BACK, now + _AHEAD, language)
        return Cover(language, on, until=_ends(hours, now))
    coming = next((d for d in mine if d.begins is not None), None)
    return Cover(language, (), next=coming.person if coming else None,
                 begins=coming.begins if coming else None)  # fmt: skip
