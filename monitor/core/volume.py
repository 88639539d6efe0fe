"""How many asked when, and which share was answered within how long: what charts show. Pure.

It draws nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from monitor.core.latency import Asked, Outcome
from monitor.core.weeks import Period

WITHIN = tuple(timedelta(minutes=m) for m in (1, 5, 10, 30, 60, 360, 1440))
_MOST_BLOCKS = 62


@dataclass(frozen=True, slots=True)
class Block:
    """Some hours of a local day: how many asked, how many of them in surges, how many as long before.

    `in_target`: answered by staff in time.
    """

    begins: datetime
    n: int
    in_surges: int
    before: int
    in_target: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """The share with a staff answer within `within`; None where there is nothing to compare with."""

    within: timedelta
    now: float
    before: float | None
    in_surges: float | None


def hours_a_block(period: Period) -> int | None:
    """1 for a day, 4 for a week, 24 for a month; None: too long to draw."""
    for hours in (1, 4, 24):
        if period.days * 24 // hours <= _MOST_BLOCKS:
            return hours
    return None


def volume_of(asked: Iterable[Asked], before: Iterable[Asked], period: Period) -> tuple[Block, ...]:
    """The period in blocks of equal local hours; a block in which clocks change is longer or shorter."""
    hours = hours_a_block(period)
    if hours is None:
        return ()
    begins, earlier = _begins(period, hours), _begins(period.previous, hours)
    n, rough, then, timely = ([0] * len(begins) for _ in range(4))
    for one in asked:
        index = bisect_right(begins, one.case.opened_at) - 1
        n[index] += 1
        rough[index] += not one.is_calm
        timely[index] += one.outcome is Outcome.STAFF
    for one in before:
        then[bisect_right(earlier, one.case.opened_at) - 1] += 1
    return tuple(Block(*found) for found in zip(begins, n, rough, then, timely, strict=True))


def _begins(period: Period, hours: int) -> list[datetime]:
    days = (period.first + timedelta(days=n) for n in range(period.days))
    return [
        datetime.combine(day, time(hour), period.zone).astimezone(UTC)
        for day in days
        for hour in range(0, 24, hours)
    ]


def reached_of(asked: Sequence[Asked], before: Sequence[Asked]) -> tuple[Reached, ...]:
    """How the share answered grows with the wait; who was not answered counts as late."""
    if not asked:
        return ()
    rough = [a for a in asked if not a.is_calm]
    now, then, surges = _waits(asked), _waits(before), _waits(rough)
    return tuple(
        Reached(
            within,
            _share(now, len(asked), within) or 0.0,
            _share(then, len(before), within),
            _share(surges, len(rough), within),
        )
        for within in WITHIN
    )


def _waits(asked: Iterable[Asked]) -> list[float]:
    return sorted(a.staff_after for a in asked if a.staff_after is not None)


def _share(waits: Sequence[float], n: int, within: timedelta) -> float | None:
    return bisect_right(waits, within.total_seconds()) / n if n else None
