"""The shipped link model, and what is said of files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.classify.links import SHIPPED, load_links


def test_the_shipped_model_loads_and_says_where_it_comes_from() -> None:
    assert load_links().net is not None
    assert load_links().trouble == ""
    provenance = json.loads(SHIPPED.read_text(encoding="utf-8"))["provenance"]
    assert "ACL 2019" in provenance["trained_on"]
    assert {"licence", "script", "seed", "date", "temperature"} <= provenance.keys()


def test_the_shipped_model_is_small() -> None:
    assert SHIPPED.stat().st_size < 500_000


def test_without_the_file_there_is_one_sentence_and_no_judge(tmp_path: Path) -> None:
    found = load_links(tmp_path / "links.json")
    assert found.net is None
    assert "linked by nearness" in found.trouble
    assert "\n" not in found.trouble


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"kind":"links-1"}', "[" * 100_000])
def test_what_is_no_model_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "links.json"
    path.write_text(text, encoding="utf-8")
    found = load_links(path)
    assert found.net is None
    assert str(path) in found.trouble


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "links-1"), ("clues", []), ("table", []), ("table", [[1]]), ("second", [[1.5]]), ("second", []),
        ("second_bias", []), ("last", [1]), ("last", ["x"]), ("unit", 0.0), ("unit", "1"), ("rarity", []),
        ("first_bias", None), ("first_bias", []), ("rarity", {"a": "x"}), ("words", None), ("words", {}),
    ],
)  # fmt: skip
def test_a_damaged_model_is_refused(tmp_path: Path, key: str, value: Any) -> None:
    raw = json.loads(SHIPPED.read_text(encoding="utf-8"))
    raw[key] = value
    path = tmp_path / "links.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    assert load_links(path).net is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stems", ["one"]), ("stems", "abc"), ("vectors", "AAAA"), ("vectors", "no base64!"), ("vectors", None),
        ("unit", 0), ("unit", 1.5), ("unit", 10**9), ("of_line", []), ("of_line", [[1]]), ("of_candidate", []),
    ],
)  # fmt: skip
def test_damaged_words_are_refused(tmp_path: Path, key: str, value: Any) -> None:
    raw = json.loads(SHIPPED.read_text(encoding="utf-8"))
    raw["words"][key] = value
    path = tmp_path / "links.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    found = load_links(path)
    assert found.net is None
    assert "linked by nearness" in found.trouble


def test_weights_so_large_that_sums_would_run_over_are_refused(tmp_path: Path) -> None:
    raw = json.loads(SHIPPED.read_text(encoding="utf-8"))
    raw["last"][0] = 10**9
    path = tmp_path / "links.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    assert "larger than any that were learned" in load_links(path).trouble


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "links.json"
    path.write_bytes(b"\xff\xfe\x00junk")
    assert load_links(path).net is None
