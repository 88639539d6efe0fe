"""The composition root: the only module that knows every part and names connectors."""

from __future__ import annotations

import contextlib
import importlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from monitor import airing, duties, parts
from monitor.classify.fakewords import live_warnings
from monitor.classify.house_rules import HouseRules
from monitor.classify.links import judge_of, load_links
from monitor.classify.rulereading import in_force
from monitor.classify.tiers import Tier, cache_folder
from monitor.classify.transformerchoice import tier_of
from monitor.classify.translator import translator_of
from monitor.config import Account, Config
from monitor.core.messages import Platform
from monitor.core.pacing import Pacer
from monitor.health import HealthServer, Look
from monitor.loops import Assessor, Bells, DeskWatch, Poller, Sender, Tell, soonest, utc_now
from monitor.ports import Connector, Pressable, Translator
from monitor.scheduler import Scheduler
from monitor.stages import (
    attention,
    broadcast,
    broadcast_post,
    cards,
    commands,
    learning,
    redraw,
    retouching,
)
from monitor.stages.assess import House
from monitor.stages.desk import Inbox
from monitor.stages.outbox import Outbox, restore_pace
from monitor.stages.translating import Interpreter
from monitor.store import accounts, leases, migrate
from monitor.store.database import Database, DatabaseTrouble, is_damaged, open_database

_MODULES = {
    Platform.TELEGRAM: "connectors.telegram",
    Platform.REDDIT: "connectors.reddit",
    Platform.TWITTER: "connectors.twitter",
    Platform.EMAIL: "monitor.mail",
}
# Seconds that the parts of an ending may take: SIGTERM ends within ten, on a busy machine too.
FINISH_SENDING, CLOSE_CONNECTIONS, STORE_THE_REST = 3.0, 2.5, 1.0


class CannotStart(Exception):
    """The desk cannot run like this; the text says why and what to do."""


def connect(config: Config, account: Account) -> Connector:
    """The account's connector; only its own platform's library is imported.

    Raises ConfigBroken for secrets that are missing, CannotStart for options that cannot be used.
    """
    secrets = {key: secret.reveal() for key, secret in config.secrets(account.name).items()}
    module = importlib.import_module(_MODULES[account.platform])
    try:
        made: Connector = module.connect(account.name, parts.options_of(config, account), secrets)
    except ValueError as error:
        raise CannotStart(f"accounts.{account.name}: {error}") from None
    return made


def open_store(config: Config, *, create: bool = False) -> Database:
    """The database, with the tables of this version. With `create`, an empty one is filled first.

    Raises DatabaseTrouble.
    """
    database = open_database(config.database_url().reveal())
    try:
        if create and migrate.revision(database) is None:
            migrate.upgrade(database)
        migrate.require_current(database)
    except Exception as error:
        database.close()
        if is_damaged(error):
            raise DatabaseTrouble(database.damage) from error
        raise
    return database


def house_rules(config: Config, only: Tier | None = None) -> HouseRules:
    """The config's own rules; those that came with the program where there is no config. `only` that tier judges.

    RulesBroken.
    """
    folder = in_force(config.rules, config.file)
    third = tier_of(config, cache_folder()) if only in (None, Tier.TRANSFORMER) else None
    return HouseRules(folder, spoken(config), third=third, only=only)


def spoken(config: Config) -> tuple[str, ...]:
    """The configured languages; Chinese is written in two scripts."""
    languages = config.monitor.languages
    return (*languages, "zh-Hant") if "zh" in languages else languages


