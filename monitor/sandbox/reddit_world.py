"""What is on the make-believe Reddit: things, places, conversations. Never HTTP, never JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

DEPTH = 1000  # how deep any listing of Reddit goes
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    """Reddit's spelling of an id."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = BASE36[rest] + digits
    return digits or "0"


@dataclass(slots=True)
class Subreddit:
    """A place. `moderator`: our account moderates it. `private`: nobody of ours may look."""

    name: str
    id36: str
    banned: bool = False
    private: bool = False
    moderator: bool = True
    moderators: tuple[str, ...] = ()  # besides our account


@dataclass(slots=True)
class Thing:
    """A comment (t1), submission (t3) or private message (t4).

    `wrong` replaces fields in every answer.
    """

    kind: str
    id36: str
    author: str
    text: str
    created: float
    order: int
    subreddit: str = ""
    title: str = ""
    parent: str | None = None
    link: str | None = None
    recipient: str = ""
    first: str | None = None
    edited: float | bool = False
    deleted: bool = False
    removed: bool = False
    locked: bool = False
    wrong: dict[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The fullname."""
        return f"{self.kind}_{self.id36}"


@dataclass(slots=True)
class Letter:
    """One message of a modmail conversation."""

    id36: str
    author: str
    text: str
    at: datetime
    internal: bool = False


@dataclass(slots=True)
class Conversation:
    """A modmail conversation."""

    id36: str
    subreddit: str
    subject: str
    letters: list[Letter] = field(default_factory=list)


@dataclass(slots=True)
class World:
    """Everything there is. Not thread-safe: the server locks."""

    bot: str
    subreddits: dict[str, Subreddit] = field(default_factory=dict)
    everything: dict[str, Thing] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    _counter: int = 36**6

    def next_id(self) -> str:
        """A fresh base-36 id, larger than all before."""
        self._counter += 7
        return base36(self._counter)

    def account_id(self, name: str) -> str:
        """The t2_ id of an account; made on first sight."""
        if name.lower() not in self.accounts:
            self.accounts[name.lower()] = f"t2_{base36(46656 + 101 * len(self.accounts))}"
        return self.accounts[name.lower()]

    def subreddit(self, name: str) -> Subreddit:
        """The place of that name; made on first sight."""
        known = self.subreddits.get(name.lower())
        if known is None:
            known = Subreddit(name, base36(100_000 + len(self.subreddits)))
            self.subreddits[name.lower()] = known
        return known

    def add(self, thing: Thing) -> Thing:
        """Put a thing into the world."""
        self.everything[thing.name] = thing
        if self.is_for_bot(thing):
            self.unread.add(thing.name)
        return thing

    def order(self) -> int:
        """The place of the next thing among those of the same second."""
        return len(self.everything)

    def parent_author(self, thing: Thing) -> str:
        """Who wrote what this answers; "" for nobody."""
        parent = self.everything.get(thing.parent or "")
        return parent.author if parent else ""

    def reason(self, thing: Thing) -> str | None:
        """Why it is in the bot's inbox: a `type` of Reddit's, None when it is not."""
        if same(thing.author, self.bot):
            return None
        if thing.kind == "t4":
            return "unknown" if same(thing.recipient, self.bot) else None
        if thing.kind == "t1" and same(self.parent_author(thing), self.bot):
            return "comment_reply" if (thing.parent or "").startswith("t1_") else "post_reply"
        return "username_mention" if thing.kind == "t1" and self.names_bot(thing.text) else None

    def is_for_bot(self, thing: Thing) -> bool:
        """Does it arrive in the bot's inbox?"""
        return self.reason(thing) is not None

    def names_bot(self, text: str) -> bool:
        """Is u/<bot> in the text?"""
        pattern = rf"(?<![\w/])/?u/{re.escape(self.bot)}(?![\w-])"
        return re.search(pattern, text, re.IGNORECASE | re.ASCII) is not None

    def forbidden(self, subreddit: str) -> bool:
        """May our account not look there?"""
        place = self.subreddits.get(subreddit.lower())
        return place is not None and (place.private or place.banned)

    def inbox(self, *reasons: str) -> list[Thing]:
        """What came for the bot, for these reasons (none given: for any)."""
        return [
            thing
            for thing in self.visible()
            if (reason := self.reason(thing)) is not None and (not reasons or reason in reasons)
        ]

    def visible(self) -> list[Thing]:
        """Everything that a listing may show."""
        return [t for t in self.everything.values() if not (t.deleted or t.removed)]

    def in_subreddit(self, kind: str, subreddit: str) -> list[Thing]:
        """Comments or submissions of one subreddit, of several ("a+b"), or of all."""
        wanted = {name.lower() for name in subreddit.split("+")}
        return [
            t
            for t in self.visible()
            if t.kind == kind and ("all" in wanted or t.subreddit.lower() in wanted)
        ]

    def of_author(self, kind: str, author: str) -> list[Thing]:
        """What one account wrote: moderators' removals don't hide it from its author."""
        everything = self.everything.values()
        return [
            t for t in everything if t.kind == kind and same(t.author, author) and not t.deleted
        ]

    def found(self, query: str, subreddit: str = "all") -> list[Thing]:
        """Submissions with all the words of the query."""
        words = re.findall(r"\w+", query.lower())
        return [
            t
            for t in self.in_subreddit("t3", subreddit)
            if all(word in f"{t.title} {t.text}".lower() for word in words)
        ]

    def replies(self, fullname: str) -> list[Thing]:
        """The comments directly below."""
        return [t for t in self.everything.values() if t.kind == "t1" and t.parent == fullname]


def same(one: str, other: str) -> bool:
    """Reddit's names don't care about case."""
    return one.lower() == other.lower()


def newest_first(things: Iterable[Thing]) -> list[Thing]:
    """As every listing shows them, no deeper than Reddit goes."""
    return sorted(things, key=lambda t: (t.created, t.order), reverse=True)[:DEPTH]


def page_of(
    things: list[Thing], limit: int, after: str | None = None, before: str | None = None
) -> tuple[list[Thing], str | None, str | None]:
    """One page of a listing, and its `after` and `before`.

    An anchor that is no longer listed gives an empty page, as Reddit does.
    """
    names = [t.name for t in things]
    anchor = after or before
    if anchor is not None and anchor not in names:
        return [], None, None
    if before is not None:
        newer = things[: names.index(before)]
        page = newer[max(0, len(newer) - limit) :]
        return page, page[-1].name if page else None, None
    start = names.index(after) + 1 if after is not None else 0
    page = things[start : start + limit]
    more = start + limit < len(things)
    return page, page[-1].name if page and more else None, page[0].name if after and page else None
