"""Which case a message answers: by reply mark, tree, mention, learned link, else by nearness. It changes no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.core.cases import BURST, NEARBY, REOPEN, Case, Read
from monitor.core.context import is_follow_up
from monitor.core.link_rooms import Rooms, by_case
from monitor.core.messages import Message, Platform
from monitor.core.wording import is_named

TREES = (Platform.REDDIT, Platform.TWITTER)  # places whose threads are trees, not rooms
OVERNIGHT = timedelta(hours=24)  # a learned link of staff reaches back so far
ASIDE = timedelta(hours=1)  # and one of other members so far
LIKELY = 0.4  # a learned link to a case; less is no link


class Parent(NamedTuple):
    """A known message that others may answer: who wrote it, and the case it belongs to."""

    author_id: str
    case_key: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """The case that is answered, how that is known, and how likely it is where it is guessed."""

    key: str
    how: str  # reply | tree | mention | learned | proximity | moved
    sure: float | None = None
    at: datetime | None = None  # of the edit by which it came to the case


Parents = dict[tuple[Platform, str, str], Parent]


@dataclass(slots=True)
class Cases:
    """Cases by key, by author, by place, and those that are the same trouble."""

    by_key: dict[str, Case] = field(default_factory=dict)
    by_author: dict[tuple[Platform, str, str], list[str]] = field(default_factory=dict)
    by_place: dict[tuple[Platform, str], list[str]] = field(default_factory=dict)
    merged: dict[str, list[str]] = field(default_factory=dict)

    def index(self, case: Case) -> None:
        """Take in a case that is new here."""
        self.by_key[case.key] = case
        self.by_author.setdefault((case.platform, case.place, case.author_id), []).append(case.key)
        self.by_place.setdefault((case.platform, case.place), []).append(case.key)
        if case.merged_into is not None:
            self.merged.setdefault(case.merged_into, []).append(case.key)

    def near(self, message: Message) -> Iterable[Case]:
        """All in the message's place that have messages."""
        found = (
            self.by_key[key] for key in self.by_place.get((message.platform, message.place), ())
        )
        return (case for case in found if not case.is_empty)

    def alike(self, key: str) -> Iterable[str]:
        """The case and those that a person has merged with it."""
        root = self.by_key[key].merged_into
        return (key,) if root is None else tuple(self.merged.get(root, (key,)))


@dataclass(slots=True)
class Answering:
    """Finds what a message answers among the cases and messages known so far."""

    cases: Cases
    parents: Parents
    rooms: Rooms | None = None

    def replied(self, message: Message) -> Found | None:
        """By its reply mark or its tree."""
        where = (message.platform, message.place)
        if message.reply_to is not None:
            parent = self.parents.get((*where, message.reply_to))
            if parent is not None and self._is_there(parent.case_key):
                return Found(parent.case_key or "", "reply")
        if message.thread is not None and message.platform in TREES:
            root = f"{message.platform}:{message.place}:{message.thread}"
            if self._is_there(root):  # only what began the thread: other cases in it have branches
                return Found(root, "tree")
        return None

    def _is_there(self, key: str | None) -> bool:
        case = self.cases.by_key.get(key) if key else None
        return case is not None and not case.is_empty

    def mentioned(self, message: Message) -> Found | None:
        """By whom it names: the one of their cases that waits."""
        if not message.mentions:
            return None
        names = {name.casefold() for name in message.mentions if name}
        waiting = [
            case
            for case in self.cases.near(message)
            if case.author_id != message.author.id
            and case.is_waiting
            and case.opened_at <= message.sent_at <= case.last_turn_at + REOPEN
            and is_named(names, case.author_id, case.author_handle)
        ]
        if not waiting:
            return None
        return Found(max(waiting, key=lambda c: (c.last_turn_at, c.key)).key, "mention")

    def guessed(self, read: Read, *, by_staff: bool) -> Found | None:
        """By what the room was talking about; without a model, staff near the only one who waits."""
        message = read.message
        if message.reply_to is not None or message.platform in TREES:
            return None
        if self.rooms is None:
            return self._only_one(message) if by_staff else None
        reach = OVERNIGHT if by_staff else ASIDE
        fit = self._waiting(message, reach, lambda c: by_staff or c.community_first_at is None)
        return self._learned(self.rooms, message, {case.key for case in fit}) if fit else None

    def _learned(self, rooms: Rooms, message: Message, fit: set[str]) -> Found | None:
        lines = {
            line: parent.case_key
            for line in rooms.before(message)
            if (parent := self.parents.get((message.platform, message.place, line))) is not None
            and parent.case_key in fit
        }
        if not lines:
            return None
        best = by_case(rooms.chances(message), lines)
        return Found(best[0], "learned", round(best[1], 4)) if best and best[1] >= LIKELY else None

    def _only_one(self, message: Message) -> Found | None:
        recent = self._waiting(message, NEARBY, lambda case: True)
        return Found(recent[0].key, "proximity") if len(recent) == 1 else None

    def _waiting(
        self, message: Message, reach: timedelta, fits: Callable[[Case], bool]
    ) -> list[Case]:
        return [
            case
            for case in self.cases.near(message)
            if case.is_waiting
            and case.author_id != message.author.id
            and case.open_turn_at is not None
            and case.open_turn_at <= message.sent_at <= case.last_turn_at + reach
            and case.thread == message.thread
            and fits(case)
        ]


def evident(message: Message) -> str:
    """How a message of which nothing else is known came to its case."""
    if message.reply_to is not None:
        return "reply"
    if message.thread is not None and message.platform in TREES:
        return "tree"
    return "mention" if message.mentions else "proximity"


def goes_on(case: Case, read: Read) -> bool:
    """Is this a further message about the same need of the same person?"""
    at, message = read.at, read.message
    if abs(at - case.last_turn_at) > REOPEN:
        return False
    if read.asks and read.assessment.topic is case.topic:
        return True
    if case.is_waiting and message.reply_to is None and is_follow_up(read.assessment, message.text):
        return True
    if case.thread == message.thread:
        if case.platform in TREES and case.thread is not None:
            return True
        if _in_burst(case, at):
            return True
    was_assumed = case.resolved_by == "assumed"  # whether or not the sweep came by
    return read.only_thanks and (case.state == "open" or was_assumed)


def _in_burst(case: Case, at: datetime) -> bool:
    if not case.opened_at - BURST <= at <= case.burst_until + BURST:
        return False
    return case.staff_first_at is None or at <= case.staff_first_at
