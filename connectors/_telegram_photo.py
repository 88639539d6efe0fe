"""A post with a picture, as sendPhoto wants it: the text becomes its caption. Pure; it sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import InputFile

from connectors._telegram_text import clip
from monitor.ports import Attachment, Post, Rejected

CAPTION_LIMIT = 1024
PICTURES = frozenset({"image/png", "image/jpeg"})
# The place takes no pictures, or Telegram cannot read this one; a plain message still goes.
_REFUSED = ("photo", "image_process_failed")


def picture_of(post: Post) -> Attachment | None:
    """The first picture of a post; other files stay behind: Telegram's alerts have none."""
    return next((a for a in post.attachments if a.content_type in PICTURES), None)


def with_picture(parameters: Mapping[str, Any], picture: Attachment) -> dict[str, Any]:
    """The parameters of sendMessage turned into those of sendPhoto."""
    rest = {k: v for k, v in parameters.items() if k not in ("text", "link_preview_options")}
    entities = rest.pop("entities", None)
    caption = clip(parameters["text"], CAPTION_LIMIT)
    if entities and caption == parameters["text"]:
        rest["caption_entities"] = entities
    photo = InputFile(picture.content, filename=picture.name)
    return rest | {"caption": caption, "photo": photo}


def goes_without(refusal: Rejected) -> bool:
    """Whether the text alone may still be taken."""
    reason = refusal.reason.lower()
    return refusal.moved_to is None and any(word in reason for word in _REFUSED)
