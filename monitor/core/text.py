"""What may be done to a text: normalise it, measure it, cut it, make it safe to show. Never guesses
what it means.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 8_000  # what anyone needs to read of one message; a matcher's time grows with it

_SURROGATES = r"\ud800-\udfff"
_CONTROLS = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = (
    r"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u2060-\u2064\u206a-\u206f\u3164\ufeff"
)
_TAGS = r"\ufff9-\ufffb\U000e0000-\U000e007f"  # text that eyes do not see but programs read
_UNSEEN = re.compile(f"[{_CONTROLS}{_BIDI}{_INVISIBLE}{_TAGS}{_SURROGATES}\u200d\ufe0e\ufe0f]+")
_UNSAFE = re.compile(f"[{_CONTROLS}{_BIDI}{_INVISIBLE}{_TAGS}]+")
# Letters that look alike: what a swindler, or a wrong keyboard, puts into a word of the other script.
_LATIN = str.maketrans(
    "аеіјорсухѕԁһԛԝАВЕЅІЈКМНОРСТУХαιονρυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeijopcyxsdhqwABESIJKMHOPCTYXaiovpuABEZHIKMNOPTYX",
)
_CYRILLIC = str.maketrans("aeopcyxABCEHKMOPTX", "аеорсухАВСЕНКМОРТХ")
_MIXED = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
_WORD = re.compile("[A-Za-z\u0370-\u052f]+")
_LONE = re.compile(f"[{_SURROGATES}]")
_STRAY_MARKS = re.compile("[\u0300-\u036f]+")
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3,}"
)
_GLUE = re.compile("[\u0300-\u036f\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


def capped(text: str) -> str:
    """The first `LONGEST` characters."""
    return text if len(text) <= LONGEST else text[:LONGEST]


def normalise(text: str) -> str:
    """One form for texts that read alike: NFKC, case-folded, nothing invisible, single spaces;
    capped.

    Doing it twice changes nothing."""
    text = capped(text)
    if text.isascii():
        text = text.lower()
        return " ".join((text if text.isprintable() else _UNSEEN.sub("", text)).split())
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    text = unicodedata.normalize("NFKC", text.casefold())
    text = unicodedata.normalize("NFC", _STRAY_MARKS.sub("", text))
    return capped(" ".join(_UNSEEN.sub("", text).split())).rstrip()


def legible(text: str) -> str:
    """As eyes read it: nothing invisible, and no word in which letters of another script stand for those they look
    like ("withdr\u0430wal"); what is really written in two scripts stays.
    """
    if text.isascii():
        return text
    text = _UNSAFE.sub("", text)
    return _WORD.sub(_in_one_script, text) if _MIXED.search(text) else text


def _in_one_script(found: re.Match[str]) -> str:
    word = found[0]
    if not _MIXED.search(word):
        return word
    latin = word.translate(_LATIN)
    if latin.isascii():
        return latin
    cyrillic = word.translate(_CYRILLIC)
    return word if any(map(str.isascii, cyrillic)) else cyrillic


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: characters beyond the basic plane are two."""
    return len(text) + sum(c > "\uffff" for c in text)


def utf16_cut(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` UTF-16 units; never half of a character."""
    if len(text) * 2 <= limit:
        return text
    room = limit
    for at, char in enumerate(text):
        room -= 2 if char > "\uffff" else 1
        if room < 0:
            return text[:at]
    return text


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` UTF-16 units, cut after a word and ended with "…" if it had to be
    cut.

    A first word longer than half the limit is cut inside; an emoji or accent stays with what it
    belongs to."""
    if utf16_length(text) <= limit:
        return text
    if limit < 1:
        return ""
    head = utf16_cut(text, limit - 1)
    if not text[len(head)].isspace():
        space = max(head.rfind(" "), head.rfind("\n"))
        head = head[:space] if space > limit // 2 else _whole_signs(text, head)
    return head.rstrip() + "…"


def _whole_signs(text: str, head: str) -> str:
    at = len(head)
    while 0 < at < len(text) and (_GLUE.match(text[at]) or text[at - 1] == "\u200d"):
        at -= 1
    return text[:at]


def safe(text: str) -> str:
    """A stranger's text as it may be shown to staff: it cannot reorder, overprint or hide what
    stands around it.

    Strips bidi and other controls, invisible signs and tags, keeps two of any pile of marks.
    Escaping for HTML or a terminal's markup is the business of whoever shows it."""
    text = capped(text)
    if text.isascii() and text.isprintable():
        return text
    text = _LONE.sub("\ufffd", _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    text = re.sub(r"[\u2028\u2029\x85\x0b\x0c]", "\n", text)
    return _MARKS.sub(lambda pile: pile[0][:2], text)
