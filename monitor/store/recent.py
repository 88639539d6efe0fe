"""What was said last in rooms where it must be guessed who answers whom, and cases that a person has joined.

Asked only for batches in which it can matter; no decision is taken here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.answering import ASIDE, OVERNIGHT
from monitor.core.cases import Case, Read
from monitor.core.ledger import TREES, Known, Parent
from monitor.core.link_rooms import DEPTH, Where, where_of
from monitor.core.messages import Message, Platform, Role
from monitor.store.cases import load
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.reading import rows_of
from monitor.store.tables import Instant, cases, messages
from monitor.store.written import message_of

Key = tuple[Platform, str, str]


def completed(
    connection: Connection, known: Known, reads: Sequence[Read], *, guesses: bool
) -> Known:
    """With the last lines of rooms in which a link must be guessed, and with cases that are the same trouble."""
    more: dict[str, Case] = {}
    quiet = [read for read in reads if _is_quiet(read)] if guesses else []
    open_to = _open_cases(connection, quiet) if quiet else {}
    missing = open_to.keys() - {case.id for case in known.cases.values()}
    if missing:
        more = {case.key: case for case in load(connection, list(missing), lock=True).values()}
    more |= _same_trouble(connection, (*known.cases.values(), *more.values()))
    rooms = {where_of(r.message) for r in quiet} & set(open_to.values())
    if not more and not rooms:
        return known
    found = {**known.cases, **more}
    first = {room: min(_in(quiet, room)) for room in rooms}
    last, parents = lines(connection, first.items(), found)
    return replace(known, cases=found, recent=last, parents={**parents, **known.parents})


def _in(reads: Iterable[Read], room: Where) -> list[datetime]:
    return [read.message.sent_at for read in reads if where_of(read.message) == room]


def _is_quiet(read: Read) -> bool:
    """Nothing in it says what it answers, and it may be an answer."""
    message = read.message
    if message.reply_to is not None or message.platform in TREES:
        return False
    return read.role is Role.STAFF or (
        read.role is Role.MEMBER and bool(message.author.id) and not read.asks
    )


def _open_cases(connection: Connection, quiet: Sequence[Read]) -> dict[int, Where]:
    """Cases of others that these messages may answer, with their rooms."""
    staff = [read for read in quiet if read.role is Role.STAFF]
    reach = min(r.message.sent_at - (OVERNIGHT if staff else ASIDE) for r in quiet)
    places = wanted((r.message.platform.value, r.message.place) for r in quiet)
    rows = rows_of(connection, _waiting(dialect_of(connection)), places | {"since": reach})
    return {
        number: (Platform(platform), place, thread)
        for number, platform, place, thread, answered_at in rows
        if staff or answered_at is None
    }


@cache
def _waiting(dialect: str) -> sa.Select[Any]:
    c = cases.c
    return (
        sa.select(c.id, c.platform, c.place, c.thread, c.community_first_at)
        .select_from(keyed(dialect, cases, "platform", "place"))
        .where(c.open_turn_at.is_not(None), c.last_turn_at >= sa.bindparam("since", type_=Instant))
    )


def _same_trouble(connection: Connection, known: Iterable[Case]) -> dict[str, Case]:
    known = list(known)
    roots = {case.merged_into for case in known if case.merged_into is not None}
    if not roots:
        return {}
    c = cases.c
    ids = connection.execute(sa.select(c.id).where(c.merged_into.in_(sorted(roots)))).scalars()
    missing = set(ids) - {case.id for case in known}
    return {case.key: case for case in load(connection, list(missing), lock=True).values()}


def lines(
    connection: Connection, before: Iterable[tuple[Where, datetime]], found: Mapping[str, Case]
) -> tuple[tuple[Message, ...], dict[Key, Parent]]:
    """The last messages of rooms until some instants, and to which of these cases each belongs."""
    keys = {case.id: key for key, case in found.items()}
    last: list[Message] = []
    parents: dict[Key, Parent] = {}
    for row in last_rows(connection, before):
        message = message_of(row)
        last.append(message)
        where = (message.platform, message.place, message.native_id)
        parents[where] = Parent(message.author.id, keys.get(row.case_id))
    return tuple(last), parents


def last_rows(connection: Connection, before: Iterable[tuple[Where, datetime]]) -> Iterable[Any]:
    """The last messages of rooms until some instants, as they are stored."""
    for (platform, place, thread), until in sorted(set(before), key=str):
        given = {"platform": platform.value, "place": place, "thread": thread, "until": until}
        yield from connection.execute(_last(thread is None), given)


@cache
def _last(is_whole: bool) -> sa.Select[Any]:
    m = messages.c
    thread = m.thread.is_(None) if is_whole else m.thread == sa.bindparam("thread")
    return (
        sa.select(messages)
        .where(m.platform == sa.bindparam("platform"), m.place == sa.bindparam("place"), thread)
        .where(m.sent_at <= sa.bindparam("until", type_=Instant), m.state == "assessed")
        .order_by(m.sent_at.desc(), sa.func.length(m.native_id).desc(), m.native_id.desc())
        .limit(DEPTH)
    )
