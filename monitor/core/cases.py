"""A case: one person's one need, and its clocks. Pure; attaching messages to cases is core.ledger's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.messages import Message, Platform, Role

BURST = timedelta(minutes=5)  # messages of one author this close together are one question
PRELUDE = (
    2 * BURST
)  # "hi", "anyone there?" may come this long before the question; chatter before is none
REOPEN = timedelta(days=7)  # asked again about the same thing within this: the same case
NEARBY = timedelta(minutes=15)  # a staff message without a reply mark, when only one person waits
ASSUMED = timedelta(hours=72)  # silence after the last staff message counts as resolved


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of waiting: the asker wrote at `asked_at`, staff wrote next at `staff_at` (None: not yet)."""

    asked_at: datetime
    staff_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One person's one need. `id` is None until it is stored; `key` is the natural key of its first message."""

    key: str
    platform: Platform
    place: str
    author_id: str
    author_name: str
    topic: Topic
    urgency: Urgency
    language: str
    complexity: Complexity
    opened_at: datetime
    burst_until: datetime
    last_turn_at: datetime
    open_turn_at: datetime | None
    author_handle: str = ""
    thread: str | None = None
    id: int | None = None
    state: str = "open"
    nudges: int = 0
    reopened: int = 0
    ack_at: datetime | None = None
    holding_at: datetime | None = None
    staff_first_at: datetime | None = None
    staff_last_at: datetime | None = None
    staff_id: str | None = None
    staff_by: str | None = None
    community_first_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    due_at: datetime | None = None
    imported: bool = False
    turns: tuple[Turn, ...] = ()

    @property
    def is_waiting(self) -> bool:
        """The asker's latest turn has no staff answer."""
        return self.open_turn_at is not None and self.state == "open"

    @property
    def answered_at(self) -> datetime | None:
        """The earlier of the first staff and the first community answer."""
        return _earliest(self.staff_first_at, self.community_first_at)


@dataclass(frozen=True, slots=True)
class Read:
    """A message that was read: who wrote it in which role, and what it is about."""

    message: Message
    role: Role
    assessment: Assessment
    id: int = 0
    case_id: int | None = None  # it belongs to a case already (an edit is read again)
    imported: bool = False
    rewritten: bool = False  # edited after we had seen it: what it asks now it did not ask before

    @property
    def asks(self) -> bool:
        """It needs an answer by itself."""
        return self.assessment.topic.needs_answer

    @property
    def only_thanks(self) -> bool:
        """Nothing but a thank-you."""
        return "thanks" in self.assessment.signals and not self.asks


def opened_by(read: Read, first: Message) -> Case:
    """A new case, asked by `read`, whose burst began with `first`. An edit into a question asks at the edit."""
    message, assessment = read.message, read.assessment
    edited_at = message.edited_at if read.rewritten else None
    asked_at = edited_at or first.sent_at
    return Case(
        key=first.key,
        platform=message.platform,
        place=message.place,
        thread=message.thread,
        author_id=message.author.id,
        author_name=message.author.name,
        author_handle=message.author.handle,
        topic=assessment.topic,
        urgency=assessment.urgency,
        language=assessment.language,
        complexity=assessment.complexity,
        opened_at=asked_at,
        burst_until=max(message.sent_at, asked_at),
        last_turn_at=max(message.sent_at, asked_at),
        open_turn_at=asked_at,
        imported=read.imported,
        turns=(Turn(asked_at),),
    )


def prelude(asking: Message, earlier: Sequence[Message]) -> list[Message]:
    """Those of the author's `earlier` messages (oldest first) with which the burst that asked began."""
    found: list[Message] = []
    first = asking
    for message in reversed(earlier):
        if message.thread != asking.thread or message.sent_at > asking.sent_at:
            continue
        is_near = first.sent_at - message.sent_at <= BURST
        if not is_near or asking.sent_at - message.sent_at > PRELUDE:
            break
        found.insert(0, message)
        first = message
    return found


