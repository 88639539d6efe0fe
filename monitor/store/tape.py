"""What is stored of a stretch of one place and of the cases that it touches, to be read anew. It decides nothing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.answering import Parent
from monitor.core.around import Mark, MarkKind, Pin
from monitor.core.assessment import PERSON, Assessment, Complexity, Topic, Urgency
from monitor.core.cases import PRELUDE, Case, Read
from monitor.core.ledger import TREES
from monitor.core.link_rooms import where_of
from monitor.core.messages import Message, Role
from monitor.core.quick import replace
from monitor.core.replay import Tape
from monitor.store.correction_tables import corrections, links, pins, rereads
from monitor.store.crossposts import heard_by
from monitor.store.faq_tables import faq_answers
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.messages import message_of
from monitor.store.recent import last_rows
from monitor.store.span import Span
from monitor.store.tables import assessments, messages

_NOTHING = Assessment(Topic.CHATTER, Urgency.LOW, "und", Complexity.SIMPLE, 1.0)
_MARKS = {"close": MarkKind.CLOSED, "reopen": MarkKind.REOPENED}


@dataclass(frozen=True, slots=True)
class Stored:
    """A tape, and what the database has now: each message's case by number, by the message's id."""

    tape: Tape
    linked: Mapping[int, int | None]


def stored(span: Span, *, guesses: bool) -> Stored:
    """What is stored of a span and of the cases that it touches."""
    connection = span.connection
    later, rewritten = span.written(), span.rewritten()
    heard = [*later, *rewritten]
    before = _before(span, later, rewritten) if guesses else []
    near = {row.case_id for row in before} if guesses else span.near()
    found = span.cases(heard, near)
    whole = span.whole(found, heard)
    others = _others(span, {found[key].id or 0 for key in whole})
    rows = {row.id: row for row in (*_put_beside(span, heard), *others, *rewritten, *later)}
    keys = {case.id: key for key, case in found.items()}
    put = _put(span, rows)
    hows, written = _by_message(connection, links, rows), {row.id for row in later}
    parents = {
        (span.platform, span.place, row.native_id): Parent(row.author_id, keys.get(row.case_id))
        for row in before
    }
    tape = Tape(
        span.since, found, whole, _reads(span, rows, put.keys()),
        settled={n: Pin(keys.get(row.case_id), *_how(hows.get(n))) for n, row in rows.items() if n not in written},
        pins={n: Pin(key, "moved") for n, key in put.items()},
        marks=_marks(connection, found, whole), parents=parents | span.parents(heard, found),
        recent=tuple(_message(span, row) for row in before), until=span.until,
        fresh=frozenset(key for key, case in found.items() if (case.id or 0) >= span.fresh > 0),
    )  # fmt: skip
    return Stored(tape, {row.id: row.case_id for row in rows.values()})


def _put(span: Span, rows: Mapping[int, Any]) -> dict[int, str | None]:
    """Where people put messages; of what comes after the span, what they put beside something in it."""
    found = _by_message(span.connection, pins, rows)
    now = {n for n in found if span.until is None or rows[n].sent_at < span.until}
    beside = {found[n].case_key for n in now} - {None}
    return {n: row.case_key for n, row in found.items() if n in now or row.case_key in beside}


def _put_beside(span: Span, heard: Sequence[Any]) -> Sequence[Any]:
    """What comes later and people put where they put some of these: which of them asks is told by all."""
    found = _by_message(span.connection, pins, {row.id: row for row in heard})
    keys = {row.case_key for row in found.values()} - {None}
    if not keys or span.until is None:
        return ()
    beside = sa.select(pins.c.message_id).where(pins.c.case_key.in_(sorted(keys)))
    return span.rows(messages.c.sent_at >= span.until, messages.c.id.in_(beside))


def _how(row: Any) -> tuple[str, float | None, datetime | None]:
    return (row.how, row.sure, row.at) if row is not None else ("", None, None)


def _others(span: Span, whole: set[int]) -> list[Any]:
    """What else was written in these cases, before and after, and what may turn out to begin a question."""
    m = messages.c
    given = wanted((number,) for number in whole)
    query = sa.select(messages).select_from(keyed(dialect_of(span.connection), messages, "case_id"))
    query = query.where(sa.not_(span.has(m.sent_at)), m.state == "assessed")
    loose = span.rows(
        m.sent_at >= span.since - PRELUDE, m.sent_at < span.since, m.case_id.is_(None),
        m.role == Role.MEMBER.value,
    )  # fmt: skip
    return [*span.connection.execute(query, given), *loose]


def _before(span: Span, later: Sequence[Any], rewritten: Sequence[Any]) -> list[Any]:
    """What was said last before the span, and before what was edited in it."""
    if span.platform in TREES:
        return []
    before = {(where_of(_message(span, row)), span.since) for row in later}
    before |= {(where_of(_message(span, row)), row.sent_at) for row in rewritten}
    return list(last_rows(span.connection, before))


def _message(span: Span, row: Any) -> Message:
    message = message_of(row)
    return message if row.place == span.place else replace(message, place=span.place)


def _reads(span: Span, rows: Mapping[int, Any], put: Container[int]) -> list[Read]:
    """Each message as it was first judged, and each of its edits."""
    judged = _judged(span.connection, list(rows))
    found = []
    for number, row in rows.items():
        mine = list(_versions(_message(span, row), row, judged.get(number, [])))
        until = span.until
        if (
            until is not None
            and number not in put
            and any(span.since <= r.at < until for r in mine)
        ):
            # It is read anew; what became of it later is looked at in its own time.
            mine = [read for read in mine if read.at < until]
        found += mine
    return found


def _versions(message: Message, row: Any, judged: Sequence[_Judged]) -> Iterable[Read]:
    first = next((one for one in judged if one[0] is None), None)
    edits = [one for one in judged if one[0] is not None]
    if first is not None or not edits:
        _, assessment, said = first or (None, _NOTHING, 0)
        yield _read(row, message, assessment, said)
    for at, assessment, said in edits:
        edited = _read(row, replace(message, edited_at=at), assessment, said)
        yield replace(edited, rewritten=True)


# of which edit, what, and a fingerprint of what was said
_Judged = tuple[datetime | None, Assessment, int]


def _read(row: Any, message: Message, assessment: Assessment, said: int) -> Read:
    return Read(message, Role(row.role), assessment, row.id, row.case_id, row.imported,
                deleted_at=row.deleted_at, said=said)  # fmt: skip


def _by_message(connection: Connection, table: sa.Table, rows: Mapping[int, Any]) -> dict[int, Any]:
    query = sa.select(table).select_from(keyed(dialect_of(connection), table, "message_id"))
    return {row.message_id: row for row in connection.execute(query, wanted((n,) for n in rows))}


def _judged(connection: Connection, numbers: Sequence[int]) -> dict[int, list[_Judged]]:
    given, dialect = wanted((n,) for n in numbers), dialect_of(connection)
    again = sa.select(rereads).select_from(keyed(dialect, rereads, "message_id"))
    edits = {(r.message_id, r.judged_at): r.edited_at for r in connection.execute(again, given)}
    a = assessments.c
    query = sa.select(assessments).select_from(keyed(dialect, assessments, "message_id"))
    found: dict[int, list[_Judged]] = {}
    for row in connection.execute(query.order_by(a.at, a.id), given):
        judged = Assessment(
            Topic(row.topic), Urgency(row.urgency), row.language, Complexity(row.complexity),
            row.confidence, signals=frozenset(row.signals), by=row.by,
        )  # fmt: skip
        mine = found.setdefault(row.message_id, [])
        if mine and row.by.startswith(PERSON):  # of the text as it stood then
            edited_at, _, said = mine[-1]
            mine[-1:] = [(edited_at, judged, said)] if judged.topic.needs_answer else mine[-1:]
        else:
            mine.append((edits.get((row.message_id, row.at)), judged, row.said or 0))
    return found


def _marks(connection: Connection, found: Mapping[str, Case], keys: Iterable[str]) -> list[Mark]:
    c = corrections.c
    query = sa.select(c.case_key, c.kind, c.at).where(
        c.kind.in_(_MARKS), c.case_key.in_(sorted(keys))
    )
    by_team = [Mark(row.case_key, _MARKS[row.kind], row.at) for row in connection.execute(query)]
    a = faq_answers.c
    helped = sa.select(a.case_key, a.helped_at).where(
        a.helped.is_(sa.true()), a.case_key.in_(sorted(keys))
    )
    by_askers = [Mark(key, MarkKind.CONFIRMED, at) for key, at in connection.execute(helped)]
    return by_team + by_askers + heard_by(connection, {key: found[key] for key in keys})
