"""X's rules for what may be posted. It judges; it never posts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monitor.core import xtext
from monitor.sandbox.x_answers import Refused, invalid, refuse
from monitor.sandbox.x_book import Book, XPost

_KEYS = {
    "card_uri",
    "community_id",
    "direct_message_deep_link",
    "for_super_followers_only",
    "geo",
    "made_with_ai",
    "media",
    "nullcast",
    "poll",
    "quote_tweet_id",
    "reply",
    "reply_settings",
    "share_with_followers",
    "text",
}
_ONE_DAY = timedelta(days=1)


def read(body: Any) -> tuple[str, str | None]:
    """(text, id replied to) of a request. Raises Refused."""
    if not isinstance(body, dict):
        raise invalid("body", "", "The request body is not an object")
    for name in body:
        if name not in _KEYS:
            raise invalid(name, "", f"The key [{name}] is not one of [{','.join(sorted(_KEYS))}]")
    if body.get("quote_tweet_id") is not None:
        raise refuse(403, "Forbidden", "Quoting posts is not available at your access level.")
    text, reply = body.get("text"), body.get("reply")
    if not isinstance(text, str) or not text.strip():
        raise invalid("text", str(text), "text: must not be empty without media")
    return text, _reply(reply)


def _reply(reply: Any) -> str | None:
    if reply is None:
        return None
    if not isinstance(reply, dict):
        raise invalid("reply", "", "reply is not an object")
    target = reply.get("in_reply_to_tweet_id")
    if not isinstance(target, str) or not target.isdigit():
        raise invalid("reply.in_reply_to_tweet_id", str(target), "not a post id")
    return target


def refusal(book: Book, draft: XPost, typed: str, reply_to: str | None) -> Refused | None:
    """Why this account may not post this, None when it may."""
    if xtext.weighted_length(typed) > xtext.LIMIT:
        return refuse(
            403,
            "Forbidden",
            "Your Tweet text is too long. For more information please see the documentation.",
        )
    if len(xtext.cashtags(typed)) > 1:
        return refuse(403, "Forbidden", "Posts may contain at most one cashtag.")
    return _reply_refusal(book, draft, reply_to) or _duplicate(book, draft)


def _reply_refusal(book: Book, draft: XPost, reply_to: str | None) -> Refused | None:
    if reply_to is None:
        return None
    target = book.posts.get(reply_to)
    if target is None or target.deleted:
        message = "You attempted to reply to a Tweet that is deleted or not visible to you."
        return invalid("reply.in_reply_to_tweet_id", reply_to, message)
    if _summoned(book, target, draft):
        return None
    return refuse(
        403,
        "Forbidden",
        "You can only reply to or quote posts where you are mentioned or are the author.",
    )


def _summoned(book: Book, target: XPost, draft: XPost) -> bool:
    us = draft.author
    quoted = book.posts.get(target.quotes or "")
    return (
        target.author == us
        or target.names(us.username, in_typed_part=True)
        or (quoted is not None and quoted.author == us)
    )


def _duplicate(book: Book, draft: XPost) -> Refused | None:
    own = (p for p in book.posts.values() if p.author == draft.author and not p.deleted)
    if any(p.text == draft.text and draft.created - p.created < _ONE_DAY for p in own):
        return refuse(
            403, "Forbidden", "You are not allowed to create a Tweet with duplicate content."
        )
    return None
