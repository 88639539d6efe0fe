"""One raw Telegram message to a Message. Pure; it never answers.

It is on the way of every message, so it reads plain dictionaries: the library's objects cost ten
times as much.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors._telegram_rich import flatten
from connectors._telegram_shapes import (
    Ourselves,
    Raw,
    Where,
    author_of,
    clean,
    link_to,
    moment,
    where_of,
    whole,
    words,
)
from monitor.core.messages import AuthorKind, Message, Platform

GENERAL_TOPIC = 1
# Asked for once: Python 3.11 finds a member of an Enum by a detour.
_TELEGRAM, _PERSON = Platform.TELEGRAM, AuthorKind.PERSON
TEXT_LIMIT = 65_536
CONTENT = frozenset(
    {
        *("text", "caption", "rich_message", "photo", "video", "animation", "document", "audio"),
        *("voice", "video_note", "sticker", "live_photo", "paid_media", "story", "poll"),
        *("checklist", "contact", "location", "venue", "dice", "game"),
    }
)


def has_content(raw: Raw) -> bool:
    """Somebody wrote or showed something; the rest are notices of joins, pins, titles."""
    return not CONTENT.isdisjoint(raw)


def read_message(raw: Raw, us: Ourselves) -> Message:
    """A message of a chat that we are in."""
    return _written(raw, us, where_of(raw["chat"], us.account))


def read_guest(raw: Raw, us: Ourselves) -> Message:
    """We were summoned in a chat that we are not in; nothing can be sent there by chat id."""
    place = f"guest:{us.account}:{whole(raw['chat']['id'])}"
    where = where_of(raw["chat"], us.account)._replace(place=place)
    return _written(raw, us, where, summoned=True)


def _written(raw: Raw, us: Ourselves, where: Where, *, summoned: bool = False) -> Message:
    message_id = whole(raw["message_id"])
    text, mentions = read_text(raw)
    author = author_of(raw, us)
    thread = _thread(raw)
    answered = _answered(raw)
    answered_author = "" if answered is None else author_of(answered, us).id
    answers_us = answered_author != "" and answered_author == str(us.id)
    spoken_to = summoned or answers_us or where.kind == "private"
    is_person = author.kind is _PERSON
    return Message(
        platform=_TELEGRAM,
        place=where.place,
        native_id=str(message_id),
        author=author,
        text=text[:TEXT_LIMIT],
        sent_at=moment(raw["date"]),
        thread=thread,
        reply_to=None if answered is None else str(whole(answered["message_id"])),
        language_hint=raw["from"].get("language_code") if is_person else None,
        link=link_to(where, message_id, thread),
        place_name=where.name,
        addressed=spoken_to or (bool(mentions) and _names_us(mentions, us)),
        mentions=mentions,
        edited_at=moment(raw["edit_date"]) if "edit_date" in raw else None,
        truncated=len(text) > TEXT_LIMIT,
        place_kind=where.kind,
        reply_to_author=answered_author or None,
    )


def read_text(raw: Raw) -> tuple[str, tuple[str, ...]]:
    """The text, wherever it is, and whom it names: handles without @, or ids."""
    text = raw.get("text")
    if text is not None:
        return words(text), _mentions(text, raw["entities"]) if "entities" in raw else ()
    text = raw.get("caption")
    if text is not None:
        return words(text), _mentions(text, raw.get("caption_entities", ()))
    if "rich_message" in raw:
        text, mentions = flatten(raw["rich_message"])
        return clean(text), mentions
    if "poll" in raw:
        return words(raw["poll"]["question"]), ()
    return "", ()


def _mentions(text: str, entities: Sequence[Raw]) -> tuple[str, ...]:
    found: list[str] = []
    units = b""
    for entity in entities:
        kind = entity["type"]
        if kind == "text_mention":
            found.append(str(whole(entity["user"]["id"])))
        elif kind in ("mention", "bot_command"):
            # Offsets count UTF-16 units, not characters.
            units = units or text.encode("utf-16-le", "surrogatepass")
            start, length = whole(entity["offset"]), whole(entity["length"])
            named = units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")
            found.append(clean(named.partition("@")[2]))
    return tuple(dict.fromkeys(name for name in found if name))


def _names_us(mentions: tuple[str, ...], us: Ourselves) -> bool:
    ours = (us.username.lower(), str(us.id))
    return any(mention.lower() in ours for mention in mentions)


def _thread(raw: Raw) -> str | None:
    """The forum topic. Plain reply chains carry a thread id too, without being a topic."""
    if not raw.get("is_topic_message"):
        return None
    thread = whole(raw["message_thread_id"])
    return None if thread == GENERAL_TOPIC else str(thread)


def _answered(raw: Raw) -> Raw | None:
    """The message answered. All in a topic "answers" the notice that opened it: that is none."""
    answered: Raw | None = raw.get("reply_to_message")
    if answered is None or not raw.get("is_topic_message"):
        return answered
    return None if answered["message_id"] == raw["message_thread_id"] else answered
