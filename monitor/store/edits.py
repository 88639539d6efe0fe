"""What happens to stored messages: edits, deletions, migrations of places. Facts are kept as revisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.messages import Event, EventKind, Message, Platform
from monitor.core.wording import veiled
from monitor.store import labels, moving, translations, unsettled
from monitor.store.lookup import dialect_of, keyed
from monitor.store.reading import is_there, rows_of
from monitor.store.tables import (
    assessments,
    cases,
    deliveries,
    events,
    messages,
    places,
    quarantine,
    revisions,
)
from monitor.store.upsert import add, add_returning, put
from monitor.store.written import clean

_NEEDS_MESSAGE = (EventKind.EDITED, EventKind.DELETED)
_ANY_WAITING = (
    sa.select(sa.literal(1)).select_from(events).where(events.c.state == sa.literal_column("'waiting'")).limit(1)
)  # fmt: skip


def save_events(
    connection: Connection, account: str, found: Sequence[Event], now: datetime
) -> None:
    """Keep events once each and apply them; one that came before its message waits for it."""
    rows = [_row(event, account) for event in found]
    add(connection, events, rows)
    for event in found:
        if event.kind is EventKind.MIGRATED and (new := event.details.get("to")):
            move_place(connection, event.platform.value, event.place, new, now)
    _apply_waiting(connection, now)


def _row(event: Event, account: str) -> dict[str, Any]:
    return {
        "platform": event.platform.value,
        "place": event.place,
        "kind": event.kind.value,
        "native_id": event.native_id,
        "at": event.at,
        "author_id": event.author.id if event.author else "",
        "details": {key: clean(value) for key, value in event.details.items()},
        "account": account,
        "state": "waiting" if event.kind in _NEEDS_MESSAGE else "applied",
    }


def _apply_waiting(connection: Connection, now: datetime) -> None:
    if not is_there(connection, _ANY_WAITING):
        return
    for row in connection.execute(_waiting()).all():
        if row.kind == EventKind.DELETED.value:
            delete_message(connection, row.message_id, row.at)
        else:
            _edit(connection, row.message_id, row.details.get("text", ""), row.at)
        # What it said is kept with the message, and only there: a deletion must find it.
        done = sa.update(events).where(events.c.id == row.id).values(state="applied", details={})
        connection.execute(done)


@cache
def _waiting() -> sa.Select[Any]:
    """Events that wait and whose message is there."""
    e, m = events.c, messages.c
    same = sa.and_(e.platform == m.platform, e.place == m.place, e.native_id == m.native_id)
    return (
        sa.select(
            e.id,
            e.kind,
            e.at,
            e.details,
            m.id.label("message_id"),
            m.text,
            m.edited_at,
            m.deleted_at,
        )
        .select_from(events.join(messages, same))
        .where(e.state == sa.literal_column("'waiting'"))
        .order_by(e.at)
    )


def have_changed(connection: Connection, keys: Mapping[str, str]) -> bool:
    """Was any of these messages (messages.keys_of) edited or deleted before we have it?"""
    if not is_there(connection, _ANY_WAITING):
        return False
    return is_there(connection, _waiting_for(dialect_of(connection)), keys)


@cache
def _waiting_for(dialect: str) -> sa.Select[Any]:
    e = events.c
    wanted = keyed(dialect, events, "platform", "place", "native_id")
    return sa.select(e.id).select_from(wanted).where(e.state == sa.literal_column("'waiting'"))


def apply_edits(
    connection: Connection, found: Sequence[tuple[int, Message]], now: datetime
) -> None:
    """A message seen again in a listing may carry a later text."""
    for number, message in found:
        _edit(connection, number, message.text, message.edited_at or now)


def _edit(connection: Connection, number: int, text: str, at: datetime) -> None:
    c = messages.c
    text = clean(text)
    row = connection.execute(
        sa.select(c.text, c.edited_at, c.deleted_at).where(c.id == number)
    ).one()
    is_older = row.edited_at is not None and row.edited_at >= at
    if row.deleted_at is not None or is_older or row.text == text:
        return
    add(connection, revisions, [{"message_id": number, "at": at, "text": row.text}])
    translations.forget(connection, [number])
    connection.execute(
        sa.update(messages)
        .where(c.id == number)
        .values(text=text, edited_at=at, state="new", tries=0)
    )


def delete_message(connection: Connection, number: int, at: datetime) -> None:
    """Forget what it said and who said it; keep that there was something, when, and whom it answered."""
    c = messages.c
    named = connection.execute(sa.select(c.mentions).where(c.id == number)).scalar_one_or_none()
    mentions = [veiled(name) for name in named or ()] or None
    blank = {
        "text": "",
        "author_name": "",
        "author_handle": "",
        "mentions": mentions,
        "deleted_at": at,
    }
    changed = connection.execute(
        sa.update(messages)
        .where(c.id == number, c.deleted_at.is_(None))
        .values(**blank)
        .returning(c.case_id)
    ).first()
    connection.execute(sa.delete(revisions).where(revisions.c.message_id == number))
    _forget_quotes(connection, [number])
    labels.forget(connection, [number], at)
    if changed is not None and changed.case_id is not None:
        _withdraw(connection, changed.case_id, at)
        _read_anew(connection, changed.case_id, at)


def _read_anew(connection: Connection, case_id: int, since: datetime) -> None:
    k = cases.c
    row = connection.execute(sa.select(k.platform, k.place).where(k.id == case_id)).one()
    unsettled.changed(connection, (row.platform, row.place), since)


def _withdraw(connection: Connection, case_id: int, at: datetime) -> None:
    """A question whose every message is gone before anybody answered waits no more."""
    m, k = messages.c, cases.c
    asker = sa.select(k.author_id).where(k.id == case_id).scalar_subquery()
    left = sa.select(sa.func.count()).where(
        m.case_id == case_id, m.deleted_at.is_(None), m.author_id == asker
    )
    if connection.execute(left).scalar_one():
        return
    connection.execute(
        sa.update(cases)
        .where(k.id == case_id, k.staff_first_at.is_(None), k.community_first_at.is_(None))
        .values(state="withdrawn", open_turn_at=None)
    )
    connection.execute(
        sa.update(cases).where(k.id == case_id).values(author_name="", author_handle="")
    )


def move_place(connection: Connection, platform: str, old: str, new: str, now: datetime) -> None:
    """A group became a supergroup: its cases and what is still to be said go with it.

    Messages stay where they were written: the new place numbers its messages anew.
    """
    row = {"platform": platform, "key": old, "moved_to": new}
    put(connection, places, [row], ("platform", "key"))
    add_returning(connection, places, [{"platform": platform, "key": new}], places.c.id)
    in_old = (cases.c.platform == platform, cases.c.place == old)
    connection.execute(sa.update(cases).where(*in_old).values(place=new))
    unsaid = deliveries.c.state.in_(("queued", "in_doubt", "held", "sending"))
    at_old = (deliveries.c.platform == platform, deliveries.c.place == old, unsaid)
    connection.execute(
        sa.update(deliveries).where(*at_old).values(place=new, reply_to=None, thread=None)
    )
    if platform == Platform.TELEGRAM:
        moving.move_desk(connection, old, new, now)


def moved_places(connection: Connection, platform: str) -> dict[str, str]:
    """Old place to new place."""
    return dict(rows_of(connection, _moved(), {"moving": platform}))


@cache
def _moved() -> sa.Select[Any]:
    c = places.c
    moving = sa.bindparam("moving", type_=sa.Text)
    return sa.select(c.key, c.moved_to).where(c.platform == moving, c.moved_to.is_not(None))


def ids_to_recheck(
    connection: Connection, platform: str, since: datetime, limit: int, after: int
) -> Sequence[Any]:
    """(id, native_id, place) of stored messages that may have been deleted or edited at their source."""
    c = messages.c
    query = (
        sa.select(c.id, c.native_id, c.place, c.text)
        .where(c.platform == platform, c.sent_at >= since, c.deleted_at.is_(None), c.id > after)
        .where(c.imported.is_(False))
        .order_by(c.id)
        .limit(limit)
    )
    return connection.execute(query).all()


def apply_recheck(
    connection: Connection, number: int, text: str | None, at: datetime, *, deleted: bool
) -> None:
    """What looking again found."""
    if deleted:
        delete_message(connection, number, at.astimezone(UTC))
    elif text is not None:
        _edit(connection, number, text, at)


def forget(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Blank the texts and names of these messages, and everything that quotes them."""
    blank = {
        "text": "",
        "author_name": "",
        "author_handle": "",
        "mentions": None,
        "deleted_at": now,
    }
    connection.execute(sa.update(messages).where(messages.c.id.in_(numbers)).values(**blank))
    connection.execute(sa.delete(revisions).where(revisions.c.message_id.in_(numbers)))
    said = sa.update(assessments).where(assessments.c.message_id.in_(numbers)).values(said=None)
    connection.execute(said)
    _forget_quotes(connection, numbers)
    labels.forget(connection, numbers, now)


