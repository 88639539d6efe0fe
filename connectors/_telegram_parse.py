"""A page of raw Telegram updates to messages, events, and what could not be read. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from connectors._telegram_events import (
    read_answer,
    read_button,
    read_edit,
    read_media,
    read_membership,
    read_migration,
    read_reaction,
)
from connectors._telegram_messages import has_content, read_guest, read_message
from connectors._telegram_shapes import UNREADABLE, Ourselves, Raw, clean, whole
from monitor.core.messages import Event, Message
from monitor.ports import Quarantined

RAW_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class Read:
    """One page of updates, read. `ids` are the update ids that it had."""

    messages: tuple[Message, ...]
    events: tuple[Event, ...]
    quarantined: tuple[Quarantined, ...]
    ids: tuple[int, ...]


def read_updates(updates: Iterable[Any], us: Ourselves) -> Read:
    """Read each update by itself: one that cannot be read is set aside and stops none."""
    messages: list[Message] = []
    events: list[Event] = []
    aside: list[Quarantined] = []
    ids: list[int] = []
    for update in updates:
        try:
            ids.append(whole(update["update_id"]))
            found = read_update(update, us)
            more = _more(update, us)
        except UNREADABLE as error:
            aside.append(_set_aside(update, error))
            continue
        if isinstance(found, Message):
            messages.append(found)
        elif found is not None:
            events.append(found)
        events.extend(more)
    return Read(tuple(messages), tuple(events), tuple(aside), tuple(ids))


def read_update(update: Raw, us: Ourselves) -> Message | Event | None:
    """The message or event in it; None for what we do not keep: notices, unknown kinds."""
    for kind in update:
        read = READERS.get(kind)
        if read is not None:
            return read(update[kind], us)
    return None


def _more(update: Raw, us: Ourselves) -> list[Event]:
    """What a message is besides its words, and what it answers."""
    raw = update.get("message")
    if raw is None or "reply_to_message" not in raw:
        return []  # as nearly all
    found = (read_media(raw, us), read_answer(raw, us))
    return [event for event in found if event is not None]


def _message(raw: Raw, us: Ourselves) -> Message | Event | None:
    if "migrate_to_chat_id" in raw or "migrate_from_chat_id" in raw:
        return read_migration(raw, us)
    return read_message(raw, us) if has_content(raw) else None


def _guest(raw: Raw, us: Ourselves) -> Message | None:
    return read_guest(raw, us) if has_content(raw) else None


def _edited(raw: Raw, us: Ourselves) -> Event | None:
    return read_edit(raw, us) if has_content(raw) else None


READERS: dict[str, Callable[[Raw, Ourselves], Message | Event | None]] = {
    "message": _message,
    "channel_post": _message,
    "guest_message": _guest,
    "edited_message": _edited,
    "edited_channel_post": _edited,
    "my_chat_member": read_membership,
    "message_reaction": read_reaction,
    "callback_query": read_button,
}


def _set_aside(update: Any, error: BaseException) -> Quarantined:
    try:
        raw = json.dumps(update)
    except (ValueError, RecursionError):
        raw = "nested too deeply to be written down"
    known = update.get("update_id") if isinstance(update, dict) else None
    digest = hashlib.sha256(raw.encode()).hexdigest()[:16]
    native_id = str(known) if type(known) is int else digest
    missing = f"missing field {error}"
    reason = missing if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"
    return Quarantined(native_id, raw[:RAW_LIMIT], clean(reason[:300]))
