"""What the page shows, as JSON, and what a visitor wishes, checked. It serves no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monitor.sandbox import cast
from monitor.sandbox.faults import Faults
from monitor.sandbox.happenings import Happening, Happenings
from monitor.sandbox.mishaps import PLATFORMS, Trickster, failures
from monitor.sandbox.telegram import TelegramServer
from monitor.sandbox.voices import Saying, Voices

Json = dict[str, Any]
TEXT_LIMIT = 4000
SHOWN_FAULTS = 40
OWN_PLACE, OTHER_PLACE = (f"r/{name.lower()}" for name in cast.SUBREDDITS)


class Show:
    """The page's view of one sandbox. Safe to use from any thread."""

    def __init__(
        self,
        happenings: Happenings,
        faults: Faults,
        voices: Voices,
        trickster: Trickster,
        telegram: TelegramServer,
        mails: Callable[[], Sequence[Any]],
    ) -> None:
        self.happenings = happenings
        self._faults, self._voices, self._trickster = faults, voices, trickster
        self._telegram, self._mails = telegram, mails

    def setting(self) -> Json:
        """Places, people and buttons."""
        people = [
            {"key": p.key, "name": p.name, "language": p.language, "side": p.side}
            for p in cast.PEOPLE
        ]
        return {"columns": columns(), "people": people, "failures": failures()}

    def condition(self) -> Json:
        """Faults still to come and struck, and the mails."""
        pending = [
            {"what": _plain(f.kind), "where": f"{_shown(f.platform)}, {f.operation} x{f.times}"}
            for f in list(self._faults.pending)
        ]
        struck = [
            {"what": _plain(kind), "where": f"{_shown(platform)}, {operation}"}
            for platform, operation, kind in self._faults.struck[: -SHOWN_FAULTS - 1 : -1]
        ]
        mails = [_heads(number, mail) for number, mail in enumerate(self._mails())]
        return {"pending": pending, "struck": struck, "mails": mails}

    def told(self, happening: Happening) -> Json:
        """One happening, with who it was and where."""
        person = self._voices.shown_as(happening.who)
        stranger = person.side if person is not None else cast.Side.STRANGER
        place = self._voices.first_place(happening.place)
        return {
            "platform": happening.platform,
            "place": place,
            "kind": happening.kind,
            "id": happening.native_id,
            "name": self._name(happening, person),
            "side": "product" if happening.side == "product" else stranger,
            "text": happening.text,
            "at": happening.at.isoformat(),
            "reply_to": happening.reply_to,
            "thread": happening.thread,
            "where": self._topic(happening) or _where(happening, place),
            "titled": happening.platform == "reddit" and happening.native_id.startswith("t3_"),
            "keys": self._keys(happening),
        }

    def said(self, wish: Mapping[str, Any]) -> Json:
        """Say something for a visitor. ValueError says what is wrong."""
        saying = self._saying(wish)
        try:
            native_id = self._voices.say(saying)
            return {"id": native_id, "as": saying.who.key, "name": saying.who.name}
        except KeyError:
            raise ValueError("the place, or the message to answer, is not there") from None

    def pressed(self, wish: Mapping[str, Any]) -> Json:
        """Press a button of the desk for a visitor. ValueError says what is wrong."""
        try:
            person = self._voices.person(_text(wish, "as"))
            place = self._voices.place_now(_text(wish, "place"))
            number = int(_text(wish, "id"))
            query = self._telegram.press(place, person.telegram_id, number, _text(wish, "key"))
            return {"id": query}
        except KeyError:
            raise ValueError("that button is not there any more") from None

    def fail(self, wish: Mapping[str, Any]) -> Json:
        """Order a failure. ValueError says what is wrong."""
        return {"ordered": self._trickster.order(wish)}

    def mail(self, number: int) -> str:
        """The HTML of a mail. IndexError when there is none."""
        return str(self._mails()[number].html)

    def _name(self, happening: Happening, person: cast.Person | None) -> str:
        if happening.side == "product" or person is None:
            return happening.who
        return person.name if happening.platform == "telegram" else happening.who

    def _saying(self, wish: Mapping[str, Any]) -> Saying:
        platform = _text(wish, "platform")
        if platform not in ("telegram", "reddit", "twitter"):
            raise ValueError("platform should be one of telegram, reddit, twitter")
        place = _text(wish, "place")
        if place not in PLACES[platform]:
            raise ValueError(f"place should be one of {', '.join(PLACES[platform])}")
        text = _text(wish, "text").strip()
        if not 0 < len(text) <= TEXT_LIMIT:
            raise ValueError(f"text should have 1 to {TEXT_LIMIT} characters")
        reply_to, thread = _number(wish, "reply_to", platform), _number(wish, "thread", platform)
        return Saying(self._person(wish), platform, place, text, reply_to, thread)

    def _person(self, wish: Mapping[str, Any]) -> cast.Person:
        try:
            return self._voices.person(_text(wish, "as"))
        except KeyError:
            raise ValueError("`as` should be the key of a person, or new") from None

    def _topic(self, happening: Happening) -> str:
        """The name of the topic of the managers' chat where that was said; "" where it has none."""
        if happening.place != str(cast.DESK.id) or happening.thread is None:
            return ""
        chat = next((c for c in self._telegram.chats if c.id == cast.DESK.id), None)
        return chat.topics.get(int(happening.thread), "") if chat is not None else ""

    def _keys(self, happening: Happening) -> list[Json]:
        """The buttons under a message of ours on Telegram."""
        if happening.platform != "telegram" or happening.kind not in ("said", "edited"):
            return []
        chat = next((c for c in self._telegram.chats if str(c.id) == happening.place), None)
        said = chat.messages.get(int(happening.native_id)) if chat is not None else None
        markup = said.markup if said is not None else None
        rows = (markup or {}).get("inline_keyboard", [])
        return [
            {"text": key.get("text", ""), "value": key["callback_data"]}
            for row in rows
            for key in row
            if "callback_data" in key
        ]


