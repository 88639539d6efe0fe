"""Learning in a process of its own: the same result, nothing left behind, and no way to hang on it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

import numpy as np

from monitor.classify.leaving import LEAVING, end_learning
from monitor.classify.lightlearning import Ended, NotLearned, School
from monitor.classify.lightmodel import Model
from monitor.classify.lighttraining import Matter, learned
from monitor.classify.rulefiles import LiveRules, load
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import load_seeds
from monitor.classify.tiers import Tiers
from tests.classify import learners
from tests.classify.lightly import WordEncoder, seeded, seeds_toml


@pytest.fixture
def folder(rules_folder: Path) -> Path:
    return seeded(rules_folder)


@pytest.fixture
def matter(folder: Path) -> Matter:
    return Matter(RulesClassifier(load(folder)), tuple(load_seeds(folder)), {}, "k")


def nobody_learns_here(matter: Matter, encoder: Any) -> Model:
    raise AssertionError("learned in the desk's own process")


def same(one: Model, other: Model) -> bool:
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name))
        for f in fields(Model)
        if f.name != "key"
    )


def children() -> list[str]:
    return [child.name for child in multiprocessing.active_children()]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def test_a_child_learns_the_same_to_the_last_bit_and_is_gone_afterwards(matter: Matter) -> None:
    school = School(WordEncoder, here=nobody_learns_here)

    taught = school(matter, WordEncoder())

    assert same(taught, learned(matter, WordEncoder()))
    assert taught.key == "k"
    assert "learn" not in children()


def test_a_child_reads_only_the_texts_that_nobody_has_read(matter: Matter) -> None:
    rows = WordEncoder().encode(matter.texts)
    known = replace(matter, known=dict(zip(matter.texts, rows, strict=True)))

    taught = School(learners.no_encoder, here=nobody_learns_here)(known, WordEncoder())

    assert same(taught, learned(matter, WordEncoder()))


def test_where_no_child_can_be_started_it_is_learned_here(matter: Matter) -> None:
    unpicklable = lambda: WordEncoder()  # noqa: E731 - what cannot be sent to a child

    taught = School(unpicklable)(matter, WordEncoder())

    assert same(taught, learned(matter, WordEncoder()))


def test_a_child_that_cannot_even_begin_leaves_the_work_to_us(matter: Matter) -> None:
    taught = School(WordEncoder, target=learners.dying)(matter, WordEncoder())

    assert same(taught, learned(matter, WordEncoder()))


def test_what_fails_in_the_child_is_told_here_in_its_words(matter: Matter) -> None:
    school = School(learners.no_encoder, here=nobody_learns_here)

    with pytest.raises(NotLearned, match="NoEncoder: the encoder is away"):
        school(matter, WordEncoder())


def test_a_child_that_the_system_kills_is_not_learned_here_too(matter: Matter) -> None:
    school = School(WordEncoder, here=nobody_learns_here, target=learners.killed)

    with pytest.raises(NotLearned, match="was killed \\(signal 9\\)"):
        school(matter, WordEncoder())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ctrl_c_and_sigterm_end_the_child_and_nobody_learns_on(
    matter: Matter, tmp_path: Path, number: int
) -> None:
    school = School(WordEncoder, here=nobody_learns_here, target=learners.Slow(tmp_path / "pid"))
    told: list[str] = []
    waiting = thread(lambda: school(matter, WordEncoder()), told)
    until(lambda: (tmp_path / "pid").exists())

    os.kill(int((tmp_path / "pid").read_text()), number)

    waiting.join(30)
    assert told == ["Ended"]


def test_closing_ends_the_child_and_whoever_waits_for_it(matter: Matter, tmp_path: Path) -> None:
    school = School(WordEncoder, here=nobody_learns_here, target=learners.Slow(tmp_path / "pid"))
    told: list[str] = []
    waiting = thread(lambda: school(matter, WordEncoder()), told)
    until(lambda: (tmp_path / "pid").exists())

    school.close()

    waiting.join(30)
    assert told == ["Ended"]
    assert "learn" not in children()
    with pytest.raises(Ended):
        school(matter, WordEncoder())


def test_a_desk_told_to_end_while_it_learns_for_the_first_time_does_not_begin(
    folder: Path, tmp_path: Path
) -> None:
    school = School(WordEncoder, here=nobody_learns_here, target=learners.Slow(tmp_path / "pid"))

    def begin() -> None:
        with pytest.raises(KeyboardInterrupt):
            Tiers(LiveRules(folder), folder, encoder=WordEncoder, school=school)

    beginning = threading.Thread(target=begin, daemon=True)
    beginning.start()
    until(lambda: (tmp_path / "pid").exists())

    try:
        end_learning()
        beginning.join(30)
        assert not beginning.is_alive()
        assert "learn" not in children()
        begin()  # nor does anything begin to learn
    finally:
        LEAVING.clear()


def thread(work: Callable[[], object], told: list[str]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except (Ended, NotLearned) as error:
            told.append(type(error).__name__)

    found = threading.Thread(target=run, daemon=True)
    found.start()
    return found


def test_a_child_whose_parent_is_gone_ends_by_itself(matter: Matter, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    parent = spawn.Process(target=learners.a_desk, args=(str(tmp_path / "pid"), matter))
    parent.start()
    until(lambda: (tmp_path / "pid").exists())
    child = int((tmp_path / "pid").read_text())

    parent.kill()

    parent.join(30)
    until(lambda: not alive(child))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def slow_desk(folder: Path, tmp_path: Path) -> Iterator[Tiers]:
    """One whose light tier works, and whose next lesson never ends."""
    school = learners.Then(School(WordEncoder), learners.Slow(tmp_path / "pid"))
    tiers = Tiers(LiveRules(folder), folder, encoder=WordEncoder, school=school)
    yield tiers
    tiers.close()


def test_a_desk_that_closes_while_it_learns_ends_in_order_and_keeps_its_judge(
    slow_desk: Tiers, folder: Path, tmp_path: Path
) -> None:
    before = slow_desk.version
    more = '\n[[seed]]\ntext = "wen tokens"\ntopic = "promo"\nurgency = "low"\n'
    (folder / "seeds" / "en.toml").write_text(seeds_toml() + more, "utf-8")
    following = threading.Thread(target=slow_desk.refresh, daemon=True)
    following.start()
    until(lambda: (tmp_path / "pid").exists())

    slow_desk.close()

    assert not following.is_alive()
    assert slow_desk.version == before
    assert slow_desk.problem is None
