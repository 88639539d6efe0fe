"""Typed things in a text, found where they stand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.entities import EntityKind, entities
from monitor.core.text import LONGEST

EVM = "0x52908400098527886E0F7030069857D2E4169EE7"
TRON = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"


@pytest.mark.parametrize(
    ("text", "kind", "words", "value"),
    [
        ("ask @ExampleX about it", EntityKind.HANDLE, "@ExampleX", "ExampleX"),
        ("ask u/some_one about it", EntityKind.HANDLE, "u/some_one", "some_one"),
        ("is https://a.example/x?y=1. real", EntityKind.URL, "https://a.example/x?y=1", None),
        ("go to examplex-migra.example now", EntityKind.URL, "examplex-migra.example", None),
        (f"to {EVM}, please", EntityKind.ADDRESS, EVM, None),
        (f"to {TRON}", EntityKind.ADDRESS, TRON, None),
        ("txid 0x" + "ab" * 32, EntityKind.TRANSACTION, "0x" + "ab" * 32, None),
        ("error 1002 again", EntityKind.ERROR_CODE, "error 1002", "1002"),
        ("エラーコード: 50013 が出る", EntityKind.ERROR_CODE, "エラーコード: 50013", "50013"),
        ("错误码-2015", EntityKind.ERROR_CODE, "错误码-2015", "-2015"),
        ("since 6 hours", EntityKind.DURATION, "6 hours", "360"),
        ("6小时了还没到", EntityKind.DURATION, "6小时", "360"),
        ("６小時", EntityKind.DURATION, "６小時", "360"),
        ("两天了", EntityKind.DURATION, "两天", "2880"),
        ("3일째", EntityKind.DURATION, "3일", "4320"),
        ("жду 3 дня", EntityKind.DURATION, "3 дня", "4320"),
        ("hace dos días", EntityKind.DURATION, "dos días", "2880"),
        ("chờ 2 tiếng rồi", EntityKind.DURATION, "2 tiếng", "120"),
        ("sudah 1,5 jam", EntityKind.DURATION, "1,5 jam", "90"),
        ("3 haftadır", EntityKind.DURATION, "3 haftadır", "30240"),
        ("sent 1,500.50 USDT", EntityKind.AMOUNT, "1,500.50 USDT", "1500.5 USDT"),
        ("perdí $1.234,5 hoy", EntityKind.AMOUNT, "$1.234,5", "1234.5 $"),
        ("200к руб", EntityKind.AMOUNT, "200к руб", "200000 РУБ"),
        ("wd 2 jt rupiah", EntityKind.AMOUNT, "2 jt rupiah", "2000000 RUPIAH"),
        ("0.004 btc", EntityKind.AMOUNT, "0.004 btc", "0.004 BTC"),
        ("wen $frog", EntityKind.ASSET, "$frog", "FROG"),
        ("is btc down", EntityKind.ASSET, "btc", "BTC"),
    ],
)
def test_a_thing_is_found_with_what_it_comes_to(
    text: str, kind: EntityKind, words: str, value: str | None
) -> None:
    (found,) = entities(text)

    assert (found.kind, text[found.start : found.end]) == (kind, words)
    assert found.value == (words if value is None else value)


@pytest.mark.parametrize(
    "text",
    ["hello there", "100x", "bad gateway", "me@mail.com", "1.2.3.4", "24/7", ""],
)
def test_ordinary_words_and_numbers_are_nothing(text: str) -> None:
    assert [e for e in entities(text) if e.kind is not EntityKind.URL] == []


def test_invisible_signs_do_not_hide_a_thing_nor_move_its_place() -> None:
    text = "提\u200b币 3\u200b天 了"

    (found,) = entities(text)

    assert (text[found.start : found.end], found.value) == ("3\u200b天", "4320")


def test_several_things_stand_in_their_order() -> None:
    kinds = [e.kind for e in entities(f"1,500 USDT 6 hours ago to {EVM}, error 1002 @ExampleX")]

    assert kinds == ["amount", "duration", "address", "error_code", "handle"]


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_has_things_in_order_that_do_not_overlap(text: str) -> None:
    found = entities(text)

    assert all(0 <= e.start < e.end <= len(text) for e in found)
    assert all(one.end <= next_.start for one, next_ in pairwise(found))


@pytest.mark.parametrize(
    "stretch", ["a.", "1,", "@", "9", "$1 ", "error ", "u/", "1 2 ", "https://"]
)
def test_an_endless_text_is_read_to_its_limit(stretch: str) -> None:
    assert all(e.end <= LONGEST for e in entities(stretch * 20_000))
