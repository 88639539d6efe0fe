"""A card that Telegram may have taken twice: the repeat counts, a late original goes as soon as somebody shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from monitor.core.messages import Author, Event, EventKind, Platform
from monitor.ports import Batch, Uncertain
from monitor.store.database import Database
from monitor.testing import a_message
from tests.stages.test_desk import MEI, TEAM, at_work, card_row

__all__ = ["at_work"]


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
    assert card_row(desk).native_id == desk.at.receipts[first.key].native_id


def in_doubt(desk: Any) -> str:
    """A card that Telegram took without saying so, and its repeat; the number of the first, which nobody knows yet."""
    desk.roster = TEAM
    desk.works()
    desk.hears(a_message("withdrawal stuck"))
    desk.at.accept_but_answer(Uncertain("no answer"))
    desk.speaks()
    desk.clock.passes(minutes=3)
    desk.works()
    (first,) = (key for key, p in desk.at.shown.items() if p.key == "alert:telegram:-100:1" and key != card_row(desk).native_id)  # fmt: skip
    assert len([p for p in desk.at.shown.values() if p.place == "-900"]) == 2
    return str(first)


def test_a_late_original_goes_as_soon_as_somebody_presses_under_it_and_the_press_counts(
    either: Any,
) -> None:
    late, card = in_doubt(either), card_row(either).native_id
    data = either.at.shown[late].buttons[0][0].data
    details = {"data": data, "query_id": "q1", "message_id": late}
    press = Event(EventKind.BUTTON, Platform.TELEGRAM, "-900", "q1", either.clock(), Author(MEI), details)  # fmt: skip
    either.stores(Batch(events=(press,)))
    either.works()
    assert either.at.heard["q1"].startswith("Yours")
    assert [key for key, p in either.at.shown.items() if p.place == "-900"] == [card]
    assert "✋ Mei has it" in either.at.shown[card].text


def answers(desk: Any, post: str, data: str, n: str = "d1") -> None:
    """Mei replies to a post of the desk with these buttons."""
    details = {"data": data, "message_id": post}
    told = Event(EventKind.ANSWER, Platform.TELEGRAM, "-900", n, desk.clock(), Author(MEI), details)
    desk.stores(Batch(events=(told,)))
    desk.manager("It left at noon.", id=n, by=MEI, reply_to=post)


def test_a_reply_to_the_late_original_reaches_the_asker_and_the_original_goes(either: Any) -> None:
    late, card = in_doubt(either), card_row(either).native_id
    answers(either, late, either.at.shown[late].buttons[0][0].data)
    assert either.at.said("-100")[-1] == "It left at noon."
    assert [key for key, p in either.at.shown.items() if p.place == "-900"] == [card]


def test_a_reply_to_a_card_that_nobody_knows_any_more_says_so(at_work: Any) -> None:
    answers(at_work, "p99", "c:longgone0000:claim")
    assert at_work.at.posts[-1].text.startswith("I don't know that card any more, so this went to nobody.")  # fmt: skip
    assert "It left at noon." not in at_work.at.said("-100")
