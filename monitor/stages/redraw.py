"""Edit the posts of the desk chat whose case has moved on, as far as the chat's limits allow.

It decides nothing about a case. Everything here runs in the thread that sends for the desk's account.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from monitor.core.assessment import Urgency
from monitor.core.cases import Case
from monitor.core.triage import Delivery, Kind, priority
from monitor.ports import Buttons, Editable, Receipt, Refusal, Rejected, Unavailable
from monitor.stages.cards import LIST, LOST, Board, list_shown, post_anew, shown, to_its_topic
from monitor.stages.outbox import Outbox
from monitor.stages.previews import settle_previews
from monitor.store import cases, deliveries
from monitor.store import desk as store

log = logging.getLogger(__name__)

MOVED = "↪ #{number}: its card stands elsewhere in this chat now."
LIST_EVERY = timedelta(seconds=20)  # the list may use what is kept for the urgent, so it is modest


EDIT_EVERY = timedelta(seconds=3)  # one card is not edited more often


def refreshing(board: Board, outbox: Outbox) -> Callable[[], datetime | None]:
    """Edit the posts whose case has moved on, as far as the chat's limits allow. When to come again."""
    last_everywhere: list[datetime] = []

    def refresh() -> datetime | None:
        now = outbox.clock()
        everywhere = not last_everywhere or now - last_everywhere[0] >= timedelta(minutes=1)
        with board.database.read() as connection:
            rows = store.stale(connection, outbox.account, now, everywhere=everywhere)
        if everywhere and not rows:
            last_everywhere[:] = [now]
        times = (
            _refresh(board, outbox, rows),
            _refresh_list(board, outbox),
            settle_previews(board, outbox, _scopes(board.desk.place)),
        )
        return min((t for t in times if t is not None), default=None)

    return refresh


def _refresh_list(board: Board, outbox: Outbox) -> datetime | None:
    """One post for all that have no card; a new one when the last is half a day old."""
    now = outbox.clock()
    with board.database.read() as connection:
        row = store.list_of(connection, board.place(connection))
        text, buttons = list_shown(connection, board, now)
    is_old = row is None or row.edited_at is None or now - row.edited_at > timedelta(hours=12)
    if row is None or row.native_id is None or (is_old and buttons):
        if buttons:
            _post_list(board, row, now)
        return None
    if row.shown == text:
        return None
    return _edit_list(board, outbox, row, text, buttons, now)


def _post_list(board: Board, row: Any, now: datetime) -> None:
    desk = board.desk
    with board.database.write() as connection:
        place = board.place(connection)
        post = Delivery(f"{LIST}{place}:{now:%Y-%m-%dT%H:%M}", Kind.ALERT, desk.account, desk.platform, place,
                        "📋", priority(Kind.ALERT, Urgency.CRITICAL), now, now + timedelta(minutes=5))  # fmt: skip
        if row is None or row.edited_at is None or now - row.edited_at > timedelta(minutes=1):
            deliveries.queue(connection, [post], {}, now)


def _edit_list(
    board: Board, outbox: Outbox, row: Any, text: str, buttons: Buttons, now: datetime
) -> datetime | None:
    connector = outbox.connector
    free_at = outbox.pacer.free_at(_scopes(row.place), now, urgent=True)
    free_at = max(free_at, row.edited_at + LIST_EVERY)
    if free_at > now or not isinstance(connector, Editable):
        return free_at if free_at > now else None
    outbox.pacer.spend(_scopes(row.place), now)
    native_id: str | None = row.native_id
    try:
        connector.edit(Receipt(row.native_id, now), row.place, text, buttons=buttons)
    except Rejected:
        native_id = None  # deleted by hand: the next look posts a new one
    except Refusal as refusal:
        log.info("the list is edited later", extra={"reason": refusal.reason})
        return now + (refusal.retry_after or EDIT_EVERY)
    with board.database.write() as connection:
        store.put_list(connection, row.place, row.account, shown=text, edited_at=now, native_id=native_id)  # fmt: skip
    return None


def _scopes(place: str) -> tuple[tuple[str, str], ...]:
    return (("telegram:account", ""), ("telegram:chat", place), ("telegram:group", place))


def _refresh(board: Board, outbox: Outbox, rows: Any) -> datetime | None:
    again: datetime | None = None
    for row in rows:
        now = outbox.clock()
        scopes = _scopes(row.place)
        free_at = outbox.pacer.free_at(
            scopes, now
        )  # the last ones are kept for what people ask for
        rested = row.edited_at + EDIT_EVERY if row.edited_at and row.shown else now
        if max(free_at, rested) > now:
            again = min(again or max(free_at, rested), max(free_at, rested))
            continue
        outbox.pacer.spend(scopes, now)
        _edit(board, outbox, row, now)
    return again


def _edit(board: Board, outbox: Outbox, row: Any, now: datetime) -> None:
    connector = outbox.connector
    if not isinstance(connector, Editable):
        return
    with board.database.read() as connection:
        case = cases.load(connection, [row.case_id])[row.case_id]
        text, buttons, link = shown(connection, board, case, now)
        standing = store.standing_of(connection, row.case_id, now)
    try:
        _clear_up(connector, row, now)
        connector.edit(Receipt(row.native_id, now), row.place, text, link=link, buttons=buttons)
    except Rejected as refusal:
        _cannot(board, row, case, refusal, standing, now)
        return
    except Refusal as refusal:  # the next look edits it again: an edit done twice is done once
        _later(board, outbox, row, refusal, now)
        return
    with board.database.write() as connection:
        live = case.state == "open"
        store.shows(connection, row.case_id, standing, now, live=live)
        if row.extra_id or row.left_id:
            store.change_card(connection, row.case_id, extra_id=None, left_id=None)
        to_its_topic(connection, board, row, case, now)


def _clear_up(connector: Editable, row: Any, now: datetime) -> None:
    """A repeat goes; what stands in another topic, or cannot be deleted any more, points to the card."""
    if row.extra_id:
        try:
            connector.delete(Receipt(row.extra_id, now), row.place)
        except Rejected:
            _point(connector, row, row.extra_id, now)
    if row.left_id:
        _point(connector, row, row.left_id, now)


def _point(connector: Editable, row: Any, native_id: str, now: datetime) -> None:
    link = (
        f"https://t.me/c/{row.place[4:]}/{row.native_id}" if row.place.startswith("-100") else None
    )
    with contextlib.suppress(Rejected):  # gone already
        connector.edit(
            Receipt(native_id, now), row.place, MOVED.format(number=row.case_id), link=link
        )


def _later(board: Board, outbox: Outbox, row: Any, refusal: Refusal, now: datetime) -> None:
    log.info("a card is edited later", extra={"reason": refusal.reason, "place": row.place})
    wait = refusal.retry_after if isinstance(refusal, Unavailable) else None
    with board.database.write() as connection:
        later = now + (wait or timedelta(seconds=5)) - EDIT_EVERY
        store.change_card(connection, row.case_id, edited_at=later)


def _cannot(
    board: Board, row: Any, case: Case, refusal: Rejected, standing: str, now: datetime
) -> None:
    """The post is gone (deleted by hand, or the chat has moved): who still waits gets a new card."""
    log.warning("a card cannot be edited", extra={"reason": refusal.reason, "place": row.place})
    with board.database.write() as connection:
        store.change_card(connection, row.case_id, native_id=None, extra_id=None, shown=standing)
        if case.is_waiting:
            post_anew(connection, board, case, now, LOST)
