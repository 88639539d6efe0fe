"""Turns the exceptions of tweepy and requests into our four refusals. It never tells a secret."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import tweepy
from urllib3.exceptions import MaxRetryError, NewConnectionError

from monitor.ports import Refusal, Rejected, Unauthorized, Unavailable, Uncertain

# What a request of ours may raise. The last four come out of tweepy when an error's body is not
# what it expects (a list, a number, a reset time that is no number).
RAISED = (
    tweepy.TweepyException,
    requests.RequestException,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)
A_WINDOW = timedelta(minutes=15)
AN_HOUR = timedelta(hours=1)
_SPACES = re.compile(r"\s+")
# What X says when it will not take a post, in the words it uses.
_SAID = (
    ("duplicate content", "duplicate"),
    ("mentioned or are the author", "not_summoned"),
    ("cashtag", "cashtags"),
    ("too long", "too_long"),
    ("deleted or not visible", "gone"),
    ("not been engaged", "not_summoned"),
    ("who can reply", "restricted"),
    ("restricted", "restricted"),
)
_ACCOUNT = ("oauth1 app permissions", "client-not-enrolled", "suspended", "client-forbidden")


def refusal(error: Exception, now: datetime, *, write: bool) -> Refusal:
    """What `error` means. `write`: the request would have changed something at X."""
    if isinstance(error, tweepy.HTTPException):
        return _of_answer(error, now, write=write)
    if _never_left(error):
        return Unavailable("X cannot be reached", code="connect")
    if write:
        return Uncertain("no readable answer came from X", code=_kind(error))
    return Unavailable("no readable answer came from X", code=_kind(error))


def _kind(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "timeout"
    unreadable = isinstance(error, ValueError) or not isinstance(error, requests.RequestException)
    return "unreadable" if unreadable else "connection"


def _never_left(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason: Any = error.args[0] if error.args else None
    reason = reason.reason if isinstance(reason, MaxRetryError) else reason
    if isinstance(reason, NewConnectionError):
        return True
    cause = reason.args[0] if getattr(reason, "args", ()) else None
    return isinstance(cause, ssl.SSLCertVerificationError)


def _of_answer(error: tweepy.HTTPException, now: datetime, *, write: bool) -> Refusal:
    status = error.response.status_code
    said = _said(error)
    if status == 429:
        return _too_many(error, said, now)
    if status == 402:
        return Unavailable(f"X wants to be paid: {said}", retry_after=AN_HOUR, code="billing")
    if status == 401 or (status == 403 and any(a in said.lower() for a in _ACCOUNT)):
        return Unauthorized(f"X refuses the account's keys: {said}", code=f"http_{status}")
    if status >= 500 or status == 408 or status < 400:
        return _no_answer(status, write=write)
    return _no(status, said, write=write)


def _no_answer(status: int, *, write: bool) -> Refusal:
    reason, code = f"X answered {status}", f"http_{status}"
    return Uncertain(reason, code=code) if write else Unavailable(reason, code=code)


def _no(status: int, said: str, *, write: bool) -> Refusal:
    code = next((c for words, c in _SAID if words in said.lower()), f"http_{status}")
    if status == 404:
        gone = "resource-not-found" in said or code == "gone"
        # A bare 404 is X in trouble, not a lost post; nothing was done either way.
        return Rejected(said, code="gone") if gone and write else Unavailable(said, code=code)
    return Rejected(said, code=code)


def _too_many(error: tweepy.HTTPException, said: str, now: datetime) -> Refusal:
    if "usage-cap" in said or "usagecap" in said.lower():
        return Unavailable(f"X's usage cap: {said}", retry_after=AN_HOUR, code="billing")
    return Unavailable("X asks us to wait", retry_after=_until_reset(error, now), code="too_many")


def _until_reset(error: tweepy.HTTPException, now: datetime) -> timedelta:
    reset = getattr(error, "reset_time", None)
    if not isinstance(reset, int):
        return A_WINDOW
    wait = datetime.fromtimestamp(reset, UTC) - now
    return min(max(wait, timedelta(seconds=1)), timedelta(days=1))


def _said(error: tweepy.HTTPException) -> str:
    """X's own words: status, title, detail, messages and the last part of the problem's type."""
    words = [f"{error.response.status_code}"]
    try:
        body = error.response.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        words += [str(body.get(name) or "") for name in ("title", "detail")]
        words += [str(m) for m in error.api_messages if m not in words]
        words.append(str(body.get("type") or "").rpartition("/")[2].replace("about:blank", ""))
    text = _SPACES.sub(" ", " ".join(dict.fromkeys(w for w in words if w)))
    return "".join(c for c in text if c.isprintable())[:300]


def asked(
    ask: Callable[[], requests.Response], clock: Callable[[], datetime], *, write: bool
) -> Any:
    """The JSON object that `ask` brought, as (object, headers). Raises Refusal."""
    try:
        response = ask()
        body = response.json()
        if not isinstance(body, dict):
            raise ValueError("not an object")
    except RAISED as error:
        raise refusal(error, clock(), write=write) from error
    return body, response.headers
