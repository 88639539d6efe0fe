"""The figures of a period: the same cohort cut by channel, topic, urgency, language and hour.

It formats nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.coverage import Covered
from monitor.core.latency import SMALL, Asked, Outcome, Row, Wait, measure
from monitor.core.staffing import MOST_QUESTIONS, Advice, Ask, advise
from monitor.core.survival import Attained, differ, share_of
from monitor.core.visibility import Lag
from monitor.core.volume import Block, Reached
from monitor.core.weeks import Period

HOURS = (2, 3, 4, 6)  # a cell of the table of hours: as few as there are questions for
_SHOWN_LANGUAGES = 8
_LARGEST = 3  # languages that must fill their cells
_ADVISED_LANGUAGES = 2


@dataclass(frozen=True, slots=True)
class Change:
    """The headline in calm hours, now and in the period before.

    Surges are luck: weeks are compared on the hours without. `is_real`: more than the luck of the
    hours; None: too little to say.
    """

    now: Attained
    before: Attained

    @property
    def is_real(self) -> bool | None:
        """Beyond chance."""
        return differ(self.now, self.before)


def change_of(now: Row, then: Row) -> Change:
    """Calm hours against calm hours."""
    nothing = share_of(())
    return Change(now.calm or nothing, then.calm or nothing)


@dataclass(frozen=True, slots=True)
class Slice:
    """One line of a table.

    `key` as in tables and files, the row, and the same slice of the period before.
    """

    key: str
    row: Row
    previous: Row
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Surge:
    """Far more askers than usual, for a while.

    `kind` (all, place, topic, language) and `key` say where; `row`: the questions that belong to
    it. `ratio`: times the usual when it was noticed. `ended_at` None: it goes on.
    """

    kind: str
    key: str
    began_at: datetime
    noticed_at: datetime
    ended_at: datetime | None
    ratio: float
    row: Row


@dataclass(frozen=True, slots=True)
class Advised:
    """Shifts for the questions of one language; of all together when it is empty."""

    language: str
    advice: Advice


@dataclass(frozen=True, slots=True)
class Hours:
    """One language: (asked, answered by staff in target) for each block of the local day."""

    language: str
    cells: tuple[tuple[int, int], ...]


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
class Queue:
    """Who waits for a first staff answer at the cut-off, and how long whoever asks then would wait."""

    n: int = 0
    wait: Wait | None = None


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
    copies: int = 0  # asked before in the same words elsewhere: only their channels count them
    change: Change | None = None
    calm: Row | None = None  # None: there was no surge, all hours were calm
    in_surges: Row | None = None
    surges: tuple[Surge, ...] = ()
    silences: tuple[Surge, ...] = ()
    hours: tuple[Hours, ...] = ()
    advised: Advised | None = None
    complexities: tuple[Slice, ...] = ()
    volume: tuple[Block, ...] = ()
    reached: tuple[Reached, ...] = ()
    covered: Covered | None = None  # None: duty hours say nothing
    queue: Queue = Queue()
    skewed: int = 0  # questions with an answer dated before them; such a wait counts as none
    mailed_before: float | None = None  # the share of the period before, as its own mail told it

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
    found = [_slice(k, now[k], then.get(k, ()), as_of) for k in now]
    return tuple(sorted(found, key=lambda s: (-s.row.n, s.key)))


def _slice(key: str, asked: Sequence[Asked], before: Sequence[Asked], as_of: datetime) -> Slice:
    row, previous = measure(asked, as_of), measure(before, as_of)
    return Slice(key, row, previous, change_of(row, previous))


def advised_for(
    asked: Sequence[Asked], before: Sequence[Asked], period: Period, goal: float
) -> Advised | None:
    """For the language that misses the goal most, else the next, else all together.

    None: nothing can be trusted.
    """
    now, then = (
        _grouped(asked, lambda a: a.case.language),
        _grouped(before, lambda a: a.case.language),
    )
    missed = {k: goal * len(v) - sum(a.outcome is Outcome.STAFF for a in v) for k, v in now.items()}
    worst = sorted((k for k in missed if missed[k] > 0), key=lambda k: (-missed[k], k))
    pools = [(k, now[k], then.get(k, ())) for k in worst[:_ADVISED_LANGUAGES]]
    starts = (period.previous.start, period.start)
    for language, new, old in (*pools, ("", asked, before)):
        if max(len(new), len(old)) > MOST_QUESTIONS:
            continue
        found = advise(_asks(old), _asks(new), starts, lambda at: at.astimezone(period.zone), goal)
        if found is not None:
            return Advised(language, found)
    return None


def _asks(asked: Iterable[Asked]) -> list[Ask]:
    return [
        Ask(a.case.opened_at, a.target, a.case.staff_first_at, a.case.staff_id, a.is_calm)
        for a in asked
    ]


def hours_of(asked: Sequence[Asked], period: Period) -> tuple[Hours, ...]:
    """The headline by language and block of the local day in calm hours, the largest languages first."""
    groups = _grouped((a for a in asked if a.is_calm), lambda a: a.case.language)
    largest = sorted(groups, key=lambda k: (-len(groups[k]), k))[:_SHOWN_LANGUAGES]
    size = _size([len(groups[k]) for k in largest[:_LARGEST]])
    return tuple(Hours(k, _cells(groups[k], period, size)) for k in largest)


def _size(largest: Sequence[int]) -> int:
    """Hours a cell, so that the largest languages have enough questions in most of theirs."""
    least = min((n for n in largest if n >= SMALL), default=0)
    return next((h for h in HOURS if least * h / 24 >= 1.5 * SMALL), HOURS[-1])


def _cells(asked: Iterable[Asked], period: Period, size: int) -> tuple[tuple[int, int], ...]:
    n, staff = [0] * (24 // size), [0] * (24 // size)
    for one in asked:
        block = one.case.opened_at.astimezone(period.zone).hour // size
        n[block] += 1
        staff[block] += one.outcome is Outcome.STAFF
    return tuple(zip(n, staff, strict=True))


def _grouped(asked: Iterable[Asked], key: Callable[[Asked], str]) -> dict[str, list[Asked]]:
    groups: dict[str, list[Asked]] = {}
    for one in asked:
        groups.setdefault(key(one), []).append(one)
    return groups
