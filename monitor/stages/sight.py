"""Notice places that the bot cannot read any more: told in the desk chat, a gap in every report until it sees again.

It asks no platform: it goes by what the platform has told of our standing there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.core.messages import Platform
from monitor.core.text import clip, safe
from monitor.core.triage import Delivery, Desk, to_desk
from monitor.store import deliveries, edits
from monitor.store import sight as store
from monitor.store.database import Connection, Database

GONE = ("left", "kicked")
REMOVED = "the bot was removed"
HIDDEN = "the bot is no administrator there, and its privacy mode hides what people write"


def look(database: Database, desk: Desk | None, now: datetime) -> bool:
    """Has something been put into the outbox?"""
    with database.read() as connection:
        moved = edits.moved_places(
            connection, Platform.TELEGRAM.value
        )  # the old group is left, and that is all
        rows = [row for row in store.last_told(connection)
                if row.details.get("place_kind") != "private" and row.place not in moved]  # fmt: skip
    if not rows:
        return False
    with database.write() as connection:
        found = [_noted(connection, row, desk, now) for row in rows]
        alerts = [one for one in found if one is not None]
        known = [one for one in alerts if deliveries.by_key(connection, one.key) is None]
        deliveries.queue(connection, known, {}, now)
    return bool(known)


def _noted(connection: Connection, row: Any, desk: Desk | None, now: datetime) -> Delivery | None:
    name = clip(safe(row.details.get("place_name") or row.place), 80)
    if row.details.get("sees") == "no":
        why = REMOVED if row.details.get("status") in GONE else HIDDEN
        store.blind(connection, row.account, row.place, name, row.at, why, now)
        text = (
            f"🙈 {name}: {why}. I see nothing there until that is mended; monitor check says how."
        )
        return to_desk(f"blind:{row.platform}:{row.place}:{row.at.isoformat()}", text, desk, now)
    if store.sees_again(connection, row.account, row.place, row.at):
        text = f"👀 {name}: I see again what people write. Reports name the time between as a gap."
        return to_desk(f"sight:{row.platform}:{row.place}:{row.at.isoformat()}", text, desk, now)
    return None