def columns() -> list[Json]:
    """The page's columns, in order. `holds` are the places whose messages go there."""
    groups = cast.GROUPS
    return [
        _column("telegram", "telegram", "Telegram groups", "Telegram", [str(g.id) for g in groups],
                "the desk is in each of them", _telegram_places(), _filters()),
        _column("reddit", "reddit", "Reddit", "Reddit", [OWN_PLACE, OTHER_PLACE],
                f"the desk answers in r/{cast.OWN_SUBREDDIT} only",
                [_place(OWN_PLACE, f"r/{cast.OWN_SUBREDDIT}"),
                 _place(OTHER_PLACE, f"r/{cast.OTHER_SUBREDDIT}")], tree=True),
        _column("twitter", "twitter", "X", "X", ["x"],
                "the desk answers who mentions it", [_place("x", "X")], tree=True,
                opening=f"@{cast.X_USERNAME} "),
        _column("desk", "telegram", "Managers' desk", "Desk", [str(cast.DESK.id)],
                "a Telegram chat: what people must look at",
                [_place(str(cast.DESK.id), cast.DESK.title)], speaker=cast.STAFF[0].key),
        _column("email", "email", "Mailbox", "Mail", [], "reports as they arrive", []),
    ]  # fmt: skip


def _column(
    key: str, platform: str, title: str, short: str, holds: list[str], hint: str,
    places: list[Json], filters: Sequence[Json] = (), **more: Any,
) -> Json:  # fmt: skip
    empty = "No mail yet." if platform == "email" else "Nothing said yet. Write something below."
    empty = "Nothing to look at yet." if key == "desk" else empty
    return {"key": key, "platform": platform, "title": title, "short": short, "hint": hint,
            "holds": holds, "places": places, "filters": list(filters), "empty": empty,
            "tree": False, "opening": "", **more}  # fmt: skip


def _place(place: str, name: str, thread: str | None = None) -> Json:
    return {"place": place, "name": name, "thread": thread}


def _telegram_places() -> list[Json]:
    plain = [_place(str(g.id), _short(g)) for g in cast.GROUPS if not g.topics]
    topics = [
        _place(str(cast.FORUM.id), f"{_short(cast.FORUM)}: {cast.TOPIC_OF[language]}", thread)
        for language, thread in cast.TOPIC_IDS.items()
    ]
    return [*plain, *topics]


def _filters() -> list[Json]:
    return [{"name": _short(g), "place": str(g.id)} for g in cast.GROUPS]


def _short(group: cast.TelegramChat) -> str:
    return group.title.removeprefix("ExampleX ")


def _where(happening: Happening, place: str) -> str:
    if happening.platform == "reddit":
        names = {f"r/{name.lower()}": f"r/{name}" for name in cast.SUBREDDITS}
        return names.get(place, place) if happening.reply_to is None else ""
    group = next((g for g in cast.GROUPS if str(g.id) == place), None)
    if happening.platform != "telegram" or group is None:
        return ""
    topic = TOPIC_NAMES.get(happening.thread or "", "") if group.topics else ""
    return f"{_short(group)}: {topic}" if topic else _short(group)


def _heads(number: int, mail: Any) -> Json:
    return {
        "number": number,
        "subject": mail.subject,
        "from": mail.sender,
        "to": ", ".join(mail.recipients),
        "at": mail.at.isoformat(),
        "text": mail.text,
        "has_html": bool(mail.html),
    }


def _text(wish: Mapping[str, Any], key: str) -> str:
    value = wish.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} should be text")
    return value


def _number(wish: Mapping[str, Any], key: str, platform: str) -> str | None:
    value = wish.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or (platform == "telegram" and not value.isdecimal()):
        raise ValueError(f"{key} should be the id of a message")
    return value


def _plain(kind: object) -> str:
    return str(kind).replace("_", " ")


def _shown(platform: str) -> str:
    return PLATFORMS[platform][0] if platform in PLATFORMS else platform


TOPIC_NAMES = {thread: cast.TOPIC_OF[language] for language, thread in cast.TOPIC_IDS.items()}
PLACES = {
    "telegram": tuple(str(g.id) for g in (*cast.GROUPS, cast.DESK)),
    "reddit": (OWN_PLACE, OTHER_PLACE),
    "twitter": ("x",),
}
