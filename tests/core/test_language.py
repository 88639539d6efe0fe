"""Languages are told apart by script, words, endings and signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.language import LANGUAGES, detect, guess, packed, spoken, traits_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My withdrawal has been pending since yesterday, can anyone help?", "en"),
        ("我的提现还没有到账，怎么回事", "zh"),
        ("我的提現還沒有到帳，怎麼回事", "zh-Hant"),
        ("出金がまだ届いていません", "ja"),
        ("出金遅延 対応待", "ja"),
        ("출금이 아직 안 왔어요", "ko"),
        ("Когда придёт вывод?", "ru"),
        ("¿Cuándo llega mi retiro? Llevo dos días esperando", "es"),
        ("Para çekme işlemim hâlâ gelmedi, yardım eder misiniz", "tr"),
        ("Mình rút tiền mà chưa thấy về ví", "vi"),
        ("Meu saque ainda não caiu, alguém sabe por quê?", "pt"),
        ("Penarikan saya belum masuk, mohon bantuannya min", "id"),
        ("cekim yaptim hala gelmedi yardim edin lutfen", "tr"),
        ("rut tien tu hom qua gio chua ve", "vi"),
        ("提币 pending 了三天，API 报 invalid signature", "zh"),
        ("출금 pending 상태 2일째 network fee 문제", "ko"),
        ("@support https://example.com/withdraw $BTC 123", "und"),
        ("🚀🚀🚀", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_recognised(text: str, language: str) -> None:
    assert detect(text) == language


def test_what_the_author_wrote_before_decides_when_the_text_does_not() -> None:
    assert detect("🚀", prior="tr") == "tr"
    assert detect("有人在?", prior="zh-Hant") == "zh-Hant"


def test_what_the_author_wrote_before_does_not_outweigh_the_text() -> None:
    assert detect("Where is my withdrawal? It has been two days", prior="pt") == "en"


def test_only_configured_languages_are_found() -> None:
    assert detect("출금이 아직 안 왔어요", ("en", "zh")) == "und"
    assert detect("我的提現還沒有到帳", ("en", "zh")) == "zh"
    assert detect("Meu saque não caiu", ("en", "pt"), prior="ru") == "pt"


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert guess(text).language in (*LANGUAGES, "und")


SAID = st.sampled_from(
    ["the", "una", "de", "meng", "kkk", "señor", "hâlâ", "tiền", "não", "w", "когда", "출금", "提币", "が", "12", "É",
     "bermain", "ação", "ñandú", "çok", "ơn", "İ", "ก", "xyz"]
)  # fmt: skip


def added(text: str) -> int:
    return sum(packed(traits_of(word)) for word in text.split(" "))


@given(
    st.lists(SAID, max_size=60).map(" ".join),
    st.sampled_from((LANGUAGES, ("en", "zh"), ("pt", "ko"), ())),
    st.sampled_from((None, "", "fr", *LANGUAGES)),
)
def test_the_words_together_tell_what_the_text_tells_or_nothing(
    text: str, configured: tuple[str, ...], prior: str | None
) -> None:
    assert spoken(added(text), configured, prior) in (None, detect(text, configured, prior))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("where is my payout", "en"),
        ("не пришёл мой вывод xyz", "ru"),
        ("meu saque não caiu", "pt"),
        ("xyz", "vi"),
        ("12", "vi"),
    ],
)
def test_the_words_of_most_texts_tell_enough(text: str, language: str) -> None:
    assert spoken(added(text), LANGUAGES, "vi") == language


def test_where_two_languages_are_as_near_the_words_tell_nothing() -> None:
    assert spoken(added("una una el uma uma os"), ("es", "pt"), None) is None


def test_the_longest_text_of_the_heaviest_signs_still_adds_up() -> None:
    assert spoken(added("ı" * 600), LANGUAGES, None) == detect("ı" * 600)
    assert spoken(added("ạ " * 300), LANGUAGES, "vi") in (None, "vi")
