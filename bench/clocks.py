"""Stored clocks against brute force, over random histories in any order of arrival: `python -m bench.clocks --json`.

    python -m bench.clocks [--sqlite N] [--postgres URL --histories N] [--first SEED] [--json]

Each history gets a place of its own: messages in pieces and in any order, edits, deletions, a changing
roster, corrections by hand. Then every case must have the messages and, to the second, the clocks that
`bench.clock_oracle`
finds from the flat list. Exit code 1 when one differs; repeat it with its number: `--first NUMBER --sqlite 1`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from bench.clock_histories import history
from bench.clock_player import Player
from monitor.store import migrate
from monitor.store.database import Database, open_database
from monitor.store.schema import metadata

PLACES = (1, 2, 2, 3)  # half of the histories or more have people who ask in several


def differs(database: Database, seed: int, places: int | None = None) -> bool:
    """Play one history in an empty database; does the program say anything else than brute force?"""
    if places is None:
        places = PLACES[seed % len(PLACES)]
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
    player = Player(database, f"clock-{seed}", history(seed, places))
    player.play()
    return player.ours() != player.theirs()


def run(database: Database, first: int, count: int) -> dict[str, object]:
    """Play so many; which differ."""
    begun = time.process_time()
    failed = [seed for seed in range(first, first + count) if differs(database, seed)]
    spent = time.process_time() - begun
    return {
        "histories": count,
        "failures": len(failed),
        "failed": failed[:20],
        "cpu_s": round(spent, 1),
    }


def _on_sqlite(first: int, count: int) -> dict[str, object]:
    memory = Path("/dev", "shm")  # thousands of commits each wait for the disk otherwise
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        database = open_database(f"sqlite:///{folder}/clocks.db")
        try:
            migrate.upgrade(database)
            return run(database, first, count)
        finally:
            database.close()


def _on_postgres(url: str, first: int, count: int) -> dict[str, object]:
    database = open_database(url)
    try:
        migrate.upgrade(database)
        return run(database, first, count)
    finally:
        database.close()


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when nothing differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.clocks", description=__doc__)
    parser.add_argument("--sqlite", type=int, default=10_000, metavar="N")
    parser.add_argument("--postgres", metavar="URL", help="an empty database")
    parser.add_argument("--histories", type=int, default=500, metavar="N", help="on PostgreSQL")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    report: dict[str, object] = {"sqlite": _on_sqlite(given.first, given.sqlite)}
    if given.postgres:
        report["postgresql"] = _on_postgres(given.postgres, given.first, given.histories)
    print(json.dumps(report, indent=None if given.json else 2))
    return int(any(part["failures"] for part in report.values() if isinstance(part, dict)))


if __name__ == "__main__":
    sys.exit(main())
