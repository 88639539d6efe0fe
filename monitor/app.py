"""The composition root: the only module that knows every part and names connectors."""

from __future__ import annotations

import importlib
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor import assets, parts
from monitor.classify.house_rules import HouseRules
from monitor.config import Account, Config
from monitor.core.messages import Platform
from monitor.core.pacing import Pacer
from monitor.core.triage import Delivery, Kind, priority
from monitor.health import HealthServer, Look
from monitor.loops import Assessor, Bells, Poller, Sender, utc_now
from monitor.ports import Connector
from monitor.scheduler import Scheduler, Sweep
from monitor.stages import report as reports
from monitor.stages.announce import announce_due
from monitor.stages.assess import House
from monitor.stages.deliver import Outbox, restore_pace
from monitor.stages.recheck import recheck
from monitor.stages.retain import retain
from monitor.stages.watch import note_standing, settle_silent, watch
from monitor.store import accounts, deliveries, leases, messages, migrate
from monitor.store.database import Database, open_database

log = logging.getLogger(__name__)
_MODULES = {
    Platform.TELEGRAM: "connectors.telegram",
    Platform.REDDIT: "connectors.reddit",
    Platform.TWITTER: "connectors.twitter",
    Platform.EMAIL: "monitor.mail",
}
WEEKLY = "weekly report"
LONGEST_GOODBYE = 8.0  # seconds; SIGTERM ends within ten


class CannotStart(Exception):
    """The desk cannot run like this; the text says why and what to do."""


def connect(config: Config, account: Account) -> Connector:
    """The account's connector; only its own platform's library is imported.

    Raises ConfigBroken for secrets that are missing, CannotStart for options that cannot be used.
    """
    secrets = {key: secret.reveal() for key, secret in config.secrets(account.name).items()}
    module = importlib.import_module(_MODULES[account.platform])
    try:
        made: Connector = module.connect(account.name, account.connector_options, secrets)
    except ValueError as error:
        raise CannotStart(f"accounts.{account.name}: {error}") from None
    return made


def open_store(config: Config, *, create: bool = False) -> Database:
    """The database, with the tables of this version. With `create`, an empty one is filled first."""
    database = open_database(config.database_url().reveal())
    if create and migrate.revision(database) is None:
        migrate.upgrade(database)
    migrate.require_current(database)
    return database


def house_rules(config: Config) -> HouseRules:
    """The config's own rules, or those that came with the program while it has none."""
    folder = config.rules if config.rules.is_dir() else assets.path("rules")
    return HouseRules(folder, spoken(config))


def spoken(config: Config) -> tuple[str, ...]:
    """The configured languages; Chinese is written in two scripts."""
    languages = config.monitor.languages
    return (*languages, "zh-Hant") if "zh" in languages else languages


def house_of(config: Config, database: Database, rules: HouseRules) -> House:
    """What judging needs."""
    return House(
        database=database,
        classifier=rules.live,
        playbook=lambda: parts.playbook_of(config, rules.live.rules),
        roster=lambda: rules.roster,
        targets=lambda: rules.targets,
        speakers=parts.speakers_of(config),
        anywhere=parts.speakers_anywhere(config),
        private=parts.private_places(config),
    )


@dataclass(slots=True)
class App:
    """A desk that runs. Made by `start`, ended by `stop`."""

    config: Config
    database: Database
    rules: HouseRules
    lease: leases.Lease
    connectors: dict[str, Connector]
    bells: Bells
    scheduler: Scheduler
    threads: list[threading.Thread]
    health: HealthServer | None

    def mail_week(self) -> None:
        """Mail the last full week, unless that is done."""
        plan = reports.plan_of(self.config, self.rules.targets)
        if plan.account and reports.weekly(self.database, plan, utc_now()):
            self.bells.ring_senders()

    def stop(self) -> None:
        """End within ten seconds; what was being sent is finished or becomes a doubt."""
        self.bells.stop_all()
        self.scheduler.stop()
        for thread in self.threads:
            if thread.name.startswith("say"):
                thread.join(LONGEST_GOODBYE / 2)
        for connector in self.connectors.values():
            connector.close()
        for thread in self.threads:
            thread.join(LONGEST_GOODBYE / 2 / max(1, len(self.threads)))
        if self.health is not None:
            self.health.close()
        self.lease.close()
        self.database.close()


def start(
    config: Config, paused: Callable[[], bool] = lambda: False, *, mails_weekly: bool = True
) -> App:
    """Take the lease, start every thread.

    Raises CannotStart, AlreadyRunning, DatabaseTrouble, RulesBroken, ConfigBroken.
    """
    if not config.enabled:
        raise CannotStart(
            f"{config.file}: no account is enabled. Fill in [accounts.NAME]; see config.example.toml."
        )
    rules = house_rules(config)
    connectors = {account.name: connect(config, account) for account in config.enabled}
    database = open_store(config, create=True)
    lease = leases.take(database, list(connectors))
    try:
        health = _health(config, database, rules)
    except OSError as error:
        raise CannotStart(
            f'health.listen: {config.health.listen} cannot be used ({error.strerror}). Name another port, or "" for none.'
        ) from None
    app = App(config, database, rules, lease, connectors, Bells(), Scheduler([]), [], health)
    _introduce(app)
    app.scheduler = Scheduler([s for s in _sweeps(app) if mails_weekly or s.name != WEEKLY])
    _start_threads(app, paused)
    app.scheduler.start()
    return app


