"""What went wrong with a call, as a refusal. The token never leaves in a text or a cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
from telegram.error import TelegramError

from monitor.ports import Refusal, Rejected, Unauthorized, Unavailable, Uncertain

# Only these prove that no byte of the request was read by Telegram.
NEVER_SENT = (
    *(httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
    *(httpx.ProxyError, httpx.UnsupportedProtocol),
)
# A 200 without "result" or of another shape ends as one of these inside the library.
ODD_ANSWER = (KeyError, TypeError, AttributeError)
ELSEWHERE = (
    "Telegram says that another program is reading with this bot token, or that a webhook is set "
    "(409). Stop the other copy, or delete the webhook; one token serves one program."
)
BETWEEN = "something between us and Telegram answered {status}, not Telegram itself"


class Answered(TelegramError):
    """An HTTP answer that is not 2xx. `body` is Telegram's JSON, None when it was something else.

    The library has errors of its own for these, but they lose the status, and take every 4xx that
    they do not know, 429 among them, for a network error.
    """

    def __init__(self, status: int, body: Mapping[str, Any] | None) -> None:
        self.status = status
        self.body = body
        self.description = str((body or {}).get("description", "no reason given"))
        super().__init__(f"{status}: {self.description}")

    def parameter(self, name: str) -> int | None:
        """One of ResponseParameters, None if Telegram did not say."""
        parameters = (self.body or {}).get("parameters")
        value = parameters.get(name) if isinstance(parameters, dict) else None
        return value if type(value) is int else None


def refusal_of(error: BaseException, *, write: bool, token: str) -> Refusal:
    """The refusal for an error of one call. `write`: an unknown outcome matters."""
    if isinstance(error, Answered):
        known = _definite(error, scrubbed(error.description, token)[:300])
    elif isinstance(error.__cause__, NEVER_SENT):
        known = Unavailable(f"Telegram cannot be reached ({type(error.__cause__).__name__})")
    else:
        known = None
    if known is not None:
        return known
    reason = _sentence(error, token)
    return Uncertain(reason) if write else Unavailable(reason)


def _definite(answer: Answered, text: str) -> Refusal | None:
    """What was surely not done; None for 5xx and 408, after which it may have been."""
    status, code = answer.status, str(answer.status)
    if status == 429:
        wait = answer.parameter("retry_after")
        after = None if wait is None else timedelta(seconds=wait)
        return Unavailable("Telegram asks us to slow down (429)", retry_after=after, code=code)
    if status >= 500 or status == 408:
        return None
    if answer.body is None:
        return Unavailable(BETWEEN.format(status=status), code=code)
    if status in (401, 404):
        return Unauthorized(f"Telegram does not accept the bot token ({status})", code=code)
    if status == 409:
        return Unavailable(ELSEWHERE, code=code)
    moved_to = answer.parameter("migrate_to_chat_id")
    place = None if moved_to is None else str(moved_to)
    return Rejected(f"Telegram: {text}", code=code, moved_to=place)


def _sentence(error: BaseException, token: str) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__cause__, httpx.TimeoutException):
        return "Telegram did not answer in time"
    if isinstance(error, ODD_ANSWER):
        return "Telegram answered something that cannot be read"
    return f"Telegram: {scrubbed(str(error), token)[:300]}"


def scrubbed(text: str, token: str) -> str:
    """Without the token."""
    return text.replace(token, "***")
