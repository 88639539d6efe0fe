"""Bring a manager's answer to the person who asked: drafted, previewed where everybody reads it, said once as the
account, and counted as the manager's.

It sends nothing itself: the outbox does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from monitor.core.cases import Case
from monitor.core.desk import is_public
from monitor.core.handling import acted
from monitor.core.messages import Platform
from monitor.core.spans import duration
from monitor.core.text import clip
from monitor.core.triage import Delivery, Kind, Speaker, priority
from monitor.stages.cards import Board, name_of
from monitor.store import cases, deliveries
from monitor.store import desk as store
from monitor.store.database import Connection
from monitor.store.desk_tables import drafts

LATE = timedelta(minutes=10)  # an answer that lay unseen for longer is asked about
_ASKING = ("asking",)


def answer(connection: Connection, board: Board, row: Any, case_id: int, by: str, now: datetime, *,
           text: str | None = None) -> None:  # fmt: skip
    """`row`, a message of the desk chat, answers a case; with `text` it says that instead of its own."""
    case = cases.load(connection, [case_id], lock=True)[case_id]
    words = (row.text if text is None else text).strip()
    asks = _why_ask(board, case, by, row.sent_at, now)
    draft = store.add_draft(
        connection, key=f"{row.place}:{row.native_id}", case_id=case_id, nonce=board.nonce(), by=by, text=words,
        state="asking", question=asks, desk_message=row.native_id, at=now,
    )  # fmt: skip
    if asks:
        _ask(connection, board, row, draft, now)
    else:
        _queue(connection, board, draft, case, now)


def _why_ask(board: Board, case: Case, by: str, written_at: datetime, now: datetime) -> str:
    """Why the writer must say yes first; "" when it may go out at once."""
    if case.state == "withdrawn":
        return "The question was taken back."
    if not case.is_waiting and case.staff_last_at is not None:
        who = name_of(board.roster(), case) or "A colleague"
        if who != by and now - case.staff_last_at < timedelta(hours=1):
            return f"Answered {duration(now - case.staff_last_at)} ago by {who}."
    if now - written_at > LATE:
        return f"You wrote this {duration(now - written_at)} ago, while I was away."
    if is_public(case.platform):
        return f"Everybody on {case.platform.shown} will read this."
    return ""


def _ask(connection: Connection, board: Board, row: Any, draft: Any, now: datetime) -> None:
    text = f"{draft.question}\n\n{clip(draft.text, 3000)}"
    rows = ((("Send", f"r:{draft.nonce}:send"), ("Discard", f"r:{draft.nonce}:drop")),)
    note = Delivery(
        f"draft:{draft.key}:{draft.nonce}", Kind.NOTE, board.desk.account, board.desk.platform, row.place, text,
        priority(Kind.NOTE), now, None, row.thread, draft.desk_message, buttons=rows,
    )  # fmt: skip
    deliveries.queue(connection, [note], {}, now)


def press_draft(
    connection: Connection, board: Board, row: Any, by: str, parts: list[str], now: datetime
) -> str:
    """Send or discard what was shown. Only who wrote it may."""
    nonce, what = (*parts, "", "")[:2]
    draft = store.draft_by(connection, drafts.c.nonce == nonce)
    if draft is None:
        return "This button is out of date."
    if draft.by != by:
        return f"{draft.by} wrote this; only they can send it."
    if draft.state != "asking":
        return {"sent": "It was sent.", "queued": "It is on its way."}.get(
            draft.state, "It was not sent."
        )
    if what != "send":
        store.change_draft(connection, draft.id, _ASKING, state="dropped")
        return "Discarded."
    case = cases.load(connection, [draft.case_id], lock=True)[draft.case_id]
    return _queue(connection, board, draft, case, now)


def _queue(connection: Connection, board: Board, draft: Any, case: Case, now: datetime) -> str:
    speaker = speaker_of(board, case)
    asked = store.last_asked(connection, draft.case_id, case.author_id)
    if speaker is None or asked is None:
        why = "No account of ours may speak there." if speaker is None else "The question is gone."
        store.change_draft(connection, draft.id, _ASKING, state="failed")
        _tell(connection, board, draft, f"Not sent. {why}", now)
        return why
    said = Delivery(
        f"relay:{draft.key}:{draft.nonce}", Kind.RELAY, speaker.account, case.platform, case.place, draft.text,
        priority(Kind.RELAY, case.urgency), now, None, asked.thread, asked.native_id, case_key=case.key,
        said_by=draft.by,
    )  # fmt: skip
    deliveries.queue(connection, [said], {case.key: draft.case_id}, now)
    number = deliveries.number_of(connection, said.key)
    store.change_draft(connection, draft.id, _ASKING, state="queued", delivery_id=number)
    _claim_for(connection, board, draft, now)
    return "On its way."


def _claim_for(connection: Connection, board: Board, draft: Any, now: datetime) -> None:
    """Who answers has it."""
    card = store.card_of(connection, draft.case_id)
    if card is None or card.claimed_by is not None:
        return
    before = store.handling_of(card)
    mine = replace(before, claimed_by=draft.by, claimed_at=now)
    store.keep(connection, before, acted(mine, f"{draft.by} answers", now), board.nonce())


def speaker_of(board: Board, case: Case) -> Speaker | None:
    """The account that speaks where the case was asked."""
    return board.speakers.get((case.platform, case.place)) or board.anywhere.get(case.platform)


def settle(board: Board, now: datetime) -> int:
    """Answers that have gone out, or could not: the writer is told of the latter. How many."""
    with board.database.read() as connection:
        ended = store.unsettled_drafts(connection)
    if ended:
        with board.database.write() as connection:
            for row in ended:
                _settle(connection, board, row, now)
    return len(ended)


def _settle(connection: Connection, board: Board, row: Any, now: datetime) -> None:
    state = "sent" if row.ended == "sent" else "failed"
    if not store.change_draft(connection, row.id, ("queued",), state=state) or state == "sent":
        return
    if row.ended == "held":
        text = f"It is not known whether your answer arrived ({row.reason}). Look before you send it again."
    else:
        text = f"Not sent: {row.reason}."
    store.change_draft(connection, row.id, ("failed",), state="asking", nonce=board.nonce())
    fresh = store.draft_by(connection, drafts.c.id == row.id)
    again = ((("Send anyway", f"r:{fresh.nonce}:send"), ("Discard", f"r:{fresh.nonce}:drop")),)
    _tell(connection, board, fresh, text, now, again)


def _tell(connection: Connection, board: Board, draft: Any, text: str, now: datetime,
          buttons: tuple[tuple[tuple[str, str], ...], ...] = ()) -> None:  # fmt: skip
    place = draft.key.rpartition(":")[0]
    note = Delivery(
        f"told:{draft.key}:{draft.nonce}", Kind.NOTE, board.desk.account, Platform.TELEGRAM, place, text,
        priority(Kind.NOTE), now, None, None, draft.desk_message, buttons=buttons,
    )  # fmt: skip
    deliveries.queue(connection, [note], {}, now)
