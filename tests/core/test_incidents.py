"""What a surge's card proposes, and when it had better not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.core.incidents import Asker, Incident, IncidentKind, Names, surge_card
from monitor.core.messages import Platform
from monitor.testing import NOON

ONE_FOR_ALL = "One announcement may answer them all."
SURGE = Incident(1, IncidentKind.SURGE, "all", NOON, NOON, 1.0, 1.0, 9.0, 40)


def card(topics: Sequence[str], samples: Sequence[str]) -> str:
    """Of askers with these topics, the newest first."""
    askers = [
        Asker(n, Platform.TELEGRAM, "-1", topic, "en", f"a{n}", NOON - timedelta(minutes=n))
        for n, topic in enumerate(topics)
    ]
    return surge_card(SURGE, askers[::-1], samples, Names({}, {}, {}), None, NOON)


@pytest.mark.parametrize(
    ("topics", "is_proposed"),
    [
        (("deposit", "withdrawal", "api"), False),
        (("deposit", "withdrawal", "api", "api", "api", "api"), False),
        (("deposit", "deposit", "api"), True),
        (("deposit", "api", "api", "terms", "outage"), True),
    ],
)
def test_one_announcement_is_proposed_where_most_of_the_samples_share_a_topic(
    topics: Sequence[str], is_proposed: bool
) -> None:
    assert (ONE_FOR_ALL in card(topics, ("one", "two", "three"))) is is_proposed


def test_two_samples_of_two_topics_share_none_and_without_samples_nothing_is_proposed() -> None:
    assert ONE_FOR_ALL not in card(("deposit", "api", "api"), ("one", "two"))
    assert ONE_FOR_ALL not in card(("deposit", "deposit"), ())
