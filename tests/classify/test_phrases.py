"""Patterns that stand for a few texts are looked up; of the others only those whose words are there are searched for."""

from __future__ import annotations

import re2
from hypothesis import given
from hypothesis import strategies as st

from monitor.classify.lookups import LookUp
from monitor.classify.needs import EDGE, LIMIT, Needs, bare, needs_of
from monitor.classify.phrases import phrases_of
from monitor.classify.wordtables import Table
from monitor.core.patterns import expression

WORDS = st.sampled_from(
    ["where", "is", "my", "coin", "coins", "café", "вывод", "提币", "2fa", "?", ",", "can't",
     "3h", "log-in", "没有", "提", "aa", "a", "looool", "re",
     "can", "cant", "can-t", "isn't", "n", "t", "nt", "$5", "5", "m", "5币", "you", "should", "have", "cannot"]
)  # fmt: skip
BETWEEN = st.sampled_from((" ", " ", "  ", ", ", "", "-"))
LISTED = (
    "coins?", "(where|when) is my", "where is( my)? coin", "вывод", "is|my coins", "2fa",
    "co*", "where is m*", "(is|my) co*", "2*", "c*", "выво*", "coinsx*", "*oin", "*oi*",
    "log[ -]in", r"\?", "my (coin|is)", "^is$", "coin$", "^where is", "is (my|$)", "*s my",
)  # fmt: skip
SEARCHED = (
    "where.{0,9}coins?", "can.?t", "[0-9]+h", "lo+l", r"\pL+ my", "(is|my.{1,3}coin)s*", "(is )+my",
    "(where |is |my ){2,3}coin", "[a-z]+", "co(in)+s", r"c\pL+n.{0,20}(is|my)$",
    r"\pL+n.t", "(can.?t|cannot) you", "a.?a.t", "n.t*", "*n.t", "can.", ".t is", "(can.t)+ my", "my.coin*",
    r"\$[0-9.]+ ?(m|a)", "[0-9]+m", "(you (should|have)|cannot) .{0,9}", "(is|re) (my|you).{0,9}coin",
    "can.t my.{0,5}(5|t)", ".", "a(.|is)", "can.{1,3}t", "(is (my|you) |a.t ).{0,4}can", "re.?(you|t)$",
)  # fmt: skip
PARTS = (
    "提币",
    "币",
    "(吗|呢|币提)",
    "提币提币",
    "没有",
    "有.{0,3}提",
    "提[币没]?.有",
    "[0-9]+币",
    "提.币",
    "没[^提]",
    "币$",
)


def a_look_up(patterns: list[str]) -> LookUp:
    table = Table()
    for number, meant in enumerate(patterns):
        table.add(number, needs_of(meant))
    return LookUp([table])


def texts_of(pattern: str, language: str = "en") -> set[str]:
    return set(needs_of(expression(pattern, language)).texts)


def words(*texts: str) -> set[str]:
    return {f"{EDGE}{text}{EDGE}" for text in texts}


def test_a_pattern_that_stands_for_few_texts_lists_them() -> None:
    assert texts_of("refunds?") == words("refund", "refunds")
    assert texts_of("(where|when) is my") == words("where is my", "when is my")
    listed = words("stuck yesterday", "stuck since yesterday", "lost")
    assert texts_of("stuck( since)? yesterday|lost") == listed
    assert texts_of("50[2-4]") == words("502", "503", "504")
    assert texts_of(r"w\.e[xy]") == words("w.ex", "w.ey")
    assert texts_of("withdraw*") == {f"{EDGE}withdraw"}
    assert texts_of("^gm$") == {f"{LIMIT}gm{LIMIT}"}
    assert texts_of("提(币|现)", "zh") == {"提币", "提现"}


def test_what_stands_for_more_names_what_every_text_of_it_says() -> None:
    assert needs_of(expression("(stuck|lost).{0,20}payout*", "en")).one_of == (
        (f"{EDGE}stuck", f"{EDGE}lost"),
        ("payout",),
    )
    assert needs_of(expression("(a|b.{0,3}cd)e", "en")).one_of == (("a", "cd"), (f"e{EDGE}",))
    assert needs_of(expression("x(yz)+w", "en")).one_of == ((f"{EDGE}xyz",), (f"yzw{EDGE}",))


def test_what_only_the_search_understands_needs_nothing() -> None:
    for pattern in (r"\Qa\E", "[a-z]+", "x{3", "a(b|)*c.", "a*|b", r"\x41", "(" + "a?" * 7 + "b)?"):
        assert needs_of(expression(pattern, "en")).texts == (), pattern
    assert needs_of(expression("[a-z]+", "en")) == Needs()


PATTERNS = [
    *(expression(pattern, "en") for pattern in (*LISTED, *SEARCHED)),
    *(expression(pattern, "zh") for pattern in PARTS),
]
LOOK_UP = a_look_up(PATTERNS)


