"""Charts as strings and pixels: what they show is what was counted, and a surge does not flatten the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import reporting
from monitor.core.coverage import Covered
from monitor.core.figures import Figures, Queue, Slice
from monitor.core.latency import Row, Wait
from monitor.core.volume import WITHIN, Block, Reached
from monitor.reporting import charts

Make = Callable[..., Figures]
MakeRow = Callable[..., Row]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def blocks(shown: Figures, *counts: int, surges: int = -1) -> tuple[Block, ...]:
    """A week of 4-hour blocks that begins with these counts; the one numbered `surges` is in a surge."""
    begins = shown.period.start
    filled = [*counts, *[0] * (42 - len(counts))]
    return tuple(
        Block(begins + 4 * n * HOUR, count, count if n == surges else 0, 0)
        for n, count in enumerate(filled)
    )


def with_volume(figures: Make, row: MakeRow, *counts: int, surges: int = -1) -> Figures:
    return figures(row(100, 77), volume=blocks(figures(row(1)), *counts, surges=surges))


def test_columns_are_as_tall_as_counts(figures: Make, row: MakeRow) -> None:
    chart = charts.chart(with_volume(figures, row, 10, 20, 0, 1))
    assert chart is not None
    assert [bar.height for bar in chart.bars[:4]] == [36, 72, 0, 4]
    assert (len(chart.days), chart.days[0], chart.a_day) == (7, "Mon", 6)


def test_a_surge_is_red_cut_off_and_said_to_be(figures: Make, row: MakeRow) -> None:
    chart = charts.chart(with_volume(figures, row, 20, 400, surges=1))
    assert chart is not None
    assert [(bar.height, bar.is_surge) for bar in chart.bars[:2]] == [(48, False), (72, True)]
    assert chart.notes == (
        "4 hours a column; the busiest began Mon 9 Nov, 04:00, 400 questions.",
        "1 column is cut off at 30.",
    )


def test_more_questions_before_are_grey_above_the_column(figures: Make, row: MakeRow) -> None:
    shown = figures(row(100, 77))
    volume = (Block(shown.period.start, 10, 0, 40), *blocks(shown)[1:])
    chart = charts.chart(figures(row(100, 77), volume=volume))
    assert chart is not None
    assert (chart.bars[0].height, chart.bars[0].before) == (48, 24)  # and no higher
    assert "Grey: more asked last week." in chart.notes


def test_nothing_to_draw_is_no_chart(figures: Make, row: MakeRow) -> None:
    assert charts.chart(figures(row(0))) is None
    assert charts.chart(with_volume(figures, row, 0)) is None


@given(st.lists(st.tuples(st.integers(0, 5000), st.booleans(), st.integers(0, 5000)), min_size=1))
def test_no_column_leaves_the_chart_and_no_question_vanishes(
    found: list[tuple[int, bool, int]],
) -> None:
    from tests.reporting.conftest import a_row, some_figures

    start = some_figures(a_row(1)).period.start
    volume = tuple(Block(start, n, n if rough else 0, before) for n, rough, before in found)
    chart = charts.chart(some_figures(a_row(100, 77), volume=volume))
    for bar, (n, _, _) in zip(chart.bars if chart else (), found, strict=False):
        assert 0 <= bar.height + bar.before <= charts.HEIGHT
        assert (bar.height > 0) == (n > 0)


def reached(before: float | None = 0.5, surges: float | None = None) -> tuple[Reached, ...]:
    return tuple(Reached(w, 0.1 * n, before, surges) for n, w in enumerate(WITHIN))


def test_the_share_grows_with_the_wait_in_rows(figures: Make, row: MakeRow) -> None:
    shown = figures(row(100, 77), row(100, 85), reached=reached())
    found = charts.reach(shown)
    assert [(r.within, r.now, r.before) for r in found[:5]] == [
        ("1 min", "0%", "50%"), ("5 min", "10%", "50%"), ("10 min", "20%", "50%"),
        ("30 min", "30%", "50%"), ("1 h", "40%", "50%"),
    ]  # fmt: skip
    for text in (reporting.text(shown), reporting.html(shown)):
        assert "Answered by staff within" in text
        assert "30 min" in text


def test_surges_have_a_column_of_their_own_and_few_questions_none(
    figures: Make, row: MakeRow
) -> None:
    shown = figures(row(100, 77), reached=reached(None, 0.2), in_surges=row(20, 4))
    assert {(r.before, r.in_surges) for r in charts.reach(shown)} == {("", "20%")}
    few = figures(row(100, 77), reached=reached(None, 0.2), in_surges=row(11, 4))
    assert {r.in_surges for r in charts.reach(few)} == {""}
    assert charts.reach(figures(row(11, 4), reached=reached())) == ()


def test_both_clocks_stand_side_by_side(figures: Make, row: MakeRow) -> None:
    covered = Covered(80, 72, outside=30, early=20, p50=Wait(2 * MINUTE), p90=Wait(9 * MINUTE))
    shown = figures(row(100, 77), covered=covered)
    wall, duty = charts.clocks(shown)
    assert (wall.share, wall.median) == ("77%", "3 min")
    assert (duty.n, duty.share, duty.median, duty.nine_in_ten) == ("80", "90%", "2 min", "9 min")
    sentence = (
        "30 questions were asked when nobody on the roster who reads the language was on duty; "
        "20 of them got an answer before duty began."
    )
    assert charts.clock_note(shown) == sentence
    assert sentence in reporting.html(shown)
    assert charts.clocks(figures(row(100, 77))) == ()


@pytest.mark.parametrize(
    ("queue", "sentence"),
    [
        (Queue(), ""),
        (Queue(1, Wait(6 * MINUTE)), "1 question of the last day waits for a first answer; whoever asks "
         "now will wait about 6 min, at the pace of the last 15 minutes."),
        (Queue(9, Wait(15 * MINUTE, is_bound=True)), "9 questions of the last day wait for a first "
         "answer; whoever asks now will wait longer than 15 min, at the pace of the last 15 minutes."),
    ],
)  # fmt: skip
def test_the_expected_wait_is_told_with_its_rule(
    figures: Make, row: MakeRow, queue: Queue, sentence: str
) -> None:
    shown = figures(row(100, 77), queue=queue)
    assert " ".join(charts.now(shown)) == sentence
    assert sentence in reporting.html(shown)
    assert sentence in " ".join(reporting.text(shown).split())


def test_simple_and_complex_questions_have_their_table(figures: Make, row: MakeRow) -> None:
    parts = (Slice("simple", row(60, 50), Row(0)), Slice("complex", row(40, 27), Row(0)))
    shown = figures(row(100, 77), complexities=parts)
    for text in (reporting.text(shown), reporting.html(shown)):
        assert "Simple and complex" in text
        assert "83%" in text


def test_last_weeks_figure_is_corrected_in_public_when_it_moved(
    figures: Make, row: MakeRow
) -> None:
    told = "Last week: 84% when it was mailed, 85% as known by now."
    assert told in reporting.text(figures(row(100, 77), row(100, 85), mailed_before=0.842))
    for quiet in (None, 0.851):
        shown = figures(row(100, 77), row(100, 85), mailed_before=quiet)
        assert "when it was mailed" not in reporting.text(shown)


def test_answers_dated_before_their_question_are_counted(figures: Make, row: MakeRow) -> None:
    text = " ".join(reporting.text(figures(row(100, 77), skewed=2)).split())
    assert "2 questions bear a later time than an answer to it; such a wait counts as none." in text
