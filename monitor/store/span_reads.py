"""What is asked of the database about a stretch of one place, each statement made once. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from monitor.core.messages import Role
from monitor.store.correction_tables import links, pins, rereads
from monitor.store.lookup import keyed
from monitor.store.tables import Instant, assessments, cases, deliveries, messages

Select = sa.Select[Any]
_TAKEN = tuple(column.name for column in messages.columns)
# A row of `messages`; only its type is made here, since a statement of our own gives values without names.
Row: Callable[..., Any] = NamedTuple("Row", [(name, Any) for name in _TAKEN])  # type: ignore[misc]
_PLATFORM, _PLACE = (sa.bindparam(name, type_=sa.Text) for name in ("platform", "place"))
_SINCE, _UNTIL = (sa.bindparam(name, type_=Instant) for name in ("since", "until"))


def _within(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(column >= _SINCE, column < _UNTIL)


@cache
def in_place(dialect: str) -> Mapping[str, Select]:
    """Messages of the place, by what is asked of them: platform, place, since and until are given."""
    m, first = messages.c, sa.bindparam("first", type_=Instant)
    here = sa.select(messages).where(
        m.platform == _PLATFORM, m.place == _PLACE, m.state == "assessed"
    )
    return {
        "written": here.where(_within(m.sent_at)),
        "near": here.where(m.sent_at >= first, m.sent_at < _SINCE),
        "loose": here.where(m.sent_at >= first, m.sent_at < _SINCE, m.case_id.is_(None),
                            m.role == Role.MEMBER.value),
    }  # fmt: skip


@cache
def written_at() -> tuple[Select, Select]:
    """When something was written in the place since then, and after that: the first so many instants."""
    m = messages.c
    query = sa.select(m.sent_at).where(m.platform == _PLATFORM, m.place == _PLACE)
    most = query.order_by(m.sent_at).limit(sa.bindparam("most", type_=sa.Integer))
    return most.where(m.sent_at >= _SINCE), most.where(m.sent_at > _SINCE)


@cache
def edited() -> Select:
    """Numbers of messages, in whatever place, that were edited from `first` on and before `until`."""
    r, first = rereads.c, sa.bindparam("first", type_=Instant)
    return sa.select(r.message_id).where(r.edited_at >= first, r.edited_at < _UNTIL)


@cache
def of_cases(dialect: str) -> Mapping[str, Select]:
    """Numbers and keys of cases."""
    m, c, p = messages.c, cases.c, pins.c
    reaching = (c.last_turn_at >= sa.bindparam("reopen", type_=Instant), c.opened_at < _UNTIL)
    changed = sa.or_(m.sent_at >= _SINCE, m.edited_at >= _SINCE, m.deleted_at >= _SINCE)
    put_there = keyed(dialect, pins, "case_key").join(messages, m.id == p.message_id)
    return {
        "pinned": sa.select(p.case_key).select_from(keyed(dialect, pins, "message_id")),
        "put later": sa.select(p.case_key).select_from(put_there).where(m.sent_at >= _SINCE),
        "authors": sa.select(c.id)
        .select_from(keyed(dialect, cases, "platform", "place", "author_id"))
        .where(*reaching),
        "named": sa.select(c.id, c.author_id, c.author_handle)
        .where(c.platform == _PLATFORM, c.place == _PLACE, *reaching),
        "deleted": sa.select(m.case_id)
        .where(m.platform == _PLATFORM, m.place == _PLACE, _within(m.deleted_at)),
        "keys": sa.select(c.id).select_from(keyed(dialect, cases, "key")),
        "changed": sa.select(m.case_id).select_from(keyed(dialect, messages, "case_id")).where(changed),
    }  # fmt: skip


@cache
def answered(dialect: str) -> tuple[Select, ...]:
    """By reply mark: platform, name, author and case of the message or of our own post."""
    return tuple(
        sa.select(t.c.platform, t.c.native_id, author.label("author"), t.c.case_id).select_from(
            keyed(dialect, t, "platform", "place", "native_id")
        )
        for t, author in ((messages, messages.c.author_id), (deliveries, sa.literal("")))
    )


@cache
def of_messages(dialect: str) -> Mapping[str, Select]:
    """By number of the message; "others" by number of the case, "put beside" by its key."""
    m, a, r, p, k = messages.c, assessments.c, rereads.c, pins.c, links.c

    def by(table: sa.Table, *columns: sa.ColumnElement[Any]) -> Select:
        return sa.select(*columns).select_from(keyed(dialect, table, "message_id"))

    outside = sa.not_(_within(m.sent_at))
    return {
        "others": sa.select(messages)
        .select_from(keyed(dialect, messages, "case_id"))
        .where(outside, m.state == "assessed"),
        "numbers": sa.select(messages).select_from(keyed(dialect, messages, "id")),
        "put beside": sa.select(p.message_id).select_from(keyed(dialect, pins, "case_key")),
        "pins": by(pins, p.message_id, p.case_key),
        "links": by(links, k.message_id, k.how, k.sure, k.at),
        "rereads": by(rereads, r.message_id, r.judged_at, r.edited_at),
        "judged": by(
            assessments, a.message_id, a.at, a.topic, a.urgency, a.language, a.complexity, a.confidence, a.signals,
            a.by, a.said,
        ).order_by(a.at, a.id),
    }  # fmt: skip
