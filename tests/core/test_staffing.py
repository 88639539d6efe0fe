"""Advice repeats what was measured, holds in weeks it has not seen, and is silent otherwise."""

from __future__ import annotations

import heapq
import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.staffing import (
    Advice,
    Ask,
    Shift,
    advise,
    consolidated,
    fitted,
    replayed,
    week_of,
    with_shift,
)

START = datetime(2026, 11, 9, tzinfo=UTC)  # a Monday
WEEK = timedelta(days=7)
TARGET = timedelta(minutes=10)


def same(at: datetime) -> datetime:
    return at


def a_week(
    seed: int, start: datetime = START, *, gap: bool = True, extra: tuple[Shift, ...] = ()
) -> list[Ask]:
    """Twelve an hour, two people; with a gap, one of them alone Tuesday to Thursday, 20 to 24."""
    chance = random.Random(seed)
    asks, minute = [], 0.0
    free: list[tuple[float, str]] = [(0.0, "a"), (0.0, "b"), (0.0, "c")]
    while (minute := minute + chance.expovariate(12 / 60)) < 7 * 1440:
        while True:
            free_at, who = heapq.heappop(free)
            begins = max(minute, free_at)
            if works(who, begins, gap, extra):
                break
            heapq.heappush(free, (math.floor(begins / 60 + 1) * 60.0, who))
        ends = begins + chance.lognormvariate(math.log(5) - 0.32, 0.8)
        heapq.heappush(free, (ends, who))
        at = start + timedelta(minutes=minute)
        asks.append(Ask(at, TARGET, start + timedelta(minutes=ends), who))
    return asks


def works(who: str, minute: float, gap: bool, extra: tuple[Shift, ...]) -> bool:
    day, hour = int(minute // 1440) % 7, int(minute // 60) % 24
    if who == "c":
        return any(day in s.days and s.start <= hour < s.end for s in extra)
    return not (who == "b" and gap and day in (1, 2, 3) and hour >= 20)


def share(asks: list[Ask]) -> float:
    return sum(a.answered_at - a.asked_at <= a.target for a in asks if a.answered_at) / len(asks)


def advice_for(seed: int, goal: float = 0.95) -> Advice | None:
    before, now = a_week(seed, START - WEEK), a_week(seed + 1)
    return advise(before, now, (START - WEEK, START), same, goal)


def test_the_planted_gap_is_found_and_the_promise_holds_in_weeks_not_seen() -> None:
    found = [advice_for(seed) for seed in (10, 20, 30)]
    for advice in found:
        assert advice is not None
        assert Shift((1, 2, 3), 20, 24) in advice.shifts
        realised = [share(a_week(seed, extra=advice.shifts)) for seed in range(100, 108)]
        assert abs(sum(realised) / len(realised) - advice.promised) <= 0.05


def test_nothing_is_said_where_the_goal_is_met_or_little_was_asked() -> None:
    assert advice_for(1, goal=0.5) is None
    few = a_week(1)[:150]
    assert advise(few, few, (START, START), same, 0.95) is None
    assert advise([], [], (START, START), same, 0.95) is None


def test_nothing_is_said_where_the_replay_does_not_repeat_the_week() -> None:
    # The same people, suddenly much slower: what was learned of the week before does not hold.
    slow = [
        Ask(a.asked_at, a.target, a.answered_at + timedelta(minutes=30), a.staff)
        for a in a_week(2)
        if a.answered_at
    ]
    before = a_week(1, START - WEEK, gap=False)
    assert advise(before, slow, (START - WEEK, START), same, 0.95) is None


def test_nothing_is_said_when_nobody_knows_who_answered() -> None:
    unknown = [Ask(a.asked_at, a.target, a.answered_at, None) for a in a_week(3)]
    assert advise(unknown, unknown, (START, START), same, 0.95) is None


def test_handling_is_fitted_so_that_the_week_is_repeated() -> None:
    week = week_of(a_week(4), START, same)
    handling = fitted(week)
    assert handling is not None
    assert replayed(week, handling) == pytest.approx(week.measured, abs=0.025)
    assert 120 < handling < 600


shifts = st.builds(
    lambda days, start: Shift(days, start, start + 4),
    st.sampled_from([(0, 1, 2, 3, 4), (5, 6), (1, 2, 3)]),
    st.sampled_from(range(0, 21, 2)),
)


@given(shifts, st.floats(30, 3000))
def test_one_more_person_never_makes_a_wait_longer(shift: Shift, handling: float) -> None:
    week = week_of(a_week(5)[:300], START, same)
    assert replayed(with_shift(week, shift), handling) >= replayed(week, handling) - 0.01


def test_a_surges_questions_keep_people_busy_but_do_not_count() -> None:
    calm = a_week(1)
    at = START + timedelta(days=2, hours=13)
    rush = [Ask(at, TARGET, at + timedelta(hours=5), "a", counts=False) for _ in range(150)]
    alone, beside = week_of(calm, START, same), week_of(calm + rush, START, same)
    assert beside.measured == alone.measured
    assert replayed(beside, 240) < replayed(alone, 240)
    assert advise(rush * 3, rush * 3, (START, START), same, 0.95) is None


def test_questions_nobody_answered_stay_unanswered() -> None:
    asks = [
        Ask(a.asked_at, a.target, None, None) if i % 4 == 0 else a
        for i, a in enumerate(a_week(6, gap=False))
    ]
    week = week_of(asks, START, same)
    assert replayed(with_shift(week, Shift(tuple(range(7)), 0, 24)), 1) <= 0.75 + 1e-9


def test_shifts_that_touch_are_one() -> None:
    days = (0, 1, 2, 3, 4)
    found = consolidated((Shift(days, 20, 24), Shift((5, 6), 0, 4), Shift(days, 16, 20)))
    assert found == (Shift(days, 16, 24), Shift((5, 6), 0, 4))
