"""A day in three lines and a picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.figures import Backlog, Figures, Queue, SeenGap, Slice, Surge
from monitor.core.latency import Row, Wait
from monitor.core.volume import Block
from monitor.core.weeks import the_day
from monitor.reporting import picture
from monitor.reporting.digest import bars, digest

Make = Callable[..., Figures]
MakeRow = Callable[..., Row]
BERLIN = ZoneInfo("Europe/Berlin")
DAY = the_day(date(2026, 11, 21), BERLIN)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def day(figures: Make, total: Row, previous: Row | None = None, **more: object) -> Figures:
    known = {"period": DAY, "as_of": DAY.end + 9 * HOUR}
    return figures(total, previous, **(known | more))


def hours(*counts: int) -> tuple[Block, ...]:
    return tuple(Block(DAY.start + n * HOUR, c, 0, 0, c // 2) for n, c in enumerate(counts))


def test_three_lines_say_how_it_went_how_long_it_took_and_what_waits(
    figures: Make, row: MakeRow
) -> None:
    total = row(48, 34, unanswered=6, oldest_unanswered=14 * HOUR)
    shown = day(figures, total, row(40, 26), queue=Queue(5, Wait(12 * MINUTE)))
    assert digest(shown) == (
        "📊 Sat 21 Nov: 48 questions, 71% answered in target (goal 90%, the day before 65%).",
        "Median wait 3 min; 6 questions have no answer from anybody, the oldest for 14 h.",
        "5 questions of the last day wait for a first answer; whoever asks now will wait about "
        "12 min, at the pace of the last 15 minutes.",
    )


def test_what_cost_most_follows_surge_before_gap_before_part(figures: Make, row: MakeRow) -> None:
    surge = Surge("topic", "withdrawal", DAY.start + 2 * HOUR, DAY.start, None, 8.2, row(20, 1))
    gap = SeenGap("tg", "updates", None, None, "down")
    slow = (Slice("withdrawal", row(20, 2), Row(0)),)
    total = row(60, 40)
    assert digest(day(figures, total, surges=(surge, surge), gaps=(gap,)))[2].endswith(
        "Surge: Withdrawal, ×8.2 usual from 02:00, and 1 more."
    )
    assert digest(day(figures, total, gaps=(gap,), topics=slow))[2].endswith(
        "1 gap: not everything was seen."
    )
    assert digest(day(figures, total, topics=slow))[2] == (
        "Nobody waits for a first answer now. "
        "Cost most: questions about withdrawal, 2 of 20 in time."
    )


def test_a_day_without_questions_and_one_with_few(figures: Make, row: MakeRow) -> None:
    quiet = day(figures, Row(0), backlog=Backlog(2, timedelta(days=3)))
    assert digest(quiet) == (
        "📊 Sat 21 Nov: nobody asked anything.",
        "2 questions still wait from the days before, the longest 3 d.",
        "Nobody waits for a first answer now.",
    )
    few = digest(day(figures, row(1, 1, unanswered=0)))
    assert few[0] == "📊 Sat 21 Nov: 1 question, 1 answered in target."
    assert few[1] == "Every question got an answer."


def test_a_hostile_name_stays_one_harmless_line(figures: Make, row: MakeRow) -> None:
    hostile = "evil\n\n<b>\u202e@everyone\x00 $\\frac{1}{0}$"
    slow = (Slice(hostile, row(20, 2), Row(0)),)
    lines = digest(day(figures, row(60, 40), channels=slow))
    assert len("\n".join(lines).splitlines()) == 3
    assert "\u202e" not in lines[2]
    assert "\x00" not in lines[2]


def test_bars_stand_in_for_the_picture(figures: Make, row: MakeRow) -> None:
    shown = day(figures, row(48, 34), volume=hours(1, 0, 4, 8))
    assert bars(shown) == "00 ▁·▄█ 03"
    assert bars(day(figures, Row(0))) == ""


def test_the_picture_is_a_png_of_moderate_size(figures: Make, row: MakeRow) -> None:
    pytest.importorskip("matplotlib")
    found = picture.picture(day(figures, row(48, 34), volume=hours(*range(24))))
    assert found is not None
    assert found.startswith(b"\x89PNG")
    assert 5_000 < len(found) < 100_000


def test_no_text_is_taken_for_a_formula() -> None:
    pytest.importorskip("matplotlib")
    wanted = {
        "title": "$\\frac{", "subtitle": "$x", "labels": ["$\\bad{"], "in_time": [1], "late": [1],
        "surges": [True],
    }  # fmt: skip
    assert picture.drawn(json.dumps(wanted)) is not None


def test_a_picture_that_cannot_be_drawn_is_none_and_no_trouble(figures: Make) -> None:
    assert picture.drawn("this is no JSON") is None
    assert picture.drawn("{}", patience=0.001) is None
    assert picture.picture(day(figures, Row(0))) is None
