"""The make-believe Reddit as a place: what happens there, whoever does it. It never speaks HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from monitor.sandbox.faults import Faults
from monitor.sandbox.happenings import Happening, Happenings
from monitor.sandbox.reddit_json import epoch
from monitor.sandbox.reddit_world import Letter, Subreddit, Thing, World

Now = Callable[[], datetime]


def now_utc() -> datetime:
    """The time."""
    return datetime.now(UTC)


class RedditPlace:
    """The world behind a lock, its clock and switches, and what both sides may do to it."""

    def __init__(
        self, faults: Faults, happenings: Happenings, username: str, clock: Now = now_utc
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
