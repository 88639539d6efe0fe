"""What is stored of a stretch of one place and of the cases that it touches, to be read anew. It decides nothing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from monitor.core.answering import Parent
from monitor.core.around import Pin
from monitor.core.assessment import PERSON, Assessment, Complexity, Topic, Urgency
from monitor.core.cases import Read
from monitor.core.ledger import TREES
from monitor.core.link_rooms import where_of
from monitor.core.messages import Message, Role
from monitor.core.quick import replace
from monitor.core.replay import Tape
from monitor.store import span_reads
from monitor.store.crossposts import heard_by
from monitor.store.lookup import dialect_of, wanted
from monitor.store.marks import marks_of
from monitor.store.reading import rows_of
from monitor.store.recent import last_rows
from monitor.store.span import Span
from monitor.store.written import message_of

_NOTHING = Assessment(Topic.CHATTER, Urgency.LOW, "und", Complexity.SIMPLE, 1.0)


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
    others = [*span.others(found[key].id or 0 for key in whole), *span.loose()]
    rows = {row.id: row for row in (*_put_beside(span, heard, whole), *others, *rewritten, *later)}
    keys = {case.id: key for key, case in found.items()}
    put = _put(span, rows, whole)
    hows = {number: how for number, *how in _of(connection, "links", rows)}
    written = {row.id for row in later}
    parents = {
        (span.platform, span.place, row.native_id): Parent(row.author_id, keys.get(row.case_id))
        for row in before
    }
    tape = Tape(
        span.since, found, whole, _reads(span, rows, put.keys()),
        settled={n: Pin(keys.get(row.case_id), *_how(hows.get(n))) for n, row in rows.items() if n not in written},
        pins={n: Pin(key, "moved") for n, key in put.items()},
        marks=[*marks_of(connection, whole), *heard_by(connection, {key: found[key] for key in whole})],
        parents=parents | span.parents(heard, found),
        recent=tuple(_message(span, row) for row in before), until=span.until,
        fresh=frozenset(key for key, case in found.items() if span.begun.is_new(case)),
    )  # fmt: skip
    return Stored(tape, {row.id: row.case_id for row in rows.values()})


def _put(span: Span, rows: Mapping[int, Any], whole: Iterable[str]) -> dict[int, str | None]:
    """Where people put messages; of what comes after the span, what they put beside something in it."""
    found = _pins(span, rows)
    now = {n for n in found if span.until is None or rows[n].sent_at < span.until}
    beside = {found[n] for n in now} - {None} | set(whole)
    return {n: key for n, key in found.items() if n in now or key in beside}


def _put_beside(span: Span, heard: Sequence[Any], whole: Iterable[str]) -> Sequence[Any]:
    """What people put where they put some of these, earlier and later: which of them asks is told by all."""
    keys = set(_pins(span, [row.id for row in heard]).values()) - {None} | set(whole)
    if not keys:
        return ()
    statement = span_reads.of_messages(dialect_of(span.connection))["put beside"]
    numbers = rows_of(span.connection, statement, wanted((key,) for key in keys))
    return span.by_number(numbers)


def _pins(span: Span, numbers: Iterable[int]) -> dict[int, str | None]:
    return dict(_of(span.connection, "pins", numbers))


def _of(connection: Connection, what: str, numbers: Iterable[int]) -> Sequence[Any]:
    statement = span_reads.of_messages(dialect_of(connection))[what]
    return rows_of(connection, statement, wanted((n,) for n in numbers))


def _how(row: Any) -> tuple[str, float | None, datetime | None]:
    return row or ("", None, None)


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


def _judged(connection: Connection, numbers: Sequence[int]) -> dict[int, list[_Judged]]:
    edits = {(number, at): edited for number, at, edited in _of(connection, "rereads", numbers)}
    found: dict[int, list[_Judged]] = {}
    for number, at, *labels, said in _of(connection, "judged", numbers):
        topic, urgency, language, complexity, sure, signals, by = labels
        judged = Assessment(
            Topic(topic), Urgency(urgency), language, Complexity(complexity), sure, signals=frozenset(signals), by=by,
        )  # fmt: skip
        mine = found.setdefault(number, [])
        if mine and by.startswith(PERSON):  # of the text as it stood then
            edited_at, _, before = mine[-1]
            mine[-1:] = [(edited_at, judged, before)] if judged.topic.needs_answer else mine[-1:]
        else:
            mine.append((edits.get((number, at)), judged, said or 0))
    return found
