"""Attach messages to cases, in the order they were written. A fold in memory: it reads and stores nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from monitor.core import cases, outcomes
from monitor.core.answering import TREES, Answering, Cases, Found, Parent, evident, goes_on
from monitor.core.around import Attached, Known, Mark, MarkKind, Pin
from monitor.core.assessment import Topic
from monitor.core.cases import NEARBY, Case, Read
from monitor.core.link_rooms import Rooms
from monitor.core.linking import Judge
from monitor.core.messages import Message, Platform, Role
from monitor.core.quick import replace

__all__ = ["TREES", "Attached", "Known", "Ledger", "Mark", "MarkKind", "Parent", "Pin"]
_MEMBER, _STAFF = Role.MEMBER, Role.STAFF  # asked for once: see core.cases


class Ledger:
    """The working set of one batch. Without a `judge` nobody guesses who answers whom but by nearness."""

    def __init__(self, known: Known, judge: Judge | None = None) -> None:
        self._known = known
        self._judge = judge
        self._all = Cases()
        for case in known.cases.values():
            self._all.index(case)
        self._cases = self._all.by_key
        self._finding = Answering(self._all, dict(known.parents))
        self._ids = {case.id: key for key, case in self._cases.items() if case.id is not None}
        self._loose: dict[tuple[Platform, str, str], list[Read]] = {}
        self._own: dict[str, dict[int, bool]] = {}  # case key to the asker's messages: is it gone?
        self._gone: set[int] = set()  # messages deleted so far, also those that are of no case yet
        self._asked: set[str | None] = set()  # cases to which a question was moved
        self._put_there = {pin.key for pin in known.pins.values() if pin.key}  # names that stay
        self._links: dict[int, str | None] = {}
        self._guesses: dict[int, Found] = {}
        self._seen = {read.id for read in known.nearby}
        self._touched: set[str] = set()
        self._opened: dict[str, Read] = {}
        self._raised: dict[str, Read] = {}
        self._again: dict[str, Read] = {}

    def attach(self, reads: Iterable[Read], marks: Iterable[Mark] = ()) -> Attached:
        """Take all reads in order, and among them the nearby ones anew."""
        mine = {(r.id, r.rewritten, r.at): r for r in (*self._known.nearby, *reads)}
        found = list(mine.values())
        if self._judge is not None:
            told = (*self._known.recent, *(read.message for read in found))
            self._finding.rooms = Rooms(self._judge, told)
        pins = self._known.pins
        self._asked = {
            pin.key
            for r in (found if pins else ())
            if r.asks and r.role is Role.MEMBER
            if (pin := pins.get(r.id)) and self._may_begin(r, pin.key)
        }
        for _, happens, what in sorted(self._happenings(found, marks), key=itemgetter(0)):
            happens(what)
        return Attached(
            self._cases, self._links, frozenset(self._touched), self._opened, self._raised, self._again,
            self._guesses,
        )  # fmt: skip

    def _happenings(self, found: Sequence[Read], marks: Iterable[Mark]) -> Iterable[_Happening]:
        for read in found:
            yield read.order, self._note, read
            if read.deleted_at is not None and not read.rewritten:
                yield _after(read.deleted_at, str(read.id)), self._deleted, read
        for mark in marks:
            when = _after(mark.at, mark.case_key, afar=mark.kind.is_elsewhere)
            yield when, self._marked, mark

    def _note(self, read: Read) -> None:
        known = self._known
        pin = known.pins.get(read.id)
        if pin is None and known.settled:
            pin = known.settled.get((read.id, read.at))
            if pin and read.rewritten and self._before(read) not in (None, pin.key):
                pin = None  # the edit has brought it nowhere: by now it is of a case before that
        key = self._take(read) if pin is None else self._pinned(read, pin)
        if key and read.rewritten and self._links.get(read.id) is None and not read.case_id:
            self._guesses[read.id] = Found(key, "edit", at=read.at)
        self._belongs(read, key)
        message = read.message
        if read.role is not _MEMBER:
            return
        if key is None or key not in self._cases:
            self._loose.setdefault(_author(message), []).append(read)
        elif key in self._cases and self._cases[key].author_id == message.author.id:
            self._own.setdefault(key, {})[read.id] = False

    def _belongs(self, read: Read, key: str | None) -> None:
        message = read.message
        where = (message.platform, message.place, message.native_id)
        self._links[read.id] = key
        self._finding.parents[where] = Parent(message.author.id, key)

    def _marked(self, mark: Mark) -> None:
        case = self._cases.get(mark.case_key)
        if case is not None and not case.is_empty and mark.at >= case.opened_at:
            self._put(outcomes.OF_MARK[mark.kind](case, mark.at, mark.by))

    def _deleted(self, read: Read) -> None:
        self._gone.add(read.id)
        key = self._links.get(read.id)
        own = self._own.get(key or "", {})
        if key in self._opened and read.id in own:  # all its messages have been here
            own[read.id] = True
            if all(own.values()):
                self._put(outcomes.withdrawn(self._cases[key]))

    def _take(self, read: Read) -> str | None:
        if read.id in self._seen:
            return None  # it was looked at in its own time; what comes late has its place read anew
        if read.role is _STAFF:
            return self._staff(read)
        if read.role is _MEMBER and read.message.author.id:
            return self._member(read)
        found = self._finding.replied(read.message)
        return found.key if found else None

    def _before(self, read: Read) -> str | None:
        """The case of which an edited message is already."""
        known = self._links.get(read.id) or self._ids.get(read.case_id or 0)
        return known if known in self._cases and not self._cases[known].is_empty else None

    def _staff(self, read: Read) -> str | None:
        before = self._before(read)
        if before is not None:
            return self._answer(Found(before, evident(read.message)), read)
        found = self._finding.replied(read.message) or self._finding.mentioned(read.message)
        return self._answer(found or self._finding.guessed(read, by_staff=True), read)

    def _answer(self, found: Found | None, read: Read) -> str | None:
        if found is None:
            return None
        if found.how not in ("reply", "tree"):
            self._guesses.setdefault(read.id, found)
        is_staff = read.role is Role.STAFF
        for key in self._all.alike(found.key):
            before = self._cases[key]
            if before.author_id == read.message.author.id or read.pretends or before.is_empty:
                continue
            self._put(cases.staff_wrote(before, read, found.how, found.sure) if is_staff
                      else cases.community_wrote(before, read.at))  # fmt: skip
        return found.key

    def _member(self, read: Read) -> str | None:
        before = self._before(read)
        if before is not None:
            return self._read_again(read, before)
        found = self._finding.replied(read.message)
        if found is not None and self._cases[found.key].author_id != read.message.author.id:
            if not self._reads_as_own_request(read):
                return self._answer(found, read)
            found = None
        key = found.key if found else self._own_case(read)
        if key is not None:
            return self._turn(read, key)
        if read.asks:
            return self._open(read)
        mentioned = self._finding.mentioned(read.message)
        return self._answer(mentioned or self._finding.guessed(read, by_staff=False), read)

    def _pinned(self, read: Read, pin: Pin) -> str | None:
        """Where it was put. What comes before the message that asks waits for it, as in a burst."""
        key = pin.key
        if key is None:
            return None
        if key not in self._cases:
            is_wanted = read.asks or (pin.how == "moved" and key not in self._asked)
            if read.role is Role.MEMBER and is_wanted and self._may_begin(read, key):
                self._open(read, key)
            return key
        case = self._cases[key]
        if case.is_empty:
            return None
        if read.role not in (Role.MEMBER, Role.STAFF):
            return key
        if read.role is Role.STAFF or case.author_id != read.message.author.id:
            how = Found(key, _shown(read, pin), pin.sure)
            is_news = read.role is Role.STAFF or self._links.get(read.id) is None
            return self._answer(how, read) if is_news else key
        if read.rewritten and self._links.get(read.id) == key:
            return self._read_again(read, key)
        return self._turn(read, key)

    def _may_begin(self, read: Read, key: str | None) -> bool:
        return self._known.askers.get(key or "") in (None, read.message.author.id)

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
            self._put(cases.thanked(before, read.at))
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
        is_there = staff_at is not None and read.at - staff_at <= NEARBY
        if after.reopened > before.reopened or not is_there:
            self._again[before.key] = read

    def _open(self, read: Read, key: str = "") -> str:
        author = _author(read.message)
        loose = [r for r in self._loose.get(author, []) if self._links.get(r.id) in (None, key)]
        pins = self._known.pins
        fitting = [r for r in loose if r.id not in pins or pins[r.id].key == key]
        if len(fitting) > 1:  # an edit is heard later than it stands
            fitting.sort(key=lambda r: (r.message.sent_at, *r.order[2:]))
        before = [] if read.rewritten else [r.message for r in fitting]
        begun_by = cases.prelude(read.message, before)
        case = cases.opened_by(read, begun_by[0] if begun_by else read.message)
        if not key and self._is_taken(case.key):  # by a case that has its name from that message
            case = replace(case, key=read.message.key)
        while not key and self._is_taken(case.key):
            case = replace(case, key=f"{case.key}+")
        key = key or self._known.names.get(case.key, case.key)
        topic = case.topic if case.topic.needs_answer else Topic.FEEDBACK
        case = replace(case, key=key, topic=topic, merged_into=self._known.merged.get(key))
        mine = [r for r in fitting if r.message in begun_by or self._links.get(r.id) == key]
        self._loose[author] = [r for r in self._loose.get(author, []) if r not in mine]
        for earlier in mine:
            self._belongs(earlier, key)
        self._own.setdefault(key, {}).update({r.id: r.id in self._gone for r in mine})
        self._all.index(case)
        self._touched.add(case.key)
        self._opened[case.key] = read
        return case.key

    def _is_taken(self, key: str) -> bool:
        return key in self._cases or key in self._put_there

    def _own_case(self, read: Read) -> str | None:
        own = [self._cases[key] for key in self._all.by_author.get(_author(read.message), [])]
        # Who asks again after the desk has gone live is asked for anew: nobody was told of what was imported.
        alike = [case for case in own if case.imported <= read.imported or not read.asks]
        same = [case for case in alike if not case.is_empty and goes_on(case, read)]
        return max(same, key=lambda c: (c.last_turn_at, c.key)).key if same else None

    def _reads_as_own_request(self, read: Read) -> bool:
        return read.asks and "asking" in read.assessment.signals and not read.pretends

    def _put(self, case: Case) -> None:
        if self._cases.get(case.key) != case:
            self._cases[case.key] = case
            self._touched.add(case.key)


_Happening = tuple[tuple[datetime, bool, int, str], Callable[[Any], None], Read | Mark]


def _shown(read: Read, pin: Pin) -> str:
    """A person who moves a message need not say what its reply mark says."""
    shown = evident(read.message)
    return shown if shown in ("reply", "tree") else pin.how or shown


def _after(at: datetime, name: str, *, afar: bool = False) -> tuple[datetime, bool, int, str]:
    """After all that was written in the same instant; last what is heard from `afar`."""
    return at, True, 1_001 if afar else 1_000, name


def _author(message: Message) -> tuple[Platform, str, str]:
    return message.platform, message.place, message.author.id
