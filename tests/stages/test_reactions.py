"""Acknowledged by a reaction instead of a message, and only who has waited for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.assessment import Policy, Topic
from monitor.core.messages import Platform
from monitor.core.triage import Speaker
from monitor.ports import Unavailable, Uncertain
from monitor.testing import DeskFake, FakePlatform, a_message

PLACE = (Platform.TELEGRAM, "-100")


@dataclass(slots=True)
class Reactions(FakePlatform):
    """A platform that shows reactions."""

    reactions: list[tuple[str, str, str]] = field(default_factory=list)


class ReactingFake(DeskFake):
    def react(self, place: str, native_id: str, emoji: str) -> None:
        if self.at.refusals:
            raise self.at.refusals.pop(0)
        if (place, native_id, emoji) not in self.at.reactions:
            self.at.reactions.append((place, native_id, emoji))


@pytest.fixture
def large(desk_on: Callable[..., Any], sqlite: Any) -> Any:
    """A desk in a group so large that it only reacts."""
    return reacting(desk_on(sqlite, at=Reactions(), make=ReactingFake))


def reacting(desk: Any) -> Any:
    desk.house = replace(desk.house, speakers={PLACE: Speaker("tg", acknowledges=True, reaction="👀")})  # fmt: skip
    return desk


def test_a_question_gets_a_reaction_and_no_message(large: Any) -> None:
    large.hears(a_message("withdrawal stuck"))
    large.speaks()
    assert large.at.reactions == [("-100", "1", "👀")]
    assert large.acks() == []
    assert large.case().ack_at is not None


def test_a_reaction_in_doubt_is_set_again_because_twice_is_once(large: Any) -> None:
    large.hears(a_message("withdrawal stuck"))
    large.at.refusals = [Uncertain("no answer"), Unavailable("busy")]
    for _ in range(3):
        large.speaks()
        large.clock.passes(seconds=30)
    assert large.at.reactions == [("-100", "1", "👀")]
    assert large.states()["ack:telegram:-100:1"] == "sent"


def test_a_ready_answer_is_said_in_words_even_there(large: Any) -> None:
    policies = {**large.playbook.policies, Topic.TERMS: Policy.ANSWER}
    large.playbook = replace(large.playbook, policies=policies)
    large.hears(a_message("terms please"))
    large.speaks()
    assert large.at.reactions == []
    assert large.acks() == ["We have seen your terms question."]


def test_where_no_reaction_can_be_set_nothing_is_said_and_the_reason_is_kept(desk: Any) -> None:
    reacting(desk).hears(a_message("withdrawal stuck"))
    desk.speaks()
    assert desk.acks() == []
    assert desk.row("ack:telegram:-100:1").reason == "this platform knows no reactions"


def test_who_was_answered_meanwhile_gets_no_reaction(large: Any) -> None:
    large.hears(a_message("withdrawal stuck"))
    large.hears(a_message("it is sent", id="2", author="support", reply_to="1", after=5))
    large.clock.passes(seconds=5)
    large.speaks()
    assert large.at.reactions == []


# -- not at once


@pytest.fixture
def patient(desk: Any) -> Any:
    """A desk that leaves a minute for somebody to answer."""
    desk.playbook = replace(desk.playbook, acknowledge_after=timedelta(minutes=1))
    return desk


def test_nobody_is_acknowledged_before_people_had_time_to_answer(patient: Any) -> None:
    patient.hears(a_message("withdrawal stuck"))
    again = patient.speaks()
    assert patient.acks() == []
    assert again == patient.case().opened_at + timedelta(minutes=1)
    patient.clock.now = again
    patient.speaks()
    assert patient.acks() == ["We have seen your withdrawal question."]


@pytest.mark.parametrize("who", ["support", "99"])
def test_who_was_answered_in_that_time_is_not_acknowledged(patient: Any, who: str) -> None:
    patient.hears(a_message("withdrawal stuck"))
    patient.speaks()
    patient.hears(a_message("it takes an hour", id="2", author=who, reply_to="1", after=30))
    patient.clock.passes(minutes=2)
    patient.speaks()
    assert patient.acks() == []
    assert patient.states()["ack:telegram:-100:1"] == "cancelled"


def test_managers_are_alerted_at_once_all_the_same(patient: Any) -> None:
    patient.hears(a_message("withdrawal stuck"))
    patient.speaks()
    assert len(patient.alerts()) == 1
