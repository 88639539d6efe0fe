"""The managers' desk as it is stored: cards, drafts, acts, switches, and what the managers did since we last looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.handling import Handling, Menu
from monitor.store.correction_tables import crossposts
from monitor.store.desk_tables import cards, lists
from monitor.store.incidents import in_surge
from monitor.store.tables import (
    cases,
    deliveries,
)
from monitor.store.upsert import add, put

_HANDLED = (
    "case_id", "nonce", "was_nonce", "claimed_by", "claimed_at", "snoozed_until", "revision", "last_act", "last_at",
)  # fmt: skip


def handling_of(row: Any) -> Handling:
    """A row of `cards` as the frozen thing."""
    return Handling(menu=Menu(row.menu), **{name: getattr(row, name) for name in _HANDLED})


def make_card(
    connection: Connection,
    case_id: int,
    account: str,
    place: str,
    delivery_id: int | None,
    nonce: str,
) -> None:
    """The case has a card from now on; one that it has stays."""
    row = {
        "case_id": case_id,
        "account": account,
        "place": place,
        "nonce": nonce,
        "delivery_id": delivery_id,
    }
    add(connection, cards, [row])


def card_of(connection: Connection, case_id: int) -> Any:
    """The card's row, None when the case has none."""
    return connection.execute(sa.select(cards).where(cards.c.case_id == case_id)).first()


def card_by_nonce(connection: Connection, nonce: str) -> Any:
    """The card whose buttons carry or carried this nonce last."""
    c = cards.c
    query = sa.select(cards).where(sa.or_(c.nonce == nonce, c.was_nonce == nonce))
    return connection.execute(query).first()


def card_by_post(connection: Connection, place: str, native_id: str) -> Any:
    """The card that this post of the desk chat shows (or showed, as a repeat)."""
    c = cards.c
    query = sa.select(cards).where(
        c.place == place, sa.or_(c.native_id == native_id, c.extra_id == native_id)
    )
    return connection.execute(query).first()


def case_of_post(connection: Connection, place: str, native_id: str) -> int | None:
    """Which case a post of ours in the desk chat is about: its card, a line under it, a preview."""
    card = card_by_post(connection, place, native_id)
    if card is not None:
        return int(card.case_id)
    d = deliveries.c
    query = sa.select(d.case_id).where(
        d.place == place, d.native_id == native_id, d.platform == "telegram"
    )
    found = connection.execute(query.where(d.case_id.is_not(None)).limit(1)).scalar_one_or_none()
    return None if found is None else int(found)


def is_ours(connection: Connection, place: str, native_id: str) -> bool:
    """Did the product say that itself there?"""
    d = deliveries.c
    query = sa.select(d.id).where(
        d.platform == "telegram", d.place == place, d.native_id == native_id
    )
    return connection.execute(query.limit(1)).first() is not None


def did(connection: Connection, case_id: int, what: str, now: datetime, **more: Any) -> None:
    """Somebody did something that the card must show, with its first buttons."""
    k = cards.c
    connection.execute(
        sa.update(cards)
        .where(k.case_id == case_id)
        .values(menu="", revision=k.revision + 1, last_act=what, last_at=now, live=True, **more)
    )


def keep(connection: Connection, before: Handling, after: Handling, nonce: str) -> bool:
    """Compare-and-set on nonce and revision: the press is used up. False: somebody else was first, or a shift ended
    meanwhile."""
    c = cards.c
    changed = {name: getattr(after, name) for name in _HANDLED if name not in ("case_id", "nonce")}
    changed |= {"menu": after.menu.value, "nonce": nonce, "was_nonce": before.nonce, "live": True}
    done = connection.execute(
        sa.update(cards)
        .where(c.case_id == before.case_id, c.nonce == before.nonce)
        .where(c.revision == before.revision)
        .values(**changed)
    )
    return done.rowcount == 1


def change_card(connection: Connection, case_id: int, **values: Any) -> None:
    """Set columns of a card."""
    connection.execute(sa.update(cards).where(cards.c.case_id == case_id).values(**values))


def to_be_redrawn(connection: Connection, case_id: int | None) -> None:
    """What its card shows besides the case has changed."""
    k = cards.c
    again = sa.update(cards).where(k.case_id == case_id, k.native_id.is_not(None))
    connection.execute(again.values(shown="", live=True))


def without_post(connection: Connection, case_id: int) -> None:
    """No post shows it, and none is on its way: it stands on the list."""
    k = cards.c
    gone = sa.update(cards).where(k.case_id == case_id, k.native_id.is_(None))
    connection.execute(gone.values(delivery_id=None))


