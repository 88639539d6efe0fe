"""X on loopback, API v2: strict, and able to fail on command. It never reaches the network.

What is true of the real X and is therefore true here: signatures are checked, posts come newest
first, ids are times, a reply begins with mentions that nobody typed, only posts that mention or
quote an account may be answered by it, and a text is not taken twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from aiohttp import web

from monitor.sandbox.faults import Faults
from monitor.sandbox.happenings import Happening, Happenings
from monitor.sandbox.x_api import Api, Switches
from monitor.sandbox.x_book import Book, XPost
from monitor.sandbox.x_oauth import Keys, Signatures
from monitor.sandbox.x_windows import Windows


def now_utc() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class XServer:
    """One X with one account of ours, `username`."""

    def __init__(
        self,
        faults: Faults,
        happenings: Happenings,
        *,
        keys: Keys | None = None,
        username: str = "desk",
        bearer: str = "sandbox-bearer-token",
        clock: Callable[[], datetime] = now_utc,
        names: str = "both",
    ) -> None:
        self.keys = keys or Keys()
        self.switches = Switches(names=names)
        self.windows = Windows()
        self._happenings = happenings
        self._clock = clock
        self._book = Book()
        self.us = self._book.add_user(username, username.title(), clock())
        self._api = Api(
            self._book,
            self.us,
            Signatures(self.keys),
            bearer,
            self.switches,
            self.windows,
            faults,
            clock,
            self._tell,
        )

    def app(self) -> web.Application:
        """The API as an application."""
        return self._api.app()

    @property
    def requests(self) -> list[str]:
        """Every operation asked, in order."""
        return self._api.requests

    def add_user(self, username: str, name: str = "") -> str:
        """The id of the user of that name, made when new."""
        return self._book.add_user(username, name, self._clock()).id

    def post(
        self,
        username: str,
        text: str,
        *,
        reply_to: str | None = None,
        quotes: str | None = None,
        lang: str | None = None,
        created: datetime | None = None,
        late: bool = False,
    ) -> str:
        """Somebody writes; the id. `late`: in no list until `surface`.

        KeyError when there is no post `reply_to`.
        """
        author = self._book.add_user(username, "", self._clock())
        if reply_to is not None and reply_to not in self._book.posts:
            raise KeyError(reply_to)
        moment = created or self._clock()
        rest = {"reply_to": reply_to, "quotes": quotes, "lang": lang or "und", "hidden": late}
        post = self._book.write(author, text, moment, **rest)
        self._tell("said", post)
        return post.id

    def surface(self, native_id: str) -> None:
        """A post written `late` is indexed now."""
        self._book.change(native_id, hidden=False)

    def poison(self, native_id: str) -> None:
        """From now on this post is told in a form that nobody can read."""
        self._book.change(native_id, poisoned=True)

    def edit(self, native_id: str, text: str) -> str:
        """Its author writes it anew: the id of the new version."""
        post = self._book.revise(native_id, text, self._clock())
        self._tell("edited", post)
        return post.id

    def delete(self, native_id: str) -> None:
        """Its author takes it back."""
        self._tell("deleted", self._book.change(native_id, deleted=True))

    def posts(self) -> list[XPost]:
        """Every post that was not deleted, oldest first."""
        with self._book.lock:
            kept = [p for p in self._book.posts.values() if not p.deleted]
        return sorted(kept, key=lambda post: int(post.id))

    def _tell(self, kind: str, post: XPost) -> None:
        side = "product" if post.by_product else "people"
        self._happenings.add(
            Happening(
                "twitter",
                "x",
                kind,
                post.id,
                post.author.username,
                post.text,
                self._clock(),
                side,
                post.reply_to,
                post.conversation,
            )
        )
