"""`monitor check` tells what the desk may say by itself, and what is wrong with the words about strangers."""

from __future__ import annotations

from collections.abc import Callable

from tests.desks import Desk, Said


def found(said: Said, subject: str) -> list[str]:
    return [one["found"] for one in said.json if one["subject"] == subject]


def test_check_names_the_policy_of_every_topic_and_the_line_that_changes_it(
    desk: Desk, monitor: Callable[..., Said]
) -> None:
    (policies,) = found(monitor("check", "--json"), "policies")
    assert "alert: security" in policies
    assert 'policy = "answer"' in policies
    terms = desk.folder / "rules" / "topics" / "terms.toml"
    text = terms.read_text(encoding="utf-8")
    terms.write_text(
        text.replace('policy = "acknowledge"', 'policy = "answer"', 1), encoding="utf-8"
    )
    (policies,) = found(monitor("check", "--json"), "policies")
    assert policies.startswith("answer: terms;")
    assert 'policy = "answer"' not in policies


def test_check_finds_a_warning_that_names_nobody(desk: Desk, monitor: Callable[..., Said]) -> None:
    (desk.folder / "rules" / "fakes.toml").write_text(
        '[warning]\nen = "Beware."\n', encoding="utf-8"
    )
    (rules,) = found(monitor("check", "--json"), "rules")
    assert rules.startswith("rules/fakes.toml: warning")
    assert "{name}" in rules
