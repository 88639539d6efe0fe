"""What a person corrects in cases: stored with who and when, and the clocks read anew with it. It says nothing itself.

Each function is one transaction, or (given a connection) a part of one. Raises CorrectionRefused with a sentence,
and changes nothing then.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from monitor.core import cases, corrections, outcomes
from monitor.core.cases import Case
from monitor.core.corrections import Correction, CorrectionRefused
from monitor.store import cases as stored_cases
from monitor.store import corrections as stored
from monitor.store import crossposts
from monitor.store.database import Connection, Database, writing

Planned = tuple[Correction, Case]


def merge(database: Database | Connection, into: int, other: int, by: str, now: datetime) -> int:
    """Two cases are one need, or (of several people) one trouble. The correction's number."""

    def plan(connection: Connection) -> Planned:
        kept, given = _case(connection, into), _case(connection, other)
        reads = (*stored.reads(connection, kept), *stored.reads(connection, given))
        return corrections.merge(kept, given, reads, stored.alike(connection, given)), kept

    return _written(database, plan, by, now)


def split(database: Database | Connection, case: int, message: int, by: str, now: datetime) -> int:
    """A case of its own from that message on; a case that was joined leaves when it is named by its own message."""

    def plan(connection: Connection) -> Planned:
        found, read = _case(connection, case), stored.read(connection, message)
        if read is not None and read.case_id not in (None, case) and found.merged_into is not None:
            joined = _case(connection, read.case_id or 0)
            if joined.merged_into == found.merged_into:
                return corrections.leave(joined), joined
        reads = stored.reads(connection, found)
        key = _free_key(connection, read.message.key) if read else ""
        return corrections.split(found, reads, message, key), found

    return _written(database, plan, by, now)


def move(
    database: Database | Connection, message: int, to: int | None, by: str, now: datetime
) -> int:
    """One message to another case, or to none."""

    def plan(connection: Connection) -> Planned:
        read = stored.read(connection, message)
        if read is None:
            raise CorrectionRefused(f"there is no judged message {message}")
        before = _case(connection, read.case_id) if read.case_id is not None else None
        goal = _case(connection, to) if to is not None else None
        if goal is not None and (goal.platform, goal.place) != (
            read.message.platform,
            read.message.place,
        ):
            raise CorrectionRefused("the case is in another place")
        where = goal or before
        if where is None:
            raise CorrectionRefused("the message is there already")
        reads = stored.reads(connection, goal) if goal else ()
        return corrections.move(before, read, goal.key if goal else None, reads), where

    return _written(database, plan, by, now)


def move_to_new(database: Database | Connection, message: int, by: str, now: datetime) -> int:
    """One message becomes a case of its own."""

    def plan(connection: Connection) -> Planned:
        read = stored.read(connection, message)
        if read is None or not read.message.author.id:
            raise CorrectionRefused(f"there is no judged message {message} of somebody known")
        before = _case(connection, read.case_id) if read.case_id is not None else None
        key = _free_key(connection, read.message.key)
        where = cases.opened_by(read, read.message)
        return corrections.move(before, read, key), where

    return _written(database, plan, by, now)


def not_a_question(database: Database | Connection, case: int, by: str, now: datetime) -> int:
    """Nobody asked anything: the case is withdrawn, and no report counts it."""

    def plan(connection: Connection) -> Planned:
        found = _case(connection, case)
        correction = corrections.not_a_question(found, stored.reads(connection, found))
        empty = outcomes.emptied(found)
        stored_cases.update_all(connection, [empty])
        crossposts.note(connection, [empty], {found.key: found})
        return correction, found

    return _written(database, plan, by, now)


def close(database: Database | Connection, case: int, by: str, now: datetime) -> int:
    """A person of the team says that it is done."""

    def plan(connection: Connection) -> Planned:
        found = _case(connection, case)
        correction = corrections.close(found, now)
        stored_cases.update_all(connection, [outcomes.closed(found, now)])
        return correction, found

    return _written(database, plan, by, now)


def reopen(database: Database | Connection, case: int, by: str, now: datetime) -> int:
    """A person of the team says that it is not done: it waits again."""

    def plan(connection: Connection) -> Planned:
        found = _case(connection, case)
        correction = corrections.reopen(found, now)
        stored_cases.update_all(connection, [outcomes.opened_again(found, now)])
        return correction, found

    return _written(database, plan, by, now)


def _written(
    database: Database | Connection, plan: Callable[[Connection], Planned], by: str, now: datetime
) -> int:
    with writing(database) as connection:
        correction, where = plan(connection)
        return stored.write(connection, correction, where, by, now)


def _case(connection: Connection, number: int) -> Case:
    found = stored.case(connection, number)
    if found is None:
        raise CorrectionRefused(f"there is no case {number}")
    return found


def _free_key(connection: Connection, key: str) -> str:
    """The message's own key, unless a case with messages has it."""
    while (found := stored.by_key(connection, key)) is not None and not found.is_empty:
        key += "+"
    return key
