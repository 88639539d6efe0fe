"""What several commands share: config or its defaults, the rules folder, times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from monitor.config import Config

ConfigFile = typer.Option(
    Path("config.toml"), "--config", "-c", help="The config file.", envvar="MONITOR_CONFIG"
)
AsJson = typer.Option(False, "--json", help="Print one JSON object instead of text.")


class WrongUse(Exception):
    """The command cannot be done as written; the text says what would."""


def read_config(file: Path) -> Config:
    """The config. ConfigBroken in sentences."""
    from monitor.config import load

    config = load(file)
    _set_up_logs(config)
    return config


def read_config_or_defaults(file: Path) -> Config:
    """For commands that need no account: without a file, the defaults beside where it would be."""
    from monitor.config import Config

    if file.exists() or file != Path("config.toml"):
        return read_config(file)
    config = Config(file=file.absolute())
    _set_up_logs(config)
    return config


def _set_up_logs(config: Config) -> None:
    from monitor import logs

    logs.set_up(config.logging.level, config.logging.format)


def rules_folder(config: Config) -> Path:
    """The config's own rules, or those that came with the program while it has none."""
    from monitor import assets

    return config.rules if config.rules.is_dir() else assets.path("rules")


def local_time(text: str, zone: ZoneInfo) -> datetime:
    """ "2026-11-25 09:00" in `zone`. WrongUse for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f'not a time: {text!r}. Write "2026-11-25 09:00".') from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)
