"""Show cases in the desk chat: what a post says as it goes out, and edits of posts whose case has moved on.

It decides nothing about a case. Everything here runs in the thread that sends for the desk's account.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.core import attention, listing
from monitor.core import desk as cards
from monitor.core.assessment import Urgency
from monitor.core.attention import Quiet
from monitor.core.cases import Case
from monitor.core.desk import Facts
from monitor.core.handling import Handling
from monitor.core.lookalike import pretends
from monitor.core.messages import Platform
from monitor.core.roster import Roster
from monitor.core.text import clip, safe
from monitor.core.triage import Delivery, Desk, Kind, Playbook, Speaker, priority
from monitor.ports import Button, Buttons, Editable, Receipt, Refusal, Rejected, Unavailable
from monitor.stages.deliver import Dressed, Outbox
from monitor.store import board as lists
from monitor.store import cases, deliveries, edits, moving, translations
from monitor.store import desk as store
from monitor.store.database import Connection, Database

log = logging.getLogger(__name__)
LIST_EVERY = timedelta(seconds=20)  # the list may use what is kept for the urgent, so it is modest
EDIT_EVERY = timedelta(seconds=3)  # one card is not edited more often
RELAYED = (
    "relay:"  # the author's id of what a person said through the desk, where the roster knows none
)
LOST = ":lost"
BAIT_WITHIN = timedelta(hours=1)  # of the question: who pretends to be us comes soon


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
    mail: tuple[str, tuple[str, ...]] | None = (
        None  # account and recipients, where the chat cannot be reached
    )
    leads: tuple[str, ...] = ()
    quiet: Quiet | None = None
    per_minute: int = 8  # new cards
    language: str = "en"  # what the managers read
    translates: bool = False  # somebody translates for them
    nonce: Callable[[], str] = new_nonce
    # Ready answers that may fit a case, best first: (entry, title, text in the asker's language).
    suggest: Callable[[Connection, Case], Sequence[tuple[str, str, str]]] = (
        lambda _connection, _case: ()
    )
    # What the menus of a card offer: to be given by who knows them.
    offers: Callable[[Connection, Board, Case, Handling, datetime], Mapping[str, Any]] | None = None

    def ours(self, connection: Connection) -> moving.Places:
        """The desk's places, also where they have moved since the config was written."""
        return moving.followed(
            self.private, edits.moved_places(connection, self.desk.platform.value)
        )

    def place(self, connection: Connection) -> str:
        """Where the managers' chat is now."""
        moved = edits.moved_places(connection, self.desk.platform.value)
        return moving.place_now(self.desk.place, self.private, moved)


def dressing(board: Board) -> Callable[[Connection, Any, Case | None, datetime], Dressed | None]:
    """How a delivery looks as it goes out: cards as they are at this moment."""

    def dress(connection: Connection, row: Any, case: Case | None, now: datetime) -> Dressed | None:
        if row.key.startswith(LIST) and row.account == board.desk.account:
            text, buttons = list_shown(connection, board, now)
            said = {"delivery_id": row.id, "shown": text, "edited_at": now}
            store.put_list(connection, row.place, row.account, **said)
            return Dressed(text, buttons)
        if row.kind != "alert" or case is None or row.account != board.desk.account:
            return None
        news = row.text.partition("\n")[0].rpartition(" · ")[2]
        is_card = row.key == f"alert:{case.key}" or row.key.startswith(f"card:{case.key}:")
        card = None if is_card else store.card_of(connection, row.case_id)
        if card is None or card.native_id is None or card.place != row.place:
            return _card(connection, board, row, case, now)  # the first that is told of it
        text = cards.ping(case, news, row.case_id, now)
        people = _called(board, row, case, store.handling_of(card), now)
        silent = attention.is_silent(case.urgency, board.quiet, now)
        return Dressed(_marked(row, text), reply_to=card.native_id, calls=people, silent=silent)

    return dress


def _card(connection: Connection, board: Board, row: Any, case: Case, now: datetime) -> Dressed:
    number = row.case_id
    store.make_card(connection, number, row.account, row.place, row.id, board.nonce())
    store.change_card(connection, number, delivery_id=row.id)
    text, buttons, link = shown(connection, board, case, now, repeat=row.repeat)
    standing = store.standing_of(connection, number, now)
    store.change_card(connection, number, shown=standing, edited_at=None, live=True)
    handling = store.handling_of(store.card_of(connection, number))
    people = _called(board, row, case, handling, now) if case.is_waiting else ()
    silent = attention.is_silent(case.urgency, board.quiet, now)
    return Dressed(text, buttons, link, calls=() if silent else people, silent=silent)


def _called(
    board: Board, row: Any, case: Case, handling: Handling, now: datetime
) -> tuple[tuple[str, str], ...]:
    """Whose phones ring: those who can answer; for a missed target the leads too."""
    roster = board.roster()
    people = attention.called(case, handling, roster, now)
    if row.key.startswith("breach:"):
        people = (*attention.leads(board.leads, roster, now), *people)
    return tuple(dict.fromkeys(attention.calls(people)))


LIST = "list:"


def list_shown(connection: Connection, board: Board, now: datetime) -> tuple[str, Buttons]:
    """What waits without a card of its own, with buttons to give the riskiest one."""
    found, total = lists.waiting(connection, listed=True)
    if not total:
        return "📋 Everything that waits has its card.", ()
    nobody = listing.unread(board.roster(), {w.language for w in found}, now)
    first = sorted(found, key=lambda w: -w.risk(now, nobody))[:4]
    text = listing.listed("📋 Waiting without a card of their own", found, total, now, nobody)
    return text, (tuple(Button(f"Show #{w.case_id}", f"l:{w.case_id}") for w in first),)


def _marked(row: Any, text: str) -> str:
    return f"(possible repeat)\n{text}" if row.repeat else text


def shown(connection: Connection, board: Board, case: Case, now: datetime, *, repeat: bool = False
          ) -> tuple[str, Buttons, str | None]:  # fmt: skip
    """Text, buttons and link of a case's card as it is now."""
    row = store.card_of(connection, case.id or 0)
    handling = store.handling_of(row)
    facts = facts_of(connection, board, case, now)
    if board.offers is not None:
        facts = replace(facts, **board.offers(connection, board, case, handling, now))
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
        warning=_warning(connection, board, case),
        translation=translations.translated(connection, row.message_id, board.language),
    )  # fmt: skip


def _warning(connection: Connection, board: Board, case: Case) -> str:
    """Somebody who is not of the team has answered under a name that sounds like it."""
    team = [person.name for person in board.roster().people]
    for row in store.others_in(connection, case, BAIT_WITHIN):
        if pretends(row.author_name, row.author_handle, team):
            who = clip(safe(row.author_name or row.author_handle), 60)
            return f"{who} has written to them and is not of the team"
    return ""


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
        times = (_refresh(board, outbox, rows), _refresh_list(board, outbox))
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
            post_anew(connection, board, case, now, LOST)


def post_anew(
    connection: Connection, board: Board, case: Case, now: datetime, why: str = ""
) -> None:
    """A further card for a case whose card is gone; once a minute at most. `why` LOST: nobody asked for it, so it
    may go to the list instead."""
    key = f"card:{case.key}:{now:%Y-%m-%dT%H:%M}{why}"
    anew = Delivery(key, Kind.ALERT, board.desk.account, board.desk.platform, board.place(connection), "",
                    priority(Kind.ALERT, case.urgency), now, case_key=case.key)  # fmt: skip
    deliveries.queue(connection, [anew], {case.key: case.id or 0}, now)
