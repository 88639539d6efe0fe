"""The figures of a period: the same cohort cut by channel, topic, urgency and language.

It formats nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.latency import Asked, Lag, Row, measure
from monitor.core.weeks import Period


@dataclass(frozen=True, slots=True)
class Slice:
    """One line of a table.

    `key` as in tables and files, the row, and the same slice of the period before.
    """

    key: str
    row: Row
    previous: Row


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question nobody answered.

    Where, what, since when, and a link to it if the platform has one.
    """

    channel: str
    topic: str
    urgency: str
    text: str
    link: str | None
    waited: timedelta


@dataclass(frozen=True, slots=True)
class SeenGap:
    """Messages we know we could not see."""

    account: str
    stream: str
    since: datetime | None
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits from before the period; not part of the cohort."""

    n: int = 0
    oldest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything a report says. Same stored cases, same `as_of`: the same figures."""

    title: str
    period: Period
    as_of: datetime
    goal: float
    total: Row
    previous: Row
    channels: tuple[Slice, ...] = ()
    topics: tuple[Slice, ...] = ()
    urgencies: tuple[Slice, ...] = ()
    languages: tuple[Slice, ...] = ()
    unanswered: tuple[Waiting, ...] = ()
    backlog: Backlog = Backlog()
    lags: tuple[Lag, ...] = ()
    gaps: tuple[SeenGap, ...] = ()
    withdrawn: int = 0

    @property
    def is_running(self) -> bool:
        """The period was not over at the cut-off."""
        return self.as_of < self.period.end


def slices(
    asked: Sequence[Asked],
    before: Sequence[Asked],
    key: Callable[[Asked], str],
    as_of: datetime,
) -> tuple[Slice, ...]:
    """One slice for every key of this period, the largest first."""
    now, then = _grouped(asked, key), _grouped(before, key)
    found = [Slice(k, measure(now[k], as_of), measure(then.get(k, ()), as_of)) for k in now]
    return tuple(sorted(found, key=lambda s: (-s.row.n, s.key)))


def _grouped(asked: Iterable[Asked], key: Callable[[Asked], str]) -> dict[str, list[Asked]]:
    groups: dict[str, list[Asked]] = {}
    for one in asked:
        groups.setdefault(key(one), []).append(one)
    return groups
