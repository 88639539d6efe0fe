"""Whose attention a case needs, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.core import attention
from monitor.core.assessment import Topic, Urgency
from monitor.core.attention import Quiet, Step, called, calls, crowded, due_steps, is_silent
from monitor.core.cases import Case, Read, opened_by
from monitor.core.handling import Handling
from monitor.core.messages import Platform, Role
from monitor.core.roster import Person, Roster, Shift
from monitor.testing import NOON, a_message, about

UTC = ZoneInfo("UTC")
NIGHTS = (Shift(time(20), time(4), UTC),)


def a_case(urgency: Urgency = Urgency.HIGH, language: str = "zh", topic: Topic = Topic.WITHDRAWAL) -> Case:  # fmt: skip
    message = a_message()
    read = Read(message, Role.MEMBER, about(topic, urgency, language=language), 1)
    return replace(opened_by(read, message), id=1, due_at=NOON + timedelta(minutes=20))


FREE = Handling(1, "n")
MEI = Person("Mei", languages=("zh", "en"), ids={Platform.TELEGRAM: ("1",)})
SAM = Person("Sam", languages=("en",), ids={Platform.TELEGRAM: ("2",)})
ALEX = Person("Alex", topics=("withdrawal",), ids={Platform.TELEGRAM: ("3",)})
OWL = Person("Owl", languages=("zh",), shifts=NIGHTS)


@pytest.mark.parametrize(
    ("people", "case", "names"),
    [
        ((MEI, SAM), a_case(), ["Mei"]),
        ((MEI, SAM), a_case(language="zh-Hant"), ["Mei"]),
        ((MEI, SAM), a_case(language="en"), ["Mei", "Sam"]),
        ((MEI, ALEX), a_case(), ["Alex"]),  # the topic comes before the language
        ((MEI, ALEX), a_case(topic=Topic.DEPOSIT), ["Mei"]),
        ((SAM, OWL), a_case(), ["Sam"]),  # who reads it is asleep: somebody who is here sees it
        ((OWL,), a_case(), []),
        ((), a_case(), []),
    ],
)
def test_called_is_who_can_answer_by_topic_then_language_then_duty(
    people: tuple[Person, ...], case: Case, names: list[str]
) -> None:
    assert [p.name for p in called(case, FREE, Roster(people), NOON)] == names


def test_who_has_a_case_is_called_alone() -> None:
    mine = replace(FREE, claimed_by="Sam")
    assert called(a_case(), mine, Roster((MEI, SAM)), NOON) == (SAM,)


def test_only_who_has_an_id_there_can_be_called() -> None:
    assert calls((MEI, OWL)) == (("Mei", "1"),)


@pytest.mark.parametrize(
    ("minutes", "urgency", "steps"),
    [
        (14, Urgency.HIGH, ()),
        (15, Urgency.HIGH, (Step.WARNED,)),
        (15, Urgency.NORMAL, ()),
        (20, Urgency.NORMAL, (Step.BREACHED,)),
        (40, Urgency.NORMAL, (Step.BREACHED,)),
        (40, Urgency.CRITICAL, (Step.BREACHED, Step.MAILED)),
        (60 * 30, Urgency.CRITICAL, ()),
    ],
)
def test_the_steps_of_the_escalation(
    minutes: int, urgency: Urgency, steps: tuple[Step, ...]
) -> None:
    assert due_steps(a_case(urgency), FREE, NOON + timedelta(minutes=minutes)) == steps


def test_nobody_is_reminded_of_what_sleeps_is_answered_or_was_imported() -> None:
    late = NOON + timedelta(minutes=45)
    case = a_case()
    assert due_steps(case, replace(FREE, snoozed_until=late + timedelta(seconds=1)), late) == ()
    assert due_steps(replace(case, staff_first_at=NOON), FREE, late) == ()
    assert due_steps(replace(case, imported=True), FREE, late) == ()
    assert due_steps(replace(case, due_at=None), FREE, late) == ()


@pytest.mark.parametrize(
    ("at", "quiet"), [("23:00", True), ("06:59", True), ("07:00", False), ("12:00", False)]
)
def test_quiet_hours_go_over_midnight_and_spare_the_urgent(at: str, quiet: bool) -> None:
    hours = Quiet(time(22), time(7), UTC)
    moment = NOON.replace(hour=int(at[:2]), minute=int(at[3:]))
    assert is_silent(Urgency.NORMAL, hours, moment) is quiet
    assert not is_silent(Urgency.HIGH, hours, moment)
    assert not is_silent(Urgency.NORMAL, None, moment)


@pytest.mark.parametrize(
    ("urgency", "said", "in_surge", "list_it"),
    [
        (Urgency.NORMAL, 7, False, False),
        (Urgency.NORMAL, 8, False, True),
        (Urgency.NORMAL, 0, True, True),
        (Urgency.HIGH, 99, True, False),
    ],
)
def test_too_many_go_to_the_list_but_never_the_urgent(
    urgency: Urgency, said: int, in_surge: bool, list_it: bool
) -> None:
    assert crowded(urgency, said, 8, in_surge=in_surge) is list_it


def test_a_shift_that_ended_is_noticed_once() -> None:
    roster = Roster((OWL, SAM))
    night, day = NOON.replace(hour=3), NOON.replace(hour=5)
    before: dict[str, Any] = {p.name: p.is_on_duty(night) for p in roster.people}
    assert [p.name for p in attention.ended(before, roster, day)] == ["Owl"]
    assert attention.ended({p.name: p.is_on_duty(day) for p in roster.people}, roster, day) == ()
