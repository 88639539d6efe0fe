"""The most specific target wins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.core.assessment import Topic, Urgency
from monitor.core.targets import DEFAULTS, Target, Targets, target_for


def minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


SPECIAL = (
    Target(minutes(1), urgency=Urgency.HIGH),
    Target(minutes(2), language="zh"),
    Target(minutes(3), topic=Topic.WITHDRAWAL),
    Target(minutes(4), place="-1001"),
    Target(minutes(5), topic=Topic.WITHDRAWAL, urgency=Urgency.HIGH),
    Target(minutes(6), topic=Topic.WITHDRAWAL, urgency=Urgency.HIGH, place="-1001", language="zh"),
    Target(minutes(7), language="zh-Hant"),
)


@pytest.mark.parametrize(
    ("topic", "urgency", "place", "language", "expected"),
    [
        (Topic.API, Urgency.LOW, "r/a", "en", 240),
        (Topic.API, Urgency.HIGH, "r/a", "en", 1),
        (Topic.API, Urgency.HIGH, "r/a", "zh", 2),
        (Topic.WITHDRAWAL, Urgency.LOW, "r/a", "zh", 3),
        (Topic.WITHDRAWAL, Urgency.LOW, "-1001", "zh", 4),
        (Topic.WITHDRAWAL, Urgency.HIGH, "r/a", "zh", 5),
        (Topic.WITHDRAWAL, Urgency.HIGH, "-1001", "zh-Hant", 6),
        (Topic.API, Urgency.LOW, "r/a", "zh-Hant", 7),
        (Topic.API, Urgency.LOW, "r/a", "zh", 2),
    ],
)
def test_more_conditions_win_then_place_topic_language_urgency(
    topic: Topic, urgency: Urgency, place: str, language: str, expected: int
) -> None:
    for special in (SPECIAL, SPECIAL[::-1]):
        found = target_for(topic, urgency, place, language, Targets(special=special))
        assert found == minutes(expected)


def test_without_targets_the_urgency_decides() -> None:
    for urgency in Urgency:
        assert target_for(Topic.API, urgency, "x", "en", Targets()) == DEFAULTS[urgency]