def asked_more(case: Case, read: Read) -> Case:
    """The asker wrote again: a burst goes on, a nudge, a new turn after an answer, or a reopening."""
    at = read.message.sent_at
    case = judged_higher(case, read.assessment)
    if at < case.opened_at:
        return case
    moved = replace(case, last_turn_at=max(case.last_turn_at, at))
    if _continues_burst(case, at):
        return replace(moved, burst_until=max(case.burst_until, at))
    if case.is_waiting:
        return replace(moved, nudges=case.nudges + 1, burst_until=at) if read.asks else moved
    if not (read.asks or "asking" in read.assessment.signals):
        return moved
    reopened = case.reopened + (1 if case.resolved_at or _was_silent(case, at) else 0)
    return replace(moved, open_turn_at=at, burst_until=at, state="open", resolved_at=None,
                   resolved_by=None, reopened=reopened, turns=(*case.turns, Turn(at)))  # fmt: skip


def thanked(case: Case, at: datetime) -> Case:
    """The asker confirms: resolved. Thanks before anybody answered is only politeness: still waiting."""
    if at < case.opened_at:
        return case
    moved = replace(case, last_turn_at=max(case.last_turn_at, at))
    answers = [
        a for a in (case.staff_last_at, case.community_first_at) if a is not None and a <= at
    ]
    asked_at = case.open_turn_at or case.opened_at
    if not any(answer >= asked_at for answer in answers) and case.open_turn_at is not None:
        return moved
    return replace(moved, resolved_at=at, resolved_by="asker", state="resolved", open_turn_at=None)


def staff_wrote(case: Case, read: Read, how: str) -> Case:
    """A person of the roster wrote to this case. "Looking into it" is kept as `holding` and stops no clock."""
    at = read.message.sent_at
    if at < case.opened_at:
        return case
    if "holding" in read.assessment.signals:
        return replace(case, holding_at=_earliest(case.holding_at, at))
    first = _earliest(case.staff_first_at, at)
    is_first = first == at and case.staff_first_at != at
    turns = tuple(_answered(turn, at) for turn in case.turns)
    waits = case.state == "open"
    waiting_since = next((t.asked_at for t in turns if t.staff_at is None and waits), None)
    return replace(
        case,
        staff_first_at=first,
        staff_last_at=max(case.staff_last_at or at, at),
        staff_id=read.message.author.id if is_first else case.staff_id,
        staff_by=how if is_first else case.staff_by,
        open_turn_at=waiting_since,
        turns=turns,
    )


def community_wrote(case: Case, at: datetime) -> Case:
    """Another person, who is not staff, answered."""
    if at < case.opened_at:
        return case
    return replace(case, community_first_at=_earliest(case.community_first_at, at))


def acknowledged(case: Case, at: datetime) -> Case:
    """Our first automatic message that covers the case; never an answer."""
    return replace(case, ack_at=_earliest(case.ack_at, max(at, case.opened_at)))


def latest_at(case: Case) -> datetime:
    """The newest thing known of a case: what was written before comes late."""
    known = (case.last_turn_at, case.staff_last_at, case.holding_at, case.community_first_at)
    return max(at for at in known if at is not None)


def _was_silent(case: Case, at: datetime) -> bool:
    """Long enough to count as resolved, whether or not somebody has looked meanwhile."""
    heard = [t for t in (case.staff_last_at, case.last_turn_at) if t is not None]
    return case.staff_last_at is not None and at - max(heard) > ASSUMED


def _continues_burst(case: Case, at: datetime) -> bool:
    if not case.is_waiting or at > case.burst_until + BURST:
        return False
    between = (case.staff_last_at, case.holding_at)
    return not any(s is not None and case.burst_until <= s <= at for s in between)


def judged_higher(case: Case, assessment: Assessment) -> Case:
    """A further message may make a case more urgent, never less."""
    if not assessment.topic.needs_answer or assessment.urgency <= case.urgency:
        return case
    complexity = max(case.complexity, assessment.complexity, key=lambda c: c is Complexity.COMPLEX)
    return replace(case, urgency=assessment.urgency, topic=assessment.topic, complexity=complexity)


def _answered(turn: Turn, at: datetime) -> Turn:
    if at < turn.asked_at or (turn.staff_at is not None and turn.staff_at <= at):
        return turn
    return Turn(turn.asked_at, at)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
