"""What a person corrects: where messages belong, what is the same trouble, what is done. It plans and stores nothing.

A correction is a fact. Clocks are never edited: they are read anew with it, now and whenever they are read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.core.cases import Case, Read
from monitor.core.messages import Role


class CorrectionRefused(Exception):
    """It cannot be done; the text says why and what can."""


class Kind(StrEnum):
    """What was corrected."""

    MOVE = "move"
    SPLIT = "split"
    MERGE = "merge"  # two cases of one person become one
    JOIN = "join"  # cases of several people are the same trouble: an answer to one answers all
    LEAVE = "leave"
    NOT_A_QUESTION = "not_a_question"
    CLOSE = "close"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Correction:
    """A plan: `pins` says where messages belong from now on (None: to no case), `merged` with what cases are the same,
    `since` from when the place is to be read anew."""

    kind: Kind
    case_key: str
    since: datetime
    other_key: str | None = None
    message_id: int | None = None
    pins: Mapping[int, str | None] = field(default_factory=dict)
    merged: Mapping[str, str | None] = field(default_factory=dict)


def move(
    case: Case | None, read: Read, to: str | None, reads_there: Sequence[Read] = ()
) -> Correction:
    """One message to the case with the key `to`, or to none. `case`: of which it is now. What is there stays there."""
    before = case.key if case is not None else None
    if before == to:
        raise CorrectionRefused("the message is there already")
    if to is not None and read.role not in (Role.MEMBER, Role.STAFF):
        raise CorrectionRefused("only what a person wrote belongs to a case")
    pins = {there.id: to for there in reads_there} | {read.id: to}
    since = min(r.message.sent_at for r in (read, *reads_there))
    return Correction(Kind.MOVE, to or before or "", since, before, read.id, pins)


def split(case: Case, reads: Sequence[Read], message_id: int, key: str) -> Correction:
    """A case of its own with `key`, from that message on: of the asker all that follows, of somebody else their own."""
    ordered = sorted(reads, key=_written)
    first = next((read for read in ordered if read.id == message_id), None)
    if first is None:
        raise CorrectionRefused("the message is not of this case")
    if first.role is not Role.MEMBER or not first.message.author.id:
        raise CorrectionRefused("a case begins with a message of somebody who asks")
    following = ordered[ordered.index(first) :]
    author = first.message.author.id
    if author == case.author_id:
        own = [read for read in ordered if read.message.author.id == author]
        if own and own[0] is first:
            raise CorrectionRefused("it begins the case: nothing would be left of it")
    else:
        following = [read for read in following if read.message.author.id == author]
    pins = {read.id: key for read in following}
    return Correction(Kind.SPLIT, case.key, first.message.sent_at, key, message_id, pins)


def _written(read: Read) -> tuple[datetime, int, str]:
    """As it stands in the chat, whenever it was edited."""
    native = read.message.native_id
    return read.message.sent_at, len(native), native


def merge(into: Case, other: Case, reads: Sequence[Read], alike: Sequence[Case] = ()) -> Correction:
    """One case of what one person asked twice; of several people, cases that one answer answers. `reads`: of both;
    `alike`: with what the other was joined before.
    """
    if into.key == other.key or (
        into.merged_into is not None and into.merged_into == other.merged_into
    ):
        raise CorrectionRefused("they are one already")
    if (into.platform, into.place) != (other.platform, other.place):
        raise CorrectionRefused("they are in different places")
    if into.is_empty or other.is_empty:
        raise CorrectionRefused("one of them has no messages left")
    since = min(into.opened_at, other.opened_at)
    if into.author_id == other.author_id:
        pins = {read.id: into.key for read in reads}
        first = min((read.message.sent_at for read in reads), default=since)
        return Correction(Kind.MERGE, into.key, first, other.key, pins=pins)
    root = into.merged_into or into.key
    since = min((since, *(case.opened_at for case in alike)))
    joined = {case.key: root for case in (into, other, *alike)}
    return Correction(Kind.JOIN, into.key, since, other.key, merged=joined)


def leave(case: Case) -> Correction:
    """A case that was joined with others stands for itself again."""
    if case.merged_into is None:
        raise CorrectionRefused("it is joined with no other case")
    return Correction(
        Kind.LEAVE, case.key, case.opened_at, case.merged_into, merged={case.key: None}
    )


def not_a_question(case: Case, reads: Sequence[Read]) -> Correction:
    """Its messages ask nothing: no report counts it."""
    if case.is_empty:
        raise CorrectionRefused("it has no messages left")
    first = min((read.message.sent_at for read in reads), default=case.opened_at)
    pins: dict[int, str | None] = dict.fromkeys((read.id for read in reads), None)
    return Correction(Kind.NOT_A_QUESTION, case.key, first, pins=pins)


def close(case: Case, now: datetime) -> Correction:
    """Done, says a person of the team."""
    if case.state == "resolved" and case.resolved_by == "staff":
        raise CorrectionRefused("it is closed already")
    return _marked(Kind.CLOSE, case, now)


def reopen(case: Case, now: datetime) -> Correction:
    """Not done, says a person of the team."""
    if case.is_waiting:
        raise CorrectionRefused("it is open, and waits")
    return _marked(Kind.REOPEN, case, now)


def _marked(kind: Kind, case: Case, now: datetime) -> Correction:
    if case.is_empty:
        raise CorrectionRefused("it has no messages left")
    return Correction(kind, case.key, now)
