"""What a person corrects: who and when is kept, clocks are read anew, and nothing is said twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.clock_player import LastLine
from monitor.core.corrections import CorrectionRefused
from monitor.core.messages import Message
from monitor.stages import correct
from monitor.store.correction_tables import corrections, links
from monitor.testing import NOON, a_message


def said(id: int, after: float, author: str, text: str, **more: Any) -> Message:
    return a_message(id=str(id), author=author, after=after, text=text, **more)


def corrected(desk: Any) -> None:
    desk.clock.passes(seconds=1)
    desk.judges()


def test_a_case_that_was_split_is_not_acknowledged_again(desk: Any) -> None:
    desk.hears(said(1, 0, "a", "withdrawal"), said(2, 400, "a", "withdrawal asking"))
    before = set(desk.rows())
    correct.split(desk.database, desk.case().id, 2, "sam", desk.clock())
    corrected(desk)
    assert len(desk.cases()) == 2
    assert set(desk.rows()) == before


def test_a_correction_keeps_who_and_when(desk: Any) -> None:
    desk.hears(said(1, 0, "a", "withdrawal"))
    correct.close(desk.database, desk.case().id, "sam", desk.clock())
    (row,) = desk.rows(corrections).values()
    assert (row.kind, row.by, row.at) == ("close", "sam", desk.clock())


def test_closed_by_staff_and_opened_again(desk: Any) -> None:
    desk.hears(said(1, 0, "a", "withdrawal"))
    desk.clock.passes(seconds=60)
    correct.close(desk.database, desk.case().id, "sam", desk.clock())
    corrected(desk)
    assert (desk.case().state, desk.case().resolved_by, desk.case().is_waiting) == (
        "resolved",
        "staff",
        False,
    )
    desk.clock.passes(seconds=60)
    correct.reopen(desk.database, desk.case().id, "sam", desk.clock())
    corrected(desk)
    assert (desk.case().open_turn_at, desk.case().reopened) == (NOON, 1)


def test_what_is_not_a_question_is_counted_nowhere_also_after_a_late_message(desk: Any) -> None:
    desk.hears(said(1, 0, "a", "withdrawal"), said(2, 30, "support", "hm", reply_to="1"))
    correct.not_a_question(desk.database, desk.case().id, "sam", desk.clock())
    corrected(desk)
    desk.hears(said(3, -30, "b", "chatter"))
    case = desk.case()
    assert (case.state, case.answered_at, case.is_empty) == ("withdrawn", None, True)


def test_an_answer_to_one_of_two_joined_cases_answers_both_and_each_keeps_its_clock(
    desk: Any,
) -> None:
    desk.hears(said(1, 0, "a", "withdrawal"), said(2, 60, "b", "withdrawal"))
    one, two = desk.cases()
    correct.merge(desk.database, one.id, two.id, "sam", desk.clock())
    corrected(desk)
    desk.hears(said(3, 90, "support", "hm", reply_to="2"))
    waits = [int((c.staff_first_at - c.opened_at).total_seconds()) for c in desk.cases()]
    assert waits == [90, 30]


def test_what_cannot_be_done_is_refused_in_words(desk: Any) -> None:
    desk.hears(said(1, 0, "a", "withdrawal"))
    with pytest.raises(CorrectionRefused, match="nothing would be left"):
        correct.split(desk.database, desk.case().id, 1, "sam", desk.clock())
    with pytest.raises(CorrectionRefused, match="no case 99"):
        correct.close(desk.database, 99, "sam", desk.clock())


def test_without_a_reply_mark_the_judge_of_links_is_asked_and_its_confidence_kept(
    desk: Any,
) -> None:
    desk.house = replace(desk.house, links=LastLine())
    desk.hears(said(1, 0, "a", "withdrawal"))
    desk.hears(said(2, 5, "b", "deposit"))
    desk.hears(said(3, 20 * 60, "support", "hm"))
    answered = [case for case in desk.cases() if case.staff_first_at is not None]
    assert [(case.author_id, case.staff_by) for case in answered] == [("b", "learned")]
    assert answered[0].staff_sure > 0.9
    (row,) = desk.rows(links).values()
    assert row.how == "learned"
