"""The threads of a running desk: one that polls and one that says for each account, one that judges.

They act through the stages and decide nothing but when to look again.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from monitor.ports import Connector, Refusal, Unauthorized, Unavailable, Waiting
from monitor.stages.assess import House, assess_waiting
from monitor.stages.deliver import deliver_due
from monitor.stages.ingest import ingest
from monitor.stages.outbox import Outbox, Stopped
from monitor.stages.settle import settle
from monitor.store.database import Database, is_passing

log = logging.getLogger(__name__)
SAFETY = 1.0  # seconds: the judge waits no longer for a bell that was missed
SENDERS_LOOK = (
    5.0  # seconds: nor a sender; what another process queued, e.g. `monitor outbox settle`
)
LONGEST = 300.0  # seconds between tries
BREATH = 0.1  # seconds between two looks at a platform that holds a look until there is news
GIVE_UP_QUIETLY = timedelta(minutes=2)  # in trouble for so long: people are told
FOR_LONG = timedelta(minutes=30)  # a budget that is used up for so long is told to people, too
Tell = Callable[[str, str, str], None]  # account, standing, reason


def utc_now() -> datetime:
    """The clock of the whole program."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Bells:
    """Who must look when something was stored. A bell that nobody hears costs a few seconds."""

    stop: threading.Event = field(default_factory=threading.Event)
    assess: threading.Event = field(default_factory=threading.Event)
    desk: threading.Event = field(default_factory=threading.Event)
    deliver: dict[str, threading.Event] = field(default_factory=dict)
    speechless: set[str] = field(default_factory=set)  # accounts that may read but cannot send
    unknown: set[str] = field(
        default_factory=set
    )  # accounts that we do not know to be who they were

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
        self.desk.set()
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
        longest = 30.0 if isinstance(refusal, Unauthorized) else LONGEST
        back_off = min(longest, 2.0 ** min(self._failures, 10))
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
                 look_again: Callable[[], None] = lambda: None,
                 house: House | None = None) -> None:  # fmt: skip
        self._house = house
        self._database = database
        self._connector = connector
        self._every = every.total_seconds()
        self._bells = bells
        self._tell = tell
        self._prepare = prepare
        self._patience = Patience()
        self._look_again = look_again
        self._brought = False  # by the last look
        self._streams: Sequence[str] = ()
        self._not_before: dict[str, datetime] = {}
        self._refused: dict[str, Refusal] = {}
        self._patiences: dict[str, Patience] = {}

    def run(self) -> None:
        """Until the desk stops."""
        while not self._bells.stop.is_set():
            try:
                wait = self._look()
            except Exception as error:
                if not is_passing(error):
                    log.exception("polling failed", extra={"account": self._connector.account})
                wait = self._patience.failed(None, self._every)
            self._bells.stop.wait(wait)

    def _look(self) -> float:
        began, waited = utc_now(), 0.0
        try:
            if not self._streams:
                self._prepare()
                self._bells.unknown.discard(self._connector.account)
                self._bells.ring_senders()
                self._streams = self._connector.streams()
            refusal = self._round()
            if refusal is None:
                self._well()
            waited = (utc_now() - began).total_seconds()
            self._look_again()
        except Refusal as found:
            refusal = found
        if refusal is None or self._bells.stop.is_set():
            # A connection that was closed because we end is no trouble of the account's.
            return self._pause(waited)
        return self._unwell(refusal)

    def _pause(self, waited: float) -> float:
        """Until the next look. A platform that held the last one until there was news is asked again at once: people
        who press buttons wait for it."""
        if not isinstance(self._connector, Waiting) or not self._connector.waits_for_news:
            return self._every
        return min(self._every, BREATH) if self._brought else max(BREATH, self._every - waited)

    def _round(self) -> Refusal | None:
        """Every stream once. One that is refused holds up no other; the first refusal is told."""
        first: Refusal | None = None
        self._brought = False
        now = utc_now()
        for stream in self._streams:
            if self._not_before.get(stream, now) <= now:
                self._try(stream)
            first = first or self._refused.get(stream)
        return first

    def _try(self, stream: str) -> None:
        try:
            self._walk(stream)
        except Refusal as refusal:
            wait = self._patience_of(stream).failed(refusal, self._every)
            self._not_before[stream] = utc_now() + timedelta(seconds=wait)
            self._refused[stream] = refusal
        else:
            self._patience_of(stream).succeeded()
            self._refused.pop(stream, None)

    def _patience_of(self, stream: str) -> Patience:
        return self._patiences.setdefault(stream, Patience())

    def _walk(self, stream: str) -> None:
        complete = False
        while not complete and not self._bells.stop.is_set():
            found = ingest(self._database, self._connector, stream, utc_now(), house=self._house)
            complete = found.complete
            self._brought |= bool(found.new or found.events)
            if found.judged:
                self._bells.ring_senders()
            elif found.new or found.events:
                self._bells.assess.set()
            if found.new or found.events:  # a manager's press or command waits for nobody
                self._bells.desk.set()
            if found.gap:
                log.warning("gap", extra={"account": self._connector.account, "reason": found.gap})
            if found.quarantined:
                log.warning("set aside", extra={"account": self._connector.account, "stream": stream,
                                                "count": found.quarantined})  # fmt: skip

    def _well(self) -> None:
        self._patience.succeeded()
        if self._connector.account not in self._bells.speechless:
            self._tell(self._connector.account, "ok", "")

    def _unwell(self, refusal: Refusal) -> float:
        wait = self._patience.failed(refusal, self._every)
        is_planned = isinstance(refusal, Unavailable) and refusal.code == "budget"
        standing = "stopped" if self._patience.is_over and not is_planned else "waiting"
        if is_planned and (refusal.retry_after or timedelta(0)) >= FOR_LONG:
            standing = "spent"  # not the minute's share, but the day's money
        self._tell(self._connector.account, standing, refusal.reason)
        return self._every if self._refused else wait


