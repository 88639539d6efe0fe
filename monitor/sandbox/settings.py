"""A config.toml, a roster and secrets that fit a running sandbox. It writes nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from monitor.sandbox import cast
from monitor.sandbox.x_oauth import Keys

TEMPLATE = """\
# Written for the sandbox: everything here is make-believe and on this machine.
[monitor]
database = "sqlite:///monitor.db"
rules = "rules"
languages = ["en", "zh", "ja", "ko", "ru", "es", "tr", "vi", "pt", "id"]
default_language = "en"
timezone = "Europe/London"

[health]
listen = "127.0.0.1:{health}"

{accounts}
[desk]
account = "tg"
chat = "{desk}"

[report]
account = "mail"
recipients = ["head.of.community@example.com"]
weekly = {{ day = "mon", at = "00:00" }}  # whenever it is started, the mail tells of the last full week

[announce.sets]
groups = [{groups}]
"""

ACCOUNTS = """\
[accounts.tg]
platform = "telegram"
base_url = "{at.telegram}"

{places}
[accounts.rd]
platform = "reddit"
base_url = "{at.reddit}"
username = "{reddit}"
subreddits = [{subreddits}]
modmail = ["{own}"]
inbox = false
poll_every = "5s"  # six streams: a faster look would pass Reddit's 100 requests a minute

[[accounts.rd.places]]
id = "r/{own}"
ours = true

[accounts.x]
platform = "twitter"
base_url = "{at.x}"
searches = ["ExampleX"]
daily_budget_usd = 1000  # make-believe money
author_names = true
poll_every = "4s"  # X takes 300 looks in 15 minutes

[[accounts.x.places]]
id = "x"
name = "X"

[accounts.mail]
platform = "email"
host = "{at.mail_host}"
port = {at.mail_port}
security = "none"
sender = "desk@example.com"
"""

PLACE = """\
[[accounts.tg.places]]
id = "{id}"
name = "{title}"
language = "{language}"

"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the started parts are."""

    page: str
    telegram: str
    reddit: str
    x: str
    mail_host: str
    mail_port: int


def accounts(at: Addresses) -> str:
    """The accounts of config.toml that lead to the sandbox."""
    places = [PLACE.format(id=place_id(g), title=g.title, language=g.language) for g in cast.GROUPS]
    return ACCOUNTS.format(
        at=at,
        places="".join(places),
        reddit=cast.REDDIT_USERNAME,
        subreddits=", ".join(f'"{name}"' for name in cast.SUBREDDITS),
        own=cast.OWN_SUBREDDIT,
    )


def config(at: Addresses, health_port: int = 8787) -> str:
    """A whole config.toml."""
    groups = ", ".join(f'"tg:{place_id(g)}"' for g in cast.GROUPS)
    return TEMPLATE.format(
        accounts=accounts(at), desk=cast.DESK.id, groups=groups, health=health_port
    )


def place_id(group: cast.TelegramChat) -> str:
    """A group's id as the config and the connector write it: basic groups carry the account."""
    return str(group.id) if group.kind == "supergroup" else f"tg:{group.id}"


def secrets(token: str, keys: Keys) -> dict[str, str]:
    """The environment variables; worth nothing outside the sandbox."""
    return {
        "MONITOR_TG_TOKEN": token,
        "MONITOR_RD_CLIENT_ID": "sandbox",
        "MONITOR_RD_CLIENT_SECRET": "sandbox-secret",
        "MONITOR_RD_PASSWORD": "sandbox",
        "MONITOR_X_CONSUMER_KEY": keys.consumer_key,
        "MONITOR_X_CONSUMER_SECRET": keys.consumer_secret,
        "MONITOR_X_ACCESS_TOKEN": keys.access_token,
        "MONITOR_X_ACCESS_TOKEN_SECRET": keys.access_token_secret,
    }


def roster(author_id: Callable[[str, int], str]) -> str:
    """rules/roster.toml with the sandbox's staff."""
    return "# The sandbox's staff.\n" + "".join(_person(p, author_id) for p in cast.STAFF)


def _person(person: cast.Person, author_id: Callable[[str, int], str]) -> str:
    ids = "\n".join(
        f'{platform} = ["{author_id(platform, person.telegram_id)}"]'
        for platform in ("telegram", "reddit", "twitter")
    )
    topics = f"topics = [{_quoted(person.topics)}]\n" if person.topics else ""
    begin, end = person.shift.split("-")
    return f"""
[[people]]
name = "{person.name}"
{ids}
languages = [{_quoted(person.languages)}]
{topics}
[[people.shifts]]
from = "{begin}"
to = "{end}"
timezone = "{person.zone}"
"""


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)
