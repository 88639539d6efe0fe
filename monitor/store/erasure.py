"""Everything stored of one author, found and forgotten. Times, counts and the platform's number of the author stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store import edits
from monitor.store.desk_tables import cards
from monitor.store.label_tables import label
from monitor.store.tables import cases, events, messages, quarantine

_SHORTEST = 4  # letters of an id that stand for nobody else in a raw text


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of an author. `names`: under which they wrote, the newest first."""

    messages: int
    cases: int
    labels: int
    names: tuple[str, ...] = ()


def ids_of(connection: Connection, platform: str, handle: str) -> Sequence[str]:
    """Authors who wrote under this handle."""
    m = messages.c
    same = sa.func.lower(m.author_handle) == handle.lower()
    query = sa.select(m.author_id).where(m.platform == platform, same, m.author_id != "").distinct()
    return list(connection.execute(query).scalars())


def found(connection: Connection, platform: str, author: str) -> Found:
    """What still says something, and what was said of it."""
    m, k = messages.c, cases.c
    mine = (m.platform == platform, m.author_id == author, m.deleted_at.is_(None))
    count = connection.execute(sa.select(sa.func.count()).where(*mine)).scalar_one()
    own = (k.platform == platform, k.author_id == author)
    named = sa.select(sa.func.count()).where(
        *own, sa.or_(k.author_name != "", k.author_handle != "")
    )
    ids = sa.select(m.id).where(m.platform == platform, m.author_id == author)
    given = sa.select(sa.func.count()).where(label.c.message_id.in_(ids))
    names = sa.select(m.author_name, m.author_handle).where(*mine).order_by(m.id.desc()).limit(200)
    shown = [name or handle for name, handle in connection.execute(names) if name or handle]
    return Found(
        int(count),
        int(connection.execute(named).scalar_one()),
        int(connection.execute(given).scalar_one()),
        tuple(dict.fromkeys(shown)),
    )


def messages_of(connection: Connection, platform: str, author: str) -> Sequence[int]:
    """Messages that still say something."""
    m = messages.c
    mine = (m.platform == platform, m.author_id == author, m.deleted_at.is_(None))
    return list(connection.execute(sa.select(m.id).where(*mine).order_by(m.id)).scalars())


def forget_messages(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """As if their author had deleted them: texts, names and labels go; what nobody had answered is taken back."""
    for number in numbers:
        edits.delete_message(connection, number, now)


def forget_rest(connection: Connection, platform: str, author: str) -> None:
    """Names in cases, edits that wait for their message, and what could not be read and names the author."""
    k, e, q = cases.c, events.c, quarantine.c
    own = (k.platform == platform, k.author_id == author)
    connection.execute(sa.update(cases).where(*own).values(author_name="", author_handle=""))
    posts = sa.update(cards).where(cards.c.case_id.in_(sa.select(k.id).where(*own)))
    connection.execute(
        posts.values(shown="", live=True)
    )  # what shows the name is edited at the next look
    waiting = (e.platform == platform, e.author_id == author, e.state == "waiting")
    connection.execute(sa.delete(events).where(*waiting))
    if len(author) >= _SHORTEST:
        raw = q.raw.contains(author, autoescape=True)
        connection.execute(sa.delete(quarantine).where(raw))
