"""What the buttons of a card do beyond claiming: close, withdraw, relabel, merge, hand over, ready answers.

Each runs inside the press's own transaction; a refusal is told and changes nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from monitor.core import handling
from monitor.core.assessment import Topic, Urgency
from monitor.core.cases import Case
from monitor.core.corrections import CorrectionRefused
from monitor.core.handling import Act, Menu
from monitor.core.listing import case_number
from monitor.core.messages import Role
from monitor.core.roster import Person
from monitor.core.text import clip, safe
from monitor.core.triage import Kind, reply_text
from monitor.stages import correct, learning, relay
from monitor.stages.cards import Board
from monitor.stages.desk import Todo
from monitor.store import board as lists
from monitor.store import cardfacts, cases
from monitor.store import desk as store
from monitor.store.database import Connection


def todos() -> Mapping[Act, Todo]:
    """Every act that needs more than the card itself."""
    return {
        Act.CLOSE: _close,
        Act.NOT_QUESTION: _not_a_question,
        Act.TOPIC: _relabel,
        Act.URGENCY: _relabel,
        Act.MERGE: _merge,
        Act.REASSIGN: _hand_to,
        Act.QUICK: _quick,
    }


def tag(name: str) -> str:
    """A name as it travels in a button, which has no room for the name itself."""
    return f"{zlib.crc32(name.encode()):08x}"


def _close(connection: Connection, board: Board, row: Any, card: Any, by: Person, argument: str,
           now: datetime) -> str:  # fmt: skip
    return _corrected(
        connection, card, f"{by.name} closed it", now, "Closed.",
        lambda: correct.close(connection, card.case_id, by.name, now),
    )  # fmt: skip


def _not_a_question(connection: Connection, board: Board, row: Any, card: Any, by: Person, argument: str,
                    now: datetime) -> str:  # fmt: skip
    def withdraw() -> None:
        correct.not_a_question(connection, card.case_id, by.name, now)
        number = _asking_message(connection, card.case_id)
        if number is not None:
            learning.correct(connection, number, Topic.CHATTER, Urgency.LOW, by.name, now, "desk")

    told = "Withdrawn: no report counts it, and the judge has learned from it."
    return _corrected(connection, card, f"{by.name}: not a question", now, told, withdraw)


def _relabel(connection: Connection, board: Board, row: Any, card: Any, by: Person, argument: str,
             now: datetime) -> str:  # fmt: skip
    case = cases.load(connection, [card.case_id])[card.case_id]
    if argument not in _LABELS:
        return "That label is not known."
    topic, urgency = _label(case, argument)
    number = _asking_message(connection, card.case_id)
    if number is None:
        return "The message is gone; there is nothing to label."
    return _corrected(
        connection, card, f"{by.name}: it is {topic}, {urgency.word}", now, "Thank you: learned.",
        lambda: learning.correct(connection, number, topic, urgency, by.name, now, "desk"),
    )  # fmt: skip


_LABELS = {t.value for t in Topic} | {u.word for u in Urgency}


def _label(case: Case, argument: str) -> tuple[Topic, Urgency]:
    if argument in {t.value for t in Topic}:
        return Topic(argument), case.urgency
    words = {u.word: u for u in Urgency}
    return case.topic, words.get(argument, case.urgency)


def _merge(connection: Connection, board: Board, row: Any, card: Any, by: Person, argument: str,
           now: datetime) -> str:  # fmt: skip
    into = case_number(argument)
    if into is None:
        return "Which one?"
    return _corrected(
        connection, card, f"{by.name} merged it into #{into}", now, f"Merged into #{into}.",
        lambda: correct.merge(connection, into, card.case_id, by.name, now),
    )  # fmt: skip


def _hand_to(connection: Connection, board: Board, row: Any, card: Any, by: Person, argument: str,
             now: datetime) -> str:  # fmt: skip
    people = [p for p in board.roster().people if p.counts(now) and tag(p.name) == argument]
    if not people:
        return "That person is not in the roster any more."
    before = store.handling_of(store.card_of(connection, card.case_id))
    after = handling.handed(before, people[0].name, by.name, now)
    store.keep(connection, before, after, board.nonce())
    return f"{people[0].name} has it."


def _quick(connection: Connection, board: Board, row: Any, card: Any, by: Person, argument: str,
           now: datetime) -> str:  # fmt: skip
    case = cases.load(connection, [card.case_id])[card.case_id]
    text = ready_answers(board, case, connection).get(argument)
    if text is None:
        return "That answer is not there any more."
    relay.offer(connection, board, row, card, by.name, text[1], now)
    return "Shown below the card: send it, or reply to it with your own words."


def ready_answers(board: Board, case: Case, connection: Connection) -> dict[str, tuple[str, str]]:
    """What comes back in a button to (label, text): FAQ entries that may fit, then the topic's own texts."""
    found: dict[str, tuple[str, str]] = {}
    for name, title, text in board.suggest(connection, case):
        found[tag(f"faq:{name}")] = (title, text)
    playbook = board.playbook()
    for kind, label in ((Kind.ANSWER, "Standard answer"), (Kind.ACKNOWLEDGEMENT, "We have seen it")):  # fmt: skip
        words = reply_text(playbook, kind, case.topic, case.language, None)
        if words and words not in {text for _, text in found.values()}:
            found[tag(f"{kind}:{case.topic}")] = (f"{label} ({case.language})", words)
    return found


def offers(connection: Connection, board: Board, case: Case, state: handling.Handling,
           now: datetime) -> dict[str, Any]:  # fmt: skip
    """What the open menu of a card offers, and the entry that may fit best."""
    match state.menu:
        case Menu.QUICK:
            ready = ready_answers(board, case, connection)
            return {"quick": tuple((name, title) for name, (title, _) in ready.items())[:6]}
        case Menu.PEOPLE:
            return {"people": tuple((tag(name), name) for name in _colleagues(board, state, now))}
        case Menu.MERGE:
            alike = lists.alike(connection, case)
            return {"similar": tuple((str(w.case_id), f"#{w.case_id} {w.topic} · {clip(safe(w.who), 20)}")
                                     for w in alike)}  # fmt: skip
    if not case.is_waiting:
        return {}
    return {"offers": next((title for _, title, _ in board.suggest(connection, case)), "")}


def _colleagues(board: Board, state: handling.Handling, now: datetime) -> list[str]:
    """Who is on duty first; at most eight fit."""
    team = [p for p in board.roster().people if p.role is Role.STAFF and p.counts(now)]
    team.sort(key=lambda p: not p.is_on_duty(now))
    return [p.name for p in team if p.name != state.claimed_by][:8]


def _asking_message(connection: Connection, case_id: int) -> int | None:
    row, _ = cardfacts.facts(connection, [case_id])[case_id]
    return row.message_id if row.deleted_at is None else None


def _corrected(connection: Connection, card: Any, what: str, now: datetime, told: str,
               do: Callable[[], object]) -> str:  # fmt: skip
    try:
        do()
    except (CorrectionRefused, learning.NotPossible) as refused:
        return str(refused)[:1].upper() + str(refused)[1:]
    store.did(connection, card.case_id, what, now)
    return told
