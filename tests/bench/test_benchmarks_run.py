"""The benchmarks run in small, and end with one JSON object. How fast they were is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import ROOT


def _printed(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", *arguments, "--json"], cwd=ROOT, capture_output=True, text=True, timeout=240
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_the_pipeline_benchmark_does_the_same_work_on_every_side() -> None:
    found = _printed("bench.pipeline", "--messages", "200", "--acknowledged", "12", "--rounds", "1")
    came = found["came_of_it"]
    for side in ("floor", "sqlite", *(["postgres"] if found["postgres_ingest_us"] else [])):
        assert came[f"{side}_ingest"]["messages"] == 200
        assert came[f"{side}_ack"]["messages"] == came[f"{side}_ack"]["sent"] == 12
    assert came["sqlite_ingest"]["cases"] > 0
    assert found["ingest_ratio_sqlite"] > 0
    assert found["postgres_ingest_us"] is not None or found["postgres_left_out"]


@pytest.mark.slow
def test_the_command_line_benchmark_times_whole_processes() -> None:
    found = _printed("bench.cli", "--times", "1")
    assert found["help_cpu_s"] > found["python_cpu_s"] > 0


@pytest.mark.slow
def test_the_hostile_benchmark_asks_every_tier_about_every_kind_of_text() -> None:
    found = _printed("bench.hostile", "--times", "1")
    assert (
        found["cpu_ms"]["rules"].keys()
        == found["cpu_ms"].get("light", found["cpu_ms"]["rules"]).keys()
    )
    assert {"empty", "emoji", "right to left", "surrogates"} < found["cpu_ms"]["rules"].keys()


@pytest.mark.slow
def test_the_report_benchmark_fills_two_histories_and_mails_once() -> None:
    found = _printed("bench.report_scale", "--messages", "60000")
    assert found["cases"] == 104 * round(60_000 / 2.5 / 104)
    assert found["cases_of_the_week"] > 0.9 * found["cases"] / 104  # the rest was withdrawn
    assert found["mails"] == 1
    assert found["numbers_rss_mb"] <= 250  # memory is no matter of luck
