"""Far more askers than usual, or far fewer: from counts to a verdict. It reads no case and no clock.

Usual is a profile of the hour of the day, weekdays and weekends apart, learned from four weeks of
counts. A count is judged by the tail of a negative binomial distribution over distinct askers, so
that one person who asks thirty times is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from types import MappingProxyType

HISTORY = timedelta(days=28)
WINDOWS = (5, 15, 60)  # minutes
SILENCES = (60, 180, 360)  # minutes
ALARM = 5.0  # -log10 of the probability that chance alone brings so many, or so few
LEAST_ASKERS = 5  # in an hour; below, nothing is worth waking anybody
LEAST_RATIO = 2.0  # times the usual
SILENT_RATIO = 0.1
CALIBRATED_BY = 3  # days
CALM = 1.3  # a quarter of an hour above this is not over yet
QUIET_FOR = timedelta(minutes=15)
LONGEST_DRAIN = timedelta(hours=24)
LEFT_BEHIND = 0.05  # of a surge's questions: some are never answered, and it is over all the same
_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 24
_FADES = 0.93  # weight of a day against the next: about two weeks count
_LEAST_SPREAD = 0.05  # no hour is known better than this, as a squared coefficient of variation
_MOST_SPREAD = 1.0
_DEVIATION = 1.4826  # median absolute deviations of a normal variable are one standard deviation


def hour_of(at: datetime) -> int:
    """Hours since 1970."""
    return (at - _EPOCH) // _HOUR


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual. `hours`: askers an hour, 24 of weekdays, then 24 of weekends."""

    hours: tuple[float, ...]
    spread: float

    def expected(self, until: datetime, minutes: int) -> float:
        """How many askers are usual in the `minutes` before."""
        middle = until - timedelta(minutes=minutes / 2)
        return self.rate(middle) * minutes / 60

    def rate(self, at: datetime) -> float:
        """Askers an hour at that time, between the middles of its two nearest hours."""
        early = at - _HOUR / 2
        share = (early - _EPOCH) % _HOUR / _HOUR
        return (1 - share) * self.hours[slot_of(hour_of(early))] + share * self.hours[
            slot_of(hour_of(early) + 1)
        ]


def slot_of(hour: int) -> int:
    """The place of an hour in the profile; hour 0 was a Thursday's."""
    day, hour_of_day = divmod(hour, _DAY)
    return hour_of_day + _DAY * ((day + 3) % 7 >= 5)


