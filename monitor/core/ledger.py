"""Attach messages to cases, in the order they were written. A fold in memory: it reads and stores nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core import cases
from monitor.core.cases import BURST, NEARBY, REOPEN, Case, Read
from monitor.core.messages import Message, Platform, Role

Where = tuple[Platform, str]
TREES = (Platform.REDDIT, Platform.TWITTER)  # places whose threads are trees, not rooms


@dataclass(frozen=True, slots=True)
class Parent:
    """A known message that others may answer: who wrote it, and the case it belongs to."""

    author_id: str
    case_key: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows around a batch.

    `cases`: by key, all that the batch could touch. `parents`: (platform, place, native id) to the message
    answered, own posts included. `nearby`: stored messages that belong to no case but may turn out to: the "hi"
    before the question, and answers that were seen before what they answer.
    """

    cases: Mapping[str, Case] = field(default_factory=dict)
    parents: Mapping[tuple[Platform, str, str], Parent] = field(default_factory=dict)
    nearby: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class Attached:
    """What became of a batch. `links`: message id to case key (None: belongs to none).

    `late`: cases that got a message older than what was known of them, or an edited one: their clocks must be
    read anew from all their messages (core.refold).
    """

    cases: dict[str, Case]
    links: dict[int, str | None]
    touched: frozenset[str]
    opened: dict[str, Read]  # case key to the message that asked
    raised: dict[str, Read]  # case key to the message that made it more urgent
    again: dict[str, Read] = field(
        default_factory=dict
    )  # asked again, and nobody of the staff is there
    late: frozenset[str] = frozenset()