def _forget_quotes(connection: Connection, numbers: Sequence[int]) -> None:
    """Alerts quote what people wrote, judgements say which words they saw, quarantine keeps what was set aside."""
    translations.forget(connection, numbers)
    d, a, m, q = deliveries.c, assessments.c, messages.c, quarantine.c
    quoting = (d.message_id.in_(numbers), d.kind == "alert")
    unsaid = sa.update(deliveries).where(*quoting, d.state == "queued")
    connection.execute(unsaid.values(state="cancelled", reason="the message was deleted"))
    doubted = sa.update(deliveries).where(*quoting, d.state == "in_doubt")
    connection.execute(doubted.values(state="held", reason="the message was deleted"))
    connection.execute(
        sa.update(deliveries).where(*quoting, d.state != "sending").values(text="", link=None)
    )
    judged = sa.update(assessments).where(a.message_id.in_(numbers))
    connection.execute(judged.values(reasons=[], why=None))
    keys = sa.select(m.platform + ":" + m.place + ":" + m.native_id).where(m.id.in_(numbers))
    connection.execute(sa.delete(quarantine).where(q.stream == "assess", q.native_id.in_(keys)))


def drop_quarantine(connection: Connection, before: datetime) -> None:
    """What nobody looked at for so long is dropped."""
    connection.execute(sa.delete(quarantine).where(quarantine.c.at < before))


def drop_waiting_events(connection: Connection, before: datetime) -> None:
    """Edits and deletions of messages that we never had."""
    e = events.c
    connection.execute(sa.delete(events).where(e.state == "waiting", e.at < before))


def forget_names(connection: Connection, numbers: Sequence[int], before: datetime) -> None:
    """Who asked, in these cases if they have been silent for so long."""
    c = cases.c
    connection.execute(
        sa.update(cases)
        .where(c.id.in_(numbers), c.last_turn_at < before)
        .values(author_name="", author_handle="")
    )
