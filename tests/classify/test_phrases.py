"""Patterns that stand for a few phrases, which are looked up instead of searched for."""

from __future__ import annotations

import re2
from hypothesis import given
from hypothesis import strategies as st

from monitor.classify.lookups import LookUp
from monitor.classify.phrases import first_of, parts_of, phrases_of, stems_of
from monitor.core.patterns import expression

WORDS = st.sampled_from(
    ["where", "is", "my", "coin", "coins", "café", "вывод", "提币", "2fa", "?", ",", "can't"]
)
PATTERNS = ("coins?", "(where|when) is my", "where is( my)? coin", "вывод", "is|my coins", "2fa")
STEMS = ("co*", "where is m*", "(is|my) co*", "2*", "c*", "выво*", "coinsx*")
PARTS = ("提币", "币", "(吗|呢|币提)", "提币提币", "没有")


def test_a_pattern_that_stands_for_few_phrases_lists_them() -> None:
    assert set(phrases_of(expression("refunds?", "en"))) == {"refund", "refunds"}
    assert phrases_of(expression("(where|when) is my", "en")) == ("where is my", "when is my")
    listed = phrases_of(expression("stuck( since)? yesterday|lost", "en"))
    assert set(listed) == {"stuck yesterday", "stuck since yesterday", "lost"}


def test_what_stands_for_more_or_for_part_of_a_word_is_left_to_the_search() -> None:
    for pattern in (
        "stuck.{0,20}payout",
        "withdraw*",
        "[0-9]+x",
        "can.?t",
        "w/d",
        "up$",
        r"\pL+ing",
        "a*b",
    ):
        assert phrases_of(expression(pattern, "en")) == (), pattern
    assert phrases_of(expression("提币", "zh")) == ()
    assert phrases_of(expression("(" + "a?" * 7 + "b)", "en")) == ()


@given(st.lists(WORDS, max_size=8), st.sampled_from((" ", "  ", ", ", "")))
def test_it_finds_what_the_search_finds(words: list[str], between: str) -> None:
    text = between.join(words)
    meant = [
        *(expression(pattern, "en") for pattern in (*PATTERNS, *STEMS)),
        *(expression(pattern, "zh") for pattern in PARTS),
    ]
    phrases, stems, parts = (
        {n: found for n, one in enumerate(meant) if (found := listed(one))}
        for listed in (phrases_of, stems_of, parts_of)
    )
    assert (len(phrases), len(stems), len(parts)) == (len(PATTERNS), len(STEMS), len(PARTS))
    searched = [n for n, one in enumerate(meant) if re2.search(one, text)]
    look_up = LookUp(phrases, stems, parts)
    assert sorted(look_up.found(text)) == searched
    assert sorted(look_up.found(text)) == searched, "and the same when its words are remembered"


def test_a_pattern_for_the_beginning_of_words_lists_these_and_one_without_edges_its_signs() -> None:
    assert stems_of(expression("withdraw*", "en")) == ("withdraw",)
    assert stems_of(expression("(no|any) payout*", "en")) == ("no payout", "any payout")
    assert parts_of(expression("提(币|现)", "zh")) == ("提币", "提现")
    for pattern in ("withdraw", "with.{0,5}draw*", "*draw"):
        assert stems_of(expression(pattern, "en")) == (), pattern
    assert parts_of(expression("提.{0,5}币", "zh")) == ()


def test_what_is_remembered_of_words_does_not_grow_for_ever() -> None:
    look_up = LookUp({}, {0: ("coin",)}, {})
    for n in range(50_000):
        look_up.found(f"w{n}")
    assert look_up.found("coinage") == [0]
    assert len(look_up._remembered) <= 20_000


class Counting(str):
    """A text that knows how often it was looked through."""

    looks = 0

    def __contains__(self, part: object) -> bool:
        Counting.looks += 1
        return str.__contains__(self, str(part))


def test_what_a_text_says_a_thousand_times_is_looked_for_once() -> None:
    look_up = LookUp({0: ("a b",), 1: ("b a",)}, {2: ("a c",), 3: ("b c d",)}, {4: ("x",)})
    Counting.looks = 0

    found = look_up.found(Counting("a b " * 2_000))

    assert sorted(found) == [0, 1]
    assert Counting.looks < 10


def test_a_long_text_is_not_searched_for_every_part_there_is() -> None:
    look_up = LookUp({}, {}, {n: (chr(0x4E00 + n) * 2,) for n in range(3_000)})
    Counting.looks = 0

    found = look_up.found(Counting("🚀🙏" * 4_000 + "一一"))

    assert found == [0]
    assert Counting.looks == 1


def test_the_first_of_several_is_quoted_and_only_where_it_stands_alone() -> None:
    assert first_of(("coin", "coins"), "recoin, coins and coin") == "coins"
    assert first_of(("coin",), "coinage") == ""
