"""A reply that says too little by itself is read with what it answers, and only such a one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from monitor import assets
from monitor.classify.rulefiles import load
from monitor.classify.rules_classifier import RulesClassifier
from monitor.core.assessment import Assessment, Topic, Urgency
from monitor.core.messages import Message
from monitor.stages.replies import REASON
from monitor.store.tables import assessments
from monitor.testing import NOON, WordClassifier, a_message


class Hearing(WordClassifier):
    """Hears "same" and "asking" as signals."""

    def assess(self, found: Sequence[Message], prior: Any = None) -> list[Assessment]:
        return [
            replace(one, signals=one.signals | ({"same", "asking"} if "same" in m.text else set()))
            for one, m in zip(super().assess(found), found, strict=True)
        ]


@pytest.fixture
def room(either: Any) -> Any:
    either.classifier = Hearing()
    either.house = replace(either.house, classifier=either.classifier)
    return either


def reply(text: str, *, to: str = "1", id: str = "2", author: str = "43", after: float = 60) -> Message:  # fmt: skip
    return a_message(text, id=id, author=author, after=after, reply_to=to)


QUESTION = a_message("high withdrawal asking")


@pytest.mark.parametrize("at_once", [True, False])
def test_who_has_the_same_trouble_gets_a_case_of_their_own_and_answers_nobody(room: Any, at_once: bool) -> None:  # fmt: skip
    room.at_once = at_once
    room.hears(QUESTION, reply("same here"))

    first, second = room.cases()
    assert first.community_first_at is None
    assert (second.author_id, second.topic, second.urgency) == (
        "43",
        Topic.WITHDRAWAL,
        Urgency.HIGH,
    )
    assert second.opened_at > NOON


def test_what_it_answers_may_have_come_long_before(room: Any) -> None:
    room.hears(QUESTION)
    room.hears(reply("same here", after=4000))

    assert [case.topic for case in room.cases()] == [Topic.WITHDRAWAL, Topic.WITHDRAWAL]


def test_the_reason_says_so(room: Any) -> None:
    room.hears(QUESTION, reply("same here"))

    assert any(REASON in row.reasons for row in room.rows(assessments).values())


def test_read_anew_the_cases_are_the_same(room: Any) -> None:
    room.hears(QUESTION, reply("same here"))
    before = room.cases()

    room.hears(a_message("gm", id="9", author="99", after=-30))

    assert room.cases() == before


@pytest.mark.parametrize(
    "said",
    [
        reply("asking did you look into your spam folder"),  # a member helps another
        reply("same here", author="42"),  # of one's own
        a_message("same here", id="2", author="43", after=60),  # answers nothing
        reply("same here", to="77"),  # of which we know nothing
        reply("same here, " + "and so on " * 10),  # long enough to say what it is about
    ],
)
def test_everything_else_is_judged_alone(room: Any, said: Message) -> None:
    room.hears(QUESTION, said)

    assert len(room.cases()) == 1


def test_the_same_as_small_talk_is_small_talk(room: Any) -> None:
    room.hears(a_message("gm all"), reply("same here"))

    assert room.cases() == []


def test_who_asks_the_team_about_what_it_has_said_has_asked_about_that(room: Any) -> None:
    room.hears(
        a_message("withdrawal is closed today", author="support"), reply("asking until then")
    )

    assert (room.case().author_id, room.case().topic) == ("43", Topic.WITHDRAWAL)


def test_a_deleted_message_is_not_read_any_more(room: Any) -> None:
    room.hears(QUESTION)
    from monitor.store import edits

    with room.database.write() as connection:
        edits.delete_message(connection, 1, NOON)
    room.hears(reply("same here"))

    assert len(room.cases()) == 1


@pytest.mark.parametrize("text", ["same here", "同问", "私も同じです", "저도요", "у меня то же самое",
                                  "a mí también", "bende de", "mình cũng bị", "comigo também", "saya juga sama",
                                  "+1"])  # fmt: skip
def test_the_shipped_rules_hear_it_in_every_language(room: Any, text: str) -> None:
    rules = RulesClassifier(load(assets.path("rules")))
    room.house = replace(room.house, classifier=rules)
    room.hears(a_message("My withdrawal has been pending for two days"), reply(text))

    with room.database.read() as connection:
        seen = connection.execute(
            sa.select(assessments.c.signals).order_by(assessments.c.id)
        ).scalars()
        assert "same" in list(seen)[1]
    assert [case.topic for case in room.cases()] == [Topic.WITHDRAWAL, Topic.WITHDRAWAL]
