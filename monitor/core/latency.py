"""How long people waited: shares, quantiles and what still waits, from the clocks of cases.

Nothing is ever left out for being unanswered, and nothing is 0 because it is empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from monitor.core.assessment import Topic, Urgency
from monitor.core.messages import Platform
from monitor.core.survival import Attained, Curve, Spell, answered_first, kaplan_meier, share_of

SMALL = 12  # below this many cases a percentage says nothing
DAY = timedelta(hours=24)  # means are restricted to it, and nobody within it is nobody
_ZERO = timedelta(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class CaseClocks:
    """One case as stored: what it is and its clocks, all in platform time."""

    platform: Platform
    topic: Topic
    urgency: Urgency
    id: int
    place: str
    language: str
    opened_at: datetime
    ack_at: datetime | None = None
    staff_first_at: datetime | None = None
    staff_by: str | None = None
    community_first_at: datetime | None = None
    open_turn_at: datetime | None = None
    state: str = "open"  # open | resolved | withdrawn
    staff_id: str | None = None

    def at(self, as_of: datetime) -> CaseClocks:
        """The case as it stood then: what came later has not happened yet."""
        clocks = (self.ack_at, self.staff_first_at, self.community_first_at, self.open_turn_at)
        if all(clock is None or clock <= as_of for clock in clocks):
            return self
        staff = _until(self.staff_first_at, as_of)
        return replace(
            self,
            ack_at=_until(self.ack_at, as_of),
            staff_first_at=staff,
            staff_by=self.staff_by if staff else None,
            community_first_at=_until(self.community_first_at, as_of),
            open_turn_at=_until(self.open_turn_at, as_of),
        )

    @property
    def counts(self) -> bool:
        """Withdrawn before anybody answered: nobody could be late."""
        return self.state != "withdrawn" or self.is_answered

    @property
    def is_answered(self) -> bool:
        """By staff or by the community, in time or late."""
        return self.staff_first_at is not None or self.community_first_at is not None

    @property
    def waits_for_anybody(self) -> bool:
        """Still open, and never had an answer of any kind."""
        return self.state == "open" and not self.is_answered


def _until(moment: datetime | None, as_of: datetime) -> datetime | None:
    return moment if moment is not None and moment <= as_of else None


class Outcome(StrEnum):
    """Who answered within the target."""

    STAFF = "staff"
    COMMUNITY = "community"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Asked:
    """A case of the cohort with the channel it is shown under and the wait it was allowed.

    `is_calm`: asked outside of every surge.
    """

    case: CaseClocks
    channel: str
    target: timedelta
    is_calm: bool = True
    outcome: Outcome = field(init=False)
    block: int = field(init=False)
    staff_spell: Spell | None = field(init=False)
    first_spell: tuple[float, str] | None = field(init=False)

    def __post_init__(self) -> None:
        # Asked for in every slice that the case is in, so found once.
        object.__setattr__(self, "outcome", self._outcome())
        object.__setattr__(self, "block", (self.case.opened_at - _EPOCH) // _BLOCK)
        object.__setattr__(self, "staff_spell", _staff(self.case))
        object.__setattr__(self, "first_spell", _first(self.case))

    def _outcome(self) -> Outcome:
        """Who answered within the target; staff goes before community."""
        if self.within_target(self.case.staff_first_at):
            return Outcome.STAFF
        if self.within_target(self.case.community_first_at):
            return Outcome.COMMUNITY
        return Outcome.NOBODY

    def within_target(self, moment: datetime | None) -> bool:
        """Whether that moment came in time."""
        return moment is not None and moment - self.case.opened_at <= self.target

    def can_still_be_met(self, as_of: datetime) -> bool:
        """Unanswered by staff, and the target has not passed yet at the cut-off."""
        return self.case.staff_first_at is None and as_of - self.case.opened_at <= self.target


@dataclass(frozen=True, slots=True)
class Wait:
    """A quantile. `is_bound`: not reached yet, surely more than `length`."""

    length: timedelta
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class First:
    """Shares of who answered first within a day of the question; together 1."""

    staff: float
    community: float
    nobody: float


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one set of cases.

    `staff` + `community` + `nobody` = `n`: who answered within the target.

    None: nothing to measure. `undecided` are counted under `nobody` though they may yet be
    answered in time. `waiting`: their last question or follow-up has no staff answer;
    `unanswered`: open, and never any answer at all. `attained`: the headline with what its
    interval needs; `mean_day`: the mean wait for staff, each cut at a day.
    """

    n: int
    staff: int = 0
    community: int = 0
    nobody: int = 0
    undecided: int = 0
    p50: Wait | None = None
    p90: Wait | None = None
    staff_ever: int = 0
    by_proximity: int = 0
    acked: int = 0
    ack_p50: timedelta | None = None
    ack_p95: timedelta | None = None
    waiting: int = 0
    oldest_waiting: timedelta | None = None
    unanswered: int = 0
    oldest_unanswered: timedelta | None = None
    attained: Attained | None = None
    mean_day: timedelta | None = None
    first: First | None = None

    @property
    def share(self) -> float | None:
        """The headline: answered by staff within the target."""
        return self.staff / self.n if self.n else None

    @property
    def is_small(self) -> bool:
        """Too few cases for a percentage."""
        return self.n < SMALL


