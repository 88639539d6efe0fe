"""Accounts as they stand: who we are there, whether we may go on, who leads. No secret is ever stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.store.reading import rows_of
from monitor.store.tables import accounts
from monitor.store.upsert import add

_IDENTITIES = sa.select(accounts.c.platform, accounts.c.identity).where(accounts.c.identity != "")
OK, WAITING, STOPPED = "ok", "waiting", "stopped"
SPENT = "spent"  # the day's money is used up: nothing is read there until midnight
TOLD = frozenset({STOPPED, SPENT})  # people are told when it begins and when it ends


def introduce(connection: Connection, name: str, platform: str) -> None:
    """Make sure there is a row."""
    add(connection, accounts, [{"name": name, "platform": platform}])


def identify(connection: Connection, name: str, identity: str, handle: str) -> str:
    """Remember who we are there; gives back the identity known before ("" when none)."""
    c = accounts.c
    before = connection.execute(sa.select(c.identity).where(c.name == name)).scalar_one()
    connection.execute(
        sa.update(accounts).where(c.name == name).values(identity=identity, handle=handle)
    )
    return str(before)


def take_over(connection: Connection, name: str) -> int:
    """A new leader counts the epoch up."""
    c = accounts.c
    return int(
        connection.execute(
            sa.update(accounts).where(c.name == name).values(epoch=c.epoch + 1).returning(c.epoch)
        ).scalar_one()
    )


def note_standing(
    connection: Connection, name: str, standing: str, reason: str, now: datetime
) -> str:
    """Set how the account stands; gives back how it stood, so that the first failure and the end are told once."""
    c = accounts.c
    before = connection.execute(sa.select(c.standing).where(c.name == name)).scalar_one()
    if before in TOLD and standing == WAITING:  # told already, e.g. before a restart
        standing = before
    values: dict[str, Any] = {"standing": standing, "reason": reason}
    if standing == OK:
        values["polled_at"] = now
    connection.execute(sa.update(accounts).where(c.name == name).values(**values))
    return str(before)


def all_accounts(connection: Connection) -> Sequence[sa.Row[Any]]:
    """Every account with its standing."""
    return connection.execute(sa.select(accounts).order_by(accounts.c.name)).all()


def own_identities(connection: Connection) -> dict[str, frozenset[str]]:
    """Platform to the ids that are us."""
    found: dict[str, frozenset[str]] = {}
    for platform, identity in rows_of(connection, _IDENTITIES):
        found[platform] = found.get(platform, frozenset()) | {identity}
    return found
