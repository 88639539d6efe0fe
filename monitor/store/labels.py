"""Labels that people gave to messages, and the numbered history of what is learned. A label is never changed: it is
superseded, rolled back, or forgotten with the message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import Topic, Urgency
from monitor.store.label_tables import head_version, judge_version, label, lore
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import assessments, cases, messages
from monitor.store.upsert import add

SUPERSEDED, ROLLED_BACK = "superseded", "rolled back"
_STAMP = sa.select(sa.func.max(lore.c.version), sa.func.count())


@dataclass(frozen=True, slots=True)
class State:
    """What was in force at a version: heads by number, labels by message."""

    heads: int | None = None
    labels: Mapping[int, int] = field(default_factory=dict)


def stamp(connection: Connection) -> tuple[int, int]:
    """Changes with every entry of the history. Both figures: on PostgreSQL a smaller number may come later."""
    newest, count = connection.execute(_STAMP).one()
    return newest or 0, count


def judged(connection: Connection, message_id: int) -> Any:
    """A message with its newest judgement (NULLs where there is none); None: there is no such message."""
    a, m = assessments.c, messages.c
    newest = (
        sa.select(a.id)
        .where(a.message_id == message_id)
        .order_by(a.at.desc(), a.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(m.id, m.platform, m.place, m.sent_at, m.text, m.deleted_at, m.case_id, m.language_hint,
                  a.topic, a.urgency, a.language, a.complexity, a.by, a.signals)
        .select_from(messages.outerjoin(assessments, a.id == newest))
        .where(m.id == message_id)
    )  # fmt: skip
    return connection.execute(query).one_or_none()


def give(connection: Connection, row: Mapping[str, Any]) -> int | None:
    """Add a label and end the one before it; the version that this makes. None: it was given already."""
    c, message, now = label.c, row["message_id"], row["at"]
    # Whoever corrects the same message at the same time waits here, and supersedes or is superseded.
    connection.execute(sa.select(messages.c.id).where(messages.c.id == message).with_for_update())
    same = (c.message_id == message, c.by == row["by"], c.at == now)
    if connection.execute(sa.select(c.id).where(*same)).first() is not None:
        return None
    in_force = (c.message_id == message, c.ended_at.is_(None))
    connection.execute(sa.update(label).where(*in_force).values(ended_at=now, ended=SUPERSEDED))
    number = connection.execute(sa.insert(label).values(**row).returning(c.id)).scalar_one()
    return note(connection, now, row["by"], "label", label_id=number)


def note(connection: Connection, at: datetime, by: str, kind: str, **more: Any) -> int:
    """A further entry of the history; its version."""
    new = sa.insert(lore).values(at=at, by=by, kind=kind, **more).returning(lore.c.version)
    return int(connection.execute(new).scalar_one())


def correct_case(
    connection: Connection, case_id: int, old: tuple[str, int] | None, new: tuple[str, int]
) -> None:
    """The case carries the right label, also in reports. Only if it carries `old`; None: whatever it carries."""
    c = cases.c
    same = () if old is None else (c.topic == old[0], c.urgency == old[1])
    values = {"topic": new[0], "urgency": new[1]}
    connection.execute(sa.update(cases).where(c.id == case_id, *same).values(**values))


def _as_labelled() -> sa.ColumnElement[bool]:
    """The text is there and is the one that was labelled."""
    m = messages.c
    edited_before = sa.or_(m.edited_at.is_(None), m.edited_at <= label.c.at)
    return sa.and_(m.deleted_at.is_(None), edited_before)


def _lessons(of: sa.FromClause) -> sa.Select[Any]:
    c, m = label.c, messages.c
    columns = (c.id, c.message_id, c.topic, c.urgency, c.by, c.language, m.text)
    source = of.join(messages, m.id == c.message_id)
    return sa.select(*columns).select_from(source).where(_as_labelled()).order_by(c.id)


def in_force(connection: Connection, platforms: Collection[str]) -> Sequence[Any]:
    """Labels that count, with their texts, of these platforms, oldest first."""
    known = (label.c.ended_at.is_(None), messages.c.platform.in_(platforms))
    return connection.execute(_lessons(label).where(*known)).all()


def by_number(
    connection: Connection, numbers: Collection[int], platforms: Collection[str]
) -> Sequence[Any]:
    """These labels whether they count or not; those that are forgotten are missing."""
    if not numbers:
        return ()
    query = _lessons(keyed(dialect_of(connection), label, "id"))
    query = query.where(messages.c.platform.in_(platforms))
    return connection.execute(query, wanted((n,) for n in numbers)).all()


def waiting(connection: Connection, since: datetime, limit: int) -> Sequence[Any]:
    """Messages of people that nobody has labelled, those judged with the least confidence first."""
    a, m = assessments.c, messages.c
    labelled = sa.select(label.c.id).where(label.c.message_id == m.id, label.c.ended_at.is_(None))
    later = assessments.alias("later")
    newer = sa.select(later.c.id).where(later.c.message_id == m.id, later.c.id > a.id)
    query = (
        sa.select(m.id, m.platform, m.place, m.text, m.sent_at, a.topic, a.urgency, a.language,
                  a.confidence, a.reasons, a.by)
        .select_from(messages.join(assessments, a.message_id == m.id))
        .where(m.sent_at >= since, m.role == "member", m.deleted_at.is_(None), m.text != "")
        .where(~sa.exists(labelled), ~sa.exists(newer))
        .order_by(a.confidence, m.id.desc())
        .limit(limit)
    )  # fmt: skip
    return connection.execute(query).all()


def history(connection: Connection) -> Sequence[Any]:
    """Every entry with its label and heads, oldest first."""
    c, h = label.c, head_version.c
    query = (
        sa.select(lore, c.message_id, c.topic, c.urgency, c.old_topic, c.old_urgency, c.ended, c.source,
                  h.verdict, h.why, h.figures, h.trained_on)
        .select_from(lore.outerjoin(label, c.id == lore.c.label_id)
                     .outerjoin(head_version, h.id == lore.c.head_id))
        .order_by(lore.c.version)
    )  # fmt: skip
    return connection.execute(query).all()


def states(connection: Connection) -> dict[int, State]:
    """What was in force at every version; 0 is what the program came with. Who is forgotten is in none of them."""
    now, found = State(), {0: State()}
    for row in history(connection):
        if row.kind == "label" and row.message_id is not None:
            now = State(now.heads, {**now.labels, row.message_id: row.label_id})
        elif row.kind == "heads":
            now = State(row.head_id, now.labels)
        elif row.kind == "rollback":
            labels = now.labels if row.target is None else found[row.target].labels
            now = State(row.head_id, labels)
        found[row.version] = now
    return found


def restore(connection: Connection, state: State, now: datetime) -> None:
    """Put exactly the labels of `state` in force."""
    c = label.c
    current = set(connection.execute(sa.select(c.id).where(c.ended_at.is_(None))).scalars())
    back = set(state.labels.values())
    for number in sorted(current - back):
        connection.execute(
            sa.update(label).where(c.id == number).values(ended_at=now, ended=ROLLED_BACK)
        )
    for number in sorted(back - current):
        connection.execute(sa.update(label).where(c.id == number).values(ended_at=None, ended=""))


def forget(connection: Connection, message_ids: Collection[int], now: datetime) -> int:
    """Remove the labels of these messages, and the weights of heads that learned from them; how many labels."""
    if not message_ids:
        return 0
    found = keyed(dialect_of(connection), label, "message_id")
    query = sa.select(label.c.id).select_from(found)
    gone = set(connection.execute(query, wanted((n,) for n in message_ids)).scalars())
    if not gone:
        return 0
    h = head_version.c
    for row in connection.execute(sa.select(h.id, h.labels).where(h.weights.is_not(None))).all():
        if gone & set(row.labels):
            left = [n for n in row.labels if n not in gone]
            values = {"weights": None, "labels": left}
            connection.execute(sa.update(head_version).where(h.id == row.id).values(**values))
    connection.execute(sa.delete(label).where(label.c.id.in_(gone)))
    note(connection, now, "the desk", "forgotten", details=f"{len(gone)} labels")
    return len(gone)


def note_judges(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """What names of judges stand for, each once."""
    add(connection, judge_version, rows)


def judges_of(connection: Connection, names: Collection[str]) -> dict[str, Any]:
    """What those names stand for, as far as it was noted."""
    query = sa.select(judge_version).where(judge_version.c.by.in_(list(names)))
    return {row.by: row for row in connection.execute(query)}


def shown(topic: str, urgency: int) -> str:
    """ "withdrawal, high"."""
    return f"{Topic(topic)}, {Urgency(urgency).word}"
