"""Laws of normalising, measuring, cutting and showing texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.text import LONGEST, clip, legible, normalise, safe, utf16_cut, utf16_length

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # lone surrogates too


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  Hello \r\n WORLD\t", "hello world"),
        ("ＷＩＴＨＤＲＡＷ ①", "withdraw 1"),
        ("wi\u200bth\u2060dr\u00adaw", "withdraw"),
        ("s\u0337c\u0337am", "scam"),
        ("İPTAL", "iptal"),
        ("\u202eevil\u202c", "evil"),
        ("Rút tiền", "rút tiền"),
        ("ｶﾞﾁﾎ", "ガチホ"),
        ("", ""),
    ],
)
def test_texts_that_read_alike_become_the_same(written: str, read: str) -> None:
    assert normalise(written) == read


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once


@given(ANY_TEXT)
def test_a_normalised_text_can_always_be_encoded(text: str) -> None:
    normalise(text).encode("utf-8")


def test_a_text_that_grows_when_normalised_is_still_capped() -> None:
    assert len(normalise("\ufdfa" * LONGEST)) <= LONGEST


@given(ANY_TEXT, st.integers(0, 60))
def test_a_clipped_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    cut = clip(text, limit)

    assert utf16_length(cut) <= limit or cut == text
    assert cut == text or cut == "" or cut.endswith("…")


def test_a_text_is_clipped_after_a_word() -> None:
    assert clip("my withdrawal is stuck", 15) == "my withdrawal…"


def test_a_family_is_not_torn_apart() -> None:
    family = "👨\u200d👩\u200d👧"

    assert clip(f"{family} {family}x", 12) == f"{family}…"


@given(ANY_TEXT, st.integers(0, 60))
def test_a_cut_never_halves_a_character(text: str, limit: int) -> None:
    cut = utf16_cut(text, limit)

    assert text.startswith(cut)
    assert utf16_length(cut) <= limit


def test_emoji_count_as_telegram_counts_them() -> None:
    assert utf16_length("a😀é") == 4


@given(ANY_TEXT)
def test_a_shown_text_can_neither_reorder_nor_hide_nor_break(text: str) -> None:
    shown = safe(text)

    shown.encode("utf-8")
    assert not set(shown) & set("\u202e\u2066\u200b\u0000\u001b\U000e0041\r")


def test_a_pile_of_marks_is_cut_to_two() -> None:
    assert safe("a" + "\u0301" * 40 + "b") == "a\u0301\u0301b"


def test_what_people_write_otherwise_stays_as_it_is() -> None:
    text = "Где мои деньги?\n¿Dónde está? 提币呢 👨‍👩‍👧"

    assert safe(text) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("my withdr\u0430w\u0430l", "my withdrawal"),
        ("\u0421oinbase \u0455upport", "Coinbase support"),
        ("\u0440\u0430ypal", "paypal"),
        ("выв\u006fд завис", "вывод завис"),
        ("with\u200bdrawal", "withdrawal"),
        ("\u202ewithdrawal\u202c", "withdrawal"),
    ],
)
def test_letters_that_only_look_like_others_are_read_as_those(written: str, read: str) -> None:
    assert legible(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "USDTшка",
        "вывод USDT",
        "мой withdrawal",
        "10μs",
        "çekim",
        "提币 btc",
        "👩‍👩‍👧‍👦",
        "а я",
        "αβγ",
    ],
)
def test_what_is_really_written_in_two_scripts_stays(text: str) -> None:
    assert legible(text) == text


@given(st.text())
def test_a_legible_text_is_as_legible_as_it_gets(text: str) -> None:
    assert legible(legible(text)) == legible(text)
