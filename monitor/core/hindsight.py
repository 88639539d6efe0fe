"""Surges of the past, found as the desk would have found them had it run: hour by hour, never looking ahead.

Imported history has no incidents of its own; without them its reports would take a surge for calm
hours. Pure; it stores and says nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.core import surge
from monitor.core.incidents import (
    ALL,
    Asker,
    Incident,
    IncidentKind,
    distinct,
    newest_beginning,
    parent_of,
    usual_queue,
)
from monitor.core.surge import HISTORY, LEAST_ASKERS, WINDOWS, Baseline, Course, Seen, hour_of

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_STEP = 5 * _MINUTE  # how often an open one is looked at
_KEPT = timedelta(days=9)  # of askers: the queue of the week before is looked at
_PLACE = "place:"


@dataclass(frozen=True, slots=True)
class Past:
    """A surge that is over (or ends with the history), with its cases."""

    incident: Incident
    cases: tuple[int, ...]


@dataclass(slots=True)
class _Series:
    """Who asked in one series lately, by time."""

    askers: list[Asker] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    closed: datetime | None = None  # the last surge of it

    def between(self, since: datetime, until: datetime) -> Sequence[Asker]:
        """Asked after `since`, up to `until`."""
        return self.askers[bisect_right(self.times, since) : bisect_right(self.times, until)]

    def forget(self, before: datetime) -> None:
        """Drop what is older."""
        index = bisect_left(self.times, before)
        del self.askers[:index], self.times[:index]


class Hindsight:
    """Walks through days, oldest first; what it found is in `found` after `end`."""

    def __init__(self) -> None:
        self.found: list[Past] = []
        self._series: dict[str, _Series] = {}
        self._hours: dict[str, dict[int, int]] = {}
        self._profiles: dict[str, Baseline] = {}
        self._never: Baseline | None = None
        self._opened: list[Incident] = []
        self._next: datetime | None = None

    def day(self, begins: datetime, askers: Iterable[Asker]) -> None:
        """The askers of one day (UTC), in any order."""
        self._follow(begins)
        self._learn(begins)
        today = sorted(askers, key=lambda a: (a.asked_at, a.case_id))
        for series in self._series.values():
            series.forget(begins - _KEPT)
        index = 0
        while index < len(today):
            now = _minute_after(today[index].asked_at)
            self._follow(now)
            touched: set[str] = set()
            while index < len(today) and today[index].asked_at <= now:
                touched.update(self._hear(today[index]))
                index += 1
            self._open(sorted(touched), now)
        self._count(today)

    def end(self, at: datetime) -> None:
        """Nothing is known later: what is open then ends there."""
        self._follow(at)
        for incident in self._opened:
            self._close(incident, at)
        self._opened = []

    def _hear(self, asker: Asker) -> Sequence[str]:
        for series in asker.series:
            kept = self._series.setdefault(series, _Series())
            kept.askers.append(asker)
            kept.times.append(asker.asked_at)
        return asker.series

    def _count(self, today: Iterable[Asker]) -> None:
        seen: dict[tuple[str, int], set[tuple[str, str]]] = {}
        for asker in today:
            for series in asker.series:
                key = (series, hour_of(asker.asked_at))
                seen.setdefault(key, set()).add((asker.platform, asker.author))
        for (series, hour), authors in seen.items():
            self._hours.setdefault(series, {})[hour] = len(authors)

    def _learn(self, now: datetime) -> None:
        oldest = hour_of(now - HISTORY)
        first = min(self._hours.get(ALL, ()), default=hour_of(now))
        self._never = surge.baseline({first: 0}, now)
        self._profiles = {}
        for series, counts in self._hours.items():
            for old in [h for h in counts if h < oldest]:
                del counts[old]
            watched = counts if series.startswith(_PLACE) else {first: 0} | counts
            learned = surge.baseline(watched, now)
            if learned is not None:
                self._profiles[series] = learned

    def _usual(self, series: str) -> Baseline | None:
        known = self._profiles.get(series)
        return known if known or series.startswith(_PLACE) else self._never

    def _open(self, touched: Iterable[str], now: datetime) -> None:
        found: list[tuple[float, str, Baseline]] = []
        for series in touched:
            usual = self._usual(series)
            if usual is not None and (verdict := self._surges(series, usual, now)):
                found.append((verdict, series, usual))
        for ratio, series, usual in sorted(found, key=lambda f: f[:2], reverse=True):
            if not any(series in i.all_series for i in self._opened):
                self._fold_or_open(series, usual, ratio, now)

    def _surges(self, series: str, usual: Baseline, now: datetime) -> float | None:
        kept = self._series[series]
        since = max(now - 60 * _MINUTE, kept.closed or now - _DAY)
        recent = kept.between(since, now)
        if len(recent) < LEAST_ASKERS:
            return None
        seen = Seen(now, {m: distinct(recent, now - m * _MINUTE) for m in WINDOWS})
        verdict = surge.surge_in(seen, usual)
        return verdict.ratio if verdict else None

    def _fold_or_open(self, series: str, usual: Baseline, ratio: float, now: datetime) -> None:
        since = (now - (newest_beginning(self._opened) or now)) // _MINUTE
        parent = parent_of(series, self._lately(now), self._opened, usual.expected(now, since))
        if parent is not None:
            folded = replace(parent, folded=(*parent.folded, series))
            self._opened[self._opened.index(parent)] = folded
            return
        self._opened.append(self._incident(series, usual, ratio, now))
        self._next = self._next or now + _STEP

    def _lately(self, now: datetime) -> Mapping[str, Sequence[Asker]]:
        return {name: kept.between(now - _DAY, now) for name, kept in self._series.items()}

    def _incident(self, series: str, usual: Baseline, ratio: float, now: datetime) -> Incident:
        kept = self._series[series]
        minutes = [0] * 60
        for asker in kept.between(now - 60 * _MINUTE, now):
            minutes[59 - min(59, (now - asker.asked_at) // _MINUTE)] += 1
        return Incident(
            id=0,
            kind=IncidentKind.SURGE,
            series=series,
            began_at=surge.began(minutes, now, usual, ratio),
            opened_at=now,
            usual=usual.expected(now, 60),
            usual_queue=usual_queue(kept.askers, now),
            ratio=ratio,
            peak=distinct(kept.askers, now - 60 * _MINUTE),
        )

    def _follow(self, until: datetime) -> None:
        """Look at what is open, step by step up to then."""
        while self._opened and self._next is not None and self._next <= until:
            now = self._next
            self._opened = [i for i in (self._after(i, now) for i in self._opened) if i]
            self._next = now + _STEP
        if not self._opened:
            self._next = None

    def _after(self, incident: Incident, now: datetime) -> Incident | None:
        kept, usual = self._series[incident.series], self._usual(incident.series)
        recent = kept.between(now - _DAY, now)
        seen = Seen(now, {m: distinct(recent, now - m * _MINUTE) for m in WINDOWS})
        calm = usual is None or surge.is_calm(seen, usual)
        course = Course(incident.began_at, incident.usual_queue, incident.calm_since)
        asked = sum(a.asked_at >= incident.began_at for a in recent)
        queue = sum(a.waits_at(now) for a in recent)
        after = surge.goes_on(course, now, queue, asked, calm=calm)
        peak = max(incident.peak, seen.askers[60])
        if after is None:
            self._close(replace(incident, peak=peak), now)
            return None
        return replace(incident, peak=peak, calm_since=after.calm_since)

    def _close(self, incident: Incident, now: datetime) -> None:
        for series in incident.all_series:
            self._series[series].closed = now
        asked = self._series[incident.series].between(incident.began_at - _MINUTE, now)
        mine = tuple(a.case_id for a in asked if a.asked_at >= incident.began_at)
        self.found.append(Past(replace(incident, closed_at=now), mine))


def _minute_after(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + _MINUTE
