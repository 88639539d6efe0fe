"""Translations of what people asked, for the cards of those who wait. Gone with the message, and when it is edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.desk_tables import cards
from monitor.store.tables import cases, deliveries, messages
from monitor.store.translation_tables import translations
from monitor.store.upsert import put

_UNKNOWN = ("", "und")


def lacking(
    connection: Connection, language: str, besides: Collection[int], limit: int = 10
) -> Sequence[Any]:
    """(case_id, message_id, text, language) of what is shown on a card in another language and has no translation;
    the most urgent first."""
    c, d, m, k, t = cases.c, deliveries.c, messages.c, cards.c, translations.c
    asked = (
        sa.select(sa.func.min(d.id)).where(d.case_id == c.id, d.kind == "alert")
        .correlate(cases).scalar_subquery()
    )  # fmt: skip
    query = (
        sa.select(c.id.label("case_id"), m.id.label("message_id"), m.text, c.language)
        .select_from(cards.join(cases, c.id == k.case_id).join(deliveries, d.id == asked)
                     .join(messages, m.id == d.message_id)
                     .outerjoin(translations, sa.and_(t.message_id == m.id, t.language == language)))
        .where(k.live, k.native_id.is_not(None), c.open_turn_at.is_not(None), c.state == "open")
        .where(c.language.not_in((language, language.partition("-")[0], *_UNKNOWN)))
        .where(t.message_id.is_(None), m.deleted_at.is_(None), m.text != "", m.id.not_in(besides))
        .order_by(c.urgency.desc(), c.open_turn_at).limit(limit)
    )  # fmt: skip
    return connection.execute(query).all()


def keep(
    connection: Connection, found: Mapping[int, tuple[int, str]], language: str, now: datetime
) -> None:
    """`found`: message to (case, translation). The cards show it from now on."""
    known = sa.select(messages.c.id).where(
        messages.c.id.in_(list(found)), messages.c.deleted_at.is_(None)
    )
    there = [n for n in connection.execute(known).scalars() if found[n][1]]
    rows = [{"message_id": n, "language": language, "text": found[n][1], "at": now} for n in there]
    if rows:
        put(connection, translations, rows, ("message_id",))
        shown = cards.c.case_id.in_([found[n][0] for n in there])
        changed = {"revision": cards.c.revision + 1, "live": True}
        connection.execute(sa.update(cards).where(shown).values(**changed))


def translated(connection: Connection, message_id: int | None, language: str) -> str:
    """What a message says in that language; "" when nobody has translated it."""
    t = translations.c
    query = sa.select(t.text).where(t.message_id == message_id, t.language == language)
    return str(connection.execute(query).scalar_one_or_none() or "")


def forget(connection: Connection, numbers: Collection[int]) -> None:
    """These messages say something else now, or nothing."""
    t = translations.c
    connection.execute(sa.delete(translations).where(t.message_id.in_(list(numbers))))
