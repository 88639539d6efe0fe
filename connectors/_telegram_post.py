"""One post as the parameters of Telegram's sendMessage. Pure; it sends nothing."""

from __future__ import annotations

from typing import Any

from connectors._telegram_text import with_calls, with_link
from monitor.ports import Buttons, Post, Rejected

# Said in public, these mean nothing without what they answer.
NEEDS_ITS_QUESTION = frozenset({"acknowledgement", "answer", "warning"})


def parameters_of(post: Post, account: str) -> dict[str, Any]:
    """Everything that says what, where, below what, with which buttons. Rejected for what has no number."""
    text, entities = with_calls(*with_link(post.text, post.link), post.calls)
    parameters: dict[str, Any] = {
        "chat_id": chat_of(post.place, account),
        "text": text,
        "link_preview_options": {"is_disabled": True},
    }
    if entities:
        parameters["entities"] = entities
    if post.buttons:
        parameters["reply_markup"] = keyboard(post.buttons)
    if post.silent:
        parameters["disable_notification"] = True
    return parameters | _where(post)


def _where(post: Post) -> dict[str, Any]:
    found: dict[str, Any] = {}
    may_stand_alone = post.kind not in NEEDS_ITS_QUESTION
    if post.reply_to is not None:
        found["reply_parameters"] = {
            "message_id": number(post.reply_to, "reply_to"),
            "allow_sending_without_reply": may_stand_alone,
        }
    # A reply finds its topic by itself; only one that may lose its question must be told.
    if post.thread is not None and (post.reply_to is None or may_stand_alone):
        found["message_thread_id"] = number(post.thread, "thread")
    return found


def keyboard(buttons: Buttons) -> dict[str, Any]:
    """Rows of buttons below a message."""
    return {
        "inline_keyboard": [
            [{"text": button.label, "callback_data": button.data} for button in row]
            for row in buttons
        ]
    }


def chat_of(place: str, account: str) -> int | str:
    """The chat id in a place's key."""
    own = place.removeprefix(f"{account}:")
    return own if own.startswith("@") else number(own, "place")


def number(text: str, what: str) -> int:
    """Telegram's ids are numbers; Rejected for anything else."""
    try:
        return int(text)
    except ValueError:
        raise Rejected(f"Telegram has no such {what}: {text!r}", code="not_addressable") from None
