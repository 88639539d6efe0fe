"""The weekly mail at somebody's request: as it would look, or into the outbox, once a recipient.

It sends nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor import reporting
from monitor.core.weeks import Period
from monitor.mail_shape import compose, message_id
from monitor.ports import Post
from monitor.stages.attaching import by_hand, table_of
from monitor.stages.report import Plan, mails, planned
from monitor.store import deliveries
from monitor.store import figures as stored
from monitor.store.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail as it would go out: its bytes, and its page alone ("" without the extra)."""

    eml: bytes
    html: str


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of one recipient's mail. `is_new`: put into the outbox just now; else `state` and `at` tell."""

    recipient: str
    is_new: bool
    state: str
    at: datetime


def preview(
    database: Database, plan: Plan, period: Period, sender: tuple[str, str], now: datetime
) -> Preview:
    """The mail to the plan's first recipient. `sender` is (name, address). It stores nothing."""
    figures = planned(database, plan, period, now)
    mail = mails(figures, plan, now)[0]
    post = Post(
        key=mail.key,
        kind=mail.kind.value,
        place=mail.place,
        text=mail.text,
        subject=mail.subject,
        html=mail.html,
        attachments=table_of(period.name, reporting.as_json(figures)),
    )
    return Preview(compose(post, sender, message_id(mail.key, sender[1]), now), mail.html)


def send(database: Database, plan: Plan, period: Period, now: datetime) -> tuple[Queued, ...]:
    """Put the mail of a period into the outbox for each recipient who never had it."""
    told = _told(database, plan, period)
    missing = tuple(r for r in dict.fromkeys(plan.recipients) if r not in told)
    if missing:
        _queue(database, replace(plan, recipients=missing), period, now)
    after = _told(database, plan, period)
    return tuple(
        Queued(r, r in missing, after[r].state, after[r].sent_at or after[r].created_at)
        for r in dict.fromkeys(plan.recipients)
    )


def _queue(database: Database, plan: Plan, period: Period, now: datetime) -> None:
    figures = planned(database, plan, period, now)
    facts = reporting.as_json(figures)
    with database.write() as connection:
        for recipient in plan.recipients:  # the scheduled mail to others keeps figures of its own
            stored.keep(connection, by_hand(period.name, recipient), figures.as_of, facts)
        deliveries.queue(connection, mails(figures, plan, now), {}, now)


def _told(database: Database, plan: Plan, period: Period) -> dict[str, Any]:
    with database.read() as connection:
        return {r: row for r in plan.recipients if (row := _row(connection, period, r))}


def _row(connection: Connection, period: Period, recipient: str) -> Any:
    return deliveries.by_key(connection, f"report:{period.name}:{recipient}")
