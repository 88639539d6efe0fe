"""Clocks read anew from all messages of a case: what no message tells is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.core.assessment import Assessment, Topic, Urgency
from monitor.core.cases import Case, Read
from monitor.core.ledger import Known, Ledger
from monitor.core.messages import Platform, Role
from monitor.core.refold import refold_late, refolded
from monitor.testing import NOON, a_message, about

CHATTER = about(Topic.CHATTER, Urgency.LOW)
THANKS = about(Topic.CHATTER, Urgency.LOW, "thanks")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def read(id: int, after: float, judged: Assessment | None = None, *, author: str = "a",
         role: Role = Role.MEMBER, rewritten: bool = False, **more: Any) -> Read:  # fmt: skip
    message = a_message(id=str(id), author=author, after=after, **more)
    return Read(message, role, judged or about(), id, rewritten=rewritten)


def staff(id: int, after: float, **more: Any) -> Read:
    return read(id, after, CHATTER, author="support", role=Role.STAFF, **more)


def case_of(*reads: Read) -> Case:
    (case,) = Ledger(Known()).attach(reads).cases.values()
    return replace(case, id=1)


QUESTION, ANSWER = read(1, 0), staff(2, 60, reply_to="1")


def test_a_late_answer_gets_its_place() -> None:
    case = case_of(QUESTION, staff(9, 600))
    anew = refolded(case, [QUESTION, staff(9, 600), ANSWER])
    assert (anew.staff_first_at, anew.staff_last_at, anew.staff_by) == (at(60), at(600), "reply")


def test_how_it_was_attributed_is_kept_while_the_first_answer_is_the_same() -> None:
    case = replace(case_of(QUESTION, ANSWER), staff_by="learned")
    assert refolded(case, [QUESTION, ANSWER]).staff_by == "learned"


@pytest.mark.parametrize(
    ("more", "how"),
    [({}, "proximity"), ({"mentions": ("handlea",)}, "mention"), ({"reply_to": "1"}, "reply")],
)
def test_how_is_told_by_the_message(more: Any, how: str) -> None:
    assert refolded(case_of(QUESTION), [QUESTION, staff(2, 60, **more)]).staff_by == how


def test_in_a_tree_it_is_the_tree() -> None:
    asked = read(1, 0, platform=Platform.TWITTER, place="x")
    answer = staff(2, 60, platform=Platform.TWITTER, place="x")
    assert refolded(case_of(asked), [asked, answer]).staff_by == "tree"


def test_our_acknowledgement_and_what_was_promised_are_kept() -> None:
    case = replace(case_of(QUESTION), ack_at=at(2), due_at=at(3600), language="zh")
    anew = refolded(case, [QUESTION, read(3, -60, CHATTER)])
    assert (anew.ack_at, anew.due_at, anew.language, anew.id) == (at(2), at(3600), "zh", 1)
    assert anew.opened_at == at(-60)


def test_correcting_a_question_does_not_ask_it_anew() -> None:
    edited = read(1, 0, rewritten=True, edited_at=at(900))
    assert refolded(case_of(QUESTION), [edited]).opened_at == at(0)


def test_a_question_edited_away_keeps_what_it_has_cost() -> None:
    case = case_of(QUESTION, ANSWER)
    assert refolded(case, [read(1, 0, CHATTER, rewritten=True), ANSWER]) == case


def test_urgency_never_falls() -> None:
    case = case_of(read(1, 0, about(Topic.SECURITY, Urgency.CRITICAL)))
    anew = refolded(case, [QUESTION])
    assert (anew.urgency, anew.topic) == (Urgency.CRITICAL, Topic.SECURITY)


def test_what_was_withdrawn_stays_withdrawn() -> None:
    case = replace(case_of(QUESTION), state="withdrawn", open_turn_at=None)
    anew = refolded(case, [QUESTION])
    assert (anew.state, anew.open_turn_at) == ("withdrawn", None)


def test_what_was_assumed_resolved_stays_so_until_asked_again() -> None:
    case = replace(
        case_of(QUESTION, ANSWER), state="resolved", resolved_by="assumed", resolved_at=at(60)
    )
    late = read(3, 30, CHATTER)
    anew = refolded(case, [QUESTION, ANSWER, late])
    assert (anew.state, anew.resolved_by) == ("resolved", "assumed")
    anew = refolded(case, [QUESTION, ANSWER, late, read(4, 5000)])
    assert (anew.state, anew.resolved_by, anew.open_turn_at) == ("open", None, at(5000))


def test_thanks_bots_and_neighbours_play_their_parts() -> None:
    bot = read(5, 10, CHATTER, author="desk", role=Role.BOT)
    neighbour = read(6, 20, CHATTER, author="b")
    anew = refolded(case_of(QUESTION), [QUESTION, bot, neighbour, ANSWER, read(7, 90, THANKS)])
    assert (anew.community_first_at, anew.staff_first_at, anew.resolved_at) == (
        at(20),
        at(60),
        at(90),
    )


def test_asked_again_after_days_of_silence_is_reopened_whether_or_not_a_sweep_came() -> None:
    again = read(4, 60 + 73 * 3600)
    assert refolded(case_of(QUESTION, ANSWER), [QUESTION, ANSWER, again]).reopened == 1


def test_only_late_cases_of_a_batch_are_read_anew() -> None:
    case = case_of(QUESTION, staff(9, 600))
    known = Known(cases={case.key: case}, nearby=())
    late = staff(2, 60, mentions=("handlea",))
    other = read(8, 5, author="z", reply_to="404")
    attached = Ledger(known).attach([late, other])
    attached = replace(attached, links=attached.links | {2: case.key}, late=frozenset({case.key}))
    anew = refold_late(attached, {case.key: [QUESTION, staff(9, 600)]}, [late, other])
    assert anew.cases[case.key].staff_first_at == at(60)
    assert anew.cases[other.message.key] == attached.cases[other.message.key]
