"""What is usual in each series: counted from stored cases once, then hour by hour. It raises no alarm.

Nothing here must outlive a restart: it is learned anew from the same cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core import surge
from monitor.core.incidents import ALL, Asker
from monitor.core.surge import HISTORY, Baseline, hour_of
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
