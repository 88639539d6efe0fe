"""What somebody wrote and who wrote it. Never a library's object, never a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.core.quick import quick


class Platform(StrEnum):
    """Where people write; `twitter` is shown to people as X."""

    TELEGRAM = "telegram"
    REDDIT = "reddit"
    TWITTER = "twitter"
    EMAIL = "email"

    # Enum has one of its own in Python, and every look-up by it pays for that.
    __hash__ = str.__hash__

    @property
    def shown(self) -> str:
        """The name people know it by."""
        return {"twitter": "X", "telegram": "Telegram", "reddit": "Reddit", "email": "e-mail"}[self]


class Role(StrEnum):
    """Who wrote, at the time of the message; judged by ids and the roster (core.roles)."""

    MEMBER = "member"
    STAFF = "staff"
    BOT = "bot"
    OTHER_BOT = "other_bot"
    PLATFORM = "platform"


class AuthorKind(StrEnum):
    """What the platform says the sender is; the role is judged later, from this and the roster."""

    PERSON = "person"
    BOT = "bot"
    CHANNEL = "channel"  # a channel, or a person writing as one
    ANONYMOUS_ADMIN = "anonymous_admin"  # Telegram: sender_chat is the group itself
    PLATFORM = "platform"  # service accounts, automatic forwards, AutoModerator
    UNKNOWN = "unknown"  # deleted account, or a record without an author


@quick
@dataclass(frozen=True, slots=True)
class Author:
    """A sender. `id` is the platform's immutable id ("" when unknown); `name` is only for eyes."""

    id: str
    name: str = ""
    handle: str = ""  # without the leading @ or u/
    kind: AuthorKind = AuthorKind.PERSON


@quick
@dataclass(frozen=True, slots=True)
class Message:
    """One thing somebody wrote. Natural key: (platform, place, native_id).

    `place` has the form that the live connector uses: Telegram chat id ("-100123"; basic groups
    and private chats carry the account: "acme:-45"), Reddit "r/name" (modmail: "modmail:r/name", private
    messages: "inbox:<account>"), X always "x".
    `thread` is the forum topic, the submission's fullname (t3_...), or X's conversation id.
    `reply_to` is the native id of the message it answers in the same place.
    `sent_at` is the platform's time, aware UTC, whole seconds or finer.
    `quotes` is only set on X: the id of the quoted post.
    """

    platform: Platform
    place: str
    native_id: str
    author: Author
    text: str
    sent_at: datetime
    thread: str | None = None
    reply_to: str | None = None
    language_hint: str | None = None
    link: str | None = None
    place_name: str = ""
    addressed: bool = False  # it speaks to us: a mention, a reply to us, a private message
    summoned: bool | None = (
        None  # X: we may answer (explicit mention or quote); None: not asked there
    )
    mentions: tuple[str, ...] = ()  # handles or ids it names, without @
    role: Role | None = None  # only imports know it beforehand
    edited_at: datetime | None = None
    truncated: bool = False
    place_kind: str = ""  # group, supergroup, channel, private, subreddit, modmail, inbox, timeline
    reply_to_author: str | None = None  # id of the author it answers, where the platform says so

    @property
    def key(self) -> str:
        """The natural key as one string, for keys of cases and deliveries."""
        return f"{self.platform}:{self.place}:{self.native_id}"


class EventKind(StrEnum):
    """Things that happen to messages and places besides being written."""

    EDITED = "edited"
    DELETED = "deleted"
    REACTION = "reaction"
    BUTTON = "button"
    MEMBERSHIP = "membership"
    MIGRATED = "migrated"
    MEDIA = "media"  # an answer to us that is more than words: a photo, a file, a voice message
    ANSWER = "answer"  # an answer to a post of ours that has buttons: what its first one carries


@dataclass(frozen=True, slots=True)
class Event:
    """An edit, deletion, reaction, button press, membership change or migration; stored with the cursor.

    Natural key: (platform, place, kind, native_id, at). `details` by kind: edited {"text"},
    migrated {"to": new place}, membership {"status", "rights", "sees"}, button {"data", "query_id"},
    reaction {"emoji"}, media {"media", "album"}, answer {"data", "message_id"}.
    """

    kind: EventKind
    platform: Platform
    place: str
    native_id: str
    at: datetime
    author: Author | None = None
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it was written. Natural key: (platform, key)."""

    platform: Platform
    key: str
    name: str = ""
    kind: str = ""
