"""Managers read what people wrote, and are read by them; without a translator everything works as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.assessment import Assessment
from monitor.core.messages import Event, EventKind, Message, Platform
from monitor.core.roster import Person, Roster
from monitor.ports import Batch
from monitor.stages import cards
from monitor.stages.translating import FAILS, REST, Interpreter
from monitor.store import desk as store
from monitor.store.translation_tables import translations
from monitor.testing import NOON, WordClassifier, a_message

TEAM = Roster((Person("Emma", ids={Platform.TELEGRAM: ("11",)}),))
ZH = "提现卡了三个小时 withdrawal"


class Chinese(WordClassifier):
    """Hears Chinese where there is any."""

    def assess(self, messages: Sequence[Message], prior: Any = None) -> list[Assessment]:
        return [
            replace(a, language="zh" if any(ord(c) > 0x3000 for c in m.text) else "en")
            for a, m in zip(super().assess(messages, prior), messages, strict=True)
        ]


@dataclass
class Dictionary:
    """A translator that marks what it was given, and may be out of order."""

    works: bool = True
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    database: Any = None

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        with self.database.write():  # nobody holds a transaction meanwhile
            pass
        self.asked += [(text, source, target) for text in texts]
        return [f"<{target}> {len(text)}" if self.works else None for text in texts]

    def close(self) -> None:
        pass


@pytest.fixture
def room(either: Any) -> Any:
    """A desk whose managers read English, and somebody who asks in Chinese."""
    either.roster, either.classifier = TEAM, Chinese()
    either.__post_init__()
    either.board = replace(either.board, translates=True)
    either.outbox = replace(either.outbox, dress=cards.dressing(either.board))
    either.inbox.board = either.board
    either.words = Dictionary(database=either.database)
    either.interpreter = Interpreter(either.board, either.words, either.clock)
    either.works()
    either.hears(a_message(ZH))
    either.works()
    return either


def translates(desk: Any) -> int:
    found: int = desk.interpreter.look()
    desk.works()
    return found


def card(desk: Any) -> Any:
    with desk.database.read() as connection:
        return store.card_of(connection, 1)


def test_a_card_shows_what_was_asked_in_the_managers_language_below_the_original(room: Any) -> None:
    assert f"→ <en> {len(ZH)}" not in room.card().text
    assert translates(room) == 1
    lines = room.card().text.splitlines()
    assert lines[lines.index(ZH) + 2] == f"→ <en> {len(ZH)}"
    assert room.words.asked == [(ZH, "zh", "en")]
    assert translates(room) == 0


def test_what_is_in_the_managers_language_is_not_translated(room: Any) -> None:
    translates(room)
    room.hears(a_message("deposit", id="2", author="43", after=9))
    room.works()
    assert translates(room) == 0


def test_an_edited_question_is_translated_anew_and_a_deleted_one_is_forgotten(room: Any) -> None:
    translates(room)
    room.clock.passes(minutes=1)
    longer = ZH + " 还在等"
    edited = Event(EventKind.EDITED, Platform.TELEGRAM, "-100", "1", NOON + timedelta(seconds=50), details={"text": longer})  # fmt: skip
    room.stores(Batch(events=(edited,)))
    room.works()
    assert translates(room) == 1
    assert f"→ <en> {len(longer)}" in room.card().text
    gone = Event(EventKind.DELETED, Platform.TELEGRAM, "-100", "1", room.clock())
    room.stores(Batch(events=(gone,)))
    assert room.rows(translations) == {}


def test_a_translator_out_of_order_costs_a_line_and_one_alert(room: Any) -> None:
    room.words.works = False
    for n in range(8):
        translates(room)
        room.clock.passes(seconds=1 + REST.total_seconds() * (n % 2))
    assert "→" not in room.card().text
    assert [t for t in room.alerts() if t == FAILS] == [FAILS]
    assert len(room.words.asked) < 8  # left alone for a while
    room.words.works = True
    room.clock.passes(seconds=REST.total_seconds())
    assert translates(room) == 1


def answers(desk: Any, text: str) -> Any:
    """Emma replies to the card; what she is shown then."""
    before = len(desk.at.posts)
    desk.manager(text, id="d1", by="11", reply_to=card(desk).native_id)
    assert len(desk.at.posts) == before  # nothing goes out before she has seen the translation
    desk.interpreter.look()
    desk.works()
    return desk.at.posts[-1]


ENGLISH = "Your withdrawal is on its way and it will be with you within the hour."


def test_an_answer_in_another_language_is_offered_translated(room: Any) -> None:
    translates(room)
    shown = answers(room, ENGLISH)
    assert shown.text == f"They wrote in zh.\n\n{ENGLISH}\n\n→ <zh> {len(ENGLISH)}"
    assert [b.label for row in shown.buttons for b in row] == ["Send", "Send translated", "Discard"]
    assert (ENGLISH, "en", "zh") in room.words.asked


@pytest.mark.parametrize(
    ("label", "said"),
    [("Send", [ENGLISH]), ("Send translated", [f"<zh> {len(ENGLISH)}"]), ("Discard", [])],
)
def test_the_writer_chooses_what_is_sent(room: Any, label: str, said: list[str]) -> None:
    translates(room)
    shown = answers(room, ENGLISH)
    data = {b.label: b.data for row in shown.buttons for b in row}[label]
    before = len(room.at.said("-100"))
    room.presses("", by="11", press="q5", data=data)
    room.presses("", by="11", press="q6", data=data)
    assert room.at.said("-100")[before:] == said


def test_an_answer_in_the_askers_language_goes_out_at_once(room: Any) -> None:
    room.manager("已经为您加急处理,十分钟内到账。", id="d1", by="11", reply_to=card(room).native_id)
    assert room.at.said("-100")[-1] == "已经为您加急处理,十分钟内到账。"


def test_when_no_translation_can_be_had_the_words_can_be_sent_as_they_are(room: Any) -> None:
    room.words.works = False
    shown = answers(room, ENGLISH)
    assert shown.text.startswith("They wrote in zh. No translation could be had.")
    assert [b.label for row in shown.buttons for b in row] == ["Send", "Discard"]


def test_without_a_translator_an_answer_goes_out_as_it_was_written(room: Any) -> None:
    room.board = replace(room.board, translates=False)
    room.inbox.board = room.board
    room.manager(ENGLISH, id="d1", by="11", reply_to=card(room).native_id)
    assert room.at.said("-100")[-1] == ENGLISH


def test_what_waited_for_a_translator_that_is_gone_is_asked_about(room: Any) -> None:
    room.manager(ENGLISH, id="d1", by="11", reply_to=card(room).native_id)
    room.inbox.board = replace(room.board, translates=False)
    room.works()
    assert room.at.posts[-1].text.startswith("They wrote in zh. No translation could be had.")


def test_who_is_overtaken_while_looking_at_a_preview_is_asked_once_more(room: Any) -> None:
    colleague = Person("Mei", ids={Platform.TELEGRAM: ("12",)})
    room.roster = Roster((*TEAM.people, colleague))
    translates(room)
    shown = answers(room, ENGLISH)
    room.clock.passes(seconds=60)
    room.hears(a_message("已经到账了", id="9", author="12", reply_to="1", after=50))
    room.works()
    data = shown.buttons[0][1].data
    before = len(room.at.said("-100"))
    assert room.presses("", by="11", press="q5", data=data).startswith("Answered ")
    asked = room.at.posts[-1]
    assert asked.text.startswith("Answered ")
    assert room.at.said("-100")[before:] == []
    room.presses("", by="11", press="q6", data=asked.buttons[0][0].data)
    assert len(room.at.said("-100")[before:]) == 1
