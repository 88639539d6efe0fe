"""How long people waited: shares, quantiles and what still waits, from the clocks of cases.

Nothing is ever left out for being unanswered, and nothing is 0 because it is empty.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar

from monitor.core.caseclocks import CaseClocks as CaseClocks
from monitor.core.survival import Attained, Curve, curve_of, share_in, shares_of

SMALL = 12  # below this many cases a percentage says nothing
_GUESSED = ("proximity", "learned")  # no reply mark, tree or mention told whom staff answered
DAY = timedelta(hours=24)  # means are restricted to it, and nobody within it is nobody
_ZERO = timedelta(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK = timedelta(hours=6)
_Length = TypeVar("_Length", float, timedelta)


class Outcome(StrEnum):
    """Who answered within the target."""

    STAFF = "staff"
    COMMUNITY = "community"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Asked:
    """A case of the cohort with the channel it is shown under and the wait it was allowed.

    `is_calm`: asked outside of every surge. What follows is asked for in every slice that the case
    is in, so it is found once: `block`, the six hours it was asked in; seconds to the first staff
    answer and to the first of anybody's, and whose; the acknowledgement; since when it waits.
    """

    case: CaseClocks
    channel: str
    target: timedelta
    is_calm: bool = True
    outcome: Outcome = field(init=False)
    block: int = field(init=False)
    staff_after: float | None = field(init=False)
    first_after: float | None = field(init=False)
    first_by: str | None = field(init=False)
    acked_after: timedelta | None = field(init=False)
    waits_since: datetime | None = field(init=False)
    is_guessed: bool = field(init=False)  # that it was this case which staff answered

    def __post_init__(self) -> None:
        put, case, opened = object.__setattr__, self.case, self.case.opened_at
        staff = case.staff_first_at
        put(self, "outcome", self._outcome())
        put(self, "block", (opened - _EPOCH) // _BLOCK)
        put(self, "staff_after", None if staff is None else _seconds(opened, staff))
        first, by = _first(case)
        put(self, "first_after", None if first is None else _seconds(opened, first))
        put(self, "first_by", by)
        put(self, "acked_after", None if case.ack_at is None else _wait(opened, case.ack_at))
        put(self, "waits_since", case.open_turn_at if case.state == "open" else None)
        put(self, "is_guessed", case.staff_by in _GUESSED)

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
    faq: float = 0.0  # a standing answer, confirmed by the asker


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
    calm: Attained | None = None  # the same outside of surges
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
    if not asked:
        return Row(n=0)
    # Counted, not listed: a case is in many slices, and many of a slice are alike.
    hits, acked = Counter(map(_HIT, asked)), Counter(map(_ACKED, asked))
    del acked[None]
    who = Counter(map(_OUTCOME, asked))
    lonely = [a for a in asked if a.staff_after is None]
    unanswered = [a.case.opened_at for a in lonely if a.case.waits_for_anybody]
    waiting = [a.waits_since for a in asked if a.waits_since is not None]
    return Row(
        n=len(asked),
        staff=who[Outcome.STAFF],
        community=who[Outcome.COMMUNITY],
        nobody=who[Outcome.NOBODY],
        undecided=sum(a.can_still_be_met(as_of) for a in lonely),
        staff_ever=len(asked) - len(lonely),
        by_proximity=sum(map(_IS_GUESSED, asked)),
        acked=acked.total(),
        ack_p50=_ranked(acked, 0.5),
        ack_p95=_ranked(acked, 0.95),
        waiting=len(waiting),
        oldest_waiting=as_of - min(waiting) if waiting else None,
        unanswered=len(unanswered),
        oldest_unanswered=as_of - min(unanswered) if unanswered else None,
        attained=_attained(hits, only_calm=False),
        calm=_attained(hits, only_calm=True),
        first=_first_of(asked, lonely, as_of),
        **_waits(asked, lonely, as_of),
    )


_HIT = attrgetter("block", "outcome", "is_calm")
_OUTCOME, _ACKED = attrgetter("outcome"), attrgetter("acked_after")
_IS_GUESSED = attrgetter("is_guessed")
_STAFF, _FIRST = attrgetter("staff_after"), attrgetter("first_after", "first_by")


def _attained(hits: Counter[tuple[int, Outcome, bool]], *, only_calm: bool) -> Attained:
    """The headline's share; who can still be answered in time counts as late until it happens.

    Taking them for unknown instead would promise, early in a surge, what nobody can keep.
    """
    asked, true = Counter[int](), Counter[int]()
    for (block, outcome, is_calm), n in hits.items():
        if is_calm or not only_calm:
            asked[block] += n
            true[block] += n * (outcome is Outcome.STAFF)
    return share_in(asked, true)


def _waits(asked: Sequence[Asked], lonely: Iterable[Asked], as_of: datetime) -> dict[str, Any]:
    """For staff; those still going on were watched until the cut-off."""
    ended = Counter(map(_STAFF, asked))
    del ended[None]
    going_on = Counter(_seconds(a.case.opened_at, as_of) for a in lonely)
    curve = curve_of(ended, going_on)
    mean = curve.mean_until(DAY.total_seconds())
    lengths = ended + going_on
    return {
        "p50": _quantile(curve, lengths, 0.5),
        "p90": _quantile(curve, lengths, 0.9),
        "mean_day": None if mean is None else timedelta(seconds=round(mean)),
    }


def _quantile(curve: Curve, lengths: Counter[float], share: float) -> Wait | None:
    """The wait that `share` did not exceed, by the curve.

    When so many are unanswered that there is none, a bound that is sure: the same quantile had
    everybody who still waits been answered at the cut-off.
    """
    known = curve.quantile(share)
    if known is not None:
        return Wait(timedelta(seconds=known))
    bound = _ranked(lengths, share)
    return None if bound is None else Wait(timedelta(seconds=bound), is_bound=True)


def _first_of(asked: Sequence[Asked], lonely: Iterable[Asked], as_of: datetime) -> First:
    """Staff, community and standing answers as rivals."""
    counted = Counter(map(_FIRST, asked))
    del counted[None, None]
    counted.update((_seconds(a.case.opened_at, as_of), None) for a in lonely if a.first_by is None)
    shares = shares_of(counted, DAY.total_seconds())
    return First(*(shares.get(who, 0.0) for who in ("staff", "community", None, "faq")))


def _first(case: CaseClocks) -> tuple[datetime | None, str | None]:
    """The earliest answer; at the same instant staff goes before community."""
    first, by = case.staff_first_at, "staff"
    for at, who in (case.community_first_at, "community"), (case.faq_confirmed_at, "faq"):
        if at is not None and (first is None or at < first):
            first, by = at, who
    return first, None if first is None else by


def quantile(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest length that `share` of the ascending lengths do not exceed; None of nothing."""
    return ordered[_rank(share, len(ordered))] if ordered else None


def _ranked(counted: Counter[_Length], share: float) -> _Length | None:
    """The same of lengths counted."""
    rank, passed = _rank(share, counted.total()), 0
    for length in sorted(counted):
        passed += counted[length]
        if passed > rank:
            return length
    return None


def _rank(share: float, n: int) -> int:
    # The tiny amount keeps 0.9 * 10 from being 9.000000000000002.
    return max(math.ceil(share * n - 1e-9) - 1, 0)


def _wait(since: datetime, until: datetime | None) -> timedelta:
    return max((until or since) - since, _ZERO)


def _seconds(since: datetime, until: datetime) -> float:
    length = (until - since).total_seconds()
    return length if length > 0 else 0.0
