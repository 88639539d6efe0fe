"""Say what is due, once: claim, look whether it is still wanted, send, settle. It never decides what to say."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.core.assessment import Urgency
from monitor.core.cases import Case, acknowledged
from monitor.core.messages import Platform
from monitor.core.pacing import Pacer
from monitor.core.triage import Kind, no_longer_wanted, priority
from monitor.ports import (
    Attachment,
    Button,
    Buttons,
    Connector,
    Post,
    Reacting,
    Receipt,
    Refusal,
    Rejected,
    Searchable,
    Unauthorized,
    Unavailable,
    Uncertain,
)
from monitor.stages.attaching import attached
from monitor.store import cases, deliveries, desk, edits, fetches, relays
from monitor.store.database import Connection, Database

log = logging.getLogger(__name__)
PAGE_FOR = timedelta(seconds=0.25)  # something more urgent may have come since
PAGE = 50  # deliveries looked at in one query
_REPEATED = (Kind.ALERT, Kind.NOTE)  # only our own people read them
LOOKS = 3  # how often a platform is asked for a post in doubt before it counts as absent


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


def deliver_due(outbox: Outbox) -> datetime | None:
    """Recover, look into doubts, then say everything that may be said now.

    When to come again (None: when something new is queued). Raises Stopped.
    """
    recover(outbox)
    queue = _Queue(outbox)
    while (row := queue.next()) is not None:
        _deliver(outbox, row)
    now = outbox.clock()
    with outbox.database.read() as connection:
        later = deliveries.next_look_at(connection, outbox.account, outbox.settle, now)
    return min((t for t in (*queue.waits, later) if t is not None), default=None)


class _Queue:
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
        full: set[str] = set()
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
            full |= {row.place for row in self._page}

    def _free(self, now: datetime) -> Any:
        for row in self._page:
            if row.id in self._tried:
                continue
            free_at = self._outbox.pacer.free_at(scopes_of(row), now, urgent=_is_urgent(row))
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


def _is_urgent(row: Any) -> bool:
    """Somebody has asked and waits for it, or it is about somebody who cannot wait."""
    return bool(row.kind == Kind.NOTE or row.priority <= priority(Kind(row.kind), Urgency.HIGH))


def _deliver(outbox: Outbox, row: Any) -> None:
    token = secrets.token_hex(8)
    now = outbox.clock()
    with outbox.database.write() as connection:
        case = cases.load(connection, [row.case_id]).get(row.case_id) if row.case_id else None
        unwanted = _unwanted(connection, outbox, row, case, now)
        if unwanted is not None:
            deliveries.set_state(connection, row.id, row.token, deliveries.CANCELLED, unwanted)
            return
        row = deliveries.claim(connection, row.id, token, now, now + outbox.attempt)
        if row is None:
            return
        dressed = outbox.dress(connection, row, case, now)
    post = _post(row, now, attached(outbox.database, row.key), dressed)
    outbox.pacer.spend(scopes_of(row), now)
    _say(outbox, row, token, post)


def _unwanted(
    connection: Connection, outbox: Outbox, row: Any, case: Case | None, now: datetime
) -> str | None:
    kind = Kind(row.kind)
    if now - row.created_at > outbox.give_up_after:
        return "could not be said for too long"
    opted_out, over_budget = False, ""
    if kind.is_automatic_public and case is not None:
        opted_out = deliveries.has_opted_out(connection, row.platform, case.author_id)
        over_budget = _over_budget(connection, outbox.budgets, row, case, now)
    unwanted = no_longer_wanted(
        kind, case, row.not_after, now, opted_out=opted_out, over_budget=over_budget
    )
    return unwanted or outbox.instead(connection, row, case, now)


def _over_budget(
    connection: Connection, budgets: Budgets, row: Any, case: Case, now: datetime
) -> str:
    said = deliveries.said_lately(connection, row.platform, row.place, case.author_id, now)
    if (
        said.here_this_minute >= budgets.per_place_per_minute
        or said.here_this_hour >= budgets.per_place_per_hour
    ):
        return "the place's budget of automatic messages is used up"
    if said.to_them_this_hour >= budgets.per_person_per_hour:
        return "the person's budget of automatic messages is used up"
    return ""


def _post(
    row: Any,
    now: datetime,
    attachments: tuple[Attachment, ...] = (),
    dressed: Dressed | None = None,
) -> Post:
    text, reply_to, link, silent = row.text, row.reply_to, row.link, False
    calls: tuple[tuple[str, str], ...] = ()
    buttons = tuple(tuple(Button(*one) for one in line) for line in row.buttons or ())
    if dressed is not None:
        text, buttons, link = dressed.text, dressed.buttons, dressed.link
        reply_to = dressed.reply_to or reply_to
        calls, silent = dressed.calls, dressed.silent
    elif row.kind in _REPEATED and row.repeat:
        text = "(possible repeat)\n" + text
    return Post(
        key=row.key,
        kind=row.kind,
        place=row.place,
        text=text,
        thread=row.thread,
        reply_to=reply_to,
        subject=row.subject,
        html=row.html,
        claimed_at=now,
        link=link,
        attachments=attachments,
        buttons=buttons,
        calls=calls,
        silent=silent,
    )


def _say(outbox: Outbox, row: Any, token: str, post: Post) -> None:
    if post.claimed_at is not None and outbox.clock() >= post.claimed_at + outbox.attempt:
        _requeue(
            outbox, row, token, outbox.clock(), "claimed too long ago"
        )  # e.g. the machine slept
        return
    try:
        receipt = _put(outbox, post, is_reaction=row.is_reaction)
    except Unavailable as refusal:
        _not_now(outbox, row, token, refusal)
    except Rejected as refusal:
        _never(outbox, row, token, post, refusal)
    except Unauthorized as refusal:
        _requeue(outbox, row, token, outbox.clock() + timedelta(seconds=60), refusal.reason)
        raise Stopped(refusal.reason) from None
    except Uncertain as refusal:
        if row.is_reaction:  # done twice it is done once
            _not_now(outbox, row, token, Unavailable(refusal.reason))
        else:
            _doubt(outbox, row, token, refusal.reason)
    except Exception as error:
        log.exception("a connector failed in an unknown way; the post may have been taken")
        _doubt(outbox, row, token, f"unexpected {type(error).__name__}")
    else:
        outbox.accepted()
        _sent(outbox, row, receipt)


def _put(outbox: Outbox, post: Post, *, is_reaction: bool) -> Receipt:
    connector = outbox.connector
    if not is_reaction:
        return connector.send(post)
    if not isinstance(connector, Reacting) or post.reply_to is None:
        raise Rejected("this platform knows no reactions")
    connector.react(post.place, post.reply_to, post.text)
    return Receipt(f"reaction:{post.reply_to}", outbox.clock())


def _sent(outbox: Outbox, row: Any, receipt: Receipt) -> None:
    with outbox.database.write() as connection:
        deliveries.settle_sent(connection, row.id, receipt)
        if receipt.cost:
            fetches.add_spend(connection, outbox.account, outbox.clock(), receipt.cost)
        if row.case_id and Kind(row.kind).is_automatic_public:
            case = cases.load(connection, [row.case_id], lock=True)[row.case_id]
            cases.update_all(connection, [acknowledged(case, receipt.sent_at)])
        if row.case_id and row.kind == Kind.ALERT:
            place = receipt.place or row.place
            desk.posted(connection, row.case_id, row.id, receipt.native_id, place)
        if row.key.startswith("list:"):
            place = receipt.place or row.place
            desk.put_list(connection, place, row.account, native_id=receipt.native_id)
        if row.kind == Kind.RELAY:
            relays.credit(connection, row, receipt, outbox.clock())
    log.info("sent", extra={"kind": row.kind, "account": outbox.account, "place": row.place})


def _not_now(outbox: Outbox, row: Any, token: str, refusal: Unavailable) -> None:
    now = outbox.clock()
    back_off = timedelta(seconds=min(300.0, 2.0 ** min(row.attempts - 1, 9)) * outbox.jitter())
    again = now + (refusal.retry_after or back_off)
    _requeue(outbox, row, token, again, refusal.reason)
    if refusal.retry_after is not None:  # the platform asked for quiet in this place
        with outbox.database.write() as connection:
            deliveries.postpone_place(connection, outbox.account, row.place, again)
    log.warning(
        "not now", extra={"kind": row.kind, "account": outbox.account, "reason": refusal.reason}
    )


def _requeue(outbox: Outbox, row: Any, token: str, again: datetime, reason: str) -> None:
    with outbox.database.write() as connection:
        deliveries.requeue(connection, row.id, token, again, reason)


def _never(outbox: Outbox, row: Any, token: str, post: Post, refusal: Rejected) -> None:
    with outbox.database.write() as connection:
        if refusal.moved_to not in (None, row.place):
            edits.move_place(
                connection, row.platform, row.place, str(refusal.moved_to), outbox.clock()
            )
            deliveries.requeue(connection, row.id, token, outbox.clock(), refusal.reason)
            return
        if (
            refusal.code == "duplicate" and row.attempts > 1
        ):  # a proof that the attempt in doubt went through
            deliveries.into_doubt(connection, row.id, token, outbox.clock(), refusal.reason)
            return
        deliveries.set_state(connection, row.id, token, deliveries.REJECTED, refusal.reason)
        outbox.refused(connection, row, refusal.reason, outbox.clock())
    log.warning(
        "rejected", extra={"kind": row.kind, "account": outbox.account, "reason": refusal.reason}
    )


def _doubt(outbox: Outbox, row: Any, token: str, reason: str) -> None:
    with outbox.database.write() as connection:
        deliveries.into_doubt(connection, row.id, token, outbox.clock() + outbox.settle, reason)
    log.warning("in doubt", extra={"kind": row.kind, "account": outbox.account, "reason": reason})


def recover(outbox: Outbox) -> None:
    """What a crash interrupted becomes a doubt; every doubt that has settled is looked into."""
    now = outbox.clock()
    with outbox.database.read() as connection:
        cut = deliveries.interrupted(connection, outbox.account, now - outbox.settle)
    if cut:
        with outbox.database.write() as connection:
            for row in cut:
                deliveries.into_doubt(
                    connection, row.id, row.token, now, "interrupted while it was being sent"
                )
    with outbox.database.read() as connection:
        doubts = deliveries.doubts(connection, outbox.account, now)
    for row in doubts:
        _look_into(outbox, row)


def _look_into(outbox: Outbox, row: Any) -> None:
    if not isinstance(outbox.connector, Searchable):
        _without_asking(outbox, row)
        return
    try:
        receipt = outbox.connector.find(_asked_for(row))
    except Refusal as refusal:
        log.info("cannot ask yet", extra={"account": outbox.account, "reason": refusal.reason})
        with outbox.database.write() as connection:
            deliveries.looked(
                connection,
                row.id,
                outbox.clock() + (refusal.retry_after or outbox.settle),
                asked=False,
            )
        return
    if receipt is not None:
        _sent(outbox, row, receipt)
        return
    _absent(outbox, row)


def _asked_for(row: Any) -> Post:
    return Post(row.key, row.kind, row.place, row.text, row.thread, row.reply_to, row.subject,
                claimed_at=row.claimed_at, link=row.link)  # fmt: skip


def _absent(outbox: Outbox, row: Any) -> None:
    """The platform does not show it. After enough looks it surely was not taken, and goes out once more."""
    now = outbox.clock()
    with outbox.database.write() as connection:
        if row.looks + 1 < LOOKS:
            deliveries.looked(connection, row.id, now + outbox.settle)
        elif row.repeat:
            deliveries.set_state(
                connection, row.id, row.token, deliveries.HELD, "not found after a second try"
            )
        else:
            deliveries.requeue(
                connection, row.id, row.token, now, "not found at the platform", repeat=True
            )


def _without_asking(outbox: Outbox, row: Any) -> None:
    """Nobody can be asked: an alert or mail is repeated once, marked; anything public waits for a person."""
    repeatable = row.kind in _REPEATED or getattr(outbox.connector, "repeatable", False)
    with outbox.database.write() as connection:
        if repeatable and not row.repeat:
            deliveries.requeue(
                connection, row.id, row.token, outbox.clock(), row.reason, repeat=True
            )
        else:
            deliveries.set_state(connection, row.id, row.token, deliveries.HELD, row.reason)


def restore_pace(database: Database, account: str, pacer: Pacer, since: datetime) -> None:
    """A new leader starts with what its predecessor has said in the last window."""
    with database.read() as connection:
        rows = deliveries.recent_posts(connection, account, since)
    pacer.refill((scopes_of(row), row.claimed_at) for row in rows)
