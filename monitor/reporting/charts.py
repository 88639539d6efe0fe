"""What charts show, as strings and pixels: volume over the days, and how the share grows with the wait.

It draws nothing and computes no figure.
"""

from __future__ import annotations

from datetime import timedelta

from monitor.core.figures import Figures
from monitor.core.volume import Block, hours_a_block
from monitor.reporting import words
from monitor.reporting.shapes import Bar, Chart, Clock, Reach

HEIGHT = 72
_CUT = (
    1.5  # a surge may be so many times as tall as the tallest calm column; else calm hours vanish
)


def chart(figures: Figures) -> Chart | None:
    """Questions in blocks of hours; None when there is nothing to draw."""
    hours, blocks = hours_a_block(figures.period), figures.volume
    if hours is None or not any(b.n or b.before for b in blocks):
        return None
    top = tallest(blocks)
    a_day = 24 // hours
    return Chart(
        bars=tuple(_bar(block, top) for block in blocks),
        days=tuple(_day(block, figures) for block in blocks[::a_day]),
        a_day=a_day,
        notes=tuple(n for n in (_busiest(figures, hours), _cut(figures, top), _grey(figures)) if n),
    )


def tallest(blocks: tuple[Block, ...]) -> float:
    """How many questions the whole height stands for."""
    calm = max((b.n for b in blocks if not b.in_surges), default=0)
    most = max(max(b.n, b.before) for b in blocks)
    return min(most, _CUT * calm) if calm else most


def _bar(block: Block, top: float) -> Bar:
    n, before = (_pixels(value, top) for value in (block.n, block.before))
    return Bar(n, max(0, before - n), 2 * block.in_surges >= max(block.n, 1))


def _pixels(n: int, top: float) -> int:
    return min(HEIGHT, max(1, round(HEIGHT * n / top))) if n else 0


def _day(block: Block, figures: Figures) -> str:
    local = block.begins.astimezone(figures.period.zone)
    return (
        f"{local:%a}" if len(figures.volume) > 24 and figures.period.days <= 8 else f"{local.day}"
    )


def _busiest(figures: Figures, hours: int) -> str:
    most = max(figures.volume, key=lambda b: b.n)
    if not most.n:
        return ""
    asked = words.count(most.n, "question", "questions")
    return f"{_span(hours)}; the busiest began {_moment(most, figures)}, {asked}."


def columns(figures: Figures) -> list[str]:
    """The local hour at which each column begins."""
    zone = figures.period.zone
    return [f"{b.begins.astimezone(zone):%H}" for b in figures.volume]


def _span(hours: int) -> str:
    return {1: "An hour a column", 24: "A day a column"}.get(hours, f"{hours} hours a column")


def _cut(figures: Figures, top: float) -> str:
    cut = sum(b.n > top for b in figures.volume)
    if not cut:
        return ""
    return f"{words.count(cut, 'column is', 'columns are')} cut off at {int(top)}."


def _grey(figures: Figures) -> str:
    seen = any(b.before > b.n for b in figures.volume)
    return f"Grey: more asked {words.before_it(figures)}." if seen else ""


def _moment(block: Block, figures: Figures) -> str:
    return words.short(block.begins, figures.period.zone)


def reach(figures: Figures) -> tuple[Reach, ...]:
    """Rows of share by wait; nothing where there are too few questions for a percentage."""
    if figures.total.is_small:
        return ()
    before = not figures.previous.is_small
    rough = figures.in_surges is not None and not figures.in_surges.is_small
    return tuple(
        Reach(
            _length(r.within),
            _percent(r.now),
            round(100 * r.now),
            _percent(r.before) if before else "",
            _percent(r.in_surges) if rough else "",
        )
        for r in figures.reached
    )


def _length(within: timedelta) -> str:
    minutes = within // timedelta(minutes=1)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"


def _percent(share: float | None) -> str:
    return "" if share is None else words.percent(round(share * 10_000), 10_000)


def clocks(figures: Figures) -> tuple[Clock, ...]:
    """The wall clock, and beside it the covered one where duty hours are known."""
    row, covered = figures.total, figures.covered
    if covered is None or row.is_small or covered.n < words.SMALL:
        return ()
    return (
        Clock(
            "All hours",
            f"{row.n:,}",
            words.share(row.staff, row),
            words.wait(row.p50),
            words.wait(row.p90),
        ),
        Clock(
            "Duty hours",
            f"{covered.n:,}",
            words.percent(covered.staff, covered.n),
            words.wait(covered.p50),
            words.wait(covered.p90),
        ),
    )


def clock_note(figures: Figures) -> str:
    """How many asked when nobody who reads their language was on duty."""
    covered = figures.covered
    if covered is None or not covered.outside:
        return ""
    asked = words.count(covered.outside, "question was", "questions were")
    text = f"{asked} asked when nobody on the roster who reads the language was on duty"
    return (
        f"{text}; {covered.early:,} of them got an answer before duty began."
        if covered.early
        else f"{text}."
    )


def now(figures: Figures) -> tuple[str, ...]:
    """Who waits at the cut-off, and how long whoever asks then would wait."""
    queue = figures.queue
    if not queue.n:
        return ()
    waits = words.count(queue.n, "question of the last day waits", "questions of the last day wait")
    if queue.wait is None:
        return (f"{waits} for a first answer.",)
    about = "longer than" if queue.wait.is_bound else "about"
    return (
        f"{waits} for a first answer; whoever asks now will wait {about} "
        f"{words.length(queue.wait.length)}, at the pace of the last 15 minutes.",
    )
