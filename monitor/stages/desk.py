"""Do what managers ask for in the desk chat: buttons, answers to cards, commands. Each input is taken once, in one
transaction with what it does; the next is taken whatever became of this one.

It sends nothing itself but the word that a press was heard.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from monitor.core.handling import Act, pressed, second
from monitor.core.messages import Platform, Role
from monitor.core.roster import Person
from monitor.core.triage import Delivery, Kind, priority
from monitor.ports import Pressable, Refusal
from monitor.stages import relay
from monitor.stages.cards import Board
from monitor.store import cases, deliveries
from monitor.store import desk as store
from monitor.store import desk_inputs as inputs
from monitor.store.database import Connection, is_passing

log = logging.getLogger(__name__)
SLACK = 1_000  # rows looked at again: other writers' rows may appear late, out of their order
ABOUT_NO_CASE = "That post is about no single case, so this went to nobody. /open lists who waits; reply to a card."
OLD_CARD = (
    "I don't know that card any more, so this went to nobody. Reply to the newest one of the case; /open lists who "
    "waits, /case 12 shows one."
)
NAMELESS = (
    "I can't see who you are while you write as the group or a channel. Switch off “Remain anonymous” in your "
    "administrator rights, and write it again."
)
MORE_THAN_WORDS = (
    "Not sent. I pass on words only, and this is {media}: reply to the card with text. What they must see, post in "
    "the group itself as an answer to them: that counts as your answer, too."
)
STRANGER = "You are not in the roster (your id is {id}). Ask whoever keeps rules/roster.toml."

Todo = Callable[
    [Connection, Board, Any, Any, Person, str, datetime], str
]  # the press, its card, who, what
Press = Callable[[Connection, Board, Any, str, list[str], datetime], str]
Private = Callable[[Connection, Board, Any, datetime], None]
Command = Callable[[Connection, Board, Any, Person, str, datetime], str]


@dataclass
class Inbox:
    """What the desk has looked at, and who takes what. `todos`: acts of a card; `presses`: buttons by the word before
    their first colon; `commands`: by their name, without the slash."""

    board: Board
    connector: Pressable
    clock: Callable[[], datetime]
    todos: Mapping[Act, Todo] = field(default_factory=dict)
    presses: Mapping[str, Press] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)
    in_private: Private = lambda _connection, _board, _row, _now: (
        None
    )  # a command in a private chat with the bot
    private_presses: Mapping[str, Press] = field(
        default_factory=dict
    )  # only people of the roster, only here
    marks: dict[str, int] = field(default_factory=dict)

    def look(self) -> int:
        """Take everything that has come; how many inputs were taken."""
        taken = 0
        for stream, take in ((inputs.BUTTONS, _take_press), (inputs.MESSAGES, _take_message)):
            for row in self._new(stream):
                self._take(stream, row, take)
                taken += 1
        return taken + relay.settle(self.board, self.clock())

    def _new(self, stream: str) -> list[Any]:
        account = self.board.desk.account
        with self.board.database.read() as connection:
            newest = inputs.newest(connection, stream)
            seen = inputs.seen_until(connection, account, stream)
            after = max(seen or 0, self.marks.get(stream, 0))
            rows = list(self._rows(connection, stream, after)) if seen is not None else []
        if seen is None:  # what was written before the desk opened is not answered now
            with self.board.database.write() as connection:
                inputs.seen(connection, account, stream, newest, self.clock())
        if not rows:
            self.marks[stream] = max(after, newest - SLACK)
        return rows

    def _rows(self, connection: Connection, stream: str, after: int) -> Any:
        if stream == inputs.BUTTONS:
            return inputs.presses(connection, self.board.desk.account, after)
        places = {(p.value, key) for p, key in self.board.ours(connection)}
        return inputs.written(connection, places, after)

    def _take(self, stream: str, row: Any, take: Callable[[Inbox, Connection, Any], str]) -> None:
        now, said = self.clock(), ""
        try:
            with self.board.database.write() as connection:
                said = take(self, connection, row)
                inputs.seen(connection, self.board.desk.account, stream, row.id, now)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("a manager's input failed", extra={"stream": stream, "row": row.id})
            said = "That did not work; the engineer finds why in the log."
            with self.board.database.write() as connection:
                inputs.seen(connection, self.board.desk.account, stream, row.id, now)
        if stream == inputs.BUTTONS:
            self._hear(row, said)

    def _hear(self, row: Any, said: str) -> None:
        try:
            self.connector.answer_button(row.details.get("query_id", row.native_id), said)
        except Refusal as refusal:  # too late to say: the card shows what came of it
            log.info("a press could not be answered", extra={"reason": refusal.reason})


def _take_press(inbox: Inbox, connection: Connection, row: Any) -> str:
    kind, *parts = str(row.details.get("data", "")).split(":")
    now = inbox.clock()
    if kind in inbox.presses:
        return inbox.presses[kind](connection, inbox.board, row, row.author_id, parts, now)
    if kind not in ("c", "r", *inbox.private_presses):
        return "This button is not known any more."
    person = person_of(inbox.board, row.author_id, now)
    if person is None:
        return STRANGER.format(id=row.author_id)
    if (Platform(row.platform), row.place) not in inbox.board.ours(connection):
        return "Buttons of the desk work in the desk chat only."
    if kind in inbox.private_presses:
        press = inbox.private_presses[kind]
        return press(connection, inbox.board, row, person.name, parts, now)
    if kind == "c":
        return _press_card(inbox, connection, row, person, parts)
    return relay.press_draft(connection, inbox.board, row, person.name, parts, now)


def person_of(board: Board, author_id: str, now: datetime) -> Person | None:
    """Who of the team that is, at this moment; by id, never by name. Bots of the roster decide nothing."""
    found = board.roster().person(board.desk.platform, author_id, now)
    return found if found is not None and found.role is Role.STAFF else None


def _press_card(
    inbox: Inbox, connection: Connection, row: Any, person: Person, parts: list[str]
) -> str:
    board, now = inbox.board, inbox.clock()
    nonce, act, argument = (*parts, "", "", "")[:3]
    card = store.card_by_nonce(connection, nonce)
    if card is None or act not in set(Act):
        return "This button is out of date. The newest card of the case has good ones."
    before = store.handling_of(card)
    _take_away_twin(connection, card, row.details.get("message_id"))
    if before.nonce != nonce:
        return second(before, now)
    case = cases.load(connection, [card.case_id], lock=True)[card.case_id]
    verdict = pressed(before, case, person.name, Act(act), argument, now)
    if verdict.handling is None:
        return verdict.toast
    if not store.keep(connection, before, verdict.handling, board.nonce()):
        return second(before, now)
    key = f"press:{row.native_id}"
    if verdict.handling.revision != before.revision or verdict.todo is not None:
        inputs.note_act(connection, key, act, person.name, now, case_id=card.case_id, details=argument)  # fmt: skip
    todo = inbox.todos.get(verdict.todo) if verdict.todo is not None else None
    if verdict.todo is not None and todo is None:
        return "That is not possible here yet."
    return (
        todo(connection, board, row, card, person, verdict.argument, now) if todo else verdict.toast
    )


def _take_away_twin(connection: Connection, card: Any, message_id: str | None) -> None:
    """A press under a second post of a card, or an answer to it, shows that both were taken: the late one goes."""
    if message_id and card.native_id and message_id not in (card.native_id, card.extra_id):
        store.change_card(connection, card.case_id, extra_id=message_id, live=True)


def _take_message(inbox: Inbox, connection: Connection, row: Any) -> str:
    board, now = inbox.board, inbox.clock()
    if (Platform(row.platform), row.place) not in board.ours(connection):
        if row.author_kind == "person" and row.text.strip():
            inbox.in_private(connection, board, row, now)
        return ""
    case_id, is_card = _about(connection, row)
    is_command = row.text.startswith("/")
    if case_id is None and not is_command:
        if is_card or (row.reply_to and store.is_ours(connection, row.place, row.reply_to)):
            say(connection, board, row, OLD_CARD if is_card else ABOUT_NO_CASE, now)
        return ""  # otherwise managers talk with each other
    if row.author_kind != "person":
        if row.author_kind != "bot":
            say(connection, board, row, NAMELESS, now)
        return ""
    person = person_of(board, row.author_id, now)
    if person is None:
        say(connection, board, row, STRANGER.format(id=row.author_id), now)
    elif _is_more_than_words(connection, board, row, now):
        pass  # told
    elif case_id is None:
        _command(inbox, connection, row, person)
    elif is_command:
        say(connection, board, row, "Commands stand alone; to answer, reply with plain words.", now)
    else:
        relay.answer(connection, board, row, case_id, person.name, now)
    return ""


def _about(connection: Connection, row: Any) -> tuple[int | None, bool]:
    """Which case the post is about that a message answers, and whether that post is surely a card. A card of which we
    never learned that it was taken is known by its buttons; there is another since, so it goes."""
    if not row.reply_to:
        return None, False
    if (case_id := store.case_of_post(connection, row.place, row.reply_to)) is not None:
        return case_id, True
    post = inputs.answered_by(connection, row) or {}
    kind, nonce, *_ = (*post.get("data", "").split(":"), "", "")
    card = store.card_by_nonce(connection, nonce) if kind == "c" and nonce else None
    if card is None:
        return None, kind == "c"
    _take_away_twin(connection, card, row.reply_to)
    return int(card.case_id), True


def _is_more_than_words(connection: Connection, board: Board, row: Any, now: datetime) -> bool:
    """A photo or a voice message cannot be passed on: its sender is told, once for an album."""
    found = inputs.media_of(connection, row) if row.reply_to else None
    if found is None and row.text.strip():
        return False
    media, album = (found or {}).get("media") or "something else", (found or {}).get("album")
    say(
        connection,
        board,
        row,
        MORE_THAN_WORDS.format(media=media),
        now,
        about=f"album:{album}" if album else "",
    )
    return True


def _command(inbox: Inbox, connection: Connection, row: Any, person: Person) -> None:
    word, _, rest = row.text[1:].partition(" ")
    name, _, addressee = word.strip().lower().partition("@")
    handle = inputs.handle_of(connection, inbox.board.desk.account).lower()
    if addressee and handle and addressee != handle:
        return  # another bot's
    now = inbox.clock()
    command = inbox.commands.get(name)
    if command is None:
        answer = f"There is no /{name[:30]}. /help shows what there is."
    else:
        answer = command(connection, inbox.board, row, person, rest.strip(), now)
    if answer:
        say(connection, inbox.board, row, answer, now)


def say(connection: Connection, board: Board, row: Any, text: str, now: datetime, *,
        buttons: tuple[tuple[tuple[str, str], ...], ...] = (), suffix: str = "", about: str = "") -> None:  # fmt: skip
    """Answer a manager's message in the desk chat, once; once for all that is `about` the same."""
    note = Delivery(
        f"note:{row.place}:{about or row.native_id}{suffix}", Kind.NOTE, board.desk.account, board.desk.platform,
        row.place, text, priority(Kind.NOTE), now, now + timedelta(minutes=30), row.thread, row.native_id,
        buttons=buttons,
    )  # fmt: skip
    deliveries.queue(connection, [note], {}, now)
