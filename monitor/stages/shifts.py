"""The end of a shift: who leaves gives back what they had, and the next shift reads what is open. It sends nothing
itself, and touches no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from monitor.core import attention, listing
from monitor.core.roster import Person, Roster, Shift
from monitor.core.triage import Delivery, Kind, priority
from monitor.stages.attention import USEFUL
from monitor.stages.cards import Board
from monitor.store import board as lists
from monitor.store import deliveries
from monitor.store.database import Connection
from monitor.store.desk_inputs import note_act


def ending_shifts(board: Board) -> Callable[[datetime], bool]:
    """Looked at by the clock: has somebody gone, and is there anything to hand over?"""
    before: dict[str, bool] = {}

    def look(now: datetime) -> bool:
        roster = board.roster()
        gone = attention.ended(before, roster, now) if before else _missed(board, roster, now)
        before.clear()
        before.update({p.name: p.is_on_duty(now) for p in roster.people})
        return bool(gone) and _hand_over(board, gone, now)

    return look


def _missed(board: Board, roster: Roster, now: datetime) -> Sequence[Person]:
    """Whose shift has ended while nobody looked: they still have what they took in it."""
    with board.database.read() as connection:
        claims = lists.claims(connection)
    return [
        p for p in roster.people
        if not p.is_on_duty(now) and any(name == p.name and p.is_on_duty(at) for name, at in claims)
    ]  # fmt: skip


def _hand_over(board: Board, gone: Sequence[Person], now: datetime) -> bool:
    """One post for all who leave at once; none when nothing is open."""
    names = ", ".join(p.name for p in gone)
    with board.database.write() as connection:
        released = sum(lists.release_all(connection, p.name, now) for p in gone)
        found, total = lists.waiting(connection)
        if not total:
            return False
        text = listing.handed_over(names, found, total, released, board.roster(), now)
        key = f"handover:{gone[0].name}:{now:%Y-%m-%dT%H:%M}"
        note = Delivery(key, Kind.NOTE, board.desk.account, board.desk.platform, board.place(connection), text,
                        priority(Kind.NOTE), now, now + USEFUL)  # fmt: skip
        deliveries.queue(connection, [note], {}, now)
        _note(connection, key, gone, now)
    return True


def _note(connection: Connection, key: str, gone: Sequence[Person], now: datetime) -> None:
    """By which hours somebody left is kept: rosters change."""
    for person in gone:
        hours = "; ".join(_words(shift) for shift in person.shifts)
        note_act(connection, f"{key}:{person.name}", "shift end", person.name, now, details=hours)


def _words(shift: Shift) -> str:
    return f"{shift.start:%H:%M}-{shift.end:%H:%M} {shift.zone.key}"
