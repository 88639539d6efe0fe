"""Text, page and JSON say the same, hold hostile text inert, and fit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from monitor import reporting
from monitor.core.assessment import Topic, Urgency
from monitor.core.figures import Backlog, Figures, Hours, SeenGap, Slice, Surge, Waiting
from monitor.core.language import LANGUAGES
from monitor.core.latency import Row, Wait
from monitor.core.messages import Platform
from monitor.core.visibility import Lag
from monitor.core.weeks import parse_days

Make = Callable[..., Figures]
MakeRow = Callable[..., Row]
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7*7 }}\u202e\u2028&amp;"


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def rich(figures: Make, row: MakeRow) -> Figures:
    """A report with everything in it, all names and texts hostile."""
    waiting = tuple(
        Waiting(EVIL, "withdrawal", "high", EVIL + "提现" * 100, link, timedelta(days=2))
        for link in ("https://t.me/c/1/2", "javascript:alert(1)", None)
    )
    at = datetime(2026, 11, 11, tzinfo=UTC)
    return figures(
        row(100, 77, 10, unanswered=40, oldest_unanswered=timedelta(days=5), waiting=41,
            oldest_waiting=timedelta(days=5), by_proximity=9, undecided=2),
        row(100, 85),
        name=EVIL,
        title=EVIL,
        unanswered=waiting,
        backlog=Backlog(3, timedelta(days=9)),
        lags=(Lag(Platform.TWITTER, 500, timedelta(seconds=64), 2),),
        gaps=(SeenGap("x", "mentions", None, at, EVIL),),
        withdrawn=4,
        calm=row(60, 55), in_surges=row(40, 22),
        surges=(Surge("place", EVIL, at, at + timedelta(minutes=4), at + timedelta(hours=2), 8.2,
                      row(40, 22, staff_ever=38)),),
        silences=(Surge("topic", "of an older version", at, at, None, 0.0, Row(0)),),
        hours=(Hours("zh", ((20, 5), (11, 3), (0, 0), (100, 100), (12, 11), (0, 0), (0, 0), (0, 0))),),
    )  # fmt: skip


def test_the_page_has_no_foreign_parts_and_nothing_runs(rich: Figures) -> None:
    tags = Tags(reporting.html(rich))
    allowed = {
        "html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "th",
        "p", "h1", "h2", "b", "br", "span", "a",
    }  # fmt: skip
    assert set(tags.names) <= allowed
    assert not [n for n, _ in tags.attributes if n.startswith("on") or n in ("src", "background")]
    links = [value for name, value in tags.attributes if name == "href"]
    assert links == ["https://t.me/c/1/2"]
    assert not [v for _, v in tags.attributes if "url(" in v or "expression" in v]
    assert "<script>alert(1)</script>" in tags.text
    assert "{{ 7*7 }}" in tags.text
    assert "\u202e" not in tags.text


def test_text_and_page_and_json_name_the_same_numbers(rich: Figures) -> None:
    text, page, facts = reporting.text(rich), reporting.html(rich), reporting.as_json(rich)
    shown = " ".join(Tags(page).text.split())
    for number in ("77%", "−8 pt", "10%", "13%", "3 min", "50 min", "40", "41", "14 s", "5 d"):
        assert number in text, number
        assert number in shown, number
    total = facts["total"]
    assert total["within_target"] == {"staff": 77, "community": 10, "nobody": 13}
    assert total["share_within_target"] == 0.77
    assert total["staff_first"]["p90"] == {"seconds": 3000, "bound": False}
    assert facts["subject"] == reporting.subject(rich)
    assert json.loads(json.dumps(facts)) == facts


def test_a_report_prints_its_exclusions_gaps_doubts_and_definitions(rich: Figures) -> None:
    text = " ".join(reporting.text(rich).split())
    for sentence in (
        "As of Mon 16 Nov 2026, 09:00 (Europe/Berlin).",
        "2 counted as late can still be answered in time.",
        "Left out: 4 questions that the asker withdrew before any answer.",
        "12% of 77 staff answers had no reply mark or mention",
        "X: 95% of 500 messages seen within 64 s; 2 bore a time ahead of ours.",
        "Gap: x mentions from an unknown time to Wed 11 Nov 2026, 01:00:",
        "From before these days 3 more still wait, the longest 9 d; they are in no share above.",
        "Unanswered questions count as late, never as missing.",
    ):
        assert sentence in text, sentence
    page = " ".join(Tags(reporting.html(rich)).text.split())
    assert "Unanswered questions count as late, never as missing." in page


def test_a_report_about_nothing_has_no_zero_percent(figures: Make) -> None:
    nothing = figures(Row(0))
    for shown in (reporting.text(nothing), Tags(reporting.html(nothing)).text):
        assert "No questions were asked in these days." in shown
        assert "No gaps are known." in shown
        assert not re.search(r"\b0( s|%| min)", shown)
    assert reporting.as_json(nothing)["total"]["share_within_target"] is None


def test_a_table_without_a_line_has_no_head(figures: Make, row: MakeRow) -> None:
    small = figures(row(5, 4))
    assert "Few questions: " in Tags(reporting.html(small)).text
    for table in reporting.html(small).split("<table")[1:]:
        rows = table.partition("</table")[0].count("<tr")
        assert rows != 1 or "Waiting" not in table.partition("</table")[0]
    assert "Simple and complex" not in reporting.text(small)


def test_dates_across_two_years_name_both(figures: Make) -> None:
    shown = figures(Row(0), period=parse_days("2004-11-01", "2011-12-31", ZoneInfo("UTC")))
    assert "Mon 1 Nov 2004 – Sat 31 Dec 2011" in reporting.text(shown)


def test_few_questions_are_counted_not_divided(figures: Make, row: MakeRow) -> None:
    few = figures(row(5, 4, 1))
    assert "4 of 5" in reporting.text(few)
    assert "80%" not in reporting.text(few)
    assert "80%" not in reporting.html(few)


def test_a_bound_is_printed_as_one(figures: Make, row: MakeRow) -> None:
    late = figures(row(100, 40, p90=Wait(timedelta(minutes=49), is_bound=True)))
    assert "> 49 min" in reporting.text(late)
    assert "&gt; 49 min" in reporting.html(late)


def full(figures: Make, row: MakeRow) -> Figures:
    def slices(keys: list[str]) -> tuple[Slice, ...]:
        return tuple(Slice(key, row(200, 150, 20, waiting=12), row(200, 170)) for key in keys)

    at = datetime(2026, 11, 11, tzinfo=UTC)
    waiting = tuple(
        Waiting("Acme international " * 3, "withdrawal", "high", "提现" * 200,
                "https://www.reddit.com/r/acme/comments/abc/a_long_title_of_a_post/def/", timedelta(2))
        for _ in range(8)
    )  # fmt: skip
    return figures(
        row(9000, 7000, 500, unanswered=900),
        row(9000, 7500),
        channels=slices([f"Telegram group of country number {n}" for n in range(60)]),
        topics=slices([t.value for t in Topic]),
        urgencies=slices([u.word for u in Urgency]),
        languages=slices([*LANGUAGES, "und"]),
        unanswered=waiting,
        gaps=tuple(
            SeenGap("x-main", "mentions", None, None, "unreachable " * 9) for _ in range(20)
        ),
        surges=tuple(
            Surge("place", "Acme international " * 3, at, at, at + timedelta(1), 8, row(200, 20))
            for _ in range(30)
        ),
        hours=tuple(Hours(code, ((90, 60),) * 8) for code in list(LANGUAGES)[:8]),
    )


def test_the_largest_page_stays_under_60_kb_and_says_what_it_left_out(
    figures: Make, row: MakeRow
) -> None:
    page = reporting.html(full(figures, row))
    assert len(page.encode()) < 60_000
    left_out = re.search(r"and (\d+) smaller ones, in the text part", page)
    assert left_out is not None
    assert page.count("Telegram group of country number") == 60 - int(left_out[1])


def test_text_lines_fit_a_terminal(figures: Make, row: MakeRow) -> None:
    lines = reporting.text(full(figures, row)).splitlines()
    links = [line for line in lines if line.strip().startswith("https://")]
    assert max(len(line) for line in lines if line not in links) <= 100


def test_the_same_figures_give_the_same_bytes(rich: Figures) -> None:
    assert reporting.html(rich) == reporting.html(rich)
    assert reporting.text(rich) == reporting.text(rich)


WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("jinja2", "css_inline"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from monitor import reporting
from monitor.core.figures import Figures
from monitor.core.latency import Row
from monitor.core.weeks import parse_week
period = parse_week("2026-W46", ZoneInfo("UTC"))
figures = Figures("Support", period, period.end, 0.9, Row(0), Row(0))
assert "No questions" in reporting.text(figures)
try:
    reporting.html(figures)
except reporting.HtmlUnavailable as error:
    sys.stdout.write(str(error))
"""


def test_without_the_extra_there_is_text_and_a_sentence_instead_of_html() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == (
        "HTML reports need jinja2 and css-inline. Install them: pip install 'response-desk[report]'."
    )
