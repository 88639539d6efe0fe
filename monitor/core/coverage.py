"""When somebody was on duty, and waits counted only then. It reads no roster file and no clock.

The covered clock stands still while nobody who could answer is on duty. Who is answered before duty
begins was answered early: that is counted, and never taken for a wait of nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from monitor.core.latency import Asked, Wait, quantile
from monitor.core.messages import Role
from monitor.core.roster import Person, Roster, Shift
from monitor.core.survival import Spell, kaplan_meier

_DAY = timedelta(days=1)
_ZERO = timedelta(0)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Duty hours as spans that follow each other and do not touch. `before`: seconds covered until each."""

    begins: tuple[float, ...]
    ends: tuple[float, ...]
    before: tuple[float, ...]

    def is_on(self, at: datetime) -> bool:
        """Whether anybody is on duty then."""
        index = bisect_right(self.begins, at.timestamp()) - 1
        return index >= 0 and at.timestamp() < self.ends[index]

    def opens(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which somebody is on duty; None: none is known."""
        if self.is_on(at):
            return at
        index = bisect_right(self.begins, at.timestamp())
        return datetime.fromtimestamp(self.begins[index], UTC) if index < len(self.begins) else None

    def closes(self, at: datetime) -> datetime | None:
        """Until when somebody is on duty without a break; None: nobody is on duty then."""
        if not self.is_on(at):
            return None
        return datetime.fromtimestamp(self.ends[bisect_right(self.begins, at.timestamp()) - 1], UTC)

    def covered(self, since: datetime, until: datetime) -> timedelta:
        """How much of that time somebody was on duty."""
        return timedelta(seconds=max(0.0, self._until(until) - self._until(since)))

    def due(self, since: datetime, wait: timedelta) -> datetime | None:
        """When that much covered time is over; None: not within the known hours."""
        wanted = self._until(since) + wait.total_seconds()
        if not self.before:
            return None
        index = max(
            0, bisect_left(self.before, wanted) - 1
        )  # the span in which it is reached first
        at = self.begins[index] + wanted - self.before[index]
        if at > self.ends[index]:
            return None
        return max(since, datetime.fromtimestamp(at, UTC))

    def _until(self, at: datetime) -> float:
        """Seconds covered since the beginning of what is known."""
        stamp = at.timestamp()
        index = bisect_right(self.begins, stamp) - 1
        if index < 0:
            return 0.0
        return self.before[index] + min(stamp, self.ends[index]) - self.begins[index]


def coverage(spans: Iterable[Span]) -> Coverage:
    """The union of spans in any order; those that touch become one."""
    merged: list[tuple[float, float]] = []
    for begin, end in sorted((b.timestamp(), e.timestamp()) for b, e in spans if b < e):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    sums = [0.0, *accumulate(end - begin for begin, end in merged)]
    return Coverage(
        tuple(b for b, _ in merged), tuple(e for _, e in merged), tuple(sums[: len(merged)])
    )


def coverage_of(
    roster: Roster, since: datetime, until: datetime, language: str | None = None
) -> Coverage:
    """When somebody of the team who can answer in that language (None: in any) was on duty."""
    return coverage(
        span
        for person in roster.people
        if person.role is Role.STAFF and (language is None or speaks(person, language))
        for span in duty(person, since, until)
    )


def speaks(person: Person, language: str) -> bool:
    """Whether they can answer in it; "zh" reads "zh-Hant" too, and who names none answers in all."""
    known = person.languages
    return not known or language in known or language.partition("-")[0] in known


def has_hours(roster: Roster) -> bool:
    """Whether duty hours say anything: with somebody always on duty both clocks are one."""
    staff = [p for p in roster.people if p.role is Role.STAFF]
    return bool(staff) and all(p.shifts for p in staff)


def duty(person: Person, since: datetime, until: datetime) -> Iterator[Span]:
    """A person's duty within [since, until), as long as they belong to the team."""
    first = max(since, person.valid_from or since)
    last = min(until, person.valid_to or until)
    if not person.shifts:
        yield first, last
    for shift in person.shifts:
        for begin, end in _hours(shift, first, last):
            yield max(begin, first), min(end, last)


def _hours(shift: Shift, since: datetime, until: datetime) -> Iterator[Span]:
    if since >= until:
        return
    day = since.astimezone(shift.zone).date() - _DAY
    last = until.astimezone(shift.zone).date()
    while day <= last:
        if day.weekday() in shift.days:
            yield _on(shift, day)
        day += _DAY


def _on(shift: Shift, day: date) -> Span:
    ends = day if shift.end > shift.start else day + _DAY
    return (
        datetime.combine(day, shift.start, shift.zone).astimezone(UTC),
        datetime.combine(ends, shift.end, shift.zone).astimezone(UTC),
    )


@dataclass(frozen=True, slots=True)
class Covered:
    """The headline by the covered clock, of `n` questions. `outside`: asked when nobody was on duty.

    `early`: of those, answered before duty began; they are not in `n`.
    """

    n: int
    staff: int
    outside: int
    early: int
    p50: Wait | None = None
    p90: Wait | None = None

    @property
    def share(self) -> float | None:
        """Answered by staff within the target, counting only duty hours."""
        return self.staff / self.n if self.n else None


def covered_of(asked: Sequence[Asked], roster: Roster, as_of: datetime) -> Covered | None:
    """The same questions by the covered clock; None where duty hours say nothing."""
    if not asked or not has_hours(roster):
        return None
    since = min(a.case.opened_at for a in asked)
    hours = {
        language: coverage_of(roster, since, as_of + 30 * _DAY, language)
        for language in {a.case.language for a in asked}
    }
    return _measured([(a, hours[a.case.language]) for a in asked], as_of)


def _measured(asked: Sequence[tuple[Asked, Coverage]], as_of: datetime) -> Covered:
    spells: list[Spell] = []
    staff = outside = early = 0
    for one, hours in asked:
        opened, answered = one.case.opened_at, one.case.staff_first_at
        closed = not hours.is_on(opened)
        outside += closed
        if closed and answered is not None and not hours.covered(opened, answered):
            early += 1
            continue
        wait = hours.covered(opened, answered or as_of)
        staff += answered is not None and wait <= one.target
        spells.append(Spell(wait.total_seconds(), answered is not None))
    return Covered(
        len(spells), staff, outside, early, _quantile(spells, 0.5), _quantile(spells, 0.9)
    )


def _quantile(spells: Sequence[Spell], share: float) -> Wait | None:
    known = kaplan_meier(spells).quantile(share)
    if known is not None:
        return Wait(timedelta(seconds=known))
    bound = quantile(sorted(timedelta(seconds=s.length) for s in spells), share)
    return None if bound is None else Wait(bound, is_bound=True)
