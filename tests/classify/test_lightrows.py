"""What is known of tokens: worked out once, kept while it is in use, fetched back from the file afterwards."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

import numpy as np

from monitor.classify.lightrows import Floats, Ints, Rows, Shelf

TOKENS, BLOCKS, WIDTH = 200, 2, 4


class Worker:
    """Works rows out and remembers which."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, tokens: Ints) -> Floats:
        self.asked += tokens.tolist()
        numbers = np.arange(BLOCKS)[None, :, None] + np.tile(tokens[:, None, None], (1, 1, WIDTH))
        return numbers.astype(np.float32)


@pytest.fixture
def worker() -> Worker:
    return Worker()


def rows(worker: Worker, folder: Path | None) -> Rows:
    return Rows((TOKENS, BLOCKS, WIDTH), worker, (16, 8), folder)


def taken(of: Rows, *tokens: int, block: int = 0) -> list[float]:
    with of.of(np.array(tokens)) as places:
        out = np.empty((len(tokens), WIDTH), dtype=np.float32)
        return [float(one) for one in of.take(block, places, out)[:, 0]]


def test_a_token_is_worked_out_once_while_it_is_in_use(worker: Worker) -> None:
    known = rows(worker, None)

    assert taken(known, 3, 5, 7) == [3, 5, 7]
    assert taken(known, 5, 9, block=1) == [6, 10]
    assert worker.asked == [3, 5, 7, 9]


def test_what_was_in_use_before_comes_back_from_the_file(worker: Worker, tmp_path: Path) -> None:
    known = rows(worker, tmp_path)
    everything = [taken(known, *range(at, at + 8)) for at in range(0, 80, 8)]

    again = [taken(known, *range(at, at + 8)) for at in range(0, 80, 8)]

    assert again == everything
    assert worker.asked == list(range(80))
    assert list(tmp_path.iterdir()) == [], "the file has no name"


def test_without_a_folder_it_is_worked_out_again(worker: Worker) -> None:
    known = rows(worker, None)
    for at in range(0, 80, 8):
        taken(known, *range(at, at + 8))

    assert taken(known, 1, 2) == [1, 2]
    assert worker.asked == [*range(80), 1, 2]


def test_beyond_a_text_stand_zeros(worker: Worker) -> None:
    known = rows(worker, None)
    out = np.ones((1, WIDTH), dtype=np.float32)

    assert not known.take(0, np.array([known.zeros]), out).any()


def test_many_threads_find_what_one_finds(worker: Worker, tmp_path: Path) -> None:
    known = rows(worker, tmp_path)
    asked = [sorted({(at * step) % TOKENS for at in range(8)}) for step in range(1, 120)]

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda tokens: taken(known, *tokens, block=1), asked))

    assert found == [[one + 1 for one in tokens] for tokens in asked]


def a_row(number: int) -> Floats:
    return np.full((1, 4), number, dtype=np.float32)


def test_the_oldest_on_the_shelf_make_room(tmp_path: Path) -> None:
    shelf = Shelf(TOKENS, 16, tmp_path, room=4)
    for token in range(6):
        shelf.put(np.array([token]), a_row(token))
    into = np.empty(4, dtype=np.float32)

    assert shelf.has(np.arange(6)).tolist() == [False, False, True, True, True, True]
    assert not shelf.fetch(1, into)
    assert shelf.fetch(5, into)
    assert into.tolist() == [5, 5, 5, 5]


def test_several_at_once_go_round_the_end_of_the_shelf(tmp_path: Path) -> None:
    shelf = Shelf(TOKENS, 16, tmp_path, room=4)
    shelf.put(np.array([1, 2, 3]), np.concatenate([a_row(1), a_row(2), a_row(3)]))
    shelf.put(np.array([7, 8, 9]), np.concatenate([a_row(7), a_row(8), a_row(9)]))
    into = np.empty(4, dtype=np.float32)

    found = {token: into[0] for token in (3, 7, 8, 9) if shelf.fetch(token, into)}

    assert found == {3: 3, 7: 7, 8: 8, 9: 9}


def test_a_disk_that_takes_nothing_only_costs_time(tmp_path: Path) -> None:
    shelf = Shelf(TOKENS, 16, tmp_path)
    os.close(shelf._file)
    shelf._file = os.open("/dev/null", os.O_RDONLY)

    shelf.put(np.array([1]), a_row(1))

    assert not shelf.has(np.array([1])).any()
    assert not shelf.fetch(1, np.empty(4, dtype=np.float32))
    assert not Shelf(TOKENS, 16, tmp_path / "nowhere").fetch(1, np.empty(4, dtype=np.float32))
