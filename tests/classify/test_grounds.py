"""Every judgement that needs an answer says what it stands on; chatter is not worth it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

from monitor.classify.lore import Lesson, Lore
from monitor.classify.rulefiles import LiveRules, load
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.tiers import Tier, Tiers
from monitor.classify.trying import try_text
from monitor.core.assessment import Assessment, Grounds, Topic, Urgency
from monitor.testing import a_message
from tests.classify.lightly import WordEncoder, seeds_toml

QUESTION = "my withdrawal hangs since btc"


@pytest.fixture
def folder(rules_folder: Path) -> Path:
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "en.toml").write_text(seeds_toml(), "utf-8")
    return rules_folder


def tiers_of(folder: Path, only: Tier | None = None) -> Tiers:
    live = LiveRules(folder, lambda rules: RulesClassifier(rules))
    return Tiers(live, folder, only=only, encoder=WordEncoder)


def seen(tiers: Tiers, text: str = QUESTION) -> Assessment:
    return tiers.assess([a_message(text)])[0]


def grounds(tiers: Tiers, text: str = QUESTION) -> Grounds:
    found = seen(tiers, text).grounds
    assert found is not None
    return found


def test_the_rules_name_the_patterns_that_spoke(folder: Path) -> None:
    found = grounds(tiers_of(folder, Tier.RULES))

    assert ("strong", "withdrawal") in [rule[:2] for rule in found.rules]
    assert (found.words, found.near, found.chances) == ((), (), ())


def test_the_light_tier_adds_words_examples_and_chances(folder: Path) -> None:
    found = grounds(tiers_of(folder))

    assert found.rules
    assert "withdrawal" in [word for word, _ in found.words]
    which, label, how = found.near[0]
    assert (which.startswith('the example "withdrawal pending'), label) == (
        True,
        "withdrawal, high",
    )
    assert 0 < how <= 1
    assert found.chances[0][0] == "withdrawal"
    assert len(found.near) == len(found.chances) == 3
    assert [how for *_, how in found.near] == sorted((how for *_, how in found.near), reverse=True)


def test_chatter_stands_on_nothing(folder: Path) -> None:
    assert seen(tiers_of(folder), "gm friends, btc looks green").grounds is None
    assert seen(tiers_of(folder, Tier.RULES), "nice weather").grounds is None


def test_a_correction_that_decided_is_the_nearest_example(folder: Path) -> None:
    tiers = tiers_of(folder)
    tiers.learn(Lore(1, (Lesson(1, 12, QUESTION, "en", Topic.DEPOSIT, Urgency.HIGH, "anna"),)))

    assert grounds(tiers).near[0] == ("message 12, labelled by anna", "deposit, high", 1.0)


def test_what_was_corrected_to_chatter_stands_on_nothing(folder: Path) -> None:
    tiers = tiers_of(folder)
    tiers.learn(Lore(1, (Lesson(1, 12, QUESTION, "en", Topic.CHATTER, Urgency.LOW, "anna"),)))

    assert seen(tiers).grounds is None


def test_trying_a_text_names_the_tier_that_judged(folder: Path) -> None:
    rules = load(folder)

    for tier in (Tier.RULES, Tier.LIGHT):
        tried = try_text(QUESTION, rules, judge=tiers_of(folder, tier))
        assert (tried.tier, tried.why and tried.why.tier) == (tier, tier)
        assert tried.by.startswith(f"{tier}/")


def test_everybody_who_judges_is_known_by_the_name_they_sign_with(folder: Path) -> None:
    tiers = tiers_of(folder)
    tiers.learn(Lore(1, (Lesson(1, 12, QUESTION, "en", Topic.DEPOSIT, Urgency.HIGH, "anna"),)))

    assert seen(tiers).by in tiers.names
    assert seen(tiers, "what is the fee for eth").by in tiers.names
