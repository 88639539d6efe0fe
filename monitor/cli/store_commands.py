"""The commands under `monitor db` and `monitor outbox` and their options. The work is in monitor.cli.database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.common import LARGEST, AsJson, ConfigFile

db = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)
outbox = typer.Typer(
    help="What is said, and what nobody knows whether it was.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@db.command("upgrade")
def db_upgrade(config: Path = ConfigFile) -> None:
    """Bring the tables to this version; an SQLite file is copied first."""
    from monitor.cli.database import upgrade as run

    run(config)


@db.command("check")
def db_check(config: Path = ConfigFile) -> None:
    """Are the tables those of this version, and is the file sound?"""
    from monitor.cli.database import check as run

    raise typer.Exit(run(config))


@db.command("backup")
def db_backup(
    file: Annotated[Path, typer.Argument(help="A new file.")], config: Path = ConfigFile
) -> None:
    """Copy an SQLite database while it is in use."""
    from monitor.cli.database import backup as run

    run(config, file)


@outbox.command("list")
def outbox_list(config: Path = ConfigFile, json: bool = AsJson) -> None:
    """What is in doubt or held: said, or not? Exit code 1 when there is any."""
    from monitor.cli.database import outbox_list as run

    raise typer.Exit(run(config, as_json=json))


@outbox.command("settle")
def outbox_settle(
    number: Annotated[int, typer.Argument(min=1, max=LARGEST, help="As printed by list.")],
    verdict: Annotated[
        str, typer.Argument(help="sent: it was said · drop: never say it · again: say it now")
    ],
    config: Path = ConfigFile,
) -> None:
    """Decide what no machine can know."""
    from monitor.cli.database import outbox_settle as run

    run(config, number, verdict)
