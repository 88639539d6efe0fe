"""The benchmark's score by hand, its files as written, and what is said without them."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import nab, surge

START = datetime(2026, 3, 2, tzinfo=UTC)
STANDARD = nab.PROFILES["standard"]


def series(rows: int = 100, *windows: tuple[int, int]) -> nab.Series:
    at = tuple(START + timedelta(minutes=5 * row) for row in range(rows))
    return nab.Series("tweets", at, (1,) * rows, windows)


def test_a_position_is_worth_what_the_documentation_says() -> None:
    assert nab.sigmoid(-1.0) == pytest.approx(0.98661, abs=1e-5)
    assert nab.sigmoid(-0.5) == pytest.approx(0.84828, abs=1e-5)
    assert nab.sigmoid(0.0) == 0.0
    assert nab.sigmoid(1.0) == pytest.approx(-0.98661, abs=1e-5)
    assert nab.sigmoid(3.1) == -1.0


def test_silence_is_nothing_and_the_first_row_of_every_window_is_everything() -> None:
    one = series(100, (30, 39), (60, 79))
    for profile in nab.PROFILES.values():
        assert nab.normalised([(one, [])], profile) == 0
        assert nab.normalised([(one, [30, 60])], profile) == pytest.approx(100)


def test_only_the_first_detection_in_a_window_counts_and_late_ones_earn_less() -> None:
    one = series(100, (30, 39))
    middle = (2 / (1 + math.exp(-2.5)) - 1) / (2 / (1 + math.exp(-5)) - 1)  # five of ten rows left
    assert nab.score(one, [35], STANDARD) == pytest.approx(middle)
    assert nab.score(one, [37, 35, 39], STANDARD) == pytest.approx(middle)


def test_a_false_alarm_costs_more_the_farther_it_is_behind_a_window() -> None:
    one = series(200, (40, 49))
    hit = nab.score(one, [40], STANDARD)
    assert nab.score(one, [40, 35], STANDARD) == pytest.approx(hit - 0.11)  # no window before
    near = 0.11 * (1 - 2 / (1 + math.exp(5 * 3 / 9)))
    assert nab.score(one, [40, 52], STANDARD) == pytest.approx(hit - near)
    assert nab.score(one, [40, 120], STANDARD) == pytest.approx(hit - 0.11)
    strict = nab.PROFILES["low_false_alarms"]
    assert nab.score(one, [40, 35], strict) == pytest.approx(hit - 0.22)


def test_a_missed_window_costs_one_and_two_where_misses_matter() -> None:
    one = series(100, (30, 39), (60, 79))
    assert nab.score(one, [30], STANDARD) == pytest.approx(0.0)
    assert nab.score(one, [30], nab.PROFILES["low_missed"]) == pytest.approx(-1.0)
    assert nab.normalised([(one, [30])], nab.PROFILES["low_missed"]) == pytest.approx(50)


def test_the_beginning_of_a_series_is_not_judged() -> None:
    assert series(100).probation == 15
    assert series(16_000).probation == 750
    one = series(100, (30, 39))
    assert nab.score(one, [14, 30], STANDARD) == nab.score(one, [30], STANDARD)
    assert nab.score(one, [15, 30], STANDARD) < nab.score(one, [30], STANDARD)


def written(folder: Path, counts: list[int], *windows: tuple[int, int]) -> Path:
    at = [START.replace(tzinfo=None) + timedelta(minutes=5 * row) for row in range(len(counts))]
    (folder / "labels").mkdir()
    (folder / "data" / "realTweets").mkdir(parents=True)
    lines = [f"{moment},{n}" for moment, n in zip(at, counts, strict=True)]
    file = folder / "data" / "realTweets" / "tweets.csv"
    file.write_text("\n".join(["timestamp,value", *lines]) + "\n", encoding="utf-8")
    labels = [[f"{at[a]}.000000", f"{at[b]}.000000"] for a, b in windows]
    (folder / "labels" / "combined_windows.json").write_text(
        json.dumps({"realTweets/tweets.csv": labels}), encoding="utf-8"
    )
    return folder


COUNTS = [3, 5, 4, 2, 6, 4] * 480  # ten days
BURST = 8 * 288 + 100


def test_a_burst_is_detected_once_at_its_beginning(tmp_path: Path) -> None:
    counts = COUNTS.copy()
    counts[BURST : BURST + 24] = [60] * 24
    found = surge.scored(written(tmp_path, counts, (BURST - 10, BURST + 190)))
    assert (found["nab_windows_hit"], found["nab_outside_windows_per_series_week"]) == (1, 0)
    assert found["nab"]["standard"] > 95


def test_what_comes_later_changes_nothing_that_was_said(tmp_path: Path) -> None:
    counts = COUNTS.copy()
    counts[BURST : BURST + 24] = [60] * 24
    (whole,) = nab.read(written(tmp_path, counts))
    rows = surge.told(whole)
    for end in (BURST + 1, BURST + 300):
        early = nab.Series("early", whole.at[:end], whole.counts[:end], ())
        assert surge.told(early) == [row for row in rows if row < end]


def test_without_the_data_the_reason_is_told(tmp_path: Path) -> None:
    found = surge.scored(tmp_path)
    assert list(found) == ["nab_left_out"]
    assert str(tmp_path) in found["nab_left_out"]
