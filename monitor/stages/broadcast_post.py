"""The one post in the desk chat that shows an announcement through its life, edited in place. It decides nothing.

`posting` runs in the thread that sends for the desk's account.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core import broadcast as texts
from monitor.core.announcements import Announcement, State
from monitor.core.broadcast import Outcome
from monitor.core.text import clip
from monitor.ports import Button, Editable, Receipt, Refusal, Rejected
from monitor.stages import airtime
from monitor.stages.outbox import Outbox
from monitor.stages.redraw import EDIT_EVERY
from monitor.store import announcements as stored
from monitor.store import broadcast as store
from monitor.store.database import Connection

log = logging.getLogger(__name__)
LOOK_EVERY = timedelta(seconds=1)
Rows = tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as it should read now. `live`: it may still change."""

    text: str
    acts: tuple[tuple[str, str], ...] = ()  # (label, what it does)
    live: bool = True


def buttons_of(row: Any, shown: Shown) -> Rows:
    """One row, with the nonce that is good now."""
    return (
        (tuple((label, f"b:{row.nonce}:{act}") for label, act in shown.acts),) if shown.acts else ()
    )


def text_of(connection: Connection, row: Any, zone: ZoneInfo, now: datetime) -> Shown:
    """How it stands."""
    head = texts.title(row.kind, row.name)
    match row.state:
        case store.ASKING:
            return _asking(head, row, zone, now)
        case store.APPROVED if row.kind == "announce":
            return _approved(connection, head, row, zone, now)
        case store.APPROVED:
            return _changed(connection, head, row)
        case store.REPLACED:
            return Shown(f"{head}\nA newer one has taken its place.", live=False)
    word = {store.UNDONE: "🛑 Stopped", store.DROPPED: "Discarded"}[row.state]
    return Shown(f"{head}\n{word} by {row.decided_by}.\n\n{row.preview}", live=False)


def _asking(head: str, row: Any, zone: ZoneInfo, now: datetime) -> Shown:
    when = ""
    if row.kind == "announce":
        when = f"every {row.spec}" if row.spec else "as soon as it is approved"
        when = f"at {texts.clock(row.at, zone, now)}" if row.at else when
        when = f" · {when}"
    text = f"{head}{when}\nWritten by {row.by}. Somebody else approves it.\n\n{row.preview}"
    return Shown(text, (("Approve", "yes"), ("Discard", "drop")))


def _approved(connection: Connection, head: str, row: Any, zone: ZoneInfo, now: datetime) -> Shown:
    plan = stored.named(connection, row.name)
    period = store.last_period(connection, row.name)
    found = (
        [_outcome(r) for r in store.receipts(connection, f"announce:{row.name}:{period}:")]
        if period
        else []
    )
    waits = plan is not None and plan.state is State.SCHEDULED
    lines = [head, f"By {row.by}, approved by {row.decided_by}."]
    if waits and plan is not None:
        lines.append(_plan(connection, plan, row, zone, now))
    elif plan is not None and plan.state is State.CANCELLED:
        lines.append("🛑 Cancelled.")
    elif not found:
        lines.append("➖ It was not said: its time came while the desk was down or paused.")
    if found:
        lines.append(texts.receipts("announce", found))
    label = "Stop" if waits and plan is not None and plan.spec and row.goes_at <= now else "Undo"
    return Shown(
        clip("\n".join([*lines, "", row.preview]), texts.ROOM),
        ((label, "undo"),) if waits else (),
        waits or any(o.state == "waits" for o in found),
    )


def _plan(
    connection: Connection, plan: Announcement, row: Any, zone: ZoneInfo, now: datetime
) -> str:
    halt = airtime.halted(connection, plan)
    if halt is not None:
        return f"⏸ Waits while {halt.why}."
    if plan.spec is not None:
        return f"🔁 Every {plan.spec} ({plan.timezone})"
    return f"🕐 Goes out at {texts.clock(plan.at or row.goes_at, zone, now)}"


