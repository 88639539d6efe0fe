"""Answers that managers have written and that are not said yet. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.desk_tables import drafts
from monitor.store.tables import (
    deliveries,
    messages,
)
from monitor.store.upsert import add


def last_asked(connection: Connection, case_id: int, author_id: str) -> Any:
    """The asker's latest message of a case: what an answer replies to."""
    m = messages.c
    query = (
        sa.select(m.native_id, m.thread, m.link, m.place_kind)
        .where(m.case_id == case_id, m.author_id == author_id, m.deleted_at.is_(None))
        .order_by(m.sent_at.desc(), m.id.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def add_draft(connection: Connection, **values: Any) -> Any:
    """Keep a draft; the row, also when that message had written one before."""
    add(connection, drafts, [values])
    return draft_by(connection, drafts.c.key == values["key"])


def draft_by(connection: Connection, *where: sa.ColumnElement[bool]) -> Any:
    """One draft."""
    return connection.execute(sa.select(drafts).where(*where)).first()


def change_draft(connection: Connection, number: int, before: Iterable[str], **values: Any) -> bool:
    """Compare-and-set on its state. False: somebody else has decided."""
    where = (drafts.c.id == number, drafts.c.state.in_(list(before)))
    return connection.execute(sa.update(drafts).where(*where).values(**values)).rowcount == 1


def drop_drafts(connection: Connection, case_id: int, by: str) -> Sequence[int]:
    """What this person was asked about and has not sent; which drafts."""
    d = drafts.c
    where = (d.case_id == case_id, d.by == by, d.state.in_(("asking", "translating")))
    dropped = sa.update(drafts).where(*where).values(state="dropped").returning(d.id)
    return connection.execute(dropped).scalars().all()


def previews(connection: Connection, draft: Any) -> Sequence[Any]:
    """Posts with buttons that asked about a draft, but for the one whose buttons are good."""
    d, good = deliveries.c, draft.nonce if draft.state == "asking" else None
    asked = sa.or_(*(
        sa.and_(d.key >= f"{kind}:{draft.key}:", d.key < f"{kind}:{draft.key};") for kind in ("draft", "told")
    ))  # fmt: skip
    query = sa.select(deliveries).where(asked, d.state == "sent", d.native_id.is_not(None))
    rows = connection.execute(query.order_by(d.id)).all()
    return [r for r in rows if r.buttons and r.key.rpartition(":")[2] != good]


def without_buttons(connection: Connection, number: int) -> None:
    """That post has none any more."""
    gone = sa.update(deliveries).where(deliveries.c.id == number).values(buttons=None)
    connection.execute(gone)


def drafts_in(connection: Connection, state: str, limit: int = 20) -> Sequence[Any]:
    """Drafts in a state, oldest first."""
    query = sa.select(drafts).where(drafts.c.state == state).order_by(drafts.c.id).limit(limit)
    return connection.execute(query).all()


def unsettled_drafts(connection: Connection) -> Sequence[Any]:
    """Drafts on their way whose delivery has come to an end, with its state and reason."""
    d = deliveries.c
    query = (
        sa.select(drafts, d.state.label("ended"), d.reason, d.posted_link)
        .select_from(drafts.join(deliveries, d.id == drafts.c.delivery_id))
        .where(drafts.c.state == "queued", d.state.in_(("sent", "rejected", "cancelled", "held")))
    )
    return connection.execute(query).all()
