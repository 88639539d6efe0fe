"""Messages that were judged before and belong to no case: they may begin one, or a person may put them into one.

It changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.cases import BURST, PRELUDE, Read
from monitor.core.messages import Role
from monitor.store.correction_tables import pins
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.reading import rows_of
from monitor.store.tables import Instant, assessments, messages, slot_of
from monitor.store.written import COLUMNS, message_at, was_rewritten

_BESIDES = tuple(messages.c[n] for n in ("id", "case_id", "imported", "seen_at", "state"))
_author_of = itemgetter(*map([c.name for c in COLUMNS].index, ("platform", "place", "author_id")))
_ID, _CASE, _STATE = len(COLUMNS), len(COLUMNS) + 1, len(COLUMNS) + 4
_TOPICS = {t.value: t for t in Topic}
_URGENCIES = {u.value: u for u in Urgency}
_COMPLEXITIES = {c.value: c for c in Complexity}


def unlinked(connection: Connection, reads: Sequence[Read]) -> tuple[Read, ...]:
    """What belongs to no case and may turn out to: written around a question of its author."""
    mine = {read.id for read in reads}
    return tuple(read for read in _of_authors(connection, reads) if read.id not in mine)


def _of_authors(connection: Connection, reads: Sequence[Read]) -> Iterable[Read]:
    asking = [r.message for r in reads if r.asks and r.role is Role.MEMBER and r.message.author.id]
    if not asking:
        return ()
    first, last = min(m.sent_at for m in asking), max(m.sent_at for m in asking)
    keys = wanted((slot, m.author.id) for m in asking for slot in _slots_around(m.sent_at))
    given = keys | {"since": first - PRELUDE, "until": last + BURST}
    authors = {(m.platform.value, m.place, m.author.id) for m in asking}
    return _reads(connection, _queries(dialect_of(connection))["author"], given, by=authors)


def _slots_around(asked_at: datetime) -> range:
    return range(slot_of(asked_at - PRELUDE), slot_of(asked_at + BURST) + 1)


def reads_of(
    connection: Connection, case_ids: Sequence[int], *, only: int | None = None
) -> dict[int, list[Read]]:
    """Everything that people wrote in these cases, by case; `only`: that one message, of whatever case, under 0."""
    grouped: dict[int, list[Read]] = {}
    ids = [only] if only is not None else case_ids
    if ids:
        found = _queries(dialect_of(connection))["case" if only is None else "id"]
        for read in _reads(connection, found, wanted((number,) for number in ids)):
            grouped.setdefault(0 if only is not None else read.case_id or 0, []).append(read)
    return grouped


@cache
def _queries(dialect: str) -> dict[str, sa.Select[Any]]:
    # Only by keys and time (hence the plus): SQLite would otherwise choose the index of messages without a case,
    # which are most.
    m = messages.c
    since, until = (sa.bindparam(name, type_=Instant) for name in ("since", "until"))
    stays = sa.exists().where(pins.c.message_id == m.id)  # a person said where it belongs

    def by(*names: str) -> sa.Select[Any]:
        return sa.select(*COLUMNS, *_BESIDES).select_from(keyed(dialect, messages, *names))

    return {
        "author": by("slot", "author_id").where(
            m.sent_at.between(since, until),
            sa.literal_column("+messages.case_id").is_(None),
            sa.not_(stays),
        ),
        "case": by("case_id"),
        "id": by("id"),
    }


def _reads(
    connection: Connection, query: sa.Select[Any], keys: Mapping[str, Any], *,
    by: Collection[tuple[str, str, str]] | None = None,
) -> list[Read]:  # fmt: skip
    """`by`: only what these wrote (platform, place, author) that belongs to no case."""
    rows = [
        row
        for row in rows_of(connection, query, keys)
        if row[_STATE] == "assessed"
        and (by is None or (row[_CASE] is None and _author_of(row) in by))
    ]
    judged = _judgements(connection, [row[_ID] for row in rows])
    return [_read(row, judged[row[_ID]]) for row in rows if row[_ID] in judged]


def _judgements(connection: Connection, numbers: Sequence[int]) -> dict[int, Assessment]:
    """The newest judgement of each; only of what people wrote there are any."""
    if not numbers:
        return {}
    query = _judgement_query(dialect_of(connection))
    return {
        number: Assessment(_TOPICS[topic], _URGENCIES[urgency], language, _COMPLEXITIES[complexity], confidence,
                           signals=frozenset(signals), by=by)
        for number, topic, urgency, language, complexity, confidence, signals, by in rows_of(
            connection, query, wanted((number,) for number in numbers)
        )
    }  # fmt: skip


@cache
def _judgement_query(dialect: str) -> sa.Select[Any]:
    a = assessments.c
    return (
        sa.select(
            a.message_id,
            a.topic,
            a.urgency,
            a.language,
            a.complexity,
            a.confidence,
            a.signals,
            a.by,
        )
        .select_from(keyed(dialect, assessments, "message_id"))
        .order_by(a.at, a.id)
    )


def _read(row: Sequence[Any], assessment: Assessment) -> Read:
    message = message_at(row[:_ID])
    number, case_id, imported, seen_at = row[_ID:_STATE]
    assert message.role is not None  # noqa: S101 - whatever was judged has one
    rewritten = was_rewritten(message.edited_at, seen_at)
    return Read(message, message.role, assessment, number, case_id, imported, rewritten)