class Ledger:
    """The working set of one batch."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._cases = dict(known.cases)
        self._parents = dict(known.parents)
        self._ids = {case.id: key for key, case in self._cases.items() if case.id is not None}
        self._by_author: dict[tuple[Platform, str, str], list[str]] = {}
        self._by_place: dict[Where, list[str]] = {}
        self._loose: dict[tuple[Platform, str, str], list[Read]] = {}
        for case in self._cases.values():
            self._index(case)
        self._links: dict[int, str | None] = {}
        self._touched: set[str] = set()
        self._late: set[str] = set()
        self._opened: dict[str, Read] = {}
        self._raised: dict[str, Read] = {}
        self._again: dict[str, Read] = {}

    def attach(self, reads: Iterable[Read]) -> Attached:
        """Take all reads, oldest first, and among them the nearby ones anew."""
        mine = {read.id: read for read in (*self._known.nearby, *reads)}
        for read in sorted(mine.values(), key=lambda r: (r.message.sent_at, r.id)):
            key = self._take(read)
            self._links[read.id] = key
            message = read.message
            parent = (message.platform, message.place, message.native_id)
            self._parents[parent] = Parent(message.author.id, key)
            if key is None and read.role is Role.MEMBER:
                self._loose.setdefault(_author(message), []).append(read)
            self._note_late(key, read)
        return Attached(
            self._cases, self._links, frozenset(self._touched), self._opened, self._raised,
            self._again, frozenset(self._late),
        )  # fmt: skip

    def _note_late(self, key: str | None, read: Read) -> None:
        before = self._known.cases.get(key) if key else None
        if before is None or read.role not in (Role.MEMBER, Role.STAFF):
            return
        if read.message.sent_at < cases.latest_at(before) or read.case_id is not None:
            self._late.add(before.key)
            self._touched.add(before.key)

    def _take(self, read: Read) -> str | None:
        match read.role:
            case Role.STAFF:
                return self._staff(read)
            case Role.MEMBER if read.message.author.id:
                return self._member(read)
            case _:
                return self._answered_case(read.message)[0]

    def _staff(self, read: Read) -> str | None:
        key, how = self._answered_case(read.message)
        if key is None:
            key, how = self._mentioned(read.message), "mention"
        if key is None and read.message.reply_to is None:
            key, how = self._only_one_waiting(read.message), "proximity"
        if key is not None:
            self._put(cases.staff_wrote(self._cases[key], read, how))
        return key

    def _member(self, read: Read) -> str | None:
        if read.case_id is not None and read.case_id in self._ids:
            return self._read_again(read, self._ids[read.case_id])
        key, _ = self._answered_case(read.message)
        if key is not None and self._cases[key].author_id != read.message.author.id:
            if not self._reads_as_own_request(read):
                self._put(cases.community_wrote(self._cases[key], read.message.sent_at))
                return key
            key = None
        key = key or self._own_case(read)
        if key is not None:
            return self._turn(read, key)
        if read.asks:
            return self._open(read)
        mentioned = self._mentioned(read.message)
        if mentioned is not None:
            self._put(cases.community_wrote(self._cases[mentioned], read.message.sent_at))
        return mentioned

    def _read_again(self, read: Read, key: str) -> str:
        """An edit is judged anew, but it is no new turn."""
        before = self._cases[key]
        if before.author_id == read.message.author.id:
            self._put(cases.judged_higher(before, read.assessment))
            self._note_raise(before, read)
        return key

    def _turn(self, read: Read, key: str) -> str:
        before = self._cases[key]
        if read.only_thanks:
            self._put(cases.thanked(before, read.message.sent_at))
        else:
            self._put(cases.asked_more(before, read))
            self._note_raise(before, read)
            self._note_again(before, read)
            self._go_live(before, read)
        return key

    def _go_live(self, before: Case, read: Read) -> None:
        """A reply that goes on with an imported case: from now on it is one of ours, and people are told."""
        if before.imported and not read.imported and read.asks:
            self._put(replace(self._cases[before.key], imported=False))
            self._again[before.key] = read

    def _note_raise(self, before: Case, read: Read) -> None:
        if self._cases[before.key].urgency > before.urgency and before.key not in self._opened:
            self._raised[before.key] = read

    def _note_again(self, before: Case, read: Read) -> None:
        """A new turn that no staff member, still there, can be trusted to see."""
        after = self._cases[before.key]
        if len(after.turns) == len(before.turns) or before.key in self._opened:
            return
        staff_at = before.staff_last_at
        is_there = staff_at is not None and read.message.sent_at - staff_at <= NEARBY
        if after.reopened > before.reopened or not is_there:
            self._again[before.key] = read

    def _open(self, read: Read) -> str:
        author = _author(read.message)
        loose = self._loose.get(author, [])
        begun_by = cases.prelude(read.message, [r.message for r in loose])
        case = cases.opened_by(read, begun_by[0] if begun_by else read.message)
        if case.key in self._cases:  # that first message has opened a case before
            case = cases.opened_by(read, read.message)
        self._loose[author] = [r for r in loose if r.message not in begun_by]
        self._links |= {r.id: case.key for r in loose if r.message in begun_by}
        self._put(case)
        self._index(case)
        self._opened[case.key] = read
        return case.key

    def _answered_case(self, message: Message) -> tuple[str | None, str]:
        where = (message.platform, message.place)
        if message.reply_to is not None:
            parent = self._parents.get((*where, message.reply_to))
            if parent is not None and parent.case_key in self._cases:
                return parent.case_key, "reply"
        if message.thread is not None and message.platform in TREES:
            root = f"{message.platform}:{message.place}:{message.thread}"
            if root in self._cases:  # only what began the thread: other cases in it have branches
                return root, "tree"
        return None, ""

    def _mentioned(self, message: Message) -> str | None:
        if not message.mentions:
            return None
        names = {name.casefold() for name in message.mentions if name}
        waiting = [
            case
            for case in self._near(message)
            if case.author_id != message.author.id
            and case.is_waiting
            and case.opened_at <= message.sent_at <= case.last_turn_at + REOPEN
            and {case.author_id.casefold(), case.author_handle.casefold()} & names
        ]
        return max(waiting, key=lambda c: c.last_turn_at).key if waiting else None

    def _only_one_waiting(self, message: Message) -> str | None:
        waiting = [
            case
            for case in self._near(message)
            if case.is_waiting
            and case.open_turn_at is not None
            and case.open_turn_at <= message.sent_at
            and (case.platform not in TREES)
            and case.thread == message.thread
        ]
        recent = [c for c in waiting if message.sent_at - c.last_turn_at <= NEARBY]
        return recent[0].key if len(recent) == 1 else None

    def _near(self, message: Message) -> list[Case]:
        keys = self._by_place.get((message.platform, message.place), [])
        return [self._cases[key] for key in keys]

    def _own_case(self, read: Read) -> str | None:
        own = [self._cases[key] for key in self._by_author.get(_author(read.message), [])]
        # Who asks again after the desk has gone live is asked for anew: nobody was told of what was imported.
        alike = [case for case in own if case.imported <= read.imported or not read.asks]
        same = [case for case in alike if _goes_on(case, read)]
        return max(same, key=lambda c: c.last_turn_at).key if same else None

    def _reads_as_own_request(self, read: Read) -> bool:
        return read.asks and "asking" in read.assessment.signals

    def _put(self, case: Case) -> None:
        if self._cases.get(case.key) != case:
            self._cases[case.key] = case
            self._touched.add(case.key)

    def _index(self, case: Case) -> None:
        self._by_author.setdefault((case.platform, case.place, case.author_id), []).append(case.key)
        self._by_place.setdefault((case.platform, case.place), []).append(case.key)


def _goes_on(case: Case, read: Read) -> bool:
    """Is this a further message about the same need of the same person?"""
    at, message = read.message.sent_at, read.message
    if abs(at - case.last_turn_at) > REOPEN:
        return False
    if read.asks and read.assessment.topic is case.topic:
        return True
    if case.thread == message.thread:
        if case.platform in TREES and case.thread is not None:
            return True
        if _in_burst(case, at):
            return True
    return read.only_thanks and case.state == "open"


def _in_burst(case: Case, at: datetime) -> bool:
    if not case.opened_at - BURST <= at <= case.burst_until + BURST:
        return False
    return case.staff_first_at is None or at <= case.staff_first_at


def _author(message: Message) -> tuple[Platform, str, str]:
    return message.platform, message.place, message.author.id
