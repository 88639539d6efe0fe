"""Recurring times by the wall clock: exactly one a period, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.schedules import BadSchedule, due_between, parse

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Seoul", "UTC")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("spec", "days", "clock"),
    [
        ("mon 09:00", {0}, "09:00"),
        ("Mon,WED 18:30", {0, 2}, "18:30"),
        ("daily 08:00", set(range(7)), "08:00"),
    ],
)
def test_schedules_are_read_as_people_write_them(spec: str, days: set[int], clock: str) -> None:
    found = parse(spec)
    assert (found.days, f"{found.at:%H:%M}") == (days, clock)


@pytest.mark.parametrize(
    "spec", ["", "mon", "1 09:00", "mon 9:00", "mon 25:00", "0 9 * * 1", "foo 09:00", "mon, 09:00"]
)
def test_anything_else_is_refused_with_what_would_be_one(spec: str) -> None:
    with pytest.raises(BadSchedule, match="Write"):
        parse(spec)


@pytest.mark.parametrize(
    ("zone", "clock", "day", "nominal"),
    [
        ("Europe/Berlin", "02:30", (2026, 3, 29), utc(2026, 3, 29, 1, 30)),  # skipped: it is 03:30
        ("Europe/Berlin", "02:30", (2026, 10, 25), utc(2026, 10, 25, 0, 30)),  # twice: the first
        ("America/New_York", "02:30", (2026, 3, 8), utc(2026, 3, 8, 7, 30)),
        ("America/New_York", "01:30", (2026, 11, 1), utc(2026, 11, 1, 5, 30)),
        (
            "Australia/Lord_Howe",
            "02:15",
            (2026, 10, 4),
            utc(2026, 10, 3, 15, 45),
        ),  # by half an hour
        ("Australia/Lord_Howe", "01:45", (2026, 4, 5), utc(2026, 4, 4, 14, 45)),
        ("Asia/Seoul", "02:30", (2026, 3, 29), utc(2026, 3, 28, 17, 30)),
    ],
)
def test_on_the_day_the_clocks_change_a_time_comes_once(
    zone: str, clock: str, day: tuple[int, int, int], nominal: datetime
) -> None:
    start = datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = start + timedelta(hours=23)
    found = list(due_between(parse(f"daily {clock}"), ZoneInfo(zone), start, end))
    assert [due.nominal_at for due in found] == [nominal]


@given(
    zone=st.sampled_from(ZONES),
    minutes=st.integers(0, 24 * 60 - 1),
    cuts=st.lists(st.integers(0, 400 * 24 * 60), max_size=12),
)
def test_a_year_has_each_day_once_however_often_we_look(
    zone: str, minutes: int, cuts: list[int]
) -> None:
    schedule = parse(f"daily {minutes // 60:02}:{minutes % 60:02}")
    start = utc(2026, 1, 1)
    looks = [
        start,
        *sorted(start + timedelta(minutes=c) for c in cuts),
        start + timedelta(days=400),
    ]
    found = [due for a, b in pairwise(looks) for due in due_between(schedule, ZoneInfo(zone), a, b)]
    periods = [due.period for due in found]
    assert len(periods) == len(set(periods))
    assert len(periods) in (399, 400, 401)
    assert [due.nominal_at for due in found] == sorted(due.nominal_at for due in found)
