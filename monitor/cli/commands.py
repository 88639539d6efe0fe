"""Every command and its options. The work is in the modules that each command imports when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import EXIT_CODES
from monitor.cli.case_commands import correcting
from monitor.cli.common import AsJson, ConfigFile
from monitor.cli.faq import app as faq
from monitor.cli.models import app as models

# Plain help: rich tables would cost three times the CPU.
app = typer.Typer(
    help="The response desk for public communities on Telegram, Reddit and X.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
announce = typer.Typer(
    help="Texts in several languages for several places.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)
outbox = typer.Typer(
    help="What is said, and what nobody knows whether it was.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(announce, name="announce")
app.add_typer(db, name="db")
app.add_typer(outbox, name="outbox")
app.add_typer(correcting, name="case")
app.add_typer(faq, name="faq")
app.add_typer(models, name="models")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"monitor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The response desk for public communities on Telegram, Reddit and X."""


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(help="Where config.toml and rules/ are written.")
    ] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; fill in later.")] = False,
) -> None:
    """Write config.toml and rules/; ask only what must be known."""
    from monitor.cli.setup import init as run

    run(folder, ask=not yes)


@app.command()
def check(config: Path = ConfigFile, json: bool = AsJson) -> None:
    """Test every credential, right, place and rule, the database and the mail server."""
    from monitor.cli.checking import check as run

    raise typer.Exit(run(config, as_json=json))


@app.command()
def run(
    config: Path = ConfigFile,
    standby: Annotated[
        bool, typer.Option(help="Wait until no other monitor leads these accounts.")
    ] = False,
) -> None:
    """Run the desk until SIGTERM or Ctrl-C."""
    from monitor.cli.running import run as go

    raise typer.Exit(go(config, standby=standby))


@app.command()
def demo(
    folder: Annotated[
        Path, typer.Option(help="Where the demo keeps its database and config.")
    ] = Path("demo"),
    seconds: Annotated[
        int, typer.Option(min=0, help="Stop after so long; 0: stay until Ctrl-C.")
    ] = 0,
    quick: Annotated[bool, typer.Option(help="Play the two minutes without their pauses.")] = False,
) -> None:
    """See the whole product work on this machine: no keys, no network."""
    from monitor.cli.demo import demo as run

    raise typer.Exit(run(folder, seconds, quick=quick))


@app.command()
def sandbox(
    page_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page.")] = 8790,
) -> None:
    """Start only the stand-ins of Telegram, Reddit, X and a mail server, with their page."""
    from monitor.cli.demo import sandbox as run

    raise typer.Exit(run(page_port))


@app.command("try")
def try_(
    text: Annotated[str, typer.Argument(help="What somebody might write.")],
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Explain what the desk sees in a text, what it would do and say."""
    from monitor.cli.looking import try_ as run

    run(text, config, as_json=json)


@app.command()
def report(
    week: Annotated[
        str, typer.Option(help="An ISO week: 2026-W47. Default: the last full week.")
    ] = "",
    since: Annotated[str, typer.Option("--from", help="First day: 2026-11-01.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day, included: 2026-11-14.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write the mail's HTML to this file.")] = None,
    preview: Annotated[
        Path | None, typer.Option(help="Write the mail (.eml, .html) into this folder.")
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Mail it: once for each period and recipient.")
    ] = False,
    to: Annotated[
        str, typer.Option("--recipient", help="To this address instead of the config's.")
    ] = "",
    json: bool = AsJson,
    config: Path = ConfigFile,
) -> None:
    """How fast people were answered: by channel, topic, urgency and language."""
    from monitor.cli.reporting import Wanted
    from monitor.cli.reporting import report as run

    wanted = Wanted(html, preview, send, to, json)
    run(config, week=week, since=since, until=until, wanted=wanted)


@app.command()
def roster(
    ask: Annotated[
        bool, typer.Option("--ask/--no-ask", help="Ask the platforms who their admins are.")
    ] = True,
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Who is on duty and who is next; which admins of your places the roster does not know."""
    from monitor.cli.roster import roster as run

    run(config, ask=ask, as_json=json)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="JSON lines, Telegram's result.json, or a Reddit dump.")
    ],
    kind: Annotated[
        str, typer.Option(help="jsonl, telegram or reddit; guessed when not said.")
    ] = "",
    account: Annotated[str, typer.Option(help="The account whose chats these are.")] = "import",
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Bring in history: the latency report works before any bot is connected. Importing twice changes nothing."""
    from monitor.cli.looking import import_ as run

    run(config, file, kind=kind, account=account, as_json=json)


@app.command("eval")
def eval_(
    file: Annotated[Path, typer.Argument(help="JSON lines: id, lang, text, topic, urgency.")],
    tier: Annotated[
        str, typer.Option(help="rules, light or transformer; the best when not said.")
    ] = "",
    model: Annotated[
        str,
        typer.Option(help="For transformer: a folder, or REPO@COMMIT; the config's when not said."),
    ] = "",
    html: Annotated[Path | None, typer.Option(help="Write the confusion matrix here.")] = None,
    json: bool = AsJson,
    config: Path = ConfigFile,
) -> None:
    """How good, how sure and how fast the judge is, on labelled messages."""
    from monitor.cli.evaluating import eval_ as run

    run(file, config, tier=tier, model=model, html=html, as_json=json)


@app.command()
def label(
    message: Annotated[
        int | None, typer.Argument(help="A message's number; the queue when not said.")
    ] = None,
    topic: Annotated[str, typer.Option(help="What it is about: withdrawal, chatter, ...")] = "",
    urgency: Annotated[str, typer.Option(help="low, normal, high or critical.")] = "",
    by: Annotated[str, typer.Option(help="Your name; the login's when not said.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="Only show what waits.")] = False,
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Tell the judge what messages are about; it counts at once for messages that say the same."""
    from monitor.cli.label import label as run

    run(config, message, topic=topic, urgency=urgency, by=by, listed=listed, as_json=json)


@app.command()
def train(
    by: Annotated[str, typer.Option(help="Your name; the login's when not said.")] = "",
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Learn from the corrections; the result is kept only if it judges better."""
    from monitor.cli.train import train as run

    run(config, by=by, as_json=json)


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
    config: Path = ConfigFile,
) -> None:
    """Write an announcement; somebody else approves it."""
    from monitor.cli.announcing import draft as run

    run(config, name, source=file, texts=text or [], targets=target or [], by=by)


@announce.command("show")
def announce_show(name: str, config: Path = ConfigFile) -> None:
    """What it says, where, and what became of it."""
    from monitor.cli.announcing import show as run

    run(config, name)


@announce.command("approve")
def announce_approve(
    name: str,
    by: Annotated[str, typer.Option(help="Who approves it; not who drafted it.")] = "",
    digest: Annotated[
        str, typer.Option(help="As printed by show: approve exactly that text.")
    ] = "",
    config: Path = ConfigFile,
) -> None:
    """A second person says yes."""
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
    number: Annotated[int, typer.Argument(help="As printed by list.")],
    verdict: Annotated[
        str, typer.Argument(help="sent: it was said · drop: never say it · again: say it now")
    ],
    config: Path = ConfigFile,
) -> None:
    """Decide what no machine can know."""
    from monitor.cli.database import outbox_settle as run

    run(config, number, verdict)
