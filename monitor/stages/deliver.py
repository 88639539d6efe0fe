"""Say what is due, once: claim, look whether it is still wanted, send, settle. It never decides what to say."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from monitor.core.cases import Case
from monitor.core.triage import Kind, no_longer_wanted
from monitor.ports import (
    Attachment,
    Button,
    Post,
    Reacting,
    Receipt,
    Rejected,
    Unauthorized,
    Unavailable,
    Uncertain,
)
from monitor.stages.attaching import attached
from monitor.stages.doubts import recover
from monitor.stages.outbox import REPEATED, Budgets, Dressed, Outbox, Queue, Stopped, scopes_of
from monitor.stages.receipts import sent
from monitor.store import cases, deliveries, doubts, edits, unasked
from monitor.store.database import Connection

log = logging.getLogger(__name__)


def deliver_due(outbox: Outbox) -> datetime | None:
    """Recover, look into doubts, then say everything that may be said now.

    When to come again (None: when something new is queued). Raises Stopped.
    """
    recover(outbox)
    queue = Queue(outbox)
    while (row := queue.next()) is not None:
        _deliver(outbox, row)
    now = outbox.clock()
    with outbox.database.read() as connection:
        later = deliveries.next_look_at(connection, outbox.account, outbox.settle, now)
    return min((t for t in (*queue.waits, later) if t is not None), default=None)


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
        if dressed is not None and dressed.thread not in (None, row.thread):
            deliveries.into_thread(connection, row.id, dressed.thread)
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
        opted_out = unasked.has_opted_out(connection, row.platform, case.author_id)
        over_budget = _over_budget(connection, outbox.budgets, row, case, now)
    unwanted = no_longer_wanted(
        kind, case, row.not_after, now, opted_out=opted_out, over_budget=over_budget
    )
    return unwanted or outbox.instead(connection, row, case, now)


def _over_budget(
    connection: Connection, budgets: Budgets, row: Any, case: Case, now: datetime
) -> str:
    said = unasked.said_lately(connection, row.platform, row.place, case.author_id, now)
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
    thread = row.thread
    calls: tuple[tuple[str, str], ...] = ()
    buttons = tuple(tuple(Button(*one) for one in line) for line in row.buttons or ())
    if dressed is not None:
        text, buttons, link = dressed.text, dressed.buttons, dressed.link
        reply_to, thread = dressed.reply_to or reply_to, dressed.thread or thread
        calls, silent = dressed.calls, dressed.silent
    elif row.kind in REPEATED and row.repeat:
        text = "(possible repeat)\n" + text
    return Post(
        key=row.key,
        kind=row.kind,
        place=row.place,
        text=text,
        thread=thread,
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
        sent(outbox, row, receipt)


def _put(outbox: Outbox, post: Post, *, is_reaction: bool) -> Receipt:
    connector = outbox.connector
    if not is_reaction:
        return connector.send(post)
    if not isinstance(connector, Reacting) or post.reply_to is None:
        raise Rejected("this platform knows no reactions")
    connector.react(post.place, post.reply_to, post.text)
    return Receipt(f"reaction:{post.reply_to}", outbox.clock())


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
            doubts.into_doubt(connection, row.id, token, outbox.clock(), refusal.reason)
            return
        deliveries.set_state(connection, row.id, token, deliveries.REJECTED, refusal.reason)
        outbox.refused(connection, row, refusal.reason, outbox.clock())
    log.warning(
        "rejected", extra={"kind": row.kind, "account": outbox.account, "reason": refusal.reason}
    )


def _doubt(outbox: Outbox, row: Any, token: str, reason: str) -> None:
    with outbox.database.write() as connection:
        doubts.into_doubt(connection, row.id, token, outbox.clock() + outbox.settle, reason)
    log.warning("in doubt", extra={"kind": row.kind, "account": outbox.account, "reason": reason})
