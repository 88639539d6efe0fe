"""A case: one person's one need, and its clocks. Pure; attaching messages to cases is core.ledger's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.context import NUDGES, Situation, harder, in_context, is_follow_up
from monitor.core.lookalike import PRETENDS
from monitor.core.messages import Message, Platform, Role
from monitor.core.quick import quick, replace
from monitor.core.wording import asked

BURST = timedelta(minutes=5)  # messages of one author this close together are one question
PRELUDE = (
    2 * BURST
)  # "hi", "anyone there?" may come this long before the question; chatter before is none
REOPEN = timedelta(days=7)  # asked again about the same thing within this: the same case
NEARBY = timedelta(minutes=15)  # a staff message without a reply mark, when only one person waits
ELSEWHERE = "elsewhere"  # answered where the same person asked the same
ASSUMED = timedelta(hours=72)  # silence after the last staff message counts as resolved

# Of each message several times: Python 3.11 finds a member of an Enum by a detour, thrice as dear as all that is done
# with it here.
_CHATTER, _SPAM, _MEMBER = Topic.CHATTER, Topic.SPAM, Role.MEMBER


@quick
@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of waiting: the asker wrote at `asked_at`, staff wrote next at `staff_at` (None: not yet)."""

    asked_at: datetime
    staff_at: datetime | None = None


@quick
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
    staff_sure: float | None = None  # how likely a learned link is right; None: it was not guessed
    community_first_at: datetime | None = None
    community_by: str | None = None  # ELSEWHERE; None: in this place
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    due_at: datetime | None = None
    imported: bool = False
    merged_into: str | None = None  # the same trouble as that case: an answer to one answers both
    turns: tuple[Turn, ...] = ()
    asked: int | None = None  # core.crossposts finds the same question in other places by it
    thanked_at: datetime | None = None  # when its asker first said here that it is done

    @property
    def is_empty(self) -> bool:
        """A person took all its messages away: only its number is left."""
        return not self.turns

    @property
    def is_waiting(self) -> bool:
        """The asker's latest turn has no staff answer."""
        return self.open_turn_at is not None and self.state == "open"

    @property
    def answered_at(self) -> datetime | None:
        """The earlier of the first staff and the first community answer."""
        return earliest(self.staff_first_at, self.community_first_at)


@quick
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
    deleted_at: datetime | None = None
    said: int = 0  # core.wording.fingerprint, of what asks

    @property
    def at(self) -> datetime:
        """When it came to say this."""
        return (self.rewritten and self.message.edited_at) or self.message.sent_at

    @property
    def order(self) -> tuple[datetime, bool, int, str]:
        """The same whenever it came: by time, and by the platform's own numbers within one second."""
        message = self.message
        native = message.native_id
        return self.at if self.rewritten else message.sent_at, self.rewritten, len(native), native

    @property
    def asks(self) -> bool:
        """It needs an answer by itself."""
        topic = (
            self.assessment.topic
        )  # asked of each several times: no property inside of a property
        return topic is not _CHATTER and topic is not _SPAM

    @property
    def pretends(self) -> bool:
        """Somebody who is not of the team wrote it under a name that sounds like the team's: it is no answer."""
        return self.role is _MEMBER and PRETENDS in self.assessment.signals

    @property
    def only_thanks(self) -> bool:
        """Nothing but a thank-you."""
        return "thanks" in self.assessment.signals and not self.asks


def opened_by(read: Read, first: Message) -> Case:
    """A new case, asked by `read`, whose burst began with `first`. An edit into a question asks at the edit."""
    message, assessment = read.message, read.assessment
    asked_at = read.at if read.rewritten else first.sent_at
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
        burst_until=read.at,
        last_turn_at=read.at,
        open_turn_at=asked_at,
        imported=read.imported,
        turns=(Turn(asked_at),),
        asked=asked(read.said, asked_at),
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
    at = read.at
    asks = read.asks or is_follow_up(read.assessment, read.message.text)
    goes_on = at < case.opened_at or _continues_burst(case, at)
    nudges = case.nudges + (asks and case.is_waiting and not goes_on)
    case = judged_higher(case, in_context(read.assessment, _around(case, read, nudges)))
    if at < case.opened_at:
        return case
    moved = replace(case, last_turn_at=max(case.last_turn_at, at))
    if goes_on:
        return replace(moved, burst_until=max(case.burst_until, at))
    if case.is_waiting:
        return replace(moved, nudges=nudges, burst_until=at) if asks else moved
    if not (asks or "asking" in read.assessment.signals):
        return moved
    # What was only assumed counts by the silence itself: this may have been written before it was over.
    was_over = case.resolved_at is not None and case.resolved_by != "assumed"
    reopened = case.reopened + (was_over or was_silent(case, at))
    return replace(moved, open_turn_at=at, burst_until=at, state="open", resolved_at=None,
                   resolved_by=None, reopened=reopened, turns=(*case.turns, Turn(at)))  # fmt: skip


