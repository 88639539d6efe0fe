"""Messages that were judged before and may have to be looked at again: they belong to no case, or to a late one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.cases import BURST, PRELUDE, Read
from monitor.core.messages import Role
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.messages import is_newest, message_of, was_rewritten
from monitor.store.tables import Instant, assessments, messages

_DEEPEST = 20  # levels of replies to replies that came before what they answer


def unlinked(connection: Connection, reads: Sequence[Read]) -> tuple[Read, ...]:
    """What belongs to no case and may turn out to: around a question of its author, or below a message of these."""
    mine = {read.id for read in reads}
    found = {read.id: read for read in _of_authors(connection, reads)}
    level = list(found.values())
    if reads and not is_newest(connection, min(r.message.sent_at for r in reads)):
        level += [r for r in reads if r.role in (Role.MEMBER, Role.STAFF)]
    for _ in range(_DEEPEST):
        level = [r for r in _answering(connection, level) if r.id not in found]
        if not level:
            break
        found |= {read.id: read for read in level}
    return tuple(read for number, read in found.items() if number not in mine)


def _of_authors(connection: Connection, reads: Sequence[Read]) -> Iterable[Read]:
    asking = [r.message for r in reads if r.role is Role.MEMBER and r.asks and r.message.author.id]
    if not asking:
        return ()
    first, last = min(m.sent_at for m in asking), max(m.sent_at for m in asking)
    keys = wanted((m.platform.value, m.place, m.author.id) for m in asking)
    found = _queries(dialect_of(connection))["author"]
    return _reads(connection, found, keys | {"since": first - PRELUDE, "until": last + BURST})


def _answering(connection: Connection, reads: Sequence[Read]) -> Sequence[Read]:
    keys = {(r.message.platform.value, r.message.place, r.message.native_id) for r in reads}
    found = _queries(dialect_of(connection))["answering"]
    return _reads(connection, found, wanted(keys)) if keys else ()


def reads_of(
    connection: Connection, case_ids: Sequence[int], *, only: int | None = None
) -> dict[int, list[Read]]:
    """Everything that people wrote in these cases, by case; `only`: that one message, of whatever case, under 0."""
    grouped: dict[int, list[Read]] = {}
    ids = [only] if only is not None else case_ids
    if ids:
        found = _queries(dialect_of(connection))["case" if only is None else "id"]
        for read in _reads(connection, found, wanted((number,) for number in ids), loose=False):
            grouped.setdefault(0 if only is not None else read.case_id or 0, []).append(read)
    return grouped


@cache
def _queries(dialect: str) -> dict[str, sa.Select[Any]]:
    # Only by keys and time (hence the plus): SQLite would otherwise choose the index of messages without a case,
    # which are most.
    m = messages.c
    since, until = (sa.bindparam(name, type_=Instant) for name in ("since", "until"))

    def by(*names: str) -> sa.Select[Any]:
        return sa.select(messages).select_from(keyed(dialect, messages, *names))

    return {
        "author": by("platform", "place", "author_id").where(
            m.sent_at.between(since, until), sa.literal_column("+messages.case_id").is_(None)
        ),
        # Written out, not bound: SQLite uses a partial index only for the condition it was made with.
        "answering": by("platform", "place", "reply_to").where(
            m.reply_to.is_not(None), m.case_id.is_(None), m.state == sa.literal_column("'assessed'")
        ),
        "case": by("case_id"),
        "id": by("id"),
    }


def _reads(
    connection: Connection, query: sa.Select[Any], keys: Mapping[str, Any], *, loose: bool = True
) -> list[Read]:
    rows = [
        row
        for row in connection.execute(query, keys)
        if row.state == "assessed" and not (loose and row.case_id is not None)
    ]
    judged = _judgements(connection, [row.id for row in rows])
    return [_read(row, judged[row.id]) for row in rows if row.id in judged]


def _judgements(connection: Connection, numbers: Sequence[int]) -> dict[int, Assessment]:
    """The newest judgement of each; only of what people wrote there are any."""
    if not numbers:
        return {}
    found = _judgement_query(dialect_of(connection))
    rows = connection.execute(found, wanted((number,) for number in numbers))
    return {
        row.message_id: Assessment(
            Topic(row.topic), Urgency(row.urgency), row.language, Complexity(row.complexity),
            row.confidence, signals=frozenset(row.signals), by=row.by,
        )
        for row in rows
    }  # fmt: skip


@cache
def _judgement_query(dialect: str) -> sa.Select[Any]:
    a = assessments.c
    return (
        sa.select(assessments)
        .select_from(keyed(dialect, assessments, "message_id"))
        .order_by(a.at, a.id)
    )


def _read(row: Any, assessment: Assessment) -> Read:
    return Read(message_of(row), Role(row.role), assessment, row.id, row.case_id, row.imported,
                was_rewritten(row))  # fmt: skip