def posted(connection: Connection, case_id: int, delivery_id: int, native_id: str, place: str) -> None:  # fmt: skip
    """The platform took the card: this post shows it now. What showed it before is to be taken away, or to point to it
    from another topic."""
    c = cards.c
    row = card_of(connection, case_id)
    if row is None or row.delivery_id != delivery_id or row.native_id == native_id:
        return  # it was no card, or another post shows it now
    thread = connection.execute(
        sa.select(deliveries.c.thread).where(deliveries.c.id == delivery_id)
    ).scalar_one()
    before = row.native_id if row.place == place else None
    extra, left = (before, None) if row.thread == thread else (None, before)
    connection.execute(
        sa.update(cards)
        .where(c.case_id == case_id)
        .values(
            native_id=native_id,
            place=place,
            delivery_id=delivery_id,
            thread=thread,
            extra_id=sa.func.coalesce(extra, c.extra_id),
            left_id=sa.func.coalesce(left, c.left_id),
            live=True,
        )
    )


def _elsewhere(case_id: sa.ColumnElement[int]) -> sa.ScalarSelect[Any]:
    """Another number when the same was asked in other places than before."""
    x = crossposts.c
    return sa.select(sa.func.sum(x.other_id)).where(x.case_id == case_id).scalar_subquery()


def _standing() -> sa.ColumnElement[str]:
    """Everything that a card shows of its case and that can change, as one text."""
    c, k = cases.c, cards.c
    parts = [
        c.state,
        sa.cast(c.urgency, sa.Text),
        c.topic,
        c.author_name,
        *(sa.func.coalesce(sa.cast(t, sa.Text), "-") for t in (
            sa.type_coerce(c.staff_first_at, sa.BigInteger), sa.type_coerce(c.community_first_at, sa.BigInteger),
            sa.type_coerce(c.open_turn_at, sa.BigInteger), sa.type_coerce(c.holding_at, sa.BigInteger),
        )),
        sa.cast(c.nudges, sa.Text),
        sa.cast(c.reopened, sa.Text),
        sa.cast(k.revision, sa.Text),
        k.nonce,
        sa.case((sa.and_(c.due_at <= sa.bindparam("now", type_=c.due_at.type), c.open_turn_at.is_not(None)), "late"),
                else_=""),
        sa.case((k.snoozed_until > sa.bindparam("now", type_=c.due_at.type), "asleep"), else_=""),
        sa.case((sa.and_(c.open_turn_at.is_not(None), in_surge(c.id)), "surge"), else_=""),
        sa.func.coalesce(sa.cast(_elsewhere(c.id), sa.Text), "-"),
    ]  # fmt: skip
    text: sa.ColumnElement[str] = parts[0]
    for part in parts[1:]:
        text = text + "|" + part
    return text


@cache
def _stale(only_live: bool) -> sa.Select[Any]:
    k = cards.c
    standing = _standing().label("standing")
    query = (
        sa.select(cards, standing)
        .select_from(cards.join(cases, cases.c.id == k.case_id))
        .where(k.account == sa.bindparam("account"), k.native_id.is_not(None))
        .where(sa.or_(_standing() != k.shown, k.extra_id.is_not(None), k.left_id.is_not(None)))
        .order_by(cases.c.urgency.desc(), k.edited_at, k.case_id)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )
    return query.where(k.live) if only_live else query


def stale(
    connection: Connection, account: str, now: datetime, limit: int = 50, *, everywhere: bool
) -> Sequence[Any]:
    """Cards whose post shows something that is no longer so, with their `standing`. `everywhere`: also those that
    were put to rest."""
    values = {"account": account, "now": now, "most": limit}
    return connection.execute(_stale(not everywhere), values).all()


# -- the list of what has no card of its own


def list_of(connection: Connection, place: str) -> Any:
    """The list's row, None while there is none."""
    return connection.execute(sa.select(lists).where(lists.c.place == place)).first()


def put_list(connection: Connection, place: str, account: str, **values: Any) -> None:
    """Note what shows the list, and how it reads."""
    put(connection, lists, [{"place": place, "account": account} | values], ("place",))


def shows(connection: Connection, case_id: int, standing: str, now: datetime, *, live: bool) -> None:  # fmt: skip
    """The post shows this now."""
    change_card(connection, case_id, shown=standing, edited_at=now, live=live)


def standing_of(connection: Connection, case_id: int, now: datetime) -> str:
    """What the card would show, as one text."""
    query = sa.select(_standing()).select_from(cards.join(cases, cases.c.id == cards.c.case_id))
    found = connection.execute(query.where(cards.c.case_id == case_id), {"now": now})
    return str(found.scalar_one())


# -- what the managers did


# -- drafts


# -- switches
