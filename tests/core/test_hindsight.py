"""Surges of the past are found as a desk that ran would have found them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from monitor.core.hindsight import Hindsight, Past
from monitor.core.incidents import Asker
from monitor.core.messages import Platform

START = datetime(2026, 10, 5, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RUSH = START + 18 * DAY + 13 * HOUR


def weeks(days: int = 21, *, rush: int = 60) -> list[Asker]:
    """About four questions an hour by day and none at night; once, many about one topic."""
    chance = random.Random(4)
    asked = []
    for day in range(days):
        for hour in range(8, 22):
            for _ in range(chance.choice((2, 3, 4, 4, 5, 6))):
                at = START + day * DAY + hour * HOUR + chance.uniform(0, 59) * MINUTE
                asked.append((at, chance.choice(("api", "deposit", "account"))))
    asked += [(RUSH + chance.uniform(0, 40) * MINUTE, "withdrawal") for _ in range(rush)]
    asked.sort()
    return [
        Asker(n, Platform.TELEGRAM, "-1", topic, "en", f"asker {n}", at, at + 6 * MINUTE)
        for n, (at, topic) in enumerate(asked)
    ]


def walked(askers: list[Asker], until: datetime) -> list[Past]:
    walk, day = Hindsight(), START
    while day < until:
        walk.day(day, [a for a in askers if day <= a.asked_at < day + DAY])
        day += DAY
    walk.end(until)
    return walk.found


def test_a_rush_is_found_soon_after_it_began_named_once_and_closed() -> None:
    (past,) = walked(weeks(), START + 21 * DAY)
    incident = past.incident
    assert incident.series == "topic:withdrawal"
    assert abs(incident.began_at - RUSH) <= 5 * MINUTE
    assert incident.opened_at - RUSH <= 10 * MINUTE
    assert incident.closed_at is not None
    assert incident.closed_at - RUSH <= 2 * HOUR
    assert "all" in incident.folded
    assert len(past.cases) >= 55


def test_calm_weeks_have_none() -> None:
    assert walked(weeks(rush=0), START + 21 * DAY) == []


def test_what_comes_later_changes_nothing_that_was_seen_before() -> None:
    (whole,) = walked(weeks(), START + 21 * DAY)
    early = RUSH + 20 * MINUTE
    (part,) = walked([a for a in weeks() if a.asked_at <= early], early)
    assert (part.incident.series, part.incident.opened_at) == (
        whole.incident.series, whole.incident.opened_at,
    )  # fmt: skip
    assert part.incident.closed_at == early


def test_the_first_day_of_a_history_is_never_a_surge() -> None:
    askers = [a for a in weeks() if a.asked_at < START + DAY]
    assert walked(askers, START + DAY) == []
