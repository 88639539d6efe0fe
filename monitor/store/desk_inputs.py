"""What was done in the desk chat since we last looked, what was made of it, and its switches. It decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.desk_tables import acts, switches
from monitor.store.tables import (
    accounts,
    cursors,
    events,
    messages,
)
from monitor.store.upsert import add, put

MESSAGES, BUTTONS = "desk:messages", "desk:buttons"


def seen_until(connection: Connection, account: str, stream: str) -> int | None:
    """The last row that the desk has looked at; None: it never looked."""
    c = cursors.c
    query = sa.select(c.cursor).where(c.account == account, c.stream == stream)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def seen(connection: Connection, account: str, stream: str, number: int, now: datetime) -> None:
    """Everything up to this row was looked at."""
    row = {
        "account": account,
        "stream": stream,
        "cursor": str(number),
        "complete": True,
        "fetched_at": now,
    }
    put(connection, cursors, [row], ("account", "stream"))


def newest(connection: Connection, stream: str) -> int:
    """The last row there is now."""
    table = messages if stream == MESSAGES else events
    return int(connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one() or 0)


def written(
    connection: Connection, places_of: Collection[tuple[str, str]], after: int, limit: int = 50
) -> Sequence[Any]:
    """What people wrote in these (platform, place), and commands in private chats, after row `after`, oldest first."""
    m = messages.c
    keys = sorted({key for _, key in places_of})
    commands = sa.and_(
        m.place_kind == "private", m.platform == "telegram", m.text.startswith("/", autoescape=True)
    )
    query = (
        sa.select(messages)
        .where(m.id > after, sa.or_(m.place.in_(keys), commands), m.imported.is_(False))
        .order_by(m.id)
        .limit(limit)
    )
    return connection.execute(query).all()


def presses(connection: Connection, account: str, after: int, limit: int = 50) -> Sequence[Any]:
    """Buttons of this account that were pressed after row `after`, oldest first."""
    e = events.c
    query = (
        sa.select(events).where(e.id > after, e.kind == "button", e.account == account)
        .order_by(e.id).limit(limit)
    )  # fmt: skip
    return connection.execute(query).all()


def media_of(connection: Connection, row: Any) -> Mapping[str, str] | None:
    """What a message in answer to us is besides words (`media`, `album`); None: nothing."""
    return _told_besides(connection, row, "media")


def answered_by(connection: Connection, row: Any) -> Mapping[str, str] | None:
    """The post with buttons that a message answers: `data` of its first button, `message_id`; None: it has none."""
    return _told_besides(connection, row, "answer")


def _told_besides(connection: Connection, row: Any, kind: str) -> Mapping[str, str] | None:
    e = events.c
    query = sa.select(e.details).where(
        e.platform == row.platform, e.place == row.place, e.native_id == row.native_id, e.kind == kind
    )  # fmt: skip
    return connection.execute(query.limit(1)).scalar_one_or_none()


def note_act(connection: Connection, key: str, act: str, by: str, now: datetime, *,
             case_id: int | None = None, details: str = "") -> None:  # fmt: skip
    """Keep who did what."""
    row = {"key": key, "act": act, "by": by, "case_id": case_id, "details": details, "at": now}
    add(connection, acts, [row])


def switch(connection: Connection, name: str) -> Any:
    """A switch (value, by, at), None when nobody ever touched it."""
    return connection.execute(sa.select(switches).where(switches.c.name == name)).first()


def set_switch(connection: Connection, name: str, value: str, by: str, now: datetime) -> None:
    """Turn a switch."""
    row = {"name": name, "value": value, "by": by, "at": now}
    put(connection, switches, [row], ("name",))


def handle_of(connection: Connection, account: str) -> str:
    """The account's @name, "" while it is not known."""
    query = sa.select(accounts.c.handle).where(accounts.c.name == account)
    return str(connection.execute(query).scalar_one_or_none() or "")
