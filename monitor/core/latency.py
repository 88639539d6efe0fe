"""How long people waited: shares, quantiles and what still waits, from the clocks of cases.

Nothing is ever left out for being unanswered, and nothing is 0 because it is empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.assessment import Topic, Urgency
from monitor.core.messages import Platform

SMALL = 12  # below this many cases a percentage says nothing
_ZERO = timedelta(0)


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


@dataclass(frozen=True, slots=True)
class Asked:
    """A case of the cohort with the channel it is shown under and the wait it was allowed."""

    case: CaseClocks
    channel: str
    target: timedelta

    def within_target(self, moment: datetime | None) -> bool:
        """Whether that moment came in time."""
        return moment is not None and moment - self.case.opened_at <= self.target

    @property
    def outcome(self) -> Outcome:
        """Who answered within the target; staff goes before community."""
        if self.within_target(self.case.staff_first_at):
            return Outcome.STAFF
        if self.within_target(self.case.community_first_at):
            return Outcome.COMMUNITY
        return Outcome.NOBODY

    def can_still_be_met(self, as_of: datetime) -> bool:
        """Unanswered by staff, and the target has not passed yet at the cut-off."""
        return self.case.staff_first_at is None and as_of - self.case.opened_at <= self.target


class Outcome(StrEnum):
    """Who answered within the target."""

    STAFF = "staff"
    COMMUNITY = "community"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Wait:
    """A quantile. `is_bound`: not reached yet, surely more than `length`."""

    length: timedelta
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one set of cases.

    `staff` + `community` + `nobody` = `n`: who answered within the target.

    None: nothing to measure. `undecided` are counted under `nobody` though they may yet be
    answered in time. `waiting`: their last question or follow-up has no staff answer;
    `unanswered`: open, and never any answer at all.
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
    return Row(
        n=len(cases),
        staff=outcomes.count(Outcome.STAFF),
        community=outcomes.count(Outcome.COMMUNITY),
        nobody=outcomes.count(Outcome.NOBODY),
        undecided=sum(a.can_still_be_met(as_of) for a in asked),
        p50=staff_wait(cases, 0.5, as_of),
        p90=staff_wait(cases, 0.9, as_of),
        staff_ever=len(by_staff),
        by_proximity=sum(c.staff_by == "proximity" for c in by_staff),
        acked=len(acks),
        ack_p50=quantile(acks, 0.5),
        ack_p95=quantile(acks, 0.95),
        waiting=len(waiting),
        oldest_waiting=max(waiting, default=None),
        unanswered=len(unanswered),
        oldest_unanswered=max(unanswered, default=None),
    )


def staff_wait(cases: Sequence[CaseClocks], share: float, as_of: datetime) -> Wait | None:
    """The wait that `share` of the cases did not exceed, the unanswered taken as endless.

    When so many are unanswered that there is none, a bound that is sure: the same quantile had
    everybody who still waits been answered at the cut-off.
    """
    answered = sorted(_wait(c.opened_at, c.staff_first_at) for c in cases if c.staff_first_at)
    rank = _rank(share, len(cases))
    if rank < len(answered):
        return Wait(answered[rank]) if cases else None
    so_far = sorted(_wait(c.opened_at, c.staff_first_at or as_of) for c in cases)
    return Wait(so_far[rank], is_bound=True) if cases else None


def quantile(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest length that `share` of the ascending lengths do not exceed; None of nothing."""
    return ordered[_rank(share, len(ordered))] if ordered else None


def _rank(share: float, n: int) -> int:
    # The tiny amount keeps 0.9 * 10 from being 9.000000000000002.
    return max(math.ceil(share * n - 1e-9) - 1, 0)


def _wait(since: datetime, until: datetime | None) -> timedelta:
    return max((until or since) - since, _ZERO)


@dataclass(frozen=True, slots=True)
class Lag:
    """How late we saw live messages: p95 of seen minus sent.

    `ahead` were sent after we saw them, by their clock.
    """

    platform: Platform
    n: int
    p95: timedelta
    ahead: int


def lag_of(platform: Platform, lags: Iterable[timedelta]) -> Lag | None:
    """Visibility of one platform; a clock that runs ahead counts as no lag, and is counted."""
    ordered = sorted(lags)
    p95 = quantile(ordered, 0.95)
    if p95 is None:
        return None
    ahead = sum(lag < _ZERO for lag in ordered)
    return Lag(platform, len(ordered), max(p95, _ZERO), ahead)
