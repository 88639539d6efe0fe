"""What a message names counts, and is told to people in words."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

import numpy as np

from monitor.classify import lighttones
from monitor.classify.lighttones import told, tones


def test_longer_waiting_is_told_apart_in_any_script() -> None:
    short, day, week, chinese = tones(["10 minutes", "8 hours", "7 days", "等了8小时"])

    assert not np.array_equal(short[8:12], day[8:12])
    assert not np.array_equal(day[8:12], week[8:12])
    assert np.array_equal(day[8:12], chinese[8:12])


def test_plain_words_name_nothing() -> None:
    (row,) = tones(["good morning"])

    assert row[:-1].sum() == 0


@pytest.mark.parametrize("text", ["where is it??", "还没到！！", "pourquoi ?!"])
def test_repeated_marks_count(text: str) -> None:
    (row,) = tones([text])

    assert row[len(lighttones._KINDS) + 4] > 0


@pytest.mark.parametrize("text", ["", "\ud800", "🙏" * 9_000, "9" * 40_000, "\u202egnp.exe"])
def test_any_text_has_finite_numbers(text: str) -> None:
    assert np.isfinite(tones([text])).all()


def test_it_says_what_is_named_and_shortens_what_is_long() -> None:
    said = told("sent 1500 USDT 6 hours ago, tx 0x" + "ab" * 32)

    assert said == ('names a sum: "1500 USDT"', 'names a time: "6 hours"')
    assert told("tx 0x" + "ab" * 32) == ('names a transaction: "0xabababab…ababab"',)


def test_nothing_named_is_nothing_said() -> None:
    assert told("gm friends") == ()
