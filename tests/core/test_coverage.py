"""Duty hours as intervals, and waits counted only within them, against a walk minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.assessment import Topic, Urgency
from monitor.core.coverage import (
    Coverage,
    coverage,
    coverage_of,
    covered_of,
    duty,
    has_hours,
    speaks,
)
from monitor.core.latency import Asked, CaseClocks, Wait
from monitor.core.messages import Platform, Role
from monitor.core.onduty import covers, duties
from monitor.core.roster import Person, Roster, Shift, on_duty

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = [ZoneInfo(name) for name in (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kolkata",
)]  # fmt: skip
AUTUMN = datetime(2026, 10, 24, tzinfo=UTC)  # the clocks of Berlin go back the next night
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
OFFICE = Shift(time(9), time(17), ZoneInfo("UTC"), frozenset(range(5)))

clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
shifts = st.builds(
    Shift, clocks, clocks, st.sampled_from(ZONES), st.frozensets(st.integers(0, 6), min_size=1)
)
people = st.builds(
    Person,
    st.just("Mei"),
    shifts=st.lists(shifts, min_size=1, max_size=3).map(tuple),
    valid_from=st.none() | st.integers(0, 40).map(lambda h: AUTUMN + h * HOUR),
    valid_to=st.none() | st.integers(41, 90).map(lambda h: AUTUMN + h * HOUR),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(people, max_size=3), st.integers(0, 3000), st.integers(0, 1500))
def test_covered_time_is_that_of_a_walk_minute_by_minute(
    team: list[Person], start: int, length: int
) -> None:
    roster = Roster(tuple(team))
    since = AUTUMN + start * MINUTE
    until = since + length * MINUTE
    hours = coverage_of(roster, AUTUMN - 2 * DAY, AUTUMN + 5 * DAY)
    walked = sum(bool(on_duty(roster, since + n * MINUTE)) for n in range(length))
    assert hours.covered(since, until) == walked * MINUTE
    assert hours.is_on(since) == bool(on_duty(roster, since))


@settings(max_examples=150, deadline=None)
@given(st.lists(people, min_size=1, max_size=3), st.integers(0, 3000), st.integers(1, 900))
def test_due_is_the_first_instant_at_which_so_much_is_covered(
    team: list[Person], start: int, minutes: int
) -> None:
    since, wait = AUTUMN + start * MINUTE, minutes * MINUTE
    hours = coverage_of(Roster(tuple(team)), AUTUMN - 2 * DAY, AUTUMN + 30 * DAY)
    due = hours.due(since, wait)
    if due is not None:
        assert hours.covered(since, due) == wait
        assert hours.covered(since, due - MINUTE) < wait


def test_spans_that_touch_or_overlap_are_one_and_empty_ones_are_none() -> None:
    at = [MONDAY + n * HOUR for n in range(6)]
    found = coverage(
        [(at[2], at[3]), (at[0], at[1]), (at[1], at[2]), (at[0], at[2]), (at[5], at[4])]
    )
    assert found == Coverage((at[0].timestamp(),), (at[3].timestamp(),), (0.0,))
    assert found.closes(at[1]) == at[3]
    assert found.opens(at[4]) is None
    assert coverage([]).covered(at[0], at[5]) == timedelta(0)


def test_a_night_shift_reaches_into_the_morning_after() -> None:
    night = Person("João", shifts=(Shift(time(22), time(6), ZoneInfo("UTC")),))
    spans = list(duty(night, MONDAY, MONDAY + DAY))
    assert (MONDAY, MONDAY + 6 * HOUR) in spans
    assert (MONDAY + 22 * HOUR, MONDAY + DAY) in spans


@pytest.mark.parametrize(
    ("languages", "language", "reads"),
    [((), "ja", True), (("zh",), "zh-Hant", True), (("zh",), "ja", False), (("en", "ja"), "ja", True)],
)  # fmt: skip
def test_who_reads_what(languages: tuple[str, ...], language: str, reads: bool) -> None:
    assert speaks(Person("Mei", languages=languages), language) is reads


def test_duty_hours_say_nothing_with_nobody_or_with_somebody_always_there() -> None:
    office = Person("Mei", shifts=(OFFICE,))
    assert has_hours(Roster((office,)))
    assert not has_hours(Roster())
    assert not has_hours(Roster((office, Person("João"))))
    assert has_hours(Roster((office, Person("robot", role=Role.OTHER_BOT))))


def asked(opened: datetime, answered: datetime | None, language: str = "en") -> Asked:
    case = CaseClocks(
        Platform.TELEGRAM, Topic.API, Urgency.HIGH, 1, "-1", language, opened, staff_first_at=answered
    )  # fmt: skip
    return Asked(case, "General", 10 * MINUTE)


def test_out_of_hours_the_clock_waits_for_duty_and_an_early_answer_is_no_wait_of_nothing() -> None:
    evening, morning = MONDAY + 20 * HOUR, MONDAY + DAY + 9 * HOUR
    found = covered_of(
        [
            asked(evening, morning + 5 * MINUTE),  # five minutes into duty
            asked(evening, evening + HOUR),  # somebody answered at night
            asked(MONDAY + 10 * HOUR, MONDAY + 10 * HOUR + 20 * MINUTE),
        ],
        Roster((Person("Mei", shifts=(OFFICE,)),)),
        MONDAY + 2 * DAY,
    )
    assert found is not None
    assert (found.n, found.staff, found.outside, found.early) == (2, 1, 2, 1)
    assert found.p50 == Wait(5 * MINUTE)
    assert found.share == 0.5


def test_who_is_never_answered_waits_only_in_duty_hours() -> None:
    friday = MONDAY + 4 * DAY + 16 * HOUR
    found = covered_of(
        [asked(friday, None)], Roster((Person("Mei", shifts=(OFFICE,)),)), friday + 3 * DAY
    )
    assert found is not None
    assert found.p50 == Wait(HOUR + 7 * HOUR, is_bound=True)  # an hour on Friday, seven on Monday


def test_a_language_nobody_reads_is_covered_never() -> None:
    mei = Person("Mei", languages=("zh",), shifts=(OFFICE,))
    found = covered_of([asked(MONDAY + 10 * HOUR, None, "ko")], Roster((mei,)), MONDAY + DAY)
    assert found is not None
    assert (found.outside, found.p50) == (1, Wait(timedelta(0), is_bound=True))


def test_who_is_on_duty_until_when_and_who_is_next() -> None:
    mei = Person("Mei", languages=("zh",), shifts=(OFFICE,))
    late = Shift(time(16), time(23), ZoneInfo("UTC"))
    joao = Person("João", languages=("en",), shifts=(late,))
    gone = Person("Gone", valid_to=MONDAY)
    always = Person("Always", languages=("en",))
    now = MONDAY + 10 * HOUR
    found = duties(Roster((joao, mei, gone, always)), now)
    assert [(d.person.name, d.is_on) for d in found] == [
        ("Mei", True), ("Always", True), ("João", False),
    ]  # fmt: skip
    assert found[0].until == MONDAY + 17 * HOUR
    assert (found[1].until, found[2].begins) == (None, MONDAY + 16 * HOUR)


def test_each_language_has_its_cover_or_its_next_or_nobody() -> None:
    mei = Person("Mei", languages=("zh",), shifts=(OFFICE,))
    late = Person(
        "Late", languages=("zh", "en"), shifts=(Shift(time(16), time(23), ZoneInfo("UTC")),)
    )
    chinese, english, korean = covers(Roster((mei, late)), ("zh", "en", "ko"), MONDAY + 10 * HOUR)
    assert ([p.name for p in chinese.on], chinese.until) == (["Mei"], MONDAY + 23 * HOUR)
    assert english.next is late
    assert english.begins == MONDAY + 16 * HOUR
    assert (korean.on, korean.next, korean.begins) == ((), None, None)
