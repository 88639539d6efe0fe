"""Who answered first, language by hour, surges, the table for spreadsheets, and what is said of a change."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import reporting
from monitor.core.figures import Advised, Change, Figures, Hours, Slice, Surge
from monitor.core.latency import First, Row
from monitor.core.staffing import Advice, Shift
from monitor.reporting import sections, table
from monitor.reporting.verdict import reasons

Make = Callable[..., Figures]
MakeRow = Callable[..., Row]
MakeChange = Callable[..., Change]
AT = datetime(2026, 11, 11, 12, 10, tzinfo=UTC)  # ten past one in Berlin
MINUTE = timedelta(minutes=1)


def a_surge(row: Row, **more: Any) -> Surge:
    known = {
        "kind": "topic", "key": "withdrawal", "began_at": AT, "noticed_at": AT + 4 * MINUTE,
        "ended_at": AT + 125 * MINUTE, "ratio": 8.2, "row": row,
    }  # fmt: skip
    return Surge(**(known | more))


def test_who_answered_first_is_everybody_and_few_say_nothing(figures: Make, row: MakeRow) -> None:
    shares = First(0.916, 0.07, 0.014)
    large, few = row(1000, 800, first=shares), row(11, 2, first=First(1, 0, 0))
    shown = figures(large, channels=(Slice("General", large, Row(0)), Slice("Small", few, Row(0))))
    assert [f.name for f in sections.firsts(shown)] == ["General", "All"]
    first = sections.firsts(shown)[0]
    assert (first.staff, first.community, first.nobody) == ("92%", "7%", "1%")
    assert sum(width for _, width, _ in first.bar) == pytest.approx(100)
    assert [inside for _, _, inside in first.bar] == ["92", "7", ""]  # no room for 1%


def test_a_faq_answer_that_helped_is_a_rival_of_its_own(figures: Make, row: MakeRow) -> None:
    shown = figures(row(1000, 800, first=First(0.6, 0.1, 0.1, faq=0.2)))
    (first,) = sections.firsts(shown)
    assert (first.staff, first.community, first.faq, first.nobody) == ("60%", "10%", "20%", "10%")
    assert "FAQ, confirmed by the asker" in reporting.html(shown)
    assert "confirmed by the asker" not in reporting.html(
        figures(row(1000, 800, first=First(1, 0, 0)))
    )
    assert reporting.as_json(shown)["total"]["answered_first"]["faq"] == 0.2


def test_a_cell_is_coloured_by_the_goal_and_hidden_for_few(figures: Make, row: MakeRow) -> None:
    cells = ((100, 90), (100, 86), (100, 72), (100, 54), (100, 53), (11, 0), (0, 0), (12, 0))
    shown = figures(row(500, 300), hours=(Hours("zh", cells), Hours("ja", ((3, 1),) * 8)))
    (line,) = sections.heat(shown)
    assert line.name == "Chinese"
    assert line.cells == (
        ("90", 5), ("86", 4), ("72", 3), ("54", 2), ("53", 1), ("·", 0), ("", 0), ("0", 1),
    )  # fmt: skip
    assert sections.hours(shown) == ("00", "03", "06", "09", "12", "15", "18", "21")


def test_a_surge_says_when_what_and_what_became_of_it(figures: Make, row: MakeRow) -> None:
    surge = a_surge(row(168, 20, staff_ever=123))
    (rush,) = sections.rushes(figures(row(1000, 800), surges=(surge,)))
    assert rush.head == "Wed 11 Nov, 13:10, for 2 h 5 min · Withdrawal · ×8.2 usual"
    assert rush.text == (
        "noticed after 4 min · 168 questions · 12% in target · 9 in 10 within 50 min · "
        "45 without a staff answer"
    )


def test_a_surge_that_goes_on_and_one_without_questions_of_the_week(
    figures: Make, row: MakeRow
) -> None:
    surge = a_surge(Row(0), ended_at=None)
    (rush,) = sections.rushes(figures(row(1000, 800), surges=(surge,)))
    assert rush.head.startswith("Wed 11 Nov, 13:10, still going on")
    assert rush.text == "noticed after 4 min"


def test_advice_names_shifts_and_what_they_would_have_changed(figures: Make, row: MakeRow) -> None:
    shifts = (Shift((1, 2, 3), 20, 24), Shift(tuple(range(7)), 8, 12))
    found = Advised("zh", Advice(shifts, measured=0.70, promised=0.914, n=700))
    shown = figures(row(1000, 800), advised=found)
    assert sections.advice(shown)[:3] == (
        "+1 person for Chinese, Tue–Thu 20:00–24:00",
        "+1 person for Chinese, every day 08:00–12:00",
        "Chinese in target: 70%, with it about 91%, for 40 hours a week.",
    )
    for text in (reporting.text(shown), reporting.html(shown)):
        assert "What would help most" in text
        assert "Tue–Thu 20:00–24:00" in text
    assert reporting.as_json(shown)["advice"]["shifts"][0] == {
        "days": [1, 2, 3], "start": 20, "end": 24,
    }  # fmt: skip


def test_without_advice_nothing_is_said_to_help(figures: Make, row: MakeRow) -> None:
    shown = figures(row(1000, 800))
    assert "What would help" not in reporting.text(shown) + reporting.html(shown)
    assert reporting.as_json(shown)["advice"] is None


def test_a_silence_asks_about_the_connector(figures: Make, row: MakeRow) -> None:
    shown = figures(row(1000, 800), silences=(a_surge(Row(0), kind="all", key=""),))
    (rush,) = sections.rushes(shown)
    assert "All questions · silence" in rush.head
    assert "was the connector blind?" in rush.text


def test_many_surges_are_cut_and_said_to_be(figures: Make, row: MakeRow) -> None:
    shown = figures(row(1000, 800), surges=(a_surge(row(20, 1)),) * 9)
    found = sections.rushes(shown)
    assert [r.head for r in found][6:] == ["and 3 more, in the table beside this mail"]
    assert sum(r["part"] == "surge" for r in rows_of(shown)) == 9


def test_the_subject_counts_surges(figures: Make, row: MakeRow) -> None:
    shown = figures(row(100, 77, unanswered=40), row(100, 85), surges=(a_surge(row(20, 1)),) * 2)
    assert reporting.subject(shown).endswith("last week 85%) · 2 surges · 40 unanswered")


def test_a_change_is_only_called_one_beyond_chance(
    figures: Make, row: MakeRow, change: MakeChange
) -> None:
    now, before = row(3000, 2310), row(3000, 2550)
    sure, unsure = change(now, before, 0.01), change(now, before, 0.05)
    assert reasons(figures(now, before, change=sure))[1] == (
        "That is worse than last week beyond chance: 77% after 85%."
    )
    assert reasons(figures(before, now, change=change(before, now, 0.01)))[1].startswith(
        "That is better than last week"
    )
    assert reasons(figures(now, before, change=unsure))[1] == (
        "What differs from last week could be chance."
    )


def test_calm_hours_and_surges_are_told_apart(figures: Make, row: MakeRow) -> None:
    surge = a_surge(row(168, 20))
    shown = figures(row(1000, 800), surges=(surge,), calm=row(800, 700), in_surges=row(200, 100))
    assert (
        "200 questions were asked during 1 surge, 100 of them answered in time; "
        "in calm hours it was 88%."
    ) in reasons(shown)


@given(
    now=st.integers(0, 300), before=st.integers(0, 300), error=st.sampled_from([0.001, 0.02, 0.2])
)
def test_what_is_said_of_a_change_is_true(now: int, before: int, error: float) -> None:
    from tests.reporting.conftest import a_change, a_row, some_figures

    row, old = a_row(300, now), a_row(300, before)
    change = a_change(row, old, error)
    said = " ".join(reasons(some_figures(row, old, change=change)))
    assert ("beyond chance" in said) == (change.is_real is True)
    if "better" in said:
        assert now > before
    if "worse" in said:
        assert now < before


def rows_of(shown: Figures) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(reporting.as_csv(reporting.as_json(shown)))))


def test_the_table_has_every_part_and_the_numbers_of_the_report(
    figures: Make, row: MakeRow
) -> None:
    shown = figures(row(100, 77, 10), row(100, 85), surges=(a_surge(row(20, 1)),))
    found = rows_of(shown)
    assert [r["part"] for r in found] == [
        "all", "calm hours", "channel", "topic", "urgency", "language", "surge",
    ]  # fmt: skip
    whole = found[0]
    assert (whole["questions"], whole["staff_in_target"], whole["nobody_in_target"]) == (
        "100", "77", "13",
    )  # fmt: skip
    assert (whole["share_in_target"], whole["previous_share"]) == ("0.7700", "0.8500")
    assert (whole["median_s"], whole["median_is_bound"]) == ("180", "no")


def test_what_is_not_known_is_an_empty_cell_and_no_zero(figures: Make) -> None:
    (nothing, _) = rows_of(figures(Row(0)))
    assert nothing["share_in_target"] == nothing["median_s"] == nothing["first_staff"] == ""


@given(st.text(min_size=1))
def test_no_cell_is_a_formula(text: str) -> None:
    shown = table.cell(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "|", "%"))
    assert "\n" not in shown


@pytest.mark.parametrize(
    "name", ["=HYPERLINK(1)", " =1+1", "\t=1", "@SUM(A1)", "-2+3", "+1", "\u202e=1"]
)
def test_a_hostile_channel_stays_text_in_the_table(figures: Make, row: MakeRow, name: str) -> None:
    found = rows_of(figures(row(100, 77), name=name))
    cell = next(r["name"] for r in found if r["part"] == "channel")
    assert cell.startswith("'")


def test_a_period_as_a_name_is_kept(figures: Make, row: MakeRow) -> None:
    assert rows_of(replace(figures(row(100, 77))))[0]["name"] == "2026-W46"
