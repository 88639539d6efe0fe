"""`try_text` tells what was seen, what would be done and what would be said."""

from __future__ import annotations

import json
from pathlib import Path

from monitor.classify.rulefiles import load
from monitor.classify.trying import try_text


def test_a_question_is_acknowledged_and_raised(rules_folder: Path) -> None:
    tried = try_text("My withdrawal hangs for 3 days", load(rules_folder))

    assert (tried.topic, tried.urgency, tried.policy) == ("withdrawal", "high", "acknowledge")
    assert tried.reply == "Withdrawals are looked at first."
    assert tried.does == (
        "Acknowledges in public.",
        "Starts its clocks and raises it in the managers' chat (high).",
    )


def test_what_may_only_be_raised_is_not_replied_to(rules_folder: Path) -> None:
    tried = try_text("I was hacked", load(rules_folder))

    assert tried.reply == ""
    assert tried.does[0] == "Says nothing in public: the policy of security is alert."


def test_chatter_waits_for_nobody(rules_folder: Path) -> None:
    tried = try_text("nice weather", load(rules_folder))

    assert tried.does == ("Takes it for chatter: nobody is waiting, no clock starts.",)


def test_who_asks_us_to_stop_gets_no_reply(rules_folder: Path) -> None:
    tried = try_text("Stop replying to me, my withdrawal came", load(rules_folder))

    assert tried.reply == ""
    assert tried.signals == ("stop",)


def test_an_answer_is_said_where_the_policy_answers(rules_folder: Path) -> None:
    terms = rules_folder / "topics" / "terms.toml"
    terms.write_text(terms.read_text("utf-8").replace("acknowledge", "answer"), "utf-8")
    (rules_folder / "replies" / "terms.toml").write_text(
        '[answer]\nen = "Fees are on the fee page."\n', "utf-8"
    )

    english = try_text("what fees do I pay", load(rules_folder))
    chinese = try_text("手续费是多少", load(rules_folder))

    assert english.reply == "Fees are on the fee page."
    assert english.does[0] == "Answers in public with the standing answer."
    assert chinese.reply == "同事会来看。"


def test_it_can_be_printed_as_json(rules_folder: Path) -> None:
    tried = try_text("提币呢", load(rules_folder))

    assert json.loads(json.dumps(tried.as_dict()))["reasons"] == ['says "提币"']
