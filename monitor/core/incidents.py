"""Surges and silences as the desk keeps them: which series an asker counts in, what folds into what,
and what managers read. Pure; it opens and stores nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import quantiles

from monitor.core.latency import Wait
from monitor.core.messages import Platform
from monitor.core.spans import duration
from monitor.core.text import clip, safe

ALL = "all"
FOLDS_FROM = 0.5  # a series half of whose askers are in an open incident is part of it
RECENT = timedelta(minutes=15)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class IncidentKind(StrEnum):
    """What is unusual."""

    SURGE = "surge"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Asker:
    """One case as counting needs it. `answered_at` is the first staff answer."""

    case_id: int
    platform: Platform
    place: str
    topic: str
    language: str
    author: str
    asked_at: datetime
    answered_at: datetime | None = None
    is_open: bool = True
    imported: bool = False

    @property
    def series(self) -> tuple[str, ...]:
        """Where it counts: everywhere, its place, its topic, its language."""
        return (ALL, *series_of(self.platform, self.place, self.topic, self.language))

    def waits_at(self, at: datetime) -> bool:
        """Asked within the day before, and without a staff answer then."""
        asked = at - _DAY < self.asked_at <= at
        return asked and (self.answered_at > at if self.answered_at else self.is_open)


def series_of(platform: Platform, place: str, topic: str, language: str) -> tuple[str, str, str]:
    """Keys of the series of a place, a topic and a language."""
    return f"place:{platform}:{place}", f"topic:{topic}", f"language:{language}"


def askers_by_series(askers: Iterable[Asker]) -> dict[str, list[Asker]]:
    """Everybody, under each of their series."""
    found: dict[str, list[Asker]] = {}
    for asker in askers:
        for series in asker.series:
            found.setdefault(series, []).append(asker)
    return found


def distinct(askers: Iterable[Asker], since: datetime) -> int:
    """How many persons asked after `since`."""
    return len({(a.platform, a.author) for a in askers if a.asked_at > since})


@dataclass(frozen=True, slots=True)
class Incident:
    """An open or closed one, as stored. `usual`: askers an hour; `peak`: most in an hour."""

    id: int
    kind: IncidentKind
    series: str
    began_at: datetime
    opened_at: datetime
    usual: float
    usual_queue: float
    ratio: float
    peak: int
    calm_since: datetime | None = None
    closed_at: datetime | None = None
    folded: tuple[str, ...] = ()

    @property
    def all_series(self) -> tuple[str, ...]:
        """Everywhere it showed."""
        return (self.series, *self.folded)


def newest_beginning(opened: Sequence[Incident]) -> datetime | None:
    """Since when what happens now may be explained by these."""
    return max((i.began_at for i in opened), default=None)


def parent_of(
    series: str,
    askers: Mapping[str, Sequence[Asker]],
    opened: Sequence[Incident],
    expected: float,
) -> Incident | None:
    """The open incident that explains this series.

    That is: half of those who asked there since the newest began, beyond the `expected`, are in an
    open one.
    """
    since = newest_beginning(opened)
    if since is None:
        return None
    mine = _since(since, askers.get(series, ()))
    shared = [(mine & _since(since, askers.get(i.series, ())), i) for i in opened]
    explained = set[int]().union(*(cases for cases, _ in shared))
    if len(explained) < max(1.0, FOLDS_FROM * (len(mine) - expected)):
        return None
    return max(shared, key=lambda pair: len(pair[0]))[1]


def _since(at: datetime, askers: Iterable[Asker]) -> set[int]:
    return {a.case_id for a in askers if a.asked_at >= at}


def usual_queue(askers: Iterable[Asker], now: datetime) -> float:
    """How many waited in nine of ten hours of the week before; `askers` are those of one series."""
    hours = [now - n * _HOUR for n in range(2, 170)]
    sizes = [0] * len(hours)
    for asker in askers:
        last = (now - asker.asked_at) // _HOUR  # later hours than the question's have it waiting
        for index in range(max(0, last - 26), min(len(hours), last)):
            sizes[index] += asker.waits_at(hours[index])
    return quantiles(sizes, n=10, method="inclusive")[-1]


@dataclass(frozen=True, slots=True)
class Names:
    """Words for series. `places`: (platform, place) to its name."""

    places: Mapping[tuple[Platform, str], str]
    topic: Mapping[str, str]
    language: Mapping[str, str]

    def of(self, series: str) -> str:
        """For eyes."""
        kind, _, rest = series.partition(":")
        if kind == "topic":
            return self.topic.get(rest, rest)
        if kind == "language":
            return self.language.get(rest, rest)
        if kind == "place":
            platform, _, place = rest.partition(":")
            name = self.places.get((Platform(platform), place), "")
            return clip(" ".join(safe(name or place).split()), 60)
        return "all questions"


def surge_card(
    incident: Incident,
    askers: Sequence[Asker],
    samples: Sequence[str],
    names: Names,
    wait: Wait | None,
    now: datetime,
) -> str:
    """What managers read when a surge begins."""
    n = distinct(askers, now - timedelta(hours=1))
    lines = [
        f"🌊 SURGE · {names.of(incident.series)} · {times(incident.ratio)} the usual",
        f"{n} asked within the last hour (usual: {_few(incident.usual)}), "
        f"since about {incident.began_at.astimezone(UTC):%H:%M} UTC.",
        _mostly([a for a in askers if a.asked_at > now - timedelta(hours=1)], incident, names),
        _queue(askers, wait, now),
        *(f"“{clip(' '.join(safe(text).split()), 160)}”" for text in samples),
        "One announcement may answer them all."
        if _share_a_topic(newest(askers, len(samples)))
        else "",
    ]
    return "\n".join(line for line in lines if line)


def newest(askers: Sequence[Asker], n: int) -> list[Asker]:
    """Whose texts are shown as samples: the last `n`."""
    return sorted(askers, key=lambda a: a.asked_at, reverse=True)[:n]


def _share_a_topic(askers: Sequence[Asker]) -> bool:
    """Most of them ask about one thing."""
    counts = Counter(a.topic for a in askers)
    return 2 * max(counts.values(), default=0) > len(askers)


def _mostly(askers: Sequence[Asker], incident: Incident, names: Names) -> str:
    """The place, topic and language that at least half of them share."""
    counts = Counter(s for a in askers for s in a.series if s not in (ALL, incident.series))
    shared = [
        f"{names.of(series)} {100 * n // len(askers)}%"
        for series, n in counts.most_common(3)
        if 2 * n >= len(askers)
    ]
    return f"Mostly: {', '.join(shared)}." if shared else ""


def _queue(askers: Sequence[Asker], wait: Wait | None, now: datetime) -> str:
    waiting = [a.asked_at for a in askers if a.waits_at(now)]
    if not waiting:
        return ""
    verb = "waits" if len(waiting) == 1 else "wait"
    text = f"{len(waiting)} {verb}, the oldest {duration(now - min(waiting))}"
    if wait is None:
        return f"{text}."
    about = "more than" if wait.is_bound else "about"
    return f"{text}; whoever asks now will wait {about} {duration(wait.length)}."


def surge_over_card(incident: Incident, asked: int, unanswered: int, names: Names) -> str:
    """What managers read when it is over."""
    closed = incident.closed_at or incident.opened_at
    return (
        f"🌊 Over: {names.of(incident.series)}, after {duration(closed - incident.began_at)}. "
        f"{asked} questions, {unanswered} still without a staff answer."
    )


def silence_card(incident: Incident, names: Names) -> str:
    """What managers read when nobody seems to ask."""
    where = names.of(incident.series)
    return (
        f"🔇 SILENCE · {where}: almost nobody has asked since "
        f"{incident.began_at.astimezone(UTC):%H:%M} UTC (usual: {_few(incident.usual)} an hour).\n"
        "Is the connector blind? Ask: monitor check"
    )


def silence_over_card(incident: Incident, names: Names) -> str:
    """And when they ask again."""
    closed = incident.closed_at or incident.opened_at
    return f"🔊 {names.of(incident.series)}: people ask again, after {duration(closed - incident.began_at)}."


def times(ratio: float) -> str:
    """As in ×8 or ×2.4; of almost nothing, no multiple is worth printing."""
    if ratio > 100:
        return "over ×100"
    return f"×{ratio:.1f}" if ratio < 9.95 else f"×{round(ratio)}"


def _few(usual: float) -> str:
    return "less than 1" if usual < 1 else str(round(usual))


def expected_wait(queue: int, answered: int) -> Wait | None:
    """How long whoever asks now would wait: the queue over what was answered in `RECENT`.

    None when nobody waits; a bound when nothing was answered. In the first half hour of a surge no
    other guess comes near: the last hour's mean is off by an hour.
    """
    if queue == 0:
        return None
    if answered == 0:
        return Wait(RECENT, is_bound=True)
    return Wait(RECENT * queue / answered)
