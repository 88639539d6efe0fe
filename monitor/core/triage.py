"""Decide what to say: from a case, its assessment, the policy and the time to deliveries. Nothing is said here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.assessment import Policy, Topic, Urgency
from monitor.core.cases import Case, Read
from monitor.core.messages import AuthorKind, Message, Platform, Role


class News(StrEnum):
    """What has become of a case, so that the desk should know."""

    OPENED = ""
    RAISED = "now more urgent"
    AGAIN = "asks again"


class Kind(StrEnum):
    """Why we say something."""

    ACKNOWLEDGEMENT = "acknowledgement"
    ANSWER = "answer"
    ALERT = "alert"
    ANNOUNCEMENT = "announcement"
    RELAY = "relay"
    WARNING = "warning"  # that somebody who speaks in our name is not of the team
    NOTE = "note"  # to the managers, in answer to what one of them did
    REPORT = "report"

    @property
    def is_automatic_public(self) -> bool:
        """Said by the desk itself to the people who asked."""
        return self in (Kind.ACKNOWLEDGEMENT, Kind.ANSWER, Kind.WARNING)

    @property
    def acknowledges(self) -> bool:
        """Who gets it knows that the question was seen."""
        return self in (Kind.ACKNOWLEDGEMENT, Kind.ANSWER)


_PRIORITY = {  # smaller first; the urgency (0..3) is subtracted
    Kind.NOTE: 5,
    Kind.ALERT: 10,
    Kind.RELAY: 20,
    Kind.ACKNOWLEDGEMENT: 30,
    Kind.ANSWER: 30,
    Kind.WARNING: 25,
    Kind.ANNOUNCEMENT: 40,
    Kind.REPORT: 50,
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing we mean to say, once; `key` is unique for ever."""

    key: str
    kind: Kind
    account: str
    platform: Platform
    place: str
    text: str
    priority: int
    not_before: datetime
    not_after: datetime | None = None
    thread: str | None = None
    reply_to: str | None = None
    subject: str = ""
    html: str = ""
    link: str | None = None
    case_key: str | None = None
    message_id: int | None = None
    buttons: tuple[tuple[tuple[str, str], ...], ...] = ()  # rows of (label, data)
    is_reaction: bool = False  # `text` is an emoji to put on what it replies to
    said_by: str = ""  # the person of the roster whose words these are


@dataclass(frozen=True, slots=True)
class Speaker:
    """Which account speaks in a place, and whether it may acknowledge there."""

    account: str
    acknowledges: bool
    language: str | None = None
    reaction: str = ""  # an emoji that acknowledges instead of a message


@dataclass(frozen=True, slots=True)
class Desk:
    """The managers' chat."""

    account: str
    place: str
    platform: Platform = Platform.TELEGRAM


@dataclass(frozen=True, slots=True)
class Playbook:
    """What triage needs to know besides the case.

    `policies` by topic; `replies` as texts by language, already with fallbacks; `stale_after`: an
    acknowledgement later than this is an embarrassment; `alert_from`: less urgent cases raise no alert.
    """

    policies: Mapping[Topic, Policy]
    replies: Mapping[tuple[Kind, Topic], Mapping[str, str]]
    desk: Desk | None
    default_language: str = "en"
    alert_from: Urgency = Urgency.NORMAL
    stale_after: timedelta = timedelta(minutes=15)
    acknowledge_after: timedelta = timedelta(0)
    alert_within: timedelta = timedelta(hours=24)


def priority(kind: Kind, urgency: Urgency = Urgency.LOW) -> int:
    """Alerts before relays before acknowledgements; within a kind the urgent first."""
    return _PRIORITY[kind] - int(urgency)


def to_desk(key: str, text: str, desk: Desk | None, now: datetime) -> Delivery | None:
    """News for the managers that is about no case; None: there is no desk."""
    if desk is None:
        return None
    return Delivery(
        key, Kind.ALERT, desk.account, desk.platform, desk.place, text, priority(Kind.ALERT), now
    )


def triage(case: Case, read: Read, speaker: Speaker | None, playbook: Playbook, card: str, now: datetime,
           *, news: News = News.OPENED) -> tuple[Delivery, ...]:  # fmt: skip
    """What news of a case calls for. `card` is the alert's text. Imported cases call for nothing."""
    if case.imported:
        return ()
    public = _public(case, read, speaker, playbook, now) if news is News.OPENED else None
    alert = _alert(case, read, playbook, card, now, news)
    return tuple(d for d in (public, alert) if d is not None)


