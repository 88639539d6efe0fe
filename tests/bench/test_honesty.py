"""The report in simulated weeks, in small: what it says of a surge, of equal weeks, of changed ones."""

from __future__ import annotations

from statistics import mean, median

import pytest

from bench import surge, weeks
from monitor.core.survival import differ


def test_half_an_hour_into_a_surge_the_share_is_true_and_no_median_is_printed() -> None:
    found = weeks.honest(10)
    assert found["live_share_mean_abs_error_points"] <= 2
    assert found["kaplan_meier_mean_error_points"] <= 2
    assert found["answered_only_mean_error_points"] > 15
    assert found["finite_medians_printed"] == 0


def test_the_queue_over_the_last_quarter_of_an_hour_tells_the_wait_better_than_the_last_hour() -> (
    None
):
    found = weeks.honest(10)
    told, naive = (
        found[f"{name}_mean_abs_error_minutes"] for name in ("expected_wait", "last_hour")
    )
    assert told <= 0.4 * naive


@pytest.mark.slow
def test_equal_weeks_are_seldom_called_changed_and_slower_ones_mostly() -> None:
    def called(second: float) -> float:
        pairs = (weeks.pair(seed, second, surges=False) for seed in range(60))
        return mean(bool(differ(now, before)) for before, now in pairs)

    assert called(4.5) <= 0.07
    assert called(5.0) >= 0.75


@pytest.mark.slow
def test_a_surge_of_eight_times_is_noticed_within_minutes() -> None:
    assert median(surge.delays(60, 8, 9, seed=60)) <= 5
    assert median(surge.delays(600, 8, 3, seed=600)) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("rate", [1, 60])
def test_an_ordinary_week_raises_no_alarm(rate: float) -> None:
    assert max(surge.false_alarms(rate, 1, seed=7)) <= 1
