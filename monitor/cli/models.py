"""`monitor models`: what judges here and what it has learned. Registers commands; the work is in other modules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.common import AsJson, ConfigFile

app = typer.Typer(
    help="What judges, and what it has learned.", no_args_is_help=True, rich_markup_mode=None
)
By = Annotated[str, typer.Option(help="Your name; the login's when not said.")]


@app.command("history")
def history(config: Path = ConfigFile, json: bool = AsJson) -> None:
    """Every correction, promotion and rollback, newest first."""
    from monitor.cli.model_history import history as run

    run(config, as_json=json)


@app.command("rollback")
def rollback(
    version: Annotated[
        int | None,
        typer.Argument(help="As history prints it; before the newest change when not said."),
    ] = None,
    by: By = "",
    keep_corrections: Annotated[
        bool,
        typer.Option("--keep-corrections", help="What was corrected since then keeps counting."),
    ] = False,
    config: Path = ConfigFile,
) -> None:
    """Judge again exactly as at an earlier version, also in a desk that runs."""
    from monitor.cli.model_history import rollback as run

    run(config, version, by=by, keep_corrections=keep_corrections)


@app.command("pull")
def pull(
    model: Annotated[
        str, typer.Argument(help="REPO@COMMIT, the commit with all of its 40 digits.")
    ],
    config: Path = ConfigFile,
) -> None:
    """Fetch a transformer from Hugging Face's hub into the models' folder."""
    from monitor.cli.model_files import pull as run

    run(config, model)


@app.command("verify")
def verify(
    model: Annotated[
        str, typer.Argument(help="A folder or REPO@COMMIT; the config's when not said.")
    ] = "",
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Compare a transformer's files with what was fetched, load it, read a text with it."""
    from monitor.cli.model_files import verify as run

    raise typer.Exit(run(config, model, as_json=json))


@app.command("list")
def list_(config: Path = ConfigFile, json: bool = AsJson) -> None:
    """The transformers in the models' folder; a star marks the one in use."""
    from monitor.cli.model_files import listed as run

    run(config, as_json=json)
