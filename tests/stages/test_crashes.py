"""Killed before and after every fetch, every commit and every send: nothing is lost, nothing public is said
twice, and every doubt is flagged. The same on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.assessment import Policy, Topic
from monitor.core.messages import Platform
from monitor.core.pacing import Pacer
from monitor.core.roster import Roster
from monitor.core.targets import Targets
from monitor.core.triage import Desk, Kind, Playbook, Speaker
from monitor.ports import Batch, Post, Receipt
from monitor.stages.assess import House, assess_waiting
from monitor.stages.deliver import deliver_due
from monitor.stages.ingest import ingest
from monitor.stages.outbox import Outbox
from monitor.store.database import Database
from monitor.store.tables import deliveries, messages
from monitor.testing import (
    NOON,
    FakeConnector,
    FakePlatform,
    SearchableFake,
    WordClassifier,
    a_message,
)

TEXTS = {
    (kind, topic): {"en": f"We have seen your {topic} question."}
    for kind in (Kind.ACKNOWLEDGEMENT,)
    for topic in Topic
}
PLAYBOOK = Playbook(
    policies={t: Policy.ACKNOWLEDGE if t.needs_answer else Policy.NEVER for t in Topic},
    replies=TEXTS,
    desk=Desk("tg", "-900"),
)


class Killed(BaseException):
    """kill -9: no `except` of the product may see it."""


@dataclass(slots=True)
class Fate:
    """Counts the moments at which a kill makes a difference, and kills at one of them."""

    kill_at: int | None = None
    moment: int = 0
    names: list[str] = field(default_factory=list)

    def passes(self, name: str) -> None:
        self.moment += 1
        self.names.append(name)
        if self.moment == self.kill_at:
            raise Killed(name)


class Mortal:
    """A connector that may be killed before or after each of its calls."""

    def __init__(self, inner: FakeConnector, fate: Fate) -> None:
        self.inner, self.fate = inner, fate
        self.platform, self.account = inner.platform, inner.account

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        self.fate.passes("before fetch")
        batch = self.inner.fetch(stream, cursor, limit)
        self.fate.passes("after fetch")
        return batch

    def send(self, post: Post) -> Receipt:
        self.fate.passes("before send")
        receipt = self.inner.send(post)
        self.fate.passes("after send")
        return receipt


class MortalSearchable(Mortal):
    def find(self, post: Post) -> Receipt | None:
        self.fate.passes("before find")
        return self.inner.find(post)  # type: ignore[attr-defined]


def one_life(database: Database, connector: Any, now: datetime, *, at_once: bool) -> None:
    """What a process does from its start until there is nothing left to do."""
    clock = Clock(now)
    house = House(
        database,
        WordClassifier(),
        playbook=lambda: PLAYBOOK,
        roster=Roster,
        targets=Targets,
        anywhere={Platform.TELEGRAM: Speaker("tg", acknowledges=True)},
    )
    outbox = Outbox(database, connector, Pacer({}), clock)
    judge = house if at_once else None
    while not ingest(database, connector, "updates", clock(), limit=2, house=judge).complete:
        pass
    while assess_waiting(house, clock(), limit=2):
        pass
    for _ in range(12):
        again = deliver_due(outbox)
        if again is None:
            return
        clock.now = max(again, clock.now) + timedelta(seconds=1)


@dataclass(slots=True)
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def killable(database: Database) -> Iterator[Callable[[Fate], None]]:
    """Kills before and after every commit too."""
    current: list[Fate] = [Fate()]

    def before(_connection: Any) -> None:
        current[0].passes("before commit")

    def after(connection: Any) -> None:
        current[0].passes("after commit")

    sa.event.listen(database.engine, "commit", before)
    original = database.engine.dialect.do_commit

    def commit(connection: Any) -> None:
        original(connection)
        after(connection)

    database.engine.dialect.do_commit = commit  # type: ignore[method-assign]
    yield lambda fate: current.__setitem__(0, fate)
    database.engine.dialect.do_commit = original  # type: ignore[method-assign]
    sa.event.remove(database.engine, "commit", before)


def people_ask() -> FakePlatform:
    platform = FakePlatform()
    platform.write(
        a_message("normal withdrawal asking", id="1", author="a"),
        a_message("just chatting", id="2", author="b", after=1),
        a_message("critical security", id="3", author="c", after=2),
        a_message("high deposit", id="4", author="d", after=3),
    )
    return platform


def live_and_die(
    database: Database,
    fate_of: Callable[[Fate], None],
    make: Any,
    kill_at: int | None,
    *,
    at_once: bool,
) -> tuple[FakePlatform, Fate]:
    platform, fate = people_ask(), Fate(kill_at)
    fate_of(fate)
    try:
        one_life(database, make(platform, fate), NOON + timedelta(seconds=10), at_once=at_once)
    except Killed:
        fate_of(Fate())
        one_life(database, make(platform, Fate()), NOON + timedelta(minutes=4), at_once=at_once)
    return platform, fate


def mortal(platform: FakePlatform, fate: Fate) -> Mortal:
    return Mortal(FakeConnector(platform), fate)


def mortal_searchable(platform: FakePlatform, fate: Fate) -> Mortal:
    return MortalSearchable(SearchableFake(platform), fate)


def empty(database: Database) -> None:
    from monitor.store.schema import metadata

    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))


@pytest.mark.parametrize("at_once", [True, False], ids=["judged at once", "stored first"])
@pytest.mark.parametrize(
    "make", [mortal, mortal_searchable], ids=["cannot be asked", "can be asked"]
)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_public_is_said_twice(
    database: Database, killable: Callable[[Fate], None], make: Any, at_once: bool
) -> None:
    _, fate = live_and_die(database, killable, make, None, at_once=at_once)
    moments = fate.moment
    assert moments > 30, fate.names
    for kill_at in range(1, moments + 1):
        killable(Fate())
        empty(database)
        platform, fate = live_and_die(database, killable, make, kill_at, at_once=at_once)
        killable(Fate())
        where = f"killed at moment {kill_at} of {moments}: {fate.names[-1]}"
        assert_nothing_lost(database, where)
        assert_said_once(database, platform, where, asked=make is mortal_searchable)


def assert_nothing_lost(database: Database, where: str) -> None:
    with database.read() as connection:
        found = connection.execute(sa.select(messages.c.native_id, messages.c.state)).all()
    assert sorted(found) == [
        ("1", "assessed"),
        ("2", "assessed"),
        ("3", "assessed"),
        ("4", "assessed"),
    ], where


def assert_said_once(
    database: Database, platform: FakePlatform, where: str, *, asked: bool
) -> None:
    with database.read() as connection:
        rows = connection.execute(sa.select(deliveries)).all()
    keys = [post.key for post in platform.posts]
    expected = {f"{what}:telegram:-100:{i}" for what in ("ack", "alert") for i in "134"}
    assert {row.key for row in rows} == expected, where
    for row in rows:
        times = keys.count(row.key)
        if row.kind == Kind.ACKNOWLEDGEMENT:
            assert times <= 1, f"{where}: said twice in public: {row.key}"
        assert times <= 2, where
        if times == 2:
            marked = [p for p in platform.posts if p.key == row.key and "possible repeat" in p.text]
            assert len(marked) == 1, f"{where}: a repeat without a mark"
        if times == 0:
            assert row.state in ("held", "cancelled"), f"{where}: {row.key} unsaid and {row.state}"
        if times == 1:
            assert row.state == "sent" or (row.state == "held" and not asked), (
                f"{where}: {row.key} {row.state}"
            )
        if asked:
            assert (row.state, times) == ("sent", 1), where
