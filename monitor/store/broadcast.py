"""Announcements of the desk chat as stored: what was asked, who decided, what became of it in each place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import Platform
from monitor.store.announcements import schedule_name
from monitor.store.broadcast_tables import broadcasts, retouches
from monitor.store.tables import deliveries, incidents, places, schedule_runs, schedules
from monitor.store.upsert import add, add_returning

ASKING, APPROVED, UNDONE, DROPPED, REPLACED = "asking", "approved", "undone", "dropped", "replaced"
LATER = ":correction-"  # in the keys of what was said in place of an edit


def ask(connection: Connection, **values: Any) -> int | None:
    """Keep what was asked; its id. None: that message has asked before. What was asked before under the same name
    and kind, and is not decided, is replaced."""
    found = add_returning(connection, broadcasts, [values], broadcasts.c.id)
    if not found:
        return None
    b = broadcasts.c
    same = (b.name == values["name"], b.kind == values["kind"], b.state == ASKING)
    connection.execute(
        sa.update(broadcasts).where(*same, b.id != found[0].id).values(state=REPLACED)
    )
    return int(found[0].id)


def is_asked(connection: Connection, name: str) -> bool:
    """Does a draft of that name wait under its post for somebody to decide?"""
    b = broadcasts.c
    query = sa.select(b.id).where(b.name == name, b.kind == "announce", b.state == ASKING)
    return connection.execute(query.limit(1)).first() is not None


def has_asked(connection: Connection, name: str, by_id: str) -> bool:
    """Did this person ever write a version of that announcement which was not discarded?"""
    b = broadcasts.c
    query = sa.select(b.id).where(
        b.name == name, b.kind == "announce", b.by_id == by_id, b.state.in_((ASKING, REPLACED))
    )
    return connection.execute(query.limit(1)).first() is not None


def by_nonce(connection: Connection, nonce: str) -> Any:
    """The one whose buttons carry, or carried last, this nonce."""
    b = broadcasts.c
    query = sa.select(broadcasts).where(sa.or_(b.nonce == nonce, b.was_nonce == nonce))
    return connection.execute(query).first()


def by_number(connection: Connection, number: int) -> Any:
    """One of them."""
    return connection.execute(sa.select(broadcasts).where(broadcasts.c.id == number)).one()


def decide(connection: Connection, before: Any, nonce: str, **values: Any) -> bool:
    """Compare-and-set on the nonce: the press is used up. False: somebody else was first."""
    b = broadcasts.c
    changed = {"nonce": nonce, "was_nonce": before.nonce, "live": True} | values
    query = sa.update(broadcasts).where(
        b.id == before.id, b.nonce == before.nonce, b.state == before.state
    )
    return connection.execute(query.values(**changed)).rowcount == 1


def live(connection: Connection, account: str, limit: int = 30) -> Sequence[Any]:
    """Those whose post may still change, with the post's native id and where it went."""
    b, d = broadcasts.c, deliveries.c
    query = (
        sa.select(broadcasts, d.native_id, d.place.label("posted_in"), d.state.label("post"))
        .select_from(broadcasts.join(deliveries, d.key == b.key))
        .where(b.account == account, b.live).order_by(b.id.desc()).limit(limit)
    )  # fmt: skip
    return connection.execute(query).all()


def shown_as(
    connection: Connection, number: int, nonce: str, text: str, now: datetime, *, live: bool
) -> None:
    """The post reads so now; it stays live when somebody has decided meanwhile."""
    b = broadcasts.c
    values = {"shown": text, "edited_at": now}
    connection.execute(sa.update(broadcasts).where(b.id == number).values(**values))
    if not live:
        resting = sa.update(broadcasts).where(b.id == number, b.nonce == nonce).values(live=False)
        connection.execute(resting)


def change(connection: Connection, number: int, **values: Any) -> None:
    """Set columns."""
    connection.execute(sa.update(broadcasts).where(broadcasts.c.id == number).values(**values))


def lock(connection: Connection, name: str) -> None:
    """Nobody puts it into the outbox until this transaction ends."""
    query = sa.select(schedules.c.name).where(schedules.c.name == schedule_name(name))
    connection.execute(query.with_for_update()).first()


# -- where it was said


def standing(connection: Connection, name: str) -> Sequence[Any]:
    """What was, or will be, or may have been said under that name and not taken back; the newest first."""
    d, r = deliveries.c, retouches.c
    gone = sa.exists().where(r.delivery_id == d.id, r.act == "delete", r.state == "done")
    query = sa.select(deliveries).where(
        d.key.startswith(f"announce:{name}:", autoescape=True),
        d.state.not_in(("rejected", "cancelled")),
        ~gone,
    )
    return connection.execute(query.order_by(d.id.desc())).all()


def newest_each(posts: Sequence[Any]) -> list[Any]:
    """The first for each account and place."""
    newest: dict[tuple[str, str], Any] = {}
    for post in posts:
        newest.setdefault((post.account, post.place), post)
    return list(newest.values())


def last_period(connection: Connection, name: str) -> str | None:
    """The time for which it was put into the outbox last; None: it never was."""
    r = schedule_runs.c
    query = sa.select(r.period).where(r.schedule == schedule_name(name))
    return connection.execute(query.order_by(r.nominal_at.desc()).limit(1)).scalar_one_or_none()


def receipts(connection: Connection, prefix: str) -> Sequence[Any]:
    """What became of the deliveries whose key begins so, with the places' names."""
    d = deliveries.c
    query = (
        sa.select(d.platform, d.place, d.state, d.reason, d.posted_link, _name())
        .select_from(_with_places(deliveries))
        .where(d.key.startswith(prefix, autoescape=True)).order_by(d.id)
    )  # fmt: skip
    return connection.execute(query).all()


