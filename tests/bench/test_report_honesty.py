"""What the report says of weeks whose truth is known, beside the averages of the answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import honesty


def test_the_truth_counts_whoever_was_never_answered_as_endless() -> None:
    assert honesty.true_share(360, 0.0) == pytest.approx(0.5)
    assert honesty.true_share(360, 0.4) == pytest.approx(0.3)
    assert honesty.true_quantile(0.5, 0.0) == pytest.approx(360)
    assert honesty.true_quantile(0.5, 0.5) is None


@pytest.mark.parametrize("never", [0.0, 0.3, 0.6])
def test_the_report_holds_whatever_share_is_never_answered(never: float) -> None:
    found = honesty.measured(never, runs=8)
    assert min(found["holds"].values()) >= 0.75  # of eight weeks, at a nominal 95%


def test_averages_of_the_answered_do_not_notice_that_six_in_ten_wait_for_ever() -> None:
    fine, bad = (honesty.measured(never, runs=3) for never in (0.0, 0.6))
    assert bad["answered_only"]["share"] == pytest.approx(fine["answered_only"]["share"], abs=0.03)
    assert bad["answered_only"]["share"] - bad["truth"]["share"] > 0.4
    assert abs(bad["report"]["share"] - bad["truth"]["share"]) < 0.04
    assert bad["report"]["p50_is_bound"]


def test_the_chart_is_a_small_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib draws the chart: pip install matplotlib")
    from bench.honesty_chart import draw

    file = tmp_path / "honesty.png"
    draw([honesty.measured(never, 1) for never in (0.0, 0.4, 0.6)], file)
    assert file.read_bytes().startswith(b"\x89PNG")
    assert file.stat().st_size < 60_000
