"""A stretch of time in one place: what was written in it, and which cases may change when it is read anew.

It reads and decides nothing. What it looks for follows the messages of the stretch, not the history around it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.answering import TREES, Parent
from monitor.core.cases import ELSEWHERE, NEARBY, PRELUDE, REOPEN, Case
from monitor.core.messages import Platform
from monitor.core.replay import Begun
from monitor.core.wording import is_named
from monitor.store import span_reads
from monitor.store.cases import load
from monitor.store.crossposts import may_have_heard, pairs_of
from monitor.store.lookup import dialect_of, wanted
from monitor.store.marks import marked, marks_of
from monitor.store.reading import rows_of
from monitor.store.tables import cases

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
_Answered = dict[tuple[Platform, str, str], tuple[str, Any]]


def end_of(
    connection: Connection, platform: Platform, names: Sequence[str], since: datetime, size: int
) -> datetime | None:
    """Until when about `size` messages were written there; None: there are no more than that."""
    first, after = span_reads.written_at()

    def ask(statement: sa.Select[Any], most: int) -> list[datetime]:
        given = {"platform": platform.value, "since": since, "most": most}
        each = [given | {"place": name} for name in names]
        return sorted(row[0] for one in each for row in rows_of(connection, statement, one))

    found = ask(first, size + 1)[size : size + 1]
    if found and found[0] <= since:
        found = ask(after, 1)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Span:
    """[since, until) in one place, by all `names` that it has had. `until` None: to this day."""

    connection: Connection
    platform: Platform
    place: str
    since: datetime
    until: datetime | None
    names: tuple[str, ...]
    begun: Begun  # which cases have begun since somebody began to read the place anew

    def _given(self) -> dict[str, Any]:
        return {
            "platform": self.platform.value, "since": self.since, "until": self.until or FOREVER,
            "reopen": self.since - REOPEN,
        }  # fmt: skip

    def _rows(self, what: str, before: timedelta) -> list[Any]:
        """Messages of the place: `what` of span_reads.in_place, where it reaches so far `before` the stretch."""
        statement = span_reads.in_place(dialect_of(self.connection))[what]
        given = self._given() | {"first": self.since - before}
        return [
            span_reads.Row(*row)
            for name in self.names
            for row in rows_of(self.connection, statement, given | {"place": name})
        ]

    def written(self) -> Sequence[Any]:
        """What was written in it."""
        return self._rows("written", timedelta(0))

    def loose(self) -> Sequence[Any]:
        """What was written before by members, is of no case, and may turn out to begin a question."""
        return self._rows("loose", PRELUDE)

    def rewritten(self) -> Sequence[Any]:
        """What was written before and has been edited in it."""
        return self._edited(self.since, self.until or FOREVER)

    def _edited(self, first: datetime, until: datetime) -> list[Any]:
        found = rows_of(self.connection, span_reads.edited(), {"first": first, "until": until})
        return [row for row in self.by_number(found) if row.sent_at < self.since]

    def by_number(self, numbers: Collection[tuple[int]]) -> list[Any]:
        """Those of these messages that are of the place and have been judged."""
        return [
            row
            for row in self._of_messages("numbers", numbers)
            if row.place in self.names and row.platform == self.platform.value
            and row.state == "assessed"
        ]  # fmt: skip

    def others(self, whole: Iterable[int]) -> list[Any]:
        """What else was written in these cases, before and after."""
        return self._of_messages("others", [(number,) for number in whole])

    def _of_messages(self, what: str, keys: Collection[tuple[int]]) -> list[Any]:
        if not keys:
            return []
        statement = span_reads.of_messages(dialect_of(self.connection))[what]
        rows = rows_of(self.connection, statement, self._given() | wanted(map(tuple, keys)))
        return [span_reads.Row(*row) for row in rows]

    def _ask(self, what: str, keys: Collection[Any] = (), place: str = "") -> Sequence[Any]:
        """Of span_reads.of_cases, by `keys` or, without any, in the place."""
        if not keys and not place:
            return ()
        statement = span_reads.of_cases(dialect_of(self.connection))[what]
        given = self._given() | {"place": place} | wanted(keys)
        return rows_of(self.connection, statement, given)

    def cases(self, heard: Sequence[Any], more: Iterable[int | None]) -> dict[str, Case]:
        """All that may change or be answered. `heard`: what was said or edited; `more`: further cases by number."""
        ids = {*more, *(row.case_id for row in heard), *self._of_authors(heard)}
        ids |= {number for _, number in self.answered(heard).values()}
        ids |= self._named(heard) | self._happened()
        said = self._by_key(marked(self.connection, self.since, self.until or FOREVER))
        ids |= said | {other for _, other in pairs_of(self.connection, said)}
        ids |= self._by_key(self._roots(heard) | self._pinned(heard))
        found = self._with_merged(ids - {None})
        return {
            c.key: c for c in found.values() if (c.platform, c.place) == (self.platform, self.place)
        }

    def near(self) -> set[int | None]:
        """Cases in which something was said shortly before: staff near the only one who waits."""
        rows = [*self._rows("near", NEARBY), *self._edited(self.since - NEARBY, self.since)]
        return {row.case_id for row in rows}

    def _roots(self, heard: Sequence[Any]) -> set[str]:
        if self.platform not in TREES:
            return set()
        return {f"{self.platform}:{self.place}:{row.thread}" for row in heard if row.thread}

    def _pinned(self, heard: Sequence[Any]) -> set[str]:
        return {row[0] for row in self._ask("pinned", [(row.id,) for row in heard]) if row[0]}

    def _put_later(self, found: Iterable[str]) -> set[str]:
        """Those of these cases that may have been read with what people put into them and is written only now."""
        return {row[0] for row in self._ask("put later", [(key,) for key in found])}

    def _of_authors(self, heard: Sequence[Any]) -> Iterable[int]:
        where = (self.platform.value, self.place)
        authors = [(*where, row.author_id) for row in heard if row.author_id]
        return (row[0] for row in self._ask("authors", authors))

    def _named(self, heard: Sequence[Any]) -> set[int]:
        """Cases of those whom somebody names."""
        names = {name.casefold() for row in heard for name in row.mentions or () if name}
        found = self._ask("named", place=self.place) if names else ()
        return {number for number, *who in found if is_named(names, *who)}

    def _happened(self) -> set[int | None]:
        """Cases of which something was deleted, or that heard of an answer in another place."""
        gone = {row[0] for name in self.names for row in self._ask("deleted", place=name)}
        return gone | may_have_heard(self.connection, self.platform.value, self.place, self.since)

    def _by_key(self, keys: Iterable[str]) -> set[int]:
        return {row[0] for row in self._ask("keys", [(key,) for key in keys])}

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
        keys = [(row.platform, row.place, row.reply_to) for row in heard if row.reply_to]
        for statement in span_reads.answered(dialect_of(self.connection)) if keys else ():
            for platform, name, author, case in rows_of(self.connection, statement, wanted(keys)):
                key = (Platform(platform), self.place, name)
                if key not in found or found[key][1] is None:
                    found[key] = (author, case)
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
        ids = sorted(case.id for case in found.values() if case.id is not None)
        moved = {row[0] for row in self._ask("changed", [(number,) for number in ids])}
        moved |= {row.case_id for row in heard} | {one for one, _ in pairs_of(self.connection, ids)}
        said = marks_of(self.connection, found)
        sure = {mark.case_key for mark in said if mark.at >= self.since} | self._put_later(found)
        own = {
            key
            for key, case in found.items()
            if case.id in moved or key in sure or case.is_empty or case.state == "withdrawn"
            or ELSEWHERE in (case.staff_by, case.community_by) or self.begun.is_new(case)
        }  # fmt: skip
        roots = {found[key].merged_into for key in own} - {None}
        return frozenset(own | {key for key, case in found.items() if case.merged_into in roots})
