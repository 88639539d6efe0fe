"""One request to the make-believe Reddit, and how it is refused. It never answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """An answer that is an error: status, and what Reddit calls it."""

    def __init__(self, status: int, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "error": status}
        if reason is not None:
            self.body["reason"] = reason


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its query, its form, what the path named."""

    query: dict[str, str]
    form: dict[str, str]
    named: dict[str, str]


Answer = Callable[[Asked], Any]


def known(given: dict[str, str], allowed: set[str]) -> None:
    """Refuse parameters that Reddit does not have: a misspelt one must not pass silently."""
    strange = set(given) - allowed
    if strange:
        raise Refused(400, f"Bad Request: unknown parameter {min(strange)!r}")


def number(text: str) -> int:
    """A number in a query, or 400."""
    if not text.isdigit():
        raise Refused(400, "Bad Request")
    return int(text)
