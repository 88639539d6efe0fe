"""A make-believe Reddit on loopback, as strict as the real one. It never talks to the real one.

`RedditServer.app()` speaks the OAuth API that PRAW asks, on one base URL; the other methods are for
tests, the demonstration and the page, and may be called from any thread.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from monitor.sandbox.faults import Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.reddit_answers import Answers
from monitor.sandbox.reddit_json import rendered
from monitor.sandbox.reddit_place import Now, RedditPlace, now_utc
from monitor.sandbox.reddit_world import Conversation, Letter


class RedditServer(RedditPlace):
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
        super().__init__(faults, happenings, username, clock)
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

    def set_moderators(self, name: str, *moderators: str) -> None:
        """Who moderates a subreddit besides our account."""
        with self.guard:
            self.world.subreddit(name).moderators = moderators

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
