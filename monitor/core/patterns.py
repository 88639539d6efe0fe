"""How a pattern of the rules becomes a regular expression, and the form of a text it is matched on.
Never matches.

Managers write words: `withdraw*`, `stuck.{0,20}payout`, `提币`. Both sides are folded the same way
(accents, curly quotes, traditional characters), so that nobody has to write a word twice."""

from __future__ import annotations

import re
import unicodedata

from monitor.core.han import TO_SIMPLIFIED
from monitor.core.text import normalise

UNSPACED = frozenset(
    {"zh", "zh-Hant", "ja", "ko"}
)  # words follow each other or take endings without a space

# RE2's \b and \w know ASCII only. Words of the spaced scripts are made of these signs; all others
# end them, Han and Hangul too.
WORDLY = "0-9a-z_\u00c0-\u1fff"
_BEFORE = f"(?:^|[^{WORDLY}])"
_AFTER = f"(?:$|[^{WORDLY}])"
_CLASS = re.compile(r"\\.|\[\^?\]?|\]", re.DOTALL)
_KEPT = re.compile(
    r"\\[pP]\{\^?\w+\}|\\[pP]?.|\(\?[^:)]*|[A-Z]"
)  # escapes and flags keep their case
_REGEX_STAR = re.compile(r"(?:\\p?[A-Za-z]|\\p\{\^?\w+\}|\.|\})\*$")


def _folds() -> dict[int, str]:
    plain = {"đ": "d", "ı": "i", "ø": "o", "ł": "l", "ё": "е"}
    signs = (
        dict.fromkeys("‘’ʼ`´", "'") | dict.fromkeys("“”„«»", '"') | dict.fromkeys("‐‑‒–—―−", "-")
    )
    letters = {
        chr(p): unicodedata.normalize("NFD", chr(p))[0]
        for p in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    }
    latin = {c: base for c, base in letters.items() if base.isascii() and base != c}
    return {ord(c): to for c, to in {**TO_SIMPLIFIED, **latin, **signs, **plain}.items()}


_FOLDS = _folds()


def folded(normal: str) -> str:
    """The form of a normalised text that patterns are matched on: same length, no accents, one
    Chinese script.
    """
    return normal if normal.isascii() else normal.translate(_FOLDS)


def expression(pattern: str, language: str) -> str:
    """The RE2 expression of `pattern` as a manager wrote it for `language` (or "any").

    For languages written with spaces it matches whole words, unless it starts or ends with `*`.
    ValueError says what cannot be meant."""
    body, opens, closes = _edges(pattern.strip())
    if not body:
        raise ValueError("empty")
    before = _BEFORE if opens and _needs_edge(body[0], language) else ""
    after = _AFTER if closes and _needs_edge(_last(body), language) else ""
    return f"{before}(?:{_unicode(_folded_pattern(body))}){after}"


def inside(found: str) -> tuple[str, bool, bool]:
    """What stands between the edges of an expression(), and whether it begins and ends only where a word does."""
    opens, closes = found.startswith(_BEFORE), found.endswith(f"){_AFTER}")
    begins = len(_BEFORE) if opens else 0
    ends = len(found) - (len(_AFTER) if closes else 0)
    return found[begins + len("(?:") : ends - 1], opens, closes


def _edges(pattern: str) -> tuple[str, bool, bool]:
    opens, closes = True, True
    if pattern.startswith("*"):
        pattern, opens = pattern[1:], False
    if pattern.endswith("*") and not _REGEX_STAR.search(pattern):
        pattern, closes = pattern[:-1], False
    return pattern, opens, closes


def _last(body: str) -> str:
    return "" if len(body) > 1 and body[-2] == "\\" else body[-1]


def _needs_edge(char: str, language: str) -> bool:
    # A sign ("?", an emoji) ends no word; a bracket may hold one.
    if language in UNSPACED:
        return char.isascii() and char.isalnum()
    return char == "" or char.isalnum() or char in r"\([.)]?+*}"


def _folded_pattern(body: str) -> str:
    body = _KEPT.sub(_lowered, unicodedata.normalize("NFC", body))
    return "".join(c if c.isascii() else _folded_sign(c) for c in body)


def _lowered(found: re.Match[str]) -> str:
    return found[0].lower() if found[0].isalpha() else found[0]


def _folded_sign(char: str) -> str:
    plain = " " if char.isspace() else folded(normalise(char)) or char
    return re.escape(plain) if plain.isascii() and not plain.isalnum() and plain != " " else plain


def _unicode(body: str) -> str:
    """`\\w` for all scripts; `\\b` refused, because it would be wrong for most of them."""
    depth, out, at = 0, [], 0
    for found in _CLASS.finditer(body):
        out.append(body[at : found.start()])
        sign, at = found[0], found.end()
        if sign == r"\b" or sign == r"\B":
            raise ValueError(
                r"\b is not needed: words are matched whole, `*` at an end lets them go on"
            )
        depth = _depth(depth, sign)
        out.append(
            {
                r"\w": r"\pL\pN_" if depth else r"[\pL\pN_]",
                r"\W": sign if depth else r"[^\pL\pN_]",
            }.get(sign, sign)
        )
    return "".join(out) + body[at:]


def _depth(depth: int, sign: str) -> int:
    if sign.startswith("["):
        return 1
    return 0 if sign == "]" else depth
