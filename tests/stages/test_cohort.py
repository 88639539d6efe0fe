"""From stored cases to the cohort: which hours were calm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.assessment import Topic, Urgency
from monitor.core.caseclocks import CaseClocks
from monitor.core.channels import Channels
from monitor.core.messages import Platform
from monitor.core.targets import Targets
from monitor.stages.cohort import asked_of

T0 = datetime(2026, 11, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
minutes = st.integers(0, 200)


@given(st.lists(st.tuples(minutes, minutes), max_size=6), st.lists(minutes, max_size=20))
def test_a_question_is_calm_outside_of_every_surge(
    surges: list[tuple[int, int]], asked: list[int]
) -> None:
    """Surges may overlap, touch, be empty or end before they begin."""
    found = [
        CaseClocks(Platform.TELEGRAM, Topic.API, Urgency.NORMAL, n, "-1001", "en", T0 + at * MINUTE)
        for n, at in enumerate(asked)
    ]
    hours = [(T0 + a * MINUTE, T0 + b * MINUTE) for a, b in surges]
    cohort = asked_of(found, T0 + timedelta(days=1), Channels(), Targets(), hours)
    assert [a.is_calm for a in cohort] == [not any(a <= at < b for a, b in surges) for at in asked]
