"""What is usual in each series: counted from stored cases once, then hour by hour. It raises no alarm.

Nothing here must outlive a restart: it is learned anew from the same cases.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core import surge
from monitor.core.incidents import ALL, Asker, askers_by_series
from monitor.core.surge import HISTORY, LEAST_ASKERS, WINDOWS, Bars, Baseline, Seen, hour_of
from monitor.store import incidents as store
from monitor.store.database import Connection

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_ALIVE = timedelta(days=2)  # a place that nobody has asked in for so long is not a blind connector
_INSTANT = timedelta(microseconds=1)


@dataclass(slots=True)
class Usual:
    """Counts by series and hour, read once and then hour by hour; made anew after a restart."""

    since: datetime | None = None
    counted: datetime | None = None
    hours: dict[str, dict[int, int]] = field(default_factory=dict)
    heard: dict[str, datetime] = field(default_factory=dict)  # the last live asker
    profiles: dict[str, Baseline] = field(default_factory=dict)
    never: Baseline | None = None  # of a topic or language that nobody has asked in
    peaks: dict[str, dict[datetime, Bars]] = field(default_factory=dict)  # each day's clearest
    weighed: datetime | None = None  # until this midnight

    def roll(self, connection: Connection, now: datetime) -> None:
        """Count the hours that are over since, and learn from them."""
        self.since = self.since or now
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self.counted == hour:
            return
        begin = max(self.counted or hour - HISTORY, hour - HISTORY)
        while begin < hour:
            end = min(begin + _DAY, hour)
            self._count(store.askers(connection, begin - _INSTANT, end - _INSTANT))
            begin = end
        self.counted = hour
        self._learn(hour)
        self._weigh(connection, hour.replace(hour=0))

    def _count(self, askers: Sequence[Asker]) -> None:
        seen: dict[tuple[str, int], set[tuple[str, str]]] = {}
        for asker in askers:
            for series in asker.series:
                key = (series, hour_of(asker.asked_at))
                seen.setdefault(key, set()).add((asker.platform, asker.author))
            self.hear(asker)
        for (series, hour), authors in seen.items():
            self.hours.setdefault(series, {})[hour] = len(authors)

    def _learn(self, hour: datetime) -> None:
        oldest = hour_of(hour - HISTORY)
        first = min(self.hours.get(ALL, ()), default=hour_of(hour))
        self.profiles = {}
        self.never = surge.baseline({first: 0}, hour)
        for series, counts in self.hours.items():
            for old in [h for h in counts if h < oldest]:
                del counts[old]
            # A place is watched since somebody asked there; a topic or language as long as all.
            watched = counts if series.startswith("place:") else {first: 0} | counts
            found = surge.baseline(watched, hour)
            if found is not None:
                self.profiles[series] = found

    def _weigh(self, connection: Connection, midnight: datetime) -> None:
        """How far from usual the days were that are over: where bursts come daily, they are usual."""
        day = max(self.weighed or midnight - HISTORY, midnight - HISTORY)
        while day < midnight:
            askers = store.askers(connection, day - _HOUR, day + _DAY - _INSTANT)
            for series, mine in askers_by_series(askers).items():
                profile = self.profiles.get(series)
                if profile is not None:
                    self.peaks.setdefault(series, {})[day] = _peaks(mine, profile, day)
            day += _DAY
        self.weighed = midnight
        for days in self.peaks.values():
            for old in [d for d in days if d < midnight - HISTORY]:
                del days[old]

    def bars_of(self, series: str) -> Bars:
        """What a surge there must exceed; a day on which nobody asked was no surprise."""
        known = self.peaks.get(series, {})
        if not known or self.weighed is None:
            return {}
        days = (self.weighed - min(known)) // _DAY
        return surge.bars([known.get(self.weighed - n * _DAY, {}) for n in range(1, days + 1)])

    def of(self, series: str) -> Baseline | None:
        """What is usual there; None of what was not watched for a day."""
        known = self.profiles.get(series)
        return known if known or series.startswith("place:") else self.never

    def hear(self, asker: Asker) -> None:
        """Note that the series live."""
        if not asker.imported:
            for series in asker.series:
                self.heard[series] = max(self.heard.get(series, asker.asked_at), asker.asked_at)

    def can_be_silent(self, series: str, now: datetime) -> bool:
        """Somebody asked there lately, and we have watched long enough to have seen it."""
        is_place = series == ALL or series.startswith("place:")
        watched = self.since is not None and now - self.since >= _HOUR
        return is_place and watched and now - self.heard.get(series, now - _ALIVE) < _ALIVE


def _peaks(askers: Sequence[Asker], usual: Baseline, day: datetime) -> Bars:
    """The clearest moment of a day in each window; moments are weighed once an hour, at its fullest."""
    fullest: dict[int, tuple[int, Seen]] = {}
    windows = {m: _Window(timedelta(minutes=m)) for m in WINDOWS}
    for asker in sorted(askers, key=lambda a: a.asked_at):
        counts = {m: window.add(asker) for m, window in windows.items()}
        if asker.asked_at < day or counts[60] < LEAST_ASKERS:
            continue
        for m, n in counts.items():
            key = hour_of(asker.asked_at) * 60 + m
            if n > fullest.get(key, (0,))[0]:
                fullest[key] = n, Seen(asker.asked_at, counts)
    found: dict[int, float] = {}
    for _, seen in fullest.values():
        for m, surprise in surge.surprises(seen, usual).items():
            found[m] = max(found.get(m, 0.0), surprise)
    return found


class _Window:
    """Who asked within a length of time, each person once."""

    def __init__(self, length: timedelta) -> None:
        self._length = length
        self._askers: deque[tuple[datetime, tuple[str, str]]] = deque()
        self._times: Counter[tuple[str, str]] = Counter()

    def add(self, asker: Asker) -> int:
        """How many it holds with this one."""
        who = (asker.platform, asker.author)
        self._askers.append((asker.asked_at, who))
        self._times[who] += 1
        while self._askers[0][0] <= asker.asked_at - self._length:
            _, gone = self._askers.popleft()
            self._times[gone] -= 1
            if not self._times[gone]:
                del self._times[gone]
        return len(self._times)
