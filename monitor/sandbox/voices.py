"""One way to speak on every platform, for the page and the play. Never for the product."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from monitor.sandbox import cast
from monitor.sandbox.cast import Person, Side
from monitor.sandbox.reddit import RedditServer
from monitor.sandbox.telegram import TelegramServer
from monitor.sandbox.x import XServer

TITLE_LIMIT = 300
NAMES = ("Robin", "Kim", "Alex", "Noor", "Jamie", "Sasha", "Toni", "Mika", "Luca", "Devi")


@dataclass(frozen=True, slots=True)
class Saying:
    """Somebody says something. `place`: a Telegram chat id, "r/name" or "x"."""

    who: Person
    platform: str
    place: str
    text: str
    reply_to: str | None = None
    thread: str | None = None


class Voices:
    """Speaks for the people of the cast and for newcomers. Safe to use from any thread."""

    def __init__(self, telegram: TelegramServer, reddit: RedditServer, x: XServer) -> None:
        self._telegram, self._reddit, self._x = telegram, reddit, x
        self._known: dict[str, Person] = {}  # by what a platform shows: name or handle, lower case
        self._people: dict[str, Person] = {}
        self._lock = threading.Lock()
        self._newcomers = 0
        self.chats: dict[str, int] = {}  # a chat's first id to its present one; they move

    def add(self, person: Person) -> None:
        """Register a person on every platform."""
        self._telegram.add_user(
            person.telegram_id, person.name, person.handle, person.language, False
        )
        self._x.add_user(person.handle, person.name)
        with self._lock:
            self._people[person.key] = person
            for shown in (person.name, person.handle, str(person.telegram_id)):
                self._known[shown.lower()] = person

    def join(self, chat_id: int, person: Person) -> None:
        """Make a person a member of a Telegram chat; staff are its administrators."""
        status = "administrator" if person.side is Side.STAFF else "member"
        self._telegram.add_member(chat_id, person.telegram_id, status)

    def newcomer(self, language: str = "en") -> Person:
        """Somebody never seen before, in every group."""
        with self._lock:
            self._newcomers += 1
            number = self._newcomers
        name = f"{NAMES[number % len(NAMES)]} {number}"
        key = f"new{number}"
        person = Person(
            key, name, language, Side.CUSTOMER, 820_000_000 + number, f"visitor_{number}"
        )
        self.add(person)
        for chat in cast.GROUPS:
            self.join(self.chats.get(str(chat.id), chat.id), person)
        return person

    def person(self, key: str) -> Person:
        """By our key; "new" makes a newcomer. KeyError when there is none."""
        return self.newcomer() if key == "new" else self._people[key]

    def shown_as(self, who: str) -> Person | None:
        """Whom a platform shows under this name."""
        return self._known.get(who.lower())

    def say(self, saying: Saying) -> str:
        """The native id. KeyError when what it answers is not there."""
        speak: dict[str, Callable[[Saying], str]] = {
            "telegram": self._on_telegram,
            "reddit": self._on_reddit,
            "twitter": self._on_x,
        }
        return speak[saying.platform](saying)

    def edit(self, platform: str, place: str, native_id: str, text: str) -> str:
        """An author changes what they said; the id from then on (X gives a new one)."""
        if platform == "telegram":
            self._telegram.edit(self.place_now(place), int(native_id), text)
        elif platform == "reddit":
            self._reddit.edit(native_id, text)
        else:
            return self._x.edit(native_id, text)
        return native_id

    def place_now(self, place: str) -> int:
        """The present id of a Telegram chat, by its first one."""
        return self.chats.get(place, int(place))

    def first_place(self, place: str) -> str:
        """The id with which a Telegram chat began; other places are what they are."""
        return next((first for first, now in self.chats.items() if str(now) == place), place)

    def _on_telegram(self, saying: Saying) -> str:
        number = self._telegram.say(
            self.place_now(saying.place),
            saying.who.telegram_id,
            saying.text,
            thread=int(saying.thread) if saying.thread else None,
            reply_to=int(saying.reply_to) if saying.reply_to else None,
        )
        return str(number)

    def _on_reddit(self, saying: Saying) -> str:
        if saying.reply_to:
            return self._reddit.comment(saying.reply_to, saying.who.handle, saying.text)
        title, _, body = saying.text.partition("\n")
        subreddit = saying.place.removeprefix("r/")
        return self._reddit.submit(subreddit, saying.who.handle, title[:TITLE_LIMIT], body.strip())

    def _on_x(self, saying: Saying) -> str:
        return self._x.post(
            saying.who.handle, saying.text, reply_to=saying.reply_to, lang=saying.who.language
        )
