"""Two minutes of communities in real time, as a list of moves. Never a move of the product's."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from monitor.sandbox.telegram_world import Said
from monitor.sandbox.voices import Saying, Voices

WORLD = str(cast.FORUM.id)
PLACES = {
    "english": str(cast.ENGLISH.id),
    "chinese": str(cast.CHINESE.id),
    "world": WORLD,
    "ours": f"r/{cast.OWN_SUBREDDIT.lower()}",
    "elsewhere": f"r/{cast.OTHER_SUBREDDIT.lower()}",
    "x": "x",
    "desk": str(cast.DESK.id),
}
LONGEST_WAIT = 6.0  # seconds that a manager waits for a card to appear


@dataclass(frozen=True, slots=True)
class Move:
    """At `at` seconds somebody says `text`. `answers`, `changes`: the `key` of an earlier move.

    At the desk: `card` is a part of a post of the product's, `presses` the label of its button; without it the text
    answers that post.
    """

    at: float
    who: str
    place: str
    text: str = ""
    key: str = ""
    answers: str = ""
    changes: str = ""
    card: str = ""
    presses: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """One move done: where it went and its native id."""

    move: Move
    native_id: str


@cache
def moves() -> tuple[Move, ...]:
    """The play as it is written down in play.toml."""
    text = resources.files(__package__).joinpath("play.toml").read_text(encoding="utf-8")
    return tuple(
        Move(place=PLACES[written.pop("where")], **written)
        for written in tomllib.loads(text)["move"]
    )


def play(
    sandbox: Sandbox,
    sleep: Callable[[float], None],
    now: Callable[[], datetime],
    script: Sequence[Move] | None = None,
    tell: Callable[[Move], None] = lambda move: None,
) -> list[Played]:
    """Do the moves, each at its time after `now()`, telling of each."""
    begin, done = now(), dict[str, Played]()
    played: list[Played] = []
    for move in moves() if script is None else script:
        wait = (begin + timedelta(seconds=move.at) - now()).total_seconds()
        if wait > 0:
            sleep(wait)
        tell(move)
        if move.card:
            step = Played(move, _at_desk(sandbox, move, sleep))
        else:
            step = Played(move, _do(sandbox.voices, move, done))
        played.append(step)
        done[move.key or move.changes] = step
    return played


def _do(voices: Voices, move: Move, done: dict[str, Played]) -> str:
    platform = platform_of(move.place)
    if move.changes:
        return voices.edit(platform, move.place, done[move.changes].native_id, move.text)
    person = voices.person(move.who)
    earlier = done[move.answers].native_id if move.answers else None
    thread = cast.TOPIC_IDS.get(_topic(move, done)) if move.place == WORLD else None
    saying = Saying(person, platform, move.place, move.text, earlier, thread)
    return voices.say(saying)


def _at_desk(sandbox: Sandbox, move: Move, sleep: Callable[[float], None]) -> str:
    """Press or answer what the product has posted; "" when it never came."""
    waited = 0.0
    while (post := _post_with(sandbox, move)) is None:
        if waited >= LONGEST_WAIT:
            return ""
        sleep(0.25)
        waited += 0.25
    person = sandbox.voices.person(move.who)
    if not move.presses:
        saying = Saying(person, "telegram", move.place, move.text, str(post.message_id))
        return sandbox.voices.say(saying)
    return sandbox.telegram.press(
        int(move.place), person.telegram_id, post.message_id, _button(post, move.presses) or ""
    )


def _post_with(sandbox: Sandbox, move: Move) -> Said | None:
    """The newest such post of the product's, with such a button if one is to be pressed."""
    for said in reversed(sandbox.telegram.messages(int(move.place))):
        has_button = not move.presses or _button(said, move.presses) is not None
        if said.by_product and move.card in said.text and has_button and said.markup:
            return said
    return None


def _button(said: Said, label: str) -> str | None:
    rows = (said.markup or {}).get("inline_keyboard", [])
    found = (key.get("callback_data") for row in rows for key in row if key.get("text") == label)
    return next(found, None)


def _topic(move: Move, done: dict[str, Played]) -> str:
    """An answer goes to the topic of what it answers."""
    asked = done[move.answers].move.who if move.answers else move.who
    return cast.BY_KEY[asked].language


def platform_of(place: str) -> str:
    """Which platform a place of the sandbox is on."""
    if place == "x":
        return "twitter"
    return "reddit" if place.startswith("r/") else "telegram"
