"""What the judge could not tell is on a list that people can see; one tap labels it and opens its case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.assessment import UNSURE, Assessment, Topic, Urgency
from monitor.core.messages import Author, Event, EventKind, Message, Platform
from monitor.ports import Batch
from monitor.stages import commands, retain, triage_list
from monitor.store.label_tables import label
from monitor.store.tables import messages
from monitor.store.triage_tables import needs_triage
from monitor.testing import NOON, WordClassifier, a_message


class Doubting(WordClassifier):
    """ "unsure" makes it so; "perhaps promo" names a further topic."""

    def assess(self, found: Sequence[Message], prior: Any = None) -> list[Assessment]:
        return [self._doubted(m.text) for m in found]

    def _doubted(self, text: str) -> Assessment:
        said, _, perhaps = text.partition(" perhaps ")
        (seen,) = super().assess([replace(a_message(), text=said)])
        unsure = {UNSURE} if "unsure" in text else set()
        topics = (Topic(perhaps),) if perhaps else ()
        return replace(seen, signals=seen.signals | unsure, topics=topics, confidence=0.4)


@pytest.fixture
def room(either: Any) -> Any:
    either.classifier = Doubting()
    either.house = replace(either.house, classifier=either.classifier)
    either.inbox.commands = {**commands.commands(), **triage_list.commands()}
    either.inbox.private_presses = triage_list.presses()
    either.works()
    return either


def lists(desk: Any, press: str = "m1") -> Any:
    """The newest answer to /triage."""
    desk.clock.passes(seconds=5)
    desk.manager("/triage", id=press)
    return [post for post in desk.at.posts if "Needs triage" in post.text][-1]


def taps(desk: Any, label_: str, *, by: str = "support", press: str = "q1") -> str:
    """What who presses that button of the newest list is told."""
    post = lists(desk, f"m-{press}")
    data = {b.label: b.data for row in post.buttons for b in row}[label_]
    event = Event(
        EventKind.BUTTON, Platform.TELEGRAM, "-900", press, desk.clock(), Author(by),
        {"data": data, "query_id": press, "message_id": "1"},
    )  # fmt: skip
    desk.stores(Batch(events=(event,)))
    desk.works()
    return str(desk.at.heard[press])


def test_the_oldest_doubt_comes_first_and_chatter_that_is_sure_is_not_listed(room: Any) -> None:
    room.hears(
        a_message("unsure later perhaps deposit", id="2", author="43", after=60),
        a_message("unsure wen perhaps promo", id="1"),
        a_message("gm all", id="3", author="44"),
        a_message("unsure lol", id="4", author="45"),
    )
    room.clock.passes(hours=2)

    lines = lists(room).text.splitlines()

    assert lines[0].startswith("Needs triage: 2.")
    assert lines[1] == "1. 2 h · -100 · name-42 · “unsure wen perhaps promo” promo?"
    assert lines[2].startswith("2. 1 h 59 min")
    assert len(lines) == 3


def test_without_doubts_the_list_says_so(room: Any) -> None:
    room.hears(a_message("gm all"))

    assert lists(room).text == "Needs triage: nothing. The judge was sure enough of everything."


def test_one_tap_opens_the_case_with_its_clock_from_when_it_was_asked(room: Any) -> None:
    room.hears(a_message("unsure wen perhaps promo"))
    assert room.cases() == []
    room.clock.passes(minutes=9)

    told = taps(room, "1 ✓ promo")
    assert triage_list.show_opened(room.board, room.clock()) == 1
    room.works()

    case = room.case()
    assert told == "It is promo. Its card comes in a moment."
    assert (case.topic, case.urgency, case.opened_at) == (Topic.PROMO, Urgency.NORMAL, NOON)
    assert "unsure wen perhaps promo" in room.card(1).text
    assert lists(room, "m2").text.startswith("Needs triage: nothing")
    assert triage_list.show_opened(room.board, room.clock()) == 0


def test_a_case_that_a_tap_has_opened_is_there_when_the_place_is_read_anew(room: Any) -> None:
    room.hears(a_message("unsure wen perhaps promo"))
    taps(room, "1 ✓ promo")
    before = room.case()

    room.hears(a_message("gm", id="9", author="99", after=-30))
    room.works()

    assert room.case() == before


def test_a_tap_can_say_that_there_is_nothing_to_answer(room: Any) -> None:
    room.hears(a_message("unsure wen perhaps promo"))

    assert taps(room, "1 ✗ nothing to answer") == "Nothing to answer. Thank you: learned."

    (row,) = room.rows(label).values()
    assert (row.topic, row.by, room.cases()) == ("chatter", "Sam", [])
    assert lists(room, "m2").text.startswith("Needs triage: nothing")


def test_a_doubtful_question_has_its_case_and_a_tap_shows_its_card(room: Any) -> None:
    room.hears(a_message("low withdrawal unsure"))
    assert "#1" in lists(room).text

    assert taps(room, "Show #1") == "The card of #1 comes below."
    assert room.card(1).text.startswith("⚪ LOW · withdrawal")


def test_a_second_tap_changes_nothing(room: Any) -> None:
    room.hears(a_message("unsure wen perhaps promo"))
    old = lists(room)
    taps(room, "1 ✓ promo")

    data = old.buttons[0][1].data
    event = Event(EventKind.BUTTON, Platform.TELEGRAM, "-900", "q2", room.clock(), Author("support"),
                  {"data": data, "query_id": "q2", "message_id": "1"})  # fmt: skip
    room.stores(Batch(events=(event,)))
    room.works()

    assert room.at.heard["q2"] == "That is settled already. /triage shows what is left."
    assert len(room.rows(label)) == 1


def test_a_stranger_settles_nothing(room: Any) -> None:
    room.hears(a_message("unsure wen perhaps promo"))

    assert "not in the roster" in taps(room, "1 ✓ promo", by="666")
    assert room.rows(label) == {}


def test_an_answered_a_deleted_and_an_old_one_need_no_triage(room: Any) -> None:
    room.hears(
        a_message("low withdrawal unsure"),
        a_message("done", id="2", author="support", after=5, reply_to="1"),
        a_message("unsure two perhaps promo", id="3", author="43"),
    )
    with room.database.write() as connection:
        gone = sa.update(messages).where(messages.c.native_id == "3")
        connection.execute(gone.values(deleted_at=NOON))
    assert lists(room).text.startswith("Needs triage: nothing")

    retain.retain(room.database, timedelta(90), timedelta(90), NOON + timedelta(days=8))

    assert room.rows(needs_triage) == {}


def test_what_was_imported_needs_no_triage(room: Any) -> None:
    room.stores(Batch((a_message("unsure wen perhaps promo"),)), imported=True)
    room.judges()

    assert room.rows(needs_triage) == {}


def test_an_edit_that_says_it_clearly_takes_it_from_the_list(room: Any) -> None:
    room.hears(a_message("unsure wen perhaps promo"))
    edited = Event(EventKind.EDITED, Platform.TELEGRAM, "-100", "1", NOON + timedelta(seconds=9), None,
                   {"text": "gm"})  # fmt: skip
    room.stores(Batch(events=(edited,)))
    room.judges()

    assert room.rows(needs_triage) == {}
