"""Every sentence of a report is true for the numbers it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.figures import Figures, Slice
from monitor.core.latency import Row
from monitor.reporting import subject
from monitor.reporting.verdict import costliest, headline, reasons

Make = Callable[..., Figures]
MakeRow = Callable[..., Row]


def test_the_subject_is_the_report(figures: Make, row: MakeRow) -> None:
    shown = figures(row(100, 77, unanswered=40), row(100, 85))
    assert subject(shown) == (
        "Support 9–15 Nov: 77% answered within target (goal 90%, last week 85%) · 40 unanswered"
    )


def test_the_subject_leaves_out_what_is_not_known(figures: Make, row: MakeRow) -> None:
    assert (
        subject(figures(row(100, 77))) == "Support 9–15 Nov: 77% answered within target (goal 90%)"
    )
    assert (
        subject(figures(row(5, 4))) == "Support 9–15 Nov: 4 of 5 questions answered within target"
    )
    assert subject(figures(Row(0))) == "Support 9–15 Nov: no questions"


def test_a_running_week_says_so(figures: Make, row: MakeRow) -> None:
    shown = figures(row(100, 77))
    shown = replace(shown, as_of=shown.period.end - timedelta(seconds=1))
    assert subject(shown).startswith("Support 9–15 Nov so far: 77%")


def test_no_title_can_break_the_subjects_line(figures: Make, row: MakeRow) -> None:
    shown = subject(figures(row(100, 77), title="A\r\nBcc: x@example.com\u2028B\u202e"))
    assert shown.startswith("A Bcc: x@example.com B 9–15 Nov")
    assert shown.isprintable()


def test_the_goal_is_met_or_named(figures: Make, row: MakeRow) -> None:
    assert (
        reasons(figures(row(100, 90), row(100, 85)))[0]
        == "The goal of 90% was met; last week it was 85%."
    )
    assert reasons(figures(row(100, 89)))[0] == "The goal is 90%."
    assert reasons(figures(row(5, 1))) == ()


def test_nobody_asked(figures: Make) -> None:
    assert headline(figures(Row(0))) == "No questions were asked in these days."
    assert reasons(figures(Row(0))) == ()


def test_a_report_without_any_staff_says_where_staff_is_named(figures: Make, row: MakeRow) -> None:
    said = reasons(figures(row(100, 0, 20)))
    assert said[1] == (
        "No answer of your team was seen at all; "
        "if there was one, its author's id is missing in rules/roster.toml."
    )
    assert len(reasons(figures(row(100, 0, 20, staff_ever=1)))) == 1


def test_one_and_many_unanswered(figures: Make, row: MakeRow) -> None:
    wait = timedelta(days=5, hours=5)
    one = figures(row(5, 4, unanswered=1, oldest_unanswered=wait))
    many = figures(row(5, 3, unanswered=2, oldest_unanswered=wait))
    assert reasons(one) == ("1 question has no answer from anybody; it has waited 5.2 d.",)
    assert reasons(many) == (
        "2 questions have no answer from anybody; the oldest has waited 5.2 d.",
    )


def test_the_part_that_cost_most_is_named_with_what_it_cost(figures: Make, row: MakeRow) -> None:
    parts = (
        Slice("English", row(700, 595), Row(0)),
        Slice("Chinese", row(200, 56), Row(0)),
        Slice("Japanese", row(100, 50), Row(0)),
    )
    shown = figures(row(1000, 701), channels=parts, topics=(), urgencies=(), languages=())
    assert reasons(shown)[1] == (
        "Without Chinese it would have been 81%: there, 56 of 200 were answered in time."
    )


def test_a_small_part_or_one_that_is_most_of_it_explains_nothing(
    figures: Make, row: MakeRow
) -> None:
    parts = (Slice("Most", row(89, 60), Row(0)), Slice("Few", row(11, 0), Row(0)))
    shown = figures(row(100, 60), channels=parts, topics=(), urgencies=(), languages=())
    assert costliest(shown) is None


@st.composite
def cut_up(draw: st.DrawFn) -> list[tuple[int, int]]:
    sizes = draw(st.lists(st.integers(1, 400), min_size=1, max_size=6))
    return [(n, draw(st.integers(0, n))) for n in sizes]


@given(parts=cut_up(), goal=st.sampled_from([0.5, 0.8, 0.9, 0.99]))
def test_the_sentence_about_a_part_is_true_and_no_other_part_cost_more(
    parts: list[tuple[int, int]], goal: float
) -> None:
    from tests.reporting.conftest import a_row, some_figures

    total = a_row(sum(n for n, _ in parts), sum(k for _, k in parts))
    slices = tuple(Slice(f"part{i}", a_row(n, k), Row(0)) for i, (n, k) in enumerate(parts))
    shown = some_figures(total, channels=slices, topics=(), urgencies=(), languages=(), goal=goal)
    said = " ".join(reasons(shown))
    found = re.search(r"Without part(\d+) it would have been [<>]?(\d+)%", said)
    if found is None:
        return
    index = int(found[1])
    n, k = parts[index]
    rest = (total.staff - k) / (total.n - n)
    assert abs(rest * 100 - int(found[2])) <= 1
    assert rest > total.staff / total.n
    assert k / n < goal
    for other_n, other_k in parts:
        if 12 <= other_n <= total.n - other_n and other_k / other_n < goal:
            assert (total.staff - other_k) / (total.n - other_n) <= rest + 1e-12
