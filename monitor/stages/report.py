"""Compose the figures of a period and put the weekly mail into the outbox, once.

It sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor import reporting
from monitor.config import Account, Config, Place
from monitor.core.channels import Channels
from monitor.core.coverage import covered_of
from monitor.core.figures import Figures, Queue, Waiting
from monitor.core.incidents import RECENT, Asker, expected_wait
from monitor.core.latency import Asked
from monitor.core.messages import Platform
from monitor.core.roster import Roster
from monitor.core.targets import Targets
from monitor.core.triage import Delivery, Kind, priority
from monitor.core.weeks import Period, last_full_week, latest_due
from monitor.stages.composing import composed
from monitor.store import figures as stored
from monitor.store import incidents as stored_incidents
from monitor.store.database import Database

WEEKLY = "weekly-report"
_LONGEST = 8  # unanswered questions shown
_DAY = timedelta(days=1)
NOBODY = Roster()

Configured = Mapping[tuple[Platform, str], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gets the weekly mail, when (local time of `zone`), and how cases are shown and judged."""

    recipients: tuple[str, ...]
    account: str
    zone: ZoneInfo
    targets: Targets = field(default_factory=Targets)
    channels: Configured = field(default_factory=dict)
    weekday: int = 0
    at: time = time(9)
    title: str = "Support"
    roster: Roster = NOBODY


def plan_of(config: Config, targets: Targets, roster: Roster = NOBODY) -> Plan:
    """The plan that config.toml describes."""
    report = config.report
    return Plan(
        recipients=report.recipients,
        account=report.account,
        zone=config.report_timezone,
        targets=targets,
        channels=channels_of(config),
        weekday=report.weekly.day.number,
        at=report.weekly.at,
        roster=roster,
    )


def channels_of(config: Config) -> dict[tuple[Platform, str], str]:
    """What configured places are called in reports: their channel, else their name.

    Places with neither are absent.
    """
    found: dict[tuple[Platform, str], str] = {}
    for account in config.accounts.values():
        for place in account.places:
            # A place without either is given its id; the platform's own name says more.
            if place.channel not in ("", place.id):
                found |= {(account.platform, k): place.channel for k in _keys_of(account, place)}
    return found


def _keys_of(account: Account, place: Place) -> tuple[str, ...]:
    """The keys that messages of a configured place may carry."""
    if account.platform is Platform.REDDIT:
        return (place.id.lower(),)
    return (place.id, f"{account.name}:{place.id}")


def figures_for(
    database: Database,
    period: Period,
    as_of: datetime,
    channels: Configured,
    targets: Targets,
    *,
    title: str = "Support",
    roster: Roster = NOBODY,
) -> Figures:
    """The figures of a period as they stood at `as_of`, all from one snapshot.

    With duty hours in the roster, by the covered clock too.
    """
    with database.read() as connection:
        found = stored.material(connection, period, as_of)
        figures, asked = composed(
            found, period, as_of, Channels(channels, found.names), targets, title
        )
        longest = _longest(asked)
        texts = stored.first_messages(connection, [one.case.id for one in longest])
        askers = stored_incidents.askers(connection, as_of - _DAY, as_of)
        mailed = stored.figures_as_mailed(connection, period.previous.name)
    return replace(
        figures,
        unanswered=tuple(_waiting(a, texts.get(a.case.id), as_of) for a in longest),
        queue=queue_of(askers, as_of),
        mailed_before=mailed["total"]["share_within_target"] if mailed else None,
        covered=covered_of(asked, roster, as_of),
    )


def queue_of(askers: Iterable[Asker], at: datetime) -> Queue:
    """Who waits for a first answer; imported history is nobody's to answer."""
    live = [a for a in askers if not a.imported]
    waiting = sum(a.waits_at(at) for a in live)
    answered = sum(a.answered_at is not None and at - RECENT < a.answered_at <= at for a in live)
    return Queue(waiting, expected_wait(waiting, answered))


def _longest(asked: Iterable[Asked]) -> list[Asked]:
    lonely = [a for a in asked if a.case.waits_for_anybody]
    return sorted(lonely, key=lambda a: (a.case.opened_at, a.case.id))[:_LONGEST]


def _waiting(asked: Asked, first: stored.FirstMessage | None, as_of: datetime) -> Waiting:
    case = asked.case
    return Waiting(
        channel=asked.channel,
        topic=case.topic.value,
        urgency=case.urgency.word,
        text=first.text if first else "",
        link=first.link if first else None,
        waited=as_of - case.opened_at,
    )


def weekly(database: Database, plan: Plan, now: datetime) -> int:
    """Put the mails about the last full local week into the outbox, unless done. How many were put.

    Call it as often as you like: a week missed while the program was down is made up for, an
    older one is not.
    """
    nominal = latest_due(now, plan.zone, plan.weekday, plan.at)
    period = last_full_week(nominal, plan.zone)
    if not plan.recipients or not _is_wanted(database, period):
        return 0
    figures = planned(database, plan, period, now)
    report = stored.Issue(
        WEEKLY, period.name, nominal, now, reporting.as_json(figures), mails(figures, plan, now)
    )
    with database.write() as connection:
        return len(report.mails) if stored.issue(connection, report, now) else 0


def planned(database: Database, plan: Plan, period: Period, now: datetime) -> Figures:
    """The figures of a period as the plan wants them judged and named."""
    return figures_for(
        database, period, now, plan.channels, plan.targets, title=plan.title, roster=plan.roster
    )


def _is_wanted(database: Database, period: Period) -> bool:
    with database.read() as connection:
        done = stored.was_issued(connection, WEEKLY, period.name)
        return not done and stored.has_cases_before(connection, period.end)


def mails(figures: Figures, plan: Plan, now: datetime) -> tuple[Delivery, ...]:
    """One mail for each recipient, with a key that is the same for ever."""
    subject, text, html = reporting.subject(figures), reporting.text(figures), _html(figures)
    return tuple(
        Delivery(
            key=f"report:{figures.period.name}:{recipient}",
            kind=Kind.REPORT,
            account=plan.account,
            platform=Platform.EMAIL,
            place=recipient,
            subject=subject,
            text=text,
            html=html,
            priority=priority(Kind.REPORT),
            not_before=now,
        )
        for recipient in dict.fromkeys(plan.recipients)
    )


def _html(figures: Figures) -> str:
    """Empty without the extra: the mail then goes as text alone."""
    try:
        return reporting.html(figures)
    except reporting.HtmlUnavailable:
        return ""