def house_of(config: Config, database: Database, rules: HouseRules) -> House:
    """What judging needs. The rules' judge follows from now on what is taught in the database."""
    learning.follow(database, rules, config.learning.platforms, utc_now())
    return House(
        database=database,
        classifier=rules.judge,
        playbook=lambda: parts.playbook_of(config, rules.live.rules),
        roster=lambda: rules.roster,
        targets=lambda: rules.targets,
        speakers=parts.speakers_of(config),
        anywhere=parts.speakers_anywhere(config),
        private=parts.private_places(config),
        links=judge_of(
            lambda: eyes.encoder if (eyes := rules.judge.eyes) else None, load_links().net
        ),
        faq=lambda: rules.faq.book,
        warnings=live_warnings(config.rules) if config.desk.warn_of_fakes else None,
        refresh=rules.refresh,
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
    health: HealthServer | None
    mail_week: Callable[[], None]
    translator: Translator | None = None
    scheduler: Scheduler = field(default_factory=lambda: Scheduler([]))
    threads: list[threading.Thread] = field(default_factory=list)

    def stop(self) -> None:
        """End within ten seconds; what was being sent is finished or becomes a doubt."""
        self.bells.stop_all()
        self.scheduler.stop()
        _join([t for t in self.threads if t.name.startswith("say")], FINISH_SENDING)
        closing = [threading.Thread(target=c.close, daemon=True) for c in self.connectors.values()]
        for thread in closing:
            thread.start()
        _join(closing, CLOSE_CONNECTIONS)
        _join(self.threads, STORE_THE_REST)
        if self.health is not None:
            self.health.close()
        self.rules.judge.close()
        if self.translator is not None:
            self.translator.close()
        self.lease.close()
        self.database.close()


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Wait for all of them, together no longer than that. They are daemons: who hangs ends with the process."""
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def start(
    config: Config, paused: Callable[[], bool] = lambda: False, *, mails_weekly: bool = True
) -> App:
    """Take the lease, start every thread. Without `mails_weekly`, call `mail_week` yourself.

    Raises CannotStart, AlreadyRunning, DatabaseTrouble, RulesBroken, ConfigBroken.
    """
    if not config.enabled:
        raise CannotStart(
            f"{config.file}: no account is enabled. Fill in [accounts.NAME]; see config.example.toml."
        )
    with contextlib.ExitStack() as undo:
        app = _assembled(config, undo)
        _introduce(app)
        mail_week = app.mail_week if mails_weekly else None
        post_day = duties.posting_day(config, app.database, app.rules, app.bells)
        sweeps = duties.sweeps(
            config,
            app.database,
            app.bells,
            mail_week,
            post_day,
            parts.board_of(config, app.database, app.rules),
        )
        app.scheduler = Scheduler([*sweeps, duties.learning(config, app.database, app.rules)])
        _start_threads(app, paused)
        app.scheduler.start()
        undo.pop_all()
    return app


def _assembled(config: Config, undo: contextlib.ExitStack) -> App:
    """Everything opened and nothing started; `undo` gives back what was opened."""
    rules = house_rules(config)
    connectors: dict[str, Connector] = {}
    for account in config.enabled:
        connectors[account.name] = connect(config, account)
        undo.callback(connectors[account.name].close)
    database = open_store(config, create=True)
    undo.callback(database.close)
    lease = leases.take(database, list(connectors))
    undo.callback(lease.close)
    bells = Bells()
    mail_week = duties.mailing_week(config, database, rules, bells)
    health = _health(config, database, rules)
    translator = translator_of(config)
    return App(config, database, rules, lease, connectors, bells, health, mail_week, translator)


def _introduce(app: App) -> None:
    with app.database.write() as connection:
        for name, connector in app.connectors.items():
            accounts.introduce(connection, name, connector.platform.value)
            accounts.take_over(connection, name)


def _start_threads(app: App, paused: Callable[[], bool]) -> None:
    house = house_of(app.config, app.database, app.rules)
    tell = duties.telling(app.config, app.database, app.bells)
    refresh = duties.refreshing(app.config, app.database, app.rules, app.bells)
    works = [("judge", Assessor(house, app.bells, refresh).run)]
    board = parts.board_of(app.config, app.database, app.rules)
    pause = commands.pausing(app.database, utc_now)
    if board is not None and app.translator is not None:
        interpreter = Interpreter(board, app.translator, utc_now)
        works.append(("translate", DeskWatch(interpreter, app.bells, threading.Event()).run))
    for account in app.config.enabled:
        outbox = _outbox(app, app.connectors[account.name], lambda: paused() or pause())
        change = retouching.retouching(outbox)
        sender = Sender(outbox, app.bells, tell, change)
        if board is not None and board.desk.account == account.name:
            outbox = replace(
                outbox,
                dress=cards.dressing(board),
                instead=attention.listing_instead(board),
                refused=attention.mailing_refused(board),
            )
            post = broadcast_post.posting(outbox, app.config.timezone)
            edit = attention.relieving(board, outbox.clock, redraw.refreshing(board, outbox))
            sender = Sender(outbox, app.bells, tell, soonest(edit, change, post))
            terms = airing.terms_of(app.config)
            inbox = _inbox(board, outbox.connector, app.rules, terms)
            works.append(("desk", DeskWatch(inbox, app.bells).run))
        works.append((f"say {account.name}", sender.run))
        if account.platform is not Platform.EMAIL:
            app.bells.unknown.add(account.name)
            works.append((f"poll {account.name}", _poller(app, account, tell, house).run))
    for name, work in works:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        app.threads.append(thread)


def _inbox(
    board: cards.Board, connector: Connector, rules: HouseRules, terms: broadcast.Terms
) -> Inbox:
    if not isinstance(connector, Pressable):
        raise CannotStart(
            f"desk.account: {connector.account} shows no buttons. Name a Telegram bot."
        )
    return parts.inbox_of(board, connector, rules, terms, utc_now)


def _poller(app: App, account: Account, tell: Tell, house: House) -> Poller:
    connector = app.connectors[account.name]
    return Poller(
        app.database,
        connector,
        account.poll_every,
        app.bells,
        tell,
        duties.identifying(app.database, connector),
        duties.looking_again(app.config, app.database, connector, app.bells),
        house,
    )


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


def _health(config: Config, database: Database, rules: HouseRules) -> HealthServer | None:
    address = config.health.address
    if address is None:
        return None
    look = Look(database, utc_now, judge=lambda: rules.judge.at_work, problem=lambda: rules.problem)
    try:
        return HealthServer(look, *address)
    except OSError as error:
        raise CannotStart(
            f"health.listen: {config.health.listen} cannot be used ({error.strerror}). "
            'Name another port, or "" for none.'
        ) from None
