"""The whole sandbox: three platforms, mail and a page. It never listens beyond loopback."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from monitor.sandbox import cast, settings
from monitor.sandbox.faults import Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.history_records import author_id
from monitor.sandbox.mail import Mail, MailServer
from monitor.sandbox.mishaps import Trickster
from monitor.sandbox.page import page
from monitor.sandbox.reddit import RedditServer
from monitor.sandbox.serving import Serving
from monitor.sandbox.settings import Addresses
from monitor.sandbox.show import Show
from monitor.sandbox.telegram import TelegramServer
from monitor.sandbox.voices import Voices
from monitor.sandbox.x import XServer


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen; 0 means any free port."""

    page: int = 8760
    telegram: int = 8761
    reddit: int = 8762
    x: int = 8763
    mail: int = 8765


ANY_PORTS = Ports(0, 0, 0, 0, 0)


def now_utc() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class Sandbox:
    """`with Sandbox() as sandbox: sandbox.populate()`."""

    def __init__(self, ports: Ports = ANY_PORTS, clock: Callable[[], datetime] = now_utc) -> None:
        self.faults, self.happenings = Faults(), Happenings()
        self.telegram = TelegramServer(self.faults, self.happenings, clock=clock)
        self.reddit = RedditServer(
            self.faults, self.happenings, username=cast.REDDIT_USERNAME, clock=clock
        )
        self.x = XServer(self.faults, self.happenings, username=cast.X_USERNAME, clock=clock)
        self.voices = Voices(self.telegram, self.reddit, self.x)
        self._clock, self._ports = clock, ports
        self._serving: Serving | None = None
        self._mail: MailServer | None = None
        self._at: Addresses | None = None
        self.moved: list[str] = []  # parts that are not where they usually are, in a sentence each

    @property
    def at(self) -> Addresses:
        """Where everything is. RuntimeError before `start`."""
        if self._at is None:
            raise RuntimeError("the sandbox has not been started")
        return self._at

    @property
    def mails(self) -> list[Mail]:
        """Everything that arrived by mail, in order."""
        return [] if self._mail is None else self._mail.mails

    def start(self) -> Self:
        """Listen. A port that is taken is replaced by a free one, and `moved` says so."""
        tricks = Trickster(self.faults, self.telegram, self.reddit, self.x, self.voices)
        show = Show(
            self.happenings, self.faults, self.voices, tricks, self.telegram,
            lambda: self.mails,
        )  # fmt: skip
        serving = self._serving = Serving()
        try:
            telegram = self._serve("Telegram", self.telegram.app, self._ports.telegram)
            reddit = self._serve("Reddit", self.reddit.app, self._ports.reddit)
            x = self._serve("X", self.x.app, self._ports.x)
            shown = self._serve("the page", lambda: page(show), self._ports.page)
            # The page's mailbox needs no encryption; the connector's own tests have it.
            mail = self._mail = MailServer(
                self.faults, self.happenings, loop=serving.loop, tls=False, clock=self._clock
            )
            host, port = mail.start(self._free("the mail server", self._ports.mail))
        except BaseException:
            serving.close()
            raise
        self._at = Addresses(shown, telegram, reddit, x, host, port)
        return self

    def close(self) -> None:
        """Stop everything; may be called twice."""
        if self._mail is not None:
            self._mail.close()
        if self._serving is not None:
            self._serving.close()
        self._serving, self._at = None, None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        where: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def populate(self) -> None:
        """Put the cast on stage: people, groups with topics, subreddits."""
        for person in cast.PEOPLE:
            self.voices.add(person)
        for group in (*cast.GROUPS, cast.DESK):
            self._open(group)
        for name in cast.SUBREDDITS:
            self.reddit.add_subreddit(name, moderator=name == cast.OWN_SUBREDDIT)

    def author_id(self, platform: str, number: int) -> str:
        """The platform's id of one of the cast, by Telegram id; of others, one that nobody has."""
        person = next((p for p in cast.PEOPLE if p.telegram_id == number), None)
        if person is None or platform == "telegram":
            return author_id(platform, number)
        if platform == "twitter":
            return self.x.add_user(person.handle, person.name)
        return self.reddit.world.account_id(person.handle)

    def describe(self) -> str:
        """Where everything is and how to lead the program there, for a terminal."""
        at = self.at
        rows = (
            ("Page", at.page),
            ("Telegram", at.telegram),
            ("Reddit", at.reddit),
            ("X", at.x),
            ("Mail", f"{at.mail_host}:{at.mail_port} (SMTP)"),
        )
        lines = [f"{name:<9} {where}" for name, where in rows]
        environment = [f"export {key}={value}" for key, value in self.secrets().items()]
        desk = f'[desk]\naccount = "tg"\nchat = "{cast.DESK.id}"\n'
        config = ["", "# For config.toml:", settings.accounts(at), desk]
        return "\n".join([*lines, *self.moved, *config, "# For the environment:", *environment])

    def secrets(self) -> dict[str, str]:
        """The environment variables of the accounts; worth nothing outside the sandbox."""
        return settings.secrets(self.telegram.token, self.x.keys)

    def _open(self, group: cast.TelegramChat) -> None:
        self.telegram.add_chat(
            group.id, group.title, group.kind, bool(group.topics), group.username or None
        )
        for language, topic in cast.TOPIC_IDS.items() if group.topics else ():
            self.telegram.add_topic(group.id, int(topic), cast.TOPIC_OF[language])
        for person in cast.PEOPLE:
            if group is not cast.DESK or person.side is cast.Side.STAFF:
                self.voices.join(group.id, person)
        chat = next(c for c in self.telegram.chats if c.id == group.id)
        chat.last_id = max(chat.last_id, cast.FIRST_LIVE_ID)

    def _serve(self, name: str, app: Callable[[], web.Application], port: int) -> str:
        if self._serving is None:
            raise RuntimeError("the sandbox has been closed")
        return self._serving.serve(app(), self._free(name, port))

    def _free(self, name: str, port: int) -> int:
        """`port`, or 0 (any) when another program has it."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                self.moved.append(f"Port {port} is taken, so {name} listens on another one.")
                return 0
        return port
