"""How many asked when, and how the share answered grows with the wait."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.assessment import Topic, Urgency
from monitor.core.latency import Asked, CaseClocks
from monitor.core.messages import Platform
from monitor.core.volume import hours_a_block, reached_of, volume_of
from monitor.core.weeks import Period, latest_daily, parse_week, the_day

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = parse_week("2026-W43", BERLIN)  # its Sunday has 25 hours
MINUTE = timedelta(minutes=1)


def asked(at: datetime, minutes: int | None = None, *, calm: bool = True) -> Asked:
    answered = None if minutes is None else at + minutes * MINUTE
    case = CaseClocks(
        Platform.TELEGRAM, Topic.API, Urgency.HIGH, 1, "-1", "en", at, staff_first_at=answered
    )
    return Asked(case, "General", 10 * MINUTE, calm)


def test_every_question_of_the_week_is_in_one_block_also_where_clocks_change() -> None:
    everything = [asked(WEEK.start + n * 20 * MINUTE) for n in range(169 * 3)]
    blocks = volume_of(everything, [], WEEK)
    assert (len(blocks), sum(b.n for b in blocks)) == (42, 169 * 3)
    assert [b.n for b in blocks[-6:]] == [15, 12, 12, 12, 12, 12]  # the longer night
    assert blocks[0].begins == WEEK.start


def test_a_block_tells_surges_answers_in_target_and_the_same_hours_before() -> None:
    now = [asked(WEEK.start, 5), asked(WEEK.start, 50), asked(WEEK.start, calm=False)]
    before = [asked(WEEK.previous.start)] * 2
    (first, *_) = volume_of(now, before, WEEK)
    assert (first.n, first.in_target, first.in_surges, first.before) == (3, 1, 1, 2)


@pytest.mark.parametrize(
    ("days", "hours"), [(1, 1), (2, 1), (7, 4), (31, 24), (62, 24), (63, None)]
)
def test_blocks_are_as_long_as_the_picture_needs(days: int, hours: int | None) -> None:
    first = date(2026, 11, 1)
    assert hours_a_block(Period(first, first + timedelta(days=days - 1), BERLIN)) == hours


def test_the_unanswered_count_as_late_however_long_one_waits() -> None:
    at = WEEK.start
    found = reached_of([asked(at, 1), asked(at, 10), asked(at), asked(at, calm=False)], [])
    shares = {r.within // MINUTE: r.now for r in found}
    assert (shares[1], shares[5], shares[10], shares[1440]) == (0.25, 0.25, 0.5, 0.5)
    assert {(r.before, r.in_surges) for r in found} == {(None, 0.0)}
    assert reached_of([], [asked(at)]) == ()


def test_a_day_is_a_period_and_the_newest_hour_of_it_is_found() -> None:
    day = the_day(date(2026, 11, 21), BERLIN)
    assert (day.days, day.is_week, day.name) == (1, False, "2026-11-21..2026-11-21")
    nine = datetime(2026, 11, 22, 8, tzinfo=UTC)
    at = nine.astimezone(BERLIN).time()
    assert latest_daily(nine, BERLIN, at) == nine
    assert latest_daily(nine - MINUTE, BERLIN, at) == nine - timedelta(days=1)
