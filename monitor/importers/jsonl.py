"""JSON lines in our own schema, for histories that no other importer knows. It stores nothing.

One JSON object a line:

    key          needed  meaning
    platform     yes     "telegram", "reddit" or "twitter" ("x" means the same)
    place        yes     Telegram chat id ("-1001234567890"), "r/name", "x"; or a name of your own
    id           yes     the message's id, unique in its place
    sent_at      yes     "2026-11-09T12:00:00Z" (with a time zone), or seconds since 1970
    text         yes     what was written; may be ""
    author_id    no      the platform's id of who wrote; without it nobody's wait is measured
    author_name  no      for eyes
    role         no      "member", "staff", "bot", "other_bot" or "platform"; else the roster decides
    reply_to     no      id of the message it answers, in the same place
    thread       no      forum topic, submission (t3_...), conversation
    mentions     no      list of author ids or handles that the text speaks to
    link         no      https address of the message
    place_name   no      for eyes
    language     no      such as "en"

Other keys are left alone. A line that cannot be read is set aside with its number and the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import BufferedReader

from monitor.core.messages import Author, AuthorKind, Message, Platform, Role
from monitor.importers.fields import (
    LONGEST_LINK,
    LONGEST_NAME,
    Record,
    Unreadable,
    moment,
    optional,
    record,
    set_aside,
    text,
    word,
    words,
)
from monitor.importers.files import lines
from monitor.ports import Quarantined

_KINDS = {
    Role.BOT: AuthorKind.BOT,
    Role.OTHER_BOT: AuthorKind.BOT,
    Role.PLATFORM: AuthorKind.PLATFORM,
}


def read(content: BufferedReader, now: datetime) -> Iterator[Message | Quarantined]:
    """Every line as a message, or set aside."""
    for number, line in lines(content):
        try:
            yield message_of(record(line), now)
        except Unreadable as error:
            yield set_aside(f"line {number}", line, str(error))


def message_of(row: Record, now: datetime) -> Message:
    """One record. Raises Unreadable."""
    platform, role = _platform(row), _role(row)
    if "sent_at" not in row:
        raise Unreadable("sent_at: missing")
    return Message(
        platform=platform,
        place=_place(row, platform),
        native_id=word(row, "id"),
        author=_author(row, role),
        text=text(row, "text"),
        sent_at=moment(row["sent_at"], "sent_at", now),
        thread=optional(row, "thread"),
        reply_to=optional(row, "reply_to"),
        language_hint=optional(row, "language", most=20),
        link=optional(row, "link", most=LONGEST_LINK),
        mentions=words(row, "mentions"),
        place_name=optional(row, "place_name", most=LONGEST_NAME) or "",
        role=role,
    )


def _platform(row: Record) -> Platform:
    name = word(row, "platform").lower()
    try:
        platform = Platform.TWITTER if name == "x" else Platform(name)
    except ValueError:
        platform = Platform.EMAIL
    if platform is Platform.EMAIL:
        raise Unreadable(f"platform: not telegram, reddit or twitter (found {name[:40]!r})")
    return platform


def _place(row: Record, platform: Platform) -> str:
    place = word(row, "place", most=LONGEST_NAME)
    return place.lower() if platform is Platform.REDDIT else place


def _role(row: Record) -> Role | None:
    name = optional(row, "role")
    try:
        return Role(name.lower()) if name else None
    except ValueError:
        raise Unreadable(f"role: not one of {', '.join(Role)} (found {name!r:.40})") from None


def _author(row: Record, role: Role | None) -> Author:
    author_id = optional(row, "author_id") or ""
    kind = _KINDS.get(role, AuthorKind.PERSON) if role else AuthorKind.PERSON
    if not author_id and kind is AuthorKind.PERSON:
        kind = AuthorKind.UNKNOWN
    return Author(author_id, optional(row, "author_name", most=LONGEST_NAME) or "", kind=kind)
