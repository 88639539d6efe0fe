"""When to look. APScheduler only wakes; whether there is anything to do, the database decides.

Jobs live in memory: nothing of theirs is stored, and firing twice does the same as firing once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from monitor.store.database import is_passing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something to look after, every so often."""

    name: str
    every: timedelta
    look: Callable[[], object]


class Scheduler:
    """Wakes sweeps, each in its turn, never two of the same at once."""

    def __init__(self, sweeps: Sequence[Sweep]) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            daemon=True,
            # A late wake-up is as good as one on time; several missed ones are one.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for sweep in sweeps:
            self._scheduler.add_job(
                _guarded(sweep), "interval", seconds=sweep.every.total_seconds(), id=sweep.name
            )
        self._sweeps = sweeps

    def start(self) -> None:
        """Look once at everything now (catch up), then by the clock."""
        for sweep in self._sweeps:
            _guarded(sweep)()
        self._scheduler.start()

    def stop(self) -> None:
        """Wake nobody any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _guarded(sweep: Sweep) -> Callable[[], None]:
    def look() -> None:
        try:
            sweep.look()
        except Exception as error:
            if not is_passing(error):
                log.exception("a sweep failed", extra={"sweep": sweep.name})

    return look
