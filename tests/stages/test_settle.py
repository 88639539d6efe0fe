"""What came late is read anew a stretch at a time: nobody waits long for it, and a kill loses nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.clock_histories import history
from bench.clock_player import Player
from monitor.core.messages import Message
from monitor.ports import Batch
from monitor.stages.assess import assess_waiting
from monitor.stages.settle import settle
from monitor.store import unsettled
from monitor.store.database import Database
from monitor.testing import NOON, a_message


def said(id: int, after: float, author: str, text: str, **more: Any) -> Message:
    return a_message(id=str(id), author=author, after=after, text=text, **more)


def an_old_import(desk: Any) -> None:
    desk.hears(*(said(1000 + n, 60 * n, f"u{n}", "withdrawal") for n in range(10)))
    old = tuple(said(n, -86_400 + 60 * n, f"v{n}", "withdrawal") for n in range(1, 31))
    desk.stores(Batch(old), imported=True)
    while assess_waiting(desk.house, desk.clock()):
        pass


def waits(desk: Any) -> unsettled.Unsettled | None:
    with desk.database.read() as connection:
        return unsettled.first(connection)


def test_a_large_import_is_read_in_stretches_of_bounded_size(desk: Any) -> None:
    an_old_import(desk)
    assert settle(desk.house, desk.clock(), size=8, most=1) == 1
    assert waits(desk) is not None
    assert settle(desk.house, desk.clock(), size=8) == 4  # forty messages, eight at a time
    assert waits(desk) is None


def test_live_messages_are_judged_between_two_stretches(desk: Any) -> None:
    an_old_import(desk)
    settle(desk.house, desk.clock(), size=8, most=2)
    desk.at.write(said(2000, 900, "late", "withdrawal"))
    desk.hears()
    assert any(case.author_id == "late" for case in desk.cases())


@pytest.mark.parametrize("seed", [5, 77, 930005, 950482, 971025])
def test_killed_after_any_stretch_it_goes_on_where_it_was(sqlite: Database, seed: int) -> None:
    player = Player(sqlite, "-7", history(seed, 2))
    player.size = 1

    def a_stretch_each_life() -> None:
        while True:
            born = Player(sqlite, "-7", player.history)  # nothing is kept in memory
            house = replace(born.house, roster=player.house.roster)
            if not settle(house, player.clock, size=1, most=1):
                return

    player._settle = a_stretch_each_life  # type: ignore[method-assign]
    player.play()
    assert player.ours() == player.theirs()


def test_what_is_noted_while_a_place_is_read_stays_noted(sqlite: Database) -> None:
    where = ("telegram", "-1")
    with sqlite.write() as connection:
        unsettled.mark(connection, {where: NOON})
        found = unsettled.first(connection)
        unsettled.mark(connection, {where: NOON})
        assert found is not None
        unsettled.done(connection, found, None)
        assert unsettled.first(connection) is not None