def measure(asked: Sequence[Asked], as_of: datetime) -> Row:
    """The figures of these cases as they stood at the cut-off."""
    outcomes = [a.outcome for a in asked]
    cases = [a.case for a in asked]
    by_staff = [c for c in cases if c.staff_first_at]
    acks = sorted(_wait(c.opened_at, c.ack_at) for c in cases if c.ack_at)
    waiting = [as_of - c.open_turn_at for c in cases if c.open_turn_at and c.state == "open"]
    unanswered = [as_of - c.opened_at for c in cases if c.waits_for_anybody]
    curve = staff_curve(asked, as_of)
    mean = curve.mean_until(DAY.total_seconds())
    return Row(
        n=len(cases),
        staff=outcomes.count(Outcome.STAFF),
        community=outcomes.count(Outcome.COMMUNITY),
        nobody=outcomes.count(Outcome.NOBODY),
        undecided=sum(a.can_still_be_met(as_of) for a in asked),
        p50=staff_wait(cases, curve, 0.5, as_of),
        p90=staff_wait(cases, curve, 0.9, as_of),
        staff_ever=len(by_staff),
        by_proximity=sum(c.staff_by == "proximity" for c in by_staff),
        acked=len(acks),
        ack_p50=quantile(acks, 0.5),
        ack_p95=quantile(acks, 0.95),
        waiting=len(waiting),
        oldest_waiting=max(waiting, default=None),
        unanswered=len(unanswered),
        oldest_unanswered=max(unanswered, default=None),
        attained=in_target(asked) if asked else None,
        mean_day=None if mean is None else timedelta(seconds=round(mean)),
        first=first_of(asked, as_of),
    )


def in_target(asked: Iterable[Asked]) -> Attained:
    """The headline's share; who can still be answered in time counts as late until it happens.

    Taking them for unknown instead would promise, early in a surge, what nobody can keep.
    """
    return share_of((a.block, a.outcome is Outcome.STAFF) for a in asked)


def staff_curve(asked: Iterable[Asked], as_of: datetime) -> Curve:
    """Waits for staff in seconds; those still going on were watched until the cut-off."""
    return kaplan_meier(
        [a.staff_spell or Spell(_seconds(a.case.opened_at, as_of), False) for a in asked]
    )


def _staff(case: CaseClocks) -> Spell | None:
    if case.staff_first_at is None:
        return None
    return Spell(_seconds(case.opened_at, case.staff_first_at), ended=True)


def staff_wait(
    cases: Sequence[CaseClocks], curve: Curve, share: float, as_of: datetime
) -> Wait | None:
    """The wait that `share` of the cases did not exceed, by their curve.

    When so many are unanswered that there is none, a bound that is sure: the same quantile had
    everybody who still waits been answered at the cut-off.
    """
    if not cases:
        return None
    known = curve.quantile(share)
    if known is not None:
        return Wait(timedelta(seconds=known))
    so_far = sorted(_wait(c.opened_at, c.staff_first_at or as_of) for c in cases)
    return Wait(so_far[_rank(share, len(so_far))], is_bound=True)


def first_of(asked: Sequence[Asked], as_of: datetime) -> First | None:
    """Who answered first, staff and community as rivals; None of nothing."""
    if not asked:
        return None
    shares = answered_first(
        [a.first_spell or (_seconds(a.case.opened_at, as_of), None) for a in asked],
        DAY.total_seconds(),
    )
    return First(*(shares.get(who, 0.0) for who in ("staff", "community", None)))


def _first(case: CaseClocks) -> tuple[float, str] | None:
    staff, community = case.staff_first_at, case.community_first_at
    if staff is not None and (community is None or staff <= community):
        return _seconds(case.opened_at, staff), "staff"
    if community is not None:
        return _seconds(case.opened_at, community), "community"
    return None


def quantile(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest length that `share` of the ascending lengths do not exceed; None of nothing."""
    return ordered[_rank(share, len(ordered))] if ordered else None


def _rank(share: float, n: int) -> int:
    # The tiny amount keeps 0.9 * 10 from being 9.000000000000002.
    return max(math.ceil(share * n - 1e-9) - 1, 0)


def _wait(since: datetime, until: datetime | None) -> timedelta:
    return max((until or since) - since, _ZERO)


def _seconds(since: datetime, until: datetime) -> float:
    length = (until - since).total_seconds()
    return length if length > 0 else 0.0
