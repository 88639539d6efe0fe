"""What the running desk is made of, from the config: playbook, speakers, limits. It opens and starts nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from monitor.classify.house_rules import HouseRules
from monitor.config import Account, Config
from monitor.core.assessment import Topic
from monitor.core.attention import Quiet
from monitor.core.messages import Platform
from monitor.core.pacing import Allowance
from monitor.core.rules import RuleSet
from monitor.core.triage import Desk, Kind, Playbook, Speaker
from monitor.ports import Pressable
from monitor.stages import (
    attention,
    broadcast,
    broadcast_deciding,
    commands,
    doing,
    faq,
    private,
    triage_list,
)
from monitor.stages.cards import Board
from monitor.stages.desk import Inbox
from monitor.stages.outbox import Budgets
from monitor.store.database import Database


def desk_of(config: Config) -> Desk | None:
    """The managers' chat, None when there is none."""
    if not config.desk.account or not config.desk.chat:
        return None
    return Desk(config.desk.account, config.desk.chat)


def mail_of(config: Config) -> tuple[str, tuple[str, ...]] | None:
    """The account and the recipients of mails, None when there are none."""
    report = config.report
    return (report.account, report.recipients) if report.account and report.recipients else None


def options_of(config: Config, account: Account) -> dict[str, Any]:
    """What an account's connector is made with. A mail's sender without a name has [report] from_name."""
    options = account.connector_options
    sender = options.get("sender")
    if account.platform is Platform.EMAIL and sender and not parseaddr(sender)[0]:
        name = re.sub(r'["\\\\]', "", config.report.from_name)
        options["sender"] = f'"{name}" <{parseaddr(sender)[1]}>'
    return options


def playbook_of(config: Config, rules: RuleSet) -> Playbook:
    """Policies and texts of the rules, thresholds of the config."""
    replies: dict[tuple[Kind, object], Mapping[str, str]] = {}
    for topic in rules.topics:
        replies[Kind.ACKNOWLEDGEMENT, topic] = rules.acknowledgements(topic)
        replies[Kind.ANSWER, topic] = rules.answers(topic)
    return Playbook(
        policies={topic: rule.policy for topic, rule in rules.topics.items()},
        replies=replies,  # type: ignore[arg-type]
        desk=desk_of(config),
        default_language=config.monitor.default_language,
        alert_from=config.triage.alert_from,
        stale_after=config.triage.acknowledge_within,
        acknowledge_after=config.triage.acknowledge_after,
    )


def speakers_of(config: Config) -> dict[tuple[Platform, str], Speaker]:
    """Who speaks in the places that the config names."""
    found: dict[tuple[Platform, str], Speaker] = {}
    for account in config.enabled:
        for place in account.places:
            if account.speaks:
                speaker = Speaker(
                    account.name, account.acknowledges(place.id), place.language, place.react
                )
                for key in _forms(account, place.id):
                    found[account.platform, key] = speaker
    return found


def speakers_anywhere(config: Config) -> dict[Platform, Speaker]:
    """Who speaks in places that the config does not name: the platform's first account that may."""
    found: dict[Platform, Speaker] = {}
    for account in config.enabled:
        if account.speaks and account.platform is not Platform.EMAIL:
            found.setdefault(account.platform, Speaker(account.name, account.acknowledges("")))
    return found


def private_places(config: Config) -> frozenset[tuple[Platform, str]]:
    """Places that are ours alone: nothing there is a question."""
    desk = desk_of(config)
    if desk is None:
        return frozenset()
    account = config.accounts[desk.account]
    return frozenset((desk.platform, key) for key in _forms(account, desk.place))


