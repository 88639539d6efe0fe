"""From stored cases and incidents to what a report measures: the cohort, its surges. It measures no wait itself."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from monitor.core.channels import Channels
from monitor.core.figures import Surge
from monitor.core.incidents import Incident, IncidentKind
from monitor.core.latency import Asked, CaseClocks, measure
from monitor.core.messages import Platform
from monitor.core.targets import Targets, target_for
from monitor.core.weeks import Period
from monitor.store.figures import Material

_Hours = Sequence[tuple[datetime, datetime]]


def surge_hours(incidents: Iterable[Incident], as_of: datetime) -> _Hours:
    """From its beginning until its queue was gone, a surge makes everybody wait."""
    return [
        (i.began_at, min(i.closed_at or as_of, as_of))
        for i in incidents
        if i.kind is IncidentKind.SURGE
    ]


def surges_of(
    found: Material,
    asked: Sequence[Asked],
    channels: Channels,
    period: Period,
    as_of: datetime,
    kind: IncidentKind,
) -> tuple[Surge, ...]:
    """Those of the period; one that goes on into it or out of it is in both reports."""
    touching = [
        i
        for i in found.incidents
        if i.kind is kind and (i.closed_at is None or i.closed_at > period.start)
    ]
    return tuple(
        Surge(
            *_named(incident.series, channels),
            began_at=incident.began_at,
            noticed_at=incident.opened_at,
            ended_at=incident.closed_at
            if incident.closed_at and incident.closed_at <= as_of
            else None,
            ratio=incident.ratio,
            row=measure(_members(found, incident, asked), as_of),
        )
        for incident in touching
        if incident.opened_at <= as_of
    )


def _members(found: Material, incident: Incident, asked: Sequence[Asked]) -> list[Asked]:
    linked = found.incident_cases.get(incident.id, frozenset())
    in_place = incident.series.startswith("place:")
    return [a for a in asked if a.case.id in linked and (in_place or not a.case.is_copy)]


def _named(series: str, channels: Channels) -> tuple[str, str]:
    kind, _, key = series.partition(":")
    if kind != "place":
        return kind, key
    platform, _, place = key.partition(":")
    return kind, channels.of(Platform(platform), place)


def asked_of(
    cases: Iterable[CaseClocks],
    as_of: datetime,
    channels: Channels,
    targets: Targets,
    rough: _Hours,
) -> list[Asked]:
    """The cohort: every case that counts, with its channel and its target."""
    target = functools.cache(functools.partial(target_for, targets=targets))
    channel = functools.cache(channels.of)
    is_rough = _within(rough)
    return [
        Asked(
            case,
            channel(case.platform, case.place),
            target(case.topic, case.urgency, case.place, case.language),
            not is_rough(case.opened_at),
        )
        for case in (c.at(as_of) for c in cases)
        if case.counts
    ]


def _within(hours: _Hours) -> Callable[[datetime], bool]:
    """Whether an instant lies in any of these hours; they may overlap."""
    merged: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(hours):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    begins = [begin for begin, _ in merged]

    def found(at: datetime) -> bool:
        index = bisect_right(begins, at) - 1
        return index >= 0 and at < merged[index][1]

    return found
