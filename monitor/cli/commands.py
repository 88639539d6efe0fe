"""Every command and its options. The work is in the modules that each command imports when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import EXIT_CODES
from monitor.cli.announce_commands import announce
from monitor.cli.case_commands import correcting
from monitor.cli.common import LARGEST, AsJson, ConfigFile
from monitor.cli.faq import app as faq
from monitor.cli.models import app as models
from monitor.cli.store_commands import db, outbox

# Plain help: rich tables would cost three times the CPU.
app = typer.Typer(
    help="The response desk for public communities on Telegram, Reddit and X.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
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
    tier: Annotated[
        str, typer.Option(help="rules, light or transformer; the best when not said.")
    ] = "",
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Explain what the desk sees in a text, what it would do and say."""
    from monitor.cli.looking import try_ as run

    run(text, config, tier=tier, as_json=json)


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
        int | None,
        typer.Argument(min=1, max=LARGEST, help="A message's number; the queue when not said."),
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


@app.command()
def forget(
    platform: Annotated[str, typer.Argument(help="telegram, reddit or x.")],
    author: Annotated[str, typer.Argument(help="Their id there, or @name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: Path = ConfigFile,
    json: bool = AsJson,
) -> None:
    """Forget what one person wrote: texts, names and labels go for good, times and counts stay."""
    from monitor.cli.forgetting import forget as run

    run(config, platform, author, yes=yes, as_json=json)
