"""A text that is read word by word reads as if it had been read whole."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core import reading
from monitor.core.language import LANGUAGES, detect
from monitor.core.patterns import folded
from monitor.core.reading import read, read_words
from monitor.core.text import legible, normalise

ODD = st.sampled_from(
    [
        " ", "  ", "\n", "\t", "\x1c", "\x1f", "\x85", "\xa0", "\u3000", "\u2028", "\x01", "\x7f", "`", "´", "¨",
        "\u200b", "\u0301", "ﷺ", "½", "İ", "ı", "Σ", "ς", "ß", "K", "withdr\u0430wal", "www.x.y", "@a", "$b",
        "u/c", "Когда", "вывод", "출금", "提币", "出金が", "hâlâ", "não", "the", "my", "para", "tiền", "12", "\ud800",
    ]
)  # fmt: skip
ANY = st.text(st.characters(exclude_categories=()), max_size=12)
TEXTS = st.lists(st.one_of(ODD, ANY), max_size=30).map("".join)
SPACED = st.lists(st.one_of(ODD, ANY), max_size=60).map(" ".join)


def whole(text: str, prior: str | None) -> tuple[str, str]:
    seen = legible(text)
    return detect(seen, LANGUAGES, prior), folded(normalise(seen))


@given(st.one_of(TEXTS, SPACED), st.sampled_from((None, "fr", *LANGUAGES)))
@example("can`t", None)
@example("can`t é", None)
@example("a\x1cb é", None)
@example("ΟΔΟΣ Σ", None)
@example("the " * 41 + "para " * 100, None)
def test_word_by_word_it_reads_as_it_does_whole(text: str, prior: str | None) -> None:
    assert read(text, LANGUAGES, prior) == whole(text, prior)
    assert read(text, LANGUAGES, prior) == whole(text, prior), "and when its words are remembered"


@given(st.one_of(TEXTS, SPACED))
@example("a \u200b b")
@example("the¨words the¨words are mine")
@example("\u200b")
def test_the_words_it_tells_are_those_between_the_spaces(text: str) -> None:
    _, matched, words = read_words(text, LANGUAGES)

    assert not words or list(words) == matched.split(" ")


def test_it_tells_the_words_of_what_has_words() -> None:
    assert read_words("My \u200b payout is, Señor, lost", LANGUAGES)[2] == (
        "my",
        "payout",
        "is,",
        "senor,",
        "lost",
    )


@pytest.mark.parametrize("configured", [("en", "zh"), ("ru",), ()])
def test_only_configured_languages_are_found(configured: tuple[str, ...]) -> None:
    for text in ("Meu saque não caiu", "где мой вывод", "출금이 아직", "where is it", "🚀"):
        assert read(text, configured)[0] == detect(text, configured)


def test_what_is_remembered_of_words_does_not_grow_for_ever() -> None:
    for n in range(30_000):
        read(f"word{n} as it is said over and over again {'x' * 60}", LANGUAGES)

    assert 1 < len(reading._words) <= 20_000
    assert max(map(len, reading._words)) < 100, "nobody writes so long a word twice"