def _introduce(app: App) -> None:
    with app.database.write() as connection:
        for name, connector in app.connectors.items():
            accounts.introduce(connection, name, connector.platform.value)
            accounts.take_over(connection, name)


def _start_threads(app: App, paused: Callable[[], bool]) -> None:
    house = house_of(app.config, app.database, app.rules)
    tell = _telling(app)
    works: list[tuple[str, Callable[[], None]]] = [
        ("judge", Assessor(house, app.bells, _refreshing(app)).run)
    ]
    for account in app.config.enabled:
        connector = app.connectors[account.name]
        works.append(
            (f"say {account.name}", Sender(_outbox(app, connector, paused), app.bells, tell).run)
        )
        poller = Poller(
            app.database,
            connector,
            account.poll_every,
            app.bells,
            tell,
            _identifying(app, connector),
        )
        if account.platform is not Platform.EMAIL:
            works.append((f"poll {account.name}", poller.run))
    for name, work in works:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        app.threads.append(thread)


def _outbox(app: App, connector: Connector, paused: Callable[[], bool]) -> Outbox:
    pacer = Pacer(parts.allowances_of(app.config))
    restore_pace(app.database, connector.account, pacer, utc_now() - timedelta(days=1))
    return Outbox(
        database=app.database,
        connector=connector,
        pacer=pacer,
        clock=utc_now,
        settle=app.config.triage.settle,
        give_up_after=app.config.triage.give_up_after,
        budgets=parts.budgets_of(app.config),
        paused=paused,
        jitter=lambda: random.uniform(0.7, 1.0),  # noqa: S311 - jitter is no secret
    )


def _telling(app: App) -> Callable[[str, str, str], None]:
    """Store how an account stands, at most every few seconds while nothing changes."""
    told: dict[str, tuple[str, str, float]] = {}
    desk, mail = parts.desk_of(app.config), parts.mail_of(app.config)

    def tell(account: str, standing: str, reason: str) -> None:
        now = utc_now()
        last = told.get(account)
        if last is not None and last[:2] == (standing, reason) and now.timestamp() - last[2] < 15:
            return
        told[account] = (standing, reason, now.timestamp())
        if last is None or last[0] != standing:
            log.log(logging.INFO if standing == "ok" else logging.WARNING, "account",
                    extra={"account": account, "standing": standing, "reason": reason})  # fmt: skip
        if note_standing(app.database, account, standing, reason, desk, mail, now):
            app.bells.ring_senders()

    return tell


def _identifying(app: App, connector: Connector) -> Callable[[], None]:
    """Before the first poll: who are we there? Another identity than before is refused, nothing is mixed up."""

    def identify() -> None:
        found = connector.check()
        if not found.identity:
            return
        with app.database.write() as connection:
            before = accounts.identify(connection, connector.account, found.identity, found.handle)
            if hasattr(connector, "spend"):
                connector.spend(messages.spent_on(connection, connector.account, utc_now()))
        if before and before != found.identity:
            log.error("the account is another one than before",
                      extra={"account": connector.account, "before": before, "now": found.identity})  # fmt: skip

    return identify


def _refreshing(app: App) -> Callable[[], None]:
    """Read edited rules; tell the desk once of a broken edit."""
    told: set[str] = set()

    def refresh() -> None:
        problem = app.rules.refresh()
        if problem is None or problem in told:
            return
        told.add(problem)
        log.error("rules", extra={"reason": problem})
        desk, now = parts.desk_of(app.config), utc_now()
        if desk is not None:
            alert = Delivery(f"rules:{now.isoformat()}", Kind.ALERT, desk.account, desk.platform, desk.place,
                             f"🛠 {problem}", priority(Kind.ALERT), now)  # fmt: skip
            with app.database.write() as connection:
                deliveries.queue(connection, [alert], {}, now)
            app.bells.ring_senders()

    return refresh


def _sweeps(app: App) -> list[Sweep]:
    config, desk = app.config, parts.desk_of(app.config)
    default_language = config.monitor.default_language

    def announce() -> None:
        if announce_due(app.database, default_language, desk, utc_now()):
            app.bells.ring_senders()

    def look_for_breaches() -> None:
        if watch(app.database, desk, utc_now()):
            app.bells.ring_senders()

    return [
        Sweep("announcements", timedelta(seconds=5), announce),
        Sweep("breaches", timedelta(seconds=10), look_for_breaches),
        Sweep(WEEKLY, timedelta(minutes=1), app.mail_week),
        Sweep("silent cases", timedelta(hours=1), lambda: settle_silent(app.database, utc_now())),
        Sweep("retention", timedelta(hours=6), lambda: retain(app.database, config.retention.messages,
                                                              config.retention.quarantine, utc_now())),
    ]  # fmt: skip


def _looking_again(app: App, connector: Connector) -> Callable[[], None]:
    """Every few hours: walk through what may have been deleted or edited at its source."""
    every = app.config.retention.recheck_every
    last = utc_now()

    def look_again() -> None:
        nonlocal last
        if utc_now() - last < every:
            return
        last = utc_now()
        after: int | None = 0
        while after is not None and not app.bells.stop.is_set():
            within = app.config.retention.recheck_for
            after = recheck(app.database, connector, utc_now(), within, after)

    return look_again


def _health(config: Config, database: Database, rules: HouseRules) -> HealthServer | None:
    address = config.health.address
    if address is None:
        return None
    look = Look(database, utc_now, judge=lambda: rules.live.version, problem=lambda: rules.problem)
    return HealthServer(look, *address)


def default_config() -> Path:
    """Where the config is when nobody says."""
    return Path("config.toml")
