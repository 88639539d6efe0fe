"""Pictures for chats, drawn by a child process. Without matplotlib, or when it fails, there is none.

It never fails: a report without its picture is still a report.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from monitor.core.figures import Figures
from monitor.reporting import words
from monitor.reporting.charts import columns

log = logging.getLogger(__name__)
_PROGRAM = Path(__file__).resolve().parent / "drawing.py"
_PATIENCE = 60.0  # seconds; its first start builds a font list
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_BYTES = 1_000_000


def picture(figures: Figures) -> bytes | None:
    """Questions by hour of a day as PNG; None without the library or anything to draw."""
    if not any(b.n for b in figures.volume) or importlib.util.find_spec("matplotlib") is None:
        return None
    return drawn(json.dumps(_wanted(figures)))


def _wanted(figures: Figures) -> dict[str, object]:
    shown = figures.volume
    asked = words.count(figures.total.n, "question", "questions")
    return {
        "title": f"{asked} on {words.day(figures.period.first)}",
        "subtitle": f"By hour they were asked, {figures.period.zone.key}",
        "labels": columns(figures),
        "in_time": [b.in_target for b in shown],
        "late": [b.n - b.in_target for b in shown],
        "surges": [bool(b.in_surges) for b in shown],
    }


def drawn(wanted: str, *, patience: float = _PATIENCE) -> bytes | None:
    """What the child made of it, if that is a PNG."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | {"MPLCONFIGDIR": scratch, "OMP_NUM_THREADS": "1"}
        try:
            done = subprocess.run(  # noqa: S603 - our own file, and no shell
                [sys.executable, "-P", str(_PROGRAM)],
                input=wanted.encode(),
                capture_output=True,
                timeout=patience,
                env=environment,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("no picture", extra={"reason": type(error).__name__})
            return None
    if done.returncode != 0 or not done.stdout.startswith(_PNG) or len(done.stdout) > _MOST_BYTES:
        log.warning("no picture", extra={"reason": done.stderr.decode("utf-8", "replace")[-200:]})
        return None
    return done.stdout
