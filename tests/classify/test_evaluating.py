"""Measuring a tier: the figures have their names, and a bad file is named with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.classify.confusion import page
from monitor.classify.evaluating import evaluate, measure
from monitor.classify.labelled import BadFile, load_labelled
from monitor.classify.rulefiles import load
from monitor.classify.rules_classifier import RulesClassifier
from monitor.classify.tiers import Tier
from monitor.cli.evaluating import lines
from tests.figures import KEYS


def a_line(text: str, topic: str, urgency: str, lang: str = "en", **more: Any) -> dict[str, Any]:
    return {"id": "1", "lang": lang, "text": text, "topic": topic, "urgency": urgency, **more}


LINES = [
    a_line("my withdrawal is stuck", "withdrawal", "normal"),
    a_line("my withdrawal is gone for three days", "withdrawal", "high"),
    a_line("I was hacked right now", "security", "critical"),
    a_line("the fee of my withdrawal", "terms", "normal", topics=["terms", "withdrawal"]),
    a_line("提币三天了", "withdrawal", "high", lang="zh", urgencies=["normal"]),
    a_line("你好", "chatter", "low", lang="zh"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LINES) + "\n", "utf-8")
    return path


def test_every_figure_has_its_name(file: Path, rules_folder: Path) -> None:
    figures = evaluate(file, Tier.RULES, rules_folder).as_dict()

    assert list(figures) == KEYS
    assert (figures["tier"], figures["n"]) == ("rules", 6)
    assert figures["version"].startswith("rules/")
    assert set(figures["per_language"]) == {"en", "zh"}


def test_the_figures_are_those_of_the_judgements(file: Path, rules_folder: Path) -> None:
    figures = evaluate(file, Tier.RULES, rules_folder).as_dict()

    # The fee is taken for a withdrawal, which may pass; both urgencies that may pass do.
    assert figures["topic_f1_accepted"] == 1.0
    assert figures["topic_f1"] < 1.0
    assert figures["topic_top2"] == 1.0
    assert figures["needs_answer_f1"] == 1.0
    assert figures["urgency_f1"] < figures["urgency_f1_accepted"] == 1.0
    assert figures["critical_recall_at_p80"] == 1.0
    assert figures["worst_language"] == "en"
    assert figures["per_language"]["zh"]["topic_f1"] == 1.0


def test_the_same_messages_are_measured_alike(file: Path, rules_folder: Path) -> None:
    judge = RulesClassifier(load(rules_folder))

    once, twice = (measure(load_labelled(file), judge) for _ in range(2))

    assert once.verdicts == twice.verdicts
    assert once.further()["intervals"] == twice.further()["intervals"]


def test_a_person_can_read_the_figures(file: Path, rules_folder: Path) -> None:
    measured = evaluate(file, Tier.RULES, rules_folder)

    shown = "\n".join(lines(measured.as_dict(), measured.further()))

    assert shown.startswith("rules/")
    assert "on 6 messages" in shown
    assert "critical found, 4 of 5 alerts right" in shown
    assert "CPU of one short message, microseconds" in shown
    assert "bare encoder" not in shown


def test_the_confusion_page_shows_counts_and_no_text(file: Path, rules_folder: Path) -> None:
    measured = evaluate(file, Tier.RULES, rules_folder)

    html = page(measured.verdicts, "rules/<b>", "a & b.jsonl")

    assert "rules/&lt;b&gt; on a &amp; b.jsonl" in html
    assert "<script" not in html
    assert "hacked" not in html
    assert html.count("<tr>") == 14


def test_ids_may_be_numbers(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text(json.dumps(LINES[0] | {"id": 17}))

    (found,) = load_labelled(path)

    assert found.id == "17"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no messages"),
        (b"\n\n", "holds no messages"),
        (b"{", "line 1: not JSON"),
        (b"[1]", "line 1: not a JSON object"),
        (b"\xff\xfe", "line 1: not JSON in UTF-8"),
        (b"[" * 100_000, "line 1: not JSON"),
        (json.dumps(LINES[0]).encode() + b"\n{}", "line 2: id is missing"),
        (json.dumps(LINES[0] | {"text": 5}).encode(), "line 1: text is not a text"),
        (json.dumps(LINES[0] | {"id": True}).encode(), "line 1: id is not a text"),
        (json.dumps(LINES[0] | {"topic": "x"}).encode(), 'line 1: there is no topic "x"'),
        (json.dumps(LINES[0] | {"urgency": "x"}).encode(), 'line 1: there is no urgency "x"'),
        (json.dumps(LINES[0] | {"topics": "x"}).encode(), "line 1: topics is not a list"),
        (json.dumps(LINES[0] | {"urgencies": ["x"]}).encode(), 'there is no urgency "x"'),
    ],
)
def test_a_bad_file_is_explained_in_a_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_bytes(content)

    with pytest.raises(BadFile) as bad:
        load_labelled(path)

    assert sentence in str(bad.value)
    assert "\n" not in str(bad.value)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read"):
        load_labelled(tmp_path / "nothing")
    with pytest.raises(BadFile, match="cannot be read"):
        load_labelled(tmp_path)


def test_a_lone_surrogate_in_a_text_is_no_trouble(tmp_path: Path, rules_folder: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text(json.dumps(a_line("\ud800 hacked", "security", "high")), "utf-8")

    figures = evaluate(path, Tier.RULES, rules_folder).as_dict()

    assert figures["topic_f1"] == 1.0
    assert figures["critical_recall_at_p80"] is None
