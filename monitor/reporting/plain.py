"""A report as plain text for terminals and the text part of mails. It computes nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from monitor.core.figures import Figures
from monitor.reporting import words
from monitor.reporting.charts import HEIGHT
from monitor.reporting.shapes import Bar, Chart, Firsts, Line, Table, View
from monitor.reporting.view import view

_WIDTH = 88
_SIGNS = " ▁▂▃▄▅▆▇█"
_HEADS = ("Questions", "In target", "Change", "Community", "Nobody", "Median", "9 in 10", "Waiting")
_SIZES = (9, 9, 8, 9, 8, 9, 9, 7)


def text(figures: Figures) -> str:
    """The whole report, at most 100 columns wide, ended with a newline."""
    return "\n".join(_lines(view(figures))) + "\n"


def _lines(shown: View) -> Iterator[str]:
    yield f"{shown.title} · {shown.dates}"
    yield ""
    yield shown.headline
    for sentence in shown.reasons:
        yield from textwrap.wrap(sentence, _WIDTH)
    if shown.cards:
        yield from _tables(shown)
    if shown.unanswered or shown.now:
        yield from _open(shown)
    yield from _head("About these numbers")
    for note in shown.notes:
        yield from textwrap.wrap(note, _WIDTH)
    yield from _head("What they mean")
    for term, meaning in shown.definitions:
        yield from textwrap.wrap(f"{term}: {meaning}", _WIDTH, subsequent_indent="  ")


def _tables(shown: View) -> Iterator[str]:
    if shown.advice:
        yield from _head("What would help most")
        for sentence in shown.advice:
            yield from textwrap.wrap(sentence, _WIDTH)
    if shown.chart:
        yield from _chart(shown.chart)
    if shown.reach:
        yield from _reach(shown)
    if shown.clocks:
        yield from _clocks(shown)
    yield from _table(shown.channels, shown.total)
    if shown.firsts:
        yield from _firsts(shown.firsts)
    for table in shown.tables:
        if table.lines:
            yield from _table(table, None)
    if shown.heat:
        yield from _heat(shown)
    if shown.rushes:
        yield from _head("Surges and silences")
        for rush in shown.rushes:
            yield from textwrap.wrap(rush.head, _WIDTH)
            yield from textwrap.wrap(rush.text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _chart(chart: Chart) -> Iterator[str]:
    """One sign a column; a day's columns stand together."""
    yield from _head("When people asked")
    signs = [_SIGNS[_eighths(bar)] for bar in chart.bars]
    groups = ["".join(signs[n : n + chart.a_day]) for n in range(0, len(signs), chart.a_day)]
    width = max(chart.a_day, *map(len, chart.days))
    for row in _chunks(list(zip(chart.days, groups, strict=True)), _WIDTH // (width + 1)):
        yield " ".join(day.ljust(width) for day, _ in row).rstrip()
        yield " ".join(group.ljust(width) for _, group in row).rstrip()
    for note in chart.notes:
        if "Grey" not in note:
            yield from textwrap.wrap(note, _WIDTH)


def _eighths(bar: Bar) -> int:
    return -(-bar.height * (len(_SIGNS) - 1) // HEIGHT)


def _chunks(days: list[tuple[str, str]], size: int) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, len(days), size):
        yield days[start : start + size]


def _reach(shown: View) -> Iterator[str]:
    yield from _head("Answered by staff within")
    heads = "This time    Before" + (" In surges" if shown.has_surges else "")
    yield words.fitted("") + heads.rjust(len(heads))
    for line in shown.reach:
        cells = (line.now, line.before, line.in_surges)
        yield (words.fitted(line.within) + " ".join(f"{cell:>9}" for cell in cells)).rstrip()


def _clocks(shown: View) -> Iterator[str]:
    yield from _head("Two clocks")
    yield words.fitted("") + " ".join(
        f"{h:>9}" for h in ("Questions", "In target", "Median", "9 in 10")
    )
    for line in shown.clocks:
        cells = (line.n, line.share, line.median, line.nine_in_ten)
        yield words.fitted(line.name) + " ".join(f"{cell:>9}" for cell in cells)
    yield from textwrap.wrap(shown.clock_note, _WIDTH)


def _firsts(firsts: Sequence[Firsts]) -> Iterator[str]:
    yield from _head("Who answered first, within a day")
    yield words.fitted("Channel") + "    Staff Community       FAQ    Nobody"
    for one in firsts:
        shares = (one.staff, one.community, one.faq, one.nobody)
        yield words.fitted(one.name) + " ".join(f"{share:>9}" for share in shares)


def _heat(shown: View) -> Iterator[str]:
    yield from _head("In target by language and hour of the day, %")
    yield words.fitted("Hour") + "".join(hour.rjust(6) for hour in shown.hours)
    for line in shown.heat:
        yield (words.fitted(line.name) + "".join(text.rjust(6) for text, _ in line.cells)).rstrip()


def _table(table: Table, total: Line | None) -> Iterator[str]:
    yield from _head(table.title)
    heads = (head.rjust(size) for head, size in zip(_HEADS, _SIZES, strict=True))
    yield (words.fitted(table.column) + " ".join(heads)).rstrip()
    for line in (*table.lines, *((total,) if total else ())):
        yield _row(line)


def _row(line: Line) -> str:
    cells = (
        line.n, line.share, line.change, line.community, line.nobody,
        line.median, line.nine_in_ten, line.waiting,
    )  # fmt: skip
    return words.fitted(line.name) + " ".join(
        cell.rjust(size) for cell, size in zip(cells, _SIZES, strict=True)
    )


def _open(shown: View) -> Iterator[str]:
    yield from _head("Longest unanswered")
    for sentence in shown.now:
        yield from textwrap.wrap(sentence, _WIDTH)
    for one in shown.unanswered:
        yield f"{one.waited} · {one.where}"
        yield from textwrap.wrap(
            f"“{one.text}”", _WIDTH, initial_indent="  ", subsequent_indent="  "
        )
        if one.link:
            yield f"  {one.link}"
    if shown.more_unanswered:
        yield shown.more_unanswered


def _head(title: str) -> Iterator[str]:
    yield ""
    yield title
    yield "─" * len(title)
