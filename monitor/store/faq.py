"""What the FAQ has answered, what the askers said of it, and what was asked. No decision is taken here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.faq_tables import faq_answers
from monitor.store.tables import assessments, cases, deliveries, messages
from monitor.store.upsert import add

MOST_QUESTIONS = 20_000


def note(connection: Connection, case_key: str, entry: str, language: str, score: float,
         now: datetime) -> None:  # fmt: skip
    """This entry is going to answer the case; a second one of the same case changes nothing."""
    row = {"case_key": case_key, "entry": entry, "language": language, "score": score, "at": now}
    add(connection, faq_answers, [row])


def answered_by(connection: Connection, platform: str, place: str, native_id: str) -> Any:
    """The answer that this post of ours gave: case_id, case_key, entry, helped. None: it is no answer of the FAQ."""
    d, a, c = deliveries.c, faq_answers.c, cases.c
    query = (
        sa.select(d.case_id, a.case_key, a.entry, a.helped)
        .join_from(deliveries, cases, c.id == d.case_id)
        .join(faq_answers, a.case_key == c.key)
        .where(
            d.platform == platform, d.place == place, d.native_id == native_id, d.kind == "answer"
        )
    )
    return connection.execute(query).first()


def note_helped(connection: Connection, case_key: str, at: datetime, *, helped: bool) -> bool:
    """Keep what the asker said first. False: he has said it before."""
    a = faq_answers.c
    done = connection.execute(
        sa.update(faq_answers)
        .where(a.case_key == case_key, a.helped.is_(None))
        .values(helped=helped, helped_at=at)
    )
    return done.rowcount == 1


def confirmed(connection: Connection, since: datetime, until: datetime) -> dict[str, datetime]:
    """Keys of the cases opened in this time whose asker said that the answer helped, and when he did."""
    a, c = faq_answers.c, cases.c
    query = (
        sa.select(a.case_key, a.helped_at)
        .join_from(faq_answers, cases, c.key == a.case_key)
        .where(a.helped.is_(sa.true()), c.opened_at >= since, c.opened_at < until)
    )
    return {row.case_key: row.helped_at for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Use:
    """How often an entry was said, and what the askers said of it."""

    entry: str
    said: int
    helped: int
    not_helped: int


def used(connection: Connection, since: datetime, until: datetime) -> list[Use]:
    """Entries said in this time, most often first. What was decided but never sent is not counted."""
    a, d = faq_answers.c, deliveries.c
    query = (
        sa.select(
            a.entry,
            sa.func.count().label("said"),
            sa.func.count(sa.case((a.helped.is_(sa.true()), 1))).label("helped"),
            sa.func.count(sa.case((a.helped.is_(sa.false()), 1))).label("not_helped"),
        )
        .join_from(faq_answers, deliveries, d.key == sa.literal("ack:") + a.case_key)
        .where(d.kind == "answer", d.state == "sent", a.at >= since, a.at < until)
        .group_by(a.entry)
        .order_by(sa.desc("said"), a.entry)
    )
    return [Use(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The first message of a case, and what it was judged to be. `answered`: the FAQ answered it."""

    case_id: int
    text: str
    topic: str
    language: str
    answered: bool


def questions(connection: Connection, since: datetime, until: datetime) -> Sequence[Asked]:
    """What opened the cases of this time, oldest first; deleted texts are not there. Imported ones count."""
    c, m, a = cases.c, messages.c, faq_answers.c
    first = (
        sa.select(m.case_id, sa.func.min(m.id).label("id"))
        .join_from(messages, cases, sa.and_(c.id == m.case_id, c.author_id == m.author_id))
        .where(c.opened_at >= since, c.opened_at < until, m.text != "", m.deleted_at.is_(None))
        .where(sa.exists().where(assessments.c.message_id == m.id, assessments.c.topic == c.topic))
        .group_by(m.case_id)
        .subquery()
    )
    query = (
        sa.select(c.id, m.text, c.topic, c.language, a.case_key.is_not(None).label("answered"))
        .join_from(first, messages, m.id == first.c.id)
        .join(cases, c.id == first.c.case_id)
        .outerjoin(faq_answers, a.case_key == c.key)
        .order_by(c.opened_at, c.id)
        .limit(MOST_QUESTIONS)
    )
    return [Asked(*row) for row in connection.execute(query)]
