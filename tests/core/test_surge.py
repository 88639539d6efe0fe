"""What is far above or below the usual, and what is not."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import surge
from monitor.core.surge import Baseline, Course, Seen, baseline, began, goes_on, hour_of

NOW = datetime(2026, 11, 11, 12, 30, tzinfo=UTC)  # a Wednesday
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SIX = Baseline((6.0,) * 48, 0.05)


def seen(at: datetime = NOW, **minutes: int) -> Seen:
    """m5=, m15=, m60=, m180=, m360=; a window not named holds what the next shorter one does."""
    found, last = {}, 0
    for window in (5, 15, 60, 180, 360):
        last = minutes.get(f"m{window}", last)
        found[window] = last
    return Seen(at, found)


def steady(a_day: dict[int, int], days: int = 28, weekend: float = 1) -> dict[int, int]:
    """Counts by hour up to NOW from counts by hour of the day."""
    last = hour_of(NOW)
    return {
        h: round(a_day.get(h % 24, 0) * (weekend if (h // 24 + 3) % 7 >= 5 else 1))
        for h in range(last - days * 24, last)
    }


def test_a_baseline_follows_the_hour_and_the_weekend() -> None:
    day = {h: 40 if 8 <= h < 20 else 2 for h in range(24)}
    usual = baseline(steady(day, weekend=0.5), NOW)
    assert usual is not None
    assert usual.rate(NOW) == pytest.approx(40, rel=0.05)
    assert usual.rate(NOW + 12 * HOUR) == pytest.approx(2, rel=0.2)
    assert usual.rate(NOW + timedelta(days=3)) == pytest.approx(20, rel=0.05)


def test_an_earlier_surge_does_not_make_surges_usual() -> None:
    counts = steady(dict.fromkeys(range(24), 6))
    for week in range(4):
        counts[hour_of(NOW - timedelta(days=7 * week + 1))] = 500
    usual = baseline(counts, NOW)
    assert usual is not None
    assert usual.rate(NOW) < 9
    assert surge.surge_in(seen(m60=60), usual)


def test_what_was_never_watched_for_a_day_has_no_usual() -> None:
    assert baseline({}, NOW) is None
    assert baseline({hour_of(NOW) - 23: 5}, NOW) is None
    assert baseline({hour_of(NOW) - 24: 5}, NOW) is not None


def test_a_short_history_is_trusted_less() -> None:
    short, long = (baseline(steady(dict.fromkeys(range(24), 6), days), NOW) for days in (2, 28))
    assert short is not None
    assert long is not None
    assert surge.surge_in(seen(m60=24), long)
    assert not surge.surge_in(seen(m60=24), short)


def test_eight_times_the_usual_is_a_surge_and_the_clearest_window_says_so() -> None:
    found = surge.surge_in(seen(m5=8, m15=8, m60=12), SIX)
    assert found is not None
    assert (found.minutes, found.ratio) == (5, 16)
    assert surge.surge_in(seen(m5=1, m15=3, m60=10), SIX) is None


def test_four_askers_are_no_surge_wherever_nobody_asks() -> None:
    never = Baseline((0.01,) * 48, 0.05)
    assert surge.surge_in(seen(m60=4), never) is None
    assert surge.surge_in(seen(m60=5), never) is not None


def test_nearly_nobody_where_many_ask_is_a_silence() -> None:
    busy = Baseline((60.0,) * 48, 0.05)
    found = surge.silence_in(seen(m60=0), busy)
    assert found is not None
    assert found.minutes == 60
    assert surge.silence_in(seen(m60=20, m180=170, m360=350), busy) is None
    assert surge.silence_in(seen(m60=0, m180=2, m360=6), SIX) is None  # a slow morning
    assert surge.silence_in(seen(m60=0), SIX) is not None  # none in three hours


@pytest.mark.parametrize("spread", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("mean", [0.3, 5.0, 80.0])
def test_rarity_is_the_tail_of_the_distribution(mean: float, spread: float) -> None:
    size = 1 / spread
    odds = mean / (mean + size)
    mass = [
        math.exp(
            math.lgamma(n + size) - math.lgamma(size) - math.lgamma(n + 1)
            + size * math.log(1 - odds) + n * math.log(odds)
        )
        for n in range(3000)
    ]  # fmt: skip
    assert math.fsum(mass) == pytest.approx(1)
    high, low = int(mean * 3) + 1, int(mean / 3)
    upper = -math.log10(math.fsum(mass[high:]))
    lower = -math.log10(math.fsum(mass[: low + 1]))
    assert surge._rarity(high, mean, spread, more=True) == pytest.approx(upper, rel=1e-6)
    if low < mean:
        assert surge._rarity(low, mean, spread, more=False) == pytest.approx(lower, rel=1e-6)


@given(st.integers(0, 5000), st.floats(0, 2000), st.floats(0.05, 1), st.booleans())
def test_rarity_is_finite_and_never_negative(
    n: int, mean: float, spread: float, more: bool
) -> None:
    found = surge._rarity(n, mean, spread, more=more)
    assert 0 <= found < math.inf


@given(st.integers(0, 300), st.floats(0.1, 100))
def test_more_askers_are_never_less_surprising(n: int, mean: float) -> None:
    one = surge._rarity(n, mean, 0.1, more=True)
    assert surge._rarity(n + 1, mean, 0.1, more=True) >= one - 1e-9


def test_a_surge_is_dated_at_its_beginning() -> None:
    minutes = [0, 0, 1, 0, 0, 0] * 7 + [0] * 6 + [2] * 12
    assert began(minutes, NOW, SIX, 8) == NOW - 12 * MINUTE


def test_an_incident_ends_when_volume_and_queue_are_back_for_a_quarter_of_an_hour() -> None:
    course = Course(NOW, usual_queue=3)
    assert goes_on(course, NOW, 2, 9, calm=False) == course
    waiting = goes_on(course, NOW + HOUR, 4, 9, calm=True)
    assert waiting == course
    calm = goes_on(course, NOW + HOUR, 3, 9, calm=True)
    assert calm is not None
    assert calm.calm_since == NOW + HOUR
    assert goes_on(calm, NOW + HOUR + 5 * MINUTE, 4, 9, calm=True) == course  # hysteresis
    assert goes_on(calm, NOW + HOUR + 15 * MINUTE, 0, 9, calm=True) is None


def test_a_few_left_behind_do_not_make_a_surge_last() -> None:
    course = Course(NOW, usual_queue=0)
    assert goes_on(course, NOW + HOUR, 10, 200, calm=True) != course
    assert goes_on(course, NOW + HOUR, 11, 200, calm=True) == course


def test_questions_nobody_answers_do_not_keep_it_open_for_ever() -> None:
    late = NOW + timedelta(hours=25)
    calm = goes_on(Course(NOW, usual_queue=0), late, 40, 50, calm=True)
    assert calm is not None
    assert calm.calm_since == late


def test_where_a_burst_comes_every_day_only_a_larger_one_is_a_surge() -> None:
    burst = seen(m5=8, m15=8, m60=12)
    daily = [surge.surprises(burst, SIX)] * 9
    assert surge.surge_in(burst, SIX)
    assert surge.surge_in(seen(m5=7, m15=8, m60=12), SIX, surge.bars(daily)) is None
    assert surge.surge_in(seen(m5=16, m15=16, m60=20), SIX, surge.bars(daily))


def test_a_single_day_of_surges_does_not_hide_the_next_one() -> None:
    quiet, loud = dict.fromkeys(surge.WINDOWS, 2.0), dict.fromkeys(surge.WINDOWS, 40.0)
    assert set(surge.bars([quiet] * 20 + [loud] * 3).values()) == {surge.ALARM}


def test_a_short_history_sets_no_bar() -> None:
    loud = dict.fromkeys(surge.WINDOWS, 40.0)
    assert surge.bars([loud, loud]) == {}
    assert min(surge.bars([loud, loud, loud]).values()) == pytest.approx(40)


@given(st.lists(st.dictionaries(st.sampled_from(surge.WINDOWS), st.floats(0, 400)), max_size=28))
def test_a_bar_is_never_below_the_alarm(days: list[dict[int, float]]) -> None:
    assert all(surge.ALARM <= bar < math.inf for bar in surge.bars(days).values())
