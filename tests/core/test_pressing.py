"""How urgent a case is by now, and that what people add never makes it simpler."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.core.assessment import Complexity, Topic, Urgency
from monitor.core.cases import Case, Read, judged_higher, opened_by
from monitor.core.messages import Role
from monitor.core.outcomes import withdrawn
from monitor.core.pressing import is_late, pressure_on
from monitor.testing import NOON, a_message, about

DUE = NOON + timedelta(hours=1)
ASKED = a_message()
CASE = replace(opened_by(Read(ASKED, Role.MEMBER, about(), 1), ASKED), due_at=DUE)


@pytest.mark.parametrize(
    ("case", "now", "late"),
    [
        (CASE, DUE - timedelta(seconds=1), False),
        (CASE, DUE, True),
        (replace(CASE, staff_first_at=DUE), DUE, False),
        (replace(CASE, due_at=None), DUE, False),
        (withdrawn(CASE), DUE, False),
    ],
)
def test_late_is_who_waits_for_a_first_answer_past_the_target(
    case: Case, now: datetime, late: bool
) -> None:
    assert is_late(case, now) is late
    assert (pressure_on(case, now, in_surge=False).urgency > case.urgency) is late


def test_a_surge_presses_only_on_who_waits() -> None:
    waiting = pressure_on(CASE, NOON, in_surge=True)
    over = pressure_on(withdrawn(CASE), NOON, in_surge=True)

    assert (waiting.urgency, over.urgency) == (Urgency.HIGH, Urgency.NORMAL)


def test_what_makes_a_question_less_simple_counts_also_when_it_is_no_more_urgent() -> None:
    harder = replace(about(), complexity=Complexity.COMPLEX)
    other = replace(harder, topic=Topic.PROMO)

    assert judged_higher(CASE, harder).complexity is Complexity.COMPLEX
    assert judged_higher(judged_higher(CASE, harder), about()).complexity is Complexity.COMPLEX
    assert judged_higher(CASE, other) is CASE
