"""A report as plain text for terminals and the text part of mails. It computes nothing."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from monitor.core.figures import Figures
from monitor.reporting.shapes import Firsts, Line, Open, Table, View
from monitor.reporting.view import view

_WIDTH = 88
_NAME = 24
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
    if shown.unanswered:
        yield from _open(shown.unanswered, shown.more_unanswered)
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
    yield from _table(shown.channels, shown.total)
    if shown.firsts:
        yield from _firsts(shown.firsts)
    for table in shown.tables:
        yield from _table(table, None)
    if shown.heat:
        yield from _heat(shown)
    if shown.rushes:
        yield from _head("Surges and silences")
        for rush in shown.rushes:
            yield from textwrap.wrap(rush.head, _WIDTH)
            yield from textwrap.wrap(rush.text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _firsts(firsts: Sequence[Firsts]) -> Iterator[str]:
    yield from _head("Who answered first, within a day")
    yield _fitted("Channel") + "    Staff Community    Nobody"
    for one in firsts:
        yield f"{_fitted(one.name)}{one.staff:>9} {one.community:>9} {one.nobody:>9}"


def _heat(shown: View) -> Iterator[str]:
    yield from _head("In target by language and hour of the day, %")
    yield _fitted("Hour") + "".join(hour.rjust(6) for hour in shown.hours)
    for line in shown.heat:
        yield (_fitted(line.name) + "".join(text.rjust(6) for text, _ in line.cells)).rstrip()


def _table(table: Table, total: Line | None) -> Iterator[str]:
    yield from _head(table.title)
    heads = (head.rjust(size) for head, size in zip(_HEADS, _SIZES, strict=True))
    yield (_fitted(table.column) + " ".join(heads)).rstrip()
    for line in (*table.lines, *((total,) if total else ())):
        yield _row(line)


def _row(line: Line) -> str:
    cells = (
        line.n, line.share, line.change, line.community, line.nobody,
        line.median, line.nine_in_ten, line.waiting,
    )  # fmt: skip
    return _fitted(line.name) + " ".join(
        cell.rjust(size) for cell, size in zip(cells, _SIZES, strict=True)
    )


def _open(unanswered: Sequence[Open], more: str) -> Iterator[str]:
    yield from _head("Longest unanswered")
    for one in unanswered:
        yield f"{one.waited} · {one.where}"
        yield from textwrap.wrap(
            f"“{one.text}”", _WIDTH, initial_indent="  ", subsequent_indent="  "
        )
        if one.link:
            yield f"  {one.link}"
    if more:
        yield more


def _head(title: str) -> Iterator[str]:
    yield ""
    yield title
    yield "─" * len(title)


def _fitted(name: str) -> str:
    """Cut and filled to a fixed width in terminal cells; East Asian signs take two."""
    cells, kept = 0, ""
    for char in name:
        size = _cells(char)
        if cells + size > _NAME - 1:
            return kept + "…" + " " * (_NAME - 1 - cells)
        cells, kept = cells + size, kept + char
    return kept + " " * (_NAME - cells)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
