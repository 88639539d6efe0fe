"""Read config.toml, or say everything that is wrong with it. It reads no secret."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from monitor.config.accounts import read_accounts
from monitor.config.checks import check
from monitor.config.faults import ConfigBroken, Faults, not_toml
from monitor.config.whole import Config


def load(file: Path) -> Config:
    """Read config.toml. ConfigBroken carries every fault as a sentence."""
    try:
        text = file.read_text(encoding="utf-8-sig")  # Windows editors begin with a mark
    except FileNotFoundError:
        raise ConfigBroken([f"{file}: not there. Say: monitor init"]) from None
    except UnicodeDecodeError:
        raise ConfigBroken([f"{file}: not UTF-8 text. Save it as UTF-8."]) from None
    except OSError as error:
        raise ConfigBroken(
            [f"{file}: cannot be read ({error.strerror}). Check its rights."]
        ) from error
    return parse(text, file)


def parse(text: str, file: Path) -> Config:
    """The text of a config.toml that stands, or would stand, at `file`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise not_toml(file, error) from None
    faults = Faults(file, text)
    config = _assembled(raw, file.absolute(), faults)
    faults.give_up()
    check(config, faults)
    faults.give_up()
    return config


def _assembled(raw: Mapping[str, Any], file: Path, faults: Faults) -> Config:
    tables = _tables()
    for name in raw:
        if name not in tables and name != "accounts":
            faults.unknown((name,), (*tables, "accounts"))
    read = {name: _table(shape, name, raw.get(name, {}), faults) for name, shape in tables.items()}
    accounts = read_accounts(raw.get("accounts", {}), file.parent, faults)
    return Config(file=file, accounts=accounts, **read)


def _tables() -> dict[str, type[Any]]:
    """The shape of each table but [accounts], which differ by platform."""
    shapes: dict[str, Any] = {f.name: f.default_factory for f in fields(Config)}
    return {name: shape for name, shape in shapes.items() if isinstance(shape, type)}


def _table(shape: type[Any], name: str, raw: object, faults: Faults) -> Any:
    try:
        return TypeAdapter(shape).validate_python(raw)
    except ValidationError as error:
        faults.invalid((name,), error, shape)
        return shape()
