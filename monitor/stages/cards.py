"""Show cases in the desk chat: what a post says as it goes out, and edits of posts whose case has moved on.

It decides nothing about a case. Everything here runs in the thread that sends for the desk's account.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from monitor.core import desk as cards
from monitor.core.cases import Case
from monitor.core.desk import Facts
from monitor.core.messages import Platform
from monitor.core.roster import Roster
from monitor.core.triage import Delivery, Desk, Kind, Playbook, Speaker, priority
from monitor.ports import Button, Buttons, Editable, Receipt, Refusal, Rejected, Unavailable
from monitor.stages.deliver import Dressed, Outbox
from monitor.store import cases, deliveries
from monitor.store import desk as store
from monitor.store.database import Connection, Database

log = logging.getLogger(__name__)
EDIT_EVERY = timedelta(seconds=3)  # one card is not edited more often
RELAYED = (
    "relay:"  # the author's id of what a person said through the desk, where the roster knows none
)
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")


def new_nonce() -> str:
    """Good for one press: 72 random bits, twelve characters."""
    return secrets.token_urlsafe(9)


@dataclass(frozen=True, slots=True)
class Board:
    """What the desk needs of the house. `speakers` and `anywhere` as in House; `private` are the desk's places."""

    database: Database
    desk: Desk
    roster: Callable[[], Roster]
    playbook: Callable[[], Playbook]
    speakers: Mapping[tuple[Platform, str], Speaker] = field(default_factory=dict)
    anywhere: Mapping[Platform, Speaker] = field(default_factory=dict)
    private: frozenset[tuple[Platform, str]] = frozenset()
    nonce: Callable[[], str] = new_nonce


def dressing(board: Board) -> Callable[[Connection, Any, Case | None, datetime], Dressed | None]:
    """How a delivery looks as it goes out: cards as they are at this moment."""

    def dress(connection: Connection, row: Any, case: Case | None, now: datetime) -> Dressed | None:
        if row.kind != "alert" or case is None or row.account != board.desk.account:
            return None
        news = row.text.partition("\n")[0].rpartition(" · ")[2]
        is_card = row.key == f"alert:{case.key}" or row.key.startswith(f"card:{case.key}:")
        card = None if is_card else store.card_of(connection, row.case_id)
        if card is None or card.native_id is None or card.place != row.place:
            return _card(connection, board, row, case, now)  # the first that is told of it
        text = cards.ping(case, news, row.case_id, now)
        return Dressed(_marked(row, text), reply_to=card.native_id)

    return dress


def _card(connection: Connection, board: Board, row: Any, case: Case, now: datetime) -> Dressed:
    number = row.case_id
    store.make_card(connection, number, row.account, row.place, row.id, board.nonce())
    store.change_card(connection, number, delivery_id=row.id)
    text, buttons, link = shown(connection, board, case, now, repeat=row.repeat)
    standing = store.standing_of(connection, number, now)
    store.change_card(connection, number, shown=standing, edited_at=None, live=True)
    return Dressed(text, buttons, link)


def _marked(row: Any, text: str) -> str:
    return f"(possible repeat)\n{text}" if row.repeat else text


def shown(connection: Connection, board: Board, case: Case, now: datetime, *, repeat: bool = False
          ) -> tuple[str, Buttons, str | None]:  # fmt: skip
    """Text, buttons and link of a case's card as it is now."""
    row = store.card_of(connection, case.id or 0)
    handling = store.handling_of(row)
    facts = facts_of(connection, board, case, now)
    rows = cards.buttons(case, facts, handling)
    text = cards.card(case, facts, handling, now, repeat=repeat)
    return text, as_buttons(rows), facts.link


def as_buttons(rows: cards.Rows) -> Buttons:
    """Rows of (label, what comes back) as the port wants them."""
    return tuple(tuple(Button(label, data) for label, data in row) for row in rows)


def facts_of(connection: Connection, board: Board, case: Case, now: datetime) -> Facts:
    """What the card says of the case besides its clocks."""
    row, why = store.facts(connection, [case.id or 0])[case.id or 0]
    who = row.author_name or row.author_handle or row.author_id or case.author_id
    if row.author_name and row.author_handle:
        who = f"{row.author_name} (@{row.author_handle})"
    return Facts(
        text=row.text or "",
        who=who or "somebody",
        place_name=row.place_name or "",
        why=tuple(why),
        link=row.link,
        alike=store.alike(connection, case.platform.value, case.place, case.topic.value, case.id or 0),
        answered_by=name_of(board.roster(), case),
        deleted=row.deleted_at is not None,
    )  # fmt: skip


def name_of(roster: Roster, case: Case) -> str:
    """Who answered first, by the name in the roster; "" while nobody has, or nobody knows."""
    if case.staff_id is None or case.staff_first_at is None:
        return ""
    if case.staff_id.startswith(RELAYED):
        return case.staff_id.removeprefix(RELAYED)
    person = roster.person(case.platform, case.staff_id, case.staff_first_at)
    return person.name if person else ""


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
        return _refresh(board, outbox, rows)

    return refresh


def _refresh(board: Board, outbox: Outbox, rows: Any) -> datetime | None:
    again: datetime | None = None
    for row in rows:
        now = outbox.clock()
        scopes = (("telegram:account", ""), ("telegram:chat", row.place), ("telegram:group", row.place))  # fmt: skip
        free_at = outbox.pacer.free_at(scopes, now, urgent=True)
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
        if row.extra_id:
            connector.delete(Receipt(row.extra_id, now), row.place)
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
        if row.extra_id:
            store.change_card(connection, row.case_id, extra_id=None)


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
            post_anew(connection, board, case, now)


def post_anew(connection: Connection, board: Board, case: Case, now: datetime) -> None:
    """A further card for a case whose card is gone; once a minute at most."""
    key = f"card:{case.key}:{now:%Y-%m-%dT%H:%M}"
    anew = Delivery(key, Kind.ALERT, board.desk.account, board.desk.platform, board.desk.place, "",
                    priority(Kind.ALERT, case.urgency), now, case_key=case.key)  # fmt: skip
    deliveries.queue(connection, [anew], {case.key: case.id or 0}, now)
