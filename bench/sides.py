"""The sides of the pipeline benchmark, each in a process of its own that waits for jobs. They count only themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.meter import cost_of
from bench.traffic import STARTS_AT

BOT_ID = "99000001"
FLOOR, LEAN = "floor", "lean"
FLOORS = (FLOOR, LEAN)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything behind `token` at `address`, into the database at `url`; with `says`, acknowledged."""

    address: str
    token: str
    url: str
    messages: int
    says: bool


def wait_for_jobs(side: str, rules: str, pipe: Any) -> None:
    """Take Jobs until None comes; give back what each cost and what came of it."""
    run = _product(Path(rules)) if side not in FLOORS else _floor(Path(rules), side)
    pipe.send("ready")
    while (job := pipe.recv()) is not None:
        pipe.send(run(job))


def _floor(folder: Path, side: str) -> Callable[[Job], dict[str, Any]]:
    from bench.floor import Floor, Judge, by_model, by_words
    from monitor.classify.rulefiles import load

    rules = load(folder)
    judge = Judge(rules, by_model() if side == FLOOR else by_words)
    reply = max(rules.default_replies.acknowledgement.values(), key=len)

    def run(job: Job) -> dict[str, Any]:
        floor = Floor(Path(job.url), job.address, job.token, judge)
        cost = cost_of(lambda: floor.ingest(reply=reply if job.says else ""), job.messages)
        return asdict(cost) | floor.figures()

    return run


def _product(folder: Path) -> Callable[[Job], dict[str, Any]]:
    from monitor.classify.house_rules import HouseRules
    from monitor.garbage import collect_seldom

    house_rules = HouseRules(folder)
    collect_seldom()  # as `monitor run` does once it has started

    def run(job: Job) -> dict[str, Any]:
        desk = _Desk(house_rules, job)
        try:
            return asdict(cost_of(desk.run, job.messages)) | desk.figures()
        finally:
            desk.close()

    return run


class _Desk:
    """The product's own parts, put together as the program does, and driven page by page."""

    def __init__(self, rules: Any, job: Job) -> None:
        from connectors.telegram import connect
        from monitor.core.assessment import Policy
        from monitor.core.messages import Platform
        from monitor.core.pacing import Pacer
        from monitor.core.triage import Kind, Playbook, Speaker
        from monitor.stages.assess import House
        from monitor.stages.outbox import Budgets, Outbox
        from monitor.store import accounts
        from monitor.store.database import open_database

        known = rules.live.rules
        playbook = Playbook(
            policies=dict.fromkeys(known.topics, Policy.ACKNOWLEDGE),
            replies={(Kind.ACKNOWLEDGEMENT, t): known.acknowledgements(t) for t in known.topics},
            desk=None,
        )
        self._now = datetime.fromtimestamp(STARTS_AT, UTC)
        self._page_seconds = 100
        self.database = open_database(job.url)
        self._connector = connect(
            "desk", {"base_url": job.address, "poll_timeout": 1.0}, {"token": job.token}
        )
        with self.database.write() as connection:
            accounts.introduce(connection, "desk", "telegram")
            accounts.identify(connection, "desk", BOT_ID, "desk_bot")
        speaks = {Platform.TELEGRAM: Speaker("desk", acknowledges=True)} if job.says else {}
        self._house = House(
            self.database, rules.live, lambda: playbook, lambda: rules.roster, lambda: rules.targets,
            anywhere=speaks,
        )  # fmt: skip
        endless = 10**9
        self._outbox = Outbox(
            self.database,
            self._connector,
            Pacer({}),
            lambda: self._now,
            budgets=Budgets(endless, endless, endless),
        )
        self._says = job.says

    def run(self) -> None:
        """Page after page: fetch and store, judge and decide, say."""
        from monitor.stages.assess import assess_waiting
        from monitor.stages.deliver import deliver_due
        from monitor.stages.ingest import ingest

        complete = False
        while not complete:
            self._now += timedelta(seconds=self._page_seconds)
            found = ingest(self.database, self._connector, "updates", self._now, house=self._house)
            complete = found.complete
            if not found.judged:  # as the program's poller does: else it rings no judge
                assess_waiting(self._house, self._now)
            if self._says:
                deliver_due(self._outbox)

    def figures(self) -> dict[str, int]:
        """How many messages judged, cases and acknowledgements there are."""
        from sqlalchemy import func, select

        from monitor.store.tables import cases, deliveries, messages

        counted = {
            "messages": select(func.count()).where(messages.c.state == "assessed"),
            "cases": select(func.count()).select_from(cases),
            "sent": select(func.count()).where(deliveries.c.state == "sent"),
        }
        with self.database.read() as connection:
            return {name: connection.execute(query).scalar_one() for name, query in counted.items()}

    def close(self) -> None:
        """Give sockets and connections back."""
        self._connector.close()
        self.database.close()
