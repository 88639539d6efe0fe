"""One HTTP request to Reddit, made once, with a deadline. It never retries and never sleeps.

prawcore repeats any request, writes included, after a dropped connection or a 5xx; a comment then
stands there three times. A refusal raised here is none of prawcore's own exceptions, so its retry
loop never sees one.
"""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import prawcore
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from connectors._reddit_budget import Budget, number
from monitor.ports import Refusal, Rejected, Unauthorized, Unavailable, Uncertain

CONNECT_SECONDS = 3.05
PAUSE = timedelta(seconds=5)  # after a 429 that does not say how long
TOKEN_PATH = "/api/v1/access_token"  # noqa: S105 - a path
APPROVAL = (
    "Reddit gives API access only to approved applications since November 2025: "
    "ask for it at https://support.reddithelp.com (Responsible Builder Policy)"
)
RATE_HEADERS = ("x-ratelimit-remaining", "x-ratelimit-used", "x-ratelimit-reset")


class StaleToken(Exception):
    """Reddit refused the access token: it is too old, or the account's access was taken away."""


class _Adapter(HTTPAdapter):
    """Remembers its connections, so that a request over its deadline can be cut from outside.

    Time-outs of sockets are per read: a server that sends one byte a second would hold us for ever.
    """

    def __init__(self) -> None:
        self._live: weakref.WeakSet[Any] = weakref.WeakSet()
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._remembering(type(pool).ConnectionCls)
        return pool

    def _remembering(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def connection(*args: Any, **kwargs: Any) -> Any:
            made = make(*args, **kwargs)
            self._live.add(made)
            return made

        return connection

    def cut(self) -> None:
        """Shut every open socket; whoever reads from one gets an error at once."""
        for connection in list(self._live):
            if (sock := getattr(connection, "sock", None)) is not None:
                try:
                    # Not SSLSocket.shutdown: that would let the reader go on in plain text.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
                except OSError:
                    continue


class Requestor(prawcore.Requestor):
    """prawcore's way out, made single-shot. Raises refusals; used from one thread."""

    def __init__(self, *, budget: Budget, deadline: float, timeout: float, **kwargs: Any) -> None:
        http = requests.Session()
        self._adapter = _Adapter()
        http.mount("https://", self._adapter)
        http.mount("http://", self._adapter)
        super().__init__(session=http, timeout=timeout, **kwargs)
        self._budget = budget
        self._deadline = deadline
        self.answered_at: datetime | None = None  # the Date of the last answer

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Any:
        """One request. `timeout` is prawcore's constant: ours counts."""
        del timeout
        method, url = str(args[0]).upper(), str(args[1])
        token = urlsplit(url).path.rstrip("/") == TOKEN_PATH
        writing = method != "GET" and not token
        self._budget.claim(writing=writing or token)
        if writing:
            # A connection that lay idle may be dead without our knowing: then the outcome of the
            # write would be in doubt for nothing.
            self._http.close()
        response = self._once(method, url, kwargs, writing=writing)
        refusal = token_refusal(response) if token else refusal_of(response, writing=writing)
        self._learn(response)
        if refusal is None:
            return response
        if isinstance(refusal, Unavailable) and refusal.code == "429":
            self._budget.close_for(refusal.retry_after or PAUSE)
        raise refusal

    def cut(self) -> None:
        """End a request under way, from another thread."""
        self._adapter.cut()

    def _once(self, method: str, url: str, kwargs: dict[str, Any], *, writing: bool) -> Any:
        limits = (CONNECT_SECONDS, self.timeout)
        try:
            with self._cut_when_late():
                return self._http.request(method, url, timeout=limits, **kwargs)
        except requests.RequestException as error:
            refusal = network_refusal(error, writing=writing)
        # Outside of `except`: the request, with its secrets, hangs on the exception.
        raise refusal

    @contextmanager
    def _cut_when_late(self) -> Iterator[None]:
        timer = threading.Timer(self._deadline, self._adapter.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _learn(self, response: Any) -> None:
        self._budget.learn(response.headers)
        # prawcore sleeps in the calling thread, up to ten minutes, by what these headers say.
        for name in RATE_HEADERS:
            response.headers.pop(name, None)
        self.answered_at = _date(response.headers.get("date"))


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text or "").astimezone(UTC)
    except ValueError:
        return None


def network_refusal(error: Exception, *, writing: bool) -> Refusal:
    """What a request that got no answer means. Words of ours only: the error's may hold a URL."""
    what = type(error).__name__
    if never_left(error):
        return Unavailable(f"Reddit could not be reached ({what})", code="unreachable")
    if writing:
        return Uncertain(f"no answer came from Reddit ({what}); it may have taken it", code=what)
    return Unavailable(f"no answer came from Reddit ({what})", code=what)


def never_left(error: BaseException) -> bool:
    """Is it certain that no byte of the request was sent?"""
    sure = (requests.ConnectTimeout, NewConnectionError, ssl.SSLCertVerificationError)
    seen: set[int] = set()
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        if isinstance(one, (*sure, requests.exceptions.ProxyError)):
            return True
        seen.add(id(one))
        todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return False


def refusal_of(response: Any, *, writing: bool) -> Exception | None:
    """What the status of an answer means; None: prawcore may read it."""
    status = response.status_code
    if status == 401:
        return StaleToken("Reddit refused the access token")
    if status == 429:
        return Unavailable("Reddit: too many requests", retry_after=pause(response), code="429")
    if status == 408 or status >= 500:
        if writing:
            return Uncertain(f"Reddit answered {status}; it may have taken it", code=str(status))
        return Unavailable(f"Reddit answered {status}", code=str(status))
    if status in (409, 425):
        return Unavailable(f"Reddit answered {status}", code=str(status))
    if 300 <= status < 400:
        return Rejected("Reddit knows no such place (redirect)", code=str(status))
    if status >= 400:
        return Rejected(f"Reddit refused: {_reason(response)}", code=str(status))
    return None


def token_refusal(response: Any) -> Refusal | None:
    """What the answer to a request for a token means. Whatever it is, nothing was written."""
    status = response.status_code
    if status == 429:
        return Unavailable("Reddit: too many requests", retry_after=pause(response), code="429")
    if status in (400, 401):
        return Unauthorized(
            "Reddit does not know the client: check client_id and client_secret", code=str(status)
        )
    if status == 403:
        return Unauthorized(f"Reddit gives no access. {APPROVAL}", code=str(status))
    if status != 200:
        return Unavailable(f"Reddit answered {status} to the request for a token", code=str(status))
    return _granted(response)


def _granted(response: Any) -> Refusal | None:
    try:
        answer = response.json()
    except ValueError:
        return Unavailable("Reddit's answer to the request for a token could not be read")
    if not isinstance(answer, dict):
        return Unavailable("Reddit's answer to the request for a token could not be read")
    if "error" in answer:
        return Unauthorized(
            f"Reddit refused the login ({str(answer['error'])[:60]}): check username and password, "
            "or the refresh token; an account with two-factor login needs a refresh token",
            code=str(answer["error"])[:60],
        )
    whole = isinstance(answer.get("expires_in"), int) and isinstance(answer.get("scope"), str)
    if whole and isinstance(answer.get("access_token"), str):
        return None
    return Unavailable("Reddit's answer to the request for a token could not be read")


def pause(response: Any) -> timedelta | None:
    """How long a 429 wants us to wait; None: it did not say."""
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = number(response.headers.get(name))
        if seconds is not None:
            return timedelta(seconds=min(seconds, 3600.0))
    return None


def _reason(response: Any) -> str:
    try:
        answer = response.json()
    except ValueError:
        return f"status {response.status_code}"
    if not isinstance(answer, dict):
        return f"status {response.status_code}"
    words = [answer.get(key) for key in ("reason", "explanation", "message")]
    said = ", ".join(str(word)[:200] for word in words if word)
    return said or f"status {response.status_code}"