def _around(case: Case, read: Read, nudges: int) -> Situation:
    """Asking again weighs the second time; after that it would only weigh the same again."""
    text, pressing = read.message.text, nudges if case.nudges < nudges == NUDGES else 0
    return Situation(text, case.topic, case.urgency, case.complexity, pressing)


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
    return replace(moved, resolved_at=at, resolved_by="asker", state="resolved", open_turn_at=None,
                   thanked_at=earliest(case.thanked_at, at))  # fmt: skip


def staff_wrote(case: Case, read: Read, how: str, sure: float | None = None) -> Case:
    """A person of the roster wrote to this case. "Looking into it" is kept as `holding` and stops no clock."""
    at = read.at
    if at < case.opened_at:
        return case
    if "holding" in read.assessment.signals:
        return replace(case, holding_at=earliest(case.holding_at, at))
    return answered_by_staff(case, at, read.message.author.id, how, sure)


def answered_by_staff(
    case: Case, at: datetime, who: str | None, how: str, sure: float | None = None
) -> Case:
    """Staff has answered then; `how` it is known that it answers this case."""
    first = earliest(case.staff_first_at, at)
    is_first = first == at and case.staff_first_at != at
    turns = tuple(_answered(turn, at) for turn in case.turns)
    if case.resolved_by == "assumed":  # silence was taken for an end, and was none
        case = replace(case, state="open", resolved_at=None, resolved_by=None)
    waits = case.state == "open"
    waiting_since = next((t.asked_at for t in turns if t.staff_at is None and waits), None)
    return replace(
        case,
        staff_first_at=first,
        staff_last_at=max(case.staff_last_at or at, at),
        staff_id=who if is_first else case.staff_id,
        staff_by=how if is_first else case.staff_by,
        staff_sure=sure if is_first else case.staff_sure,
        open_turn_at=waiting_since,
        turns=turns,
    )


def community_wrote(case: Case, at: datetime) -> Case:
    """Another person, who is not staff, answered."""
    if at < case.opened_at:
        return case
    return replace(case, community_first_at=earliest(case.community_first_at, at))


def was_silent(case: Case, at: datetime) -> bool:
    """Long enough to count as resolved, whether or not somebody has looked meanwhile."""
    heard = [t for t in (case.staff_last_at, case.last_turn_at) if t is not None]
    return case.staff_last_at is not None and at - max(heard) > ASSUMED


def _continues_burst(case: Case, at: datetime) -> bool:
    if not case.is_waiting or at > case.burst_until + BURST:
        return False
    between = (case.staff_last_at, case.holding_at)
    return not any(s is not None and case.burst_until <= s <= at for s in between)


def judged_higher(case: Case, assessment: Assessment) -> Case:
    """A further message may make a case more urgent or less simple, never the other way round."""
    if not assessment.topic.needs_answer:
        return case
    complexity = harder(case.complexity, assessment.complexity)
    if assessment.urgency <= case.urgency:
        is_same = complexity is case.complexity or assessment.topic is not case.topic
        return case if is_same else replace(case, complexity=complexity)
    return replace(case, urgency=assessment.urgency, topic=assessment.topic, complexity=complexity)


def _answered(turn: Turn, at: datetime) -> Turn:
    if at < turn.asked_at or (turn.staff_at is not None and turn.staff_at <= at):
        return turn
    return Turn(turn.asked_at, at)


def earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The first of two instants that may not have come."""
    if one is None or other is None:
        return one or other
    return min(one, other)
