"""Ready answers as managers get them: offered on the card in their language, sent in the asker's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from monitor.core.assessment import Topic
from monitor.core.faq import Entry, Match
from monitor.stages import cards
from monitor.stages.faq import suggesting
from monitor.testing import a_message
from tests.stages.test_translating import Chinese

ENTRY = Entry("hold", (Topic.WITHDRAWAL,),
              {"en": ("How long does a withdrawal take?",), "zh": ("提现要多久?",)},
              {"en": "An hour at most.", "zh": "最多一小时。"})  # fmt: skip
TITLE = "How long does a withdrawal take?"


@dataclass
class Book:
    """Knows one answer of which it is not sure."""

    entry: Entry = ENTRY
    asked: list[tuple[str, str]] = field(default_factory=list)

    def matches(self, text: str, language: str, today: date) -> Sequence[Match]:
        self.asked.append((text, language))
        return [Match(self.entry, 0.1, sure=False, why="")]


@pytest.fixture
def room(either: Any) -> Any:
    """A desk that reads English, and somebody who asks in Chinese."""
    either.classifier = Chinese()
    either.__post_init__()
    return offering(either, Book())


def offering(desk: Any, book: Any) -> Any:
    desk.board = replace(desk.board, suggest=suggesting(lambda: book, "en"))
    desk.inbox.board = desk.board
    desk.outbox = replace(desk.outbox, dress=cards.dressing(desk.board))
    desk.works()
    return desk


def asked(desk: Any) -> None:
    desk.hears(a_message("提现 withdrawal"))
    desk.works()


def test_what_is_not_sure_enough_to_be_said_is_offered_on_the_card_in_the_managers_language(room: Any) -> None:  # fmt: skip
    asked(room)
    assert f"May fit: {TITLE}" in room.card().text
    assert "一小时" not in "".join(room.at.said("-100"))


def test_it_is_sent_in_the_askers_language(room: Any) -> None:
    asked(room)
    room.presses("💬 Quick answer", press="a")
    assert room.card().buttons[0][0].label == TITLE
    room.presses(TITLE, press="b")
    offered = room.at.posts[-1]
    assert offered.text.endswith("最多一小时。")
    room.presses("", press="c", data=offered.buttons[0][0].data)
    assert room.at.said("-100")[-1] == "最多一小时。"


def test_an_answered_case_is_offered_nothing(room: Any) -> None:
    asked(room)
    room.clock.passes(seconds=60)
    room.hears(a_message("到账了", id="2", author="support", reply_to="1", after=60))
    room.works()
    assert "May fit" not in room.card().text


def test_an_expired_answer_is_not_offered(room: Any) -> None:
    offering(room, Book(replace(ENTRY, valid_until=date(2020, 1, 1))))
    asked(room)
    assert "May fit" not in room.card().text
