"""How well links are guessed, and what first-response times become of it: `python -m bench.linking --json`.

    python -m bench.linking [LOGS.jsonl.gz] [--json [FILE]]

Measured on annotated logs (Kummerfeld et al., ACL 2019). The set for measuring was never trained on. Links: the
graph measure of the authors, precision, recall and F1 over pairs of a line and what it answers, a beginning being a
link to itself; `forced` has exactly one link a line, the other leaves out what is unlikely and adds what is likely
too. Clusters: scaled variation of information, one-to-one overlap, F1 of exactly equal conversations. First
response: of a line that begins a conversation and is answered by another person, to that person's first line in it.

The judge is the one that the program has where the light tier works; `without_encoder` are the figures of the other.
Line by line the encoder takes most of the time (`microseconds_a_line_of_the_encoder`); the program has spent that
already when it asks who answers whom, because the light tier has just judged the same text.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.link_logs import Log, Logged, logs
from bench.linking_measures import (
    Guess,
    Guesser,
    Links,
    likely_waits,
    measured,
    named_waits,
    next_waits,
    nicks,
    single_waits,
)
from monitor.classify.links import judge_of, load_links
from monitor.core.linking import Judge, Room

if TYPE_CHECKING:
    from monitor.classify.faq_meaning import Encodes


class Stopwatch:
    """An encoder that counts what it costs: the light tier has encoded the same texts to judge them."""

    def __init__(self, encoder: Encodes) -> None:
        self._encoder, self.version = encoder, encoder.version
        self.spent = 0.0

    def encode(self, texts: Sequence[str]) -> Any:
        begun = time.process_time()
        rows = self._encoder.encode(texts)
        self.spent += time.process_time() - begun
        return rows


def learned(judge: Judge, spent: list[float]) -> Guesser:
    """The shipped model, line by line. `spent` takes the seconds of each."""

    def guess(log: Log) -> Guess:
        room, forced, chosen, links = Room(judge), {}, {}, {}
        for row in log.rows[max(0, _first(log) - 150) :]:
            if row.line is None:
                continue
            begun = time.process_time()
            link = room.take(row.line)
            spent.append(time.process_time() - begun)
            links[row.number] = link
            best = row.number if link.answers is None else int(link.answers)
            forced[row.number] = frozenset({best})
            also = frozenset(map(int, link.also))
            chosen[row.number] = also | {best} if link.is_likely else also
        return Guess(forced, chosen, links)

    return guess


def reply_only(log: Log) -> Guess:
    """Only what names somebody answers: that person's last line."""
    last: dict[str, int] = {}
    authors: dict[str, str] = {}
    found: Links = {}
    for row in log.rows:
        if row.line is None:
            continue
        named = [authors[nick] for nick in nicks(row) if nick in authors]
        whom = next((who for who in named if who != row.line.author), None)
        found[row.number] = frozenset({last[whom] if whom else row.number})
        authors |= dict.fromkeys(row.line.names, row.line.author)
        last[row.line.author] = row.number
    return Guess(found, found, {})


def next_speaker(log: Log) -> Guess:
    """Each line answers the newest one of another person."""
    found: Links = {}
    before: list[Logged] = []
    for row in log.rows:
        if row.line is None:
            continue
        others = (
            b.number for b in reversed(before[-50:]) if b.line and b.line.author != row.line.author
        )
        found[row.number] = frozenset({next(others, row.number)})
        before.append(row)
    return Guess(found, found, {})


def _first(log: Log) -> int:
    return next(i for i, row in enumerate(log.rows) if row.answers is not None)


def everything(
    found: Sequence[Log], judge: Judge, plain: Judge, watch: Stopwatch | None
) -> dict[str, object]:
    """`plain` judges where there is no encoder."""
    report = _timed(found, judge, watch)
    if judge is not plain:
        report["without_encoder"] = _timed(found, plain, None)
    report["single_links"] = measured(found, learned(judge, []), single_waits)
    report["reply_only"] = measured(found, reply_only, named_waits)
    report["next_speaker"] = measured(found, next_speaker, next_waits)
    return report


def _timed(found: Sequence[Log], judge: Judge, watch: Stopwatch | None) -> dict[str, object]:
    spent: list[float] = []
    report: dict[str, object] = dict(measured(found, learned(judge, spent), likely_waits))
    lines = max(len(spent), 1)
    report["microseconds_a_line"] = 1e6 * sum(spent) / lines
    report["microseconds_a_line_median"] = 1e6 * median(spent)
    if watch is not None:
        report["microseconds_a_line_of_the_encoder"] = 1e6 * watch.spent / lines
    return report


def encoder_here() -> Stopwatch | None:
    """The light tier's encoder, where its extra is installed."""
    try:
        from monitor.classify.lightencoder import Encoder, NoEncoder
    except ImportError:
        return None
    try:
        return Stopwatch(Encoder())
    except NoEncoder:
        return None


def default_logs() -> Path:
    shared = os.environ.get("MONITOR_SHARED") or Path(__file__).parents[2] / "shared"
    return Path(shared) / "data" / "ubuntu-irc" / "dev.jsonl.gz"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 when there is nothing to measure with."""
    parser = argparse.ArgumentParser(prog="python -m bench.linking", description=__doc__)
    parser.add_argument("source", type=Path, nargs="?", default=default_logs(), metavar="LOGS")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE")
    given = parser.parse_args(arguments)
    loaded = load_links()
    if loaded.net is None or not given.source.exists():
        print(loaded.trouble or f"{given.source}: no such file", file=sys.stderr)
        return 2
    watch = encoder_here()
    judge = (judge_of(lambda: watch, loaded.net) if watch else None) or loaded.net
    report = everything(list(logs(given.source)), judge, loaded.net, watch)
    text = json.dumps(report, indent=None if given.json else 2)
    if given.json and given.json != "-":
        Path(given.json).write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
