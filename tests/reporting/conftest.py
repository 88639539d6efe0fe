"""Figures as small or as rich as a test asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.figures import Change, Figures, Slice
from monitor.core.latency import Row, Wait
from monitor.core.survival import Attained
from monitor.core.weeks import parse_week

MINUTE = timedelta(minutes=1)


def a_row(n: int, staff: int = 0, community: int = 0, **more: object) -> Row:
    known = {
        "p50": Wait(3 * MINUTE), "p90": Wait(50 * MINUTE), "staff_ever": staff, "acked": n,
        "ack_p50": timedelta(seconds=2), "ack_p95": timedelta(seconds=14),
    } if n else {}  # fmt: skip
    return Row(n, staff, community, n - staff - community, **(known | more))  # type: ignore[arg-type]


def an_attained(row: Row, error: float = 0.01) -> Attained:
    """The row's share, known to within `error` (one standard deviation)."""
    return Attained(row.share or 0.0, error**2, row.n, 28, 20.0)


def a_change(now: Row, before: Row, error: float = 0.01) -> Change:
    return Change(an_attained(now, error), an_attained(before, error))


def some_figures(
    total: Row, previous: Row | None = None, *, name: str = "General", **more: object
) -> Figures:
    period = parse_week("2026-W46", ZoneInfo("Europe/Berlin"))
    previous = previous or Row(0)
    change = a_change(total, previous)
    parts = {
        "channels": (Slice(name, total, previous, change),),
        "topics": (Slice("withdrawal", total, previous, change),),
        "urgencies": (Slice("high", total, previous, change),),
        "languages": (Slice("zh-Hant", total, previous, change),),
    } if total.n else {}  # fmt: skip
    known = {
        "title": "Support", "period": period, "as_of": period.end + timedelta(hours=9), "goal": 0.9,
        "total": total, "previous": previous, "change": change,
    }  # fmt: skip
    return Figures(**(known | parts | more))  # type: ignore[arg-type]


@pytest.fixture
def row() -> Callable[..., Row]:
    """row(n, staff, community, **fields)."""
    return a_row


@pytest.fixture
def change() -> Callable[..., Change]:
    """change(now, before, error): the headline of two rows with its uncertainty."""
    return a_change


@pytest.fixture
def figures() -> Callable[..., Figures]:
    """figures(total, previous, name=..., **fields): one slice of each kind, all like the total."""
    return some_figures
