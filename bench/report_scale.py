"""What the weekly report costs over a long history: time, memory, and how little history matters.

    python -m bench.report_scale [--json] [--messages N] [--folder DIR]

Two databases with equally full weeks, one of two years, one of two months, are filled in DIR (a new
folder under /tmp that is removed at the end, unless named). Each figure is taken in a process of its
own: the figures of the last week; the whole mail, put into the outbox, with its attachments; and, as
a measure of the machine, one reading of the whole table of cases. Seconds are CPU of a process and
its children; memory is the most that a process ever held.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

END = datetime(2026, 11, 16, tzinfo=UTC)
YEARS, MONTHS = 104, 9  # weeks
MESSAGES = 10_000_000
ROUNDS = 3
_AFTER = timedelta(hours=9)


def filled(folder: Path, messages: int) -> dict[str, Path]:
    """The two databases; those of an earlier run are used again."""
    from bench.long_history import MESSAGES_A_CASE, Size, write

    a_week = max(round(messages / MESSAGES_A_CASE / YEARS), 1)
    found = {}
    for name, weeks in (("years", YEARS), ("months", MONTHS)):
        found[name] = path = folder / f"{name}-{a_week}.db"
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            write(unfinished, Size(END, weeks, a_week))
            unfinished.rename(path)
    return found


def numbers(path: Path) -> dict[str, Any]:
    """Every figure of the last week, as JSON."""
    from monitor import reporting
    from monitor.core.targets import Targets
    from monitor.core.weeks import last_full_week
    from monitor.stages.report import figures_for
    from monitor.store.database import open_database

    database = open_database(f"sqlite:///{path}")
    period = last_full_week(END + _AFTER, ZoneInfo("UTC"))
    begun = _cpu()
    found = reporting.as_json(figures_for(database, period, END + _AFTER, {}, Targets()))
    return {"seconds": _cpu() - begun, "cases_of_the_week": found["total"]["n"]}


def everything(path: Path) -> dict[str, Any]:
    """The weekly mail as it goes into the outbox, and what is attached when it is said."""
    from monitor.stages.attaching import attached
    from monitor.stages.report import Plan, weekly
    from monitor.store.database import open_database

    _never_mailed(path)
    database = open_database(f"sqlite:///{path}")
    plan = Plan(("lead@example.org",), "mail", ZoneInfo("UTC"))
    begun = _cpu()
    sent = weekly(database, plan, END + _AFTER)
    files = attached(database, "report:2026-W46:lead@example.org")
    seconds = _cpu() - begun
    _never_mailed(path)
    return {"seconds": seconds, "mails": sent, "attached": [f.name for f in files]}


def _never_mailed(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        for table in ("deliveries", "schedule_runs", "reports"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


def scan(path: Path) -> dict[str, Any]:
    """One reading of every case there is: what asking the whole history costs."""
    query = (
        "SELECT count(*), avg(staff_first_at - opened_at), sum(ack_at IS NOT NULL) "
        "FROM cases NOT INDEXED"
    )
    with sqlite3.connect(path) as connection:
        begun = _cpu()
        (cases, _, _) = connection.execute(query).fetchone()
    return {"seconds": _cpu() - begun, "cases": cases}


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _most_mb() -> float:
    """Of this program alone: what the system says of children starts with what the parent held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


WORKS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "numbers": numbers,
    "everything": everything,
    "scan": scan,
}


def alone(work: str, path: Path) -> dict[str, Any]:
    """Run in a process of its own; its seconds, memory and what came of it."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.report_scale", "--only", work, "--database", path],
        check=True, stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(paths: dict[str, Path]) -> dict[str, Any]:
    """Medians of rounds in which everything takes its turn."""
    turns = [
        ("scan", "years"),
        ("numbers", "years"),
        ("numbers", "months"),
        ("everything", "years"),
    ]
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {turn: [] for turn in turns}
    for _ in range(ROUNDS):
        for work, which in turns:
            runs[work, which].append(alone(work, paths[which]))

    def middle(work: str, which: str, what: str = "seconds") -> float:
        return median(run[what] for run in runs[work, which])

    pairs = zip(runs["numbers", "years"], runs["numbers", "months"], strict=True)
    scans = zip(runs["numbers", "years"], runs["scan", "years"], strict=True)
    return {
        "cases": runs["scan", "years"][0]["cases"],
        "cases_of_the_week": runs["numbers", "years"][0]["cases_of_the_week"],
        "database_mb": round(paths["years"].stat().st_size / 1e6),
        "numbers_s": middle("numbers", "years"),
        "numbers_rss_mb": middle("numbers", "years", "rss_mb"),
        "numbers_over_one_scan": median(a["seconds"] / b["seconds"] for a, b in scans),
        "everything_s": middle("everything", "years"),
        "everything_rss_mb": middle("everything", "years", "rss_mb"),
        "mails": runs["everything", "years"][0]["mails"],
        "one_scan_of_all_cases_s": middle("scan", "years"),
        "numbers_at_two_months_s": middle("numbers", "months"),
        "two_years_over_two_months": median(a["seconds"] / b["seconds"] for a, b in pairs),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--folder", type=Path, help="keep the databases there")
    parser.add_argument("--only", choices=WORKS, help=argparse.SUPPRESS)
    parser.add_argument("--database", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        found = WORKS[options.only](options.database)
        print(json.dumps(found | {"rss_mb": _most_mb()}))
        return
    folder = options.folder or Path(tempfile.mkdtemp(prefix="report-scale-"))
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    try:
        paths = filled(folder, options.messages)
        filling = time.perf_counter() - begun
        found = {"messages": options.messages, "filling_s": round(filling, 1)} | {
            k: round(v, 3) for k, v in measured(paths).items()
        }
    finally:
        if options.folder is None:
            shutil.rmtree(folder)
    print(json.dumps(found, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
