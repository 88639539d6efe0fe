"""The managers' desk: one card a case, edited in place; presses that count once; answers that reach the asker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from monitor.core.messages import Platform
from monitor.core.roster import Person, Roster
from monitor.ports import Rejected, Uncertain
from monitor.stages import commands
from monitor.store import accounts
from monitor.store.database import Database
from monitor.store.label_tables import label
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
    revision = _card_row(at_work).revision
    at_work.presses("", by=MEI, press="q1", data=data)
    assert _card_row(at_work).revision == revision


@pytest.mark.parametrize("data", ["c:forged000000:claim", "c::", "c", "zzz", "c:x:claim:y:z", "r:x:send"])  # fmt: skip
def test_a_forged_button_does_nothing(at_work: Any, data: str) -> None:
    before = _card_row(at_work)
    told = at_work.presses("", data=data)
    assert "out of date" in told or "not known" in told
    assert _card_row(at_work) == before


def test_a_stranger_cannot_press(at_work: Any) -> None:
    before = _card_row(at_work)
    told = at_work.presses("✋ I take it", by="666")
    assert told.startswith("You are not in the roster (your id is 666)")
    assert _card_row(at_work) == before


def test_who_has_left_the_team_cannot_press(at_work: Any) -> None:
    gone = replace(TEAM.people[1], valid_to=NOON)
    at_work.roster = Roster((TEAM.people[0], gone))
    assert at_work.presses("✋ I take it", by=MEI).startswith("You are not in the roster")


def test_a_reply_to_the_card_reaches_the_asker_and_counts_as_the_managers_answer(
    at_work: Any,
) -> None:
    card = _card_row(at_work).native_id
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
    at_work.manager("Done.", id="d1", by=MEI, reply_to=_card_row(at_work).native_id)
    for _ in range(3):
        at_work.works()
    assert at_work.at.said("-100").count("Done.") == 1


def test_an_answer_after_a_colleagues_asks_first(at_work: Any) -> None:
    at_work.hears(a_message("it is sent", id="9", author=SAM, reply_to="1", after=60))
    at_work.works()
    at_work.clock.passes(seconds=72)
    at_work.manager("It is on its way.", id="d1", by=MEI, reply_to=_card_row(at_work).native_id)
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
    at_work.manager("Hello.", id="d1", by=MEI, reply_to=_card_row(at_work).native_id)
    told = at_work.at.posts[-1]
    assert told.place == "-900"
    assert told.reply_to == "d1"
    assert told.text.startswith("Not sent: Bad Request: not enough rights")
    assert at_work.case().staff_first_at is None


def test_what_the_desk_missed_is_asked_about_before_it_is_said(at_work: Any) -> None:
    card = _card_row(at_work).native_id
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


def test_a_card_in_doubt_is_repeated_once_and_the_repeat_becomes_the_card(
    desk_on: Callable[..., Any], database: Database
) -> None:
    desk = desk_on(database, roster=TEAM)
    desk.works()
    desk.hears(a_message("withdrawal stuck"))
    desk.playbook = replace(desk.playbook, replies={})
    desk.at.accept_but_answer(Uncertain("no answer"))
    desk.speaks()
    first = desk.at.posts[0]
    desk.clock.passes(minutes=3)
    desk.works()
    repeated = [p for p in desk.at.posts if p.key == first.key]
    assert [p.text.startswith("(possible repeat)") for p in repeated] == [False, True]
    assert _card_row(desk).native_id == desk.at.receipts[first.key].native_id
    # The first one turns up: somebody presses under it. Its press counts, and it goes away.
    event_data = desk.card().buttons[0][0].data
    desk.presses("", by=MEI, data=event_data)
    assert "Mei has it" in desk.card().text


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


# -- more buttons


def through(desk: Any, *buttons: str, by: str = MEI, number: int = 1) -> str:
    """Press one after the other; what the last one told."""
    told = ""
    for button in buttons:
        through.count += 1  # type: ignore[attr-defined]
        told = desk.presses(button, by=by, number=number, press=f"t{through.count}")  # type: ignore[attr-defined]
    return told


through.count = 0  # type: ignore[attr-defined]


def test_a_closed_case_waits_no_more_and_its_card_says_who_closed_it(at_work: Any) -> None:
    assert through(at_work, "✓ Close") == "Closed."
    assert at_work.case().state == "resolved"
    assert "☑ Closed" in at_work.card().text
    assert "Mei closed it" in at_work.card().text


def test_what_is_no_question_is_withdrawn_and_learned(at_work: Any) -> None:
    told = through(at_work, "More ›", "Not a question")
    assert told == "Withdrawn: no report counts it, and the judge has learned from it."
    assert at_work.case().state == "withdrawn"
    assert [row.topic for row in at_work.rows(label).values()] == ["chatter"]
    assert labels(at_work) == []


def test_a_wrong_label_is_put_right_with_two_taps_and_learned(at_work: Any) -> None:
    told = through(at_work, "More ›", "Wrong label", "deposit")
    assert told == "Thank you: learned."
    assert at_work.case().topic.value == "deposit"
    assert at_work.card().text.startswith("🟡 NORMAL · deposit")
    through(at_work, "More ›", "Wrong label", "Urgency…", "🔴 critical")
    assert at_work.card().text.startswith("🔴 CRITICAL · deposit")


def test_two_cases_of_one_need_are_merged_into_one(at_work: Any) -> None:
    at_work.hears(a_message("withdrawal again", id="5", author="43", after=30))
    at_work.works()
    through(at_work, "More ›", "Merge…", "#1 withdrawal · name-42", number=2)
    assert "merged it into #1" in at_work.card(2).text


def test_a_case_is_handed_to_a_colleague(at_work: Any) -> None:
    through(at_work, "✋ I take it")
    assert through(at_work, "More ›", "→ Hand to…", "Sam") == "Sam has it."
    assert "✋ Sam has it" in at_work.card().text
    assert "Mei handed it to Sam" in at_work.card().text


def test_a_ready_answer_is_shown_first_and_may_be_rewritten(at_work: Any) -> None:
    through(at_work, "💬 Quick answer", "Standard answer (en)")
    offered = at_work.at.posts[-1]
    assert offered.place == "-900"
    assert offered.text.endswith("We have seen your withdrawal question.")
    assert at_work.at.said("-100") == [
        "We have seen your withdrawal question."
    ]  # the acknowledgement
    at_work.manager(
        "It left at 12:00.", id="d5", by=MEI, reply_to=at_work.at.receipts[offered.key].native_id
    )
    assert at_work.at.said("-100")[-1] == "It left at 12:00."
    old = offered.buttons[0][0].data
    assert at_work.presses("", by=MEI, press="old", data=old) == "It was not sent."


def test_a_snoozed_case_wakes_by_itself(at_work: Any) -> None:
    through(at_work, "More ›", "💤 Snooze", "30m")
    assert "💤 Snoozed until" in at_work.card().text
    at_work.clock.passes(minutes=31)
    at_work.works()
    assert "💤" not in at_work.card().text


# -- commands


def asks(desk: Any, text: str, *, by: str = MEI) -> str:
    """What a command answers."""
    through.count += 1  # type: ignore[attr-defined]
    desk.manager(text, id=f"c{through.count}", by=by)  # type: ignore[attr-defined]
    (answer,) = [p for p in desk.at.posts if p.reply_to == f"c{through.count}"]  # type: ignore[attr-defined]
    return str(answer.text)


def test_open_lists_who_waits_the_riskiest_first(at_work: Any) -> None:
    at_work.hears(a_message("security critical", id="5", author="43", after=30))
    at_work.clock.passes(minutes=14)
    lines = asks(at_work, "/open").splitlines()
    assert lines[0] == "Open: 2"
    assert lines[1].startswith("🔴 #2 security · en · 13 min")
    assert lines[2].startswith("🟡 #1 withdrawal · en · 14 min")


def test_mine_and_waiting_follow_the_claims(at_work: Any) -> None:
    assert asks(at_work, "/mine") == "Mei's: nobody waits. 🎉"
    through(at_work, "✋ I take it")
    assert asks(at_work, "/mine").startswith("Mei's: 1\n🟡 #1")
    assert asks(at_work, "/waiting") == "Waiting, with nobody: nobody waits. 🎉"


def test_a_hand_over_frees_the_claims_and_leaves_the_clocks(at_work: Any) -> None:
    before = at_work.case()
    through(at_work, "✋ I take it")
    text = asks(at_work, "/handover")
    assert text.startswith("Hand-over by Mei")
    assert "1 of Mei's cases are free again" in text
    assert _card_row(at_work).claimed_by is None
    assert at_work.case() == before


def test_one_case_is_shown_with_what_was_done(at_work: Any) -> None:
    through(at_work, "✋ I take it")
    text = asks(at_work, "/case 1")
    assert "withdrawal stuck" in text
    assert "Mei: claim" in text
    assert asks(at_work, "/case") == "Which case? Say its number: /case 12"
    assert asks(at_work, "/case 77") == "There is no case 77 at this desk."


def test_pause_stops_what_the_desk_says_by_itself_and_nothing_else(at_work: Any) -> None:
    is_paused = commands.pausing(at_work.database, at_work.clock)
    assert not is_paused()
    assert asks(at_work, "/pause").startswith("Mei has paused everything")
    at_work.clock.passes(seconds=2)
    assert is_paused()
    assert asks(at_work, "/pause maybe") == "Say /pause, or /pause off."
    asks(at_work, "/pause off")
    at_work.clock.passes(seconds=2)
    assert not is_paused()


def test_the_other_commands_answer_too(at_work: Any) -> None:
    assert asks(at_work, "/who").startswith("On duty now:\n• ")
    assert asks(at_work, "/stats").startswith("Last 24 hours: 1 asked, 1 acknowledged")
    assert asks(at_work, "/help").startswith("Reply to a card")


def test_a_command_for_another_bot_is_not_ours(at_work: Any) -> None:
    with at_work.database.write() as connection:
        accounts.identify(connection, "tg", "1", "desk_bot")
    posts = len(at_work.at.posts)
    at_work.manager("/open@other_bot", id="d1", by=MEI)
    assert len(at_work.at.posts) == posts
    at_work.manager("/open@Desk_Bot", id="d2", by=MEI)
    assert len(at_work.at.posts) == posts + 1


def _card_row(desk: Any) -> Any:
    from monitor.store import desk as store

    with desk.database.read() as connection:
        return store.card_of(connection, 1)
