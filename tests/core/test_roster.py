"""Roles by ids and times; shifts over midnight, in zones, across clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.messages import Author, AuthorKind, Platform, Role
from monitor.core.roster import Person, Roster, Shift, on_duty, role_of

NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
MIA = Person("Mia", ids={Platform.TELEGRAM: ("7", "8"), Platform.REDDIT: ("t2_mia",)})
TEAM = Roster((MIA,))
OURS = {Platform.TELEGRAM: frozenset({"99"})}


def role(author: Author, *, roster: Roster = TEAM, at: datetime = NOW) -> Role:
    return role_of(author, Platform.TELEGRAM, at, roster, OURS)


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        (Author("99", "our bot", kind=AuthorKind.BOT), Role.BOT),
        (Author("7", "Mia"), Role.STAFF),
        (Author("8", "Mia's own account"), Role.STAFF),
        (Author("5", "Mia"), Role.MEMBER),
        (Author("t2_mia", "an id of another platform"), Role.MEMBER),
        (Author("5", kind=AuthorKind.ANONYMOUS_ADMIN), Role.STAFF),
        (Author("5", kind=AuthorKind.BOT), Role.OTHER_BOT),
        (Author("5", kind=AuthorKind.PLATFORM), Role.PLATFORM),
        (Author("5", kind=AuthorKind.CHANNEL), Role.MEMBER),
        (Author("", kind=AuthorKind.UNKNOWN), Role.MEMBER),
    ],
)
def test_a_role_follows_from_ids_then_from_what_the_platform_says(
    author: Author, expected: Role
) -> None:
    assert role(author) is expected


def test_an_empty_id_is_nobody_of_ours() -> None:
    roster = Roster((Person("Ghost", ids={Platform.TELEGRAM: ("",)}),))
    assert role(Author(""), roster=roster) is Role.MEMBER


def test_a_person_counts_from_the_first_instant_until_before_the_last() -> None:
    person = Person(
        "Leo",
        ids={Platform.TELEGRAM: ("7",)},
        valid_from=NOW,
        valid_to=NOW + timedelta(days=1),
    )
    roster = Roster((person,))
    at = [NOW - timedelta(seconds=1), NOW, NOW + timedelta(hours=23), NOW + timedelta(days=1)]
    roles = [role(Author("7"), roster=roster, at=moment) for moment in at]
    assert roles == [Role.MEMBER, Role.STAFF, Role.STAFF, Role.MEMBER]


def test_somebody_who_came_back_counts_in_both_stretches() -> None:
    first = Person("Leo", ids={Platform.TELEGRAM: ("7",)}, valid_to=NOW)
    second = Person("Leo", ids={Platform.TELEGRAM: ("7",)}, valid_from=NOW + timedelta(days=30))
    roster = Roster((first, second))
    moments = (NOW - timedelta(days=1), NOW + timedelta(days=1), NOW + timedelta(days=31))
    assert [role(Author("7"), roster=roster, at=m) for m in moments] == [
        Role.STAFF,
        Role.MEMBER,
        Role.STAFF,
    ]


def test_a_bot_of_the_roster_is_another_bot() -> None:
    roster = Roster((Person("Shop bot", Role.OTHER_BOT, ids={Platform.TELEGRAM: ("7",)}),))
    assert role(Author("7"), roster=roster) is Role.OTHER_BOT


def covered(shift: Shift, local: str, zone: ZoneInfo, *, fold: int = 0) -> bool:
    return shift.covers(datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold))


def test_an_overnight_shift_belongs_to_the_day_it_starts_on() -> None:
    night = Shift(time(22), time(6), SHANGHAI, frozenset({4}))  # Friday
    assert not covered(night, "2026-11-13T21:59:59", SHANGHAI)
    assert covered(night, "2026-11-13T22:00", SHANGHAI)
    assert covered(night, "2026-11-14T05:59:59", SHANGHAI)
    assert not covered(night, "2026-11-14T06:00", SHANGHAI)
    assert not covered(night, "2026-11-14T22:30", SHANGHAI)
    assert not covered(night, "2026-11-13T03:00", SHANGHAI)


def test_a_shift_is_read_by_the_clock_of_its_own_zone() -> None:
    day = Shift(time(9), time(17), SHANGHAI)
    assert day.covers(datetime(2026, 11, 9, 1, tzinfo=UTC))
    assert not day.covers(datetime(2026, 11, 9, 9, tzinfo=UTC))


def test_a_shift_until_midnight_and_one_around_the_clock() -> None:
    late = Shift(time(16), time(0), BERLIN, frozenset({0}))
    assert covered(late, "2026-11-09T23:59:59", BERLIN)
    assert not covered(late, "2026-11-10T00:00", BERLIN)
    whole = Shift(time(8), time(8), BERLIN, frozenset({0}))
    assert covered(whole, "2026-11-10T07:59", BERLIN)
    assert not covered(whole, "2026-11-10T08:00", BERLIN)


def test_the_night_of_a_clock_change_is_covered_to_its_end() -> None:
    night = Shift(time(22), time(6), BERLIN)
    # In autumn 02:30 comes twice, in spring not at all.
    assert covered(night, "2026-10-25T02:30", BERLIN, fold=0)
    assert covered(night, "2026-10-25T02:30", BERLIN, fold=1)
    assert covered(night, "2026-10-25T05:59", BERLIN)
    assert not covered(night, "2026-10-25T06:00", BERLIN)
    assert covered(night, "2026-03-29T03:00", BERLIN)
    assert not covered(night, "2026-03-29T06:00", BERLIN)


@given(
    st.integers(0, 366 * 86400).map(lambda s: NOW + timedelta(seconds=s)),
    st.times(),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_two_shifts_that_meet_leave_no_hole_and_no_overlap(
    at: datetime, middle: time, zone: str
) -> None:
    middle = middle.replace(second=0, microsecond=0)
    local = ZoneInfo(zone)
    first = Shift(time(0), middle, local)
    second = Shift(middle, time(0), local)
    if middle != time(0):
        assert first.covers(at) + second.covers(at) == 1


def test_on_duty_are_valid_staff_in_a_shift_or_without_shifts() -> None:
    noon = Shift(time(11), time(13), ZoneInfo("UTC"))
    evening = Shift(time(18), time(20), ZoneInfo("UTC"))
    people = (
        Person("in shift", shifts=(evening, noon)),
        Person("off duty", shifts=(evening,)),
        Person("always"),
        Person("gone", valid_to=NOW),
        Person("a bot", Role.OTHER_BOT),
    )
    assert [p.name for p in on_duty(Roster(people), NOW)] == ["in shift", "always"]
