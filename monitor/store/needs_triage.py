"""Messages of which the judge could not tell what they are: they wait for a person to say. It judges nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import UNSURE, Topic
from monitor.core.cases import Read
from monitor.core.messages import Role
from monitor.store.label_tables import label
from monitor.store.tables import cases, messages, places
from monitor.store.triage_tables import needs_triage
from monitor.store.upsert import put

KEPT = timedelta(days=7)  # who wrote longer ago waits for nobody's guess any more


def note(connection: Connection, reads: Iterable[Read]) -> None:
    """Keep what people wrote and the judge could not tell, where it may need an answer."""
    rows, told = [], []
    for read in reads:
        if UNSURE in read.assessment.signals:
            if guess := _guess(read):
                rows.append(
                    {"message_id": read.id, "at": read.message.sent_at, "guess": guess.value}
                )
        elif read.rewritten:
            told.append(read.id)
    if rows:
        put(connection, needs_triage, rows, ("message_id",))
    if told:
        forget(connection, told)


def _guess(read: Read) -> Topic | None:
    if read.role is not Role.MEMBER or read.imported:
        return None
    seen = read.assessment
    return next((t for t in (seen.topic, *seen.topics) if t.needs_answer), None)


def want(connection: Connection, number: int, at: datetime, guess: Topic, by: str) -> None:
    """Somebody has said that it asks: its card is to be shown as soon as it has a case."""
    row = {"message_id": number, "at": at, "guess": guess.value, "wanted_by": by}
    put(connection, needs_triage, [row], ("message_id",))


def wanted(connection: Connection) -> dict[int, int]:
    """Messages whose card is wanted, with their cases, of those that have one by now."""
    m, u = messages.c, needs_triage.c
    query = sa.select(m.id, m.case_id).join(needs_triage, u.message_id == m.id)
    known = query.where(u.wanted_by.is_not(None), m.case_id.is_not(None))
    return {row.id: row.case_id for row in connection.execute(known)}


def forget(connection: Connection, numbers: Collection[int]) -> None:
    """Somebody has said what they are, or nobody can any more."""
    connection.execute(sa.delete(needs_triage).where(needs_triage.c.message_id.in_(list(numbers))))


def drop(connection: Connection, before: datetime) -> None:
    """What nobody looked at for so long."""
    connection.execute(sa.delete(needs_triage).where(needs_triage.c.at < before))


def waiting(connection: Connection, now: datetime, limit: int) -> tuple[Sequence[Any], int]:
    """The oldest of them, and how many there are: not labelled, not deleted, of no case that is answered or over."""
    m, u, k = messages.c, needs_triage.c, cases.c
    said = sa.exists().where(label.c.message_id == m.id, label.c.ended_at.is_(None))
    where = (
        u.at > now - KEPT, u.wanted_by.is_(None), m.deleted_at.is_(None), m.text != "", ~said,
        sa.or_(m.case_id.is_(None), sa.and_(k.state == "open", k.open_turn_at.is_not(None))),
    )  # fmt: skip
    joined = needs_triage.join(messages, m.id == u.message_id).outerjoin(cases, k.id == m.case_id)
    count = sa.select(sa.func.count()).select_from(joined).where(*where)
    here = sa.and_(places.c.platform == m.platform, places.c.key == m.place)
    query = (
        sa.select(m.id, m.text, m.place, m.author_name, m.author_handle, m.sent_at, m.case_id, u.guess, places.c.name)
        .select_from(joined.outerjoin(places, here)).where(*where).order_by(u.at, m.id).limit(limit)
    )  # fmt: skip
    return connection.execute(query).all(), int(connection.execute(count).scalar_one())


def one(connection: Connection, number: int) -> Any:
    """A message that waits for somebody's word, or for its card; None when it does not."""
    m, u = messages.c, needs_triage.c
    query = (
        sa.select(m.id, m.sent_at, m.case_id, u.wanted_by)
        .select_from(needs_triage.join(messages, m.id == u.message_id)).where(m.id == number)
    )  # fmt: skip
    return connection.execute(query).first()
