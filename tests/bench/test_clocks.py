"""Clocks as stored are those that brute force finds, whatever the order in which everything came."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
        24, 48, 77, 118, 132, 155, 157, 184, 187, 197, 214, 227, 268, 288, 351,
        100101, 100849, 200107, 201788, 204790,
    ],
)  # fmt: skip
def test_what_once_differed_does_not_any_more(many_places: Database, seed: int) -> None:
    assert not differs(many_places, seed, places=1)


@pytest.mark.parametrize(
    "seed",
    [
        920350, 930005, 930031, 930110, 930399, 930518, 950482, 950568, 970036, 971025, 972087, 992116, 5000378,
        5001242, 7001519, 8001452, 9002670, 10002918, 30000773, 30002979, 40003620, 50000333, 60002569, 60005362,
    ],
)  # fmt: skip
def test_what_once_differed_with_several_places_does_not_any_more(
    many_places: Database, seed: int
) -> None:
    assert not differs(many_places, seed)


def same(database: Database, said: Sequence[Said], steps: list[tuple[Any, ...]], size: int) -> bool:
    """Whether this history, read anew so many messages at once, has the clocks of brute force."""
    player = Player(database, "-3", History({m.id: m for m in said}, steps))
    player.size = size
    player.play()
    return player.ours() == player.theirs()


@pytest.mark.parametrize("size", [1, 1000])
def test_what_was_closed_stays_closed_when_the_case_begins_anew_between_two_stretches(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(2, "c", 519900, "withdrawal high", edits=((1297500, "thanks"),)),
        Said(3, "desk", 519920, "seen", reply_to=2),
        Said(4, "a", 520620, "withdrawal", edits=((520640, "withdrawal asking"),)),
        Said(5, "b", 808620, "thanks", edits=((810120, "withdrawal asking"), (810140, "deposit"))),
        Said(6, "desk", 808930, "seen"),
        Said(8, "b", 830930, "withdrawal"),
    )
    steps = [
        ("hear", [2, 3, 4]), ("hear", [5, 6, 8]), ("edit", 5, 810120, "withdrawal asking"),
        ("edit", 4, 520640, "withdrawal asking"), ("correct", "close", 8, 8), ("correct", "merge", 3, 4),
    ]  # fmt: skip
    assert same(sqlite, said, steps, size)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_what_people_put_into_a_case_counts_once_in_it_however_short_the_stretches_are(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(2, "a", 4200, "withdrawal asking"),
        Said(11, "a", 1409370, "withdrawal asking"),
        Said(14, "b", 1409451, "hm"),
        Said(15, "a", 1411401, "withdrawal asking"),
        Said(16, "s", 1411402, "withdrawal"),
    )
    heard: list[tuple[Any, ...]] = [
        ("hear", [11]),
        ("hear", [2]),
        ("hear", [14, 15]),
        ("hear", [16]),
    ]
    assert same(sqlite, said, [*heard, ("correct", "merge", 2, 11)], size)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_what_turns_out_to_begin_a_case_stays_in_it_though_an_edit_had_brought_it_elsewhere(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(1, "a", 4000, "withdrawal asking"),
        Said(5, "c", 526730, "withdrawal"),
        Said(6, "a", 526750, "chatter asking", edits=((814750, "thanks"), (814810, "chatter"))),
        Said(7, "a", 526810, "withdrawal"),
        Said(8, "b", 530810, "chatter asking"),
        Said(9, "a", 530830, "withdrawal high"),
        Said(10, "s", 1308430, "chatter"),
    )
    steps: list[tuple[Any, ...]] = [
        ("hear", [10, 6, 1]),
        ("hear", [9]),
        ("edit", 6, 814750, "thanks"),
    ]
    steps += [
        ("hear", [7, 5]),
        ("hear", [8]),
        ("correct", "none", 5, 10),
        ("correct", "split", 7, 9),
    ]
    assert same(sqlite, said, steps, size)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_case_that_is_empty_for_a_stretch_stays_joined_with_those_that_are_the_same_trouble(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(3, "c", 518711, "hm", edits=((518911, "withdrawal asking"), (518931, "thanks"))),
        Said(4, "b", 518771, "withdrawal"),
        Said(8, "c", 1710371, "chatter asking", reply_to=17),
        Said(10, "t", 1712071, "chatter", reply_to=18),
        Said(17, "b", 311, "withdrawal"),
        Said(18, "b", 1602371, "withdrawal"),
    )
    steps: list[tuple[Any, ...]] = [
        ("hear", [4, 8, 3, 10]),
        ("edit", 3, 518911, "withdrawal asking"),
    ]
    steps += [
        ("hear", [17]),
        ("hear", [18]),
        ("correct", "merge", 8, 10),
        ("correct", "merge", 10, 3),
    ]
    assert same(sqlite, said, steps, size)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_case_into_which_people_put_messages_keeps_its_name_from_who_would_take_it(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(1, "b", 18000, "thanks", edits=((18001, "deposit"),)),
        Said(2, "a", 126000, "withdrawal", reply_to=1),
        Said(5, "a", 130400, "withdrawal"),
    )
    steps = [("hear", [2, 5, 1]), ("edit", 1, 18001, "deposit"), ("correct", "move", 1, 5)]
    assert same(sqlite, said, steps, size)


@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_later_waits_for_its_time_though_another_case_takes_the_key_of_its_own(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(3, "a", 920, "chatter", edits=((519320, "thanks"), (520820, "withdrawal high"))),
        Said(6, "a", 1160, "withdrawal asking", place=1),
        Said(10, "a", 307181, "withdrawal high"),
        Said(12, "s", 415471, "holding", reply_to=3),
        Said(20, "a", 920, "deposit critical"),
    )
    steps: list[tuple[Any, ...]] = [("hear", [3, 6]), ("hear", [10]), ("hear", [12])]
    steps += [("edit", 3, 519320, "thanks"), ("hear", [20]), ("correct", "not_a_question", 12, 6)]
    assert same(sqlite, said, steps, size)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_name_that_people_gave_goes_to_no_other_case_while_its_own_is_yet_to_come(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(1, "b", 4000, "withdrawal high"),
        Said(2, "s", 8000, "withdrawal"),
        Said(5, "b", 814690, "deposit critical", reply_to=2, edits=((814710, "withdrawal"),)),
        Said(8, "s", 1593791, "chatter", place=1),
        Said(14, "b", 1706861, "deposit critical"),
    )
    steps: list[tuple[Any, ...]] = [("hear", [1, 14]), ("hear", [5, 2]), ("hear", [8])]
    steps += [("correct", "move", 1, 14), ("correct", "none", 1, 8)]
    assert same(sqlite, said, steps, size)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_burst_counts_from_its_first_message_though_another_case_bears_its_name(
    sqlite: Database, size: int
) -> None:
    edits = ((1845400, "withdrawal high"), (1845600, "deposit critical"))
    said = (
        Said(4, "a", 1844700, "hm", edits=edits),
        Said(5, "c", 1844990, "thanks"),
        Said(8, "a", 2133691, "chatter"),
        Said(15, "a", 2133981, "withdrawal high"),
    )
    heard: list[tuple[Any, ...]] = [("hear", [n]) for n in (8, 4, 5, 15)]
    assert same(sqlite, said, [*heard, *(("edit", 4, *edit) for edit in edits)], size)


def test_what_people_put_together_begins_with_its_first_message_though_the_team_named_a_topic_in_it(
    sqlite: Database,
) -> None:
    said = (
        Said(2, "a", 4290, "hm", edits=((522690, "withdrawal asking"),)),
        Said(6, "a", 4930, "withdrawal"),
        Said(7, "a", 4950, "chatter asking"),
        Said(8, "a", 5260, "deposit"),
        Said(9, "desk", 9260, "seen", reply_to=6),
        Said(10, "c", 9960, "chatter asking", reply_to=9),
        Said(11, "s", 787560, "withdrawal", reply_to=10),
        Said(14, "a", 897631, "thanks"),
    )
    steps: list[tuple[Any, ...]] = [("hear", [7]), ("hear", [11, 2]), ("hear", [8, 9, 10, 6])]
    steps += [("edit", 2, 522690, "withdrawal asking"), ("hear", [14]), ("correct", "split", 7, 6)]
    assert same(sqlite, said, steps, 5)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_case_that_people_made_stays_one_when_what_the_team_said_is_taken_out_of_it(
    sqlite: Database, size: int
) -> None:
    said = (
        Said(1, "a", 108000, "withdrawal"),
        Said(2, "s", 885600, "holding", reply_to=1),
        Said(3, "a", 885910, "chatter", reply_to=2),
        Said(4, "s", 889910, "withdrawal"),
    )
    steps: list[tuple[Any, ...]] = [("hear", [1, 2, 3]), ("hear", [4]), ("correct", "split", 3, 2)]
    assert same(sqlite, said, [*steps, ("correct", "own", 4, 1)], size)


def test_what_a_person_said_asks_nothing_begins_no_later_question(sqlite: Database) -> None:
    said = (
        Said(4, "a", 0, "withdrawal"),
        Said(14, "a", 126290, "withdrawal"),
        Said(6, "a", 126580, "deposit"),
    )
    steps: list[tuple[Any, ...]] = [("hear", [14]), ("hear", [4])]
    steps += [("correct", "not_a_question", 4, 4), ("settle",), ("hear", [6])]
    assert same(sqlite, said, steps, 5)


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
