"""How well links are guessed, and what first-response times become of it: `python -m bench.linking --json`.

    python -m bench.linking [LOGS.jsonl.gz] [--json [FILE]]

Measured on annotated logs (Kummerfeld et al., ACL 2019). The set for measuring was never trained on. Links: the
graph measure of the authors, precision, recall and F1 over pairs of a line and what it answers, a beginning being a
link to itself; `forced` has exactly one link a line, the other leaves out what is unlikely and adds what is likely
too. Clusters: scaled variation of information, one-to-one overlap, F1 of exactly equal conversations. First
response: of a line that begins a conversation and is answered by another person, to that person's first line in it.
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
from monitor.classify.links import load_links
from monitor.core.link_net import Net
from monitor.core.linking import Room


def learned(net: Net, spent: list[float]) -> Guesser:
    """The shipped model, line by line. `spent` takes the seconds of each."""

    def guess(log: Log) -> Guess:
        room, forced, chosen, links = Room(net), {}, {}, {}
        for row in log.rows[max(0, _first(log) - 150) :]:
            if row.line is None:
                continue
            begun = time.perf_counter()
            link = room.take(row.line)
            spent.append(time.perf_counter() - begun)
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


def everything(found: Sequence[Log], net: Net) -> dict[str, object]:
    spent: list[float] = []
    report: dict[str, object] = dict(measured(found, learned(net, spent), likely_waits))
    report["microseconds_a_line"] = 1e6 * sum(spent) / max(len(spent), 1)
    report["microseconds_a_line_median"] = 1e6 * median(spent)
    report["single_links"] = measured(found, learned(net, []), single_waits)
    report["reply_only"] = measured(found, reply_only, named_waits)
    report["next_speaker"] = measured(found, next_speaker, next_waits)
    return report


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
    report = everything(list(logs(given.source)), loaded.net)
    text = json.dumps(report, indent=None if given.json else 2)
    if given.json and given.json != "-":
        Path(given.json).write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
