"""What the running desk is made of, from the config: playbook, speakers, limits. It opens and starts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from monitor.classify.house_rules import HouseRules
from monitor.config import Account, Config
from monitor.core.messages import Platform
from monitor.core.pacing import Allowance
from monitor.core.rules import RuleSet
from monitor.core.triage import Desk, Kind, Playbook, Speaker
from monitor.stages.cards import Board
from monitor.stages.deliver import Budgets
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
    )


def speakers_of(config: Config) -> dict[tuple[Platform, str], Speaker]:
    """Who speaks in the places that the config names."""
    found: dict[tuple[Platform, str], Speaker] = {}
    for account in config.enabled:
        for place in account.places:
            if account.speaks:
                speaker = Speaker(account.name, account.acknowledges(place.id), place.language)
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
    )


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
        "telegram:group": (_allowance(limits.telegram.group_per_minute, minute, reserve=2),),
        "reddit:account": (_allowance(limits.reddit.account_per_minute, minute, reserve=1),),
        "reddit:chat": (_allowance(limits.reddit.place_per_minute, minute),),
        "twitter:account": (
            _allowance(limits.twitter.account_per_minute, minute, reserve=1),
            _allowance(limits.twitter.account_per_day, day, reserve=15),
        ),
        "email:account": (_allowance(limits.email.account_per_minute, minute),),
        f"kind:{Kind.ANNOUNCEMENT}": (Allowance(3, minute),),
    }


def _allowance(rate: float, per: timedelta, reserve: int = 0) -> Allowance:
    """0.5 a second is one in two seconds. Windows are a twentieth longer than the platform's: it counts when a
    request arrives, we when it leaves."""
    per *= 1.05
    if rate >= 1:
        return Allowance(int(rate), per, min(reserve, int(rate) - 1))
    return Allowance(1, per / rate)
