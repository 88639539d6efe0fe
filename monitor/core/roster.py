"""Who is staff, since when and when on duty; and which role that gives an author.

Reads no file and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from monitor.core.messages import Author, AuthorKind, Platform, Role

EVERY_DAY = frozenset(range(7))

_MEMBER = Role.MEMBER
_BY_KIND = {
    AuthorKind.ANONYMOUS_ADMIN: Role.STAFF,
    AuthorKind.BOT: Role.OTHER_BOT,
    AuthorKind.PLATFORM: Role.PLATFORM,
}


@dataclass(frozen=True, slots=True)
class Shift:
    """Weekly hours in a time zone.

    `end` at or before `start` is on the next day; equal means 24 hours.
    `days` are the local days on which the shift starts, Monday is 0.
    """

    start: time
    end: time
    zone: ZoneInfo
    days: frozenset[int] = EVERY_DAY

    def covers(self, at: datetime) -> bool:
        """Whether the shift is on at that instant, by the wall clock of its zone."""
        today = at.astimezone(self.zone).date()
        return any(self._covers(day, at) for day in (today, today - timedelta(days=1)))

    def _covers(self, day: date, at: datetime) -> bool:
        if day.weekday() not in self.days:
            return False
        last = day if self.end > self.start else day + timedelta(days=1)
        # Compared as timestamps: two times of one zone compare by wall clock, which repeats in
        # autumn.
        begins, ends = (
            datetime.combine(d, t, self.zone).timestamp()
            for d, t in ((day, self.start), (last, self.end))
        )
        return begins <= at.timestamp() < ends


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the team, with every id they write from (personal ones too).

    `languages` and `topics` are what they can answer; empty means any. `valid_to` is the first
    instant at which they no longer count. No shifts: always on duty.
    """

    name: str
    role: Role = Role.STAFF
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    ids: Mapping[Platform, tuple[str, ...]] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    shifts: tuple[Shift, ...] = ()

    def counts(self, at: datetime) -> bool:
        """Whether the person belonged to the team then."""
        started = self.valid_from is None or self.valid_from <= at
        return started and (self.valid_to is None or at < self.valid_to)

    def is_on_duty(self, at: datetime) -> bool:
        """Belongs to the team and is in a shift (or has none)."""
        return self.counts(at) and (not self.shifts or any(s.covers(at) for s in self.shifts))


@dataclass(frozen=True)
class Roster:
    """The team.

    An id may appear twice when its times do not overlap (somebody left and came back).
    """

    people: tuple[Person, ...] = ()

    @cached_property
    def _by_id(self) -> dict[tuple[Platform, str], list[Person]]:
        found: dict[tuple[Platform, str], list[Person]] = {}
        for person in self.people:
            for platform, ids in person.ids.items():
                for native in ids:
                    found.setdefault((platform, native), []).append(person)
        return found

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Everybody's, those who left included."""
        return tuple(person.name for person in self.people)

    def person(self, platform: Platform, author_id: str, at: datetime) -> Person | None:
        """Who wrote from that id at that time; None: nobody of ours."""
        candidates = self._by_id.get((platform, author_id))
        if candidates is None:  # as nearly always
            return None
        return next((p for p in candidates if p.counts(at)), None)


def role_of(
    author: Author,
    platform: Platform,
    at: datetime,
    roster: Roster,
    own_ids: Mapping[Platform, frozenset[str]],
) -> Role:
    """The role at the time of the message, by immutable ids; names and handles can be imitated."""
    if author.id and author.id in own_ids.get(platform, ()):
        return Role.BOT
    person = roster.person(platform, author.id, at) if author.id else None
    return person.role if person else _BY_KIND.get(author.kind, _MEMBER)


def on_duty(roster: Roster, at: datetime) -> tuple[Person, ...]:
    """Staff on duty at that instant, in the order of the roster."""
    return tuple(p for p in roster.people if p.role is Role.STAFF and p.is_on_duty(at))
