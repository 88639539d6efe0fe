"""The desk when something is not as it should be: it moved, a card is gone, somebody presses what is no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.messages import Author as Who
from monitor.core.messages import Event, EventKind, Message, Platform
from monitor.core.roster import Person, Roster
from monitor.ports import Batch, Rejected
from monitor.stages import attention, cards, commands
from monitor.store import desk as store
from monitor.store import desk_inputs as inputs
from monitor.testing import a_message

TEAM = Roster((Person("Mei", ids={Platform.TELEGRAM: ("11",)}),
               Person("Sam", ids={Platform.TELEGRAM: ("12",)})))  # fmt: skip
NEW = "-100900"


@pytest.fixture
def room(either: Any) -> Any:
    """A desk with everything, and one person who waits."""
    either.roster = TEAM
    either.board = replace(either.board, mail=("mail", ("lead@example.com",)))
    either.outbox = replace(
        either.outbox,
        dress=cards.dressing(either.board),
        instead=attention.listing_instead(either.board),
        refused=attention.mailing_refused(either.board),
    )
    either.inbox.board = either.board
    either.inbox.private_presses = {"l": attention.press_list}
    either.works()
    either.hears(a_message("withdrawal stuck"))
    either.works()
    return either


def moves(desk: Any) -> None:
    """The managers' chat becomes a supergroup."""
    event = Event(EventKind.MIGRATED, Platform.TELEGRAM, "-900", "m1", desk.clock(), details={"to": NEW})  # fmt: skip
    desk.stores(Batch(events=(event,)))
    desk.works()


def writes(desk: Any, text: str, n: str, *, by: str = "11", place: str = NEW, reply_to: str | None = None) -> None:  # fmt: skip
    desk.hears(Message(Platform.TELEGRAM, place, n, Who(by, name=f"name-{by}"), text, desk.clock(),
                       reply_to=reply_to, place_kind="supergroup"))  # fmt: skip
    desk.works()


def row_of(desk: Any, number: int = 1) -> Any:
    with desk.database.read() as connection:
        return store.card_of(connection, number)


def test_after_a_move_who_waits_gets_a_new_card_in_the_new_chat(room: Any) -> None:
    old = row_of(room).native_id
    moves(room)
    card = row_of(room)
    assert card.place == NEW
    assert card.native_id not in (old, None)
    assert [p.place for p in room.at.posts if "withdrawal stuck" in p.text] == ["-900", NEW]


def test_after_a_move_nothing_is_edited_by_an_old_number(room: Any) -> None:
    old = room.at.shown[row_of(room).native_id]
    moves(room)
    writes(room, "Done.", "d1", reply_to=row_of(room).native_id)
    assert old in room.at.shown.values()
    assert "✅ Answered · Mei" in room.card().text


def test_after_a_move_managers_work_in_the_new_chat(room: Any) -> None:
    moves(room)
    writes(room, "/open", "d1")
    assert room.at.posts[-1].place == NEW
    assert room.at.posts[-1].text.startswith("Open: 1")
    writes(room, "my withdrawal talk among managers", "d2")
    assert len(room.cases()) == 1  # nothing there is a question
    data = room.card().buttons[0][0].data
    room.stores(Batch(events=(Event(EventKind.BUTTON, Platform.TELEGRAM, NEW, "q9", room.clock(), Who("11"),
                                    {"data": data, "query_id": "q9"}),)))  # fmt: skip
    room.works()
    assert room.at.heard["q9"].startswith("Yours")


def test_after_a_move_reminders_and_the_list_go_to_the_new_chat(room: Any) -> None:
    room.board = replace(room.board, per_minute=0)
    room.outbox = replace(room.outbox, instead=attention.listing_instead(room.board))
    moves(room)
    room.hears(a_message("withdrawal", id="2", author="43", after=9))
    room.clock.passes(minutes=61)
    attention.remind(room.board, room.clock())
    for _ in range(3):
        room.works()
        room.clock.passes(minutes=2)
    later = [p for p in room.at.posts if p.text.startswith("📋") or "no staff answer" in p.text]
    assert {p.place for p in later} == {NEW}
    assert len([p for p in later if p.text.startswith("📋")]) == 1


def test_a_card_that_cannot_be_edited_because_the_bot_was_removed_comes_by_mail(room: Any) -> None:
    kicked = Rejected("Forbidden: bot was kicked from the supergroup chat")
    room.hears(a_message("withdrawal asking critical", id="2", after=30))
    room.clock.passes(seconds=30)
    room.judges()
    room.at.refusals = [kicked] * 3  # the line under the card, the edit, the new card
    room.speaks()
    room.refreshes()
    room.speaks()
    mails = [row for key, row in room.rows().items() if key.startswith("mailed:")]
    assert mails
    assert all("did not take this (Forbidden: bot was kicked" in row.text for row in mails)
    assert any("withdrawal stuck" in row.text for row in mails)


