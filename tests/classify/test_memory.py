"""A correction counts at once for messages that say the same, and for no others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from monitor.classify.lore import Lesson, digest
from monitor.classify.memory import Memory, essence, is_short
from monitor.classify.rulefiles import load
from monitor.classify.rules_classifier import RulesClassifier
from monitor.core.assessment import Assessment, Topic, Urgency
from monitor.testing import a_message


def lesson(text: str, topic: Topic = Topic.PROMO, urgency: Urgency = Urgency.LOW, *, number: int = 1,
           language: str = "en") -> Lesson:  # fmt: skip
    return Lesson(number, number + 100, text, language, topic, urgency, "anna")


class Told:
    """Neighbours as the test says: by text, which lesson and how close."""

    def __init__(self, **close: float) -> None:
        self.close = close

    def __call__(self, texts: Sequence[str]) -> Told:
        return self

    def nearest(self, texts: Sequence[str]) -> list[tuple[int, float]]:
        return [(0, self.close.get(text.replace(" ", "_"), 0.0)) for text in texts]


@pytest.fixture
def rules(rules_folder: Path) -> RulesClassifier:
    return RulesClassifier(load(rules_folder))


def judged_by(memory: Memory, rules: RulesClassifier, text: str) -> Assessment:
    message = a_message(text)
    (seen,) = memory.applied([message], rules.assess([message]))
    return seen


def test_an_equal_text_is_judged_as_it_was_corrected(rules: RulesClassifier) -> None:
    memory = Memory([lesson("wen tokens sers")], lambda: rules)

    seen = judged_by(memory, rules, "WEN  tokens, sers!! 🙏")

    assert (seen.topic, seen.urgency) == (Topic.PROMO, Urgency.LOW)
    assert seen.reasons == ("like message 101, which anna labelled promo, low",)
    assert seen.by == f"{rules.version}+{memory.version}"
    assert seen.confidence > 0.9


def test_another_text_is_judged_as_before(rules: RulesClassifier) -> None:
    memory = Memory([lesson("wen tokens sers")], lambda: rules)
    message = a_message("my withdrawal hangs")

    assert memory.applied([message], rules.assess([message])) == rules.assess([message])


def test_a_text_that_means_nearly_the_same_is_judged_alike(rules: RulesClassifier) -> None:
    told = Told(when_are_the_tokens_coming=0.8, when_is_lunch=0.7)
    memory = Memory([lesson("wen tokens sers")], lambda: rules, told, lambda language: True, 0.75)

    assert judged_by(memory, rules, "when are the tokens coming").topic is Topic.PROMO
    assert judged_by(memory, rules, "when is lunch").topic is Topic.CHATTER


def test_in_a_language_that_the_encoder_lacks_only_equal_texts_are_alike(
    rules: RulesClassifier,
) -> None:
    told = Told(token_nya_kapan_cair=1.0)
    memory = Memory([lesson("kapan token cair", language="id")], lambda: rules, told, lambda code: code != "id", 0.75)  # fmt: skip

    assert judged_by(memory, rules, "token nya kapan cair").topic is Topic.CHATTER
    assert judged_by(memory, rules, "Kapan token cair?").topic is Topic.PROMO


def test_neighbours_that_the_rules_see_on_different_sides_are_not_alike(
    rules: RulesClassifier,
) -> None:
    told = Told(what_are_the_fees_there=0.99, thanks_it_arrived_at_last=0.99)
    memory = Memory(
        [lesson("withdraw to which address", Topic.WITHDRAWAL, Urgency.NORMAL)],
        lambda: rules, told, lambda language: True, 0.75,
    )  # fmt: skip

    assert judged_by(memory, rules, "what are the fees there").topic is Topic.TERMS
    assert judged_by(memory, rules, "thanks it arrived at last").topic is Topic.CHATTER


def test_what_is_pressing_stays_so_though_the_labelled_message_was_not(
    rules: RulesClassifier,
) -> None:
    told = Told(withdraw_hangs_for_three_days=0.9)
    memory = Memory(
        [lesson("withdraw hangs a bit", Topic.WITHDRAWAL, Urgency.LOW)],
        lambda: rules, told, lambda language: True, 0.75,
    )  # fmt: skip

    assert judged_by(memory, rules, "withdraw hangs for three days").urgency is Urgency.HIGH
    assert judged_by(memory, rules, "withdraw hangs a bit").urgency is Urgency.LOW


def test_a_text_too_short_to_mean_one_thing_needs_two_who_say_so(rules: RulesClassifier) -> None:
    first, second = lesson("gm all", number=1), lesson("GM all!", number=2)

    assert judged_by(Memory([first], lambda: rules), rules, "gm all").topic is Topic.CHATTER
    assert judged_by(Memory([first, second], lambda: rules), rules, "gm all").topic is Topic.PROMO


@pytest.mark.parametrize("text", ["ok", "any", "提币", "", "?", "🙏🙏🙏"])
def test_short_texts(text: str) -> None:
    assert is_short(essence(text))


@pytest.mark.parametrize("text", ["wen my coins", "客服死哪去了", "вывод завис опять"])
def test_texts_long_enough(text: str) -> None:
    assert not is_short(essence(text))


def test_of_equal_texts_the_newest_label_counts(rules: RulesClassifier) -> None:
    older, newer = lesson("wen tokens sers", number=1), lesson("Wen tokens sers", Topic.FEEDBACK, Urgency.NORMAL, number=2)  # fmt: skip

    assert judged_by(Memory([older, newer], lambda: rules), rules, "wen tokens sers").topic is Topic.FEEDBACK  # fmt: skip


def test_copies_with_another_link_number_or_name_are_equal() -> None:
    one, other = "@ann my hash 0x9f86d081884c is stuck, see https://a.example/1", "@bob my hash 0x60303ae22b99 is stuck see https://b.example"  # fmt: skip

    assert essence(one) == essence(other)
    assert essence("stuck for 2 hours") != essence("stuck for 20 hours")


def test_any_text_at_all_is_survived(rules: RulesClassifier) -> None:
    memory = Memory([lesson(text, number=at) for at, text in enumerate(ODD)], lambda: rules)

    for text in ODD:
        assert judged_by(memory, rules, text).language


ODD = ("", "\x00", "\ud800", "a" * 40_000, "\u202egnp.exe", "🏳️‍🌈" * 900, "\u0301\u0301")


def test_the_name_of_a_memory_is_that_of_what_it_holds() -> None:
    one, other = lesson("wen tokens"), lesson("wen coins", number=2)

    assert digest([one, other]) == digest([other, one]) != digest([one])
