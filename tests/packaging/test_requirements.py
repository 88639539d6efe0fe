"""The pinned requirements are those of pyproject.toml, hashed, and name no place to fetch from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = ("demo.txt", "all.txt", "torch.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
STALE = "requirements/ is older than pyproject.toml: say requirements/lock"


def pins(file: str) -> dict[str, list[Requirement]]:
    """The pins of one file by name; a name may have one for each Python."""
    found: dict[str, list[Requirement]] = {}
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        pin = Requirement(line.split(" --hash")[0])
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def stale(wanted: list[str], pinned: dict[str, list[Requirement]]) -> list[str]:
    """What is wanted and not pinned, or pinned to a version that is not wanted."""
    bad = []
    for line in wanted:
        one = Requirement(line)
        versions = [str(p.specifier).removeprefix("==") for p in pinned.get(_name(one), [])]
        if not versions or not all(one.specifier.contains(v) for v in versions):
            bad.append(line)
    return bad


def _name(one: Requirement) -> str:
    return canonicalize_name(one.name)


def test_the_whole_environment_has_every_dependency() -> None:
    wanted = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]

    assert stale(wanted, {**pins("all.txt"), **pins("torch.txt")}) == [], STALE


def test_the_demo_has_what_it_runs_with_and_nothing_heavy() -> None:
    some = (line for extra in ("nlp", "report", "sandbox", "postgres") for line in EXTRAS[extra])

    pinned = pins("demo.txt")
    assert stale([*PROJECT["dependencies"], *some], pinned) == [], STALE
    assert not {"torch", "transformers", "pytest"} & set(pinned)


def test_the_demo_and_the_whole_environment_agree() -> None:
    everything = {str(p.specifier) + name for name, ps in pins("all.txt").items() for p in ps}
    demo = {str(p.specifier) + name for name, ps in pins("demo.txt").items() for p in ps}

    assert demo - everything == set()


@pytest.mark.parametrize("file", FILES)
def test_every_pin_is_hashed_and_no_address_stands_there(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8")

    assert not re.search(r"[a-z]+://|^-|@", text, re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        assert re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line
