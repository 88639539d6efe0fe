"""Posts in which an answer was shown before it went out: when that is settled they say so, without buttons.

It decides nothing. Everything here runs in the thread that sends for the desk's account.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from monitor.core.text import clip
from monitor.ports import Editable, Receipt, Refusal, Rejected
from monitor.stages.cards import Board
from monitor.stages.outbox import Outbox
from monitor.store import drafts as texts
from monitor.store.desk_tables import drafts

log = logging.getLogger(__name__)
SAYS = {"sent": "✅ Sent.", "dropped": "✖ Not sent.", "asking": "↓ Asked again below."}
Scopes = tuple[tuple[str, str], ...]


def settle_previews(board: Board, outbox: Outbox, scopes: Scopes) -> datetime | None:
    """As many as the chat's limits allow; when to come again."""
    for _ in range(len(board.settled)):
        now = outbox.clock()
        free_at = outbox.pacer.free_at(scopes, now)
        if free_at > now:
            return free_at
        _settle(board, outbox, scopes, board.settled.popleft(), now)
    return None


def _settle(board: Board, outbox: Outbox, scopes: Scopes, number: int, now: datetime) -> None:
    with board.database.read() as connection:
        draft = texts.draft_by(connection, drafts.c.id == number)
        posts = texts.previews(connection, draft) if draft is not None else ()
    for post in posts if draft is not None and draft.state in SAYS else ():
        outbox.pacer.spend(scopes, now)
        _edit(board, outbox, post, f"{SAYS[draft.state]}\n\n{clip(draft.text, 3000)}", now)


def _edit(board: Board, outbox: Outbox, post: Any, text: str, now: datetime) -> None:
    if not isinstance(outbox.connector, Editable):
        return
    try:
        outbox.connector.edit(Receipt(post.native_id, now), post.place, text)
    except Rejected:
        pass  # deleted by hand, or too old: it has no say any more either way
    except Refusal as refusal:  # its buttons tell whoever presses that it was settled
        log.info("a preview keeps its buttons", extra={"reason": refusal.reason})
        return
    with board.database.write() as connection:
        texts.without_buttons(connection, post.id)