@given(st.lists(st.tuples(WORDS, BETWEEN), max_size=8))
def test_it_finds_what_the_search_finds_and_leaves_out_nothing_that_is_there(
    said: list[tuple[str, str]],
) -> None:
    text = "".join(word + between for word, between in said).strip()
    there = {n for n, one in enumerate(PATTERNS) if re2.search(one, text)}

    for time in ("first", "second, when its words are remembered"):
        found, likely = LOOK_UP.found(text)
        assert (found, likely) == LOOK_UP.found(text, text.split(" ")), "if its words are known"
        assert set(found) <= there, f"what is not there, the {time}"
        assert there <= {*found, *likely}, f"less than there is, the {time}"
        listed = {n for n, one in enumerate(PATTERNS) if needs_of(one).is_all}
        assert there & listed <= set(found), f"a search for what is listed, the {time}"


def test_it_searches_only_for_patterns_whose_words_are_there_in_their_order() -> None:
    look_up = a_look_up([expression("(stuck|lost).{0,20}payout*", "en")])

    assert look_up.found("my payouts are stuck") == ([], [])
    assert look_up.found("it is unstuck, the payouts") == ([], [])
    assert look_up.found("stuck for days and days and days, these payouts") == ([], [0])


def test_words_that_follow_each_other_are_not_thought_of_where_they_stand_apart() -> None:
    look_up = a_look_up([expression("(you (should|can)|have you tried) .{0,40}", "en")])

    assert look_up.found("you may or may not, i should think") == ([], [])
    assert look_up.found("have they or you ever tried") == ([], [])
    assert look_up.found("maybe you should wait") == ([], [0])
    longer = a_look_up([expression("(is my|re you)[^q]{0,3}", "en")])
    assert longer.found("is mys") == ([], [0]), "the second may go on"


def test_any_sign_inside_a_word_is_mostly_an_apostrophe_and_needs_no_search_then() -> None:
    look_up = a_look_up([expression("(can.?t|won.?t) (log|load)", "en")])

    for text in ("can't log", "cant log", "i won t load"):
        assert look_up.found(text) == ([0], []), text
    assert look_up.found("can-t log") == ([], [0])
    for text in ("cannot log it", "scan't log", "my can is at the log"):
        assert look_up.found(text) == ([], []), text


def test_a_word_and_a_sign_that_touch_are_looked_up_together() -> None:
    look_up = a_look_up([expression(r"\$[0-9.]+ ?(m|b)", "en"), expression("[0-9]+배", "ko")])

    assert look_up.found("at 5 in the am for some $ or b") == ([], [])
    assert look_up.found("5 번, 배") == ([], [])
    assert sorted(look_up.found("it was $5 m then, 10배")[1]) == [0, 1]


def test_a_language_of_its_own_is_heard_together_with_english() -> None:
    english, own = Table(), Table()
    english.add(0, needs_of(expression("my order", "en")))
    english.add(1, needs_of(expression("my.{1,5}coin", "en")))
    own.add(2, needs_of(expression("my orders?", "id")))
    own.add(3, needs_of(expression("koin.{1,5}my", "id")))
    look_up = LookUp([english, own])

    assert [sorted(look_up.found("my order")[0]), sorted(look_up.found("koin, my coin")[1])] == [
        [0, 2],
        [1, 3],
    ]


def test_what_is_remembered_of_words_does_not_grow_for_ever() -> None:
    look_up = a_look_up([expression("coin*", "en")])
    for n in range(50_000):
        look_up.found(f"w{n}")
    look_up.found("w" * 5_000)
    assert look_up.found("coinage") == ([0], [])
    assert len(look_up._known) <= 20_000
    assert max(map(len, look_up._known)) < 100, "nobody writes so long a word twice"


class Counting(str):
    """A text that knows how often it was looked through."""

    looks = 0

    def __contains__(self, part: object) -> bool:
        Counting.looks += 1
        return str.__contains__(self, str(part))


def test_what_a_text_says_a_thousand_times_is_looked_for_once() -> None:
    patterns = ("a b", "b a", "a c*", "b a c d*", "b a b", "x")
    look_up = a_look_up([expression(pattern, "en") for pattern in patterns])
    Counting.looks = 0

    found, _ = look_up.found(Counting("a b " * 2_000))

    assert set(found) == {0, 1, 4}
    assert Counting.looks < 10


def test_a_long_text_is_not_searched_for_every_part_there_is() -> None:
    signs = [expression(chr(0x4E00 + n) * 2, "zh") for n in range(3_000)]
    look_up = a_look_up(signs)
    Counting.looks = 0

    found, _ = look_up.found(Counting("🚀🙏" * 4_000 + "一一"))

    assert found == [0]
    assert Counting.looks <= 1


def first_of(pattern: str, text: str) -> str:
    phrases = phrases_of(needs_of(expression(pattern, "en")))
    assert phrases is not None
    return phrases.first_in(text)


def test_the_first_of_several_is_quoted_and_only_where_it_stands_alone() -> None:
    assert first_of("coins?", "recoin, coins and coin") == "coins"
    assert first_of("coin", "coinage") == ""
    assert first_of("coin*", "recoin coinage") == "coin"


def test_what_is_not_written_in_plain_words_is_quoted_as_the_search_finds_it() -> None:
    for pattern in ("e-?mail", "refund[so]", "^gm", "stuck.{0,9}payout"):
        assert phrases_of(needs_of(expression(pattern, "en"))) is None, pattern


def test_the_marks_of_an_end_are_no_part_of_a_text() -> None:
    assert bare(f"{EDGE}up{LIMIT}{EDGE}") == "up"