def _public(
    case: Case, read: Read, speaker: Speaker | None, playbook: Playbook, now: datetime
) -> Delivery | None:
    kind = {
        Policy.ANSWER: Kind.ANSWER,
        Policy.ACKNOWLEDGE: Kind.ACKNOWLEDGEMENT,
    }.get(playbook.policies.get(case.topic, Policy.ALERT))
    not_after = case.opened_at + playbook.stale_after
    if kind is None or speaker is None or now > not_after or not may_reply(read, speaker):
        return None
    text = reply_text(playbook, kind, case.topic, case.language, speaker.language)
    if text is None:
        return None
    message = read.message
    reacts = bool(speaker.reaction) and kind is Kind.ACKNOWLEDGEMENT
    return Delivery(
        key=f"ack:{case.key}",  # one automatic public message a case, whatever its kind
        kind=kind,
        account=speaker.account,
        platform=case.platform,
        place=case.place,
        thread=message.thread,
        reply_to=message.native_id,
        text=speaker.reaction if reacts else text,
        is_reaction=reacts,
        priority=priority(kind, case.urgency),
        not_before=said_from(case, playbook, now),
        not_after=not_after,
        case_key=case.key,
        message_id=read.id,
    )


def said_from(case: Case, playbook: Playbook, now: datetime) -> datetime:
    """When we may speak by ourselves: people get their time to answer first. A platform's clock that runs ahead of ours
    is no reason to wait."""
    after = playbook.acknowledge_after
    return max(now, case.opened_at + after) if after else now


def may_reply(read: Read, speaker: Speaker) -> bool:
    """May we speak to this author here by ourselves? Never to bots, staff, channels or anonymous admins."""
    message = read.message
    if read.role is not Role.MEMBER or message.author.kind is not AuthorKind.PERSON:
        return False
    if "stop" in read.assessment.signals:
        return False
    if message.platform is Platform.TWITTER:
        return message.summoned is True and speaker.acknowledges
    return speaker.acknowledges or _is_private(message)


def _is_private(message: Message) -> bool:
    return message.place_kind in ("private", "inbox", "modmail") and message.addressed


def reply_text(
    playbook: Playbook, kind: Kind, topic: Topic, language: str, place_language: str | None
) -> str | None:
    """The text in the asker's language, else the place's, else the default."""
    texts = playbook.replies.get((kind, topic), {})
    wanted = (language, language.partition("-")[0], place_language, playbook.default_language)
    return next((texts[name] for name in wanted if name and name in texts), None)


def _alert(
    case: Case, read: Read, playbook: Playbook, card: str, now: datetime, news: News
) -> Delivery | None:
    desk = playbook.desk
    if desk is None or playbook.policies.get(case.topic) is Policy.NEVER:
        return None
    asked_at = max(case.open_turn_at or case.opened_at, read.message.sent_at)
    if case.urgency < playbook.alert_from or now - asked_at > playbook.alert_within:
        return None
    suffix = {
        News.OPENED: "",
        News.RAISED: f":{case.urgency.word}",
        News.AGAIN: f":turn{len(case.turns)}",
    }[news]
    return Delivery(
        key=f"alert:{case.key}{suffix}",
        kind=Kind.ALERT,
        account=desk.account,
        platform=desk.platform,
        place=desk.place,
        text=card,
        link=read.message.link,
        priority=priority(Kind.ALERT, case.urgency),
        not_before=now,
        case_key=case.key,
        message_id=read.id,
    )


def no_longer_wanted(kind: Kind, case: Case | None, not_after: datetime | None, now: datetime, *,
                     opted_out: bool = False, over_budget: str = "") -> str | None:  # fmt: skip
    """Looked at just before saying it: why it should not be said any more, None when it should."""
    if not_after is not None and now > not_after:
        return "too late to be of use"
    if case is None:
        return None
    if kind.is_automatic_public:
        if opted_out:
            return "the author asked us to stop"
        if kind is Kind.WARNING:  # an answer of ours does not make the stranger harmless
            return over_budget or ("the case is withdrawn" if case.state == "withdrawn" else None)
        if case.answered_at is not None or case.holding_at is not None:
            return "answered meanwhile"
        if case.state != "open":
            return f"the case is {case.state}"
        return over_budget or None
    if kind is Kind.ALERT and case.state == "withdrawn":
        return "the case is withdrawn"
    if kind is Kind.ALERT and case.staff_first_at is not None and not case.is_waiting:
        return "answered meanwhile"
    return None
