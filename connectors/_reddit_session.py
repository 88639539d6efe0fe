"""One PRAW instance, used from one thread. It never repeats a write and never sleeps."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, cast

import praw
import praw.config
import prawcore

from connectors._reddit_budget import Budget
from connectors._reddit_http import APPROVAL, Requestor, StaleToken
from monitor.ports import Refusal, Rejected, Unauthorized, Unavailable, Uncertain

READ_URL = "https://www.reddit.com"
OAUTH_URL = "https://oauth.reddit.com"
DENIED = f"Reddit refuses a fresh token: the account or application lost access. {APPROVAL}"


@dataclass(frozen=True, slots=True)
class Login:
    """Everything PRAW needs. Its secrets never print."""

    client_id: str
    client_secret: str = field(repr=False)
    user_agent: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    base_url: str | None = None
    timeout: float = 16.0

    @property
    def kind(self) -> str:
        """How it gets its tokens, in words."""
        return "refresh token" if self.refresh_token else "username and password (script app)"


class Session:
    """Asks Reddit; everything it raises is a Refusal, without secrets."""

    def __init__(self, login: Login, budget: Budget) -> None:
        self._login = login
        self._budget = budget
        self._requestor: Requestor | None = None
        self._reddit: praw.Reddit | None = None
        self._closed = False

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at `path`. A token that ran out is renewed, once."""
        for _ in range(2):
            try:
                return self._ask("GET", path, params=dict(params or {}))
            except StaleToken:
                self._forget_token()
        raise Unauthorized(DENIED, code="401")

    def post(self, path: str, form: Mapping[str, str | bool]) -> Any:
        """Write, exactly once, and give Reddit's JSON."""
        try:
            return self._ask("POST", path, data=dict(form))
        except StaleToken:
            self._forget_token()
        self.get("api/v1/me")  # Unauthorized, if it was not only the age of the token
        raise Unavailable(
            "the access token had run out; there is a new one",
            retry_after=timedelta(0),
            code="401",
        )

    def scopes(self) -> set[str]:
        """What the token allows; {"*"} is everything."""
        reddit = self._praw()
        return set(self._mapped(lambda: reddit.auth.scopes(), writing=False))

    @property
    def answered_at(self) -> datetime | None:
        """Reddit's clock at its last answer."""
        return self._requestor.answered_at if self._requestor else None

    def close(self) -> None:
        """Give back the sockets; a request under way ends with a refusal."""
        self._closed = True
        if self._requestor is not None:
            self._requestor.cut()
            self._requestor.close()

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        if self._closed:
            raise Unavailable("the connection to Reddit is closed", code="closed")
        reddit = self._praw()
        return self._mapped(
            lambda: reddit.request(method=method, path=path, **kwargs), writing=method != "GET"
        )

    def _mapped(self, ask: Callable[[], Any], *, writing: bool) -> Any:
        try:
            return ask()
        except (Refusal, StaleToken) as error:
            refusal: Exception = error
        except (praw.exceptions.PRAWException, prawcore.PrawcoreException) as error:
            refusal = _refusal(error, writing=writing)
        # Outside of `except`, and without the way there: prawcore's exceptions and frames carry
        # the request with its secrets.
        raise refusal.with_traceback(None)

    def _forget_token(self) -> None:
        # PRAW offers no way to drop an access token; a new instance has none.
        if self._requestor is not None:
            self._requestor.close()
        self._reddit = None

    def _praw(self) -> praw.Reddit:
        if self._reddit is None:
            self._reddit = self._make()
        return self._reddit

    def _make(self) -> praw.Reddit:
        without_ini_files()
        login, by_token = self._login, self._login.refresh_token is not None
        return praw.Reddit(
            "DEFAULT",  # else the environment variable praw_site decides
            requestor_class=cast(Any, self._make_requestor),
            client_id=login.client_id,
            client_secret=login.client_secret,
            user_agent=login.user_agent,
            # With a username and password PRAW ignores the refresh token.
            username=None if by_token else login.username,
            password=None if by_token else login.password,
            refresh_token=login.refresh_token,
            redirect_uri=None,
            reddit_url=login.base_url or READ_URL,
            oauth_url=login.base_url or OAUTH_URL,
            check_for_updates=False,  # it would ask the package index
            check_for_async=False,
            ratelimit_seconds=0,
            timeout=int(login.timeout) or 1,
        )

    def _make_requestor(self, **kwargs: Any) -> Requestor:
        timeout = self._login.timeout
        self._requestor = Requestor(
            budget=self._budget, timeout=timeout, deadline=2 * timeout, **kwargs
        )
        return self._requestor


def without_ini_files() -> None:
    """Let PRAW know only its own defaults.

    It reads praw.ini in the current folder and in the home: one planted there could send the
    password elsewhere, a broken one would stop us.
    """
    defaults = configparser.ConfigParser(interpolation=None)
    defaults.read_string((files("praw") / "praw.ini").read_text())
    with praw.config.Config.LOCK:
        praw.config.Config.CONFIG = defaults


def _refusal(error: Exception, *, writing: bool) -> Refusal:
    what = type(error).__name__
    if isinstance(error, prawcore.BadJSON):
        if writing:
            return Uncertain("Reddit's answer could not be read; it may have taken it", code=what)
        return Unavailable("Reddit's answer could not be read", code=what)
    if isinstance(error, prawcore.OAuthException):
        return Unauthorized("Reddit refused the login: check the account's secrets", code=what)
    if isinstance(error, (prawcore.InvalidInvocation, praw.exceptions.ClientException)):
        return Rejected(f"PRAW refused the request ({what})", code=what)
    if writing:
        return Uncertain(f"Reddit's answer was not understood ({what})", code=what)
    return Unavailable(f"Reddit's answer was not understood ({what})", code=what)
