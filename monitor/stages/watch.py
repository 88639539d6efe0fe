"""Sweeps: who has waited beyond the target, what may be assumed resolved, which account is in trouble."""

from __future__ import annotations

from datetime import datetime

from monitor.core import desk as cards
from monitor.core.cases import ASSUMED
from monitor.core.messages import Platform
from monitor.core.triage import Delivery, Desk, Kind, priority
from monitor.store import accounts, cases, deliveries
from monitor.store.database import Database


def watch(database: Database, desk: Desk | None, now: datetime) -> int:
    """Tell the desk of each missed target once; how many were told."""
    with database.read() as connection:
        found = cases.breached(connection, now) if desk is not None else []
    if desk is None:
        return 0
    alerts = [
        Delivery(
            key=f"breach:{case.key}",
            kind=Kind.ALERT,
            account=desk.account,
            platform=desk.platform,
            place=desk.place,
            text=cards.headline(case, "no staff answer within the target"),
            priority=priority(Kind.ALERT, case.urgency),
            not_before=now,
            case_key=case.key,
            message_id=number,
        )
        for case, number, _ in found
    ]
    ids = {case.key: case.id for case, _, _ in found if case.id is not None}
    if alerts:
        with database.write() as connection:
            deliveries.queue(connection, alerts, ids, now)
    return len(alerts)


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
        if before == standing or accounts.STOPPED not in (before, standing):
            return False
        if standing == accounts.WAITING:  # it stays stopped, and people know
            return False
        notices = _notices(account, standing, reason, desk, mail, now)
        deliveries.queue(connection, notices, {}, now)
    return True


def _notices(account: str, standing: str, reason: str, desk: Desk | None,
             mail: tuple[str, tuple[str, ...]] | None, now: datetime) -> list[Delivery]:  # fmt: skip
    key = f"trouble:{account}:{now.isoformat()}"
    text = (
        f"🔌 {account}: works again."
        if standing == accounts.OK
        else f"🔌 {account}: stopped. {reason}"
    )
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
