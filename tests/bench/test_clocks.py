"""Clocks as stored are those that brute force finds, whatever the order in which everything came."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.clock_answers import Said
from bench.clock_histories import History
from bench.clock_player import Player
from bench.clocks import differs, run
from monitor.store import migrate
from monitor.store.database import Database, open_database
from tests.databases import database, database_url, quick_folder, sqlite

__all__ = ["database", "database_url", "quick_folder", "sqlite"]


@pytest.fixture(scope="module")
def many_places(tmp_path_factory: pytest.TempPathFactory) -> Database:
    found = open_database(f"sqlite:///{tmp_path_factory.mktemp('clocks')}/monitor.db")
    migrate.upgrade(found)
    return found


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_stored_clocks_are_those_of_brute_force(many_places: Database, seed: int) -> None:
    assert not differs(many_places, seed)


def test_they_are_so_on_both_databases(database: Database) -> None:
    assert run(database, 40, 8)["failures"] == 0


@pytest.mark.parametrize(
    "seed",
    [
        24,
        48,
        77,
        118,
        132,
        155,
        157,
        184,
        187,
        197,
        214,
        227,
        268,
        288,
        351,
        100101,
        100849,
        200107,
        201788,
        204790,
    ],
)
def test_what_once_differed_does_not_any_more(many_places: Database, seed: int) -> None:
    assert not differs(many_places, seed, places=1)


@pytest.mark.parametrize(
    "seed", [920350, 930005, 930031, 930110, 930399, 930518, 950482, 950568, 970036, 971025, 972087]
)
def test_what_once_differed_with_several_places_does_not_any_more(
    many_places: Database, seed: int
) -> None:
    assert not differs(many_places, seed)


def test_a_clock_that_is_wrong_by_a_second_is_found(sqlite: Database) -> None:
    said = {1: Said(1, "a", 0, "withdrawal"), 2: Said(2, "s", 60, "hm", reply_to=1)}
    player = Player(sqlite, "-1", History(said, [("hear", [1, 2])]))
    player.play()
    (case,) = player.ours().values()
    assert case["staff_first"] == 60
    player.facts.said = [said[1], Said(2, "s", 61, "hm", reply_to=1)]
    assert player.ours() != player.theirs()


def test_splitting_and_then_merging_restores_every_clock(sqlite: Database) -> None:
    said = {
        1: Said(1, "a", 0, "withdrawal"), 2: Said(2, "s", 60, "hm", reply_to=1),
        3: Said(3, "a", 400, "withdrawal asking"), 4: Said(4, "s", 500, "hm", reply_to=3),
    }  # fmt: skip
    player = Player(sqlite, "-2", History(said, [("hear", [1, 2, 3, 4])]))
    player.play()
    before = player.ours()
    player._correct("split", 3, 1)
    player._settle()
    assert sorted(map(sorted, player.ours())) == [[1, 2], [3, 4]]
    player._correct("merge", 1, 3)
    player._settle()
    player._sweep(10**8)
    assert player.ours() == before


def test_the_bench_says_which_histories_differ(tmp_path: Path) -> None:
    from bench import clocks

    assert clocks.main(["--sqlite", "3", "--json"]) == 0
