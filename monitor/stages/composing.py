"""The figures of a period from what was stored about it: the cohort, cut every way that is shown. It reads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.core.assessment import Urgency
from monitor.core.channels import Channels
from monitor.core.figures import Figures, Slice, advised_for, change_of, hours_of, slices
from monitor.core.incidents import IncidentKind
from monitor.core.latency import Asked, measure
from monitor.core.targets import Targets
from monitor.core.visibility import lag_of
from monitor.core.volume import reached_of, volume_of
from monitor.core.weeks import Period
from monitor.stages.cohort import asked_of, surge_hours, surges_of
from monitor.store.figures import Material


@dataclass(frozen=True, slots=True)
class _Asked:
    """The cohort and the one before. Who asked the same in several places is in `everywhere` for each of them."""

    now: Sequence[Asked]
    before: Sequence[Asked]
    everywhere: Sequence[Asked]
    everywhere_before: Sequence[Asked]


def composed(
    found: Material,
    period: Period,
    as_of: datetime,
    channels: Channels,
    targets: Targets,
    title: str,
) -> tuple[Figures, Sequence[Asked]]:
    """All that a report says but the texts of questions; and the cohort, each question once."""
    asked = _asked(found, as_of, channels, targets)
    total, previous = measure(asked.now, as_of), measure(asked.before, as_of)
    whole_week = period.is_week and as_of >= period.end
    figures = Figures(
        title=title,
        period=period,
        as_of=as_of,
        goal=targets.goal,
        total=total,
        previous=previous,
        change=change_of(total, previous),
        backlog=found.backlog,
        lags=tuple(lag for p in sorted(found.lags) if (lag := lag_of(p, found.lags[p]))),
        gaps=found.gaps,
        withdrawn=len(found.cases) - len(asked.everywhere),
        copies=len(asked.everywhere) - len(asked.now),
        skewed=sum(a.case.is_skewed for a in asked.now),
        hours=hours_of(asked.now, period),
        volume=volume_of(asked.now, asked.before, period),
        reached=reached_of(asked.now, asked.before),
        advised=advised_for(asked.now, asked.before, period, targets.goal) if whole_week else None,
        **_slices(asked, as_of),
        **_surges(found, asked, channels, period, as_of),
    )
    return figures, asked.now


def _asked(found: Material, as_of: datetime, channels: Channels, targets: Targets) -> _Asked:
    rough = surge_hours(found.incidents, as_of)
    now = asked_of(found.cases, as_of, channels, targets, rough)
    before = asked_of(found.before, as_of, channels, targets, rough)
    return _Asked(_once(now), _once(before), now, before)


def _once(asked: Sequence[Asked]) -> Sequence[Asked]:
    return [a for a in asked if not a.case.is_copy]


def _slices(asked: _Asked, as_of: datetime) -> dict[str, Any]:
    now, before = asked.now, asked.before
    urgencies = slices(now, before, lambda a: a.case.urgency.word, as_of)
    return {
        "channels": slices(asked.everywhere, asked.everywhere_before, lambda a: a.channel, as_of),
        "topics": slices(now, before, lambda a: a.case.topic.value, as_of),
        "urgencies": _most_urgent_first(urgencies),
        "languages": slices(now, before, lambda a: a.case.language, as_of),
        "complexities": slices(now, before, lambda a: a.case.complexity, as_of),
    }


def _surges(
    found: Material, asked: _Asked, channels: Channels, period: Period, as_of: datetime
) -> dict[str, Any]:
    calm = [a for a in asked.now if a.is_calm]
    rough = [a for a in asked.now if not a.is_calm]
    return {
        "calm": measure(calm, as_of) if rough else None,
        "in_surges": measure(rough, as_of) if rough else None,
        "surges": surges_of(found, asked.everywhere, channels, period, as_of, IncidentKind.SURGE),
        "silences": surges_of(
            found, asked.everywhere, channels, period, as_of, IncidentKind.SILENCE
        ),
    }


def _most_urgent_first(found: tuple[Slice, ...]) -> tuple[Slice, ...]:
    return tuple(sorted(found, key=lambda s: Urgency.parse(s.key), reverse=True))
