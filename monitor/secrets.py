"""Secrets that cannot print, where they come from, how texts lose them. It never writes one.

A secret is found, in this order, in MONITOR_<ACCOUNT>_<KEY>, in the file that
MONITOR_<ACCOUNT>_<KEY>_FILE names, or in the file that `<key>_file` names in config.toml. It is
never written into config.toml itself.
"""

from __future__ import annotations

import hmac
import os
import re
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

HIDDEN = "***"
SHORTEST_SCRUBBED = 6  # a shorter secret would cut holes into ordinary words

_known: set[str] = set()
_known_lock = threading.Lock()


class SecretMissing(Exception):
    """No usable secret; `str()` is one sentence without any part of a secret."""


class Secret:
    """A value that shows only when asked to `reveal()`. Making one teaches `scrub` to hide it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        _remember(value)

    def reveal(self) -> str:
        """The value itself: for the library that needs it, never for a screen, a log or a file."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is neither pickled nor copied to another process")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self


def _remember(value: str) -> None:
    forms = {value, quote(value, safe=""), quote(value)}
    with _known_lock:
        _known.update(form for form in forms if len(form) >= SHORTEST_SCRUBBED)


# Secrets that we never held as a Secret: in exceptions of libraries, URLs, headers, bodies.
# Strangers' texts pass here, so no pattern may take quadratic time.
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # A Telegram bot token, also as it stands in https://api.telegram.org/bot<token>/getMe.
    (re.compile(r"(?<!\d)\d{6,12}(?::|%3[Aa])[A-Za-z0-9_-]{30,}"), HIDDEN),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*b?)(['\"])(?:(?!\2).)*\2"), rf"\1\2{HIDDEN}\2"),
    (re.compile(r"(?i)(authorization\s*[:=]\s*)(?!['\"])[^\r\n]+"), rf"\1{HIDDEN}"),
    # A digit or sign makes the difference between a token and "basic questions".
    (re.compile(r"(?i)\b(bearer|basic)\s+(?=\S*[0-9+/=])[\w.~+/=%-]{12,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)\b(oauth_[a-z_]+=)\"[^\"]*\""), rf'\1"{HIDDEN}"'),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/?#@]*@"), rf"\1{HIDDEN}@"),
    # key=value without blanks, and "key": "value": not our own "accounts.tg.token: not set".
    (
        re.compile(
            r"(?i)\b((?:\w*_)?(?:token|secret|password|passwd|api_?key|signature)['\"]?"
            r"(?:=|:\s*(?=['\"])))(['\"]?)[^\s'\"&,;})]+\2"
        ),
        rf"\1\2{HIDDEN}\2",
    ),
)


def scrub(text: str) -> str:
    """`text` with every known secret, and everything shaped like one, replaced by ***."""
    with _known_lock:
        known = sorted(_known, key=len, reverse=True)
    for value in known:
        if value in text:
            text = text.replace(value, HIDDEN)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one secret is looked for. `key` is its dotted name: accounts.tg.token."""

    key: str
    variable: str
    file: Path | None = None

    @property
    def remedy(self) -> str:
        """What to do when it is not there."""
        return f"Put it in {self.variable}, or its file's path in {self.key}_file."


@dataclass(frozen=True, slots=True)
class Found:
    """A secret, and a sentence when its file is open to others ("" when all is well)."""

    secret: Secret
    warning: str = ""


def variable(account: str, key: str) -> str:
    """The environment variable of an account's secret: MONITOR_TG_TOKEN."""
    return f"MONITOR_{account}_{key}".upper().replace("-", "_")


def look_up(where: Whereabouts, environ: Mapping[str, str] | None = None) -> Found:
    """The secret from the environment or its file; SecretMissing says what to do."""
    environ = os.environ if environ is None else environ
    value = environ.get(where.variable, "").strip()
    if value:
        return Found(Secret(value))
    named = environ.get(f"{where.variable}_FILE", "").strip()
    if named:
        return _from_file(Path(named), f"{where.variable}_FILE", where)
    if where.file is not None:
        return _from_file(where.file, f"{where.key}_file", where)
    raise SecretMissing(f"{where.key}: not set. {where.remedy}")


def _from_file(path: Path, named_by: str, where: Whereabouts) -> Found:
    try:
        value = path.read_text(encoding="utf-8").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise SecretMissing(f"{named_by}: cannot read {path} ({reason}). {where.remedy}") from error
    if not value:
        raise SecretMissing(f"{named_by}: {path} is empty. Put the secret of {where.key} into it.")
    return Found(Secret(value), _open_to_others(path, mode, named_by))


def _open_to_others(path: Path, mode: int, named_by: str) -> str:
    if os.name != "posix" or not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ""
    return (
        f"{named_by}: {path} may be read by others (mode {stat.S_IMODE(mode):04o}). "
        f"Say: chmod 600 {path}"
    )
