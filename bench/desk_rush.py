"""A desk in a rush, on a clock of its own: thousands wait, hundreds arrive a minute. It measures; nothing leaves."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from monitor.config import Config, parse
from monitor.core.assessment import Policy, Topic, Urgency
from monitor.core.messages import Author, Message, Platform
from monitor.core.pacing import Pacer
from monitor.core.roster import Person, Roster
from monitor.core.targets import Targets
from monitor.core.triage import Desk, Playbook
from monitor.parts import allowances_of
from monitor.ports import Batch, Post
from monitor.stages import attention, cards, commands, doing, redraw
from monitor.stages.assess import House, assess_waiting
from monitor.stages.cards import Board
from monitor.stages.deliver import deliver_due
from monitor.stages.desk import Inbox
from monitor.stages.outbox import Outbox
from monitor.stages.surges import look
from monitor.stages.usual import Usual
from monitor.store import accounts, messages, migrate
from monitor.store.database import Database, open_database
from monitor.store.desk_tables import cards as cards_table
from monitor.store.tables import cases, deliveries
from monitor.testing import NOON, DeskFake, FakePlatform, WordClassifier

CHAT = "-1009001"
MANAGER = "11"
TEAM = Roster((Person("Mei", ids={Platform.TELEGRAM: (MANAGER,)}),))
TOPICS = [t.value for t in Topic if t.needs_answer]
COMMANDS = ("open", "waiting", "mine", "who", "stats", "case 17", "handover", "help", "pause off")


@dataclass(slots=True)
class Watched(FakePlatform):
    """Notes when the managers' chat was written to or edited in."""

    touched: list[datetime] = field(default_factory=list)

    def take(self, post: Post) -> Any:
        if post.place == CHAT:
            self.touched.append(self.now)
        return FakePlatform.take(self, post)

    def change(self, native_id: str, post: Post | None) -> None:
        self.touched.append(self.now)
        FakePlatform.change(self, native_id, post)


class Clock:
    """It is told the time."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Rush:
    """Stages on a fake platform with the limits of a running desk."""

    def __init__(self, folder: Path, urgent: float) -> None:
        self.database: Database = open_database(f"sqlite:///{folder}/rush.db")
        migrate.upgrade(self.database)
        self.at, self.clock, self.urgent = Watched(), Clock(), urgent
        connector = DeskFake(self.at, "tg", Platform.TELEGRAM)
        self.desk = Desk("tg", CHAT)
        policies = {t: Policy.ALERT if t.needs_answer else Policy.NEVER for t in Topic}
        playbook = Playbook(policies, {}, self.desk)
        private = frozenset({(Platform.TELEGRAM, CHAT)})
        self.house = House(self.database, WordClassifier(), playbook=lambda: playbook, roster=lambda: TEAM,
                           targets=Targets, private=private)  # fmt: skip
        board = Board(self.database, self.desk, roster=lambda: TEAM, playbook=lambda: playbook, private=private,
                      offers=doing.offers)  # fmt: skip
        self.board = board
        limits = allowances_of(_defaults(folder))
        self.outbox = Outbox(self.database, connector, Pacer(limits), self.clock, dress=cards.dressing(board),
                             instead=attention.listing_instead(board))  # fmt: skip
        then = redraw.refreshing(board, self.outbox)
        self.refresh = attention.relieving(board, self.clock, then)
        self.inbox = Inbox(board, connector, self.clock, todos=doing.todos(), commands=commands.commands(),
                           private_presses={"l": attention.press_list})  # fmt: skip
        self.numbers = iter(range(1, 10**9))
        self.usual = Usual()
        with self.database.write() as connection:
            accounts.introduce(connection, "tg", Platform.TELEGRAM.value)
        self.inbox.look()

    def asks(self, how_many: int, over: timedelta) -> None:
        """So many new people ask, evenly over the time that ends now."""
        step = over / max(1, how_many)
        asked = tuple(self._question(self.clock.now - over + n * step) for n in range(how_many))
        for at in range(0, len(asked), 100):
            self._stores(asked[at : at + 100])

    def _question(self, at: datetime) -> Message:
        n = next(self.numbers)
        urgent = (n * self.urgent) % 1 < self.urgent and self.urgent > 0
        text = f"{TOPICS[n % len(TOPICS)]} asking {'high' if urgent else 'normal'} question {n}"
        return Message(Platform.TELEGRAM, f"-100{n % 6}", str(n), Author(f"a{n}", name=f"Person {n}"), text, at,
                       place_kind="supergroup")  # fmt: skip

    def _stores(self, found: Sequence[Message]) -> None:
        with self.database.write() as connection:
            messages.save_batch(connection, "tg", "updates", Batch(tuple(found)), self.clock.now)
        while assess_waiting(self.house, self.clock.now):
            pass

    def second(self, arriving: int) -> None:
        """One second of a running desk."""
        self.clock.now += timedelta(seconds=1)
        self.at.now = self.clock.now
        if arriving:
            self.asks(arriving, timedelta(seconds=1))
        self.inbox.look()
        deliver_due(self.outbox)
        self.refresh()
        if self.clock.now.second % 10 == 0:
            attention.remind(self.board, self.clock.now)
        if self.clock.now.second == 0:
            look(self.database, self.usual, self.desk, self.clock.now)

    def answer_to(self, command: str) -> tuple[float, float]:
        """Wall and CPU seconds until a command's answer is ready to be sent."""
        n = f"c{next(self.numbers)}"
        written = Message(Platform.TELEGRAM, CHAT, n, Author(MANAGER, name="Mei"), f"/{command}", self.clock.now,
                          place_kind="supergroup")  # fmt: skip
        with self.database.write() as connection:
            messages.save_batch(connection, "tg", "updates", Batch((written,)), self.clock.now)
        wall, cpu = time.perf_counter(), time.process_time()
        self.inbox.look()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        with self.database.read() as connection:
            key = f"note:{CHAT}:{n}"
            assert connection.execute(
                sa.select(deliveries.c.id).where(deliveries.c.key == key)
            ).first()
        return wall, cpu

    def unreachable(self) -> int:
        """Waiting cases that the desk should show and that have neither card, nor one on its way, nor a line of the
        list."""
        k, d = cards_table.c, deliveries.c
        on_its_way = sa.exists().where(
            d.case_id == cases.c.id, d.state == "queued", d.kind == "alert"
        )
        shown = sa.or_(k.native_id.is_not(None), k.delivery_id.is_(None))
        query = (
            sa.select(sa.func.count()).select_from(cases.outerjoin(cards_table, k.case_id == cases.c.id))
            .where(cases.c.open_turn_at.is_not(None), cases.c.state == "open")
            .where(cases.c.urgency >= int(Urgency.NORMAL))
            .where(~on_its_way, sa.or_(k.case_id.is_(None), ~shown))
        )  # fmt: skip
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def waits(self) -> int:
        """How many wait now."""
        with self.database.read() as connection:
            query = sa.select(sa.func.count()).where(cases.c.open_turn_at.is_not(None))
            return int(connection.execute(query).scalar_one())

    def close(self) -> None:
        """Give back the database."""
        self.database.close()


