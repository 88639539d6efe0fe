"""Reads posts of X's API in the old names and the new. It never asks X anything.

`summoned` follows X's rule for automated replies: an account may answer only who mentions or quotes
it by themselves. In a reply X puts mentions in front that nobody typed. `display_text_range` says
where the typed part begins; where X leaves it out, the run of mentions at the start of a reply
counts as not typed.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from monitor.core import xtext
from monitor.core.messages import Author, Event, EventKind, Message, Platform
from monitor.ports import Quarantined

PLACE = "x"
_KEPT = 64_000  # characters of a raw post in quarantine
_STATUS = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(\w+)/status/(\d+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Us:
    """Our account on X."""

    id: str
    handle: str


@dataclass(frozen=True, slots=True)
class People:
    """Users by id, as far as they are known without asking."""

    authors: Mapping[str, Author]

    def author(self, user_id: str) -> Author:
        """The author; only the id when we never saw a name."""
        return self.authors.get(user_id) or Author(user_id)


@dataclass(frozen=True, slots=True)
class Read:
    """What a page held."""

    messages: tuple[Message, ...]
    events: tuple[Event, ...]
    quarantined: tuple[Quarantined, ...]


def read_posts(posts: Sequence[Any], people: People, us: Us, *, addressed: bool) -> Read:
    """Every post once. `addressed`: the stream itself says that they speak to us."""
    messages: dict[str, Message] = {}
    quarantined = []
    for raw in posts:
        try:
            message = read_post(raw, people, us, addressed=addressed)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            quarantined.append(_set_aside(raw, error))
            continue
        known = messages.get(message.native_id)
        if known is None or _version(message) > _version(known):
            messages[message.native_id] = message
    events = [_edited(m, m.edited_at) for m in messages.values() if m.edited_at is not None]
    return Read(tuple(messages.values()), tuple(events), tuple(quarantined))


def _version(message: Message) -> datetime:
    return message.edited_at or message.sent_at


def _edited(message: Message, at: datetime) -> Event:
    details = {"text": message.text}
    where = (message.platform, message.place, message.native_id)
    return Event(EventKind.EDITED, *where, at, message.author, details)


def read_post(raw: Mapping[str, Any], people: People, us: Us, *, addressed: bool) -> Message:
    """One post. An edited post keeps the id of its first version. Raises what a bad one raises."""
    native_id, text = _id(raw["id"]), _text(raw)
    first = str(history(raw)[0])
    references = {r["type"]: str(r["id"]) for r in _either(raw, "referenced") or ()}
    typed_from = _typed_from(raw, text, is_reply="replied_to" in references)
    named = _named(raw, text)
    message = Message(
        Platform.TWITTER,
        PLACE,
        first,
        people.author(str(raw.get("author_id") or "")),
        rendered(raw),
        _sent_at(raw, first, native_id),
        thread=str(raw["conversation_id"]) if raw.get("conversation_id") else None,
        reply_to=references.get("replied_to"),
        language_hint=raw.get("lang"),
        link=f"https://x.com/i/web/status/{native_id}",
        place_name="X",
        mentions=tuple(dict.fromkeys(name for _, name in named)),
        place_kind="timeline",
        reply_to_author=str(raw["in_reply_to_user_id"]) if raw.get("in_reply_to_user_id") else None,
    )
    ours = [at for at, name in named if name.lower() == us.handle.lower()]
    quotes_us = _quotes(raw, references.get("quoted"), us)
    return replace(
        message,
        addressed=addressed or bool(ours) or quotes_us or message.reply_to_author == us.id,
        summoned=quotes_us or any(at >= typed_from for at in ours),
        edited_at=xtext.id_time(native_id) if native_id != first else None,
    )


def history(raw: Mapping[str, Any]) -> Sequence[str]:
    """The ids of all versions, oldest first; its own where X does not say."""
    told = raw.get("edit_history_tweet_ids") or raw.get("edit_history_post_ids") or ()
    if isinstance(told, str) or not all(isinstance(i, str) and i.isdigit() for i in told):
        raise ValueError("edit history is no list of ids")
    return list(told) or [_id(raw["id"])]


def rendered(raw: Mapping[str, Any]) -> str:
    """The text for people: long posts in full, links spelled out, escapes undone."""
    text = _text(raw)
    for url in _entities(raw).get("urls") or ():
        if url.get("url") and url.get("expanded_url"):
            text = text.replace(url["url"], url["expanded_url"])
    return html.unescape(text)


def _text(raw: Mapping[str, Any]) -> str:
    note = _note(raw)
    text = note.get("text") if note else raw["text"]
    if not isinstance(text, str):
        raise TypeError("text is not text")
    return text


def _note(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return raw.get("note_tweet") or raw.get("note_post") or {}


def _entities(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    note = _note(raw)
    return (note.get("entities") if note else raw.get("entities")) or {}


def _either(raw: Mapping[str, Any], name: str) -> Any:
    return raw.get(f"{name}_tweets") or raw.get(f"{name}_posts")


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise ValueError("id is not an id")
    return value


def _sent_at(raw: Mapping[str, Any], first: str, native_id: str) -> datetime:
    told = raw.get("created_at")
    if told is not None and first == native_id:
        return datetime.fromisoformat(told).astimezone(UTC)
    moment = xtext.id_time(first)
    if moment is None:
        raise ValueError("no created_at, and the id is no time")
    return moment


def _named(raw: Mapping[str, Any], text: str) -> list[tuple[int, str]]:
    """(position, name) of each mention; X's list decides which they are, the text where."""
    found = xtext.mentions(text)
    entries = _entities(raw).get("mentions") or ()
    told = {str(m["username"]).lower() for m in entries if m.get("username")}
    return [(at, name) for at, name in found if not told or name.lower() in told]


def _typed_from(raw: Mapping[str, Any], text: str, *, is_reply: bool) -> int:
    shown = raw.get("display_text_range")
    if isinstance(shown, list) and len(shown) == 2 and isinstance(shown[0], int) and not _note(raw):
        return shown[0]
    return xtext.reply_prefix(text) if is_reply else 0


def _quotes(raw: Mapping[str, Any], quoted: str | None, us: Us) -> bool:
    """A quote carries a link to what it quotes, and the link names the author: no need to ask."""
    if quoted is None:
        return False
    targets = (_STATUS.match(str(u.get("expanded_url"))) for u in _entities(raw).get("urls") or ())
    ours = us.handle.lower()
    return any(t and t.group(2) == quoted and t.group(1).lower() == ours for t in targets)


def _set_aside(raw: Any, error: Exception) -> Quarantined:
    native_id = raw.get("id") if isinstance(raw, Mapping) else ""
    reason = f"{type(error).__name__}: {error}"[:200]
    text = json.dumps(raw, ensure_ascii=False, default=str)
    return Quarantined(str(native_id or ""), text[:_KEPT], reason)
