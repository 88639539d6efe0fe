"""Who counted as staff in what is stored, and what changes with another roster. It judges no role itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import AuthorKind, Platform, Role
from monitor.store import unsettled
from monitor.store.bulk import change_rows
from monitor.store.correction_tables import followed
from monitor.store.tables import messages
from monitor.store.upsert import put

_HUMAN = (Role.MEMBER.value, Role.STAFF.value)
Judged = Callable[[Platform, str, datetime], Role]


def version(connection: Connection) -> str | None:
    """Of the roster that the stored roles follow."""
    f = followed.c
    return connection.execute(sa.select(f.version).where(f.what == "roster")).scalar_one_or_none()


def follow(
    connection: Connection,
    ids: Iterable[str],
    role: Judged,
    now_version: str,
    moved: dict[str, str],
) -> int:
    """Give stored messages of these people, and of those who were staff, the role that `role` says; how many changed.

    What an import said of people whom no roster names stays.
    """
    m, named = messages.c, sorted(set(ids))
    query = sa.select(m.id, m.platform, m.place, m.author_id, m.sent_at, m.role, m.imported).where(
        m.author_kind.in_((AuthorKind.PERSON.value, AuthorKind.CHANNEL.value)),
        m.state == "assessed",
        m.role.in_(_HUMAN),
        m.author_id != "",
        sa.or_(m.author_id.in_(named), m.role == Role.STAFF.value),
    )
    changed = []
    since: dict[tuple[str, str], datetime] = {}
    for row in connection.execute(query).all():
        wanted = _wanted(row, role, known=row.author_id in named)
        if wanted != row.role:
            changed.append((wanted, row.id))
            where = (row.platform, moved.get(row.place, row.place))
            since[where] = min(row.sent_at, since.get(where, row.sent_at))
    change_rows(connection, messages, ("id",), ("role",), changed)
    unsettled.mark(connection, since)
    put(connection, followed, [{"what": "roster", "version": now_version}], ("what",))
    return len(changed)


def _wanted(row: Any, role: Judged, *, known: bool) -> str:
    if row.imported and not known:
        return str(row.role)
    return role(Platform(row.platform), row.author_id, row.sent_at).value
