"""The measures of links on known logs, and the shipped model on a few annotated ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import linking as guessers
from bench import linking_measures as bench
from bench.link_logs import Log, Logged, logs
from monitor.classify.links import load_links
from monitor.core.linking import Line, Link

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def row(number: int, author: str | None, answers: set[int] | None, minute: int = 0) -> Logged:
    at = NOON + timedelta(minutes=minute)
    line = Line(str(number), author, at, "hi", (author,)) if author else None
    return Logged(number, line, None if answers is None else frozenset(answers))


LOG = Log(
    "l",
    (
        row(0, "ann", set()), row(1, "bob", {0}, 3), row(2, None, set(), 3), row(3, "ann", {1}, 4),
        row(4, "carol", set(), 5), row(5, "dan", {4, 0}, 9),
    ),
)  # fmt: skip


def guess(**links: int) -> bench.Guess:
    found = {int(name[1:]): frozenset({other}) for name, other in links.items()}
    told = {
        n: Link(str(min(o)), 1.0, ((str(min(o)), 1.0),) if min(o) != n else ())
        for n, o in found.items()
    }
    return bench.Guess(found, found, told)


RIGHT = guess(n0=0, n1=0, n3=1, n4=4, n5=4)
WRONG = guess(n0=0, n1=1, n3=0, n4=3, n5=4)


def test_a_beginning_is_a_link_to_itself_and_a_notice_begins_something() -> None:
    found = bench.measured([LOG], lambda log: RIGHT, bench.single_waits)
    assert found["link_precision"] == 1.0
    assert found["link_recall"] == pytest.approx(6 / 7)  # 5 answers two lines


def test_what_is_linked_wrongly_is_counted() -> None:
    found = bench.measured([LOG], lambda log: WRONG, bench.single_waits)
    assert found["link_precision"] == pytest.approx(3 / 6)


def test_waits_run_to_the_first_line_of_another_person() -> None:
    assert bench.single_waits(LOG, RIGHT, [0, 4]) == {0: 3, 4: 4}
    assert bench.likely_waits(LOG, RIGHT, [0, 4]) == {0: 3, 4: 4}
    assert bench.single_waits(LOG, WRONG, [0, 4]) == {0: 5, 4: 4}
    assert bench.next_waits(LOG, RIGHT, [0, 4]) == {0: 3, 4: 4}
    assert bench.named_waits(LOG, RIGHT, [0, 4]) == {0: None, 4: None}


def test_a_missing_answer_is_an_infinite_error_and_late() -> None:
    found = bench.response_measures([(0, 0), (3, None), (7, 8)])
    assert found["frt_within_60s"] == pytest.approx(2 / 3)
    assert found["attainment_error_points_5min"] == pytest.approx(100 / 3)
    assert found["frt_median_abs_error_s"] == 60.0


def test_equal_conversations_measure_one() -> None:
    gold = {0: 0, 1: 0, 2: 2, 3: 2}
    found = bench.cluster_measures(gold, gold)
    assert (found["information"], found["one_to_one"], found["exact"]) == (1.0, 1.0, 2)
    apart = bench.cluster_measures({n: n for n in gold}, gold)
    assert apart["one_to_one"] == 0.5
    assert apart["information"] == pytest.approx(0.5)


def test_confidence_is_held_against_what_is_right() -> None:
    assert bench.calibration([]) == {}
    even = bench.calibration([(0.75, True), (0.75, True), (0.75, True), (0.75, False)])
    assert even["confidence_error"] == pytest.approx(0.0)
    vain = bench.calibration([(0.95, False), (0.95, True), (0.15, False), (0.15, True)])
    assert vain["confidence_error"] == pytest.approx((0.9 + 0.7) / 4)
    assert vain["right"] == 0.5


def test_the_shipped_model_links_far_better_than_rules(shared: Path) -> None:
    path = shared / "data" / "ubuntu-irc" / "dev.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no annotated logs at {path}")
    net = load_links().net
    assert net is not None
    found = list(logs(path))[:3]
    ours = bench.measured(found, guessers.learned(net, []), bench.likely_waits)
    named = bench.measured(found, guessers.reply_only, bench.named_waits)
    assert ours["link_f1"] > 0.68
    assert ours["link_f1"] > named["link_f1"] + 0.2