def soonest(*looks: Callable[[], datetime | None]) -> Callable[[], datetime | None]:
    """One look after the other; when the first of them wants to come again."""

    def look() -> datetime | None:
        times = [one() for one in looks]
        return min((t for t in times if t is not None), default=None)

    return look


class Sender:
    """Says what is due for one account, for ever. `afterwards` does what else writes with this account, and tells
    when to come again."""

    def __init__(
        self,
        outbox: Outbox,
        bells: Bells,
        tell: Tell,
        afterwards: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._outbox = replace(outbox, accepted=self._well)
        self._bells = bells
        self._tell = tell
        self._afterwards = afterwards
        self._bell = bells.deliver.setdefault(outbox.account, threading.Event())
        self._patience = Patience()
        self._refused = Patience()  # for as long as no post was accepted: silence is no recovery

    def run(self) -> None:
        """Until the desk stops."""
        while not self._bells.stop.is_set():
            try:
                wait = self._once()
            except Exception as error:
                if not is_passing(error):
                    log.exception("sending failed", extra={"account": self._outbox.account})
                wait = self._patience.failed(None, SAFETY)
            self._bells.wait(self._bell, wait)

    def _once(self) -> float:
        if self._outbox.account in self._bells.unknown:
            return SAFETY
        try:
            times = (deliver_due(self._outbox), self._afterwards())
        except Stopped as stopped:
            wait = self._refused.failed(None, 5.0)
            self._bells.speechless.add(self._outbox.account)
            standing = "stopped" if self._refused.is_over else "waiting"
            self._tell(self._outbox.account, standing, str(stopped))
            return wait
        self._patience.succeeded()
        again = min((t for t in times if t is not None), default=None)
        ahead = (again - utc_now()).total_seconds() if again is not None else SENDERS_LOOK
        return min(SENDERS_LOOK, max(0.02, ahead))

    def _well(self) -> None:
        if self._outbox.account in self._bells.speechless:
            self._bells.speechless.discard(self._outbox.account)
            self._refused.succeeded()
            self._tell(self._outbox.account, "ok", "")


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
                judged = assess_waiting(self._house, utc_now()) or settle(
                    self._house, utc_now(), most=1
                )
            except Exception as error:
                if not is_passing(error):
                    log.exception("judging failed")
                self._bells.stop.wait(SAFETY)
                continue
            if judged:
                self._bells.ring_senders()
            else:
                self._bells.wait(self._bells.assess, SAFETY)


class Looks(Protocol):
    """Something that looks whether there is anything to do."""

    def look(self) -> int:
        """How much was done."""


class DeskWatch:
    """Does what managers ask for in the desk chat, for ever. With a `bell` of its own, something else of theirs."""

    def __init__(self, inbox: Looks, bells: Bells, bell: threading.Event | None = None) -> None:
        self._inbox = inbox
        self._bells = bells
        self._bell = bell or bells.desk

    def run(self) -> None:
        """Until the desk stops."""
        while not self._bells.stop.is_set():
            try:
                taken = self._inbox.look()
            except Exception as error:
                if not is_passing(error):
                    log.exception("the desk chat could not be looked at")
                self._bells.stop.wait(SAFETY)
                continue
            if taken:
                self._bells.assess.set()
                self._bells.ring_senders()
            else:
                self._bells.wait(self._bell, SAFETY)
