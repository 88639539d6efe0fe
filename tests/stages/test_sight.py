"""A place that the bot cannot read any more is told once, and is a gap in every report until it sees again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.core.messages import Event, EventKind, Platform
from monitor.core.triage import Desk
from monitor.ports import Batch
from monitor.stages import sight
from monitor.store import figures
from monitor.testing import NOON


@pytest.fixture
def desk(either: Any) -> Any:
    """On both databases."""
    return either


def stands(
    desk: Any, status: str, *, sees: bool, kind: str = "supergroup", place: str = "-100"
) -> None:
    details = {"status": status, "rights": "", "place_name": "Traders", "place_kind": kind,
               "sees": "yes" if sees else "no"}  # fmt: skip
    event = Event(EventKind.MEMBERSHIP, Platform.TELEGRAM, place, "1000", desk.clock(), None, details)  # fmt: skip
    desk.stores(Batch(events=(event,)))


def looks(desk: Any) -> list[str]:
    before = len(desk.at.posts)
    sight.look(desk.database, Desk("tg", "-900"), desk.clock())
    desk.speaks()
    return [post.text for post in desk.at.posts[before:]]


def gaps(desk: Any) -> list[tuple[datetime | None, datetime | None]]:
    with desk.database.read() as connection:
        found = figures.gaps_in(connection, NOON - timedelta(days=1), NOON + timedelta(days=9))
    return [(gap.since, gap.until) for gap in found]


def test_losing_sight_is_told_once_and_seeing_again_too(desk: Any) -> None:
    stands(desk, "member", sees=False)
    desk.clock.passes(minutes=1)
    assert looks(desk) == [f"🙈 Traders: {sight.HIDDEN}. I see nothing there until that is mended; monitor check says how."]  # fmt: skip
    assert looks(desk) == []
    desk.clock.passes(hours=5)
    assert looks(desk) == []
    assert gaps(desk) == [(NOON, desk.clock())]  # it goes on
    desk.clock.passes(minutes=1)
    stands(desk, "administrator", sees=True)
    again = desk.clock()
    desk.clock.passes(minutes=1)
    assert looks(desk) == ["👀 Traders: I see again what people write. Reports name the time between as a gap."]  # fmt: skip
    assert looks(desk) == []
    assert gaps(desk) == [(NOON, again)]


def test_who_was_removed_sees_nothing(desk: Any) -> None:
    stands(desk, "kicked", sees=False)
    assert looks(desk)[0].startswith("🙈 Traders: the bot was removed.")


def test_a_second_time_without_sight_is_a_gap_of_its_own(desk: Any) -> None:
    for status, sees in (("member", False), ("administrator", True), ("kicked", False)):
        stands(desk, status, sees=sees)
        looks(desk)
        desk.clock.passes(hours=1)
    looks(desk)
    hour = timedelta(hours=1)
    assert gaps(desk) == [(NOON, NOON + hour), (NOON + 2 * hour, NOON + 3 * hour)]


def test_a_bot_that_sees_and_people_who_block_it_are_no_news(desk: Any) -> None:
    stands(desk, "administrator", sees=True)
    stands(desk, "kicked", sees=False, kind="private", place="tg:42")
    assert looks(desk) == []
    assert gaps(desk) == []
