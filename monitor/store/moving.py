"""What follows when the managers' chat moves (Telegram made a supergroup of it): cards, the list, what is ours.

Posts of the old chat cannot be edited from the new one, whose numbers mean other posts: they are forgotten, and the
most urgent who wait get new cards; the others stand on the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import Urgency
from monitor.core.messages import Platform
from monitor.core.triage import Delivery, Kind, priority
from monitor.store import deliveries
from monitor.store.desk_tables import cards, lists
from monitor.store.tables import cases

NEW_CARDS = 8  # at once: the others are on the list

Places = frozenset[tuple[Platform, str]]


def followed(places: Places, moved: Mapping[str, str]) -> Places:
    """Those places, and where they are now. `moved`: Telegram's old places to new ones."""
    telegram = {key for platform, key in places if platform is Platform.TELEGRAM}
    return places | {(Platform.TELEGRAM, moved[key]) for key in telegram if key in moved}


def place_now(place: str, ours: Iterable[tuple[Platform, str]], moved: Mapping[str, str]) -> str:
    """Where the managers' chat is now, by any of the names that it had."""
    names = (place, *sorted(key for _, key in ours))
    return next((moved[name] for name in names if name in moved), place)


def move_desk(connection: Connection, old: str, new: str, now: datetime) -> None:
    """Cards go along without their posts. Done twice it is done once."""
    k = cards.c
    anew = _to_post(connection, old, new, now)
    connection.execute(
        sa.update(cards)
        .where(k.place == old)
        .values(
            place=new,
            native_id=None,
            extra_id=None,
            left_id=None,
            thread=None,
            delivery_id=None,
            shown="",
            edited_at=None,
        )
    )
    connection.execute(sa.delete(lists).where(lists.c.place == old))
    ids = {one.case_key: number for number, one in anew if one.case_key}
    deliveries.queue(connection, [one for _, one in anew], ids, now)


def _to_post(
    connection: Connection, old: str, new: str, now: datetime
) -> list[tuple[int, Delivery]]:
    c, k = cases.c, cards.c
    query = (
        sa.select(c.id, c.key, c.urgency, k.account)
        .select_from(cards.join(cases, c.id == k.case_id))
        .where(k.place == old, k.native_id.is_not(None), c.state == "open", c.open_turn_at.is_not(None))
        .order_by(c.urgency.desc(), c.open_turn_at).limit(NEW_CARDS)
    )  # fmt: skip
    return [
        (row.id, Delivery(f"card:{row.key}:in:{new}", Kind.ALERT, row.account, Platform.TELEGRAM, new, "",
                          priority(Kind.ALERT, Urgency(row.urgency)), now, case_key=row.key))
        for row in connection.execute(query)
    ]  # fmt: skip
