"""Checks OAuth 1.0a signatures as X does (RFC 5849). It never trusts a header unchecked."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote

HOSTS = ("https://api.twitter.com", "https://api.x.com")
_SKEW_SECONDS = 300
_NEEDED = (
    "oauth_consumer_key",
    "oauth_token",
    "oauth_nonce",
    "oauth_timestamp",
    "oauth_signature",
    "oauth_signature_method",
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The four strings of an app and a user."""

    consumer_key: str = "sandbox-consumer-key"
    consumer_secret: str = field(default="sandbox-consumer-secret", repr=False)
    access_token: str = "sandbox-access-token"  # noqa: S105 - a sandbox key, worth nothing
    access_token_secret: str = field(default="sandbox-access-token-secret", repr=False)


@dataclass(slots=True)
class Signatures:
    """Who may come in; a nonce opens once."""

    keys: Keys
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def refusal(self, method: str, path: str, query: str, header: str, now: datetime) -> str:
        """Why this request is not ours, "" when it is."""
        if not header.startswith("OAuth "):
            return "no OAuth 1.0a header"
        given = _parameters(header)
        if any(name not in given for name in _NEEDED):
            return "incomplete OAuth header"
        if (given["oauth_consumer_key"], given["oauth_token"]) != (
            self.keys.consumer_key,
            self.keys.access_token,
        ):
            return "unknown key or token"
        return self._stale(given, now) or self._forged(method, path, query, given)

    def _stale(self, given: dict[str, str], now: datetime) -> str:
        stamp, nonce = given["oauth_timestamp"], given["oauth_nonce"]
        if not stamp.isdigit() or abs(int(stamp) - now.timestamp()) > _SKEW_SECONDS:
            return "timestamp out of bounds"
        if (stamp, nonce) in self._seen:
            return "nonce used before"
        self._seen.add((stamp, nonce))
        return ""

    def _forged(self, method: str, path: str, query: str, given: dict[str, str]) -> str:
        if given["oauth_signature_method"] != "HMAC-SHA1":
            return "signature method"
        pairs = parse_qsl(query, keep_blank_values=True)
        pairs += [(n, v) for n, v in given.items() if n not in ("oauth_signature", "realm")]
        wanted = (self._signature(method, host + path, pairs) for host in HOSTS)
        if any(hmac.compare_digest(one, given["oauth_signature"]) for one in wanted):
            return ""
        return "signature does not match"

    def _signature(self, method: str, url: str, pairs: Sequence[tuple[str, str]]) -> str:
        normal = "&".join("=".join(p) for p in sorted((_escape(n), _escape(v)) for n, v in pairs))
        base = "&".join(_escape(part) for part in (method.upper(), url, normal))
        key = "&".join(map(_escape, (self.keys.consumer_secret, self.keys.access_token_secret)))
        digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()


def _escape(text: str) -> str:
    return quote(text, safe="-._~")


def _parameters(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header[len("OAuth ") :].split(","))
    return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs}
