"""The commands under `monitor announce` and their options. The work is in monitor.cli.announcing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.common import AsJson, ConfigFile

announce = typer.Typer(
    help="Texts in several languages for several places.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@announce.command("draft")
def announce_draft(
    name: Annotated[str, typer.Argument(help="A short name: maintenance-25-nov.")],
    file: Annotated[Path | None, typer.Option(help="A TOML file with targets and [texts].")] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="LANGUAGE=TEXT, once for each language.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="ACCOUNT:PLACE or @SET, as often as needed.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who drafts it; the login name when not said.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of somebody else's draft.")
    ] = False,
    config: Path = ConfigFile,
) -> None:
    """Write an announcement; somebody else approves it."""
    from monitor.cli.announcing import draft as run

    run(config, name, source=file, texts=text or [], targets=target or [], by=by, over=replace)


@announce.command("show")
def announce_show(name: str, config: Path = ConfigFile) -> None:
    """What it says, where, and what became of it."""
    from monitor.cli.announcing import show as run

    run(config, name)


@announce.command("approve")
def announce_approve(
    name: str,
    by: Annotated[str, typer.Option(help="Who approves it; nobody who drafted it.")] = "",
    digest: Annotated[
        str, typer.Option(help="As printed by show: approve exactly that text.")
    ] = "",
    config: Path = ConfigFile,
) -> None:
    """A second person reads it and says yes; without --digest it is shown, and asked about on a terminal."""
    from monitor.cli.announcing import approve as run

    run(config, name, by=by, digest=digest)


@announce.command("schedule")
def announce_schedule(
    name: str,
    at: Annotated[
        str, typer.Option(help='Once: "2026-11-25 09:00"; now when nothing is said.')
    ] = "",
    every: Annotated[
        str, typer.Option(help='Recurring: "mon 09:00", "mon,thu 18:00", "daily 08:00".')
    ] = "",
    timezone: Annotated[str, typer.Option(help="For both; the config's when not said.")] = "",
    config: Path = ConfigFile,
) -> None:
    """Send what was approved: once or again and again."""
    from monitor.cli.announcing import schedule as run

    run(config, name, at=at, every=every, timezone=timezone)


@announce.command("cancel")
def announce_cancel(name: str, config: Path = ConfigFile) -> None:
    """Stop it; what was said stays said."""
    from monitor.cli.announcing import cancel as run

    run(config, name)


@announce.command("list")
def announce_list(config: Path = ConfigFile, json: bool = AsJson) -> None:
    """All announcements, newest first."""
    from monitor.cli.announcing import list_ as run

    run(config, as_json=json)
