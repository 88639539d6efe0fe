"""Waits of which some had not ended when we looked: curves, quantiles, shares with intervals.

It never takes an unfinished wait for a finished one, and it prints nothing. Lengths are plain
numbers in one unit of the caller's: seconds, or multiples of the wait allowed.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from statistics import variance as variance_of

QUARTERS = 4  # blocks of six hours in a day: block n and block n + 4 are the same hours
LEAST_BLOCKS = 8  # of fewer blocks no interval is worth printing
_MOST_UNWATCHED = 0.05

Counts = Counter[float]
_LENGTH = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Spell:
    """One wait, watched for `length`. `ended`: it ended then; else it was still going on.

    `block`: waits of the same six hours share their luck and count as one event in intervals;
    blocks are numbered through, four a day.
    """

    length: float
    ended: bool
    block: int = 0


@dataclass(frozen=True, slots=True)
class Curve:
    """Kaplan and Meier's: `still[i]` is the share that waits longer than `times[i]`.

    `lost[i]`: how many were watched for less than `times[i]` and no longer. `watched`: the longest
    time that anybody was watched.
    """

    times: tuple[float, ...]
    still: tuple[float, ...]
    lost: tuple[int, ...]
    watched: float
    n: int

    def waiting_after(self, length: float) -> float:
        """The share that waits longer than this."""
        index = bisect_right(self.times, length)
        return self.still[index - 1] if index else 1.0

    def quantile(self, share: float) -> float | None:
        """The wait that `share` did not exceed; None where so many still waited that none is known.

        Also None where more than one in twenty left our sight earlier: in a surge those are the
        late ones, and the estimate would be too short.
        """
        for time, still, lost in zip(self.times, self.still, self.lost, strict=True):
            if still <= 1 - share + 1e-12:
                return time if lost <= _MOST_UNWATCHED * self.n else None
        return None

    def mean_until(self, horizon: float) -> float | None:
        """The mean wait, each cut at the horizon; None when nobody was watched that long."""
        if self.n == 0 or (self.watched < horizon and self.still[-1:] != (0.0,)):
            return None
        area, since, still = 0.0, 0.0, 1.0
        for time, after in zip(self.times, self.still, strict=True):
            if time >= horizon:
                break
            area += still * (time - since)
            since, still = time, after
        return area + still * (horizon - since)


def kaplan_meier(spells: Sequence[Spell]) -> Curve:
    """The curve of these waits; of nothing, a flat one."""
    return curve_of(*_counted(spells))


def curve_of(ended: Counts, going_on: Counts) -> Curve:
    """The same of lengths counted: how many ended at each, how many had not when they left our sight."""
    times, still, lost = [], [], []
    share, gone, watched = 1.0, 0, 0.0
    for time, at_risk, n, left in _steps(ended, going_on):
        watched = time
        if n:
            share *= (at_risk - n) / at_risk
            times.append(time)
            still.append(share)
            lost.append(gone)
        gone += left - n
    n = ended.total() + going_on.total()
    return Curve(tuple(times), tuple(still), tuple(lost), watched, n)


def _counted(spells: Iterable[Spell]) -> tuple[Counts, Counts]:
    ended, going_on = Counter[float](), Counter[float]()
    for spell in spells:
        (ended if spell.ended else going_on)[spell.length] += 1
    return ended, going_on


def _steps(ended: Counts, going_on: Counts) -> Iterator[tuple[float, int, int, int]]:
    """Each length once, ascending: how many were watched until then, ended then, left our sight."""
    at_risk = ended.total() + going_on.total()
    for time in sorted(ended.keys() | going_on.keys()):
        left = ended[time] + going_on[time]
        yield time, at_risk, ended[time], left
        at_risk -= left


@dataclass(frozen=True, slots=True)
class Attained:
    """The share whose wait ended within a length; `variance` takes each block for one event.

    `freedom`: how many independent squares the variance was made of (Satterthwaite's).
    """

    share: float
    variance: float
    n: int
    blocks: int
    freedom: float = 1.0

    @property
    def interval(self) -> tuple[float, float] | None:
        """95%, inside 0 to 1; None of too few blocks. Wilson's, at the size the blocks leave."""
        if self.blocks < LEAST_BLOCKS:
            return None
        size, t = _size(self), student(self.freedom)
        centre = (self.share + t * t / (2 * size)) / (1 + t * t / size)
        half = t * math.sqrt(self.share * (1 - self.share) / size + (t / (2 * size)) ** 2)
        half /= 1 + t * t / size
        return max(0.0, centre - half), min(1.0, centre + half)


def _size(attained: Attained) -> float:
    """As many independent waits would be as sure; where all or none made it, one a block."""
    p = attained.share
    if attained.variance > 0 and 0 < p < 1:
        return min(attained.n, p * (1 - p) / attained.variance)
    return attained.blocks


def _spread(attained: Attained) -> float:
    """The variance; where all or none made it, blocks stand for events, so that it is never 0."""
    p, n = attained.share, attained.blocks
    if attained.variance > 0 and 0 < p < 1:
        return attained.variance
    p = (p * n + 1) / (n + 2)
    return p * (1 - p) / n


def attainment(spells: Sequence[Spell], length: float) -> Attained:
    """The share whose wait ended within `length`: 1 - S(length).

    The variance is the infinitesimal jackknife, summed within blocks; where nobody left our sight
    early it is the plain ratio estimator's, exactly, with the quarters of the day as strata.
    """
    if not spells:
        return Attained(0.0, 0.0, 0, 0)
    still, rise, fall = 1.0, [(-math.inf, 0.0)], {}
    for time, at_risk, ended, _ in _steps(*_counted(spells)):
        if time > length or not ended:
            continue
        still *= (at_risk - ended) / at_risk
        if still == 0.0:
            break
        fall[time] = 1 / (at_risk - ended)
        rise.append((time, rise[-1][1] + fall[time] - 1 / at_risk))
    sums = _by_block(spells, rise, fall)
    variance, freedom = _scattered({block: still * pull for block, pull in sums.items()})
    return Attained(1 - still, variance, len(spells), len(sums), freedom)


def share_of(hits: Iterable[tuple[int, bool]]) -> Attained:
    """The share that is true among (block, true or not): the same where nothing is unknown."""
    counted = Counter(hits)
    asked: Counter[int] = Counter()
    for (block, _), times in counted.items():
        asked[block] += times
    return share_in(asked, Counter({block: counted[block, True] for block in asked}))


def share_in(asked: Counter[int], true: Counter[int]) -> Attained:
    """The same, counted: how many of each block, and of how many it is true."""
    n = asked.total()
    if n == 0:
        return Attained(0.0, 0.0, 0, 0)
    share = true.total() / n
    sums = {block: (true[block] - share * asked[block]) / n for block in asked}
    variance, freedom = _scattered(sums)
    return Attained(share, variance, n, len(sums), freedom)


def _by_block(
    spells: Sequence[Spell], rise: Sequence[tuple[float, float]], fall: Mapping[float, float]
) -> dict[int, float]:
    """How much each block pulls at log S."""
    times = [time for time, _ in rise]
    sums: dict[int, float] = defaultdict(float)
    for spell in spells:
        gained = rise[bisect_right(times, spell.length) - 1][1]
        sums[spell.block] += gained - (fall.get(spell.length, 0.0) if spell.ended else 0.0)
    return sums


def _scattered(sums: Mapping[int, float]) -> tuple[float, float]:
    """Variance and its degrees of freedom.

    Each quarter of the day scatters around its own mean: that afternoons are busier than nights is
    rhythm, not luck.
    """
    quarters: dict[int, list[float]] = defaultdict(list)
    for block, total in sorted(sums.items()):  # one order: sums of floats depend on it
        quarters[block % QUARTERS].append(total)
    parts = [(len(q) * variance_of(q), len(q) - 1) for q in quarters.values() if len(q) > 1]
    alone = sum(q[0] ** 2 for q in quarters.values() if len(q) == 1)
    squares = sum(v * v / freedom for v, freedom in parts)
    whole = sum(v for v, _ in parts)
    most = max(1, len(sums) - len(quarters))
    return whole + alone, min(whole * whole / squares, most) if squares > 0 else most


def differ(now: Attained, before: Attained) -> bool | None:
    """Whether two shares differ by more than the luck of their hours (5%); None: too little to say.

    Waits in one queue follow each other: tests that take them for independent call every second
    pair of equal weeks different.
    """
    if min(now.blocks, before.blocks) < LEAST_BLOCKS:
        return None
    a, b = _spread(now), _spread(before)
    freedom = (a + b) ** 2 / (a * a / now.freedom + b * b / before.freedom)
    return abs(now.share - before.share) > student(freedom) * math.sqrt(a + b)


def student(freedom: float) -> float:
    """The 97.5% point of Student's t (Cornish and Fisher's expansion; within 0.01 from 4 on)."""
    z, v = 1.959963984540054, max(freedom, 3.0)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / v + second / v**2 + third / v**3


def answered_first(
    spells: Sequence[tuple[float, str | None]], horizon: float
) -> Mapping[str | None, float]:
    """Aalen and Johansen's shares of who ended the wait within the horizon; None: nobody did.

    A spell is (length, who ended it or None while it goes on). They add up to 1; empty of nothing.
    """
    return shares_of(Counter(spells), horizon)


def shares_of(
    counted: Counter[tuple[float, str | None]], horizon: float
) -> Mapping[str | None, float]:
    """The same of spells counted."""
    shares: dict[str | None, float] = defaultdict(float)
    still, at_risk = 1.0, counted.total()
    for time, spells in groupby(sorted(counted, key=_LENGTH), key=_LENGTH):
        if time > horizon:
            break
        ended = left = 0
        for spell in spells:
            n, who = counted[spell], spell[1]
            left += n
            if who is not None:
                shares[who] += still * n / at_risk
                ended += n
        still *= (at_risk - ended) / at_risk
        at_risk -= left
    if counted:
        shares[None] = still
    return dict(shares)
