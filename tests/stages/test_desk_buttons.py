"""What the buttons behind the first four do, and what the commands tell."""

from __future__ import annotations

from typing import Any

from monitor.stages import commands
from monitor.store import accounts
from monitor.store.label_tables import label
from monitor.testing import a_message
from tests.stages.test_desk import MEI, at_work, card_row, labels

__all__ = ["at_work"]

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
    assert card_row(at_work).claimed_by is None
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
