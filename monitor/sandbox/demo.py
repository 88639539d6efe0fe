"""Writes the demo's folder: config, secrets, rules, roster, history. It runs nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor import assets
from monitor.sandbox import settings
from monitor.sandbox.history import history
from monitor.sandbox.sandbox import Sandbox

SEED = 7


@dataclass(frozen=True, slots=True)
class Demo:
    """What was written. `environment` are the secrets, also in `secrets`."""

    folder: Path
    config: Path
    secrets: Path
    rules: Path
    history: Path
    messages: int
    environment: Mapping[str, str]


def prepare(
    folder: Path, sandbox: Sandbox, now: datetime, *, seed: int = SEED, health_port: int = 8787
) -> Demo:
    """Write everything that `monitor run` needs beside a started, populated sandbox."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = folder / "rules"
    shutil.copytree(assets.path("rules"), rules, dirs_exist_ok=True)
    (rules / "roster.toml").write_text(settings.roster(sandbox.author_id), encoding="utf-8")
    config = folder / "config.toml"
    config.write_text(settings.config(sandbox.at, health_port), encoding="utf-8")
    environment = sandbox.secrets()
    secrets = folder / "secrets.env"
    _write_privately(secrets, "".join(f"{key}={value}\n" for key, value in environment.items()))
    told = folder / "history.jsonl"
    messages = write_history(told, history(now, seed, sandbox.author_id))
    return Demo(folder, config, secrets, rules, told, messages, environment)


def write_history(file: Path, records: Iterable[Mapping[str, Any]]) -> int:
    """One JSON object a line; how many."""
    count = 0
    with file.open("w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def _write_privately(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:  # noqa: PTH123 - a descriptor
        out.write(text)
