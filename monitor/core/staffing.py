"""What one more person at some hours would have changed: the team's own weeks, replayed. Pure.

It forecasts nothing, and says nothing where its replay does not repeat what was measured.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from statistics import NormalDist

LEAST_QUESTIONS = 200  # a week; of fewer, luck is larger than any advice
MOST_QUESTIONS = 6000  # a week; more are advised on by people
TRUST = 0.05  # how far the replay of a week it was not fitted to may be off
WORTH = 0.02  # of the share; less is not worth a shift
_BLOCK = 4  # hours of a shift
_MOST_BLOCKS = 3
_WIDTH = 0.8  # of the handling times, lognormal
_GOLDEN = 0.6180339887498949
_SHORTEST, _LONGEST = 5.0, 7200.0  # seconds of handling
_HOUR = 3600.0

DAYS: tuple[tuple[int, ...], ...] = (
    (0, 1, 2, 3, 4),
    (1, 2, 3),
    (5, 6),
    (0, 1, 2, 3, 4, 5, 6),
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a pool; `answered_at` and `staff` None: staff never answered it.

    `counts` False: asked in a surge. It keeps people busy, but no roster is made for it.
    """

    asked_at: datetime
    target: timedelta
    answered_at: datetime | None
    staff: str | None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Shift:
    """One more person on these days (0 is Monday) from `start` to `end` o'clock, local time."""

    days: tuple[int, ...]
    start: int
    end: int

    @property
    def hours(self) -> int:
        """A week."""
        return len(self.days) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Advice:
    """Shares in target of the newer week's `n` calm questions: measured, and with the shifts."""

    shifts: tuple[Shift, ...]
    measured: float
    promised: float
    n: int

    @property
    def hours(self) -> int:
        """A week, all shifts together."""
        return sum(s.hours for s in self.shifts)


@dataclass(frozen=True, slots=True)
class Week:
    """A week ready to be replayed: seconds since its start; what nobody ever answered is not served."""

    served: tuple[
        tuple[float, float, float], ...
    ]  # asked when, how hard, latest answer that counts
    counted: int
    on_duty: tuple[int, ...]  # by hour
    local: tuple[tuple[int, int], ...]  # weekday and hour of each hour
    measured: float


def advise(
    before: Sequence[Ask],
    now: Sequence[Ask],
    starts: tuple[datetime, datetime],
    local: Callable[[datetime], datetime],
    goal: float,
) -> Advice | None:
    """Shifts that would have brought the newer week nearer to the goal; None: nothing to be trusted.

    Handling is fitted to the older week and must then repeat the newer one to within `TRUST`.
    `starts` are the beginnings of both weeks; `local` tells the team's time.
    """
    least = min(sum(a.counts for a in asks) for asks in (before, now))
    if least < LEAST_QUESTIONS or max(len(before), len(now)) > MOST_QUESTIONS:
        return None
    older, newer = (week_of(a, s, local) for a, s in zip((before, now), starts, strict=True))
    handling = fitted(older)
    if newer.measured >= goal or handling is None:
        return None
    repeated = replayed(newer, handling)
    if abs(repeated - newer.measured) > TRUST:
        return None
    shifts, reached = _search(newer, handling, repeated, goal)
    if not shifts:
        return None
    # The replay's own error is not promised as a gain.
    promised = min(1.0, newer.measured + reached - repeated)
    return Advice(consolidated(shifts), newer.measured, promised, newer.counted)


