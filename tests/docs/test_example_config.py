"""config.example.toml is the reference: it loads, lacks no key, and its comments cannot rot."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor import assets
from monitor.config import Config, load, parse
from monitor.config.options import OPTIONS, POLL_EVERY, SECRETS
from monitor.config.shapes import Account, Place
from monitor.core.messages import Platform

FILE = assets.path("config.example.toml")
COMMENTED_KEY = re.compile(r"^#(?=[a-z_]+ = )", re.MULTILINE)


@pytest.fixture(scope="module")
def example() -> str:
    return FILE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def everything(example: str) -> dict[str, Any]:
    """The example with its commented keys switched on."""
    return tomllib.loads(COMMENTED_KEY.sub("", example))


def keys(shape: Any) -> set[str]:
    return {field.name for field in fields(shape)}


def test_it_loads_as_it_stands_without_any_secret() -> None:
    assert set(load(FILE).accounts) == {"tg", "reddit", "x", "mail"}


def test_it_loads_with_every_commented_key_switched_on(example: str) -> None:
    config = parse(COMMENTED_KEY.sub("", example), FILE)

    assert config.accounts["tg"].secret_files["token"] == FILE.parent / "secrets/tg-token"


def test_no_table_and_no_key_of_the_config_is_missing(everything: dict[str, Any]) -> None:
    tables = {name: f for name, f in _shapes(Config).items() if name not in ("file", "accounts")}

    assert [*_missing(tables, everything, "")] == []


def _shapes(shape: Any) -> dict[str, Any]:
    return {field.name: field.default_factory for field in fields(shape)}


def _missing(shapes: dict[str, Any], table: dict[str, Any], at: str) -> list[str]:
    missing = []
    for name, shape in shapes.items():
        if name not in table:
            missing.append(f"{at}{name}")
        elif is_dataclass(shape):
            missing += _missing(_shapes(shape), table[name], f"{at}{name}.")
    return missing


@pytest.mark.parametrize("platform", list(Platform))
def test_no_key_of_an_account_is_missing(platform: Platform, everything: dict[str, Any]) -> None:
    (account,) = (a for a in everything["accounts"].values() if a["platform"] == platform)
    own = keys(Account) - {"name", "options", "secret_files"}
    if platform is Platform.EMAIL:
        own.remove("places")

    wanted = own | set(OPTIONS[platform]) | {f"{key}_file" for key in SECRETS[platform].all}
    assert wanted - set(account) == set()


def test_no_key_of_a_place_is_missing(everything: dict[str, Any]) -> None:
    assert keys(Place) == set(everything["accounts"]["tg"]["places"][0])


def test_what_it_shows_as_a_default_is_the_default(tmp_path: Path) -> None:
    shown, empty = load(FILE), parse("", tmp_path / "config.toml")

    for name in ("monitor", "health", "logging", "triage", "limits", "retention"):
        assert getattr(shown, name) == getattr(empty, name)
    assert shown.report.weekly == empty.report.weekly


@pytest.mark.parametrize("name", ["tg", "reddit", "x", "mail"])
def test_the_pace_it_shows_is_the_default(name: str) -> None:
    account = load(FILE).accounts[name]

    assert account.poll_every == POLL_EVERY[account.platform]
