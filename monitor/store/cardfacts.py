"""What a card says of its case besides the clocks: text, author, reasons, others like it. It changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.correction_tables import crossposts
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import (
    assessments,
    cases,
    deliveries,
    messages,
    places,
)


def facts(connection: Connection, case_ids: Collection[int]) -> dict[int, Any]:
    """For each case what its card says of the message that asked: text, author, place, reasons, link."""
    if not case_ids:
        return {}
    d, m = deliveries.c, messages.c
    asked = (
        sa.select(sa.func.min(d.id))
        .where(d.case_id == cases.c.id, d.kind == "alert")
        .correlate(cases)
        .scalar_subquery()
    )
    query = (
        sa.select(
            cases.c.id,
            m.id.label("message_id"),
            m.text,
            m.author_name,
            m.author_handle,
            m.author_id,
            m.native_id,
            m.link,
            m.deleted_at,
            places.c.name.label("place_name"),
        )
        .select_from(keyed(dialect_of(connection), cases, "id"))
        .outerjoin(deliveries, d.id == asked)
        .outerjoin(messages, m.id == d.message_id)
        .outerjoin(
            places, sa.and_(places.c.platform == cases.c.platform, places.c.key == cases.c.place)
        )
    )
    rows = connection.execute(query, wanted((number,) for number in case_ids)).all()
    why = _reasons(connection, [row.message_id for row in rows if row.message_id])
    return {row.id: (row, why.get(row.message_id, ())) for row in rows}


def case_of_message(connection: Connection, message_id: int | None) -> int | None:
    """The case that a message belongs to, None for none."""
    query = sa.select(messages.c.case_id).where(messages.c.id == message_id)
    return connection.execute(query).scalar_one_or_none()


def _reasons(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Any]:
    a = assessments.c
    query = sa.select(a.message_id, a.reasons).where(a.message_id.in_(numbers)).order_by(a.id)
    return {row.message_id: row.reasons for row in connection.execute(query)} if numbers else {}


def alike(connection: Connection, platform: str, place: str, topic: str, besides: int) -> int:
    """Other cases that wait there on the same topic."""
    c = cases.c
    query = sa.select(sa.func.count()).where(
        c.platform == platform, c.place == place, c.open_turn_at.is_not(None), c.topic == topic,
        c.state == "open", c.imported.is_(False), c.id != besides,
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def elsewhere(connection: Connection, case_id: int) -> list[tuple[str, int]]:
    """Where else the same person asked the same, first asked first: the place's name and the case there."""
    c, p = cases.c, places.c
    name = sa.func.coalesce(sa.func.nullif(p.name, ""), c.place)
    query = (
        sa.select(name, c.id)
        .join_from(crossposts, cases, c.id == crossposts.c.other_id)
        .outerjoin(places, sa.and_(p.platform == c.platform, p.key == c.place))
        .where(crossposts.c.case_id == case_id).order_by(c.opened_at, c.id)
    )  # fmt: skip
    return [(str(place), int(number)) for place, number in connection.execute(query)]


def others_in(connection: Connection, case: Any, within: timedelta) -> Sequence[Any]:
    """Members besides the asker who wrote to the asker of a case soon after the question, whether or not that counts as
    an answer: their names."""
    m = messages.c
    asked = sa.select(m.native_id).where(m.case_id == case.id, m.author_id == case.author_id)
    query = (
        sa.select(m.author_name, m.author_handle)
        .where(m.platform == case.platform.value, m.place == case.place, m.author_id != case.author_id)
        .where(m.sent_at >= case.opened_at, m.sent_at <= case.opened_at + within)
        .where(sa.or_(m.case_id == case.id, m.reply_to.in_(asked)))
        .where(m.role == "member", m.deleted_at.is_(None)).order_by(m.sent_at).limit(20)
    )  # fmt: skip
    return connection.execute(query).all()
