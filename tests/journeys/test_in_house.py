"""Journeys in which time passes: everything between a fake platform and a database, in this process."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core.messages import Author, Event, EventKind, Message, Platform
from monitor.core.roster import Person, Roster, Shift
from monitor.ports import Batch
from monitor.stages import attention, cards
from monitor.stages.shifts import ending_shifts
from monitor.stages.translating import Interpreter
from monitor.store import board as lists
from monitor.store import fetches
from monitor.testing import NOON, a_message
from tests.stages.test_translating import ZH, Chinese, Dictionary

UTC = ZoneInfo("UTC")
MEI = Person("Mei", ids={Platform.TELEGRAM: ("11",)}, languages=("zh",), shifts=(Shift(time(12), time(20), UTC),))  # fmt: skip
EVA = Person("Eva", ids={Platform.TELEGRAM: ("12",), Platform.TWITTER: ("12",)}, languages=("en",))
LEA = Person("Lea", ids={Platform.TELEGRAM: ("13",)}, languages=("ja",), shifts=(Shift(time(1), time(2), UTC),))  # fmt: skip


@pytest.fixture
def room(small: Any) -> Any:
    """A desk with three people, mail and a translator."""
    small.roster = Roster((MEI, EVA, LEA))
    small.classifier = Chinese()
    small.__post_init__()
    small.board = replace(small.board, mail=("mail", ("lead@example.com",)), leads=("Lea",), translates=True)  # fmt: skip
    small.outbox = replace(
        small.outbox,
        dress=cards.dressing(small.board),
        instead=attention.listing_instead(small.board),
        refused=attention.mailing_refused(small.board),
    )
    small.inbox.board = small.board
    small.works()
    return small


def reminds(desk: Any, **later: float) -> None:
    desk.clock.passes(**later)
    attention.remind(desk.board, desk.clock())
    desk.works()


def test_1_the_chain_after_a_stuck_withdrawal_and_what_those_see_who_read_no_chinese(room: Any) -> None:  # fmt: skip
    room.hears(a_message(f"{ZH} critical"))
    room.works()
    (card,) = [p for p in room.at.posts if p.place == "-900"]
    assert card.calls == (("Mei", "11"),)
    Interpreter(room.board, Dictionary(database=room.database), room.clock).look()
    room.works()
    assert "\n→ <en> " in room.card().text
    target = (room.case().due_at - room.case().opened_at).total_seconds()
    reminds(room, seconds=0.8 * target)
    assert "target in" in room.at.posts[-1].text
    reminds(room, seconds=0.3 * target)
    assert room.at.posts[-1].calls == (("Lea", "13"), ("Mei", "11"))
    reminds(room, seconds=target)
    assert any(key.startswith("mail:") for key in room.rows())


def test_2_the_card_says_who_answered_natively_and_after_how_long(room: Any) -> None:
    room.playbook = replace(room.playbook, acknowledge_after=timedelta(minutes=10))
    room.hears(a_message("withdrawal stuck"))
    room.works()
    posts = len(room.at.posts)
    room.hears(a_message("it is sent", id="9", author="12", reply_to="1", after=400))
    room.clock.passes(seconds=400)
    room.works()
    assert "✅ Answered · Eva after 6 min 40 s" in room.card().text
    room.clock.passes(minutes=10)
    room.works()
    assert room.states()["ack:telegram:-100:1"] == "cancelled"
    assert len(room.at.posts) == posts


def test_3_a_members_right_answer_stops_one_clock_and_a_false_support_stops_none_of_ours(room: Any) -> None:  # fmt: skip
    room.hears(a_message("withdrawal stuck"))
    room.hears(a_message("it takes an hour on weekends", id="2", author="77", reply_to="1", after=60))  # fmt: skip
    fake = Author("666", name="Support | Exchange", handle="exchange_support_")
    room.hears(Message(Platform.TELEGRAM, "-100", "3", fake, "write me privately", NOON + timedelta(seconds=90),
                       reply_to="1", place_kind="supergroup"))  # fmt: skip
    room.clock.passes(seconds=90)
    room.works()
    case = room.case()
    assert case.community_first_at == NOON + timedelta(seconds=60)
    assert case.staff_first_at is None
    assert case.is_waiting
    assert "the community has answered" in room.card().text
    assert "Answered ·" not in room.card().text
    assert "⚠ Support | Exchange has written to them and is not of the team" in room.card().text


def test_6_at_the_end_of_a_shift_the_next_sees_what_is_open_by_risk_time_and_language(room: Any) -> None:  # fmt: skip
    look = ending_shifts(room.board)
    room.hears(a_message("withdrawal", id="1", author="a1"))
    room.hears(a_message(ZH, id="2", author="a2", after=600))  # read by Mei alone, whose shift ends
    room.hears(a_message("deposit low", id="3", author="a3", after=700))
    room.hears(a_message("security critical", id="4", author="a4", after=800))
    room.clock.passes(seconds=800)
    room.works()
    for number in (1, 2):
        assert room.presses("✋ I take it", by="11", number=number, press=f"q{number}").startswith("Yours")  # fmt: skip
    before = room.cases()
    look(room.clock())
    room.clock.now = NOON.replace(hour=20, minute=1)
    assert look(room.clock()) is True
    room.works()
    (card,) = [p.text for p in room.at.posts if p.text.startswith("Hand-over by Mei")]
    lines = card.splitlines()
    assert [line.split()[1] for line in lines[1:4]] == ["#4", "#2", "#1"]
    assert "zh (nobody on duty reads it)" in lines[2]
    assert "2 of Mei's cases are free again; their clocks run on." in card
    assert [(c.opened_at, c.open_turn_at, c.due_at) for c in room.cases()] == [
        (c.opened_at, c.open_turn_at, c.due_at) for c in before
    ]
    with room.database.read() as connection:
        assert lists.has(connection) == {}


def test_8_four_replies_of_one_person_on_x_are_one_case_that_grows_urgent(room: Any) -> None:
    for n, minutes in enumerate((0, 10, 20, 30)):
        reply = a_message("withdrawal asking", id=f"50{n}", place="x", platform=Platform.TWITTER, after=60 * minutes,
                          reply_to="400", thread="400", summoned=True)  # fmt: skip
        room.clock.now = NOON + timedelta(minutes=minutes)
        room.hears(reply)
        room.works()
    case = room.case()
    assert (case.opened_at, case.open_turn_at) == (NOON, NOON)
    assert case.nudges == 3
    assert "asked again 3×" in room.card().text
    assert room.card().text.startswith("🟠 HIGH")
    with (
        room.database.write() as connection
    ):  # what reading cost is kept by the day, beside its budget
        fetches.add_spend(connection, "tg", room.clock(), 0.004)
        assert fetches.spent_on(connection, "tg", room.clock()) == pytest.approx(0.004)


def test_10_a_group_that_moved_keeps_its_cases_and_answers_go_to_the_askers_topic(room: Any) -> None:  # fmt: skip
    room.hears(a_message("withdrawal stuck"))
    room.works()
    moved = Event(EventKind.MIGRATED, Platform.TELEGRAM, "-100", "m1", room.clock(), details={"to": "-100777"})  # fmt: skip
    room.stores(Batch(events=(moved,)))
    room.clock.passes(minutes=8)
    room.hears(a_message("withdrawal asking", id="3", place="-100777", thread="55", after=480))
    room.works()
    case = room.case()  # the same one: with its history, in its new place
    assert (case.place, case.opened_at, case.nudges) == ("-100777", NOON, 1)
    native = next(key for key, post in room.at.shown.items() if post == room.card())
    room.manager("It left at noon.", id="d1", by="12", reply_to=native)
    said = room.at.posts[-1]
    if said.place == "-900":  # shown first
        room.presses("", by="12", press="s1", data=said.buttons[0][0].data)
        said = room.at.posts[-1]
    assert (said.place, said.thread, said.reply_to) == ("-100777", "55", "3")