def board_of(config: Config, database: Database, rules: HouseRules) -> Board | None:
    """What the managers' chat needs, None when there is none."""
    desk = desk_of(config)
    if desk is None:
        return None
    return Board(
        database,
        desk,
        roster=lambda: rules.roster,
        playbook=lambda: playbook_of(config, rules.live.rules),
        speakers=speakers_of(config),
        anywhere=speakers_anywhere(config),
        private=private_places(config),
        mail=mail_of(config),
        leads=config.desk.leads,
        quiet=_quiet(config),
        threads=config.desk.threads,
        per_minute=config.desk.cards_per_minute,
        language=config.desk.language,
        translates=bool(config.translation.kind),
        suggest=faq.suggesting(lambda: rules.faq.book, config.desk.language),
        offers=doing.offers,
    )


def inbox_of(
    board: Board,
    connector: Pressable,
    rules: HouseRules,
    terms: broadcast.Terms,
    clock: Callable[[], datetime],
) -> Inbox:
    """Who takes what is pressed and written in the desk chat, and in private with the bot."""

    def names() -> Mapping[Topic, Mapping[str, str]]:
        return {topic: rule.names for topic, rule in rules.live.rules.topics.items()}

    return Inbox(
        board,
        connector,
        clock,
        todos=doing.todos(),
        presses={"faq": private.presses(lambda: rules.faq.faq, names)},
        in_private=private.commands(lambda: rules.faq.faq, names),
        commands={**commands.commands(), **triage_list.commands(), **broadcast.commands(terms)},
        private_presses={
            "l": attention.press_list,
            **triage_list.presses(),
            **broadcast_deciding.presses(terms),
        },
    )


def _quiet(config: Config) -> Quiet | None:
    begins, ends = config.desk.quiet_from, config.desk.quiet_to
    return Quiet(begins, ends, config.timezone) if begins is not None and ends is not None else None


def _forms(account: Account, place: str) -> tuple[str, ...]:
    """Telegram's basic groups and private chats carry the account in their key."""
    if account.platform is Platform.TELEGRAM and not place.startswith("-100") and ":" not in place:
        return place, f"{account.name}:{place}"
    return (place,)


def budgets_of(config: Config) -> Budgets:
    """How often we may speak unasked."""
    triage = config.triage
    return Budgets(
        triage.per_place_per_minute, triage.per_place_per_hour, triage.per_person_per_hour
    )


def allowances_of(config: Config) -> dict[str, tuple[Allowance, ...]]:
    """Our own limits as sliding windows; a share is kept for the urgent."""
    limits = config.limits
    second, minute, day = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
    return {
        "telegram:account": (_allowance(limits.telegram.account_per_second, second),),
        "telegram:chat": (_allowance(limits.telegram.chat_per_second, second),),
        # One below the platform's limit: it also counts what its own people make the bot do.
        "telegram:group": (
            _allowance(max(1, limits.telegram.group_per_minute - 1), minute, reserve=4),
        ),
        "reddit:account": (_allowance(limits.reddit.account_per_minute, minute, reserve=1),),
        "reddit:chat": (_allowance(limits.reddit.place_per_minute, minute),),
        "twitter:account": (
            _allowance(limits.twitter.account_per_minute, minute, reserve=1),
            _allowance(limits.twitter.account_per_day, day, reserve=15),
        ),
        "email:account": (_allowance(limits.email.account_per_minute, minute),),
        f"kind:{Kind.ANNOUNCEMENT}": (Allowance(3, minute),),
        # What is left of a minute in the managers' chat is for answers to managers and for edits of cards. Those go
        # first, so they have a limit of their own: whatever is asked of the desk, somebody critical gets a card.
        f"kind:{Kind.NOTE}": (_allowance(max(1, 0.75 * limits.telegram.group_per_minute), minute),),
        f"kind:{Kind.ALERT}": (_allowance(max(1, 0.6 * limits.telegram.group_per_minute), minute),),
    }


def _allowance(rate: float, per: timedelta, reserve: int = 0) -> Allowance:
    """0.5 a second is one in two seconds. Windows are a twentieth longer than the platform's: it counts when a
    request arrives, we when it leaves."""
    per *= 1.05
    if rate >= 1:
        return Allowance(int(rate), per, min(reserve, int(rate) - 1))
    return Allowance(1, per / rate)
