"""The day before in three lines and a picture, into the managers' chat once a day, whatever happens.

It sends nothing itself.
"""

from __future__ import annotations

import base64
from datetime import datetime, time, timedelta

from monitor import reporting
from monitor.core.figures import Figures
from monitor.core.triage import Delivery, Desk, Kind, priority
from monitor.core.weeks import Period, latest_daily, the_day
from monitor.reporting.digest import bars, digest
from monitor.reporting.picture import picture
from monitor.stages.attaching import DIGEST
from monitor.stages.report import Plan, planned
from monitor.store import figures as stored
from monitor.store.database import Database

DAILY = "daily-digest"
LATEST = timedelta(hours=4)  # a morning's digest is no news in the evening
_DAY = timedelta(days=1)


def daily(database: Database, plan: Plan, desk: Desk, at: time, now: datetime) -> bool:
    """Put the digest of the day before into the outbox, unless that is done or too late. Whether it was put."""
    nominal = latest_daily(now, plan.zone, at)
    period = the_day(nominal.astimezone(plan.zone).date() - _DAY, plan.zone)
    if now - nominal > LATEST or not _is_wanted(database, period):
        return False
    figures = planned(database, plan, period, now)
    image = picture(figures)
    kept = reporting.as_json(figures) | (
        {"picture": base64.b64encode(image).decode()} if image else {}
    )
    post = _post(figures, desk, now, drawn=image is not None)
    issue = stored.Issue(DAILY, _name(period), nominal, now, kept, (post,))
    with database.write() as connection:
        return stored.issue(connection, issue, now)


def _is_wanted(database: Database, period: Period) -> bool:
    with database.read() as connection:
        done = stored.was_issued(connection, DAILY, _name(period))
        return not done and stored.has_cases_before(connection, period.end)


def _name(period: Period) -> str:
    return f"{DIGEST}:{period.first.isoformat()}"


def _post(figures: Figures, desk: Desk, now: datetime, *, drawn: bool) -> Delivery:
    lines = [*digest(figures), *(() if drawn else (bars(figures),))]
    return Delivery(
        key=f"{_name(figures.period)}:{desk.account}:{desk.place}",
        kind=Kind.REPORT,
        account=desk.account,
        platform=desk.platform,
        place=desk.place,
        text="\n".join(line for line in lines if line),
        priority=priority(Kind.REPORT),
        not_before=now,
    )
