"""Local weeks of 167 to 169 hours, ISO years, and dates as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.weeks import (
    NoSuchPeriod,
    last_full_week,
    latest_due,
    parse_days,
    parse_week,
    week_of,
)

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe",
    "Asia/Beirut", "Pacific/Apia", "Asia/Kathmandu",
]  # fmt: skip
moments = st.integers(0, 30 * 365 * 86400).map(
    lambda seconds: datetime(2005, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(ZONES).map(ZoneInfo)


def hours(week: str, zone: str) -> float:
    period = parse_week(week, ZoneInfo(zone))
    return (period.end - period.start) / timedelta(hours=1)


def test_a_week_has_167_168_or_169_hours() -> None:
    assert hours("2026-W13", "Europe/Berlin") == 167
    assert hours("2026-W43", "Europe/Berlin") == 169
    assert hours("2026-W43", "Asia/Shanghai") == 168
    assert hours("2026-W40", "Australia/Lord_Howe") == 167.5


def test_a_week_starts_on_monday_midnight_of_its_zone() -> None:
    period = parse_week("2026-W47", ZoneInfo("Asia/Shanghai"))
    assert period.start == datetime(2026, 11, 15, 16, tzinfo=UTC)
    assert (period.first, period.last) == (date(2026, 11, 16), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("week", "title", "before"),
    [
        ("2026-W46", "9–15 Nov", "2026-W45"),
        ("2026-W49", "30 Nov – 6 Dec", "2026-W48"),
        ("2026-W53", "28 Dec 2026 – 3 Jan 2027", "2026-W52"),
        ("2027-W01", "4–10 Jan", "2026-W53"),
    ],
)
def test_weeks_have_names_titles_and_a_week_before(week: str, title: str, before: str) -> None:
    period = parse_week(week, ZoneInfo("UTC"))
    assert (period.name, period.title, period.previous.name) == (week, title, before)


@given(moments, zones)
def test_every_instant_is_in_exactly_the_week_that_says_so(at: datetime, zone: ZoneInfo) -> None:
    week = week_of(at, zone)
    assert week.start <= at < week.end
    assert week.is_week
    assert parse_week(week.name, zone) == week
    assert last_full_week(at, zone).end == week.start


@given(moments, zones, st.integers(0, 6), st.times())
def test_the_latest_due_instant_is_less_than_eight_days_back(
    now: datetime, zone: ZoneInfo, weekday: int, at: time
) -> None:
    due = latest_due(now, zone, weekday, at.replace(microsecond=0))
    assert due <= now < due + timedelta(days=8)


def test_a_report_due_on_monday_at_nine_is_not_due_a_minute_earlier() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    monday = datetime(2026, 11, 16, 1, tzinfo=UTC)  # nine o'clock in Shanghai
    assert latest_due(monday, zone, 0, time(9)) == monday
    assert latest_due(monday - timedelta(minutes=1), zone, 0, time(9)) == monday - timedelta(days=7)


@pytest.mark.parametrize(
    "text", ["2026-47", "2026-W54", "2027-W53", "W47", "", "9999-W52", "0001-W01"]
)
def test_what_is_no_week_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(NoSuchPeriod, match=r"--week: not an ISO week .* Write it like 2026-W47\."):
        parse_week(text, ZoneInfo("UTC"))


def test_days_are_both_included() -> None:
    period = parse_days("2026-11-09", "2026-11-10", ZoneInfo("UTC"))
    assert (period.days, period.name, period.title) == (2, "2026-11-09..2026-11-10", "9–10 Nov")
    assert period.previous.name == "2026-11-07..2026-11-08"
    assert parse_days("2026-11-09", "2026-11-09", ZoneInfo("UTC")).title == "9 Nov"
    assert parse_days("2026-11-09", "2026-11-15", ZoneInfo("UTC")).name == "2026-W46"


@pytest.mark.parametrize(
    ("first", "last", "complaint"),
    [
        ("2026-11-10", "2026-11-09", "--to: 2026-11-09 is before --from 2026-11-10. Swap the two."),
        ("2026-11-09", "", "--from needs --to. Write it like --to 2026-11-09."),
        ("", "2026-11-09", "--to needs --from. Write it like --from 2026-11-09."),
        ("tomorrow", "2026-11-09", "--from: not a date (found 'tomorrow'). Write it like 2026-11-09."),
        ("2026-11-09", "9999-12-31", "--to: not a date (found '9999-12-31'). Write it like 2026-11-09."),
    ],
)  # fmt: skip
def test_wrong_days_are_refused_in_a_sentence(first: str, last: str, complaint: str) -> None:
    with pytest.raises(NoSuchPeriod) as caught:
        parse_days(first, last, ZoneInfo("UTC"))
    assert str(caught.value) == complaint
