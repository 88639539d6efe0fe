"""How late we saw what was written. It is no wait of anybody's: that is latency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitor.core.latency import quantile
from monitor.core.messages import Platform

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Lag:
    """How late we saw live messages: p95 of seen minus sent.

    `ahead` were sent after we saw them, by their clock.
    """

    platform: Platform
    n: int
    p95: timedelta
    ahead: int


def lag_of(platform: Platform, lags: Iterable[timedelta]) -> Lag | None:
    """Visibility of one platform; a clock that runs ahead counts as no lag, and is counted."""
    ordered = sorted(lags)
    p95 = quantile(ordered, 0.95)
    if p95 is None:
        return None
    ahead = sum(lag < _ZERO for lag in ordered)
    return Lag(platform, len(ordered), max(p95, _ZERO), ahead)
