"""The words and phrases that a pattern stands for, where they are few. Looked up, they cost a tenth of a search.

`refunds?` stands for two words, `(where|when) is my` for two phrases; `stuck.{0,20}payout` stands for too many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from monitor.core.patterns import WORDLY, inside

_MOST = 64
_PHRASE = re.compile(f"[{WORDLY}]+(?: [{WORDLY}]+)*")
WORDS = re.compile(f"[{WORDLY}]+")
_SPECIAL = frozenset(".^$*+{}[]|)")


class _TooMany(Exception):
    """The pattern stands for more than can be listed."""


def phrases_of(expression: str) -> tuple[str, ...]:
    """All that a pattern (its expression, see core.patterns) finds, when these are few whole phrases; else ()."""
    body, opens, closes = inside(expression)
    return _phrases(body) if opens and closes else ()


def stems_of(expression: str) -> tuple[str, ...]:
    """The same for a pattern that finds what begins so, `refund*`."""
    body, opens, closes = inside(expression)
    return _phrases(body) if opens and not closes else ()


def parts_of(expression: str) -> tuple[str, ...]:
    """The same for a pattern that finds its texts anywhere, `提币`."""
    body, opens, closes = inside(expression)
    found = () if opens or closes else _listed(body)
    return found if all(found) else ()


def _phrases(body: str) -> tuple[str, ...]:
    found = _listed(body)
    return found if all(map(_PHRASE.fullmatch, found)) else ()


def _listed(body: str) -> tuple[str, ...]:
    try:
        found, end = _either(body, 0)
    except (_TooMany, IndexError):
        return ()
    return tuple(dict.fromkeys(found)) if end == len(body) else ()


def _either(body: str, at: int) -> tuple[list[str], int]:
    """What the alternatives from `at` on stand for, and where they end: at a bracket, or behind the last sign."""
    found: list[str] = []
    row = [""]
    while at < len(body) and body[at] != ")":
        if body[at] == "|":
            found, row, at = found + row, [""], at + 1
            continue
        one, at = _one(body, at)
        if body[at : at + 1] == "?":
            one, at = [*one, ""], at + 1
        if len(row) * len(one) > _MOST or body[at : at + 1] in ("*", "+", "{", "?"):
            raise _TooMany
        row = [begun + sign for begun in row for sign in one]
    if len(found) + len(row) > _MOST:
        raise _TooMany
    return found + row, at


def _one(body: str, at: int) -> tuple[list[str], int]:
    """One sign or bracket."""
    sign = body[at]
    if sign == "(":
        inside = at + 3 if body.startswith("(?:", at) else at + 1
        if body[inside] == "?":
            raise _TooMany
        found, end = _either(body, inside)
        return found, end + len(body[end])  # IndexError: never closed
    if sign in _SPECIAL or sign == "\\":
        raise _TooMany
    return [sign], at + 1


def first_of(
    texts: Sequence[str], text: str, where: Callable[[str, str], int] | None = None
) -> str:
    """The one that stands first in `text`, by `where` (as whole words); "" when none is there."""
    if len(texts) == 1:
        return texts[0] if (where or position)(texts[0], text) >= 0 else ""
    places = [(at, one) for one in texts if (at := (where or position)(one, text)) >= 0]
    return min(places, key=lambda place: place[0])[1] if places else ""


def position(phrase: str, text: str, *, goes_on: bool = False) -> int:
    """Where `phrase` stands for itself in `text` (or what begins so), -1 for nowhere."""
    at = text.find(phrase)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(phrase) :][:1]
        if not (WORDS.match(before) or (not goes_on and WORDS.match(after))):
            return at
        at = text.find(phrase, at + 1)
    return -1
