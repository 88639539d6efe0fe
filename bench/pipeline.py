"""What a message costs from fetch to accepted send, on both databases, beside the floor. It decides nothing.

    python -m bench.pipeline [--json] [--messages N] [--acknowledged N] [--rounds N] [--rules FOLDER]

Two jobs. *ingest*: fetched, stored, judged by the rules, attached to cases, decisions stored; nothing is
said. *ack*: every message is a question of somebody new, and its acknowledgement is sent and accepted
over loopback HTTP. Each side is a process of its own and only its own CPU counts, all threads of it; the
Bot API is a further process. There are two floors: one tells Latin languages by a model of fastText's, as such scripts
do, the *lean* one by the product's own words. The sides take turns in a new random order every round; ratios are the
medians of the rounds' own ratios, because two rounds of a shared machine compare badly.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import platform
import random
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.bot_api import serving
from bench.meter import cpu_of_family
from bench.sides import FLOOR, FLOORS, LEAN, Job, wait_for_jobs
from bench.traffic import PAGE, pages, updates

SQLITE, POSTGRES = "sqlite", "postgres"
INGEST, ACK = "ingest", "ack"
WARM_UP = 2 * PAGE


class Databases:
    """Fresh ones for every job: copies of a migrated one."""

    def __init__(self, folder: Path, cluster: str | None) -> None:
        self._folder, self._cluster, self._made = folder, cluster, 0
        self._template = folder / "template.db"
        self._migrate(f"sqlite:///{self._template}")
        if cluster is not None:
            self._create("migrated", "template1")
            self._migrate(cluster % "migrated")

    def fresh(self, side: str) -> str:
        """The URL of an empty database; for the floor, a path where none is yet."""
        self._made += 1
        if side == POSTGRES:
            self._create(f"b{self._made}", "migrated")
            assert self._cluster is not None
            return self._cluster % f"b{self._made}"
        path = self._folder / f"b{self._made}.db"
        if side in FLOORS:
            return str(path)
        shutil.copy(self._template, path)
        return f"sqlite:///{path}"

    @staticmethod
    def _migrate(url: str) -> None:
        from monitor.store import migrate
        from monitor.store.database import open_database

        database = open_database(url)
        migrate.upgrade(database)
        database.close()

    def _create(self, name: str, template: str) -> None:
        import sqlalchemy as sa

        assert self._cluster is not None
        engine = sa.create_engine(self._cluster % "postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        engine.dispose()


class Sides:
    """One waiting process a side."""

    def __init__(self, names: list[str], rules: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes = {}
        for name in names:
            near, far = context.Pipe()
            context.Process(target=wait_for_jobs, args=(name, str(rules), far), daemon=True).start()
            self._pipes[name] = near
        for pipe in self._pipes.values():
            assert pipe.recv() == "ready"

    def run(self, name: str, job: Job) -> dict[str, Any]:
        """What the job cost."""
        self._pipes[name].send(job)
        found: dict[str, Any] = self._pipes[name].recv()
        return found

    def end(self) -> None:
        """Let them go."""
        for pipe in self._pipes.values():
            pipe.send(None)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str | None, int, str]]:
    """A PostgreSQL of our own: URL, process id, and why there is none."""
    try:
        from tests.postgres import server
    except ImportError as error:
        yield None, 0, str(error)
        return
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(server(folder))
        except (RuntimeError, OSError) as error:
            yield None, 0, str(error)
            return
        yield url, int((folder / "data" / "postmaster.pid").read_text().split()[0]), ""


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """All sides, all rounds."""
    traffic = {
        "1:warm": updates(WARM_UP, only_questions=True, seed=5),
        "1:ingest": updates(options.messages),
        "1:ack": updates(options.acknowledged, only_questions=True),
    }
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with (
            cluster(folder / "pg") as (url, postmaster, why_not),
            serving({token: pages(found) for token, found in traffic.items()}) as address,
        ):
            names = [FLOOR, LEAN, SQLITE] + ([POSTGRES] if url else [])
            databases, sides = Databases(folder, url), Sides(names, options.rules)
            tokens = {INGEST: "1:ingest", ACK: "1:ack"}
            sizes = {token: len(found) for token, found in traffic.items()}

            def once(side: str, token: str, *, says: bool) -> dict[str, Any]:
                job = Job(address, token, databases.fresh(side), sizes[token], says)
                before = cpu_of_family(postmaster) if side == POSTGRES else 0.0
                found = sides.run(side, job)
                if side == POSTGRES:
                    found["server_us"] = (cpu_of_family(postmaster) - before) / sizes[token] * 1e6
                return found

            for side in names:
                once(side, "1:warm", says=True)
            rounds = []
            turns = [(job, side) for job in tokens for side in names]
            for _ in range(options.rounds):
                random.shuffle(turns)
                rounds.append({t: once(t[1], tokens[t[0]], says=t[0] == ACK) for t in turns})
            sides.end()
        return summary(rounds, names, options, why_not)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def summary(rounds: list[dict[tuple[str, str], dict[str, Any]]], names: list[str], options: argparse.Namespace,
            why_not: str) -> dict[str, Any]:  # fmt: skip
    """Medians, and what came of it, so that nobody compares two different works."""
    found: dict[str, Any] = {}
    speed: dict[str, float | None] = {}
    for job in (INGEST, ACK):
        for side in (FLOOR, LEAN, SQLITE, POSTGRES):
            there = side in names
            costs = [r[job, side] for r in rounds] if there else []
            found[f"{side}_{job}_us"] = _median([c["cpu_us"] for c in costs])
            wall = _median([c["wall_us"] for c in costs])
            speed[f"{side}_{job}"] = round(1e6 / wall) if wall else None
            for floor in FLOORS if side not in FLOORS else ():
                ratios = [r[job, side]["cpu_us"] / r[job, floor]["cpu_us"] for r in rounds if there]
                found[f"{job}_ratio_{side}{'_lean' * (floor == LEAN)}"] = _median(ratios, 2)
        servers = [r[job, POSTGRES]["server_us"] for r in rounds] if POSTGRES in names else []
        found[f"postgres_server_{job}_us"] = _median(servers)
    last = rounds[-1]
    found["messages_per_second"] = speed
    found["rss_mb"] = {s: _median([last[ACK, s]["rss_mb"]]) for s in names}
    found["came_of_it"] = {
        f"{s}_{job}": {k: last[job, s][k] for k in ("messages", "cases", "sent")}
        for job in (INGEST, ACK)
        for s in names
    }
    if why_not:
        found["postgres_left_out"] = why_not
    return found | {"n": options.messages, "n_acknowledged": options.acknowledged, "rounds": options.rounds,
                    "python": platform.python_version()}  # fmt: skip


def _median(values: list[float], digits: int = 1) -> float | None:
    return round(statistics.median(values), digits) if values else None


def table(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"{'side':<10}{'job':<8}{'CPU us/message':>16}{'x floor':>9}{'x lean':>9}{'messages/s':>12}{'RSS MB':>8}"
    ]
    for job in (INGEST, ACK):
        for side in (FLOOR, LEAN, SQLITE, POSTGRES):
            cpu = found[f"{side}_{job}_us"]
            if cpu is None:
                lines.append(f"{side:<10}{job:<8}  left out: {found.get('postgres_left_out', '')}")
                continue
            over = [found.get(f"{job}_ratio_{side}{lean}") for lean in ("", "_lean")]
            ratios = "".join(f"{ratio:>9.2f}" if ratio else f"{'':>9}" for ratio in over)
            speed, memory = found["messages_per_second"][f"{side}_{job}"], found["rss_mb"][side]
            lines.append(f"{side:<10}{job:<8}{cpu:>16.1f}{ratios}{speed:>12,}{memory:>8.0f}")
    server = found["postgres_server_ingest_us"]
    if server is not None:
        lines.append(f"PostgreSQL's own processes: {server:.1f} us a message stored, "
                     f"{found['postgres_server_ack_us']:.1f} acknowledged")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    from monitor import assets

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--acknowledged", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rules", type=Path, default=assets.path("rules"))
    options = parser.parse_args()
    found = measured(options)
    if found.get("postgres_left_out"):
        print(f"PostgreSQL is left out: {found['postgres_left_out']}")
    print(table(found))
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
