"""The commands of the desk chat: each gives one short text. Who may give them was checked before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from monitor.core import desk as cards
from monitor.core import listing
from monitor.core.roster import Person
from monitor.core.text import clip, safe
from monitor.stages.cards import Board, facts_of, post_anew
from monitor.stages.desk import Command
from monitor.store import board as lists
from monitor.store import cases, fetches
from monitor.store import desk as store
from monitor.store import desk_inputs as inputs
from monitor.store.database import Connection, Database

PAUSED = "paused"
QUOTE = 800  # of what was asked: what was done needs room, too
HELP = """Reply to a card to answer the person. Buttons: take it, ready answers, close, more.
/open – everybody who waits
/waiting – who waits and nobody has them
/mine – what you have
/triage – what the judge could not tell: one tap says it
/case 12 – one case, with what was done
/who – who is on duty
/stats – the last 24 hours
/handover – give your cases back, list what is open
/announcements – what is announced; /announce NAME @set and lines en: …, zh: … makes one; /correct, /retract, /pin NAME
/pause – stop everything the desk says by itself in public; /pause off starts it again
/help – this"""


def commands() -> Mapping[str, Command]:
    """By name."""
    return {
        "open": _open, "waiting": _waiting, "mine": _mine, "case": _case, "who": _who, "stats": _stats,
        "handover": _hand_over, "pause": _pause, "help": _help, "start": _help,
    }  # fmt: skip


def _open(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    return _list(connection, board, "Open", now)


def _waiting(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    return _list(connection, board, "Waiting, with nobody", now, free=True)


def _mine(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    return _list(connection, board, f"{by.name}'s", now, by=by.name)


def _list(connection: Connection, board: Board, title: str, now: datetime, **which: Any) -> str:
    found, total = lists.waiting(connection, **which)
    nobody = listing.unread(board.roster(), {w.language for w in found}, now)
    return listing.listed(title, found, total, now, nobody)


def _case(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    number = listing.case_number(rest)
    if number is None:
        return "Which case? Say its number: /case 12"
    found = cases.load(connection, [number])
    card = store.card_of(connection, number)
    if number not in found or card is None:
        return f"There is no case {number} at this desk."
    case = found[number]
    if (
        card.native_id is None and case.is_waiting
    ):  # it stands on the list: who asks for it gets its card
        post_anew(connection, board, case, now)
    facts, state = facts_of(connection, board, case, now), store.handling_of(card)
    text = cards.card(case, facts, state, now, quote=QUOTE)
    done = [clip(f"{a.at:%d %b %H:%M} {safe(a.by)}: {a.act} {safe(a.details)}".rstrip(), 120)
            for a in lists.history(connection, number)]  # fmt: skip
    return "\n".join([text, *(["", "What was done:", *done] if done else [])])


def _who(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    has = lists.has(connection)
    return listing.who(board.roster(), lambda name: has.get(name, 0), now)


def _stats(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    return listing.stats(lists.day(connection, now), now, fetches.spent_today(connection, now))


def _hand_over(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    released = lists.release_all(connection, by.name, now)
    inputs.note_act(connection, f"message:{row.place}:{row.native_id}", "handover", by.name, now)
    found, total = lists.waiting(connection)
    return listing.handed_over(by.name, found, total, released, board.roster(), now)


def _pause(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    off = rest.strip().lower() in ("off", "stop", "end")
    if rest.strip() and not off and rest.strip().lower() != "on":
        return "Say /pause, or /pause off."
    inputs.set_switch(connection, PAUSED, "" if off else "yes", by.name, now)
    key = f"message:{row.place}:{row.native_id}"
    inputs.note_act(connection, key, "pause", by.name, now, details=rest)
    if off:
        return f"{by.name} has ended the pause: acknowledgements and answers go out again."
    return (
        f"{by.name} has paused everything that the desk says by itself in public. Your own answers still go out. "
        "/pause off ends it."
    )


def _help(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    return HELP


def pausing(database: Database, clock: Callable[[], datetime]) -> Callable[[], bool]:
    """Is the desk paused? Asked of the database at most once a second."""
    known: dict[str, Any] = {"at": None, "paused": False}

    def is_paused() -> bool:
        now = clock()
        if known["at"] is None or (now - known["at"]).total_seconds() >= 1:
            with database.read() as connection:
                row = inputs.switch(connection, PAUSED)
            known.update(at=now, paused=row is not None and row.value == "yes")
        return bool(known["paused"])

    return is_paused
