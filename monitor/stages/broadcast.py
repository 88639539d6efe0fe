"""Announce from the desk chat: what one person asks for is shown with what would be said where, and kept until
another decides. It sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core import broadcast as texts
from monitor.core.announcements import Announcement, State, Target
from monitor.core.broadcast_ask import HOW, Asked, BadAsk, lint, moment, read, recurring
from monitor.core.messages import Platform
from monitor.core.roster import Person
from monitor.stages import announce
from monitor.stages.announce import NotAllowed
from monitor.stages.broadcast_post import buttons_of, text_of
from monitor.stages.cards import Board
from monitor.stages.desk import Command, say
from monitor.store import announcements as stored
from monitor.store import broadcast as store
from monitor.store.database import Connection, writing


@dataclass(frozen=True, slots=True)
class Terms:
    """What announcing needs of the config. `targets` and `file` raise BadAsk."""

    targets: Callable[[Sequence[str]], tuple[Target, ...]]
    file: Callable[[str], Asked | None]
    languages: tuple[str, ...]
    default_language: str
    zone: ZoneInfo
    links: tuple[str, ...] = ()
    hold: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Turn:
    """One command, by whom and with what."""

    terms: Terms
    connection: Connection
    board: Board
    row: Any
    by: Person
    rest: str
    now: datetime


def commands(terms: Terms) -> Mapping[str, Command]:
    """By name."""
    asks: dict[str, Callable[[Turn], str]] = {
        "announce": _announce,
        "announcements": _list,
        "correct": _correct,
        "retract": _retract,
        "pin": lambda turn: _pin(turn, "pin"),
        "unpin": lambda turn: _pin(turn, "unpin"),
    }
    return {name: _told(terms, ask) for name, ask in asks.items()}


def _told(terms: Terms, ask: Callable[[Turn], str]) -> Command:
    """What cannot be done is answered with its sentence, and leaves nothing behind."""

    def command(
        connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
    ) -> str:
        try:
            with writing(connection):
                return ask(Turn(terms, connection, board, row, by, rest, now))
        except (BadAsk, NotAllowed) as refusal:
            return str(refusal)

    return command


def _announce(turn: Turn) -> str:
    terms = turn.terms
    asked = _with_file(terms, read(turn.rest, terms.languages))
    at = moment(asked.at, terms.zone, turn.now) if asked.at else None
    spec = recurring(asked.every) if asked.every else None
    targets = terms.targets(asked.targets)
    plan = Announcement(asked.name, asked.texts, targets, State.DRAFT, turn.by.name)
    shown, apart = _preview(turn, plan)
    if lint(plan, terms.default_language, terms.links).stops:
        return f"{texts.title('announce', plan.name)}\n{shown}\n\nNothing is drafted. Write it again, mended."
    asks = store.is_asked(turn.connection, plan.name)
    drafted = announce.draft(
        turn.connection, plan, terms.default_language, turn.now,
        or_else=", or press Discard under it first" if asks else "",
    )  # fmt: skip
    _ask(turn, drafted, apart, kind="announce", preview=shown, at=at, spec=spec)
    return ""


def _with_file(terms: Terms, asked: Asked) -> Asked:
    """A command without texts means the file of that name; what the command says besides wins."""
    if asked.texts:
        if not asked.targets:
            raise BadAsk(f"Say where: a set such as @everywhere, or ACCOUNT:PLACE. {HOW}")
        return asked
    found = terms.file(asked.name)
    if found is None:
        raise BadAsk(f"There is no text, and no file announcements/{asked.name}.toml. {HOW}")
    return replace(asked, targets=asked.targets or found.targets, texts=found.texts)


def _preview(
    turn: Turn, plan: Announcement, languages: Sequence[str] | None = None
) -> tuple[str, tuple[str, ...]]:
    keys = [(t.platform.value, t.place) for t in plan.targets]
    known = store.place_names(turn.connection, keys)

    def name(target: Target) -> str:
        return known.get((target.platform.value, target.place), target.place)

    default = turn.terms.default_language
    return texts.preview(
        plan, default, name, lint(plan, default, turn.terms.links), shown=languages
    )


def _ask(turn: Turn, plan: Announcement, apart: Sequence[str] = (), **values: Any) -> int | None:
    """Show it in the desk chat, and keep it until somebody decides. None: this message was taken before."""
    connection, board, row = turn.connection, turn.board, turn.row
    asked = {
        "key": f"note:{row.place}:{row.native_id}", "name": plan.name, "nonce": board.nonce(), "state": store.ASKING,
        "account": board.desk.account, "place": row.place, "by": turn.by.name, "by_id": row.author_id,
        "texts": dict(plan.texts), "digest": plan.digest, "preview": "", "asked_at": turn.now,
    }  # fmt: skip
    number = store.ask(connection, **asked | values)
    if number is None:
        return None
    kept = store.by_number(connection, number)
    shown = text_of(connection, kept, turn.terms.zone, turn.now)
    store.change(connection, number, shown=shown.text, edited_at=turn.now)
    say(connection, board, row, shown.text, turn.now, buttons=buttons_of(kept, shown))
    for part, text in enumerate(apart, 1):
        say(connection, board, row, text, turn.now, suffix=f":part{part}")
    return number


def _correct(turn: Turn) -> str:
    terms = turn.terms
    asked = read(turn.rest, terms.languages)
    found = _named(turn, asked.name)
    if not asked.texts or asked.targets or asked.at or asked.every:
        raise BadAsk(f"Write /correct {asked.name}, then the new texts by lines: en: …, zh: …")
    if found.state is State.CANCELLED:
        raise BadAsk(f"{asked.name} was cancelled. Announce it anew under another name.")
    if found.state is State.DONE and not store.standing(turn.connection, found.name):
        raise BadAsk(
            f"Nothing of {asked.name} stands anywhere. Announce it anew under another name."
        )
    plan = replace(found, texts={**found.texts, **asked.texts})
    changed = [name for name in asked.texts if plan.texts[name] != found.texts.get(name)]
    if not changed:
        raise BadAsk(f"{asked.name} says just that already.")
    shown, apart = _preview(turn, plan, changed)
    if lint(plan, terms.default_language, terms.links).stops:
        return f"{texts.title('correct', plan.name)}\n{shown}\n\nNothing is changed. Write it again, mended."
    if any(target.platform is Platform.TWITTER for target in plan.targets):
        shown = f"On X nothing can be edited: an answer beneath says it.\n{shown}"
    _ask(turn, plan, apart, kind="correct", preview=shown, digest=found.digest)
    return ""


def _retract(turn: Turn) -> str:
    found = _named(turn, _only_name(turn.rest, "retract"))
    said = store.standing(turn.connection, found.name)
    if not said and found.state is not State.SCHEDULED:
        raise BadAsk(f"{found.name}: it is {found.state}, and nothing of it stands anywhere.")
    again = ", and it is not said again." if found.state is State.SCHEDULED else "."
    excerpt = "\n".join(f"{language}: {text}" for language, text in found.texts.items())
    preview = f"{texts.posts(len(said))} taken back{again}\n\n{texts.excerpt(excerpt)}"
    _ask(turn, found, kind="retract", preview=preview)
    return ""


def _pin(turn: Turn, kind: str) -> str:
    """No second person: nothing is said by it."""
    found = _named(turn, _only_name(turn.rest, kind))
    said = store.standing(turn.connection, found.name)
    posts = store.newest_each([d for d in said if d.platform == Platform.TELEGRAM])
    if not posts:
        raise BadAsk(f"{found.name} was said nowhere on Telegram, and only Telegram pins.")
    number = _ask(
        turn, found, kind=kind, state=store.APPROVED, decided_by=turn.by.name, decided_at=turn.now
    )
    if number is not None:
        store.retouch(turn.connection, number, kind, [(d, "") for d in posts], turn.now)
    return ""


def _only_name(rest: str, command: str) -> str:
    words = rest.split()
    if len(words) != 1:
        raise BadAsk(f"Write /{command} NAME. /announcements lists the names.")
    return words[0]


def _named(turn: Turn, name: str) -> Announcement:
    found = stored.named(turn.connection, name)
    if found is None:
        raise BadAsk(f"There is no announcement {name[:60]!r}. /announcements lists them.")
    return found


def _list(turn: Turn) -> str:
    found = stored.all_announcements(turn.connection)
    return texts.listed([_line(turn, one) for one in found[:15]], len(found))


def _line(turn: Turn, found: Announcement) -> str:
    when = ""
    if found.state is State.SCHEDULED:
        clock = texts.clock(found.at or turn.now, turn.terms.zone, turn.now)
        when = f" every {found.spec}" if found.spec else f" for {clock}"
    approved = f", approved by {found.approved_by}" if found.approved_by else ""
    counts = sorted(stored.outcomes(turn.connection, found.name).items())
    said = ", ".join(f"{n} {state.replace('_', ' ')}" for state, n in counts)
    if not said and found.state is State.DONE:
        said = "nothing was said"
    return f"{found.name}: {found.state}{when} · by {found.drafted_by}{approved}" + (
        f" · {said}" if said else ""
    )
