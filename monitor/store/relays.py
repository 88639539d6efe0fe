"""What a person said through the desk, kept as that person's message: it stops the clocks as if they had written it
in their own app. No decision is taken here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import AuthorKind, Role
from monitor.ports import Receipt
from monitor.store.tables import messages
from monitor.store.upsert import put

RELAYED = "relay:"  # the author's id, where the roster knows none on that platform


def credit(connection: Connection, row: Any, receipt: Receipt, now: datetime) -> None:
    """A relay was taken by the platform: a staff message that answers what it replied to. It waits to be attached to
    its case like any other; if it was fetched meanwhile as our own account's, it becomes the person's."""
    place = receipt.place or row.place
    asked = connection.execute(_asked(), {"case": row.case_id}).first()
    message = {
        "platform": row.platform,
        "place": place,
        "native_id": receipt.native_id,
        "thread": row.thread,
        "reply_to": row.reply_to,
        "author_id": RELAYED + row.said_by,
        "author_name": row.said_by,
        "author_kind": AuthorKind.PERSON.value,
        "place_kind": asked.place_kind if asked else "",
        "role": Role.STAFF.value,
        "text": row.text,
        "link": receipt.link,
        "sent_at": receipt.sent_at,
        "seen_at": now,
        "state": "new",
    }
    put(connection, messages, [message], ("platform", "place", "native_id"))


def _asked() -> sa.Select[Any]:
    m = messages.c
    return sa.select(m.place_kind).where(m.case_id == sa.bindparam("case")).limit(1)
