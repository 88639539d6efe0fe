"""From found clues to a judgement: pure, so that it is tried on numbers alone."""

from __future__ import annotations

import pytest

from monitor.core.assessment import Assessment, Complexity, Policy, Topic, Urgency
from monitor.core.rules import PRECEDENCE, Clue, Replies, RuleSet, Says, TopicRule, decide

CLUES = (
    Clue("withdrawal", "en", Says.STRONG, "withdrawal"),
    Clue("hacked", "en", Says.STRONG, "security"),
    Clue("fee", "en", Says.WEAK, "terms"),
    Clue("joke", "en", Says.NEVER, "withdrawal"),
    Clue("days", "en", Says.URGENCY, "high"),
    Clue("no hurry", "en", Says.URGENCY, "low"),
    Clue("how do i", "en", Says.URGENCY, "normal"),
    Clue("now", "en", Says.URGENCY, "critical", frozenset({Topic.SECURITY})),
    Clue("спасибо", "ru", Says.SIGNAL, "thanks"),
    Clue("lambo", "any", Says.STRONG, "chatter"),
    Clue("提币", "zh", Says.STRONG, "withdrawal"),
    Clue("hello", "any", Says.GREETING, "chatter"),
    Clue("good morning", "any", Says.GREETING, "chatter"),
)
(WITHDRAWAL, HACKED, FEE, JOKE, DAYS, NO_HURRY, HOW, NOW, SPASIBO, LAMBO, TIBI, HELLO, MORNING) = (
    range(13)
)
RULES = RuleSet(
    topics={
        t: TopicRule(
            t,
            Policy.ALERT if t is Topic.SECURITY else Policy.ACKNOWLEDGE,
            Complexity.SIMPLE,
            Urgency.HIGH if t is Topic.SECURITY else Urgency.NORMAL,
        )
        for t in Topic
    },
    clues=CLUES,
    default_replies=Replies({"en": "We look.", "zh": "我们看。"}),
    replies={Topic.WITHDRAWAL: Replies({"en": "We look at withdrawals."})},
)


def judge(found: list[int], language: str) -> Assessment:
    return decide(found, language, RULES).explained(lambda clue: f"<{clue}>")


def test_the_topic_with_the_most_evidence_wins() -> None:
    assert judge([WITHDRAWAL, FEE], "en").topic is Topic.WITHDRAWAL


def test_of_two_equal_topics_the_one_whose_team_must_act_first_wins() -> None:
    assert judge([WITHDRAWAL, HACKED], "en").topic is Topic.SECURITY


def test_a_veto_takes_its_topic_out() -> None:
    assert judge([WITHDRAWAL, JOKE], "en").topic is Topic.CHATTER


@pytest.mark.parametrize("clue", [FEE, WITHDRAWAL, LAMBO])
def test_greetings_change_nothing_once_any_topic_has_spoken(clue: int) -> None:
    greeted, plain = judge([HELLO, MORNING, clue], "en"), judge([clue], "en")

    assert (greeted.topic, greeted.confidence) == (plain.topic, plain.confidence)


def test_a_greeting_alone_is_surely_chatter_and_says_why() -> None:
    greeting = judge([HELLO], "en")

    assert (greeting.topic, greeting.confidence) == (Topic.CHATTER, 0.75)
    assert greeting.reasons == (f'says "<{HELLO}>"',)


def test_nothing_found_is_chatter_of_little_confidence() -> None:
    nothing = judge([], "en")

    assert (nothing.topic, nothing.urgency) == (Topic.CHATTER, Urgency.LOW)
    assert nothing.confidence < 0.5


@pytest.mark.parametrize(
    ("found", "urgency"),
    [
        ([WITHDRAWAL], Urgency.NORMAL),
        ([WITHDRAWAL, DAYS], Urgency.HIGH),
        ([WITHDRAWAL, NO_HURRY], Urgency.LOW),
        ([WITHDRAWAL, NO_HURRY, DAYS], Urgency.HIGH),
        ([HACKED], Urgency.HIGH),
        ([HACKED, HOW], Urgency.NORMAL),
        ([HACKED, NOW], Urgency.CRITICAL),
        ([WITHDRAWAL, NOW], Urgency.NORMAL),
        ([LAMBO, DAYS], Urgency.LOW),
    ],
)
def test_the_urgency_is_what_the_words_say_else_what_the_topic_says(
    found: list[int], urgency: Urgency
) -> None:
    assert judge(found, "en").urgency is urgency


def test_words_of_another_language_do_not_count() -> None:
    assert judge([SPASIBO], "es").signals == frozenset()
    assert judge([SPASIBO], "ru").signals == {"thanks"}


def test_english_words_and_words_for_any_language_count_everywhere() -> None:
    assert judge([WITHDRAWAL], "tr").topic is Topic.WITHDRAWAL
    assert judge([LAMBO], "vi").topic is Topic.CHATTER


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "und"])
def test_both_chinese_scripts_and_the_undecided_hear_chinese(language: str) -> None:
    assert judge([TIBI], language).topic is Topic.WITHDRAWAL


def test_the_reasons_quote_what_was_said() -> None:
    reasons = judge([WITHDRAWAL, DAYS], "en").reasons

    assert reasons == ('says "<0>"', 'high because of "<4>"')


def test_more_evidence_makes_more_confident() -> None:
    alone = judge([WITHDRAWAL], "en").confidence
    disputed = judge([WITHDRAWAL, HACKED], "en").confidence

    assert 0 < disputed < alone < 1


def test_every_topic_has_its_place_in_the_order_of_duty() -> None:
    assert sorted(PRECEDENCE) == sorted(Topic)


@pytest.mark.parametrize(
    ("topic", "language", "said"),
    [
        (Topic.WITHDRAWAL, "en", "We look at withdrawals."),
        (Topic.WITHDRAWAL, "zh", "我们看。"),
        (Topic.WITHDRAWAL, "zh-Hant", "我们看。"),
        (Topic.WITHDRAWAL, "und", "We look at withdrawals."),
        (Topic.DEPOSIT, "en", "We look."),
        (Topic.SECURITY, "en", ""),
    ],
)
def test_the_reply_is_in_the_askers_language_if_there_is_one(
    topic: Topic, language: str, said: str
) -> None:
    assert RULES.reply(topic, language) == said
