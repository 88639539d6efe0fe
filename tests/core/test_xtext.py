"""X's rules about texts and ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import xtext


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("hello", 5),
        ("привет", 6),
        ("您好", 4),
        ("안녕", 4),
        ("ありがとう", 10),
        ("cafe\u0301", 4),
        ("👍", 2),
        ("👩‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇩🇪", 2),
        ("1️⃣", 2),
        ("https://example.com/a/very/long/path/that/does/not/count?x=1", 23),
        ("see https://example.com/abcdefghijklmnopqrstuvwxyz.", 4 + 23 + 1),
        ("example.com", 23),
        ("please.reply", 12),
        ("mail me@example.com", 19),
        ("看https://example.com/x。好", 2 + 23 + 4),
        ("…", 2),
        ("“quoted”", 8),
    ],
)
def test_a_text_weighs_what_x_says(text: str, weight: int) -> None:
    assert xtext.weighted_length(text) == weight


@given(st.text(max_size=400), st.integers(min_value=10, max_value=280))
def test_a_clipped_text_always_fits(text: str, limit: int) -> None:
    clipped = xtext.clip(text, limit)
    assert xtext.weighted_length(clipped) <= limit
    assert clipped == text or clipped.endswith("…")


def test_a_text_is_clipped_at_a_word() -> None:
    assert xtext.clip("one two three four", 15) == "one two three…"
    assert xtext.clip("one two three four", 14) == "one two…"


def test_a_chinese_text_is_cut_where_it_is_full() -> None:
    assert xtext.clip("我们正在处理您的问题", 10) == "我们正在…"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$BTC and $ETH", ("BTC", "ETH")),
        ("$BRK.A up", ("BRK.A",)),
        ("costs $5 or US$BTC", ()),
        ("$BTC!", ("BTC",)),
        ("$TOOLONGX", ()),
    ],
)
def test_cashtags_are_found_as_x_finds_them(text: str, found: tuple[str, ...]) -> None:
    assert xtext.cashtags(text) == found


def test_mentions_are_found_with_their_place_and_mail_addresses_are_none() -> None:
    assert xtext.mentions("@ann ask @desk_1, not me@desk") == ((0, "ann"), (9, "desk_1"))


@pytest.mark.parametrize(
    ("text", "end"), [("@a @b hello", 6), ("hello @a", 0), ("@a", 2), (" @a hi", 4)]
)
def test_the_reply_prefix_is_the_run_of_mentions_at_the_start(text: str, end: int) -> None:
    assert xtext.reply_prefix(text) == end


def test_a_text_is_known_again_after_x_shortened_and_escaped_it() -> None:
    ours = "We are on it & will answer:\n https://status.example.com/x"
    theirs = "@ann @bob We are on it &amp; will answer: https://t.co/AbC123"
    assert xtext.fingerprint(ours) == xtext.fingerprint(theirs)
    assert xtext.fingerprint(ours) != xtext.fingerprint("We are on it")


def test_an_id_tells_its_time() -> None:
    # A bot posted this with its own clock in the text: 22:42:12.637.
    moment = xtext.id_time("1578516068309794817")
    assert moment == datetime(2022, 10, 7, 22, 42, 12, 752000, tzinfo=UTC)


@pytest.mark.parametrize("native_id", ["20", "", "x", "-5", "²", "9" * 30])
def test_an_id_without_a_time_has_none(native_id: str) -> None:
    assert xtext.id_time(native_id) is None


@given(
    st.datetimes(
        min_value=datetime(2011, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
        max_value=datetime(2060, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
)
def test_the_smallest_id_of_a_moment_has_that_moment(moment: datetime) -> None:
    found = xtext.id_time(str(xtext.id_at(moment)))
    assert found is not None
    assert timedelta(0) <= moment - found < timedelta(milliseconds=1)