def _name() -> Any:
    return sa.func.coalesce(places.c.name, "").label("name")


def _with_places(table: Any) -> Any:
    d, p = deliveries.c, places.c
    return table.outerjoin(places, sa.and_(p.platform == d.platform, p.key == d.place))


def place_names(
    connection: Connection, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """(platform, key) to the name people know."""
    p = places.c
    pairs = set(wanted)
    query = sa.select(p.platform, p.key, p.name).where(p.key.in_(sorted({key for _, key in pairs})))
    found = connection.execute(query) if pairs else ()
    return {(r.platform, r.key): r.name for r in found if (r.platform, r.key) in pairs and r.name}


# -- changes of what was said


def retouch(
    connection: Connection, number: int, act: str, posts: Sequence[tuple[Any, str]], now: datetime
) -> None:
    """Put a change of each of these deliveries into the queue, with its new text; one that is there is left alone."""
    rows = [
        {"broadcast_id": number, "delivery_id": d.id, "act": act, "account": d.account, "text": text,
         "not_before": now}
        for d, text in posts
    ]  # fmt: skip
    add(connection, retouches, rows)


def supersede(connection: Connection, name: str, besides: int, reason: str) -> None:
    """Changes of that announcement's posts that were asked for before and are not made are no longer wanted."""
    r, b = retouches.c, broadcasts.c
    older = sa.select(b.id).where(b.name == name, b.id != besides)
    where = (r.state == "queued", r.broadcast_id.in_(older))
    connection.execute(sa.update(retouches).where(*where).values(state="spared", reason=reason))


def due(connection: Connection, account: str, now: datetime, limit: int = 50) -> Sequence[Any]:
    """Changes that this account may make now, with the delivery that they change."""
    r, d, b = retouches.c, deliveries.c, broadcasts.c
    query = (
        sa.select(
            retouches, d.key, d.platform, d.place, d.thread, d.native_id, d.posted_link, d.sent_at,
            d.state.label("said"), d.reason.label("why"), b.name,
        )
        .select_from(retouches.join(deliveries, d.id == r.delivery_id).join(broadcasts, b.id == r.broadcast_id))
        .where(r.account == account, r.state == "queued", r.not_before <= now)
        .order_by(r.not_before, r.id).limit(limit)
    )  # fmt: skip
    return connection.execute(query).all()


def next_due(connection: Connection, account: str) -> datetime | None:
    """When the next change may be made."""
    r = retouches.c
    query = sa.select(sa.func.min(r.not_before)).where(r.account == account, r.state == "queued")
    return connection.execute(query).scalar_one_or_none()


def settle(connection: Connection, number: int, state: str, reason: str = "", **more: Any) -> None:
    """What became of a change."""
    where = (retouches.c.id == number, retouches.c.state == "queued")
    connection.execute(
        sa.update(retouches).where(*where).values(state=state, reason=reason, **more)
    )


def later(
    connection: Connection, number: int, not_before: datetime, reason: str, *, tried: bool
) -> None:
    """Surely not done, or perhaps: done again then. `tried`: the platform was asked."""
    attempts = retouches.c.attempts + int(tried)
    values = {"not_before": not_before, "reason": reason, "attempts": attempts}
    connection.execute(sa.update(retouches).where(retouches.c.id == number).values(**values))


def reads(connection: Connection, number: int, text: str) -> None:
    """What was said reads so now."""
    connection.execute(sa.update(deliveries).where(deliveries.c.id == number).values(text=text))


def reword(connection: Connection, number: int, text: str) -> bool:
    """Say something else, if it has not begun to go out."""
    return _unsaid(connection, number, text=text)


def spare(connection: Connection, number: int, reason: str) -> bool:
    """Do not say it, if it has not begun to go out."""
    return _unsaid(connection, number, state="cancelled", reason=reason)


def _unsaid(connection: Connection, number: int, **values: Any) -> bool:
    d = deliveries.c
    query = sa.update(deliveries).where(d.id == number, d.state == "queued").values(**values)
    return connection.execute(query).rowcount == 1


def changes(connection: Connection, broadcast_id: int) -> Sequence[Any]:
    """What became of each change: state and reason, the place, and the delivery said instead if there is one."""
    r, d, instead = retouches.c, deliveries.c, deliveries.alias()
    query = (
        sa.select(
            r.state, r.reason, d.platform, d.place, d.posted_link, _name(),
            instead.c.state.label("instead"), instead.c.reason.label("instead_reason"),
            instead.c.posted_link.label("instead_link"),
        )
        .select_from(
            _with_places(retouches.join(deliveries, d.id == r.delivery_id))
            .outerjoin(instead, instead.c.key == r.instead)
        )
        .where(r.broadcast_id == broadcast_id).order_by(r.id)
    )  # fmt: skip
    return connection.execute(query).all()


# -- what speaks against saying it now


def open_incident(connection: Connection) -> Any:
    """The oldest incident that goes on, None while there is none."""
    i = incidents.c
    query = sa.select(i.id, i.kind).where(i.closed_at.is_(None)).order_by(i.id)
    return connection.execute(query.limit(1)).first()


def crowded(
    connection: Connection, platform: Platform, place: str, key: str, now: datetime, gap: timedelta
) -> bool:
    """Was something announced there so lately, or is about to be?"""
    d = deliveries.c
    query = sa.select(d.id).where(
        d.platform == platform.value, d.place == place, d.kind == "announcement", d.key != key,
        d.state.in_(("queued", "sending", "sent", "in_doubt", "held")),
        sa.or_(d.claimed_at > now - gap, sa.and_(d.state == "queued", d.not_before > now - gap)),
    )  # fmt: skip
    return connection.execute(query.limit(1)).first() is not None
