"""The desk's benchmark runs in small; how fast it was is no test's business, what it found is."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_the_desk_benchmark_presses_and_rushes() -> None:
    arguments = ("--presses", "4", "--open", "12", "--waiting", "200", "--minutes", "1", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "bench.desk", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=240
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["press"]["presses"] == 4
    rush = found["rush"]
    assert rush["waiting_at_last"] == 500
    assert rush["chat_busiest_minute"] < 20
    assert rush["lists"] == 1
    assert rush["unreachable"] == 0
