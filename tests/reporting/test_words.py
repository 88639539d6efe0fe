"""Lengths, shares and links as they are printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.assessment import Topic
from monitor.core.figures import Change
from monitor.core.language import LANGUAGES
from monitor.core.latency import Row, Wait
from monitor.core.survival import Attained
from monitor.reporting import words


@pytest.mark.parametrize(
    ("seconds", "at_least", "at_most"),
    [
        (0, "0 s", "0 s"),
        (99.5, "99 s", "1.7 min"),
        (246, "4.1 min", "4.1 min"),
        (247, "4.1 min", "4.2 min"),
        (2260, "37 min", "38 min"),
        (6480, "1.8 h", "1.8 h"),
        (449_280, "5.2 d", "5.2 d"),
        (86400 * 12, "12 d", "12 d"),
    ],
)
def test_lengths_are_cut_and_limits_are_rounded_up(
    seconds: float, at_least: str, at_most: str
) -> None:
    length = timedelta(seconds=seconds)
    assert (words.length(length), words.at_most(length)) == (at_least, at_most)


SIZES = {"s": 1, "min": 60, "h": 3600, "d": 86400}


@given(st.integers(0, 10**8))
def test_a_printed_length_is_true(seconds: int) -> None:
    def read(text: str) -> float:
        number, unit = text.split()
        return float(number) * SIZES[unit]

    length = timedelta(seconds=seconds)
    assert read(words.length(length)) <= seconds + 1e-6
    assert read(words.at_most(length)) >= seconds - 1e-6
    assert read(words.at_most(length)) <= seconds * 1.12 + 1


def test_nothing_is_a_dash_and_never_a_zero() -> None:
    assert (words.percent(0, 0), words.length(None), words.wait(None)) == ("–", "–", "–")


@pytest.mark.parametrize(
    ("count", "n", "text"),
    [
        (0, 5, "0%"),
        (5, 5, "100%"),
        (1, 300, "<1%"),
        (299, 300, ">99%"),
        (77, 100, "77%"),
        (1, 8, "13%"),
    ],
)
def test_zero_and_a_hundred_percent_are_exactly_that(count: int, n: int, text: str) -> None:
    assert words.percent(count, n) == text


def test_few_cases_are_counted_instead(row: Callable[..., Row]) -> None:
    assert words.share(3, row(5, 3)) == "3 of 5"
    assert words.share(6, row(12, 6)) == "50%"
    assert words.quantile(Wait(timedelta(minutes=3)), row(11)) == "·"
    assert words.quantile(None, Row(0)) == "–"


def test_a_bound_is_marked() -> None:
    assert words.wait(Wait(timedelta(minutes=49, seconds=50), is_bound=True)) == "> 49 min"


def test_a_change_is_the_difference_of_what_is_printed(
    row: Callable[..., Row], change: Callable[..., Change]
) -> None:
    def said(now: Row, before: Row, error: float = 0.001) -> str:
        return words.change(change(now, before, error))

    assert said(row(1000, 714), row(1000, 736)) == "−3 pt"
    assert said(row(1000, 714), row(1000, 736), 0.02) == "≈ −3 pt"
    assert said(row(1000, 714), row(1000, 710)) == "±0 pt"
    assert said(row(100, 90), row(100, 80)) == "+10 pt"
    assert said(row(11, 9), row(100, 80)) == ""
    assert said(row(100, 9), Row(0)) == ""
    assert words.change(None) == ""


def test_an_interval_is_rounded_outwards(row: Callable[..., Row]) -> None:
    low, high = Attained(0.77, 0.0004, 3000, 28, 20).interval or (0, 0)
    shown = words.between(replace(row(3000, 2310), attained=Attained(0.77, 0.0004, 3000, 28, 20)))
    printed = [int(part) / 100 for part in shown.rstrip("%").split("–")]
    assert printed[0] <= low <= 0.77 <= high <= printed[1]
    assert words.between(row(3000, 2310)) == ""


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "http://t.me/a", "https://", "https:///a", "//t.me/a",
        "https://t.me/a b", 'https://t.me/"onload=', "https://t.me/\na", "https://good@evil.example",
        "data:text/html,a", "https://[::1", "https://t.me/\u202e",
    ],
)  # fmt: skip
def test_only_plain_https_links_are_links(url: str | None) -> None:
    assert words.link(url) is None


def test_a_plain_link_is_kept() -> None:
    url = "https://t.me/c/42/7?thread=3&x=1"
    assert words.link(url) == url


def test_every_topic_and_language_has_a_name() -> None:
    assert all(words.topic(t.value)[0].isupper() for t in Topic)
    assert all(words.language(code)[0].isupper() for code in LANGUAGES)


def test_a_strangers_text_is_one_harmless_line() -> None:
    shown = words.line("a\u202eb\u2028c\r\nSubject: d\x00" + "x" * 500)
    assert shown.startswith("ab c Subject: d")
    assert len(shown) <= 140
    assert shown.isprintable()
