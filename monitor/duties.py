"""What a running desk does besides polling, judging and saying: it tells how accounts stand, re-reads rules, sweeps.

It starts no thread and opens nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from monitor import parts
from monitor.classify.house_rules import HouseRules
from monitor.config import Config
from monitor.core.triage import Delivery, Kind, priority
from monitor.loops import Bells, utc_now
from monitor.ports import Connector, Standing, Unauthorized, Unavailable
from monitor.scheduler import Sweep
from monitor.stages import report as reports
from monitor.stages.announce import announce_due
from monitor.stages.attention import remind
from monitor.stages.cards import Board
from monitor.stages.digest import daily
from monitor.stages.learning import noting
from monitor.stages.recheck import recheck
from monitor.stages.retain import retain
from monitor.stages.shifts import ending_shifts
from monitor.stages.sight import look as look_for_blind_places
from monitor.stages.surges import look
from monitor.stages.training import training
from monitor.stages.triage_list import show_opened
from monitor.stages.usual import Usual
from monitor.stages.watch import note_standing, settle_silent
from monitor.store import accounts, deliveries, fetches
from monitor.store.database import Database

log = logging.getLogger(__name__)
RECHECK = "recheck"  # the stream under which the last walk is noted
TOLD_AGAIN_AFTER = 15.0  # seconds in which the same standing is not stored again


def telling(config: Config, database: Database, bells: Bells) -> Callable[[str, str, str], None]:
    """Store how an account stands, at most every few seconds while nothing changes; log only what changes."""
    told: dict[str, tuple[str, str, float]] = {}
    desk, mail = parts.desk_of(config), parts.mail_of(config)

    def tell(account: str, standing: str, reason: str) -> None:
        now = utc_now()
        last = told.get(account)
        is_news = last is None or last[:2] != (standing, reason)
        if last is not None and not is_news and now.timestamp() - last[2] < TOLD_AGAIN_AFTER:
            return
        told[account] = (standing, reason, now.timestamp())
        if last is None or last[0] != standing:
            level = logging.INFO if standing == accounts.OK else logging.WARNING
            keys = {"account": account, "standing": standing}
            log.log(level, "account", extra=keys | ({"reason": reason} if reason else {}))
        if note_standing(database, account, standing, reason, desk, mail, now):
            bells.ring_senders()

    return tell


def identifying(database: Database, connector: Connector) -> Callable[[], None]:
    """Before the first poll: who are we there? Raises Unauthorized when that is somebody else than before,
    Unavailable when it cannot be known yet."""

    def identify() -> None:
        found = connector.check()
        if not found.identity:
            troubles = [f.found for f in found.findings if f.standing is Standing.FAILED]
            raise Unavailable(troubles[0] if troubles else "the platform does not say who we are")
        with database.write() as connection:
            before = accounts.identify(connection, connector.account, found.identity, found.handle)
            if before and before != found.identity:
                # Undone with the transaction: cursors and cases of two accounts must not be mixed up.
                raise Unauthorized(
                    f"these are the keys of another account ({found.handle or found.identity}, "
                    f"before: {before}). Give it a name of its own in config.toml"
                )
            if hasattr(connector, "spend"):
                connector.spend(fetches.spent_on(connection, connector.account, utc_now()))

    return identify


def refreshing(
    config: Config, database: Database, rules: HouseRules, bells: Bells
) -> Callable[[], None]:
    """Read edited rules and new corrections; tell the desk once of each broken edit, and once when it is mended."""
    told: str | None = None
    note_judge = noting(database, rules, utc_now)

    def refresh() -> None:
        nonlocal told
        problem = rules.refresh()
        note_judge()
        if problem == told:
            return
        told = problem
        log.log(
            logging.ERROR if problem else logging.INFO,
            "rules",
            extra={"reason": problem or "the edit is in force", "version": rules.judge.version},
        )
        _tell_desk(
            config, database, f"🛠 {problem}" if problem else "🛠 The rules are mended and in force."
        )
        bells.ring_senders()

    return refresh


def _tell_desk(config: Config, database: Database, text: str) -> None:
    desk, now = parts.desk_of(config), utc_now()
    if desk is None:
        return
    alert = Delivery(f"rules:{now.isoformat()}", Kind.ALERT, desk.account, desk.platform, desk.place,
                     text, priority(Kind.ALERT), now)  # fmt: skip
    with database.write() as connection:
        deliveries.queue(connection, [alert], {}, now)


def sweeps(
    config: Config,
    database: Database,
    bells: Bells,
    mail_week: Callable[[], None] | None,
    post_day: Callable[[], None] | None = None,
    board: Board | None = None,
) -> Sequence[Sweep]:
    """Everything that is looked at by the clock. No `mail_week`: the weekly mail is left to somebody else."""
    desk, kept = parts.desk_of(config), config.retention
    language = config.monitor.default_language

    def announce() -> None:
        if announce_due(database, language, desk, utc_now(), config.announce.min_gap):
            bells.ring_senders()

    ends = ending_shifts(board) if board is not None else None

    def look_for_breaches() -> None:
        if board is not None and remind(board, utc_now()) + show_opened(board, utc_now()):
            bells.ring_senders()

    def look_for_shifts() -> None:
        if ends is not None and ends(utc_now()):
            bells.ring_senders()

    def look_for_sight() -> None:
        if look_for_blind_places(database, desk, utc_now()):
            bells.ring_senders()

    usual = Usual()

    def look_for_surges() -> None:
        if look(database, usual, desk, utc_now()):
            bells.ring_senders()

    def forget_old() -> None:
        retain(database, kept.messages, kept.quarantine, utc_now())

    weekly = [Sweep("weekly report", timedelta(minutes=1), mail_week)] if mail_week else []
    weekly += [Sweep("daily digest", timedelta(minutes=1), post_day)] if post_day else []
    return [
        Sweep("announcements", timedelta(seconds=5), announce),
        Sweep("breaches", timedelta(seconds=10), look_for_breaches),
        Sweep("shifts", timedelta(minutes=1), look_for_shifts),
        *weekly,
        Sweep("surges", timedelta(minutes=1), look_for_surges),
        Sweep("sight", timedelta(seconds=10), look_for_sight),
        Sweep("silent cases", timedelta(hours=1), lambda: settle_silent(database, utc_now())),
        Sweep("retention", timedelta(hours=6), forget_old),
    ]


def learning(config: Config, database: Database, rules: HouseRules) -> Sweep:
    """Looks whether enough has been corrected to train anew."""
    train_if_due = training(database, rules, config.learning.train_after, utc_now)
    return Sweep("training", timedelta(minutes=1), train_if_due)


def mailing_week(
    config: Config, database: Database, rules: HouseRules, bells: Bells
) -> Callable[[], None]:
    """Mail the last full week, unless that is done."""

    def mail_week() -> None:
        plan = reports.plan_of(config, rules.targets, rules.roster)
        if plan.account and reports.weekly(database, plan, utc_now()):
            bells.ring_senders()

    return mail_week


def posting_day(
    config: Config, database: Database, rules: HouseRules, bells: Bells
) -> Callable[[], None] | None:
    """Post the digest of the day before into the managers' chat, unless that is done; None: nobody wants it."""
    desk, at = parts.desk_of(config), config.report.digest_at
    if desk is None or at is None:
        return None

    def post_day() -> None:
        plan = reports.plan_of(config, rules.targets, rules.roster)
        if daily(database, plan, desk, at, utc_now()):
            bells.ring_senders()

    return post_day


def looking_again(
    config: Config, database: Database, connector: Connector, bells: Bells
) -> Callable[[], None]:
    """Every few hours: walk through what may have been deleted or edited at its source."""
    every, within = config.retention.recheck_every, config.retention.recheck_for

    def look_again() -> None:
        began = utc_now()
        with database.read() as connection:
            last = fetches.fetched_at(connection, connector.account, RECHECK)
        if last is not None and began - last < every:
            return
        after: int | None = 0
        while after is not None:
            if bells.stop.is_set():
                return
            after = recheck(database, connector, utc_now(), within, after)
        with (
            database.write() as connection
        ):  # in the database: a desk that restarts often looks too
            fetches.note_fetched(connection, connector.account, RECHECK, began)

    return look_again
