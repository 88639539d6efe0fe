"""Reddit as a connector: reads listings newest first, writes once. It never retries.

Two PRAW instances, since PRAW is not thread-safe: one for `fetch`, `check` and `recheck`, one for
`send`, `find`, `edit` and `delete`; both count their requests in one budget.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors import _reddit_send as sending
from connectors._reddit_budget import Budget
from connectors._reddit_check import Watched, health_of
from connectors._reddit_fetch import fetch_listing, fetch_modmail
from connectors._reddit_mods import moderators
from connectors._reddit_read import Us, is_gone, moment
from connectors._reddit_session import Login, Session
from monitor import __version__
from monitor.core.messages import Platform
from monitor.ports import (
    Administrator,
    Batch,
    Buttons,
    Health,
    ItemState,
    Post,
    Receipt,
    Rechecked,
    Rejected,
    Unauthorized,
    Unavailable,
)

OPTIONS = frozenset(
    {
        *("base_url", "username", "user_agent", "timeout", "subreddits", "searches"),
        *("modmail", "mentions", "inbox", "budget_per_minute"),
    }
)
SECRETS = ("client_id", "client_secret")
OPTIONAL_SECRETS = ("password", "refresh_token")  # one of the two
_SUBREDDIT = re.compile(r"(u_)?[A-Za-z0-9_-]{2,30}")
Now = Callable[[], datetime]


def now_utc() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Watch:
    """Where an account looks."""

    subreddits: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    modmail: tuple[str, ...] = ()
    mentions: bool = True
    inbox: bool = True

    def streams(self) -> tuple[str, ...]:
        """The names of its streams; what speaks to us comes first."""
        own = [name for name, on in (("mentions", self.mentions), ("inbox", self.inbox)) if on]
        listed = [f"r/{sub}/{what}" for sub in self.subreddits for what in ("comments", "new")]
        mail = [f"modmail:r/{sub}" for sub in self.modmail]
        return (*own, *mail, *listed, *(f"search:{query}" for query in self.searches))


def connect(
    account: str, options: Mapping[str, Any], secrets: Mapping[str, str]
) -> RedditConnector:
    """An account's connector; nothing is asked of Reddit yet.

    ValueError, in one sentence, for options or secrets that cannot work.
    """
    if unknown := sorted(set(options) - OPTIONS):
        raise ValueError(f"{unknown[0]}: no such option of a Reddit account")
    login = _login(options, secrets)
    per_minute = options.get("budget_per_minute", 90)
    if isinstance(per_minute, bool) or not isinstance(per_minute, int) or per_minute < 1:
        raise ValueError(f"budget_per_minute: {per_minute!r} is no number of requests a minute")
    watch = Watch(
        subreddits=_names(options, "subreddits"),
        searches=tuple(str(query) for query in _listed(options, "searches")),
        modmail=_names(options, "modmail"),
        mentions=bool(options.get("mentions", True)),
        inbox=bool(options.get("inbox", True)),
    )
    return RedditConnector(account, login, watch, Budget(per_minute))


def _login(options: Mapping[str, Any], secrets: Mapping[str, str]) -> Login:
    for name in SECRETS:
        if not secrets.get(name):
            raise ValueError(f"{name}: empty; it is shown at https://www.reddit.com/prefs/apps")
    username = str(options.get("username") or "").removeprefix("u/") or None
    password, token = secrets.get("password") or None, secrets.get("refresh_token") or None
    if token is None and not (username and password):
        raise ValueError("password: a Reddit account needs username and password, or refresh_token")
    timeout = options.get("timeout", 16.0)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or timeout <= 0:
        raise ValueError(f"timeout: {timeout!r} is no number of seconds")
    agent = f"python:response-desk:{__version__} (by /u/{username or 'unknown'})"
    base = str(options.get("base_url") or "").rstrip("/") or None
    return Login(
        client_id=secrets["client_id"],
        client_secret=secrets["client_secret"],
        user_agent=str(options.get("user_agent") or agent),
        username=username,
        password=password,
        refresh_token=token,
        base_url=base,
        timeout=float(timeout),
    )


def _listed(options: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = options.get(name, ())
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{name}: {value!r} is no list")
    return value


def _names(options: Mapping[str, Any], option: str) -> tuple[str, ...]:
    names = [str(name).removeprefix("r/") for name in _listed(options, option)]
    for name in names:
        if not _SUBREDDIT.fullmatch(name):
            raise ValueError(f"{option}: {name!r} is no name of a subreddit")
    return tuple(dict.fromkeys(name.lower() for name in names))


@dataclass(slots=True)
class RedditConnector:
    """One account. `clock` only judges dates that cannot be and stands in for a missing Date."""

    account: str
    login: Login = field(repr=False)
    watch: Watch
    budget: Budget = field(repr=False)
    clock: Now = field(default=now_utc, repr=False)
    platform: Platform = Platform.REDDIT
    _reads: Session = field(init=False, repr=False)
    _writes: Session = field(init=False, repr=False)
    _known_name: str = field(init=False, default="", repr=False)

    def __post_init__(self) -> None:
        self._reads = Session(self.login, self.budget)
        self._writes = Session(self.login, self.budget)
        self._known_name = self.login.username or ""

    def streams(self) -> Sequence[str]:
        """Where this account looks."""
        return self.watch.streams()

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        """One page, see `_reddit_walk`. The first look takes the newest page and reports no gap."""
        us, now = self._us(self._reads), self.clock()
        if stream.startswith("modmail:r/"):
            batch = fetch_modmail(self._reads, stream, cursor, limit, now=now)
        else:
            batch = fetch_listing(self._reads, stream, cursor, limit, us=us, now=now)
        return replace(batch, limits=self.budget.limits())

    def send(self, post: Post) -> Receipt:
        """Answer (`reply_to`, else `thread`), or open a discussion in a subreddit."""
        plan = sending.plan_of(post)
        answer = self._writes.post(plan.path, plan.form)
        return sending.receipt_of(plan, answer, post, self._answered_at())

    def find(self, post: Post) -> Receipt | None:
        """Look among our own writings since a minute before the claim."""
        plan = sending.plan_of(post)
        return sending.found(self._writes, plan, post, self._us(self._writes))

    def edit(
        self,
        receipt: Receipt,
        place: str,
        text: str,
        *,
        link: str | None = None,
        buttons: Buttons = (),
    ) -> None:
        """Replace the text of a comment or submission of ours; Reddit knows no buttons."""
        form: dict[str, str | bool] = {"thing_id": _public(receipt), "text": text}
        sending.check_accepted(self._writes.post("api/editusertext/", form))

    def delete(self, receipt: Receipt, place: str) -> None:
        """Take back a comment or submission of ours."""
        sending.check_accepted(self._writes.post("api/del/", {"id": _public(receipt)}))

    def recheck(self, ids: Sequence[str]) -> Sequence[Rechecked]:
        """What became of comments and submissions.

        Private messages and modmail cannot be looked up and are left out. A thing that is missing
        from an answer that shows others is gone; from an empty answer nothing is concluded.
        """
        asked = [name for name in dict.fromkeys(ids) if name.startswith(("t1_", "t3_"))][:100]
        if not asked:
            return ()
        there = _by_name(self._reads.get("api/info/", {"id": ",".join(asked)}))
        return tuple(_rechecked(name, there.get(name)) for name in asked) if there else ()

    def check(self) -> Health:
        """Who we are, and whether each place can be read and answered in."""
        watch = self.watch
        named = Watched(watch.subreddits, watch.modmail, self.login.username or "", self.login.kind)
        return health_of(self._reads, named)

    def administrators(self) -> Sequence[Administrator]:
        """Moderators of every subreddit that it looks at; one request each. Raises Refusal."""
        return tuple(moderators(self._reads, self.watch.subreddits, self.login.username))

    def close(self) -> None:
        """Give back the sockets; requests under way end."""
        self._reads.close()
        self._writes.close()

    def _us(self, session: Session) -> Us:
        if not self._known_name:
            me = session.get("api/v1/me")
            name = me.get("name") if isinstance(me, Mapping) else None
            if not isinstance(name, str):
                raise Unauthorized("Reddit does not say whose token this is: use a user's token")
            self._known_name = name
        return Us(self.account, self._known_name)

    def _answered_at(self) -> datetime:
        return self._writes.answered_at or self.clock()


def _public(receipt: Receipt) -> str:
    if not receipt.native_id.startswith(("t1_", "t3_")):
        raise Rejected("Reddit lets nobody change messages and modmail", code="target")
    return receipt.native_id


def _by_name(shown: Any) -> dict[str, Mapping[str, Any]]:
    inner = shown.get("data") if isinstance(shown, Mapping) else None
    children = inner.get("children") if isinstance(inner, Mapping) else None
    if not isinstance(children, list):
        raise Unavailable("Reddit's answer is no listing", code="listing")
    things = [c.get("data") for c in children if isinstance(c, Mapping)]
    return {str(t.get("name")): t for t in things if isinstance(t, Mapping)}


def _rechecked(name: str, thing: Mapping[str, Any] | None) -> Rechecked:
    if thing is None or is_gone(thing):
        return Rechecked(name, ItemState.DELETED)
    edited = moment(thing.get("edited"))
    if edited is None:
        return Rechecked(name, ItemState.LIVE)
    body = str(thing.get("body") or thing.get("selftext") or "")
    text = body if name.startswith("t1_") else f"{thing.get('title') or ''}\n\n{body}".strip()
    return Rechecked(name, ItemState.EDITED, text, edited)
