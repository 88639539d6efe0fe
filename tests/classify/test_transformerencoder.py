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
