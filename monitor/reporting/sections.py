"""Who answered first, language by hour, surges: as strings. It computes no figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from monitor.core.figures import Figures, Surge
from monitor.core.latency import SMALL, Row
from monitor.core.spans import duration
from monitor.reporting import words
from monitor.reporting.shapes import Firsts, Heat, Rush

_MOST_CHANNELS = 6
_ROOM = 0.07  # a narrower part has no room for its number
_MOST_RUSHES = 6
_STEPS = (0.6, 0.8, 0.95, 1.0)  # of the goal: the colour of a cell


def firsts(figures: Figures) -> tuple[Firsts, ...]:
    """The largest channels and all of them; those with few questions say nothing."""
    parts = [(words.line(s.key, 60), s.row) for s in figures.channels[:_MOST_CHANNELS]]
    if len(parts) != 1:
        parts.append(("All", figures.total))
    found = (_first(name, row) for name, row in parts)
    return tuple(one for one in found if one is not None)


def _first(name: str, row: Row) -> Firsts | None:
    if row.first is None or row.is_small:
        return None
    shares = {
        "staff": row.first.staff,
        "community": row.first.community,
        "faq": row.first.faq,
        "nobody": row.first.nobody,
    }
    printed = {who: words.percent(round(share * 10_000), 10_000) for who, share in shares.items()}
    bar = tuple(
        (who, round(100 * share, 1), printed[who].rstrip("%") if share >= _ROOM else "")
        for who, share in shares.items()
        if share > 0
    )
    return Firsts(name, **printed, bar=bar)


def hours(figures: Figures) -> tuple[str, ...]:
    """The heads of the columns."""
    if not heat(figures):
        return ()
    return tuple(f"{hour:02}" for hour in range(0, 24, 24 // len(figures.hours[0].cells)))


def heat(figures: Figures) -> tuple[Heat, ...]:
    """The share in target by language and block of hours; a dot for few questions."""
    lines = (
        Heat(words.language(h.language), tuple(_cell(n, k, figures.goal) for n, k in h.cells))
        for h in figures.hours
        if any(n >= SMALL for n, _ in h.cells)
    )
    return tuple(lines)


def _cell(n: int, staff: int, goal: float) -> tuple[str, int]:
    if n < SMALL:
        return (words.HIDDEN if n else "", 0)
    share = staff / n
    return words.percent(staff, n).rstrip("%"), 1 + sum(
        share >= step * goal - 1e-9 for step in _STEPS
    )


def advice(figures: Figures) -> tuple[str, ...]:
    """Shifts a lead can act on, then what they would have changed; nothing without trust."""
    if figures.advised is None:
        return ()
    found, pool = figures.advised.advice, figures.advised.language
    spoken = words.language(pool) if pool else "All questions"
    whom = f" for {spoken}" if pool else ""
    shifts = (f"+1 person{whom}, {words.shift(s)}" for s in found.shifts)
    calm = " in calm hours" if figures.calm else ""
    before, after = words.rounded(found.measured), words.rounded(found.promised)
    return (
        *shifts,
        f"{spoken} in target: {before}%{calm}, with it about {after}%, for {found.hours} hours a week.",
        "From replaying this week’s questions with handling times fitted to the week before.",
    )


def rushes(figures: Figures) -> tuple[Rush, ...]:
    """Surges, then silences, each by its time."""
    found = [_surge(s, figures) for s in figures.surges]
    found += [_silence(s, figures) for s in figures.silences]
    hidden = len(found) - _MOST_RUSHES
    more = [Rush(f"and {hidden:,} more, in the table beside this mail", "")] if hidden > 0 else []
    return (*found[:_MOST_RUSHES], *more)


def _surge(surge: Surge, figures: Figures) -> Rush:
    head = f"{_when(surge, figures)} · {words.series(surge.kind, surge.key)} · {words.times(surge.ratio)} usual"
    return Rush(head, " · ".join(_facts(surge)))


def _facts(surge: Surge) -> Iterator[str]:
    row = surge.row
    yield f"noticed after {duration(max(surge.noticed_at - surge.began_at, timedelta(0)))}"
    if not row.n:
        return
    yield words.count(row.n, "question", "questions")
    yield f"{words.share(row.staff, row)} in target"
    if not row.is_small:
        yield words.slowest(row.p90)
    if row.n > row.staff_ever:
        yield f"{row.n - row.staff_ever:,} without a staff answer"


def _silence(silence: Surge, figures: Figures) -> Rush:
    head = f"{_when(silence, figures)} · {words.series(silence.kind, silence.key)} · silence"
    return Rush(head, "almost nobody was seen to ask; was the connector blind?")


def _when(surge: Surge, figures: Figures) -> str:
    began = words.short(surge.began_at, figures.period.zone)
    if surge.ended_at is None:
        return f"{began}, still going on"
    return f"{began}, for {duration(surge.ended_at - surge.began_at)}"
