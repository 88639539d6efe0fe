"""Rules come from files that people edit: what is wrong is said in a sentence, and what was good stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.classify.rulefiles import LiveRules, RulesBroken, check_examples, load
from monitor.core.assessment import Policy, Topic

Edit = Callable[[str, str], Path]
ACCOUNT = 'policy = "alert"\ncomplexity = "simple"\nurgency = "normal"\n'


def test_sound_files_become_rules(rules_folder: Path) -> None:
    rules = load(rules_folder)

    assert set(rules.topics) == set(Topic)
    assert rules.topics[Topic.SECURITY].policy is Policy.ALERT
    assert rules.reply(Topic.WITHDRAWAL, "en") == "Withdrawals are looked at first."
    assert check_examples(rules) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            ACCOUNT + '[strong]\nen = ["login", "a(b"]',
            "rules/topics/account.toml: strong.en[2]: not a valid pattern, a bracket that is opened"
            ' and never closed (found "a(b"). Mend the pattern or remove the line.',
        ),
        (
            ACCOUNT.replace("alert", "alrt"),
            "rules/topics/account.toml: policy: input should be 'answer', 'acknowledge', 'alert' or"
            " 'never' (found \"alrt\"). Correct it.",
        ),
        (
            ACCOUNT + "[stong]",
            "rules/topics/account.toml: stong: there is no such key. Correct its spelling or remove"
            " it.",
        ),
        (
            'policy = "alert"\ncomplexity = "simple"',
            "rules/topics/account.toml: urgency: missing. Add it.",
        ),
    ],
)
def test_a_mistake_is_told_with_file_key_value_and_remedy(
    rules_folder: Path, edit: Edit, text: str, sentence: str
) -> None:
    edit("topics/account.toml", text)

    with pytest.raises(RulesBroken) as broken:
        load(rules_folder)

    assert str(broken.value) == sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ACCOUNT + 'x = [\n"unclosed', "line"),
        (
            ACCOUNT + "[strong]\nen = [12]",
            'strong.en[1]: input should be a valid string (found "12")',
        ),
        (
            ACCOUNT + '[strong]\nenglish = ["x"]',
            "strong.english: value error, languages are en, zh",
        ),
        (ACCOUNT + '[strong]\nen = [""]', "strong.en[1]"),
        (ACCOUNT + '[strong]\nen = ["x*?(y|)"]', "strong.en[1]"),
        (ACCOUNT + '[strong]\nen = ["(x{500}){500}"]', "too large"),
        (ACCOUNT + '[strong]\nzh = ["(提币)?"]', "it would match every text"),
        (ACCOUNT + f'[strong]\nen = ["{"x" * 500}"]', "longer than 400 characters"),
        (ACCOUNT + "[strong]\nen = [" + '"x",' * 20_001 + "]", "more than 20,000"),
        ("# " + "x" * 1_000_000, "larger than 1 MB"),
        ("x = " + "[" * 5_000, "nested too deeply"),
    ],
    ids=[
        "syntax",
        "type",
        "language",
        "empty",
        "all",
        "bomb",
        "nothing",
        "long",
        "many",
        "big",
        "deep",
    ],
)
def test_what_cannot_be_used_is_refused(
    rules_folder: Path, edit: Edit, text: str, said: str
) -> None:
    edit("topics/account.toml", text)

    with pytest.raises(RulesBroken) as broken:
        load(rules_folder)

    assert str(broken.value).startswith("rules/topics/account.toml: ") or said == "more than 20,000"
    assert said in str(broken.value)


def test_a_file_in_another_encoding_is_told_by_its_line(rules_folder: Path) -> None:
    (rules_folder / "urgency.toml").write_bytes(b'[low]\nes = ["sin prisa ma\xf1ana"]')

    with pytest.raises(RulesBroken, match=r"urgency.toml: line 2: not UTF-8 \(found \"f1\"\)"):
        load(rules_folder)


def test_a_missing_file_is_told(rules_folder: Path) -> None:
    (rules_folder / "topics" / "api.toml").unlink()

    with pytest.raises(RulesBroken, match=r"rules/topics/api.toml: the file is missing\. Restore"):
        load(rules_folder)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RulesBroken, match="there is no such folder"):
        load(tmp_path / "rules")


def test_a_file_for_no_topic_is_told(rules_folder: Path, edit: Edit) -> None:
    edit("topics/withdrawls.toml", ACCOUNT)

    with pytest.raises(RulesBroken, match='there is no such topic \\(found "withdrawls"\\)'):
        load(rules_folder)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("x" * 281, "longer than 280"),
        ("稳" * 141, "longer than 280"),
        ("Hello {name}", "placeholders"),
        ("See https://example.com", "no links"),
    ],
)
def test_an_acknowledgement_that_could_not_be_sent_everywhere_is_refused(
    rules_folder: Path, edit: Edit, reply: str, said: str
) -> None:
    edit("replies/default.toml", f'[acknowledgement]\nen = "{reply}"\n')

    with pytest.raises(RulesBroken, match=said):
        load(rules_folder)


def test_an_answer_needs_the_policy_to_answer(rules_folder: Path, edit: Edit) -> None:
    edit("replies/terms.toml", '[answer]\nen = "Fees are on the fee page."\n')

    with pytest.raises(RulesBroken, match="not answered automatically"):
        load(rules_folder)


def test_windows_line_ends_and_byte_order_marks_are_no_mistake(
    rules_folder: Path,
) -> None:
    path = rules_folder / "signals.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert load(rules_folder).topics


def test_the_version_changes_with_any_letter(rules_folder: Path, edit: Edit) -> None:
    before = load(rules_folder).version
    edit("replies/withdrawal.toml", '[acknowledgement]\nen = "Withdrawals are looked at."\n')

    assert load(rules_folder).version != before
    assert len(before) == 8


def test_an_example_that_is_judged_otherwise_is_told(rules_folder: Path, edit: Edit) -> None:
    edit(
        "topics/promo.toml", ACCOUNT + '[examples.yes]\nen = ["any referral for my withdrawal?"]\n'
    )

    (problem,) = check_examples(load(rules_folder))

    assert problem.startswith('rules/topics/promo.toml: examples.yes.en[1]: "any referral')
    assert "is judged withdrawal, not promo" in problem


def test_an_example_of_what_a_topic_is_not_is_checked(rules_folder: Path, edit: Edit) -> None:
    edit(
        "topics/promo.toml",
        ACCOUNT + '[strong]\nen = ["bonus"]\n[examples.no]\nen = ["what a bonus"]\n',
    )

    (problem,) = check_examples(load(rules_folder))

    assert "is judged promo, not anything but promo" in problem


def test_signal_examples_may_be_written_as_a_list(rules_folder: Path, edit: Edit) -> None:
    edit(
        "signals.toml",
        '[thanks]\nen = ["thanks"]\n[[examples]]\ntext = "hello"\nlanguage = "en"\nsignal = "thanks"\n',
    )

    (problem,) = check_examples(load(rules_folder))

    assert "no such signal" in problem


def test_a_sound_edit_takes_over(rules_folder: Path, edit: Edit) -> None:
    live = LiveRules(rules_folder)
    before = live.version
    edit("topics/account.toml", ACCOUNT + '[strong]\nen = ["login", "2fa"]\n')

    assert live.refresh() is None
    assert live.version != before
    assert live.classifier.judge("my 2fa is lost").topic is Topic.ACCOUNT


def test_a_broken_edit_keeps_the_rules_from_before_and_says_why_until_mended(
    rules_folder: Path, edit: Edit
) -> None:
    live = LiveRules(rules_folder)
    sound, before = (rules_folder / "topics/withdrawal.toml").read_text("utf-8"), live.version
    edit("topics/withdrawal.toml", sound + '\n[weak]\nen = ["a(b"]\n')

    first, again = live.refresh(), live.refresh()

    assert first == again
    assert first is not None
    assert "weak.en[1]" in first
    assert first.endswith(f"The rules from before ({before}) stay in force.")
    assert live.classifier.judge("where is my withdrawal").topic is Topic.WITHDRAWAL
    edit("topics/withdrawal.toml", sound)
    assert live.refresh() is None


def test_a_deleted_file_keeps_the_rules_from_before(rules_folder: Path) -> None:
    live = LiveRules(rules_folder)
    (rules_folder / "urgency.toml").unlink()

    assert "urgency.toml: the file is missing" in (live.refresh() or "")
    assert live.rules.clues


def test_the_first_rules_must_be_sound(rules_folder: Path, edit: Edit) -> None:
    edit("signals.toml", "[")

    with pytest.raises(RulesBroken):
        LiveRules(rules_folder)
