"""The databases of the suite, and a small desk on one of them: a platform in memory, a clock that is told the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.assessment import Policy, Topic
from monitor.core.cases import Case
from monitor.core.messages import Author, Event, EventKind, Message, Platform
from monitor.core.pacing import Pacer
from monitor.core.roster import Person, Roster
from monitor.core.targets import Targets
from monitor.core.triage import Desk, Kind, Playbook, Speaker
from monitor.ports import Batch, Post
from monitor.stages import cards, commands, doing, redraw
from monitor.stages.assess import House, assess_waiting
from monitor.stages.cards import Board
from monitor.stages.deliver import deliver_due
from monitor.stages.desk import Inbox
from monitor.stages.ingest import ingest
from monitor.stages.outbox import Budgets, Outbox
from monitor.stages.settle import settle
from monitor.store import accounts, cases, messages
from monitor.store import desk as desk_store
from monitor.store.database import Database
from monitor.store.tables import deliveries
from monitor.testing import NOON, DeskFake, FakePlatform, WordClassifier
from tests.databases import database, database_url, quick_folder, sqlite

__all__ = ["database", "database_url", "quick_folder", "sqlite"]

SUPPORT = "support"
REPLIES = {(k, t): {"en": f"We have seen your {t} question."}
           for k in (Kind.ACKNOWLEDGEMENT, Kind.ANSWER) for t in Topic}  # fmt: skip
PLAYBOOK = Playbook(
    policies={t: Policy.ACKNOWLEDGE if t.needs_answer else Policy.NEVER for t in Topic},
    replies=REPLIES,
    desk=Desk("tg", "-900"),
)
ROSTER = Roster((Person("Sam", ids=dict.fromkeys(Platform, (SUPPORT,))),))


@dataclass(slots=True)
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **more: float) -> None:
        self.now += timedelta(**more)


@dataclass
class SmallDesk:
    """Everything between a fake platform and a database, driven by hand."""

    database: Database
    at: FakePlatform = field(default_factory=FakePlatform)
    clock: Clock = field(default_factory=Clock)
    make: Callable[..., Any] = DeskFake
    platform: Platform = Platform.TELEGRAM
    playbook: Playbook = PLAYBOOK
    classifier: Any = field(default_factory=WordClassifier)
    roster: Roster = ROSTER
    at_once: bool = True  # as the program does it

    def __post_init__(self) -> None:
        self.connector = self.make(self.at, "tg", self.platform)
        self.house = House(
            self.database, self.classifier, playbook=lambda: self.playbook, roster=lambda: self.roster,
            targets=Targets, anywhere={p: Speaker("tg", acknowledges=True) for p in Platform},
            private=frozenset({(Platform.TELEGRAM, "-900")}),
        )  # fmt: skip
        self.board = Board(
            self.database, Desk("tg", "-900"), roster=lambda: self.roster, playbook=lambda: self.playbook,
            anywhere=self.house.anywhere, private=self.house.private, offers=doing.offers,
        )  # fmt: skip
        self.outbox = Outbox(
            self.database, self.connector, Pacer({}), self.clock, budgets=Budgets(99, 99, 99),
            dress=cards.dressing(self.board),
        )  # fmt: skip
        self.inbox = Inbox(
            self.board,
            self.connector,
            self.clock,
            todos=doing.todos(),
            commands=commands.commands(),
        )
        with self.database.write() as connection:
            accounts.introduce(connection, "tg", self.platform.value)

    def hears(self, *written: Message) -> None:
        """Written, fetched, stored and judged."""
        self.at.write(*written)
        judge = self.house if self.at_once else None
        while not ingest(
            self.database, self.connector, "updates", self.clock(), house=judge
        ).complete:
            pass
        self.judges()

    def stores(self, batch: Batch, *, imported: bool = False) -> int:
        with self.database.write() as connection:
            return messages.save_batch(
                connection, "tg", "updates", batch, self.clock(), imported=imported
            )

    def judges(self, limit: int = 200) -> None:
        while assess_waiting(self.house, self.clock(), limit) or settle(self.house, self.clock()):
            pass

    def speaks(self, **changes: Any) -> datetime | None:
        """Says what may be said now."""
        self.at.now = self.clock()
        return deliver_due(replace(self.outbox, **changes))

    def refreshes(self) -> datetime | None:
        """Edits the cards that are no longer right."""
        return redraw.refreshing(self.board, self.outbox)()

    def works(self) -> None:
        """Everything that a running desk does when something has come, until nothing is left to do."""
        for _ in range(3):
            self.inbox.look()
            self.judges()
            self.speaks()
            again = self.refreshes()
            if again is not None:  # a card that was edited just now
                self.clock.now = max(self.clock.now, again)
                self.refreshes()

    def card(self, number: int = 1) -> Post:
        """The card of a case, as it reads now."""
        with self.database.read() as connection:
            native = desk_store.card_of(connection, number).native_id
        return self.at.shown[native]

    def presses(self, button: str, *, by: str = SUPPORT, number: int = 1, press: str = "q1",
                data: str | None = None) -> str:  # fmt: skip
        """A manager presses the card's button of that label; what they are told."""
        found = {b.label: b.data for row in self.card(number).buttons for b in row}
        with self.database.read() as connection:
            native = desk_store.card_of(connection, number).native_id
        details = {"data": data or found[button], "query_id": press, "message_id": native}
        event = Event(
            EventKind.BUTTON, Platform.TELEGRAM, "-900", press, self.clock(), Author(by), details
        )
        self.stores(Batch(events=(event,)))
        self.works()
        return self.at.heard.get(press, "(nothing)")

    def manager(self, text: str, *, id: str, by: str = SUPPORT, reply_to: str | None = None) -> None:  # fmt: skip
        """A manager writes in the desk chat."""
        message = Message(
            Platform.TELEGRAM, "-900", id, Author(by, name=f"name-{by}"), text, self.clock(),
            reply_to=reply_to, place_kind="supergroup",
        )  # fmt: skip
        self.hears(message)
        self.works()

    def case(self) -> Case:
        (case,) = self.cases()
        return case

    def cases(self) -> Sequence[Case]:
        from monitor.store.tables import cases as table

        with self.database.read() as connection:
            ids = list(connection.execute(sa.select(table.c.id).order_by(table.c.id)).scalars())
            found = cases.load(connection, ids)
        return [found[number] for number in ids]

    def rows(self, table: sa.Table = deliveries) -> dict[str, Any]:
        """Deliveries by key; rows of another table by position."""
        with self.database.read() as connection:
            found = connection.execute(sa.select(table).order_by(*table.primary_key)).all()
        return {row.key if table is deliveries else str(i): row for i, row in enumerate(found)}

    def row(self, key: str) -> Any:
        return self.rows()[key]

    def states(self) -> dict[str, str]:
        return {key: row.state for key, row in self.rows().items()}

    def acks(self) -> list[str]:
        return self.at.said("-100")

    def alerts(self) -> list[str]:
        return self.at.said("-900")


@pytest.fixture
def desk(sqlite: Database) -> SmallDesk:
    return SmallDesk(sqlite)


@pytest.fixture(scope="session")
def desk_class() -> type[SmallDesk]:
    """To make desks of another kind."""
    return SmallDesk


@pytest.fixture
def desk_on(desk_class: type[SmallDesk]) -> type[SmallDesk]:
    """To make desks of another kind."""
    return desk_class


@pytest.fixture
def either(database: Database) -> SmallDesk:
    """The desk on both kinds of database."""
    return SmallDesk(database)