def _defaults(folder: Path) -> Config:
    return parse("", folder / "config.toml")


def busiest_minute(moments: Sequence[datetime]) -> int:
    """The most that any sixty seconds held."""
    return max(_minutes(sorted(moments)), default=0)


def _minutes(moments: Sequence[datetime]) -> Iterator[int]:
    first = 0
    for at, moment in enumerate(moments):
        while moment - moments[first] >= timedelta(minutes=1):
            first += 1
        yield at - first + 1


def rush(folder: Path, *, waiting: int, a_minute: int, minutes: int, urgent: float) -> dict[str, Any]:  # fmt: skip
    """What a rush costs, and what the managers' chat looks like in it."""
    desk = Rush(folder, urgent)
    began = time.process_time()
    desk.asks(waiting, timedelta(minutes=30))
    opened = time.process_time() - began
    slowest, begun = 0.0, time.process_time()
    for n in range(60 * minutes):
        before = time.process_time()
        due = a_minute * (n + 1) // 60 - a_minute * n // 60
        desk.second(due)
        slowest = max(slowest, time.process_time() - before)
    spent = time.process_time() - begun
    answers = {name: desk.answer_to(name) for name in COMMANDS}
    found = {
        "waiting_at_first": waiting, "arriving_a_minute": a_minute, "minutes": minutes, "urgent_share": urgent,
        "opened_cpu_s": round(opened, 2), "cpu_s_a_minute": round(spent / minutes, 2),
        "slowest_second_cpu_s": round(slowest, 3),
        "chat_busiest_minute": busiest_minute(desk.at.touched), "chat_touched": len(desk.at.touched),
        "cards": sum(p.place == CHAT and "#" in p.text and not p.text.startswith("📋") for p in desk.at.posts),
        "lists": sum(p.text.startswith("📋") for p in desk.at.posts),
        "waiting_at_last": desk.waits(), "unreachable": desk.unreachable(),
        "commands_wall_ms": {name: round(1e3 * wall, 1) for name, (wall, _) in answers.items()},
        "commands_cpu_ms": {name: round(1e3 * cpu, 1) for name, (_, cpu) in answers.items()},
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip
    desk.close()
    return found
