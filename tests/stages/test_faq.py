"""Ready answers on their way: said instead of an acknowledgement, once, and followed by what the asker says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.assessment import Policy, Topic
from monitor.core.cases import Read
from monitor.core.faq import Entry, Match
from monitor.core.messages import Author, Event, EventKind, Platform
from monitor.ports import Batch
from monitor.stages import faq as stage
from monitor.store import faq as store
from monitor.store.faq_tables import faq_answers
from monitor.testing import NOON, a_message

ENTRY = Entry(
    "fees", (Topic.TERMS,), {"en": ("What are the fees?",)}, {"en": "Fees depend on your tier."}
)
ACK = "ack:telegram:-100:1"


@dataclass
class Shelf:
    """A book that knows one answer, and counts how often it was asked."""

    match: Match | None = field(default_factory=lambda: Match(ENTRY, 0.5, sure=True, why=""))
    looked_up: int = 0

    def look_up(self, reads: Sequence[Read]) -> None:
        self.looked_up += len(reads)

    def best(self, read: Read) -> Match | None:
        return self.match


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def answering(desk: Any, shelf: Shelf) -> Any:
    """A desk whose policy on terms is to answer."""
    policies = {**desk.playbook.policies, Topic.TERMS: Policy.ANSWER}
    desk.playbook = replace(desk.playbook, policies=policies)
    desk.house = replace(desk.house, faq=lambda: shelf)
    desk.inbox.presses = {"faq": stage.press}
    desk.inbox.look()  # what comes from now on is taken
    return desk


def pressed(
    desk: Any, word: str, *, by: str = "42", press: str = "p1", message: str | None = None
) -> str:
    """Somebody presses yes or no under our answer; what they are told."""
    native = message or desk.row(ACK).native_id
    details = {"data": f"faq:{word}:fees", "query_id": press, "message_id": native}
    event = Event(
        EventKind.BUTTON, Platform.TELEGRAM, "-100", press, desk.clock(), Author(by), details
    )
    desk.stores(Batch(events=(event,)))
    desk.works()
    told: str = desk.at.heard.get(press, "(nothing)")
    return told


def noted(desk: Any) -> Any:
    (row,) = desk.rows(faq_answers).values()
    return row


def test_the_answer_is_said_instead_of_the_acknowledgement_and_the_desk_still_knows(
    answering: Any,
) -> None:
    answering.hears(a_message("terms"))
    answering.speaks()
    assert [text.partition("\n")[0] for text in answering.acks()] == ["Fees depend on your tier."]
    assert len(answering.alerts()) == 1
    assert (noted(answering).entry, noted(answering).helped) == ("fees", None)
    assert answering.case().is_waiting


def test_a_topic_whose_policy_is_not_to_answer_costs_nothing_and_gets_no_answer(
    answering: Any, shelf: Shelf
) -> None:
    answering.hears(a_message("withdrawal"), a_message("chatter", id="2", author="b"))
    answering.speaks()
    assert shelf.looked_up == 0
    assert "Fees" not in "".join(answering.acks())
    assert answering.rows(faq_answers) == {}


def test_without_a_sure_match_there_is_the_acknowledgement(answering: Any, shelf: Shelf) -> None:
    shelf.match = Match(ENTRY, 0.05, sure=False, why="")
    answering.hears(a_message("terms"))
    answering.speaks()
    assert answering.acks() == ["We have seen your terms question."]
    assert answering.rows(faq_answers) == {}


def test_asking_again_gets_no_second_answer(answering: Any) -> None:
    answering.hears(a_message("terms"))
    answering.speaks()
    answering.clock.passes(minutes=20)
    answering.hears(a_message("terms asking", id="2", after=1200))
    answering.speaks()
    assert len(answering.acks()) == 1


def test_imported_questions_are_never_answered(answering: Any, shelf: Shelf) -> None:
    answering.stores(Batch(messages=(a_message("terms"),)), imported=True)
    answering.judges()
    answering.speaks()
    assert (answering.acks(), shelf.looked_up) == ([], 0)


def test_yes_resolves_the_case_by_its_asker(answering: Any) -> None:
    answering.hears(a_message("terms"))
    answering.works()
    answering.clock.passes(seconds=30)
    assert pressed(answering, "y") == "Good to hear!"
    case = answering.case()
    assert (case.state, case.resolved_by, case.resolved_at) == (
        "resolved",
        "asker",
        answering.clock(),
    )
    assert case.staff_first_at is None
    with answering.database.read() as connection:
        day = timedelta(days=1)
        assert store.confirmed(connection, NOON - day, NOON + day) == {case.key: answering.clock()}
        (use,) = store.used(connection, NOON - day, NOON + day)
    assert (use.entry, use.said, use.helped, use.not_helped) == ("fees", 1, 1, 0)


def test_no_calls_a_person_once_and_the_case_waits_on(answering: Any) -> None:
    answering.hears(a_message("terms"))
    answering.works()
    assert pressed(answering, "n") == "Thank you. A colleague will look at it."
    answering.clock.passes(seconds=5)
    assert pressed(answering, "n", press="p2") == "Already noted, thank you."
    assert pressed(answering, "y", press="p3") == "Already noted, thank you."
    assert answering.case().is_waiting
    calls = [key for key in answering.rows() if key.startswith("faq-no:")]
    assert calls == ["faq-no:telegram:-100:1"]
    assert any(stage.NOT_HELPED in text for text in answering.alerts())
    assert noted(answering).helped is False


def test_presses_of_others_and_forged_ones_change_nothing(answering: Any) -> None:
    answering.hears(a_message("terms"))
    answering.works()
    before = answering.rows()
    assert pressed(answering, "y", by="somebody") == "Only the person who asked can say so."
    assert pressed(answering, "x", press="p2") == "Already noted, thank you."
    assert (
        pressed(answering, "y", press="p3", message="99999") == "This button is not known any more."
    )
    assert (noted(answering).helped, answering.case().state) == (None, "open")
    assert answering.rows() == before


def test_what_was_decided_and_never_said_counts_as_never_said(answering: Any) -> None:
    answering.hears(a_message("terms"))
    answering.clock.passes(hours=1)
    answering.speaks()
    with answering.database.read() as connection:
        day = timedelta(days=1)
        assert store.used(connection, NOON - day, NOON + day) == []


def test_what_opened_the_cases_of_a_time_can_be_listed(answering: Any) -> None:
    answering.hears(
        a_message("hello"),
        a_message("terms", id="2", after=20),
        a_message("withdrawal", id="3", author="b"),
    )
    day = timedelta(days=1)
    with answering.database.read() as connection:
        found = store.questions(connection, NOON - day, NOON + day)
        assert store.questions(connection, NOON + day, NOON + 2 * day) == []
    assert sorted((q.text, q.topic, q.answered) for q in found) == [
        ("terms", "terms", True), ("withdrawal", "withdrawal", False)]  # fmt: skip


def test_the_queries_work_on_both_databases(desk_on: Any, database: Any) -> None:
    desk = desk_on(database)
    shelf = Shelf()
    policies = {**desk.playbook.policies, Topic.TERMS: Policy.ANSWER}
    desk.playbook = replace(desk.playbook, policies=policies)
    desk.house = replace(desk.house, faq=lambda: shelf)
    desk.hears(a_message("terms"))
    desk.speaks()
    day = timedelta(days=1)
    with database.write() as connection:
        posted = store.answered_by(connection, "telegram", "-100", desk.row(ACK).native_id)
        assert posted.entry == "fees"
        assert store.note_helped(connection, posted.case_key, NOON, helped=True)
        assert not store.note_helped(connection, posted.case_key, NOON, helped=False)
        assert store.used(connection, NOON - day, NOON + day)[0].helped == 1
        assert [q.answered for q in store.questions(connection, NOON - day, NOON + day)] == [True]


def test_reading_the_place_anew_does_not_undo_what_the_asker_confirmed(answering: Any) -> None:
    answering.hears(a_message("terms"), a_message("chatter", id="3", author="b", after=60))
    answering.works()
    answering.clock.passes(seconds=90)
    pressed(answering, "y")
    said_at = answering.clock()
    answering.clock.passes(seconds=30)
    answering.hears(a_message("terms", id="2", after=10))
    answering.works()
    own = answering.case()
    assert (own.state, own.resolved_by, own.resolved_at) == ("resolved", "asker", said_at)


def test_people_get_their_time_to_answer_before_a_ready_answer_is_said(answering: Any) -> None:
    answering.playbook = replace(answering.playbook, acknowledge_after=timedelta(minutes=5))
    answering.hears(a_message("terms"), a_message("terms", id="2", author="b"))
    answering.speaks()
    assert answering.acks() == []
    answering.hears(a_message("by tier", id="3", author="c", reply_to="2", after=60))
    answering.clock.passes(minutes=5)
    answering.speaks()
    assert [text.partition("\n")[0] for text in answering.acks()] == ["Fees depend on your tier."]
    assert sorted(s for k, s in answering.states().items() if k.startswith("ack:")) == ["cancelled", "sent"]  # fmt: skip
