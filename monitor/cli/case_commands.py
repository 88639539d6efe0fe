"""The commands under `monitor case` and their options. The work is in monitor.cli.cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.common import AsJson, ConfigFile, Number

correcting = typer.Typer(
    help="Cases: look at one, and correct what belongs to it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
By = Annotated[str, typer.Option(help="Who corrects it; the login name when not said.")]


@correcting.command("show")
def case_show(case: Number, config: Path = ConfigFile, json: bool = AsJson) -> None:
    """Its clocks, its messages, how each came to it, and what people corrected."""
    from monitor.cli.cases import show as run

    run(config, case, as_json=json)


@correcting.command("split")
def case_split(case: Number, message: Number, by: By = "", config: Path = ConfigFile) -> None:
    """Make a case of its own from that message on; a case that was merged leaves by a message of its own."""
    from monitor.cli.cases import split as run

    run(config, case, message, by)


@correcting.command("merge")
def case_merge(case: Number, other: Number, by: By = "", config: Path = ConfigFile) -> None:
    """One person's two cases become one; of several people, an answer to one answers both."""
    from monitor.cli.cases import merge as run

    run(config, case, other, by)


@correcting.command("move")
def case_move(message: Number, case: Number, by: By = "", config: Path = ConfigFile) -> None:
    """Put one message into another case."""
    from monitor.cli.cases import move as run

    run(config, message, case, by)