def week_of(asks: Sequence[Ask], start: datetime, local: Callable[[datetime], datetime]) -> Week:
    """On duty in an hour is who answered something in it."""
    ordered = sorted(asks, key=lambda a: a.asked_at)
    hours = 24 * 7 + 48  # what was asked last may be answered in the week after
    staff: list[set[str]] = [set() for _ in range(hours)]
    for ask in ordered:
        if ask.answered_at is not None and ask.staff is not None:
            hour = int((ask.answered_at - start).total_seconds() // _HOUR)
            if 0 <= hour < hours:
                staff[hour].add(ask.staff)
    clocks = [local(start + timedelta(hours=h)) for h in range(hours)]
    hits = [
        a.answered_at is not None and a.answered_at - a.asked_at <= a.target
        for a in ordered
        if a.counts
    ]
    return Week(
        served=tuple(
            _served(a, start, index) for index, a in enumerate(ordered) if a.answered_at is not None
        ),
        counted=len(hits),
        on_duty=tuple(len(s) for s in staff),
        local=tuple((c.weekday(), c.hour) for c in clocks),
        measured=sum(hits) / len(hits) if hits else 0.0,
    )


def _served(ask: Ask, start: datetime, index: int) -> tuple[float, float, float]:
    asked = (ask.asked_at - start).total_seconds()
    latest = asked + ask.target.total_seconds() if ask.counts else -math.inf
    return asked, _factor(index), latest


def replayed(week: Week, handling: float) -> float:
    """The share in target, first come first served, with that mean handling time."""
    busy: list[float] = []
    on_duty, last = week.on_duty, len(week.on_duty) * _HOUR
    now, hits = 0.0, 0
    for asked, factor, latest in week.served:
        if asked > now:
            now = asked
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        if now >= last or len(busy) >= on_duty[int(now // _HOUR)]:
            begins = _next_free(on_duty, busy, now)
            if begins is None:
                break
            now = begins
        ends = now + handling * factor
        heapq.heappush(busy, ends)
        hits += ends <= latest
    return hits / week.counted


def _next_free(on_duty: Sequence[int], busy: list[float], at: float) -> float | None:
    """When somebody is free from `at` on; who is through is taken out of `busy`."""
    while True:
        while busy and busy[0] <= at:
            heapq.heappop(busy)
        hour = int(at // _HOUR)
        if hour >= len(on_duty):
            return None
        if len(busy) < on_duty[hour]:
            return at
        change = (hour + 1) * _HOUR
        at = min(busy[0], change) if busy else change


@cache
def _factor(index: int) -> float:
    """Handling times differ; the same ones in every replay, so that shifts are compared and not luck."""
    z = NormalDist().inv_cdf((0.5 + index * _GOLDEN) % 1 * 0.998 + 0.001)
    return math.exp(_WIDTH * z - _WIDTH**2 / 2)


def fitted(week: Week) -> float | None:
    """The mean handling time with which the replay repeats the week; None: none does."""
    low, high = _SHORTEST, _LONGEST
    for _ in range(12):
        middle = math.sqrt(low * high)
        if replayed(week, middle) > week.measured:
            low = middle
        else:
            high = middle
    found = math.sqrt(low * high)
    return found if abs(replayed(week, found) - week.measured) <= TRUST / 2 else None


def _search(
    week: Week, handling: float, base: float, goal: float
) -> tuple[tuple[Shift, ...], float]:
    """Greedy: the shift that gains most an hour, until the goal or until none is worth it."""
    shifts: list[Shift] = []
    reached = base
    while len(shifts) < _MOST_BLOCKS and reached < goal:
        tried = [(s, replayed(with_shift(week, s), handling)) for s in _candidates()]
        worth = [(s, share) for s, share in tried if share - reached >= WORTH]
        if not worth:
            break
        best, share = max(worth, key=lambda pair: ((pair[1] - reached) / pair[0].hours, pair[1]))
        shifts.append(best)
        week, reached = with_shift(week, best), share
    return tuple(shifts), reached


def _candidates() -> Iterator[Shift]:
    for days in DAYS:
        for start in range(0, 24 - _BLOCK + 1, 2):
            yield Shift(days, start, start + _BLOCK)


def with_shift(week: Week, shift: Shift) -> Week:
    """The same week with one more person in those hours."""
    more = [
        weekday in shift.days and shift.start <= hour < shift.end for weekday, hour in week.local
    ]
    return replace(week, on_duty=tuple(n + m for n, m in zip(week.on_duty, more, strict=True)))


def consolidated(shifts: Sequence[Shift]) -> tuple[Shift, ...]:
    """Shifts of the same days that touch become one; overlapping ones stay two persons."""
    merged: list[Shift] = []
    for shift in sorted(shifts, key=lambda s: (s.days, s.start)):
        last = merged[-1] if merged else None
        if last is not None and last.days == shift.days and last.end == shift.start:
            merged[-1] = Shift(shift.days, last.start, shift.end)
        else:
            merged.append(shift)
    return tuple(sorted(merged, key=lambda s: (s.days[0], s.start)))
