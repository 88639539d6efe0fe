"""A stretch of time in one place: what was written in it, and which cases may change when it is read anew.

It reads and decides nothing. What it looks for follows the messages of the stretch, not the history around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.answering import TREES, Parent
from monitor.core.cases import ELSEWHERE, NEARBY, REOPEN, Case
from monitor.core.messages import Platform
from monitor.core.wording import is_named
from monitor.store.cases import load
from monitor.store.correction_tables import corrections, pins, rereads
from monitor.store.crossposts import may_have_heard, pairs_of
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import cases, deliveries, messages

MARKING = ("close", "reopen")
_Answered = dict[tuple[Platform, str, str], tuple[str, Any]]


def end_of(
    connection: Connection, platform: Platform, names: Sequence[str], since: datetime, size: int
) -> datetime | None:
    """Until when about `size` messages were written there; None: there are no more than that."""
    m = messages.c
    query = (
        sa.select(m.sent_at)
        .where(m.platform == platform.value, m.place.in_(names), m.sent_at >= since)
        .order_by(m.sent_at)
    )
    found = connection.execute(query.offset(size).limit(1)).scalar_one_or_none()
    if found is not None and found <= since:
        found = connection.execute(query.where(m.sent_at > since).limit(1)).scalar_one_or_none()
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """[since, until) in one place, by all `names` that it has had. `until` None: to this day."""

    connection: Connection
    platform: Platform
    place: str
    since: datetime
    until: datetime | None
    names: tuple[str, ...]
    fresh: int = 0  # cases from this number on were opened while the place is read anew

    def has(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """That the instant lies in it."""
        if self.until is None:
            return column >= self.since
        return sa.and_(column >= self.since, column < self.until)

    def rows(self, *where: sa.ColumnElement[bool]) -> Sequence[Any]:
        """Messages of the place."""
        m = messages.c
        query = sa.select(messages).where(
            m.platform == self.platform.value, m.place.in_(self.names), m.state == "assessed"
        )
        return self.connection.execute(query.where(*where)).all()

    def written(self) -> Sequence[Any]:
        """What was written in it."""
        return self.rows(self.has(messages.c.sent_at))

    def rewritten(self) -> Sequence[Any]:
        """What was written before and has been edited in it."""
        edited = sa.select(rereads.c.message_id).where(self.has(rereads.c.edited_at))
        return self.rows(messages.c.sent_at < self.since, messages.c.id.in_(edited))

    def cases(self, heard: Sequence[Any], more: Iterable[int | None]) -> dict[str, Case]:
        """All that may change or be answered. `heard`: what was said or edited; `more`: further cases by number."""
        ids = {*more, *(row.case_id for row in heard), *self._of_authors(heard)}
        ids |= {number for _, number in self.answered(heard).values()}
        ids |= self._named(heard) | self._happened()
        for keys in (self._roots(heard), self._pinned(heard), self._marked()):
            ids |= self._by_key(keys)
        found = self._with_merged(ids - {None})
        return {
            c.key: c for c in found.values() if (c.platform, c.place) == (self.platform, self.place)
        }

    def near(self) -> set[int | None]:
        """Cases in which something was said shortly before: staff near the only one who waits."""
        m, first = messages.c, self.since - NEARBY
        edited = sa.select(rereads.c.message_id).where(
            rereads.c.edited_at >= first, rereads.c.edited_at < self.since
        )
        rows = self.rows(m.sent_at < self.since, sa.or_(m.sent_at >= first, m.id.in_(edited)))
        return {row.case_id for row in rows}

    def _roots(self, heard: Sequence[Any]) -> set[str]:
        if self.platform not in TREES:
            return set()
        return {f"{self.platform}:{self.place}:{row.thread}" for row in heard if row.thread}

    def _pinned(self, heard: Sequence[Any]) -> set[str]:
        query = sa.select(pins.c.case_key).select_from(
            keyed(dialect_of(self.connection), pins, "message_id")
        )
        given = wanted((row.id,) for row in heard)
        return {key for key in self.connection.execute(query, given).scalars() if key}

    def _marked(self) -> set[str]:
        c = corrections.c
        query = sa.select(c.case_key).where(c.kind.in_(MARKING), self.has(c.at))
        return set(self.connection.execute(query).scalars())

    def _of_authors(self, heard: Sequence[Any]) -> Iterable[int]:
        c = cases.c
        given = wanted(
            (self.platform.value, self.place, row.author_id) for row in heard if row.author_id
        )
        query = (
            sa.select(c.id)
            .select_from(
                keyed(dialect_of(self.connection), cases, "platform", "place", "author_id")
            )
            .where(*self._reaching())
        )
        return self.connection.execute(query, given).scalars()

    def _reaching(self) -> list[sa.ColumnElement[bool]]:
        c = cases.c
        begun = [] if self.until is None else [c.opened_at < self.until]
        return [c.last_turn_at >= self.since - REOPEN, *begun]

    def _named(self, heard: Sequence[Any]) -> set[int]:
        """Cases of those whom somebody names."""
        names = {name.casefold() for row in heard for name in row.mentions or () if name}
        if not names:
            return set()
        c = cases.c
        query = sa.select(c.id, c.author_id, c.author_handle).where(
            c.platform == self.platform.value, c.place == self.place, *self._reaching()
        )
        return {
            row.id
            for row in self.connection.execute(query)
            if is_named(names, row.author_id, row.author_handle)
        }

    def _happened(self) -> set[int | None]:
        """Cases of which something was deleted, or that heard of an answer in another place."""
        m = messages.c
        query = sa.select(m.case_id).where(
            m.platform == self.platform.value, m.place.in_(self.names), self.has(m.deleted_at)
        )
        gone = set(self.connection.execute(query).scalars())
        return gone | may_have_heard(self.connection, self.platform.value, self.place, self.since)

    def _by_key(self, keys: Iterable[str]) -> set[int]:
        query = sa.select(cases.c.id).select_from(keyed(dialect_of(self.connection), cases, "key"))
        given = wanted((key,) for key in keys)
        return set(self.connection.execute(query, given).scalars())

    def _with_merged(self, ids: set[Any]) -> dict[int, Case]:
        found = load(self.connection, sorted(ids), lock=True)
        roots = {case.merged_into for case in found.values() if case.merged_into}
        if roots:
            query = sa.select(cases.c.id).where(cases.c.merged_into.in_(sorted(roots)))
            more = set(self.connection.execute(query).scalars()) - found.keys()
            found |= load(self.connection, sorted(more), lock=True)
        return found

    def answered(self, heard: Sequence[Any]) -> _Answered:
        """By reply mark: the message or our own post, its author and case."""
        found: _Answered = {}
        given = wanted((row.platform, row.place, row.reply_to) for row in heard if row.reply_to)
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

    def parents(self, heard: Sequence[Any], found: Mapping[str, Case]) -> dict[Any, Parent]:
        """What is answered and was said before."""
        keys = {case.id: key for key, case in found.items()}
        fresh = {row.native_id for row in heard}
        return {
            where: Parent(author, keys.get(number))
            for where, (author, number) in self.answered(heard).items()
            if where[2] not in fresh
        }

    def whole(self, found: Mapping[str, Case], heard: Sequence[Any]) -> frozenset[str]:
        """Cases to be read from their first message on: something of them happened since, or they are none now."""
        m, c = messages.c, corrections.c
        ids = sorted(case.id for case in found.values() if case.id is not None)
        changed = sa.or_(
            m.sent_at >= self.since, m.edited_at >= self.since, m.deleted_at >= self.since
        )
        query = sa.select(m.case_id).select_from(
            keyed(dialect_of(self.connection), messages, "case_id")
        )
        moved = set(
            self.connection.execute(query.where(changed), wanted((n,) for n in ids)).scalars()
        )
        moved |= {row.case_id for row in heard} | {one for one, _ in pairs_of(self.connection, ids)}
        marks = sa.select(c.case_key).where(
            c.kind.in_(MARKING), c.at >= self.since, c.case_key.in_(found)
        )
        marked = set(self.connection.execute(marks).scalars())
        own = {
            key
            for key, case in found.items()
            if case.id in moved or key in marked or case.is_empty or case.state == "withdrawn"
            or ELSEWHERE in (case.staff_by, case.community_by) or (case.id or 0) >= self.fresh > 0
        }  # fmt: skip
        roots = {found[key].merged_into for key in own} - {None}
        return frozenset(own | {key for key, case in found.items() if case.merged_into in roots})
