"""The managers' desk as it is stored: cards, drafts, acts, switches, and what the managers did since we last looked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.handling import Handling, Menu
from monitor.store.desk_tables import acts, cards, drafts, lists, switches
from monitor.store.lookup import dialect_of, keyed, wanted
from monitor.store.tables import (
    accounts,
    assessments,
    cases,
    cursors,
    deliveries,
    events,
    messages,
    places,
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
    """Compare-and-set on the nonce: the press is used up. False: somebody else was first."""
    c = cards.c
    changed = {name: getattr(after, name) for name in _HANDLED if name not in ("case_id", "nonce")}
    changed |= {"menu": after.menu.value, "nonce": nonce, "was_nonce": before.nonce, "live": True}
    done = connection.execute(
        sa.update(cards)
        .where(c.case_id == before.case_id, c.nonce == before.nonce)
        .values(**changed)
    )
    return done.rowcount == 1


def change_card(connection: Connection, case_id: int, **values: Any) -> None:
    """Set columns of a card."""
    connection.execute(sa.update(cards).where(cards.c.case_id == case_id).values(**values))


def without_post(connection: Connection, case_id: int) -> None:
    """No post shows it, and none is on its way: it stands on the list."""
    k = cards.c
    gone = sa.update(cards).where(k.case_id == case_id, k.native_id.is_(None))
    connection.execute(gone.values(delivery_id=None))


def posted(connection: Connection, case_id: int, delivery_id: int, native_id: str, place: str) -> None:  # fmt: skip
    """The platform took the card: this post shows it now. What showed it before is to be taken away."""
    c = cards.c
    row = card_of(connection, case_id)
    if row is None or row.delivery_id != delivery_id or row.native_id == native_id:
        return  # it was no card, or another post shows it now
    extra = row.native_id if row.place == place else None
    connection.execute(
        sa.update(cards)
        .where(c.case_id == case_id)
        .values(
            native_id=native_id,
            place=place,
            delivery_id=delivery_id,
            extra_id=sa.func.coalesce(extra, c.extra_id),
            live=True,
        )
    )


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
        .where(sa.or_(_standing() != k.shown, k.extra_id.is_not(None)))
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


def facts(connection: Connection, case_ids: Collection[int]) -> dict[int, Any]:
    """For each case what its card says of the message that asked: text, author, place, reasons, link."""
    if not case_ids:
        return {}
    d, m = deliveries.c, messages.c
    asked = (
        sa.select(sa.func.min(d.id))
        .where(d.case_id == cases.c.id, d.kind == "alert")
        .correlate(cases)
        .scalar_subquery()
    )
    query = (
        sa.select(
            cases.c.id,
            m.id.label("message_id"),
            m.text,
            m.author_name,
            m.author_handle,
            m.author_id,
            m.native_id,
            m.link,
            m.deleted_at,
            places.c.name.label("place_name"),
        )
        .select_from(keyed(dialect_of(connection), cases, "id"))
        .outerjoin(deliveries, d.id == asked)
        .outerjoin(messages, m.id == d.message_id)
        .outerjoin(
            places, sa.and_(places.c.platform == cases.c.platform, places.c.key == cases.c.place)
        )
    )
    rows = connection.execute(query, wanted((number,) for number in case_ids)).all()
    why = _reasons(connection, [row.message_id for row in rows if row.message_id])
    return {row.id: (row, why.get(row.message_id, ())) for row in rows}


def _reasons(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Any]:
    a = assessments.c
    query = sa.select(a.message_id, a.reasons).where(a.message_id.in_(numbers)).order_by(a.id)
    return {row.message_id: row.reasons for row in connection.execute(query)} if numbers else {}


def alike(connection: Connection, platform: str, place: str, topic: str, besides: int) -> int:
    """Other cases that wait there on the same topic."""
    c = cases.c
    query = sa.select(sa.func.count()).where(
        c.platform == platform, c.place == place, c.open_turn_at.is_not(None), c.topic == topic,
        c.state == "open", c.imported.is_(False), c.id != besides,
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def others_in(connection: Connection, case: Any, within: timedelta) -> Sequence[Any]:
    """Members besides the asker who wrote to the asker of a case soon after the question, whether or not that counts as
    an answer: their names."""
    m = messages.c
    asked = sa.select(m.native_id).where(m.case_id == case.id, m.author_id == case.author_id)
    query = (
        sa.select(m.author_name, m.author_handle)
        .where(m.platform == case.platform.value, m.place == case.place, m.author_id != case.author_id)
        .where(m.sent_at >= case.opened_at, m.sent_at <= case.opened_at + within)
        .where(sa.or_(m.case_id == case.id, m.reply_to.in_(asked)))
        .where(m.role == "member", m.deleted_at.is_(None)).order_by(m.sent_at).limit(20)
    )  # fmt: skip
    return connection.execute(query).all()


def last_asked(connection: Connection, case_id: int, author_id: str) -> Any:
    """The asker's latest message of a case: what an answer replies to."""
    m = messages.c
    query = (
        sa.select(m.native_id, m.thread, m.link, m.place_kind)
        .where(m.case_id == case_id, m.author_id == author_id, m.deleted_at.is_(None))
        .order_by(m.sent_at.desc(), m.id.desc())
        .limit(1)
    )
    return connection.execute(query).first()


