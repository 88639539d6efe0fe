"""Show cases in the desk chat: what a post says as it goes out, and edits of posts whose case has moved on.

It decides nothing about a case. Everything here runs in the thread that sends for the desk's account.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.core import attention, fakes, listing
from monitor.core import desk as cards
from monitor.core.attention import Quiet
from monitor.core.cases import Case
from monitor.core.desk import Facts
from monitor.core.handling import Handling
from monitor.core.lookalike import pretends
from monitor.core.messages import Platform
from monitor.core.roster import Roster
from monitor.core.text import clip, safe
from monitor.core.triage import Delivery, Desk, Kind, Playbook, Speaker, priority
from monitor.ports import Button, Buttons
from monitor.stages.outbox import Dressed
from monitor.store import board as lists
from monitor.store import cardfacts, cases, deliveries, edits, moving, translations
from monitor.store import desk as store
from monitor.store.database import Connection, Database

log = logging.getLogger(__name__)
RELAYED = (
    "relay:"  # the author's id of what a person said through the desk, where the roster knows none
)
LOST, TO = ":lost", ":to:"
TOGETHER = "together:"  # the same news of several cases
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
    threads: Mapping[str, int] = field(default_factory=dict)  # forum topics by urgency or language
    per_minute: int = 8  # new cards
    language: str = "en"  # what the managers read
    translates: bool = False  # somebody translates for them
    nonce: Callable[[], str] = new_nonce
    # Ready answers that may fit a case, best first: (entry, title, text in the asker's language).
    suggest: Callable[[Connection, Case], Sequence[tuple[str, str, str]]] = (
        lambda _connection, _case: ()
    )
    # Drafts whose previews are settled: only to take buttons away, so nothing is lost with it when the program ends.
    settled: deque[int] = field(default_factory=deque)
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
        if row.key.startswith(fakes.ALERT) and row.account == board.desk.account:
            return _of_a_fake(connection, board, row, now)
        if row.key.startswith(TOGETHER) and row.account == board.desk.account:
            return _of_several(connection, board, row, now)
        if row.kind != "alert" or case is None or row.account != board.desk.account:
            return None
        news = row.text.partition("\n")[0].rpartition(" · ")[2]
        is_card = row.key == f"alert:{case.key}" or row.key.startswith(f"card:{case.key}:")
        card = None if is_card else store.card_of(connection, row.case_id)
        if (
            card is None
            or card.native_id is None
            or card.place != row.place
            or _moves(board, card, case)
        ):
            return _card(connection, board, row, case, now)  # the first that is told of it, there
        in_surge = lists.is_in_surge(connection, row.case_id)
        text = cards.ping(case, news, row.case_id, now, in_surge=in_surge)
        people = _called(board, row, case, store.handling_of(card), now)
        silent = attention.is_silent(case.urgency, board.quiet, now)
        return Dressed(
            _marked(row, text),
            reply_to=card.native_id,
            calls=people,
            silent=silent,
            thread=card.thread,
        )

    return dress


def _moves(board: Board, card: Any, case: Case) -> bool:
    return case.is_waiting and card.thread != attention.thread_of(case, board.threads)


def _of_a_fake(connection: Connection, board: Board, row: Any, now: datetime) -> Dressed:
    """Under the card of whom they answered, to whoever looks after security."""
    number = cardfacts.case_of_message(connection, row.message_id)
    card = store.card_of(connection, number) if number is not None else None
    people = attention.calls(attention.guards(board.leads, board.roster(), now))
    under, thread = (card.native_id, card.thread) if card is not None else (None, None)
    return Dressed(_marked(row, row.text), (), row.link, under, people, thread=thread)


def _of_several(connection: Connection, board: Board, row: Any, now: datetime) -> Dressed:
    """One line for several cases, to whoever is called for the most urgent; once late, to the leads too."""
    number = cardfacts.case_of_message(connection, row.message_id)
    found = cases.load(connection, [number]) if number is not None else {}
    card = store.card_of(connection, number) if number in found else None
    late = row.key.startswith(f"{TOGETHER}{attention.Step.BREACHED}")
    people = attention.leads(board.leads, board.roster(), now) if late else ()
    if card is not None and number is not None:
        handling = store.handling_of(card)
        people = (*people, *attention.called(found[number], handling, board.roster(), now))
    return Dressed(_marked(row, row.text), calls=tuple(dict.fromkeys(attention.calls(people))))


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
    thread = attention.thread_of(case, board.threads)
    return Dressed(
        text, buttons, link, calls=() if silent else people, silent=silent, thread=thread
    )


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
    as_of = listing.ticked(now)
    first = sorted(found, key=lambda w: -w.risk(now, nobody, as_of))[:4]
    text = listing.listed(
        "📋 Waiting without a card of their own", found, total, now, nobody, as_of
    )
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
    row, why = cardfacts.facts(connection, [case.id or 0])[case.id or 0]
    who = row.author_name or row.author_handle or row.author_id or case.author_id
    if row.author_name and row.author_handle:
        who = f"{row.author_name} (@{row.author_handle})"
    return Facts(
        text=row.text or "",
        who=who or "somebody",
        place_name=row.place_name or "",
        why=tuple(why),
        link=row.link,
        alike=cardfacts.alike(connection, case.platform.value, case.place, case.topic.value, case.id or 0),
        in_surge=lists.is_in_surge(connection, case.id or 0),
        answered_by=name_of(board.roster(), case),
        deleted=row.deleted_at is not None,
        warning=_warning(connection, board, case),
        translation=translations.translated(connection, row.message_id, board.language),
        elsewhere=tuple(cardfacts.elsewhere(connection, case.id or 0)),
    )  # fmt: skip


def _warning(connection: Connection, board: Board, case: Case) -> str:
    """Somebody who is not of the team has answered under a name that sounds like it."""
    team = board.roster().names
    for row in cardfacts.others_in(connection, case, BAIT_WITHIN):
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


def to_its_topic(connection: Connection, board: Board, row: Any, case: Case, now: datetime) -> None:
    """The forum topic is another since the case is more (or less) urgent: a card there, once for each old post."""
    if not _moves(board, row, case):
        return
    thread = attention.thread_of(case, board.threads) or "general"
    anew = Delivery(f"card:{case.key}{TO}{thread}:{row.native_id}", Kind.ALERT, row.account, board.desk.platform,
                    row.place, "", priority(Kind.ALERT, case.urgency), now, case_key=case.key)  # fmt: skip
    deliveries.queue(connection, [anew], {case.key: case.id or 0}, now)


def stands_there(connection: Connection, board: Board, row: Any, case: Case) -> bool:
    """Is this the move of a card that has arrived already by another post?"""
    card = store.card_of(connection, row.case_id)
    is_move = row.key.startswith(f"card:{case.key}{TO}")
    return is_move and card is not None and not _moves(board, card, case)


def post_anew(
    connection: Connection, board: Board, case: Case, now: datetime, why: str = ""
) -> None:
    """A further card for a case whose card is gone; once a minute at most. `why` LOST: nobody asked for it, so it
    may go to the list instead."""
    key = f"card:{case.key}:{now:%Y-%m-%dT%H:%M}{why}"
    asking = lists.asking_message(connection, case)
    anew = Delivery(key, Kind.ALERT, board.desk.account, board.desk.platform, board.place(connection), "",
                    priority(Kind.ALERT, case.urgency), now, case_key=case.key, message_id=asking)  # fmt: skip
    deliveries.queue(connection, [anew], {case.key: case.id or 0}, now)
