"""What a connector and a classifier must offer. Shapes only: nothing here acts.

A connector maps every exception of its library, once, to one of four refusals:

    Refusal
    +-- Unavailable    surely not done; again later (retry_after)
    +-- Rejected       surely not done; never again
    +-- Unauthorized   surely not done; the account is stopped and the operator told
    +-- Uncertain      may have been done
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from monitor.core.assessment import Assessment
from monitor.core.messages import Event, Message, Platform


class Refusal(Exception):
    """A send or fetch that gave no receipt. `str()` is safe to log and to show."""

    def __init__(
        self, reason: str, *, retry_after: timedelta | None = None, code: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.code = code


class Unavailable(Refusal):
    """Surely not done; queued again after `retry_after` (None: the caller's own back-off)."""


class Rejected(Refusal):
    """Surely not done and never will be. `moved_to` is the new place when a chat migrated."""

    def __init__(self, reason: str, *, code: str = "", moved_to: str | None = None) -> None:
        super().__init__(reason, code=code)
        self.moved_to = moved_to


class Unauthorized(Refusal):
    """Surely not done; the account stops until its credentials are mended."""


class Uncertain(Refusal):
    """May have been done: the bytes left and no readable answer came."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages that we know we could not see, from `since` (None: unknown) to `until`."""

    since: datetime | None
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as the platform told it. `remaining` None: it did not say."""

    scope: str
    remaining: int | None
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One item that could not be read: its raw JSON (capped at 64 kB) and why."""

    native_id: str
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One fetch. Stored whole, with `next_cursor`, in one transaction.

    `complete` False: the walk is unfinished, fetch again at once. `cost` in US dollars.
    """

    messages: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    next_cursor: str | None = None
    complete: bool = True
    gap: Gap | None = None
    limits: tuple[Limit, ...] = ()
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Button:
    """One button under a post. `data` comes back when it is pressed: at most 64 bytes (Telegram's limit)."""

    label: str
    data: str


Buttons = tuple[tuple[Button, ...], ...]  # rows


@dataclass(frozen=True, slots=True)
class Post:
    """One thing to say, once.

    `key` is ours and unique for ever (a mail's Message-ID is made from it). `place`, `thread` and `reply_to` are as
    in Message. `kind` is the delivery's kind. `claimed_at` is when we claimed it: `find` looks no earlier.
    For e-mail: `place` is the recipient, `subject`, `html` and `attachments` count.
    """

    key: str
    kind: str
    place: str
    text: str
    thread: str | None = None
    reply_to: str | None = None
    subject: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    claimed_at: datetime | None = None
    silent: bool = False
    link: str | None = None  # shown as a link under an alert
    buttons: Buttons = ()
    calls: tuple[tuple[str, str], ...] = ()  # (name, native id) of people to be called to it


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform gave back: native id, its own time, a link. `place`: the post went there instead."""

    native_id: str
    sent_at: datetime
    link: str | None = None
    place: str | None = None
    cost: float = 0.0


class Standing(StrEnum):
    """How one checked thing stands."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `monitor check`: what was looked at, how it stands, what was found, what to do."""

    subject: str
    standing: Standing
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """What a connector says of itself. `identity` is the platform's immutable id of our account."""

    identity: str = ""
    handle: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """No finding has failed."""
        return all(f.standing is not Standing.FAILED for f in self.findings)


class ItemState(StrEnum):
    """What became of a message at its source."""

    LIVE = "live"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A message looked at again. `text` is set when it was edited."""

    native_id: str
    state: ItemState
    text: str | None = None
    edited_at: datetime | None = None


@runtime_checkable
class Connector(Protocol):
    """One account on one platform.

    `fetch`, `check` and the optional `recheck` are called from one thread, `send` and the optional `find`,
    `edit`, `delete`, `react` from one other.
    """

    platform: Platform
    account: str

    def streams(self) -> Sequence[str]:
        """Where this account looks: names under which cursors are kept."""

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        """Messages after `cursor` (opaque text of ours; None: from the beginning). Raises Refusal.

        Calling again with the same cursor repeats the batch. Never blocks longer than about 60 s.
        """

    def send(self, post: Post) -> Receipt:
        """At most one network write; raises Refusal unless a receipt came."""

    def check(self) -> Health:
        """Look at credentials, rights and places. Never raises a Refusal."""

    def close(self) -> None:
        """Give back sockets and threads. May be called twice, and from another thread to end a long poll."""


@runtime_checkable
class Searchable(Protocol):
    """Can be asked whether it took a post."""

    def find(self, post: Post) -> Receipt | None:
        """The receipt of `post` if it was taken, None if the platform surely does not have it. Raises Refusal."""


@runtime_checkable
class Recheckable(Protocol):
    """Can look again at what it gave."""

    def recheck(self, ids: Sequence[str]) -> Sequence[Rechecked]:
        """The state of up to 100 messages by native id. Raises Refusal."""


@runtime_checkable
class Editable(Protocol):
    """Can change or take back what it said."""

    def edit(
        self,
        receipt: Receipt,
        place: str,
        text: str,
        *,
        link: str | None = None,
        buttons: Buttons = (),
    ) -> None:
        """Replace the text, link and buttons of an own post. Raises Refusal."""

    def delete(self, receipt: Receipt, place: str) -> None:
        """Take an own post back. Raises Refusal."""


@runtime_checkable
class Revocable(Protocol):
    """Can at least take back what it said."""

    def delete(self, receipt: Receipt, place: str) -> None:
        """As in Editable."""


@runtime_checkable
class Pinning(Protocol):
    """Can keep a post at the top of its place."""

    def pin(self, place: str, native_id: str) -> None:
        """Pin a post without ringing anybody's phone; again is no error. Raises Refusal."""

    def unpin(self, place: str, native_id: str) -> None:
        """Let it go; one that is not pinned is no error. Raises Refusal."""


@runtime_checkable
class Waiting(Protocol):
    """Its `fetch` itself waits for news, so it may be asked again at once."""

    waits_for_news: bool


@runtime_checkable
class Reacting(Protocol):
    """Can put a reaction on a message."""

    def react(self, place: str, native_id: str, emoji: str) -> None:
        """Set our reaction. Raises Refusal."""


@runtime_checkable
class Pressable(Protocol):
    """Shows buttons and tells who pressed one."""

    def answer_button(self, query_id: str, text: str = "") -> None:
        """Tell the one who pressed, within seconds of it. From any thread. Raises Refusal."""


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody whom a platform lets rule a place."""

    place: str
    id: str
    name: str
    handle: str = ""


@runtime_checkable
class Administered(Protocol):
    """Can tell who rules the places it looks at; bots are nobody."""

    def administrators(self) -> Sequence[Administrator]:
        """Of every configured place that tells. From any thread. Raises Refusal."""


class Classifier(Protocol):
    """Judges texts."""

    @property
    def version(self) -> str:
        """Names the judge and its rules or weights: "rules/3f2a91c0"."""

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """One assessment a message, in order. `prior`: author id to the language they wrote before. Never raises
        for any text."""


class Translator(Protocol):
    """Translates texts that people wrote, or that we are about to say."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """One translation a text, in order; None for each that could not be had. Languages as in Assessment; never
        raises for any text, and takes no longer than its time-out."""

    def close(self) -> None:
        """Give back processes and connections. May be called twice."""
