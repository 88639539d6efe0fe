"""`monitor init`: write config.toml and rules/, asking only what must be known. It never overwrites."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from monitor import assets
from monitor.cli.common import WrongUse

_HEAD = """\
# The response desk. Every key with its default and why: config.example.toml beside this file.
# Then: monitor check

[monitor]
database = "sqlite:///monitor.db"
rules = "rules"
timezone = "{timezone}"
"""
_TELEGRAM = """
[accounts.tg]
platform = "telegram"
# The token from @BotFather: in the environment as MONITOR_TG_TOKEN, or in a file:
#token_file = "secrets/tg-token"
{places}"""
_TELEGRAM_PLACE = """
[[accounts.tg.places]]
id = "{id}"
ours = true
"""
_REDDIT = """
[accounts.reddit]
platform = "reddit"
username = "{username}"
subreddits = [{subreddits}]
# Keys from reddit.com/prefs/apps: MONITOR_REDDIT_CLIENT_ID, MONITOR_REDDIT_CLIENT_SECRET, MONITOR_REDDIT_PASSWORD
"""
_TWITTER = """
[accounts.x]
platform = "twitter"
# What one day may cost at most, in US dollars.
daily_budget_usd = 5.0
# MONITOR_X_CONSUMER_KEY, MONITOR_X_CONSUMER_SECRET, MONITOR_X_ACCESS_TOKEN, MONITOR_X_ACCESS_TOKEN_SECRET
"""
_DESK = """
# The managers' chat, where alerts go.
[desk]
account = "tg"
chat = "{chat}"
"""
_MAIL = """
[accounts.mail]
platform = "email"
host = "{host}"
port = 587
security = "starttls"
username = "{sender}"
sender = "{sender}"
# The mailbox's password: MONITOR_MAIL_PASSWORD

[report]
account = "mail"
recipients = ["{recipient}"]
"""
_GROUP = re.compile(r"-[0-9]{1,19}")


def init(folder: Path, *, ask: bool) -> None:
    """Write the files, then say what comes next."""
    config, rules = folder / "config.toml", folder / "rules"
    for path in (config, rules):
        if path.exists() or path.is_symlink():
            raise WrongUse(
                f"{path}: exists already, and is left alone. Name another folder: monitor init DIR"
            )
    text = _answers() if ask else _HEAD.format(timezone="UTC") + _TELEGRAM.format(places="")
    try:
        _write(folder, text)
    except (OSError, shutil.Error) as error:
        why = getattr(error, "strerror", None) or "the disk is full or fails"
        raise WrongUse(f"{folder}: cannot be written ({why}). Name another folder.") from None
    print(f"Written: {config}, {rules}/, {folder / 'config.example.toml'}")
    print("Next: put the secrets where the comments say, then: monitor check")


def _write(folder: Path, text: str) -> None:
    """All of it or nothing: whoever is interrupted finds the folder as it was."""
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".monitor-init-", dir=folder) as name:
            draft = Path(name)
            shutil.copytree(assets.path("rules"), draft / "rules")
            shutil.copy(assets.path("config.example.toml"), draft)
            (draft / "config.toml").write_text(text, encoding="utf-8")
            for made in ("rules", "config.example.toml", "config.toml"):
                (draft / made).rename(folder / made)
    finally:
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # where nothing came of it


def _answers() -> str:
    try:
        return _asked()
    except typer.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise KeyboardInterrupt from None
        print()  # the question stands there, unanswered
        raise WrongUse(
            "monitor init asks a few questions, and nobody is there to answer. Say: monitor init --yes"
        ) from None


def _asked() -> str:
    text = _HEAD.format(timezone=_zone())
    if typer.confirm("Telegram?", default=True):
        text += _telegram()
    if typer.confirm("Reddit? (needs API access granted by Reddit)", default=False):
        names = typer.prompt("  Subreddits of yours, separated by commas", default="")
        quoted = ", ".join(
            f'"{_plain(n).removeprefix("r/")}"' for n in names.split(",") if n.strip()
        )
        text += _REDDIT.format(
            username=_plain(typer.prompt("  The bot's user name")), subreddits=quoted
        )
    if typer.confirm("X? (costs money by use)", default=False):
        text += _TWITTER
    if typer.confirm("A weekly report by mail?", default=False):
        recipient, sender = _mail("  To whom"), _mail("  From which address")
        host = _plain(typer.prompt("  The mail server", default=f"smtp.{sender.partition('@')[2]}"))
        text += _MAIL.format(host=host, sender=sender, recipient=recipient)
    return text


def _telegram() -> str:
    ids = _chats("  Ids of the groups, separated by commas (empty: every group the bot is in)")
    places = "".join(_TELEGRAM_PLACE.format(id=one) for one in ids)
    chats = _chats("  Id of the managers' chat (empty: later)", most=1)
    return _TELEGRAM.format(places=places) + "".join(_DESK.format(chat=one) for one in chats)


def _zone() -> str:
    while True:
        name = typer.prompt("The team's time zone", default="UTC").strip()
        try:
            return ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError):
            print(f"  No such time zone: {name}. Write one like Asia/Singapore.")


def _chats(question: str, most: int | None = None) -> list[str]:
    """Ids of groups; asked again until all of them can be."""
    while True:
        given = [one.strip() for one in typer.prompt(question, default="").split(",")]
        found = list(dict.fromkeys(filter(None, given)))
        wrong = next((one for one in found if not _GROUP.fullmatch(one)), None)
        if wrong is not None:
            print(
                f"  Not a group's id: {wrong}. It is a number that begins with -, such as -1001234567890."
            )
        elif most is not None and len(found) > most:
            print("  Only one, please.")
        else:
            return found


def _mail(question: str) -> str:
    while True:
        address = _plain(typer.prompt(question))
        if address.count("@") == 1 and not address.startswith("@") and not address.endswith("@"):
            return address
        print(f"  Not an address: {address}")


def _plain(text: str) -> str:
    """Nothing that could end a TOML string."""
    return "".join(c for c in text.strip() if c.isprintable() and c not in '"\\')
