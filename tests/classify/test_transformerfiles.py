"""Models on the disk: what is wrong with one is seen without loading it, and said in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="extra transformers is not installed")

from monitor.classify.transformerfiles import (
    DIGESTS,
    BadModel,
    changed,
    check,
    digest_of,
    digests,
    located,
    pinned,
)
from tests.classify.workers import a_checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])


def other_bytes(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 300)


def emptied(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def a_pickle_instead(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def no_shape(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def own_program(folder: Path) -> None:
    shape = {"model_type": "bert", "auto_map": {"AutoModel": "evil.Model"}}
    (folder / "config.json").write_text(json.dumps(shape))


def part_missing(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {
        "weight_map": {
            "a": "model-00001-of-00002.safetensors",
            "b": "model-00002-of-00002.safetensors",
        }
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, "is damaged"),
        (other_bytes, "is damaged"),
        (emptied, "is damaged"),
        (a_pickle_instead, "only pytorch_model.bin, a format that can hold programs"),
        (no_tokenizer, "holds no tokenizer"),
        (no_shape, "is missing or no JSON"),
        (own_program, "wants to run its own program"),
        (part_missing, "no whole set of safetensors"),
    ],
)
def test_damage_is_named(tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    folder = a_checkpoint(tmp_path / "model")
    check(folder)
    damage(folder)

    with pytest.raises(BadModel, match=said):
        check(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="there is no model at"):
        check(tmp_path / "nowhere")


def test_a_missing_head_is_refused_and_a_whole_one_is_taken(tmp_path: Path) -> None:
    kind = "BertForSequenceClassification"
    whole = {"bert.embeddings.word_embeddings.weight": 8, "classifier.weight": 4}
    check(a_checkpoint(tmp_path / "whole", architecture=kind, **whole))

    with pytest.raises(BadModel, match="a random one would judge by chance"):
        check(a_checkpoint(tmp_path / "headless", architecture=kind))


def test_only_a_whole_commit_pins_a_model(tmp_path: Path) -> None:
    hub = pinned(f"org/name@{COMMIT}")

    assert hub is not None
    assert (hub.repo, hub.commit) == ("org/name", COMMIT)
    assert pinned("org/name@main") is None
    assert pinned(f"org/name@{COMMIT[:-1]}") is None
    models = tmp_path / "models"
    assert located(f"org/name@{COMMIT}", tmp_path, models) == models / f"org--name@{COMMIT}"
    assert located("own/e5", tmp_path, models) == tmp_path / "own" / "e5"


def test_a_changed_file_is_found_by_its_digest(tmp_path: Path) -> None:
    folder = a_checkpoint(tmp_path / "model")
    before = digests(folder)
    (folder / DIGESTS).write_text(json.dumps(before))
    assert changed(folder, before) == []
    (folder / "tokenizer.json").write_text('{"other": 1}')

    after = digests(folder)

    assert changed(folder, after) == ["tokenizer.json"]
    assert digest_of(before) != digest_of(after)
