"""The threads of a running desk: one that polls and one that says for each account, one that judges.

They act through the stages and decide nothing but when to look again.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitor.ports import Connector, Refusal, Unauthorized, Unavailable
from monitor.stages.assess import House, assess_waiting
from monitor.stages.deliver import Outbox, Stopped, deliver_due
from monitor.stages.ingest import ingest
from monitor.store.database import Database, is_passing

log = logging.getLogger(__name__)
SAFETY = 1.0  # seconds: nobody waits longer for a bell that was missed
LONGEST = 300.0  # seconds between tries
GIVE_UP_QUIETLY = timedelta(minutes=2)  # in trouble for so long: people are told
Tell = Callable[[str, str, str], None]  # account, standing, reason


def utc_now() -> datetime:
    """The clock of the whole program."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Bells:
    """Who must look when something was stored. A bell that nobody hears costs one second."""

    stop: threading.Event = field(default_factory=threading.Event)
    assess: threading.Event = field(default_factory=threading.Event)
    deliver: dict[str, threading.Event] = field(default_factory=dict)

    def ring_senders(self) -> None:
        """Something may be in an outbox."""
        for bell in self.deliver.values():
            bell.set()

    def wait(self, bell: threading.Event, seconds: float) -> None:
        """Until the bell rings, the time is over, or the desk stops."""
        bell.wait(max(0.0, seconds))
        bell.clear()

    def stop_all(self) -> None:
        """End every loop after what it is doing."""
        self.stop.set()
        self.assess.set()
        self.ring_senders()


class Patience:
    """How long to wait after the n-th failure in a row, and whether people must be told."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._failures = 0
        self._since: datetime | None = None

    def failed(self, refusal: Refusal | None, shortest: float) -> float:
        """Seconds to wait now."""
        self._since = self._since or self._clock()
        self._failures += 1
        if refusal is not None and refusal.retry_after is not None:
            return max(shortest, refusal.retry_after.total_seconds())
        back_off = min(30.0 if isinstance(refusal, Unauthorized) else LONGEST, 2.0**self._failures)
        return max(shortest, back_off * random.uniform(0.7, 1.0))  # noqa: S311 - jitter is no secret

    def succeeded(self) -> None:
        """All is well again."""
        self._failures = 0
        self._since = None

    @property
    def is_over(self) -> bool:
        """It has lasted long enough to tell people."""
        return self._since is not None and self._clock() - self._since >= GIVE_UP_QUIETLY


class Poller:
    """Fetches all streams of one account in turn, for ever."""

    def __init__(self, database: Database, connector: Connector, every: timedelta, bells: Bells, tell: Tell,
                 prepare: Callable[[], None] = lambda: None,
                 look_again: Callable[[], None] = lambda: None) -> None:  # fmt: skip
        self._database = database
        self._connector = connector
        self._every = every.total_seconds()
        self._bells = bells
        self._tell = tell
        self._prepare = prepare
        self._patience = Patience()
        self._look_again = look_again

    def run(self) -> None:
        """Until the desk stops."""
        streams: Sequence[str] = ()
        while not self._bells.stop.is_set():
            try:
                if not streams:
                    self._prepare()
                    streams = self._connector.streams()
                wait = self._round(streams)
                self._well()
                self._look_again()
            except Refusal as refusal:
                wait = self._unwell(refusal)
            except Exception as error:
                if not is_passing(error):
                    log.exception("polling failed", extra={"account": self._connector.account})
                wait = self._patience.failed(None, self._every)
            self._bells.stop.wait(wait)

    def _round(self, streams: Sequence[str]) -> float:
        for stream in streams:
            complete = False
            while not complete and not self._bells.stop.is_set():
                found = ingest(self._database, self._connector, stream, utc_now())
                complete = found.complete
                if found.new or found.events:
                    self._bells.assess.set()
                if found.gap:
                    log.warning(
                        "gap", extra={"account": self._connector.account, "reason": found.gap}
                    )
                if found.quarantined:
                    log.warning("set aside", extra={"account": self._connector.account, "stream": stream,
                                                    "count": found.quarantined})  # fmt: skip
        return self._every

    def _well(self) -> None:
        self._patience.succeeded()
        self._tell(self._connector.account, "ok", "")

    def _unwell(self, refusal: Refusal) -> float:
        wait = self._patience.failed(refusal, self._every)
        is_planned = isinstance(refusal, Unavailable) and refusal.code == "budget"
        standing = "stopped" if self._patience.is_over and not is_planned else "waiting"
        self._tell(self._connector.account, standing, refusal.reason)
        return wait


class Sender:
    """Says what is due for one account, for ever."""

    def __init__(self, outbox: Outbox, bells: Bells, tell: Tell) -> None:
        self._outbox = outbox
        self._bells = bells
        self._tell = tell
        self._bell = bells.deliver.setdefault(outbox.account, threading.Event())
        self._patience = Patience()

    def run(self) -> None:
        """Until the desk stops."""
        while not self._bells.stop.is_set():
            self._bells.wait(self._bell, self._once())

    def _once(self) -> float:
        try:
            again = deliver_due(self._outbox)
        except Stopped as stopped:
            standing = "stopped" if self._patience.is_over else "waiting"
            self._tell(self._outbox.account, standing, str(stopped))
            return self._patience.failed(None, 5.0)
        except Exception as error:
            if not is_passing(error):
                log.exception("sending failed", extra={"account": self._outbox.account})
            return self._patience.failed(None, SAFETY)
        self._patience.succeeded()
        ahead = (again - utc_now()).total_seconds() if again is not None else SAFETY
        return min(SAFETY, max(0.02, ahead))


class Assessor:
    """Judges what waits, for ever."""

    def __init__(self, house: House, bells: Bells, refresh: Callable[[], None]) -> None:
        self._house = house
        self._bells = bells
        self._refresh = refresh

    def run(self) -> None:
        """Until the desk stops."""
        while not self._bells.stop.is_set():
            try:
                self._refresh()
                judged = assess_waiting(self._house, utc_now())
            except Exception as error:
                if not is_passing(error):
                    log.exception("judging failed")
                self._bells.stop.wait(SAFETY)
                continue
            if judged:
                self._bells.ring_senders()
            else:
                self._bells.wait(self._bells.assess, SAFETY)