def test_many_cards_deleted_by_hand_become_a_list_and_no_flood(either: Any) -> None:
    either.roster = TEAM
    either.board = replace(either.board, per_minute=3)
    either.outbox = replace(either.outbox, dress=cards.dressing(either.board))
    either.inbox.board = either.board
    for n in range(1, 9):
        either.hears(a_message("withdrawal", id=str(n), author=f"a{n}", after=n))
    either.works()
    either.at.shown.clear()
    either.outbox = replace(either.outbox, instead=attention.listing_instead(either.board))
    posts = len(either.alerts())
    for n in range(1, 9):
        either.hears(a_message("withdrawal asking", id=f"2{n}", author=f"a{n}", after=400 + n))
    either.clock.passes(seconds=410)
    either.works()
    again = [t for t in either.alerts()[posts:] if t.startswith("🟡")]
    assert len(again) <= 3 + 1
    assert any(t.startswith("📋") for t in either.alerts()[posts:])


def test_a_question_that_was_taken_back_cannot_be_claimed(room: Any) -> None:
    old = room.card().buttons[0][0].data
    gone = Event(EventKind.DELETED, Platform.TELEGRAM, "-100", "1", room.clock())
    room.stores(Batch(events=(gone,)))
    room.works()
    assert room.card().buttons == ()
    before = row_of(room)
    assert (
        room.presses("", by="11", data=old)
        == "The question was taken back; there is nothing to do."
    )
    assert row_of(room) == before


@pytest.mark.parametrize("argument", ["topic:nonsense", "urgency:now", "merge:9999999999999999999999", "merge:٣x",
                                      "quick:00000000", "assign:00000000", "snooze:9y", "menu:nowhere"])  # fmt: skip
def test_a_button_with_a_wrong_argument_changes_nothing_of_the_case(
    room: Any, argument: str
) -> None:
    before = room.case()
    nonce = row_of(room).nonce
    told = room.presses("", by="11", data=f"c:{nonce}:{argument}")
    assert "did not work" not in told
    assert room.case() == before
    assert (row_of(room).claimed_by, row_of(room).snoozed_until) == (None, None)


@pytest.mark.parametrize("name", sorted(commands.commands()))
def test_no_command_works_for_a_stranger(room: Any, name: str) -> None:
    with room.database.read() as connection:
        switch = inputs.switch(connection, commands.PAUSED)
    writes(room, f"/{name}", "d1", by="666", place="-900")
    assert room.at.posts[-1].text.startswith("You are not in the roster (your id is 666)")
    with room.database.read() as connection:
        assert inputs.switch(connection, commands.PAUSED) == switch


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/case", "Which case?"),
        ("/case twelve", "Which case?"),
        ("/case -1", "Which case?"),
        ("/case 99999999999999999999999999", "Which case?"),
        ("/case 2", "There is no case 2"),
        ("/pause perhaps", "Say /pause, or /pause off."),
        ("/open everything please", "Open: 1"),
        ("/mine 7", "Mei's: nobody waits"),
        ("/", "There is no /."),
        ("/ open", "There is no /"),
        ("/" + "x" * 500, "There is no /" + "x" * 30),
    ],
)
def test_wrong_arguments_get_one_sentence(room: Any, text: str, answer: str) -> None:
    writes(room, text, "d1", place="-900")
    assert room.at.posts[-1].reply_to == "d1"
    assert room.at.posts[-1].text.startswith(answer)


def test_a_hand_over_counts_and_touches_only_what_still_waits(room: Any) -> None:
    room.presses("✋ I take it", by="11", press="a")
    room.presses("✓ Close", by="11", press="b")
    room.hears(a_message("withdrawal", id="5", author="43", after=30))
    room.works()
    room.presses("✋ I take it", by="11", press="c", number=2)
    closed = row_of(room).revision
    writes(room, "/handover", "d1", place="-900")
    assert "1 of Mei's cases are free again" in room.at.posts[-1].text
    assert row_of(room).revision == closed
    assert row_of(room, 2).claimed_by is None


def test_what_was_imported_is_not_counted_as_open(room: Any) -> None:
    """History shows who was left waiting then, not who waits now."""
    room.stores(
        Batch((a_message("withdrawal", id="h1", author="77", after=-90_000),)), imported=True
    )
    room.judges()
    room.hears(a_message("withdrawal asking", id="2", after=400))
    room.clock.passes(seconds=400)
    room.works()
    assert "more open on withdrawal" not in room.card().text
