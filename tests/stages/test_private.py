"""The bot's private chat: the menu of ready answers, being left alone, and coming back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from monitor.core.assessment import Topic
from monitor.core.faq import Entry, Faq
from monitor.core.messages import Author, Event, EventKind, Platform
from monitor.ports import Batch
from monitor.stages import private
from monitor.store.tables import optouts
from monitor.testing import NOON, a_message

FEES = Entry("fees", (Topic.TERMS,), {"en": ("What are the fees?",), "zh": ("手续费是多少?",)},
             {"en": "Fees depend on your tier.", "zh": "手续费取决于您的等级。"})  # fmt: skip
OLD = Entry("old", (Topic.DEPOSIT,), {"en": ("Is the offer on?",)}, {"en": "Yes."}, valid_until=date(2020, 1, 1))  # fmt: skip
FAQ = Faq((FEES, OLD))
HOME = "tg:42"


@pytest.fixture
def bot(either: Any) -> Any:
    """A desk whose bot can be talked to."""
    either.inbox.in_private = private.commands(lambda: FAQ)
    either.inbox.presses = {"faq": private.presses(lambda: FAQ)}
    either.works()
    return either


def says(desk: Any, text: str, n: str, *, hint: str = "en", kind: str = "private", place: str = HOME) -> list[Any]:  # fmt: skip
    """Somebody writes to the bot; what it says there."""
    before = len(desk.at.posts)
    after = (desk.clock() - NOON).total_seconds()
    desk.hears(a_message(text, id=n, place=place, place_kind=kind, language_hint=hint, after=after))
    desk.works()
    return [post for post in desk.at.posts[before:] if post.place == place]


def presses(desk: Any, data: str, n: str, language: str = "en") -> list[Any]:
    before = len(desk.at.posts)
    details = {"data": data, "query_id": n, "message_id": "p1", "language": language}
    event = Event(EventKind.BUTTON, Platform.TELEGRAM, HOME, n, desk.clock(), Author("42"), details)
    desk.stores(Batch(events=(event,)))
    desk.works()
    assert n in desk.at.heard  # the phone stops waiting, whatever came of it
    return list(desk.at.posts[before:])


@pytest.mark.parametrize("command", ["/start", "/help", "/faq", "/start@Desk_Bot", "/START", "/start hello"])  # fmt: skip
def test_start_and_help_show_the_topics_that_have_answers(bot: Any, command: str) -> None:
    (page,) = says(bot, command, "5")
    assert [b.data for row in page.buttons for b in row] == [f"faq:t:{Topic.TERMS}"]


def test_the_menu_leads_to_an_answer_and_back(bot: Any) -> None:
    says(bot, "/start", "5")
    (topic,) = presses(bot, f"faq:t:{Topic.TERMS}", "q1")
    assert topic.buttons[0][0].label == "What are the fees?"
    (answer,) = presses(bot, topic.buttons[0][0].data, "q2")
    assert answer.text == "What are the fees?\n\nFees depend on your tier."
    (again,) = presses(bot, answer.buttons[-1][0].data, "q3")
    assert again.buttons == topic.buttons


def test_pages_speak_the_language_of_the_persons_app(bot: Any) -> None:
    (page,) = presses(bot, "faq:e:fees", "q1", language="zh-hans")
    assert page.text == "手续费是多少?\n\n手续费取决于您的等级。"
    (left,) = says(bot, "/stop", "6", hint="zh")
    assert left.text == private.LEFT_ALONE["zh"]


@pytest.mark.parametrize("data", ["faq:e:old", "faq:e:nothing", "faq:t:nonsense", "faq:m"])
def test_what_is_no_more_leads_to_the_menu(bot: Any, data: str) -> None:
    (page,) = presses(bot, data, "q1")
    assert [b.data for row in page.buttons for b in row] == [f"faq:t:{Topic.TERMS}"]


def test_a_page_is_shown_once_however_often_telegram_repeats_the_command(bot: Any) -> None:
    assert len(says(bot, "/start", "5")) == 1
    assert says(bot, "/start", "5") == []


def test_who_says_stop_is_not_acknowledged_any_more_and_who_comes_back_is(bot: Any) -> None:
    (answer,) = says(bot, "/stop", "5")
    assert answer.text == private.LEFT_ALONE["en"]
    says(bot, "withdrawal stuck", "1", place="-100", kind="supergroup")
    assert bot.acks() == []
    says(bot, "/start", "6")
    bot.clock.passes(hours=1)
    says(bot, "deposit stuck", "2", place="-100", kind="supergroup")
    assert bot.acks() == ["We have seen your deposit question."]


def test_stop_said_twice_is_stop_said_once(bot: Any) -> None:
    says(bot, "/stop", "5")
    says(bot, "/stop", "6")
    assert len(bot.rows(optouts)) == 1
    says(bot, "/start", "7")
    assert len(bot.rows(optouts)) == 0


@pytest.mark.parametrize("text", ["/", "/ ", "/open", "/pause", "/unknown", "hello"])
def test_nothing_else_is_answered_there_and_no_command_of_the_desk_works(bot: Any, text: str) -> None:  # fmt: skip
    assert says(bot, text, "5") == []


def test_stop_in_a_group_is_not_a_word_to_the_bot(bot: Any) -> None:
    assert says(bot, "/stop", "5", place="-100", kind="supergroup") == []
    assert len(bot.rows(optouts)) == 0


def test_who_plays_with_the_menu_does_not_keep_managers_waiting(bot: Any) -> None:
    """A page goes out after every alert."""
    after = (bot.clock() - NOON).total_seconds()
    bot.hears(a_message("/start", id="5", place=HOME, place_kind="private", after=after))
    bot.hears(a_message("withdrawal", id="1", author="43", after=after))
    bot.inbox.look()
    rows = bot.rows()
    assert rows[f"page:{HOME}:5"].priority > rows["alert:telegram:-100:1"].priority


def test_topics_are_called_by_their_names_in_the_persons_language(either: Any) -> None:
    names = {Topic.TERMS: {"en": "Fees and terms", "zh": "费用与条款"}}
    either.inbox.in_private = private.commands(lambda: FAQ, lambda: names)
    either.inbox.presses = {"faq": private.presses(lambda: FAQ, lambda: names)}
    either.works()
    (menu,) = says(either, "/start", "5", hint="zh-hans")
    assert [b.label for row in menu.buttons for b in row] == ["费用与条款"]
    (page,) = presses(either, "faq:m", "q1", language="en")
    assert [b.label for row in page.buttons for b in row] == ["Fees and terms"]
