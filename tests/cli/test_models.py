"""`monitor models pull`, `verify` and `list`, as somebody types them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("numpy", reason="extra transformers is not installed")

from monitor.classify.transformerfiles import DIGESTS, digests
from tests.classify.workers import a_checkpoint
from tests.desks import Said

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = f"org/name@{COMMIT}"
Monitor = Callable[..., Said]


class Hub(ModuleType):
    """Stands in for huggingface_hub: gives a model, or fails."""

    class logging:
        @staticmethod
        def set_verbosity_error() -> None:
            """Say no more than that."""

    trouble: Exception | None = None

    def snapshot_download(
        self, repo: str, *, revision: str, local_dir: Path, allow_patterns: Any
    ) -> None:
        """Write the files, and what the library leaves beside them."""
        (local_dir / ".cache").mkdir(parents=True)
        a_checkpoint(local_dir)
        self.asked = (repo, revision, tuple(allow_patterns))
        if self.trouble:
            raise self.trouble


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub("huggingface_hub")
    monkeypatch.setitem(sys.modules, "huggingface_hub", made)
    return made


def test_a_pulled_model_lies_whole_in_its_folder_with_its_digests(
    nowhere: Path, monitor: Monitor, hub: Hub
) -> None:
    said = monitor("models", "pull", NAME)

    folder = nowhere / "models" / f"org--name@{COMMIT}"
    assert said.code == 0
    assert f'checkpoint = "{NAME}"' in said.out
    assert json.loads((folder / DIGESTS).read_text()) == digests(folder)
    assert hub.asked[:2] == ("org/name", COMMIT)
    assert not any("bin" in pattern or "py" in pattern for pattern in hub.asked[2])
    (listed,) = monitor("models", "list", "--json").json
    assert (listed["name"], listed["trouble"]) == (NAME, "")
    assert "is there already" in monitor("models", "pull", NAME).out


def test_a_hub_that_does_not_answer_is_one_sentence_and_leaves_nothing(
    nowhere: Path, monitor: Monitor, hub: Hub
) -> None:
    hub.trouble = ConnectionError("Name or service not known.\nand much more")

    said = monitor("models", "pull", NAME)

    assert said.code == 2
    assert said.err.strip() == f"{NAME}: the hub did not give it (Name or service not known)."
    assert list((nowhere / "models").iterdir()) == []


@pytest.mark.parametrize("name", ["org/name", "org/name@main", f"org/name@{COMMIT[1:]}", "../x"])
def test_what_is_not_pinned_to_a_commit_is_not_fetched(
    nowhere: Path, monitor: Monitor, hub: Hub, name: str
) -> None:
    said = monitor("models", "pull", name)

    assert said.code == 2
    assert "all 40 hex digits" in said.err
    assert not hasattr(hub, "asked")


def test_without_the_extra_pull_says_what_to_install(
    nowhere: Path, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    said = monitor("models", "pull", NAME)

    assert said.code == 2
    assert "install the extra transformers" in said.err


def test_verify_names_a_file_that_is_not_what_was_fetched(
    nowhere: Path, monitor: Monitor, hub: Hub
) -> None:
    monitor("models", "pull", NAME)
    (nowhere / "models" / f"org--name@{COMMIT}" / "tokenizer.json").write_text("{ }")

    said = monitor("models", "verify", NAME)

    assert said.code == 1
    assert "tokenizer.json is not what was fetched" in said.out


def test_the_configured_model_is_starred_even_where_it_is_missing(
    nowhere: Path, monitor: Monitor
) -> None:
    (nowhere / "config.toml").write_text('[model]\ncheckpoint = "own/e5"\n')

    said = monitor("models", "list")

    assert said.code == 0
    assert said.out.startswith("* own/e5  0 MB  there is no model at")


def test_an_empty_folder_says_what_judges(nowhere: Path, monitor: Monitor) -> None:
    assert "The light tier judges" in monitor("models", "list").out
