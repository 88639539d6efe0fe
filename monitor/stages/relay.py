"""Bring a manager's answer to the person who asked: drafted, previewed where everybody reads it, said once as the
account, and counted as the manager's.

It sends nothing itself: the outbox does.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from monitor.core.announcements import place_problems
from monitor.core.cases import Case
from monitor.core.desk import Rows, is_public
from monitor.core.handling import acted
from monitor.core.language import is_other
from monitor.core.messages import Platform
from monitor.core.spans import duration
from monitor.core.text import clip
from monitor.core.triage import Delivery, Kind, Speaker, priority
from monitor.stages.cards import Board, name_of
from monitor.store import cases, deliveries
from monitor.store import desk as store
from monitor.store import drafts as texts
from monitor.store.database import Connection
from monitor.store.desk_tables import drafts

LATE = timedelta(minutes=10)  # an answer that lay unseen for longer is asked about
_ASKING = ("asking",)
TRANSLATING = "translating"  # its translation is being made; then its writer is asked
OFFERED = "Send it as it is, or reply to this with your own words:"


def answer(
    connection: Connection, board: Board, row: Any, case_id: int, by: str, now: datetime
) -> None:
    """`row`, a message of the desk chat, answers a case."""
    case = cases.load(connection, [case_id], lock=True)[case_id]
    words = row.text.strip()
    if problems := place_problems(words, case.platform):
        _refuse(connection, board, row, case_id, problems, now)
        return
    asks = _why_ask(board, case, by, row.sent_at, now)
    dropped = texts.drop_drafts(connection, case_id, by)  # what was offered before is written anew
    board.settled.extend(dropped)
    is_foreign = board.translates and is_other(words, case.language)
    draft = texts.add_draft(
        connection, key=f"{row.place}:{row.native_id}", case_id=case_id, nonce=board.nonce(), by=by, text=words,
        state=TRANSLATING if is_foreign else "asking", question=asks, desk_message=row.native_id, at=now,
    )  # fmt: skip
    if is_foreign:
        return
    if asks:
        _ask(connection, board, draft, now)
    else:
        _queue(connection, board, draft, case, now)


def _refuse(
    connection: Connection, board: Board, row: Any, case_id: int, problems: list[str], now: datetime
) -> None:
    """What the platform would not take costs no try: the writer is told, and writes it again."""
    text = f"Not sent: {' '.join(problems)} Reply to the card with other words."
    note = Delivery(
        f"note:{row.place}:{row.native_id}", Kind.NOTE, board.desk.account, board.desk.platform, row.place, text,
        priority(Kind.NOTE), now, now + timedelta(minutes=30), row.thread, row.native_id,
    )  # fmt: skip
    deliveries.queue(connection, [note], {}, now)


def offer(
    connection: Connection,
    board: Board,
    row: Any,
    card: Any,
    by: str,
    text: str,
    now: datetime,
) -> None:
    """A ready answer is shown to who chose it: sent as it is, or written anew by a reply to what is shown."""
    draft = texts.add_draft(
        connection, key=f"{row.place}:q{row.native_id}", case_id=card.case_id, nonce=board.nonce(), by=by, text=text,
        state="asking", question=OFFERED, desk_message=card.native_id or "", at=now,
    )  # fmt: skip
    _ask(connection, board, draft, now)


def preview(connection: Connection, board: Board, draft: Any, translation: str, now: datetime) -> None:  # fmt: skip
    """The translation of a draft is there ("": it could not be had): its writer chooses what to send."""
    case = cases.load(connection, [draft.case_id])[draft.case_id]
    asks = f"They wrote in {case.language}." + (f" {draft.question}" if draft.question else "")
    if not translation:
        asks += " No translation could be had."
    changed = {"state": "asking", "translation": translation, "question": asks}
    if texts.change_draft(connection, draft.id, (TRANSLATING,), **changed):
        _ask(connection, board, texts.draft_by(connection, drafts.c.id == draft.id), now)


def _why_ask(board: Board, case: Case, by: str, written_at: datetime, now: datetime) -> str:
    """Why the writer must say yes first; "" when it may go out at once."""
    if case.state == "withdrawn":
        return "The question was taken back."
    if answered := _answered(board, case, by, now):
        return answered
    if now - written_at > LATE:
        return f"You wrote this {duration(now - written_at)} ago, while I was away."
    if is_public(case.platform):
        return f"Everybody on {case.platform.shown} will read this."
    return ""


def _answered(board: Board, case: Case, by: str, now: datetime) -> str:
    """A colleague was faster; "" when none was."""
    if case.is_waiting or case.staff_last_at is None:
        return ""
    who = name_of(board.roster(), case) or "A colleague"
    if who == by or now - case.staff_last_at >= timedelta(hours=1):
        return ""
    return f"Answered {duration(now - case.staff_last_at)} ago by {who}."


def _ask(connection: Connection, board: Board, draft: Any, now: datetime) -> None:
    text = f"{draft.question}\n\n{clip(draft.text, 1500 if draft.translation else 3000)}"
    drop = ("Discard", f"r:{draft.nonce}:drop")
    rows: Rows = ((("Send", f"r:{draft.nonce}:send"), drop),)
    if draft.translation:
        text += f"\n\n→ {clip(draft.translation, 1500)}"
        both = (("Send", f"r:{draft.nonce}:send"), ("Send translated", f"r:{draft.nonce}:tr"))
        rows = (both, (drop,))
    place = draft.key.rpartition(":")[0]
    note = Delivery(
        f"draft:{draft.key}:{draft.nonce}", Kind.NOTE, board.desk.account, board.desk.platform, place, text,
        priority(Kind.NOTE), now, None, None, draft.desk_message or None, buttons=rows, case_key=draft.key,
    )  # fmt: skip
    deliveries.queue(connection, [note], {draft.key: draft.case_id}, now)


def press_draft(
    connection: Connection, board: Board, row: Any, by: str, parts: list[str], now: datetime
) -> str:
    """Send or discard what was shown. Only who wrote it may."""
    nonce, what = (*parts, "", "")[:2]
    draft = texts.draft_by(connection, drafts.c.nonce == nonce)
    if draft is None:
        return "This button is out of date."
    if draft.by != by:
        return f"{draft.by} wrote this; only they can send it."
    if draft.state != "asking":
        return {"sent": "It was sent.", "queued": "It is on its way."}.get(
            draft.state, "It was not sent."
        )
    if what == "tr" and draft.translation:
        texts.change_draft(connection, draft.id, _ASKING, text=draft.translation, translation="")
        draft = texts.draft_by(connection, drafts.c.id == draft.id)
    elif what != "send":
        texts.change_draft(connection, draft.id, _ASKING, state="dropped")
        board.settled.append(draft.id)
        return "Discarded."
    case = cases.load(connection, [draft.case_id], lock=True)[draft.case_id]
    if case.staff_last_at is not None and case.staff_last_at > draft.at:
        why = _answered(board, case, by, now)
        if why:  # while this was looked at
            again = {"nonce": board.nonce(), "question": why, "at": now}
            texts.change_draft(connection, draft.id, _ASKING, **again)
            _ask(connection, board, texts.draft_by(connection, drafts.c.id == draft.id), now)
            board.settled.append(draft.id)
            return why
    return _queue(connection, board, draft, case, now)


def _queue(connection: Connection, board: Board, draft: Any, case: Case, now: datetime) -> str:
    speaker = speaker_of(board, case)
    asked = texts.last_asked(connection, draft.case_id, case.author_id)
    if speaker is None or asked is None:
        why = "No account of ours may speak there." if speaker is None else "The question is gone."
        texts.change_draft(connection, draft.id, _ASKING, state="failed")
        _tell(connection, board, draft, f"Not sent. {why}", now)
        return why
    said = Delivery(
        f"relay:{draft.key}:{draft.nonce}", Kind.RELAY, speaker.account, case.platform, case.place, draft.text,
        priority(Kind.RELAY, case.urgency), now, None, asked.thread, asked.native_id, case_key=case.key,
        said_by=draft.by,
    )  # fmt: skip
    deliveries.queue(connection, [said], {case.key: draft.case_id}, now)
    number = deliveries.number_of(connection, said.key)
    texts.change_draft(connection, draft.id, _ASKING, state="queued", delivery_id=number)
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
        ended = texts.unsettled_drafts(connection)
        left = [] if board.translates else texts.drafts_in(connection, TRANSLATING)
    if left:  # the translator is gone since
        with board.database.write() as connection:
            for row in left:
                preview(connection, board, row, "", now)
    if ended:
        with board.database.write() as connection:
            for row in ended:
                _settle(connection, board, row, now)
    return len(ended)


def _settle(connection: Connection, board: Board, row: Any, now: datetime) -> None:
    state = "sent" if row.ended == "sent" else "failed"
    board.settled.append(row.id)
    if not texts.change_draft(connection, row.id, ("queued",), state=state) or state == "sent":
        return
    if row.ended == "held":
        text = f"It is not known whether your answer arrived ({row.reason}). Look before you send it again."
    else:
        text = f"Not sent: {row.reason.rstrip('.')}."
    texts.change_draft(connection, row.id, ("failed",), state="asking", nonce=board.nonce())
    fresh = texts.draft_by(connection, drafts.c.id == row.id)
    again = ((("Send anyway", f"r:{fresh.nonce}:send"), ("Discard", f"r:{fresh.nonce}:drop")),)
    _tell(connection, board, fresh, text, now, again)


def _tell(connection: Connection, board: Board, draft: Any, text: str, now: datetime,
          buttons: tuple[tuple[tuple[str, str], ...], ...] = ()) -> None:  # fmt: skip
    place = draft.key.rpartition(":")[0]
    note = Delivery(
        f"told:{draft.key}:{draft.nonce}", Kind.NOTE, board.desk.account, Platform.TELEGRAM, place, text,
        priority(Kind.NOTE), now, None, None, draft.desk_message, buttons=buttons, case_key=draft.key,
    )  # fmt: skip
    deliveries.queue(connection, [note], {draft.key: draft.case_id}, now)
