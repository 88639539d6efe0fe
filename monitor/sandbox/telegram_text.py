"""Texts and entities as Telegram checks and finds them, in UTF-16 units. Pure."""

from __future__ import annotations

import re
from typing import Any

from monitor.sandbox.telegram_arguments import bad_request, checked

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
PARSE_MODES = ("HTML", "Markdown", "MarkdownV2")
ENTITIES = {
    "type*": "words",
    "offset*": "whole",
    "length*": "whole",
    "url": "words",
    "user": "mapping",
    "language": "words",
    "custom_emoji_id": "words",
}
ENTITY_TYPES = frozenset(
    {
        *("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold"),
        *("italic", "underline", "strikethrough", "spoiler", "blockquote", "code", "pre"),
        *("expandable_blockquote", "text_link", "text_mention", "custom_emoji"),
    }
)
FOUND = {
    "mention": re.compile(r"(?<!\w)@[A-Za-z]\w{3,31}", re.ASCII),
    "bot_command": re.compile(r"(?<!\S)/[A-Za-z]\w{0,31}(?:@\w{4,32})?", re.ASCII),
    "url": re.compile(r"https?://\S+"),
}


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, parse_mode: str | None, entities: list[Any] | None) -> str:
    """The text as Telegram keeps it. Raises a 400 for what it would not take."""
    if parse_mode is not None and parse_mode not in PARSE_MODES:
        raise bad_request("unsupported parse_mode")
    if not text.strip():
        raise bad_request("message text is empty")
    if units(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    for entity in entities or ():
        _check_entity(text, entity)
    return text


def check_caption(text: str, parse_mode: str | None, entities: list[Any] | None) -> str:
    """The same under a picture: shorter, and it may be empty."""
    if units(text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return check_text(text, parse_mode, entities) if text.strip() else ""


def _check_entity(text: str, entity: Any) -> None:
    if not isinstance(entity, dict):
        raise bad_request("can't parse entities: expected an Object")
    known = checked(entity, ENTITIES, "entities.")
    start, end = known["offset"], known["offset"] + known["length"]
    if known["type"] not in ENTITY_TYPES:
        raise bad_request("can't parse entities: unsupported entity type")
    if start < 0 or known["length"] <= 0 or end > units(text):
        raise bad_request("entity begins or ends outside of the text")
    if known["type"] == "text_link" and not known.get("url"):
        raise bad_request("can't parse entities: text_link without url")
    _check_cut(text, start)
    _check_cut(text, end)


def _check_cut(text: str, position: int) -> None:
    """An entity must not begin or end within a character of two units."""
    try:
        text.encode("utf-16-le")[: 2 * position].decode("utf-16-le")
    except UnicodeDecodeError:
        raise bad_request("entity begins or ends in a middle of a UTF-16 symbol") from None


def find_entities(text: str) -> list[dict[str, Any]]:
    """The entities that Telegram finds by itself in what people write."""
    found = [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match.group())}
        for kind, pattern in FOUND.items()
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda entity: entity["offset"])


def check_markup(markup: dict[str, Any] | None) -> None:
    """Only inline keyboards are understood here: buttons with a text and one thing to do."""
    if markup is None:
        return
    rows = checked(markup, {"inline_keyboard*": "listing"}, "reply_markup.")["inline_keyboard"]
    for row in rows:
        if not isinstance(row, list):
            raise bad_request('field "inline_keyboard" must be an Array of Arrays')
        for button in row:
            _check_button(button)


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("inline keyboard button must be an Object")
    known = checked(button, {"text*": "words", "callback_data": "words", "url": "words"}, "button.")
    if ("callback_data" in known) == ("url" in known):
        raise bad_request("text buttons are unallowed in the inline keyboard")
    if "callback_data" in known and not 1 <= len(known["callback_data"].encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
