"""The strings of a report, as text and page share them. No layout, and nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """One big number. `tone`: good, bad or empty."""

    value: str
    label: str
    notes: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table. `bar`: percent of staff, community and nobody.

    Empty when there is nothing to draw.
    """

    name: str
    n: str
    share: str
    change: str
    staff: str
    community: str
    nobody: str
    median: str
    nine_in_ten: str
    slowest: str  # the same as a phrase
    waiting: str
    acked: str
    bar: tuple[tuple[str, float], ...]
    tone: str
    is_small: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Lines under a title; `total` only where the table has one."""

    title: str
    column: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Firsts:
    """Who answered first in one channel: percents as text, and (who, width, number inside) to draw."""

    name: str
    staff: str
    community: str
    faq: str
    nobody: str
    bar: tuple[tuple[str, float, str], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One column of a chart in pixels: how many asked, and what more the period before had."""

    height: int
    before: int
    is_surge: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns over days. `a_day`: columns of each; `notes` say what cannot be seen without it."""

    bars: tuple[Bar, ...]
    days: tuple[str, ...]
    a_day: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """The share answered within so long; `width` draws `now`."""

    within: str
    now: str
    width: int
    before: str
    in_surges: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The headline by one clock."""

    name: str
    n: str
    share: str
    median: str
    nine_in_ten: str


@dataclass(frozen=True, slots=True)
class Heat:
    """One language; a cell is (text, level): level 0 for nothing to say, 1 worst to 5 at the goal."""

    name: str
    cells: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Rush:
    """A surge or a silence in two lines."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Open:
    """A question nobody answered."""

    waited: str
    where: str
    text: str
    link: str | None


@dataclass(frozen=True, slots=True)
class View:
    """A report in strings."""

    subject: str
    title: str
    dates: str
    headline: str
    reasons: tuple[str, ...]
    cards: tuple[Card, ...]
    advice: tuple[str, ...]
    chart: Chart | None
    reach: tuple[Reach, ...]
    has_surges: bool
    clocks: tuple[Clock, ...]
    clock_note: str
    now: tuple[str, ...]
    total: Line
    channels: Table
    firsts: tuple[Firsts, ...]
    tables: tuple[Table, ...]
    hours: tuple[str, ...]
    heat: tuple[Heat, ...]
    rushes: tuple[Rush, ...]
    unanswered: tuple[Open, ...]
    more_unanswered: str
    notes: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]
