"""The people and posts of the sandbox's X. It keeps them; it never judges a request."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core import xtext

_FIRST_USER = 1_480_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class User:
    """Somebody on X."""

    id: str
    username: str
    name: str
    created: datetime


@dataclass(frozen=True, slots=True)
class XPost:
    """One post. `text` is as X keeps it: reply mentions in front, links shortened, nothing escaped.

    `shown_from` is where the typed part begins. `links` are (t.co link, target).
    """

    id: str
    author: User
    text: str
    created: datetime
    conversation: str
    shown_from: int = 0
    lang: str = "und"
    reply_to: str | None = None
    reply_to_user: str | None = None
    quotes: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    history: tuple[str, ...] = ()
    by_product: bool = False
    deleted: bool = False
    hidden: bool = False  # written, but not yet indexed
    poisoned: bool = False
    superseded: bool = False  # an older version of an edited post: found by id only

    def names(self, username: str, *, in_typed_part: bool = False) -> bool:
        """Does it mention `username`?"""
        start = self.shown_from if in_typed_part else 0
        wanted = username.lower()
        return any(at >= start and name.lower() == wanted for at, name in xtext.mentions(self.text))


@dataclass(slots=True)
class Book:
    """Users and posts; safe to use from any thread."""

    users: dict[str, User] = field(default_factory=dict)
    posts: dict[str, XPost] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _last: int = 0

    def add_user(self, username: str, name: str, now: datetime) -> User:
        """The user of that name, made when new."""
        with self.lock:
            known = self.user_named(username)
            if known is not None:
                return known
            user = User(str(_FIRST_USER + len(self.users) + 1), username, name or username, now)
            self.users[user.id] = user
            return user

    def user_named(self, username: str) -> User | None:
        """By name, whatever its case."""
        wanted = username.lower()
        with self.lock:
            return next((u for u in self.users.values() if u.username.lower() == wanted), None)

    def new_id(self, moment: datetime) -> str:
        """An id whose time is `moment`, never given before."""
        with self.lock:
            number = xtext.id_at(moment) + 1
            while str(number) in self.posts:
                number += 1
            return str(number)

    def write(self, author: User, typed: str, created: datetime, **rest: object) -> XPost:
        """Keep a post. `rest`: reply_to, quotes, lang, hidden, by_product, history."""
        with self.lock:
            post = self.draft(author, typed, created, **rest)
            self.posts[post.id] = post
            return post

    def revise(self, native_id: str, typed: str, now: datetime) -> XPost:
        """A new version of a post, under an id of its own as on X."""
        with self.lock:
            old = self.posts[native_id]
            kept = {"reply_to": old.reply_to, "quotes": old.quotes, "lang": old.lang}
            new = self.draft(old.author, typed, now, by_product=old.by_product, **kept)
            history = (*old.history, new.id)
            for earlier in old.history:
                self.change(earlier, history=history, superseded=True)
            conversation = new.id if old.conversation == old.id else old.conversation
            self.posts[new.id] = replace(new, history=history, conversation=conversation)
            return self.posts[new.id]

    def draft(self, author: User, typed: str, created: datetime, **rest: object) -> XPost:
        """The post that `write` would keep."""
        native_id = self.new_id(created)
        quotes = rest.get("quotes")
        if quotes is not None:
            quoted = self.posts[str(quotes)]
            typed += f" https://x.com/{quoted.author.username}/status/{quoted.id}"
        parent = self.posts.get(str(rest.get("reply_to")))
        prefix = _prefix(author, parent, typed)
        text, shortened = _shorten(prefix + typed)
        made = XPost(
            native_id,
            author,
            text,
            created,
            conversation=parent.conversation if parent else native_id,
            shown_from=len(prefix),
            reply_to_user=parent.author.id if parent else None,
            links=shortened,
            history=(native_id,),
        )
        return replace(made, **rest)  # type: ignore[arg-type]

    def change(self, native_id: str, **changes: object) -> XPost:
        """Replace fields of a post. KeyError when there is none."""
        with self.lock:
            post = replace(self.posts[native_id], **changes)  # type: ignore[arg-type]
            self.posts[native_id] = post
            return post

    def newest_first(self) -> list[XPost]:
        """Every post that can be read now."""
        with self.lock:
            posts = list(self.posts.values())
        seen = [p for p in posts if not (p.deleted or p.hidden or p.superseded)]
        return sorted(seen, key=lambda post: int(post.id), reverse=True)


def _prefix(author: User, parent: XPost | None, typed: str) -> str:
    """The mentions that X puts before a reply: its author's and those it carried itself."""
    if parent is None:
        return ""
    names = [parent.author.username, *(name for _, name in xtext.mentions(parent.text))]
    there = {name.lower() for _, name in xtext.mentions(typed)} | {author.username.lower()}
    kept = [n for n in dict.fromkeys(names) if n.lower() not in there]
    return "".join(f"@{name} " for name in kept)


def _shorten(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    shortened = []
    for target in xtext.links(text):
        link = f"https://t.co/{hashlib.sha256(target.encode()).hexdigest()[:10]}"
        full = target if target.lower().startswith("http") else f"http://{target}"
        text = text.replace(target, link, 1)
        shortened.append((link, full))
    return text, tuple(shortened)
