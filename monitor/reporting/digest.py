"""A day in three lines, for a chat: how it went, how long people waited, what to look at now.

Each sentence comes from one rule, as in the mail.
"""

from __future__ import annotations

from monitor.core.figures import Figures, Surge
from monitor.reporting import charts, words
from monitor.reporting.verdict import costliest
from monitor.reporting.words import count, length, percent

_SIGNS = "▁▂▃▄▅▆▇█"


def digest(figures: Figures) -> tuple[str, str, str]:
    """The three lines of one day."""
    return _how_it_went(figures), _how_long(figures), _what_now(figures)


def bars(figures: Figures) -> str:
    """The day's questions in one line of signs, for where there is no picture; empty of none."""
    most = max((b.n for b in figures.volume), default=0)
    if not most:
        return ""
    heads = charts.columns(figures)
    signs = "".join(_sign(b.n, most) for b in figures.volume)
    return f"{heads[0]} {signs} {heads[-1]}"


def _sign(n: int, most: int) -> str:
    return _SIGNS[-(-n * len(_SIGNS) // most) - 1] if n else "·"


def _how_it_went(figures: Figures) -> str:
    row, day = figures.total, words.day(figures.period.first)
    if not row.n:
        return f"📊 {day}: nobody asked anything."
    asked = f"📊 {day}: {count(row.n, 'question', 'questions')}"
    if row.is_small:
        return f"{asked}, {row.staff} answered in target."
    goal = percent(round(figures.goal * 1000), 1000)
    before = figures.previous
    compared = "" if before.is_small else f", the day before {percent(before.staff, before.n)}"
    return f"{asked}, {percent(row.staff, row.n)} answered in target (goal {goal}{compared})."


def _how_long(figures: Figures) -> str:
    row = figures.total
    half = "" if row.is_small or row.p50 is None else f"Median wait {words.wait(row.p50)}"
    if not row.n:
        return _from_before(figures) or "Nobody waits from the days before."
    if not row.unanswered:
        return f"{half}; every question got an answer." if half else "Every question got an answer."
    have = count(row.unanswered, "question has", "questions have")
    open_ones = f"{have} no answer from anybody, the oldest for {length(row.oldest_unanswered)}."
    return f"{half}; {open_ones}" if half else open_ones


def _from_before(figures: Figures) -> str:
    if not figures.backlog.n:
        return ""
    still = count(figures.backlog.n, "question still waits", "questions still wait")
    return f"{still} from the days before, the longest {length(figures.backlog.oldest)}."


def _what_now(figures: Figures) -> str:
    """Who waits now; and of what cost most the first that there was: a surge, a gap, a part."""
    now = charts.now(figures)
    parts = [now[0] if now else "Nobody waits for a first answer now.", _cost(figures)]
    return " ".join(part for part in parts if part)


def _cost(figures: Figures) -> str:
    if figures.surges:
        return _surges(figures.surges, figures)
    if figures.gaps:
        return f"{count(len(figures.gaps), 'gap', 'gaps')}: not everything was seen."
    part = costliest(figures)
    if part is None:
        return ""
    row = part.slice.row
    return f"Cost most: {part.name}, {row.staff:,} of {row.n:,} in time."


def _surges(surges: tuple[Surge, ...], figures: Figures) -> str:
    first = surges[0]
    began = first.began_at.astimezone(figures.period.zone)
    where = words.series(first.kind, first.key)
    told = f"Surge: {where}, {words.times(first.ratio)} usual from {began:%H:%M}"
    return f"{told}, and {len(surges) - 1} more." if len(surges) > 1 else f"{told}."
