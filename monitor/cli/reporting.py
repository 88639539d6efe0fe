"""`monitor report`: the figures of a period as text, JSON, page or mail."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from monitor.cli.common import (
    WrongUse,
    opened,
    read_config_or_defaults,
    rules_folder,
    utc_now,
    write_whole,
)

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.core.figures import Figures
    from monitor.core.weeks import Period
    from monitor.stages.mailing import Queued
    from monitor.stages.report import Plan
    from monitor.store.database import Database

_NOBODY = ("Response desk", "desk@localhost")  # while no mail account is configured


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is wanted as; nothing of it: text on the screen. `to`: instead of [report] recipients."""

    html: Path | None = None
    preview: Path | None = None
    send: bool = False
    to: str = ""
    as_json: bool = False


def report(file: Path, *, week: str, since: str, until: str, wanted: Wanted) -> None:
    """Print the figures of a period, write them, or put them into the outbox."""
    from monitor.stages.report import planned

    config, now = read_config_or_defaults(file), utc_now()
    period, plan = _period(config, week, since, until, now), _plan(config, wanted.to)
    if wanted.to and not (wanted.preview or wanted.send):
        raise WrongUse("--recipient: says where a mail goes. Use it with --preview or --send.")
    _refuse_nothing(config)
    with opened(config) as database:
        if wanted.preview is not None:
            _preview(config, database, plan, period, wanted.preview, now)
            _say_next(config, period, wanted, now)
        if wanted.send:
            _send(database, plan, period, now)
        if wanted.preview is None and not wanted.send:
            _show(planned(database, plan, period, now), wanted)


def _refuse_nothing(config: Config) -> None:
    """Where nobody has ever written anything down, a report would tell of a quiet week."""
    from monitor.store.database import missing_file

    missing = missing_file(config.database_url().reveal())
    if missing is not None:
        raise WrongUse(
            f"{missing.name}: not there yet, so there is nothing to report. Bring in history (monitor import FILE), "
            "or set up a desk (monitor init, then monitor run)."
        )


def _plan(config: Config, to: str) -> Plan:
    from monitor.classify.team import load_roster, load_targets
    from monitor.mail_shape import is_address
    from monitor.stages.report import plan_of

    folder = rules_folder(config)
    plan = plan_of(config, load_targets(folder), load_roster(folder))
    if to and not is_address(to):
        raise WrongUse(f"--recipient {to!r}: not a mail address. Write one like lead@example.com.")
    return replace(plan, recipients=(to,)) if to else plan


def _show(figures: Figures, wanted: Wanted) -> None:
    from monitor import reporting

    if wanted.html is not None:
        write_whole(wanted.html, reporting.html(figures).encode("utf-8"))
        Console(stderr=True).print(f"Written: {wanted.html}", markup=False)
    if wanted.as_json:
        print(json.dumps(reporting.as_json(figures), ensure_ascii=False))
    elif wanted.html is None:
        print(reporting.text(figures))


def _preview(
    config: Config, database: Database, plan: Plan, period: Period, folder: Path, now: datetime
) -> None:
    """The mail to the first recipient, byte for byte, and its page alone."""
    from monitor.stages.mailing import preview

    shown = replace(plan, recipients=plan.recipients[:1] or ("you@example.com",))
    made = preview(database, shown, period, _sender(config), now)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongUse(f"{folder}: no folder can be made there ({error.strerror}).") from None
    parts = {".eml": made.eml, ".html": made.html.encode("utf-8")}
    for suffix, content in parts.items():
        if content:
            file = folder / f"report-{period.name}{suffix}"
            write_whole(file, content)
            print(f"Written: {file} ({len(content) / 1000:.0f} kB)")
    if not made.html:
        print("No page: pip install 'response-desk[report]' adds it. The mail goes as text alone.")


def _say_next(config: Config, period: Period, wanted: Wanted, now: datetime) -> None:
    page = (wanted.preview or Path()) / f"report-{period.name}.html"
    if page.exists():
        print(f"Next: open {page} in a browser.")
    if wanted.send:
        return
    which = (
        f"--week {period.name}" if period.is_week else f"--from {period.first} --to {period.last}"
    )
    to = f" --recipient {wanted.to}" if wanted.to else ""
    over = "" if period.end <= now else f" when {period.name} is over"
    print(f"Send it{over}: monitor report {which} --send{to}")


def _sender(config: Config) -> tuple[str, str]:
    """Whom the configured account's mails come from."""
    from monitor.parts import options_of

    account = config.accounts.get(config.report.account)
    name, address = (
        parseaddr(options_of(config, account).get("sender", "")) if account else ("", "")
    )
    return (name, address) if address else _NOBODY


def _send(database: Database, plan: Plan, period: Period, now: datetime) -> None:
    from monitor.stages.mailing import send

    if not plan.account:
        raise WrongUse("--send: no mail account. Set [report] account; see config.example.toml.")
    if not plan.recipients:
        raise WrongUse(
            "--send: nobody to send it to. Set [report] recipients, or say --recipient ADDRESS."
        )
    if now < period.end:
        raise WrongUse(
            f"--send: {period.title} is not over, and its mail goes out once. "
            "Use --preview DIR until then."
        )
    for one in send(database, plan, period, now):
        print(f"{one.recipient}: {_told(one, plan)}")


def _told(one: Queued, plan: Plan) -> str:
    from monitor.reporting.words import moment

    at = f"{moment(one.at, plan.zone)} ({plan.zone.key})"
    if one.is_new:
        return "put into the outbox; the running desk sends it within seconds (monitor run)."
    if one.state == "sent":
        return f"sent already, {at}. It is not sent again."
    if one.state in ("queued", "sending"):
        return f"in the outbox since {at}; the running desk sends it (monitor run)."
    return f"{one.state.replace('_', ' ')} since {at}; see: monitor outbox list"


def _period(config: Config, week: str, since: str, until: str, now: datetime) -> Period:
    from monitor.core.weeks import last_full_week

    period = _named(config, week, since, until, now)
    if period.start > now:
        begun = last_full_week(now, period.zone).name
        raise WrongUse(
            f"{period.name} lies in the future: nobody has written anything yet. "
            f"Name one that has begun, such as --week {begun}."
        )
    return period


def _named(config: Config, week: str, since: str, until: str, now: datetime) -> Period:
    from monitor.core import weeks

    zone = config.report_timezone
    if week and (since or until):
        raise WrongUse("--week and --from/--to exclude each other. Use one.")
    if week:
        return weeks.parse_week(week, zone)
    if since or until:
        return weeks.parse_days(since, until, zone)
    return weeks.last_full_week(now, zone)
