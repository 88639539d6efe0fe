"""What a visitor of the page may make fail, as a table. Each is ordered; none happens by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.sandbox import cast
from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.reddit import RedditServer
from monitor.sandbox.telegram import TelegramServer
from monitor.sandbox.voices import Voices
from monitor.sandbox.x import XServer

PLATFORMS = {
    "telegram": ("Telegram", "sendMessage"),
    "reddit": ("Reddit", "POST /api/comment"),
    "twitter": ("X", "POST /2/tweets"),
    "email": ("Mail server", "DATA"),
}


@dataclass(frozen=True, slots=True)
class Mishap:
    """A button. `writes`: the next thing said fails; else the next request of any kind."""

    name: str
    title: str
    kind: FaultKind
    writes: bool = True
    times: int = 1
    seconds: float | None = None


MISHAPS = (
    Mishap("said, then 502", "The next post is taken and answered with an error.",
           FaultKind.ACCEPT_THEN_ERROR),
    Mishap("said, no answer", "The next post is taken and never answered.",
           FaultKind.ACCEPT_THEN_HANG, seconds=60),
    Mishap("said, line cut", "The next post is taken and the connection is cut.",
           FaultKind.ACCEPT_THEN_DROP),
    Mishap("said late", "The next post is taken 40 seconds later; the desk gave up by then.",
           FaultKind.ACCEPT_LATE, seconds=40),
    Mishap("line cut", "The next post does not arrive.", FaultKind.DROP),
    Mishap("503 five times", "Any five requests fail.", FaultKind.ERROR, writes=False, times=5),
    Mishap("429 storm", "Any five requests: too many, come back in 3 s.",
           FaultKind.TOO_MANY, writes=False, times=5, seconds=3),
    Mishap("401 once", "The credentials are refused once.", FaultKind.UNAUTHORIZED, writes=False),
    Mishap("half an answer", "The next post is taken; half of the answer comes.",
           FaultKind.TRUNCATED),
    Mishap("a web page", "The next request gets HTML instead of JSON.",
           FaultKind.HTML, writes=False),
)  # fmt: skip
FOR_MAIL = frozenset(
    (FaultKind.ACCEPT_THEN_ERROR, FaultKind.ACCEPT_THEN_DROP, FaultKind.DROP, FaultKind.ERROR)
)
TRICKS = {
    "poison": ("poison", "Something that nobody can read, in the middle of the rest."),
    "duplicate": ("everything twice", "The next five updates come twice."),
    "shuffle": ("out of order", "Updates come out of order until cleared."),
    "migrate": ("group moves", f"{cast.AMBASSADORS.title} becomes a supergroup with a new id."),
}
HAS_TRICKS = {"telegram": tuple(TRICKS), "reddit": ("poison",), "twitter": ("poison",), "email": ()}


def failures() -> list[dict[str, Any]]:
    """The buttons, by platform, for the page."""
    return [
        {"name": shown, "faults": [*_ordered(platform), *_played(platform)]}
        for platform, (shown, _) in PLATFORMS.items()
    ]


def _ordered(platform: str) -> list[dict[str, Any]]:
    return [
        {"name": m.name, "title": m.title, "wish": {"platform": platform, "mishap": number}}
        for number, m in enumerate(MISHAPS)
        if platform != "email" or m.kind in FOR_MAIL
    ]


def _played(platform: str) -> list[dict[str, Any]]:
    return [
        {
            "name": TRICKS[trick][0],
            "title": TRICKS[trick][1],
            "wish": {"platform": platform, "trick": trick},
        }
        for trick in HAS_TRICKS[platform]
    ]


class Trickster:
    """Orders faults and plays tricks. Safe to use from any thread."""

    def __init__(
        self, faults: Faults, telegram: TelegramServer, reddit: RedditServer, x: XServer,
        voices: Voices,
    ) -> None:  # fmt: skip
        self._faults, self._telegram, self._reddit, self._x = faults, telegram, reddit, x
        self._voices = voices

    def order(self, wish: Mapping[str, Any]) -> str:
        """What was ordered, in words. ValueError says what is wrong with the wish."""
        if wish.get("clear"):
            self._faults.clear()
            self._telegram.duplicate_updates(0)
            self._telegram.shuffle_updates(False)
            return "Everything works again."
        platform = wish.get("platform")
        if not isinstance(platform, str) or platform not in PLATFORMS:
            raise ValueError(f"platform should be one of {', '.join(PLATFORMS)}")
        if "trick" in wish:
            return self._trick(platform, wish["trick"])
        return self._fault(platform, wish.get("mishap"))

    def _fault(self, platform: str, number: object) -> str:
        if type(number) is not int or not 0 <= number < len(MISHAPS):
            raise ValueError(f"mishap should be a number from 0 to {len(MISHAPS) - 1}")
        mishap, (shown, write) = MISHAPS[number], PLATFORMS[platform]
        operation = write if mishap.writes else "*"
        self._faults.add(Fault(platform, operation, mishap.kind, mishap.times, mishap.seconds))
        return f"{shown}: {mishap.name}"

    def _trick(self, platform: str, trick: object) -> str:
        tricks: dict[str, Callable[[], object]] = {
            "poison": {
                "telegram": self._poison_telegram,
                "reddit": self._poison_reddit,
                "twitter": self._poison_x,
            }.get(platform, str),
            "duplicate": lambda: self._telegram.duplicate_updates(5),
            "shuffle": lambda: self._telegram.shuffle_updates(True),
            "migrate": self._migrate,
        }
        if not isinstance(trick, str) or trick not in HAS_TRICKS[platform]:
            raise ValueError(f"{platform} knows the tricks {', '.join(HAS_TRICKS[platform])}")
        tricks[trick]()
        return f"{PLATFORMS[platform][0]}: {TRICKS[trick][0]}"

    def _poison_telegram(self) -> None:
        chat = {"id": cast.ENGLISH.id, "type": "supergroup", "title": cast.ENGLISH.title}
        self._telegram.push_raw({"message": {"message_id": 1, "date": "not a date", "chat": chat}})

    def _poison_reddit(self) -> None:
        name = self._reddit.submit(cast.OWN_SUBREDDIT, cast.BYSTANDER.handle, "unreadable", "")
        self._reddit.spoil(name, created_utc="not a date")

    def _poison_x(self) -> None:
        text = f"@{cast.X_USERNAME} unreadable"
        self._x.poison(self._x.post(cast.BYSTANDER.handle, text))

    def _migrate(self) -> None:
        first = str(cast.AMBASSADORS.id)
        if first in self._voices.chats:
            raise ValueError(f"{cast.AMBASSADORS.title} has moved already")
        self._voices.chats[first] = self._telegram.migrate(cast.AMBASSADORS.id)
