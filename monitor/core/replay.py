"""A place read anew from some instant on, as if everything had come in the order in which it was written. Pure.

What came late, was edited, deleted or corrected, and who turned out to be staff, all end in this one way. Rows of
cases keep their number and key, so that what was said about them is never said again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.core.answering import Found, Parent
from monitor.core.around import Attached, Known, Mark, Pin
from monitor.core.cases import Case, Read
from monitor.core.ledger import Ledger
from monitor.core.linking import Judge
from monitor.core.messages import Message, Platform
from monitor.core.outcomes import emptied
from monitor.core.quick import replace

Order = tuple[datetime, bool, int, str]
_LAST = "~" * 80


@dataclass(frozen=True, slots=True)
class Begun:
    """Which cases have begun since somebody began to read a place anew, a stretch after the other: those from the
    number `fresh` on and, of those without a message by then, the `revived`. `emptied`: they have lost all since.
    """

    fresh: int
    revived: frozenset[int] = frozenset()
    emptied: frozenset[int] = frozenset()

    def is_new(self, case: Case) -> bool:
        """It had no message when the reading began."""
        number = case.id or 0
        was_empty = case.is_empty and number not in self.emptied
        return number >= self.fresh or number in self.revived or was_empty

    def after(self, before: Mapping[str, Case], changed: Mapping[str, Case]) -> Begun:
        """After one more stretch, which has changed these."""
        found = [(before[key], case) for key, case in changed.items() if key in before]
        new = {was.id or 0 for was, _ in found if self.is_new(was)}
        revived = {was.id or 0 for was, case in found if was.is_empty and not case.is_empty}
        emptied = {was.id or 0 for was, case in found if case.is_empty and not was.is_empty}
        return Begun(self.fresh, self.revived | (revived & new), self.emptied | (emptied - new))


@dataclass(frozen=True, slots=True)
class Tape:
    """What is stored of a place. `cases`: all that may change; `whole`: those of which every message is among `reads`,
    the others are as they stood before `since`. `settled`: message id to its link, for what was written before `since`.
    `until`: what was written from then on stays where it is; it is read anew another time. `fresh`: cases that had
    no message before the place was read anew.
    """

    since: datetime
    cases: Mapping[str, Case]
    whole: frozenset[str]
    reads: Sequence[Read]
    settled: Mapping[int, Pin]
    pins: Mapping[int, Pin] = field(default_factory=dict)
    marks: Sequence[Mark] = ()
    parents: Mapping[tuple[Platform, str, str], Parent] = field(default_factory=dict)
    recent: tuple[Message, ...] = ()
    until: datetime | None = None
    fresh: frozenset[str] = frozenset()

    def is_later(self, at: datetime) -> bool:
        """Beyond what is read anew now."""
        return self.until is not None and at >= self.until


@dataclass(frozen=True, slots=True)
class Replayed:
    """Cases to store, by key, and for each message its case (None: of none) and how it came there."""

    cases: dict[str, Case]
    links: dict[int, str | None]
    guesses: dict[int, Found]
    last: Order | None  # the newest thing that happened


def replay(tape: Tape, judge: Judge | None = None) -> Replayed:
    """Cases and links as they would be had everything come in order."""
    reads = [replace(read, case_id=None) for read in tape.reads]
    known = Known(
        cases={key: case for key, case in tape.cases.items() if key not in tape.whole},
        parents=tape.parents, recent=tape.recent, pins=tape.pins, settled=_settled(tape),
        merged={key: case.merged_into for key, case in tape.cases.items() if case.merged_into},
        askers={key: tape.cases[key].author_id for key in tape.whole},
    )  # fmt: skip
    attached = Ledger(known, judge).attach(reads, tape.marks)
    if names := _names(tape, attached):
        # Again, under the names by which people have closed, joined and pinned them.
        named = {
            read: replace(pin, key=names.get(pin.key or "", pin.key))
            for read, pin in known.settled.items()
        }
        attached = Ledger(replace(known, names=names, settled=named), judge).attach(
            reads, tape.marks
        )
    kept = {key: _kept(tape.cases.get(key), case) for key, case in attached.cases.items()}
    gone = {key: emptied(tape.cases[key]) for key in tape.whole - kept.keys()}
    own = {read.id for read in reads if not tape.is_later(read.message.sent_at)}
    links = {n: key if key in kept else None for n, key in attached.links.items() if n in own}
    return Replayed(_changed(tape, kept | gone), links, attached.guesses, _last(tape))


def _last(tape: Tape) -> Order | None:
    gone = [read.deleted_at for read in tape.reads if read.deleted_at is not None]
    others = (after_all(at) for at in (*gone, *(mark.at for mark in tape.marks)))
    return max((*(read.order for read in tape.reads), *others), default=None)


def after_all(at: datetime) -> Order:
    """After all that was written in that instant."""
    return at, True, len(_LAST), _LAST


def _settled(tape: Tape) -> dict[tuple[int, datetime], Pin]:
    found: dict[tuple[int, datetime], Pin] = {}
    empty = {key for key, case in tape.cases.items() if case.is_empty}  # another may take its key
    begun = _begun_before(tape)  # what only begins after `since` has no messages before it yet
    for read in tape.reads:
        pin = tape.settled.get(read.id)
        is_later = tape.is_later(read.at)
        if pin is not None and (read.at < tape.since or is_later):
            is_earlier = pin.at is not None and read.at < pin.at
            stays = is_later and pin.key not in empty
            is_there = stays or pin.key not in tape.whole or pin.key in begun
            found[read.id, read.at] = pin if is_there and not is_earlier else Pin(None)
    return found


def _begun_before(tape: Tape) -> set[str | None]:
    """Cases that somebody had asked, or was said to have asked, before."""
    early = [read for read in tape.reads if read.at < tape.since]
    settled = {tape.settled[r.id].key for r in early if r.asks and r.id in tape.settled}
    return settled | {tape.pins[read.id].key for read in early if read.id in tape.pins}


def _names(tape: Tape, attached: Attached) -> dict[str, str]:
    """New keys to the keys of the stored cases that had their first messages."""
    found, links = attached.cases, attached.links
    late = {key for key, read in attached.opened.items() if tape.is_later(read.at)}
    pinned = {pin.key for pin in tape.pins.values()}  # a name that people gave stays
    keys = {case.id: key for key, case in tape.cases.items()}
    names: dict[str, str] = {}
    for read in sorted(tape.reads, key=lambda read: read.order):
        before, now = keys.get(read.case_id), links.get(read.id)
        is_lost = before not in found or before in late
        is_gone = before in tape.whole and is_lost and before not in names.values()
        if not is_gone or before is None or now is None or before in pinned:
            continue
        is_new = now in found and (now not in tape.cases or now in tape.fresh) and now not in pinned
        if is_new and found[now].author_id == tape.cases[before].author_id:
            names.setdefault(now, before)
    return names


def _kept(before: Case | None, after: Case) -> Case:
    """What no message tells."""
    if before is None:
        return after
    kept = replace(
        after, id=before.id, ack_at=before.ack_at, due_at=before.due_at, merged_into=before.merged_into,
        author_name=before.author_name, author_handle=before.author_handle,
        imported=before.imported and after.imported,
    )  # fmt: skip
    is_silent = after.state == "open" and after.open_turn_at is None and after.staff_last_at
    if before.resolved_by == "assumed" and is_silent:
        return replace(
            kept, state="resolved", resolved_by="assumed", resolved_at=after.staff_last_at
        )
    return kept


def _changed(tape: Tape, found: Mapping[str, Case]) -> dict[str, Case]:
    return {key: case for key, case in found.items() if tape.cases.get(key) != case}
