"""What the judge could not tell, as the desk chat sees it: a list, and one tap that says what a message is.

It judges nothing and sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.core import doubtful
from monitor.core.assessment import Topic, Urgency
from monitor.core.doubtful import Doubtful
from monitor.core.listing import case_number
from monitor.core.roster import Person
from monitor.stages import learning
from monitor.stages.cards import Board, post_anew
from monitor.stages.desk import Command, Press, say
from monitor.store import cases, labels
from monitor.store import desk as store
from monitor.store import needs_triage as untold
from monitor.store.database import Connection

SHOW = "show"


def commands() -> Mapping[str, Command]:
    """By name."""
    return {"triage": _triage}


def _triage(
    connection: Connection, board: Board, row: Any, by: Person, rest: str, now: datetime
) -> str:
    rows, total = untold.waiting(connection, now, doubtful.MOST)
    found = [_doubtful(one) for one in rows]
    say(
        connection, board, row, doubtful.listed(found, total, now), now,
        buttons=doubtful.buttons(found),
    )  # fmt: skip
    return ""


def _doubtful(row: Any) -> Doubtful:
    who = row.author_name or row.author_handle or "somebody"
    return Doubtful(
        row.id, row.text, row.name or row.place, who, row.sent_at, Topic(row.guess), row.case_id
    )


def presses() -> Mapping[str, Press]:
    """By the first word of a button."""
    return {"t": _press}


def _press(
    connection: Connection, board: Board, row: Any, by: str, parts: list[str], now: datetime
) -> str:
    number, said = (*parts, "", "")[:2]
    which = case_number(number)
    one = untold.one(connection, which) if which is not None else None
    if one is None or one.wanted_by is not None:
        return "That is settled already. /triage shows what is left."
    if said == SHOW:
        return _shown(connection, board, one.case_id, now)
    if said not in set(Topic):
        return "This button is not known any more."
    return _settled(connection, board, one, Topic(said), by, now)


def _settled(
    connection: Connection, board: Board, one: Any, topic: Topic, by: str, now: datetime
) -> str:
    urgency = labels.judged(connection, one.id).urgency
    urgency = max(Urgency(urgency or 0), Urgency.NORMAL)
    try:
        learning.correct(connection, one.id, topic, urgency, by, now, "desk")
    except learning.NotPossible:
        return "The message is gone; there is nothing to say of it."
    if not topic.needs_answer:
        return "Nothing to answer. Thank you: learned."
    if one.case_id is None:
        untold.want(connection, one.id, one.sent_at, topic, by)
        return f"It is {topic}. Its card comes in a moment."
    return f"It is {topic}. {_shown(connection, board, one.case_id, now)}"


def show_opened(board: Board, now: datetime) -> int:
    """Cards of what a tap has made a case, as soon as it is one; how many."""
    with board.database.read() as connection:
        found = untold.wanted(connection)
    if not found:
        return 0
    with board.database.write() as connection:
        for case_id in found.values():
            _shown(connection, board, case_id, now)
        untold.forget(connection, found)
    return len(found)


def _shown(connection: Connection, board: Board, case_id: int | None, now: datetime) -> str:
    found = cases.load(connection, [case_id]) if case_id is not None else {}
    if case_id is None or case_id not in found:
        return "It is of no case. /triage shows how it stands."
    store.make_card(
        connection, case_id, board.desk.account, board.place(connection), None, board.nonce()
    )
    if store.card_of(connection, case_id).native_id is None:
        post_anew(connection, board, found[case_id], now)
        return f"The card of #{case_id} comes below."
    return f"#{case_id} has its card in this chat."
