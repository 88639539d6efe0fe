"""The process of a transformer: killed, hanging or never there, whoever asks is told in time, and once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy", reason="extra transformers is not installed")

from monitor.classify.transformerencoder import Away, Remote, Setting
from tests.classify import workers
from tests.desks import soon

Make = Callable[..., Remote]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[Make]:
    """Remotes with a stand-in behind them, all ended afterwards."""
    made: list[Remote] = []

    def one(target: Any, **more: Any) -> Remote:
        setting = Setting(tmp_path, "tiny", **({"linger": 0.0, "answer_within": 20.0} | more))
        made.append(Remote(setting, target=target, monotonic=clock))
        return made[-1]

    yield one
    for remote in made:
        remote.close()


def test_texts_come_back_as_rows_in_their_order_and_nothing_heavy_is_imported_here(
    make: Make,
) -> None:
    heavy = {"torch", "transformers"} - sys.modules.keys()
    remote = make(workers.good)
    remote.wait()

    rows = remote.encode(["two words", "x", "two words"])

    assert rows.shape == (3, workers.WIDTH)
    assert (rows[0] == rows[2]).all()
    assert not (rows[0] == rows[1]).all()
    assert remote.trouble is None
    assert heavy.isdisjoint(sys.modules)


def test_rows_of_many_texts_come_in_parts_and_can_be_taken_one_after_the_other(make: Make) -> None:
    remote = make(workers.good)
    remote.wait()
    texts = [f"text {at}" for at in range(40)]

    coming = remote.begin(texts)
    first, some = coming.take(slice(0, 8))
    rest, others = coming.take(slice(8, 40))

    assert first == list(range(32, 40))
    assert sorted(first + rest) == list(range(40))
    assert (some == workers.vectors([texts[at] for at in first])).all()
    assert (others == workers.vectors([texts[at] for at in rest])).all()
    assert (coming.whole() == workers.vectors(texts)).all()


def test_of_no_texts_there_are_no_rows(make: Make, tmp_path: Path) -> None:
    remote = make(workers.good)
    remote.wait()

    assert remote.encode([]).shape == (0, workers.WIDTH)
    assert not (tmp_path / "asked").exists()


def test_more_texts_than_fit_into_a_question_come_back_in_their_order(
    make: Make, tmp_path: Path
) -> None:
    remote = make(workers.good)
    remote.wait()
    texts = [f"text {at}" for at in range(600)]

    rows = remote.encode(texts)

    assert (rows == workers.vectors(texts)).all()
    assert (tmp_path / "asked").read_text().split() == ["512", "88"]


def test_whoever_asks_before_it_is_loaded_does_not_wait(make: Make) -> None:
    remote = make(workers.good)

    with pytest.raises(Away, match="is being loaded"):
        remote.encode(["x"])

    assert remote.wait().digest == "d1"
    assert remote.encode(["x"]).shape == (1, workers.WIDTH)


def test_what_several_ask_within_the_linger_is_asked_at_once(make: Make, tmp_path: Path) -> None:
    remote = make(workers.good, linger=0.5)
    remote.wait()
    rows: dict[int, Any] = {}
    asking = [
        threading.Thread(target=lambda i=i: rows.update({i: remote.encode([f"text {i}"])}))
        for i in range(6)
    ]

    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()

    assert sorted(rows) == list(range(6))
    assert (rows[3] == workers.vectors(["text 3"])).all()
    assert len((tmp_path / "asked").read_text().split()) < 6


def test_each_has_its_turn_and_those_with_few_texts_go_together(make: Make, tmp_path: Path) -> None:
    remote = make(workers.good)
    remote.wait()
    counts = (40, 20, 1, 30, 3)
    texts = [
        [f"{name} {at}" for at in range(count)] for name, count in zip("abcde", counts, strict=True)
    ]

    with remote._turn:  # nobody is answered before all have asked
        coming = [remote.begin(own) for own in texts]

    for one, own in zip(coming, texts, strict=True):
        assert (one.whole() == workers.vectors(own)).all()
    assert (tmp_path / "asked").read_text().split() == ["40", "20", "4", "30"]


@pytest.mark.parametrize(
    ("worker", "said"),
    [
        (workers.dying_midway, "process died"),
        (workers.hanging_midway, "did not answer within"),
        (workers.babbling, "cannot be read"),
        (workers.forgetful, "cannot be read"),
        (workers.repeating, "cannot be read"),
    ],
)
def test_an_answer_that_stops_halfway_leaves_nobody_waiting(
    make: Make, worker: Any, said: str
) -> None:
    remote = make(worker, answer_within=1.0)
    remote.wait()

    with remote._turn:
        whole = remote.begin(["faint", "x"] * (10 if "midway" in worker.__name__ else 1))
        behind = [remote.begin(["x"]), remote.begin(["y"] * 20)]

    with pytest.raises(Away, match=said):
        whole.whole()
    for one in behind:
        with pytest.raises(Away):
            one.whole()


def test_without_room_for_a_thread_whoever_asks_asks_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = make(workers.good)
    remote.wait()

    def full(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)

    assert (remote.encode(["x"]) == workers.vectors(["x"])).all()
    assert remote.encode(["y"] * 20).shape == (20, workers.WIDTH)


def test_what_came_before_the_process_died_is_there(make: Make, clock: Clock) -> None:
    remote = make(workers.dying_midway)
    remote.wait()

    coming = remote.begin(["faint"] * 40)

    places, rows = coming.take(slice(0, 8))
    assert (rows == workers.vectors(["faint"] * 8)).all()
    assert places == list(range(32, 40))
    with pytest.raises(Away, match="process died"):
        coming.take(slice(8, 40))
    clock.now += 60
    assert remote.wait().digest == "d1"
    assert (remote.encode(["x"]) == workers.vectors(["x"])).all()


def test_a_killed_process_is_told_once_and_started_again_after_a_pause(
    make: Make, clock: Clock
) -> None:
    remote = make(workers.good)
    remote.wait()
    first = remote.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    with pytest.raises(Away, match="process died"):
        remote.encode(["x"])
    told = remote.trouble
    with pytest.raises(Away):
        remote.encode(["x"])

    assert told == remote.trouble == "the model's process died"
    assert remote.pid is None
    clock.now += 60
    with pytest.raises(Away):
        remote.encode(["x"])
    soon("a new process", lambda: remote.pid)
    assert remote.encode(["x"]).shape == (1, workers.WIDTH)
    assert remote.trouble is None
    assert remote.pid != first


def test_a_process_that_hangs_is_ended_at_the_deadline(make: Make) -> None:
    remote = make(workers.hanging, answer_within=0.2)
    remote.wait()
    hung = remote.pid

    with pytest.raises(Away, match="did not answer within"):
        remote.encode(["x"])

    assert hung is not None
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)


def test_the_pause_before_the_next_start_grows(make: Make, clock: Clock) -> None:
    remote = make(workers.dying)
    pauses = []
    for _ in range(3):
        with pytest.raises(Away):
            remote.wait()
        start = clock.now
        while remote.resting:
            clock.now += 1
        pauses.append(clock.now - start)

    assert pauses[0] < pauses[1] < pauses[2]
    assert remote.trouble == "the model's process died while loading"


def test_a_closed_one_is_not_started_again(make: Make) -> None:
    remote = make(workers.good)
    remote.close()

    with pytest.raises(Away):
        remote.wait()

    assert remote.pid is None


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    folder = workers.a_checkpoint(tmp_path / "model")
    remote = Remote(Setting(folder, "tiny"), target=workers.without_torch)

    with pytest.raises(Away, match="torch is not installed; install the extra transformers"):
        remote.wait()
    remote.close()
