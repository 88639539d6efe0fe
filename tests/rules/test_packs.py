"""The shipped rules keep what their own examples promise, in every language."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.classify.rulefiles import check_examples, load
from monitor.classify.rules_classifier import RulesClassifier
from monitor.core.assessment import Policy, Topic
from monitor.core.language import LANGUAGES
from monitor.core.rules import ANY, RuleSet, Says

FOLDER = Path(__file__).resolve().parents[2] / "rules"
SPOKEN = [language for language in LANGUAGES if language != "zh-Hant"]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load(FOLDER)


def test_every_example_is_judged_as_it_says(rules: RuleSet) -> None:
    assert check_examples(rules) == []


@pytest.mark.parametrize(
    ("language", "greeting", "question"),
    [
        ("en", "Hello everyone, ", "how do I change my e-mail?"),
        ("zh", "大家好,", "提币手续费是多少?"),
        ("ja", "皆さんこんにちは。", "出金手数料はいくらですか?"),
        ("ko", "안녕하세요 여러분, ", "출금 수수료가 얼마인가요?"),
        ("ru", "Всем привет, ", "где посмотреть комиссию?"),
        ("es", "hola a todos, ", "¿cuánto cuesta retirar?"),
        ("tr", "merhaba arkadaşlar, ", "çekim ücreti ne kadar?"),
        ("vi", "chào mọi người, ", "phí rút tiền là bao nhiêu?"),
        ("pt", "bom dia pessoal, ", "qual é a taxa de saque?"),
        ("id", "halo semua, ", "biaya penarikan berapa?"),
    ],
)
def test_a_greeting_does_not_change_what_a_question_is_about(
    rules: RuleSet, language: str, greeting: str, question: str
) -> None:
    judge = RulesClassifier(rules)

    alone = judge.judge(question, language=language)
    greeted = judge.judge(greeting + question, language=language)
    hello = judge.judge(greeting, language=language)

    assert alone.topic.needs_answer
    assert (greeted.topic, greeted.urgency) == (alone.topic, alone.urgency)
    assert hello.topic is Topic.CHATTER


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_knows_words_in_every_language(rules: RuleSet, topic: Topic) -> None:
    heard = {c.language for c in rules.clues if c.subject == topic and c.says is Says.STRONG}

    assert set(SPOKEN) <= heard or ANY in heard


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_has_examples_of_what_it_is(rules: RuleSet, topic: Topic) -> None:
    told = {e.language for e in rules.examples if e.subject == topic and e.expected}

    assert set(SPOKEN) <= told


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_has_a_name_in_every_language(rules: RuleSet, topic: Topic) -> None:
    assert set(rules.topics[topic].names) >= set(SPOKEN)


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_acknowledged_is_acknowledged_in_the_askers_language(
    rules: RuleSet, topic: Topic, language: str
) -> None:
    if rules.topics[topic].policy in (Policy.ACKNOWLEDGE, Policy.ANSWER):
        assert language in rules.acknowledgements(topic)


def test_security_spam_and_chatter_are_never_answered_in_public(rules: RuleSet) -> None:
    quiet = {t for t, rule in rules.topics.items() if rule.policy in (Policy.ALERT, Policy.NEVER)}

    assert {Topic.SECURITY, Topic.SPAM, Topic.CHATTER} <= quiet
