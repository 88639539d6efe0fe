"""The threads of a running desk: whatever fails, they look again, tell people once it lasts, and end when asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from monitor import loops
from monitor.core.messages import Platform
from monitor.core.pacing import Pacer
from monitor.core.triage import Delivery, Kind
from monitor.loops import Bells, Patience, Poller, Sender
from monitor.ports import Batch, Rejected, Unauthorized, Unavailable
from monitor.scheduler import Scheduler, Sweep
from monitor.stages.outbox import Outbox
from monitor.store import deliveries
from monitor.store.database import Database
from monitor.testing import NOON, FakeConnector, FakePlatform, a_message
from tests.databases import quick_folder, sqlite

__all__ = ["quick_folder", "sqlite"]


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


class Told(list[tuple[str, str, str]]):
    def __call__(self, account: str, standing: str, reason: str) -> None:
        self.append((account, standing, reason))

    @property
    def standings(self) -> list[str]:
        return [standing for _, standing, _ in self]


@pytest.fixture
def bells() -> Iterator[Bells]:
    made = Bells()
    yield made
    made.stop_all()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops.random, "uniform", lambda low, high: 0.005)


def running(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def poller(database: Database, connector: Any, bells: Bells, told: Any, **more: Any) -> Poller:
    return Poller(database, connector, timedelta(seconds=0.01), bells, told, **more)


def stored(database: Database) -> int:
    from monitor.store.tables import messages

    with database.read() as connection:
        return int(
            connection.execute(sa.select(sa.func.count()).select_from(messages)).scalar_one()
        )


def test_a_poller_stores_what_is_written_and_rings_the_judge(
    sqlite: Database, bells: Bells
) -> None:
    platform, told = FakePlatform(), Told()
    platform.write(a_message())
    thread = running(poller(sqlite, FakeConnector(platform), bells, told).run)
    until(bells.assess.is_set)
    assert stored(sqlite) == 1
    bells.stop_all()
    thread.join(5)
    assert not thread.is_alive()
    assert set(told.standings) == {"ok"}


def test_one_stream_that_is_refused_holds_up_no_other(sqlite: Database, bells: Bells) -> None:
    class Two(FakeConnector):
        def streams(self) -> Sequence[str]:
            return ("forbidden", "updates")

        def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
            if stream == "forbidden":
                raise Rejected("403: not a moderator")
            return super().fetch(stream, cursor, limit)

    platform, told = FakePlatform(), Told()
    running(poller(sqlite, Two(platform), bells, told).run)
    platform.write(a_message())
    until(lambda: stored(sqlite) == 1)
    platform.write(a_message(id="2"))
    until(lambda: stored(sqlite) == 2)
    assert set(told) == {("tg", "waiting", "403: not a moderator")}


def test_neither_a_refusal_nor_a_failure_nor_telling_of_it_ends_a_poller(
    sqlite: Database, bells: Bells
) -> None:
    class Fragile(FakeConnector):
        failures: ClassVar[list[Exception]] = [
            Unavailable("down"),
            KeyError("bug"),
            Unauthorized("401"),
        ]

        def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
            if self.failures:
                raise self.failures.pop(0)
            return super().fetch(stream, cursor, limit)

    said = Told()

    def cannot_tell(account: str, standing: str, reason: str) -> None:
        said(account, standing, reason)
        if len(said) < 4:
            raise sa.exc.OperationalError("x", {}, Exception("locked"))

    platform = FakePlatform()
    platform.write(a_message())
    running(poller(sqlite, Fragile(platform), bells, cannot_tell).run)
    until(lambda: "ok" in said.standings)
    assert stored(sqlite) == 1


def test_a_poller_that_cannot_prepare_tries_again(sqlite: Database, bells: Bells) -> None:
    tries = iter([Unavailable("no network yet"), None])

    def prepare() -> None:
        if (refusal := next(tries)) is not None:
            raise refusal

    told = Told()
    running(poller(sqlite, FakeConnector(FakePlatform()), bells, told, prepare=prepare).run)
    until(lambda: "ok" in told.standings)
    assert told.standings[0] == "waiting"


def test_what_is_refused_while_we_end_is_no_trouble(sqlite: Database, bells: Bells) -> None:
    class Closing(FakeConnector):
        def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
            bells.stop_all()
            raise Unavailable("closed")

    told = Told()
    poller(sqlite, Closing(FakePlatform()), bells, told).run()
    assert told == []


class Watch:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_patience_ends_after_two_minutes_and_starts_anew_after_success() -> None:
    watch = Watch()
    patience = Patience(watch)
    patience.failed(None, 1)
    assert not patience.is_over
    watch.now += timedelta(minutes=2)
    assert patience.is_over
    patience.succeeded()
    assert not patience.is_over


def test_an_outage_of_weeks_is_survived() -> None:
    patience = Patience()
    waits = [patience.failed(Unavailable("down"), 0) for _ in range(3000)]
    assert max(waits) <= loops.LONGEST


def test_the_platforms_own_time_to_wait_is_kept() -> None:
    refusal = Unavailable("slow", retry_after=timedelta(seconds=700))
    assert Patience().failed(refusal, 1) == 700


def outbox(database: Database, platform: FakePlatform) -> Outbox:
    return Outbox(database, FakeConnector(platform), Pacer({}), loops.utc_now)


def queue(database: Database, key: str = "k") -> None:
    said = Delivery(key, Kind.RELAY, "tg", Platform.TELEGRAM, "-1", "x", 1, loops.utc_now())
    with database.write() as connection:
        deliveries.queue(connection, [said], {}, loops.utc_now())


def test_a_sender_says_what_is_queued_when_the_bell_rings(sqlite: Database, bells: Bells) -> None:
    platform, told = FakePlatform(), Told()
    sender = Sender(outbox(sqlite, platform), bells, told)
    thread = running(sender.run)
    queue(sqlite)
    bells.ring_senders()
    until(lambda: platform.sends == 1)
    bells.stop_all()
    thread.join(5)
    assert not thread.is_alive()
    assert told == []


def test_refused_credentials_are_told_until_a_post_is_accepted(
    sqlite: Database, bells: Bells
) -> None:
    platform, told = FakePlatform(), Told()
    sender = Sender(outbox(sqlite, platform), bells, told)
    platform.refuse(Unauthorized("401"))
    queue(sqlite)
    sender._once()
    sender._once()
    assert told == [("tg", "waiting", "401")], "nothing due is no recovery"
    poller(sqlite, FakeConnector(platform), bells, told)._look()
    assert told.standings == ["waiting"], "nor is that we can still read"
    with sqlite.write() as connection:
        from monitor.store.tables import deliveries as table

        connection.execute(sa.update(table).values(not_before=NOON))
    sender._once()
    assert told.standings == ["waiting", "ok"]


def test_a_sender_survives_trouble_of_the_database(
    sqlite: Database, bells: Bells, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([sa.exc.OperationalError("x", {}, Exception("locked")), KeyError("bug"), None])
    platform = FakePlatform()
    original = loops.deliver_due

    def fails(box: Outbox) -> datetime | None:
        if (error := next(failures, None)) is not None:
            raise error
        return original(box)

    monkeypatch.setattr(loops, "deliver_due", fails)
    queue(sqlite)
    running(Sender(outbox(sqlite, platform), bells, Told()).run)
    until(lambda: platform.sends == 1)


def test_a_sweep_that_fails_stops_neither_itself_nor_the_others() -> None:
    seen: list[str] = []

    def fails() -> None:
        seen.append("fails")
        raise KeyError("bug")

    every = timedelta(seconds=0.02)
    scheduler = Scheduler(
        [Sweep("bad", every, fails), Sweep("good", every, lambda: seen.append("good"))]
    )
    scheduler.start()
    until(lambda: seen.count("fails") >= 3 and seen.count("good") >= 3)
    scheduler.stop()
    scheduler.stop()


def test_a_database_that_does_not_answer_is_told_in_a_line_without_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails() -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("server closed the connection"))

    scheduler = Scheduler([Sweep("bad", timedelta(hours=1), fails)])
    scheduler.start()
    scheduler.stop()
    assert [record.message for record in caplog.records if record.exc_info] == []
    assert "the database does not answer" in caplog.text
