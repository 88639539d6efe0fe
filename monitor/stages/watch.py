"""Sweeps: what may be assumed resolved, and which account is in trouble."""

from __future__ import annotations

from datetime import datetime

from monitor.core.cases import ASSUMED
from monitor.core.messages import Platform
from monitor.core.triage import Delivery, Desk, Kind, priority
from monitor.store import accounts, cases, deliveries
from monitor.store.database import Database


def settle_silent(database: Database, now: datetime) -> int:
    """Cases silent for 72 h after the last staff message count as resolved, dated at that message."""
    with database.write() as connection:
        return cases.assume_resolved(connection, now - ASSUMED)


def note_standing(database: Database, account: str, standing: str, reason: str, desk: Desk | None,
                  mail: tuple[str, tuple[str, ...]] | None, now: datetime) -> bool:  # fmt: skip
    """Store how an account stands, and tell people once when that changes. `mail` is (account, recipients), used
    when the desk's own account is the one in trouble."""
    with database.write() as connection:
        before = accounts.note_standing(connection, account, standing, reason, now)
        if before == standing or not accounts.TOLD & {before, standing}:
            return False
        if standing == accounts.WAITING:  # it stays as it was, and people know
            return False
        notices = _notices(account, standing, reason, desk, mail, now)
        deliveries.queue(connection, notices, {}, now)
    return True


def _notices(account: str, standing: str, reason: str, desk: Desk | None,
             mail: tuple[str, tuple[str, ...]] | None, now: datetime) -> list[Delivery]:  # fmt: skip
    key = f"trouble:{account}:{now.isoformat()}"
    text = {
        accounts.OK: f"🔌 {account}: works again.",
        accounts.SPENT: f"💸 {account}: {reason}",
    }.get(standing, f"🔌 {account}: stopped. {reason}")
    if desk is not None and desk.account != account:
        return [
            Delivery(
                key,
                Kind.ALERT,
                desk.account,
                desk.platform,
                desk.place,
                text,
                priority(Kind.ALERT),
                now,
            )
        ]
    if mail is None:
        return []
    return [
        Delivery(f"{key}:{to}", Kind.REPORT, mail[0], Platform.EMAIL, to, text, priority(Kind.REPORT), now,
                 subject=f"Response desk: {account} {'works again' if standing == accounts.OK else 'has stopped'}")
        for to in mail[1]
    ]  # fmt: skip
