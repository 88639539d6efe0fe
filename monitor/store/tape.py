"""Everything stored of one place from some instant on, and what came of reading it anew. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.answering import Parent
from monitor.core.around import Mark, MarkKind, Pin
from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.cases import PRELUDE, REOPEN, Case, Read
from monitor.core.ledger import TREES
from monitor.core.link_rooms import where_of
from monitor.core.messages import Message, Platform, Role
from monitor.core.replay import Tape
from monitor.store.cases import load
from monitor.store.correction_tables import corrections, links, pins, rereads
from monitor.store.faq_tables import faq_answers
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.messages import message_of
from monitor.store.recent import lines
from monitor.store.tables import assessments, cases, deliveries, messages

_NOTHING = Assessment(Topic.CHATTER, Urgency.LOW, "und", Complexity.SIMPLE, 1.0)
_MARKS = {"close": MarkKind.CLOSED, "reopen": MarkKind.REOPENED}


@dataclass(frozen=True, slots=True)
class Stored:
    """A tape, and what the database has now: each message's case by number, by the message's id."""

    tape: Tape
    linked: Mapping[int, int | None]


def stored(
    connection: Connection, platform: Platform, place: str, since: datetime, olds: Sequence[str], *,
    guesses: bool,
) -> Stored:  # fmt: skip
    """What is stored of a place from `since` on. `olds`: what the place was called before it moved."""
    here = _Here(connection, platform, place, since, (place, *olds))
    later = here.rows(messages.c.sent_at >= since)
    rewritten = here.rewritten()
    found = here.cases([*later, *rewritten])
    whole = here.whole(found, [*later, *rewritten])
    early = [*here.early({found[key].id or 0 for key in whole}), *rewritten]
    rows = {row.id: row for row in (*early, *later)}
    reads = here.reads(rows.values())
    recent, parents = here.recent(later, found) if guesses else ((), {})
    parents |= here.parents(later, found)
    keys = {case.id: key for key, case in found.items()}
    hows = _by_message(connection, links, rows)
    tape = Tape(
        since, found, whole, reads,
        settled={row.id: Pin(keys.get(row.case_id), *_how(hows.get(row.id))) for row in early},
        pins={n: Pin(row.case_key, "moved") for n, row in _by_message(connection, pins, rows).items()},
        marks=_marks(connection, whole), parents=parents, recent=recent,
    )  # fmt: skip
    return Stored(tape, {row.id: row.case_id for row in rows.values()})


def _how(row: Any) -> tuple[str, float | None, datetime | None]:
    return (row.how, row.sure, row.at) if row is not None else ("", None, None)


@dataclass(frozen=True, slots=True)
class _Here:
    connection: Connection
    platform: Platform
    place: str
    since: datetime
    names: tuple[str, ...]

    def rows(self, *where: sa.ColumnElement[bool]) -> Sequence[Any]:
        m = messages.c
        query = sa.select(messages).where(
            m.platform == self.platform.value, m.place.in_(self.names), m.state == "assessed"
        )
        return self.connection.execute(query.where(*where)).all()

    def rewritten(self) -> Sequence[Any]:
        """What was written before and has been edited since."""
        since = sa.select(rereads.c.message_id).where(rereads.c.edited_at >= self.since)
        return self.rows(messages.c.sent_at < self.since, messages.c.id.in_(since))

    def cases(self, later: Sequence[Any]) -> dict[str, Case]:
        """All that may change: not silent for too long, written to since, answered by mark, named by a correction."""
        c = cases.c
        where = (c.platform == self.platform.value, c.place == self.place)
        roots = {
            f"{self.platform}:{self.place}:{row.thread}"
            for row in later
            if row.thread and self.platform in TREES
        }
        named = {
            row.case_key
            for row in _by_message(self.connection, pins, {r.id: r for r in later}).values()
        }
        ids = self._ids(*where, c.last_turn_at >= self.since - REOPEN)
        ids |= {row.case_id for row in later} | {n for _, n in self._answered(later).values()}
        for keys in (roots, named - {None}):
            ids |= self._by_key(keys)
        return {case.key: case for case in self._with_merged(ids - {None}).values()}

    def _ids(self, *where: sa.ColumnElement[bool]) -> set[int | None]:
        return set(self.connection.execute(sa.select(cases.c.id).where(*where)).scalars())

    def _by_key(self, keys: Iterable[str]) -> set[int]:
        given = wanted((key,) for key in keys)
        query = sa.select(cases.c.id).select_from(keyed(dialect_of(self.connection), cases, "key"))
        return set(self.connection.execute(query, given).scalars())

    def _with_merged(self, ids: set[Any]) -> dict[int, Case]:
        found = load(self.connection, sorted(ids), lock=True)
        roots = {case.merged_into for case in found.values() if case.merged_into}
        if roots:
            more = self._ids(cases.c.merged_into.in_(sorted(roots))) - found.keys()
            found |= load(self.connection, sorted(n for n in more if n is not None), lock=True)
        return found

    def _answered(self, later: Sequence[Any]) -> dict[tuple[Platform, str, str], tuple[str, Any]]:
        """By reply mark: the message or our own post, its author and case."""
        found: dict[tuple[Platform, str, str], tuple[str, Any]] = {}
        given = wanted((row.platform, row.place, row.reply_to) for row in later if row.reply_to)
        dialect = dialect_of(self.connection)
        for table, author in ((messages, messages.c.author_id), (deliveries, sa.literal(""))):
            t = table.c
            query = sa.select(t.platform, t.place, t.native_id, author.label("author"), t.case_id)
            joined = query.select_from(keyed(dialect, table, "platform", "place", "native_id"))
            for row in self.connection.execute(joined, given):
                key = (Platform(row.platform), self.place, row.native_id)
                if key not in found or found[key][1] is None:
                    found[key] = (row.author, row.case_id)
        return found

    def parents(self, later: Sequence[Any], found: Mapping[str, Case]) -> dict[Any, Parent]:
        keys = {case.id: key for key, case in found.items()}
        fresh = {row.native_id for row in later}
        return {
            where: Parent(author, keys.get(number))
            for where, (author, number) in self._answered(later).items()
            if where[2] not in fresh
        }

    def whole(self, found: Mapping[str, Case], later: Sequence[Any]) -> frozenset[str]:
        """Cases to be read from their first message on: something of them happened since, or they are none now."""
        m, c = messages.c, corrections.c
        ids = sorted(case.id for case in found.values() if case.id is not None)
        changed = sa.or_(m.edited_at >= self.since, m.deleted_at >= self.since)
        query = sa.select(m.case_id).select_from(
            keyed(dialect_of(self.connection), messages, "case_id")
        )
        moved = set(
            self.connection.execute(query.where(changed), wanted((n,) for n in ids)).scalars()
        )
        moved |= {row.case_id for row in later}
        marks = sa.select(c.case_key).where(
            c.kind.in_(_MARKS), c.at >= self.since, c.case_key.in_(found)
        )
        marked = set(self.connection.execute(marks).scalars())
        own = {
            key
            for key, case in found.items()
            if case.id in moved or key in marked or case.is_empty or case.state == "withdrawn"
        }
        roots = {found[key].merged_into for key in own} - {None}
        return frozenset(own | {key for key, case in found.items() if case.merged_into in roots})

    def early(self, whole: set[int]) -> list[Any]:
        """What was written before: in these cases, and what may turn out to begin a question."""
        m = messages.c
        given = wanted((number,) for number in whole)
        query = sa.select(messages).select_from(
            keyed(dialect_of(self.connection), messages, "case_id")
        )
        query = query.where(m.sent_at < self.since, m.state == "assessed")
        loose = self.rows(
            m.sent_at >= self.since - PRELUDE, m.sent_at < self.since, m.case_id.is_(None),
            m.role == Role.MEMBER.value,
        )  # fmt: skip
        return [*self.connection.execute(query, given), *loose]

    def recent(
        self, later: Sequence[Any], found: Mapping[str, Case]
    ) -> tuple[tuple[Message, ...], dict[Any, Parent]]:
        rooms = {where_of(self._message(row)) for row in later if row.platform not in TREES}
        return lines(self.connection, dict.fromkeys(rooms, self.since), found)

    def _message(self, row: Any) -> Message:
        return replace(message_of(row), place=self.place)

    def reads(self, rows: Iterable[Any]) -> list[Read]:
        """Each message as it was first judged, and each of its edits."""
        rows = list(rows)
        judged = _judged(self.connection, [row.id for row in rows])
        return [read for row in rows for read in self._versions(row, judged.get(row.id, []))]

    def _versions(self, row: Any, judged: Sequence[_Judged]) -> Iterable[Read]:
        message = self._message(row)
        first = next((a for edited_at, a in judged if edited_at is None), None)
        edits = [(at, a) for at, a in judged if at is not None]
        if first is not None or not edits:
            yield _read(row, message, first or _NOTHING)
        for at, assessment in edits:
            yield replace(_read(row, replace(message, edited_at=at), assessment), rewritten=True)


_Judged = tuple[datetime | None, Assessment]


def _read(row: Any, message: Message, assessment: Assessment) -> Read:
    return Read(message, Role(row.role), assessment, row.id, row.case_id, row.imported,
                deleted_at=row.deleted_at)  # fmt: skip


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
        found.setdefault(row.message_id, []).append((edits.get((row.message_id, row.at)), judged))
    return found


def _marks(connection: Connection, keys: Iterable[str]) -> list[Mark]:
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
    return by_team + by_askers