def _changed(connection: Connection, head: str, row: Any) -> Shown:
    found = list(_outcomes(connection, row))
    by = f"By {row.by}" + (f", approved by {row.decided_by}." if row.decided_by != row.by else ".")
    told = (
        texts.receipts(row.kind, found)
        if found
        else "Nothing of it was said yet; what comes is as asked."
    )
    text = clip("\n".join([head, by, told, "", row.preview]).rstrip(), texts.ROOM)
    return Shown(text, live=any(o.state == "waits" for o in found))


def _outcome(row: Any) -> Outcome:
    return texts.outcome(row.name or row.place, row.state, row.reason, row.posted_link)


def _outcomes(connection: Connection, row: Any) -> Iterator[Outcome]:
    words = {"queued": "waits", "done": "done", "failed": "failed", "spared": "spared"}
    for r in store.changes(connection, row.id):
        place = r.name or r.place
        if r.state == "instead":
            yield texts.outcome(
                place, r.instead or "queued", r.instead_reason or "", r.instead_link
            )
        else:
            yield Outcome(
                place, words[r.state], r.reason, r.posted_link if row.kind != "retract" else None
            )


def posting(outbox: Outbox, zone: ZoneInfo) -> Callable[[], datetime | None]:
    """Edit the posts that are no longer right, as far as the chat's limits allow. When to come again."""
    looked_at: list[datetime] = []

    def look() -> datetime | None:
        now = outbox.clock()
        if looked_at and now - looked_at[0] < LOOK_EVERY:  # senders are called at each message
            return looked_at[0] + LOOK_EVERY
        looked_at[:] = [now]
        with outbox.database.read() as connection:
            rows = store.live(connection, outbox.account)
        times = [_refresh(outbox, row, zone) for row in rows]
        return min((t for t in times if t is not None), default=None)

    return look


def _refresh(outbox: Outbox, row: Any, zone: ZoneInfo) -> datetime | None:
    now, connector = outbox.clock(), outbox.connector
    if row.native_id is None or not isinstance(connector, Editable):
        if row.post in ("rejected", "cancelled"):
            _put(outbox, row, row.shown, now, live=False)
        return None
    with outbox.database.read() as connection:
        shown = text_of(connection, row, zone, now)
    if shown.text == row.shown:
        if not shown.live:
            _put(outbox, row, shown.text, row.edited_at, live=False)
        return None
    scopes = scopes_of(row.account, "telegram", row.posted_in)
    rested: datetime = row.edited_at + EDIT_EVERY
    free_at = max(outbox.pacer.free_at(scopes, now, urgent=True), rested)
    if free_at > now:
        return free_at
    outbox.pacer.spend(scopes, now)
    buttons = tuple(tuple(Button(*one) for one in line) for line in buttons_of(row, shown))
    try:
        connector.edit(Receipt(row.native_id, now), row.posted_in, shown.text, buttons=buttons)
    except Rejected as refusal:  # deleted by hand: /announcements still tells
        log.warning("an announcement's post cannot be edited", extra={"reason": refusal.reason})
        _put(outbox, row, shown.text, now, live=False)
    except Refusal as refusal:
        log.info("an announcement's post is edited later", extra={"reason": refusal.reason})
        return now + (refusal.retry_after or timedelta(seconds=5))
    else:
        _put(outbox, row, shown.text, now, live=shown.live)
    return None


def _put(outbox: Outbox, row: Any, text: str, now: datetime, *, live: bool) -> None:
    """Unless somebody has decided meanwhile: the next look shows that."""
    with outbox.database.write() as connection:
        store.shown_as(connection, row.id, row.nonce, text, now, live=live)


def scopes_of(account: str, platform: str, place: str) -> tuple[tuple[str, str], ...]:
    """The windows in which a change of a post counts."""
    chat = ((f"{platform}:account", ""), (f"{platform}:chat", place))
    is_group = platform == "telegram" and place.rpartition(":")[2].startswith("-")
    return (*chat, ("telegram:group", place)) if is_group else chat
