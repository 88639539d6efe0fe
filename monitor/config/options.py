"""What each platform's account may say in config.toml. A table; it imports no connector.

The names are the connectors' own OPTIONS and SECRETS; the composition root's test holds the two
equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from monitor.config.words import duration
from monitor.core.messages import Platform

Read = Callable[[object], object]  # raises ValueError: "should be ..."


@dataclass(frozen=True, slots=True)
class Secrets:
    """`needed` must be there; `either` is a choice of sets, one of which must be; `also` may be."""

    needed: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    also: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every key, each once."""
        return tuple(
            dict.fromkeys((*self.needed, *(k for some in self.either for k in some), *self.also))
        )


def text(value: object) -> object:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("should be text in quotes")
    return value


def texts(value: object) -> object:
    """A list of texts, as a tuple."""
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ValueError('should be a list of texts such as ["one", "two"]')
    return tuple(value)


def flag(value: object) -> object:
    """true or false."""
    if not isinstance(value, bool):
        raise ValueError("should be true or false")
    return value


def seconds(value: object) -> object:
    """A duration ("30s"), as seconds: what the libraries take."""
    return duration(value).total_seconds()


def url(value: object) -> object:
    """An http(s) address without a slash at the end and without credentials."""
    parts = urlsplit(value) if isinstance(value, str) else None
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username
    ):
        raise ValueError(
            'should be an address such as "https://api.example.com", without a password'
        )
    return str(value).rstrip("/")


def count(low: int, high: int) -> Read:
    """A whole number from `low` to `high`."""

    def read(value: object) -> object:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"should be a whole number from {low} to {high}")
        return value

    return read


def number(low: float, high: float) -> Read:
    """A number from `low` to `high`, as float."""

    def read(value: object) -> object:
        known = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not known or not low <= float(str(value)) <= high:
            raise ValueError(f"should be a number from {low:g} to {high:g}")
        return float(str(value))

    return read


def one_of(*allowed: str) -> Read:
    """One of the words."""

    def read(value: object) -> object:
        if value not in allowed:
            raise ValueError(f"should be one of {', '.join(allowed)}")
        return value

    return read


def prices(value: object) -> object:
    """Dollars by kind of request, and the date they were looked up."""
    if not isinstance(value, dict):
        raise ValueError("should be a table of prices in US dollars, such as { post = 0.015 }")
    price = number(0, 1000)
    return {name: _as_of(cost) if name == "as_of" else price(cost) for name, cost in value.items()}


def _as_of(value: object) -> object:
    if not isinstance(value, date):
        raise ValueError("should have as_of as a date without quotes, such as 2026-08-22")
    return value


OPTIONS: Mapping[Platform, Mapping[str, Read]] = {
    Platform.TELEGRAM: {"base_url": url, "timeout": seconds, "poll_timeout": seconds},
    Platform.REDDIT: {
        "base_url": url,
        "username": text,
        "user_agent": text,
        "timeout": seconds,
        "subreddits": texts,
        "searches": texts,
        "modmail": texts,
        "mentions": flag,
        "inbox": flag,
        "budget_per_minute": count(1, 1000),
    },
    Platform.TWITTER: {
        "base_url": url,
        "timeout": seconds,
        "searches": texts,
        "mentions": flag,
        "daily_budget_usd": number(0, 100_000),
        "reserve_share": number(0, 1),
        "prices": prices,
        "names": one_of("auto", "post", "tweet"),
        "author_names": flag,
    },
    Platform.EMAIL: {
        "host": text,
        "port": count(1, 65535),
        "security": one_of("starttls", "tls", "none"),
        "username": text,
        "sender": text,
        "timeout": seconds,
    },
}

SECRETS: Mapping[Platform, Secrets] = {
    Platform.TELEGRAM: Secrets(needed=("token",)),
    Platform.REDDIT: Secrets(
        needed=("client_id", "client_secret"), either=(("refresh_token",), ("password",))
    ),
    Platform.TWITTER: Secrets(
        needed=("consumer_key", "consumer_secret", "access_token", "access_token_secret"),
        also=("bearer_token",),
    ),
    Platform.EMAIL: Secrets(also=("password",)),
}

# X counts every post it shows, so it is asked less often.
POLL_EVERY: Mapping[Platform, timedelta] = {
    Platform.TELEGRAM: timedelta(seconds=1),  # between two long polls
    Platform.REDDIT: timedelta(seconds=30),
    Platform.TWITTER: timedelta(seconds=60),
    Platform.EMAIL: timedelta(hours=1),  # nothing is fetched
}
