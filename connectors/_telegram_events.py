"""What happens in Telegram besides messages, to Events. Pure; it never answers."""

from __future__ import annotations

from datetime import datetime

from connectors._telegram_messages import TEXT_LIMIT, read_text
from connectors._telegram_shapes import (
    Ourselves,
    Raw,
    author_of,
    moment,
    person_as_author,
    place_key,
    whole,
    words,
)
from monitor.core.messages import Author, Event, EventKind, Platform


def _event(
    kind: EventKind,
    place: str,
    native_id: str,
    at: datetime,
    details: dict[str, str],
    author: Author | None = None,
) -> Event:
    return Event(kind, Platform.TELEGRAM, place, native_id, at, author, details)


def _place(chat: Raw, us: Ourselves) -> str:
    return place_key(whole(chat["id"]), chat["type"], us.account)


def read_edit(raw: Raw, us: Ourselves) -> Event:
    """A message has another text; Telegram also tells of edits that change nothing visible."""
    text, _ = read_text(raw)
    at = moment(raw.get("edit_date", raw["date"]))
    native_id, by = str(whole(raw["message_id"])), author_of(raw, us)
    details = {"text": text[:TEXT_LIMIT]}
    return _event(EventKind.EDITED, _place(raw["chat"], us), native_id, at, details, by)


def read_migration(raw: Raw, us: Ourselves) -> Event:
    """A group became a supergroup: told in the old and in the new chat, both give this event."""
    chat_id = whole(raw["chat"]["id"])
    old = chat_id if "migrate_to_chat_id" in raw else whole(raw["migrate_from_chat_id"])
    new = str(whole(raw["migrate_to_chat_id"]) if "migrate_to_chat_id" in raw else chat_id)
    place = place_key(old, "group", us.account)
    return _event(EventKind.MIGRATED, place, new, moment(raw["date"]), {"to": new})


def read_membership(raw: Raw, us: Ourselves) -> Event:
    """Our own standing in a chat; `native_id` is the member's id."""
    member, chat = raw["new_chat_member"], raw["chat"]
    rights = sorted(right for right, given in member.items() if right[:4] == "can_" and given)
    details = {
        "status": words(member["status"]),
        "rights": ",".join(rights),
        "place_name": words(chat.get("title", "")),
        "place_kind": words(chat["type"]),
        "sees": "yes" if _sees(member["status"], us) else "no",
    }
    native_id, by = str(whole(member["user"]["id"])), person_as_author(raw["from"])
    at = moment(raw["date"])
    return _event(EventKind.MEMBERSHIP, _place(chat, us), native_id, at, details, by)


def _sees(status: str, us: Ourselves) -> bool:
    """Does every message of that chat come to us, standing there like this?"""
    if status in ("creator", "administrator"):
        return True
    return status in ("member", "restricted") and us.reads_groups


def read_reaction(raw: Raw, us: Ourselves) -> Event:
    """All reactions that a person now has on a message; an empty text when taken away."""
    speaker = {"chat": raw["chat"], "from": raw.get("user"), "sender_chat": raw.get("actor_chat")}
    emoji = " ".join(words(r.get("emoji") or r["type"]) for r in raw["new_reaction"])
    native_id, by = str(whole(raw["message_id"])), author_of(speaker, us)
    at = moment(raw["date"])
    return _event(EventKind.REACTION, _place(raw["chat"], us), native_id, at, {"emoji": emoji}, by)


# What can be in a message besides words, and how people call it; the first that fits.
MEDIA = {
    "photo": "a photo", "live_photo": "a photo", "animation": "an animation", "video": "a video",
    "voice": "a voice message", "video_note": "a video message", "audio": "an audio file",
    "sticker": "a sticker", "document": "a file", "poll": "a poll", "contact": "a contact",
    "venue": "a place", "location": "a place", "story": "a story", "checklist": "a checklist",
    "dice": "a die", "game": "a game", "paid_media": "paid media",
}  # fmt: skip


def read_media(raw: Raw, us: Ourselves) -> Event | None:
    """An answer to us that is more than words: what else it is. Its words alone would pass for the whole of it."""
    answered = raw.get("reply_to_message")
    media = next((shown for name, shown in MEDIA.items() if name in raw), None)
    if media is None or answered is None or author_of(answered, us).id != str(us.id):
        return None
    details = {"media": media, "album": words(raw.get("media_group_id", ""))}
    native_id, at = str(whole(raw["message_id"])), moment(raw["date"])
    return _event(
        EventKind.MEDIA, _place(raw["chat"], us), native_id, at, details, author_of(raw, us)
    )


def read_answer(raw: Raw, us: Ourselves) -> Event | None:
    """An answer to a post of ours that has buttons: they tell what it is about, also where we never learned that the
    post was taken."""
    answered = raw.get("reply_to_message")
    if answered is None or author_of(answered, us).id != str(us.id):
        return None
    rows = (answered.get("reply_markup") or {}).get("inline_keyboard") or [[]]
    data = next(
        (words(b["callback_data"]) for row in rows for b in row if "callback_data" in b), ""
    )
    if not data:
        return None
    details = {"data": data, "message_id": str(whole(answered["message_id"]))}
    native_id, at = str(whole(raw["message_id"])), moment(raw["date"])
    place = _place(raw["chat"], us)
    return _event(EventKind.ANSWER, place, native_id, at, details, author_of(raw, us))


def read_button(raw: Raw, us: Ourselves) -> Event | None:
    """A button of ours was pressed. None for one under an inline message.

    Telegram does not say when: `at` is the message's time, and `native_id` the query's id, so that
    the same press told twice is one event.
    """
    message = raw.get("message")
    if message is None:
        return None
    details = {
        "data": words(raw.get("data", "")),
        "query_id": words(raw["id"]),
        "message_id": str(whole(message["message_id"])),
        "language": words(
            raw["from"].get("language_code", "")
        ),  # of their app: pages are shown in it
    }
    place, by = _place(message["chat"], us), person_as_author(raw["from"])
    at = moment(message["date"])
    return _event(EventKind.BUTTON, place, details["query_id"], at, details, by)
