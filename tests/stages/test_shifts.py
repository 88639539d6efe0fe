"""The end of a shift: claims are free again, the next shift reads what is open, clocks run on."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.messages import Platform
from monitor.core.roster import Person, Roster, Shift
from monitor.stages.shifts import ending_shifts
from monitor.store import desk as store
from monitor.store.desk_tables import acts
from monitor.testing import NOON, a_message

NIGHT = (Shift(time(1), time(2), ZoneInfo("UTC")),)
TEAM = Roster(
    (
        Person("Mei", ids={Platform.TELEGRAM: ("11",)}),
        Person("Lea", ids={Platform.TELEGRAM: ("12",)}, shifts=NIGHT),
        Person("Ann", ids={Platform.TELEGRAM: ("13",)}, shifts=NIGHT),
    )
)
IN_SHIFT = NOON.replace(hour=1, minute=30) + timedelta(days=1)
AFTER = IN_SHIFT + timedelta(hours=1)


@pytest.fixture
def room(either: Any) -> Any:
    """Somebody waits."""
    either.roster = TEAM
    either.works()
    either.hears(a_message("withdrawal"))
    either.works()
    return either


def claims(desk: Any, by: str, at: Any) -> None:
    with desk.database.write() as connection:
        claimed = {"claimed_by": by, "claimed_at": at}
        store.did(connection, 1, f"{by} claimed it", at, **claimed)


def handed(desk: Any) -> list[str]:
    desk.works()
    return [p.text for p in desk.at.posts if p.text.startswith("Hand-over by")]


def claimed(desk: Any) -> Any:
    with desk.database.read() as connection:
        return store.card_of(connection, 1).claimed_by


def test_at_the_end_of_a_shift_claims_are_free_again(room: Any) -> None:
    look = ending_shifts(room.board)
    claims(room, "Lea", IN_SHIFT)
    assert look(IN_SHIFT) is False
    before = room.case()
    room.clock.now = AFTER
    assert look(AFTER) is True
    assert look(AFTER + timedelta(hours=1)) is False
    (text,) = handed(room)
    assert text.startswith("Hand-over by Lea, Ann, 02:30 UTC: 1")  # one for both
    assert "1 of Lea, Ann's cases are free again; their clocks run on." in text
    assert claimed(room) is None
    assert (room.case().opened_at, room.case().due_at) == (before.opened_at, before.due_at)
    kept = {row.by: row.details for row in room.rows(acts).values() if row.act == "shift end"}
    assert kept == {"Lea": "01:00-02:00 UTC", "Ann": "01:00-02:00 UTC"}


def test_who_had_nothing_leaves_a_list_of_what_is_open_too(room: Any) -> None:
    look = ending_shifts(room.board)
    look(IN_SHIFT)
    room.clock.now = AFTER
    assert look(AFTER) is True
    assert "free again" not in handed(room)[0]


def test_when_nothing_is_open_nothing_is_handed_over(room: Any) -> None:
    room.hears(a_message("done", id="2", author="11", after=60, reply_to="1"))
    look = ending_shifts(room.board)
    look(IN_SHIFT)
    room.clock.now = AFTER
    assert look(AFTER) is False
    assert handed(room) == []


def test_a_shift_that_ended_while_the_desk_was_away_ends_when_it_is_back(room: Any) -> None:
    claims(room, "Lea", IN_SHIFT)
    room.clock.now = AFTER
    assert ending_shifts(room.board)(AFTER) is True
    assert claimed(room) is None
    assert len(handed(room)) == 1


def test_who_takes_a_case_outside_their_hours_keeps_it(room: Any) -> None:
    claims(room, "Lea", NOON)
    room.clock.now = AFTER
    assert ending_shifts(room.board)(AFTER) is False
    assert claimed(room) == "Lea"
