"""The managers' desk: one card a case, edited in place; presses that count once; answers that reach the asker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.messages import Platform, Role
from monitor.core.roster import Person, Roster
from monitor.ports import Rejected
from monitor.store import board as lists
from monitor.store import desk as store
from monitor.testing import NOON, a_message

MEI, SAM = "mei", "support"
TEAM = Roster(
    (
        Person("Sam", ids=dict.fromkeys(Platform, (SAM,))),
        Person("Mei", ids={Platform.TELEGRAM: (MEI,)}),
    )
)


@pytest.fixture
def at_work(either: Any) -> Any:
    """A desk with two people, and one person who waits."""
    either.roster = TEAM
    either.works()
    either.hears(a_message("withdrawal stuck"))
    either.works()
    return either


def labels(desk: Any) -> list[str]:
    return [b.label for row in desk.card().buttons for b in row]


def test_a_card_shows_the_case_with_at_most_four_buttons(at_work: Any) -> None:
    card = at_work.card()
    assert card.text.startswith("🟡 NORMAL · withdrawal · en · #1\n⏳ Waiting\nTelegram · -100")
    assert "withdrawal stuck" in card.text
    assert "Why: says withdrawal" in card.text
    assert len(labels(at_work)) == 4
    assert all(len(b.data.encode()) <= 64 for row in card.buttons for b in row)


def test_a_card_counts_what_is_open_on_the_same_and_links_to_what_was_asked(either: Any) -> None:
    either.works()
    for n in (1, 2, 3):
        either.hears(a_message("withdrawal", id=str(n), author=f"a{n}", link=f"https://t.me/c/1/{n}"))  # fmt: skip
    either.works()
    assert "2 more open on withdrawal here" in either.card(3).text
    assert either.card(3).link == "https://t.me/c/1/3"
    either.manager("Done.", id="d1", by=SAM, reply_to=card_row(either).native_id)
    either.clock.passes(minutes=2)
    either.presses("More ›", number=3, press="m")
    assert "1 more open on withdrawal here" in either.card(3).text


def test_who_claims_a_case_has_it_and_everybody_sees_it_on_the_same_card(at_work: Any) -> None:
    posts = len(at_work.alerts())
    told = at_work.presses("✋ I take it", by=MEI)
    assert told.startswith("Yours. Reply to the card to answer.")
    assert "✋ Mei has it" in at_work.card().text
    assert "Release" in labels(at_work)
    assert len(at_work.alerts()) == posts


def test_the_second_of_two_presses_sees_what_the_first_did(at_work: Any) -> None:
    data = at_work.card().buttons[0][0].data
    at_work.presses("", by=MEI, press="q1", data=data)
    at_work.clock.passes(seconds=12)
    told = at_work.presses("", by=SAM, press="q2", data=data)
    assert told == "Mei claimed it 12 s ago. The card shows how it stands."
    assert "✋ Mei has it" in at_work.card().text


def test_a_press_told_twice_is_one_press(at_work: Any) -> None:
    data = at_work.card().buttons[0][0].data
    at_work.presses("", by=MEI, press="q1", data=data)
    revision = card_row(at_work).revision
    at_work.presses("", by=MEI, press="q1", data=data)
    assert card_row(at_work).revision == revision


@pytest.mark.parametrize("data", ["c:forged000000:claim", "c::", "c", "zzz", "c:x:claim:y:z", "r:x:send"])  # fmt: skip
def test_a_forged_button_does_nothing(at_work: Any, data: str) -> None:
    before = card_row(at_work)
    told = at_work.presses("", data=data)
    assert "out of date" in told or "not known" in told
    assert card_row(at_work) == before


def test_a_stranger_cannot_press(at_work: Any) -> None:
    before = card_row(at_work)
    told = at_work.presses("✋ I take it", by="666")
    assert told.startswith("You are not in the roster (your id is 666)")
    assert card_row(at_work) == before


def test_who_has_left_the_team_cannot_press(at_work: Any) -> None:
    gone = replace(TEAM.people[1], valid_to=NOON)
    at_work.roster = Roster((TEAM.people[0], gone))
    assert at_work.presses("✋ I take it", by=MEI).startswith("You are not in the roster")


def test_a_reply_to_the_card_reaches_the_asker_and_counts_as_the_managers_answer(
    at_work: Any,
) -> None:
    card = card_row(at_work).native_id
    at_work.clock.passes(minutes=4)
    at_work.manager("It is on its way.", id="d1", by=MEI, reply_to=card)
    said = at_work.at.posts[-1]
    assert (said.place, said.text, said.reply_to, said.kind) == (
        "-100",
        "It is on its way.",
        "1",
        "relay",
    )
    assert at_work.case().staff_first_at is not None
    assert "✅ Answered · Mei after 4 min" in at_work.card().text


def test_an_answer_is_said_once_however_often_the_desk_looks(at_work: Any) -> None:
    at_work.manager("Done.", id="d1", by=MEI, reply_to=card_row(at_work).native_id)
    for _ in range(3):
        at_work.works()
    assert at_work.at.said("-100").count("Done.") == 1


def test_an_answer_after_a_colleagues_asks_first(at_work: Any) -> None:
    at_work.hears(a_message("it is sent", id="9", author=SAM, reply_to="1", after=60))
    at_work.works()
    at_work.clock.passes(seconds=72)
    at_work.manager("It is on its way.", id="d1", by=MEI, reply_to=card_row(at_work).native_id)
    asked = at_work.at.posts[-1]
    assert asked.place == "-900"
    assert asked.text.startswith("Answered 12 s ago by Sam.")
    assert "It is on its way." not in at_work.at.said("-100")
    send = asked.buttons[0][0].data
    assert at_work.presses("", by=SAM, press="q7", data=send) == "Mei wrote this; only they can send it."  # fmt: skip
    assert at_work.presses("", by=MEI, press="q8", data=send) == "On its way."
    assert at_work.at.said("-100")[-1] == "It is on its way."


def test_a_native_answer_edits_the_card(at_work: Any) -> None:
    at_work.hears(a_message("it is sent", id="9", author=SAM, reply_to="1", after=400))
    at_work.clock.passes(seconds=400)
    at_work.works()
    assert "✅ Answered · Sam after 6 min" in at_work.card().text
    assert labels(at_work) == ["Close", "More ›"]


def test_an_answer_that_the_platform_refuses_is_told_to_its_writer(at_work: Any) -> None:
    at_work.at.refuse(Rejected("Bad Request: not enough rights to send text messages to the chat"))
    at_work.manager("Hello.", id="d1", by=MEI, reply_to=card_row(at_work).native_id)
    told = at_work.at.posts[-1]
    assert told.place == "-900"
    assert told.reply_to == "d1"
    assert told.text.startswith("Not sent: Bad Request: not enough rights")
    assert at_work.case().staff_first_at is None


def test_what_the_desk_missed_is_asked_about_before_it_is_said(at_work: Any) -> None:
    card = card_row(at_work).native_id
    at_work.hears(
        a_message("late words", id="d1", author=MEI, place="-900", reply_to=card, after=5)
    )
    at_work.clock.passes(hours=2)
    at_work.works()
    assert "while I was away" in at_work.at.posts[-1].text
    assert "late words" not in at_work.at.said("-100")


def test_a_card_deleted_by_hand_is_posted_again_while_the_person_waits(at_work: Any) -> None:
    at_work.at.shown.clear()
    at_work.hears(a_message("withdrawal asking critical", id="2", after=30))
    at_work.clock.passes(seconds=30)
    at_work.works()
    assert at_work.card().text.startswith("🔴 CRITICAL")


def test_a_bot_of_the_roster_decides_nothing(at_work: Any) -> None:
    robot = Person("Robot", Role.OTHER_BOT, ids={Platform.TELEGRAM: ("99",)})
    at_work.roster = Roster((*TEAM.people, robot))
    assert at_work.presses("✋ I take it", by="99").startswith("You are not in the roster")
    at_work.manager("/pause", id="d1", by="99")
    assert at_work.at.posts[-1].text.startswith("You are not in the roster")


def test_what_was_changed_since_a_press_was_looked_at_is_not_overwritten(at_work: Any) -> None:
    """As a shift ends: on PostgreSQL that may come between."""
    at_work.presses("✋ I take it", by=MEI)
    before = store.handling_of(card_row(at_work))
    with at_work.database.write() as connection:
        assert lists.release_all(connection, "Mei", at_work.clock()) == 1
        assert not store.keep(connection, before, before, "n3w")
    assert card_row(at_work).claimed_by is None


def test_commands_of_strangers_and_unknown_ones_get_one_sentence(at_work: Any) -> None:
    at_work.manager("/open", id="d1", by="666")
    assert at_work.at.posts[-1].text.startswith("You are not in the roster")
    at_work.manager("/nonsense", id="d2", by=MEI)
    assert at_work.at.posts[-1].text == "There is no /nonsense. /help shows what there is."
    assert at_work.at.posts[-1].reply_to == "d2"


def test_a_reply_to_a_post_about_no_case_says_that_it_went_to_nobody(at_work: Any) -> None:
    at_work.manager("/open", id="d1", by=MEI)
    listed = at_work.at.posts[-1]
    at_work.manager(
        "we are on it", id="d2", by=MEI, reply_to=at_work.at.receipts[listed.key].native_id
    )
    assert at_work.at.posts[-1].text.startswith("That post is about no single case")
    assert "we are on it" not in at_work.at.said("-100")


def test_managers_may_talk_with_each_other(at_work: Any) -> None:
    posts = len(at_work.at.posts)
    at_work.manager("lunch?", id="d1", by=MEI)
    assert len(at_work.at.posts) == posts


def card_row(desk: Any) -> Any:
    with desk.database.read() as connection:
        return store.card_of(connection, 1)
