"""Lists of who waits: short enough for a phone, and calm where they stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import listing
from monitor.core.assessment import Topic, Urgency
from monitor.core.listing import Waiting
from monitor.core.messages import Platform
from monitor.testing import NOON


def waits(number: int, minutes: float, urgency: Urgency = Urgency.NORMAL, **more: object) -> Waiting:  # fmt: skip
    one = Waiting(number, urgency, Topic.DEPOSIT, "en", Platform.TELEGRAM, "Traders", "Ann",
                  NOON - timedelta(minutes=minutes), NOON + timedelta(hours=5))  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]


def standing(found: list[Waiting], seconds: float) -> str:
    now = NOON + timedelta(seconds=seconds)
    return listing.listed("L", found, len(found), now, as_of=listing.ticked(now))


def test_a_post_that_stands_says_how_long_at_least_and_who_is_new() -> None:
    lines = standing([waits(1, 62), waits(2, 14), waits(3, -1)], 90).splitlines()[1:]
    assert [line.split(" · ")[2] for line in lines] == ["1 h 2 min+", "14 min+", "new"]


def test_time_alone_changes_it_every_five_minutes_and_not_oftener() -> None:
    found = [waits(n, 7 * n, Urgency(n % 4)) for n in range(30)]
    shown = [standing(found, seconds) for seconds in range(0, 900, 10)]
    changes = sum(a != b for a, b in pairwise(shown))
    assert changes == 2


@pytest.mark.parametrize(
    "then",
    [
        {"due_at": NOON + timedelta(seconds=30)},  # late meanwhile
        {"in_surge": True},
        {"claimed_by": "Mei"},
        {"snoozed_until": NOON + timedelta(minutes=3)},
    ],
)
def test_what_happens_to_a_case_changes_it_at_once(then: dict[str, object]) -> None:
    before = standing([waits(1, 10), waits(2, 20)], 31)
    assert standing([waits(1, 10, **then), waits(2, 20)], 31) != before
    assert standing([waits(1, 10)], 31) != before


@given(st.timedeltas(timedelta(days=-9_000), timedelta(days=90_000)))
def test_the_last_full_five_minutes_are_never_ahead_and_less_than_five_back(
    later: timedelta,
) -> None:
    now = NOON + later
    assert timedelta(0) <= now - listing.ticked(now) < timedelta(minutes=5)


def test_a_command_shows_waits_to_the_minute() -> None:
    assert " · 14 min · " in listing.listed("Open", [waits(1, 14)], 1, NOON + timedelta(seconds=30))


def test_that_nobody_reads_them_is_said_once_for_all_or_beside_the_one() -> None:
    found = [waits(1, 10), waits(2, 20, language="zh")]
    both = listing.listed("Open", found, 2, NOON, frozenset({"en", "zh"})).splitlines()
    assert both[1] == "Nobody on duty reads these:"
    assert not any("(nobody" in line for line in both[2:])
    one = listing.listed("Open", found, 2, NOON, frozenset({"zh"})).splitlines()
    assert ["(nobody on duty reads it)" in line for line in one] == [False, True, False]
