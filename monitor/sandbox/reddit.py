"""A make-believe Reddit on loopback, as strict as the real one. It never talks to the real one.

`RedditServer.app()` speaks the OAuth API that PRAW asks, on one base URL; the other methods are for
tests, the demonstration and the page, and may be called from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from monitor.sandbox.faults import Faults
from monitor.sandbox.happenings import Happening, Happenings
from monitor.sandbox.reddit_answers import Answers
from monitor.sandbox.reddit_json import epoch, rendered
from monitor.sandbox.reddit_world import Conversation, Letter, Subreddit, Thing, World

Now = Callable[[], datetime]


def now_utc() -> datetime:
    """The time."""
    return datetime.now(UTC)


class RedditServer:
    """The place, the people's side of it, and its HTTP side."""

    def __init__(
        self,
        faults: Faults,
        happenings: Happenings,
        *,
        client_id: str = "sandbox",
        client_secret: str = "sandbox-secret",  # noqa: S107 - a password of the sandbox, known to all
        username: str = "desk_bot",
        password: str = "sandbox",  # noqa: S107 - the same
        clock: Now = now_utc,
    ) -> None:
        self.faults = faults
        self.username = username
        self.clock = clock
        self.guard = threading.RLock()
        # Switches, set from any thread.
        self.out_of_order = False  # neighbours change places in every listing
        self.duplicates = False  # every listing shows its first thing twice
        self.swallows_answers = False  # comments are taken, but the answer names none
        self.throttled_minutes = 0  # "take a break for N minutes" to every comment
        self.world = World(bot=username)
        self.world.account_id(username)
        self._happenings = happenings
        self.answers = Answers(self, client_id, client_secret, password)

    def app(self) -> web.Application:
        """The HTTP side, to be served."""
        return self.answers.app()

    # The people's side

    def add_subreddit(
        self, name: str, *, banned: bool = False, private: bool = False, moderator: bool = True
    ) -> None:
        """Make a subreddit. `banned`: our account is banned there; `private`: it may not look."""
        with self.guard:
            place = self.world.subreddit(name)
            place.banned, place.private, place.moderator = banned, private, moderator

    def submit(
        self, sub: str, author: str, title: str, text: str = "", created: datetime | None = None
    ) -> str:
        """Somebody opens a discussion; its fullname."""
        return self.add_submission(sub, author, title, text, created, side="people").name

    def comment(
        self, parent_fullname: str, author: str, text: str, created: datetime | None = None
    ) -> str:
        """Somebody answers a submission or comment; its fullname.

        KeyError when there is no parent.
        """
        return self.add_comment(parent_fullname, author, text, created, side="people").name

    def modmail(self, sub: str, author: str, subject: str, text: str) -> str:
        """Somebody writes to the moderators; the id of the conversation."""
        with self.guard:
            kept = Conversation(self.world.next_id(), self.world.subreddit(sub).name, subject)
            self.world.conversations[kept.id36] = kept
        self.add_letter(kept.id36, author, text, side="people")
        return kept.id36

    def modmail_reply(self, conversation_id: str, author: str, text: str) -> str:
        """Somebody writes again in a conversation; the id of the message."""
        return self.add_letter(conversation_id, author, text, side="people").id36

    def message(self, author: str, subject: str, text: str, created: datetime | None = None) -> str:
        """Somebody writes to our account in private; the fullname."""
        return self.add_message(author, self.username, subject, text, None, created).name

    def edit(self, fullname: str, text: str) -> None:
        """Its author changes it."""
        self.revise(fullname, text, "people")

    def delete(self, fullname: str) -> None:
        """Its author takes it back."""
        self.change(fullname, "deleted", "people")

    def remove(self, fullname: str) -> None:
        """A moderator takes it away."""
        self.change(fullname, "removed", "people")

    def lock(self, fullname: str) -> None:
        """A moderator closes it for answers."""
        with self.guard:
            self.world.everything[fullname].locked = True

    def things(self, sub: str | None = None) -> list[dict[str, Any]]:
        """What is there, oldest first, as Reddit would show it."""
        with self.guard:
            kept = sorted(self.world.everything.values(), key=lambda t: (t.created, t.order))
            wanted = [t for t in kept if sub is None or t.subreddit.lower() == sub.lower()]
            return [rendered(self.world, t)["data"] for t in wanted]

    def letters(self, conversation_id: str) -> list[Letter]:
        """The messages of a conversation, oldest first."""
        with self.guard:
            return list(self.world.conversations[conversation_id].letters)

    # Switches

    def spoil(self, fullname: str, **fields: object) -> None:
        """Show wrong values from now on: `spoil(name, created_utc="not-a-date")`."""
        with self.guard:
            self.world.everything[fullname].wrong.update(fields)

    def expire_tokens(self) -> None:
        """Every access token given out is refused from now on."""
        self.answers.tokens.clear()

    # Both sides

    def add_submission(
        self, sub: str, author: str, title: str, text: str, created: datetime | None, *, side: str
    ) -> Thing:
        """Put a submission there."""
        with self.guard:
            place = self.world.subreddit(sub)
            thing = self._thing("t3", author, text, created)
            thing.subreddit, thing.title = place.name, title.strip()
            self.world.add(thing)
        self._tell(thing, "said", side)
        return thing

    def add_comment(
        self, parent: str, author: str, text: str, created: datetime | None, *, side: str
    ) -> Thing:
        """Put a comment there."""
        with self.guard:
            above = self.world.everything[parent]
            thing = self._thing("t1", author, text, created)
            thing.subreddit, thing.parent = above.subreddit, above.name
            thing.link = above.link or above.name
            self.world.add(thing)
        self._tell(thing, "said", side)
        return thing

    def add_message(
        self,
        author: str,
        recipient: str,
        subject: str,
        text: str,
        parent: Thing | None,
        created: datetime | None = None,
        side: str = "people",
    ) -> Thing:
        """Put a private message there."""
        with self.guard:
            thing = self._thing("t4", author, text, created)
            thing.title, thing.recipient = subject.strip(), recipient
            if parent is not None:
                thing.parent, thing.first = parent.name, parent.first or parent.name
            self.world.add(thing)
        self._tell(thing, "said", side)
        return thing

    def add_letter(
        self, conversation_id: str, author: str, text: str, *, side: str, internal: bool = False
    ) -> Letter:
        """Put a message into a modmail conversation."""
        with self.guard:
            kept = self.world.conversations[conversation_id]
            self.world.account_id(author)
            letter = Letter(self.world.next_id(), author, text.strip(), self.clock(), internal)
            kept.letters.append(letter)
        place = f"modmail:r/{kept.subreddit.lower()}"
        told = Happening(
            "reddit",
            place,
            "said",
            letter.id36,
            author,
            letter.text,
            letter.at,
            side,
            None,
            kept.id36,
        )
        self._happenings.add(told)
        return letter

    def revise(self, fullname: str, text: str, side: str) -> None:
        """Change the text of a thing."""
        with self.guard:
            thing = self.world.everything[fullname]
            thing.text, thing.edited = text.strip(), epoch(self.clock())
        self._tell(thing, "edited", side)

    def change(self, fullname: str, what: str, side: str) -> None:
        """Delete ("deleted") or remove ("removed") a thing."""
        with self.guard:
            thing = self.world.everything[fullname]
            setattr(thing, what, True)
        self._tell(thing, "deleted", side)

    def _thing(self, kind: str, author: str, text: str, created: datetime | None) -> Thing:
        self.world.account_id(author)
        at = epoch(created or self.clock())
        # Reddit trims what people write and ends lines with one character.
        tidy = text.replace("\r\n", "\n").strip()
        return Thing(kind, self.world.next_id(), author, tidy, at, self.world.order())

    def _tell(self, thing: Thing, kind: str, side: str) -> None:
        inbox = thing.kind == "t4"
        place = "inbox" if inbox else f"r/{thing.subreddit.lower()}"
        said = f"{thing.title}\n\n{thing.text}".strip() if thing.kind != "t1" else thing.text
        happening = Happening(
            platform="reddit",
            place=place,
            kind=kind,
            native_id=thing.name,
            who=thing.author,
            text=said,
            at=self.clock(),
            side=side,
            reply_to=thing.parent,
            thread=thing.first if inbox else thing.link or thing.name,
        )
        self._happenings.add(happening)

    def place(self, name: str) -> Subreddit | None:
        """The subreddit of that name, if there is one."""
        with self.guard:
            return self.world.subreddits.get(name.lower())
