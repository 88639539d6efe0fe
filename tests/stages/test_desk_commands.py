"""Every command of the desk chat: none for strangers, each answer on one phone screen however much there is to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.messages import Platform
from monitor.core.roster import Person, Roster, Shift
from monitor.core.text import utf16_length
from monitor.stages import broadcast, commands, triage_list
from monitor.store.database import Database
from monitor.store.desk_inputs import note_act
from monitor.store.tables import optouts
from monitor.testing import NOON, a_message
from tests.stages.test_broadcast import TERMS

ALL = {**commands.commands(), **triage_list.commands(), **broadcast.commands(TERMS)}
LONG = "Maximiliana-Konstantina von und zu Hohenstein-Wallerstein (nights, weekends)"
LINES = 26  # of a phone held upright, in Telegram


@pytest.fixture
def room(either: Any) -> Any:
    """A desk with every command that a running one has."""
    return furnished(either)


def furnished(desk: Any) -> Any:
    desk.inbox.commands = ALL
    desk.works()
    return desk


def asks(desk: Any, text: str, n: str, by: str = "support") -> str:
    desk.manager(text, id=n, by=by)
    (answer, *_) = [p.text for p in desk.at.posts if p.reply_to == n]
    return str(answer)


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("rest", ["", " 1", " night @groups\nen: Fees fall"])
def test_no_command_works_for_a_stranger(room: Any, name: str, rest: str) -> None:
    room.hears(a_message("withdrawal"))
    room.works()
    before = (room.cases(), room.rows(optouts))
    told = asks(room, f"/{name}{rest}", "d1", by="666")
    assert told.startswith("You are not in the roster (your id is 666)")
    assert (room.cases(), room.rows(optouts)) == before
    assert asks(room, "/announcements", "d2").startswith("No announcements yet.")
    assert asks(room, "/who", "d3").startswith("On duty now:")


@pytest.fixture
def full(sqlite: Database, desk_on: Any) -> Any:
    """Sixty people with long names, many who wait with long names and texts, and much that was done."""
    shifts = (Shift(time(1), time(2), ZoneInfo("UTC")),)
    team = [Person(f"{LONG} {n}", ids={Platform.TELEGRAM: (f"s{n}",)}, languages=("en", "zh", "pt"),
                   shifts=shifts if n % 2 else ()) for n in range(60)]  # fmt: skip
    desk = furnished(desk_on(sqlite, roster=Roster(tuple(team))))
    for n in range(1, 31):
        asked = a_message("withdrawal " + "stuck " * 650, id=str(n), author=f"a{n}", after=n)
        author = replace(asked.author, name=LONG * 2)
        desk.hears(replace(asked, author=author, place_name=LONG * 3))
    with desk.database.write() as connection:
        for n in range(40):
            note_act(
                connection, f"k{n}", "urgency", team[n].name, NOON, case_id=1, details=LONG * 5
            )
    desk.works()
    return desk


@pytest.mark.parametrize("command", ["open", "waiting", "mine", "who", "stats", "handover", "help", "triage",
                                     "case 1", "announcements", "pause off"])  # fmt: skip
def test_an_answer_fits_on_a_phone_however_much_there_is_to_tell(full: Any, command: str) -> None:
    told = asks(full, f"/{command}", "d1", by="s0")
    assert utf16_length(told) <= 4_000, utf16_length(told)
    assert len(told.splitlines()) <= LINES
