"""One account's outbox: who sends, how fast, and what comes next. It sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.core.assessment import Urgency
from monitor.core.cases import Case
from monitor.core.messages import Platform
from monitor.core.pacing import Pacer
from monitor.core.triage import Kind, priority
from monitor.ports import (
    Buttons,
    Connector,
)
from monitor.store import deliveries
from monitor.store.database import Connection, Database

REPEATED = (Kind.ALERT, Kind.NOTE)  # only our own people read them

PAGE_FOR = timedelta(seconds=0.25)  # something more urgent may have come since


PAGE = 50  # deliveries looked at in one query


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many automatic public messages a place and a person may get."""

    per_place_per_minute: int = 6
    per_place_per_hour: int = 60
    per_person_per_hour: int = 3


@dataclass(frozen=True, slots=True)
class Dressed:
    """How a post looks at the moment it goes out, when that is more than its stored text."""

    text: str
    buttons: Buttons = ()
    link: str | None = None
    reply_to: str | None = None
    calls: tuple[tuple[str, str], ...] = ()  # (name, native id) of those whose phones shall ring
    silent: bool = False
    thread: str | None = None


def _nothing_against(
    connection: Connection, row: Any, case: Case | None, now: datetime
) -> str | None:
    return None


def _nobody_else(connection: Connection, row: Any, reason: str, now: datetime) -> None:
    """A refusal is kept, and that is all."""


def _as_stored(connection: Connection, row: Any, case: Case | None, now: datetime) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Outbox:
    """One account's sender. `attempt` is how long one send may take; `settle`, how long after that a request
    may still arrive at the platform."""

    database: Database
    connector: Connector
    pacer: Pacer
    clock: Callable[[], datetime]
    attempt: timedelta = timedelta(seconds=60)
    settle: timedelta = timedelta(seconds=60)
    give_up_after: timedelta = timedelta(hours=24)
    budgets: Budgets = Budgets()
    paused: Callable[[], bool] = lambda: False
    jitter: Callable[[], float] = lambda: 1.0
    accepted: Callable[[], None] = lambda: None  # the platform took something: the account works
    dress: Callable[[Connection, Any, Case | None, datetime], Dressed | None] = _as_stored
    # Why something is not said by itself after all, looked at just before it is said.
    instead: Callable[[Connection, Any, Case | None, datetime], str | None] = _nothing_against
    refused: Callable[[Connection, Any, str, datetime], None] = (
        _nobody_else  # never to be said there
    )

    @property
    def account(self) -> str:
        """Whose outbox it is."""
        return self.connector.account


class Stopped(Exception):
    """The account's credentials were refused; nothing is sent until they work again."""


class Queue:
    """What is due, the most urgent first, each once. A place whose windows are full does not hold up the others;
    when one of those opens stands in `waits` once nothing is left."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._tried: set[int] = set()
        self._page: Sequence[Any] = ()
        self._read_at = outbox.clock()
        self.waits: list[datetime] = []

    def next(self) -> Any:
        """The row to say now, None when all others must wait."""
        now = self._outbox.clock()
        row = self._free(now) if now - self._read_at < PAGE_FOR else None
        row = row or self._read(now)
        if row is not None:
            self._tried.add(row.id)
        return row

    def _read(self, now: datetime) -> Any:
        full: set[tuple[str, str]] = set()
        self.waits.clear()
        self._read_at = now
        while True:
            with self._outbox.database.read() as connection:
                self._page = deliveries.due(
                    connection,
                    self._outbox.account,
                    now,
                    PAGE,
                    besides=full,
                    paused=self._outbox.paused(),
                )
            row = self._free(now)
            if row is not None or len(self._page) < PAGE:
                return row
            full |= {(row.place, row.kind) for row in self._page}

    def _free(self, now: datetime) -> Any:
        for row in self._page:
            if row.id in self._tried:
                continue
            free_at = self._outbox.pacer.free_at(scopes_of(row), now, urgent=is_urgent(row))
            if free_at <= now:
                return row
            self.waits.append(free_at)
        return None


def scopes_of(row: Any) -> tuple[tuple[str, str], ...]:
    """The windows that a post counts in: account, chat, group and kind."""
    scopes = [
        (f"{row.platform}:account", ""),
        (f"{row.platform}:chat", row.place),
        (f"kind:{row.kind}", row.place),
    ]
    if row.platform == Platform.TELEGRAM and row.place.rpartition(":")[2].startswith("-"):
        scopes.append(("telegram:group", row.place))
    return tuple(scopes)


def is_urgent(row: Any) -> bool:
    """Somebody has asked and waits for it, or it is about somebody who cannot wait."""
    return bool(row.kind == Kind.NOTE or row.priority <= priority(Kind(row.kind), Urgency.HIGH))


def restore_pace(database: Database, account: str, pacer: Pacer, since: datetime) -> None:
    """A new leader starts with what its predecessor has said in the last window."""
    with database.read() as connection:
        rows = deliveries.recent_posts(connection, account, since)
    pacer.refill((scopes_of(row), row.claimed_at) for row in rows)