# -- what the managers did

MESSAGES, BUTTONS = "desk:messages", "desk:buttons"


def seen_until(connection: Connection, account: str, stream: str) -> int | None:
    """The last row that the desk has looked at; None: it never looked."""
    c = cursors.c
    query = sa.select(c.cursor).where(c.account == account, c.stream == stream)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def seen(connection: Connection, account: str, stream: str, number: int, now: datetime) -> None:
    """Everything up to this row was looked at."""
    row = {
        "account": account,
        "stream": stream,
        "cursor": str(number),
        "complete": True,
        "fetched_at": now,
    }
    put(connection, cursors, [row], ("account", "stream"))


def newest(connection: Connection, stream: str) -> int:
    """The last row there is now."""
    table = messages if stream == MESSAGES else events
    return int(connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one() or 0)


def written(
    connection: Connection, places_of: Collection[tuple[str, str]], after: int, limit: int = 50
) -> Sequence[Any]:
    """What people wrote in these (platform, place), and commands in private chats, after row `after`, oldest first."""
    m = messages.c
    keys = sorted({key for _, key in places_of})
    commands = sa.and_(
        m.place_kind == "private", m.platform == "telegram", m.text.startswith("/", autoescape=True)
    )
    query = (
        sa.select(messages)
        .where(m.id > after, sa.or_(m.place.in_(keys), commands), m.imported.is_(False))
        .order_by(m.id)
        .limit(limit)
    )
    return connection.execute(query).all()


def presses(connection: Connection, account: str, after: int, limit: int = 50) -> Sequence[Any]:
    """Buttons of this account that were pressed after row `after`, oldest first."""
    e = events.c
    query = (
        sa.select(events).where(e.id > after, e.kind == "button", e.account == account)
        .order_by(e.id).limit(limit)
    )  # fmt: skip
    return connection.execute(query).all()


def note_act(connection: Connection, key: str, act: str, by: str, now: datetime, *,
             case_id: int | None = None, details: str = "") -> None:  # fmt: skip
    """Keep who did what."""
    row = {"key": key, "act": act, "by": by, "case_id": case_id, "details": details, "at": now}
    add(connection, acts, [row])


# -- drafts


def add_draft(connection: Connection, **values: Any) -> Any:
    """Keep a draft; the row, also when that message had written one before."""
    add(connection, drafts, [values])
    return draft_by(connection, drafts.c.key == values["key"])


def draft_by(connection: Connection, *where: sa.ColumnElement[bool]) -> Any:
    """One draft."""
    return connection.execute(sa.select(drafts).where(*where)).first()


def change_draft(connection: Connection, number: int, before: Iterable[str], **values: Any) -> bool:
    """Compare-and-set on its state. False: somebody else has decided."""
    where = (drafts.c.id == number, drafts.c.state.in_(list(before)))
    return connection.execute(sa.update(drafts).where(*where).values(**values)).rowcount == 1


def drop_drafts(connection: Connection, case_id: int, by: str) -> None:
    """What this person was asked about and has not sent."""
    d = drafts.c
    where = (d.case_id == case_id, d.by == by, d.state.in_(("asking", "translating")))
    connection.execute(sa.update(drafts).where(*where).values(state="dropped"))


def drafts_in(connection: Connection, state: str, limit: int = 20) -> Sequence[Any]:
    """Drafts in a state, oldest first."""
    query = sa.select(drafts).where(drafts.c.state == state).order_by(drafts.c.id).limit(limit)
    return connection.execute(query).all()


def unsettled_drafts(connection: Connection) -> Sequence[Any]:
    """Drafts on their way whose delivery has come to an end, with its state and reason."""
    d = deliveries.c
    query = (
        sa.select(drafts, d.state.label("ended"), d.reason, d.posted_link)
        .select_from(drafts.join(deliveries, d.id == drafts.c.delivery_id))
        .where(drafts.c.state == "queued", d.state.in_(("sent", "rejected", "cancelled", "held")))
    )
    return connection.execute(query).all()


# -- switches


def switch(connection: Connection, name: str) -> Any:
    """A switch (value, by, at), None when nobody ever touched it."""
    return connection.execute(sa.select(switches).where(switches.c.name == name)).first()


def set_switch(connection: Connection, name: str, value: str, by: str, now: datetime) -> None:
    """Turn a switch."""
    row = {"name": name, "value": value, "by": by, "at": now}
    put(connection, switches, [row], ("name",))


def handle_of(connection: Connection, account: str) -> str:
    """The account's @name, "" while it is not known."""
    query = sa.select(accounts.c.handle).where(accounts.c.name == account)
    return str(connection.execute(query).scalar_one_or_none() or "")