def baseline(counts: Mapping[int, int], now: datetime) -> Baseline | None:
    """Learn from askers by hour (absent hours had none) before this one; None of less than a day."""
    last = hour_of(now)
    first = max(min(counts, default=last), last - HISTORY // _HOUR)
    days = (last - first) / _DAY
    if days < 1:
        return None
    pools = _pools(counts, first, last)
    whole = _mean([pair for pool in pools for pair in pool])
    hours = tuple(_usual(pools, slot, whole) for slot in range(2 * _DAY))
    spread = max(_spread(counts, first, last, hours), 1 / days)
    return Baseline(hours, min(spread, _MOST_SPREAD))


_Pool = list[tuple[float, float]]  # (weight, count)


def _pools(counts: Mapping[int, int], first: int, last: int) -> list[_Pool]:
    pools: list[_Pool] = [[] for _ in range(2 * _DAY)]
    for hour in range(first, last):
        age = (last - hour) // _DAY
        pools[slot_of(hour)].append((_FADES**age, counts.get(hour, 0)))
    return [_clipped(pool) for pool in pools]


def _clipped(pool: _Pool) -> _Pool:
    """An earlier surge must not teach us that surges are usual."""
    if not pool:
        return pool
    most = 3 * median(count for _, count in pool) + 6
    return [(weight, min(count, most)) for weight, count in pool]


def _usual(pools: Sequence[_Pool], slot: int, whole: float) -> float:
    """The hour and its neighbours, smoothed; of a day never seen, the mean of all."""
    start, hour = slot - slot % _DAY, slot % _DAY
    found = [
        (weight * share, count)
        for step, share in ((-1, 0.25), (0, 0.5), (1, 0.25))
        for weight, count in pools[start + (hour + step) % _DAY]
    ]
    # A little of the mean of all: an hour that never saw anybody is not impossible.
    return _mean([*found, (0.05, whole)])


def _mean(pool: _Pool) -> float:
    weight = sum(w for w, _ in pool)
    return sum(w * count for w, count in pool) / weight if weight else 0.0


def _spread(counts: Mapping[int, int], first: int, last: int, hours: Sequence[float]) -> float:
    """How much more the hours vary than a Poisson stream would, by moments."""
    excess = squares = 0.0
    for hour in range(first, last):
        usual = hours[slot_of(hour)]
        off = min(counts.get(hour, 0), 3 * usual + 6) - usual
        excess += off * off - usual
        squares += usual * usual
    return max(_LEAST_SPREAD, excess / squares) if squares else _MOST_SPREAD


@dataclass(frozen=True, slots=True)
class Seen:
    """Distinct askers of one series in the minutes up to `at`."""

    at: datetime
    askers: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far from usual. `ratio`: times the usual, in the `minutes` that say it most clearly."""

    surprise: float
    minutes: int
    ratio: float


Bars = Mapping[int, float]  # by window


def surge_in(seen: Seen, usual: Baseline, bars: Bars = MappingProxyType({})) -> Verdict | None:
    """The clearest of the windows that are far above the usual, and above the bar of their own."""
    if seen.askers[60] < LEAST_ASKERS:
        return None
    looks = [_above(seen, usual, m) for m in WINDOWS]
    found = [
        v for v in looks if v.surprise >= bars.get(v.minutes, ALARM) and v.ratio >= LEAST_RATIO
    ]
    return max(found, key=lambda v: v.surprise, default=None)


def surprises(seen: Seen, usual: Baseline) -> Bars:
    """How far above the usual each window is."""
    return {m: _above(seen, usual, m).surprise for m in WINDOWS}


def bars(days: Sequence[Bars]) -> Bars:
    """How surprising a moment must be where each day's clearest ones were so surprising.

    Where bursts come every day, only a larger one is worth a word: one robust deviation above the
    median day, on a scale of logarithms. Single days count for little: a surge of last week must
    not hide the next one.
    """
    if len(days) < CALIBRATED_BY:
        return {}
    return {m: max(ALARM, _clear_of([day.get(m, 0.0) for day in days])) for m in WINDOWS}


def _clear_of(peaks: Sequence[float]) -> float:
    logs = [math.log(max(peak, 1.0)) for peak in peaks]
    middle = median(logs)
    return math.exp(middle + _DEVIATION * median(abs(x - middle) for x in logs))


def _above(seen: Seen, usual: Baseline, minutes: int) -> Verdict:
    expected, n = usual.expected(seen.at, minutes), seen.askers[minutes]
    ratio = n / max(expected, 0.01)
    return Verdict(_rarity(n, expected, usual.spread, more=True), minutes, ratio)


def silence_in(seen: Seen, usual: Baseline) -> Verdict | None:
    """Far below the usual: perhaps nobody asks, perhaps we do not see it."""
    for minutes in SILENCES:
        expected, n = usual.expected(seen.at, minutes), seen.askers[minutes]
        if n <= SILENT_RATIO * expected:
            rarity = _rarity(n, expected, usual.spread, more=False)
            if rarity >= ALARM:
                return Verdict(rarity, minutes, n / expected)
    return None


def is_calm(seen: Seen, usual: Baseline) -> bool:
    """The last quarter of an hour is nothing special."""
    return _above(seen, usual, 15).surprise < CALM


def _rarity(n: int, mean: float, spread: float, *, more: bool) -> float:
    """-log10 of the probability of n or more (or fewer); 0 on the other side of the mean."""
    mean = max(mean, 0.01)
    if (n <= mean) if more else (n >= mean):
        return 0.0
    size = 1 / spread
    odds = mean / (mean + size)
    term = total = 1.0
    k = n
    # The terms after the first, relative to it: they fall fast on this side of the mean.
    while term > 1e-9 * total and (more or k > 0):
        term *= (k + size) / (k + 1) * odds if more else k / ((k - 1 + size) * odds)
        total, k = total + term, k + 1 if more else k - 1
    return -(_log_mass(n, size, odds) + math.log(total)) / math.log(10)


def _log_mass(n: int, size: float, odds: float) -> float:
    """Negative binomial."""
    ways = math.lgamma(n + size) - math.lgamma(size) - math.lgamma(n + 1)
    return ways + size * math.log1p(-odds) + n * math.log(odds)


def began(minutes: Sequence[int], at: datetime, usual: Baseline, ratio: float) -> datetime:
    """Since when, within the minutes up to `at` (oldest first).

    From there on, `ratio` times the usual rate explains best what came.
    """
    best, score, start = 0.0, 0.0, len(minutes) - 1
    gain = math.log(ratio)
    for index in range(len(minutes) - 1, -1, -1):
        until = at - timedelta(minutes=len(minutes) - 1 - index)
        score += minutes[index] * gain - (ratio - 1) * usual.expected(until, 1)
        if score > best:
            best, start = score, index
    return at - timedelta(minutes=len(minutes) - start)


@dataclass(frozen=True, slots=True)
class Course:
    """An open incident: since when, how many waited usually, and since when it has been calm."""

    began_at: datetime
    usual_queue: float
    calm_since: datetime | None = None


def goes_on(course: Course, at: datetime, queue: int, asked: int, *, calm: bool) -> Course | None:
    """The incident after another look; None: over. `asked`: questions since it began.

    Over is a quarter of an hour with the usual volume and hardly more waiting than usual before;
    after a day, the volume alone decides: questions nobody answers would keep it open for ever.
    """
    drained = queue <= course.usual_queue + LEFT_BEHIND * asked
    if not (calm and (drained or at - course.began_at > LONGEST_DRAIN)):
        return Course(course.began_at, course.usual_queue)
    since = course.calm_since or at
    if at - since >= QUIET_FOR:
        return None
    return Course(course.began_at, course.usual_queue, since)
