"""What a text must say for a pattern to be found in it: all its texts, where they are few, or words that none lacks.
It never searches.

`refunds?` stands for two texts. `(stuck|lost).{0,20}payout` stands for too many, but every one of them says "payout",
and "stuck" or "lost" too. Such words are looked up at once; only a text that says them is worth a search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.core.patterns import inside

EDGE = "\0"  # in what is needed: here a word begins or ends. No text has this sign
LIMIT = "\1"  # here the text itself does
ANY_SIGN = "\2"  # any one sign, but a space or USUAL
USUAL = "'"  # what a pattern's "." mostly stands for: "can.?t"
_MOST = 64  # texts
_FEW = 16  # signs
_GROUP = re.compile(r"\((?!\?)|\(\?(?:[imsU-]*:|P?<\w+>)")
_FLAGS = re.compile(r"\(\?[imsU-]+\)")
_SIGNS = re.compile(r"\[([^\]\[\\^]{1,16})\]")  # a few, written one by one or from one to another
_RANGE = re.compile("(.)-(.)", re.DOTALL)
_SOME = re.compile(
    r"\\(?:[pP](?:\{\^?\w+\}|\w)|[dDsSwW])|\[\^?(?:\\(?:[pP](?:\{\^?\w+\}|\w)|[dDsSwW]|[^\w\s])|\[:\^?\w+:\]|[^\]\\\[])+\]"
)
_TIMES = re.compile(r"(?:[?*+]|\{(\d+)(?:,\d*)?\})\??")
_UNPLAIN = re.compile(r"[\[\\^$]|\(\?(?!:)")


@dataclass(frozen=True, slots=True)
class Needs:
    """`texts`: what a pattern finds, or none if that is too much. `one_of`: of each of these everything else that it
    finds says one. `is_all`: it finds nothing else. `is_plain`: it is written in words and brackets alone.
    """

    texts: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    is_all: bool = False
    is_plain: bool = False


def needs_of(expression: str) -> Needs:
    """What a pattern (its expression, see core.patterns) needs; nothing where that cannot be said."""
    body, opens, closes = inside(expression)
    if EDGE in body or LIMIT in body:
        return Needs()
    before, after = EDGE * opens, EDGE * closes
    try:
        texts = _read(f"{before}(?:{body}){after}").texts
        if texts is not None and _says_all(texts):
            return _listed([*filter(_is_possible, texts)], not _UNPLAIN.search(body))
        return Needs(one_of=_each(_read(f"{before}{body}{after}")))
    except (_Unread, IndexError):
        return Needs()


def _listed(texts: Sequence[str], is_plain: bool) -> Needs:
    sure = tuple(text for text in texts if ANY_SIGN not in text)
    if len(sure) == len(texts):
        return Needs(sure, is_all=bool(sure), is_plain=is_plain)
    return Needs(sure, _each(_Read([text for text in texts if ANY_SIGN in text], [])))


class _Unread(Exception):
    """Something that only the search understands."""


@dataclass(slots=True)
class _Read:
    """`texts`: None for too many."""

    texts: list[str] | None
    one_of: list[list[str]]


def bare(text: str) -> str:
    """`text` without what is said of its ends."""
    return text.strip(EDGE + LIMIT)


def _says_all(texts: Iterable[str]) -> bool:
    return all(bare(text).strip(" " + ANY_SIGN) for text in texts)


def _is_possible(text: str) -> bool:
    return LIMIT not in bare(text)


def _read(body: str) -> _Read:
    read, end = _either(body, 0)
    if end < len(body):
        raise _Unread
    return read


def _each(read: _Read) -> tuple[tuple[str, ...], ...]:
    choices = read.one_of if read.texts is None else [read.texts]
    edged = ([text.replace(LIMIT, EDGE) for text in texts] for texts in choices)
    return tuple(tuple(texts) for texts in edged if _says_all(texts))


def _either(body: str, at: int) -> tuple[_Read, int]:
    """What the alternatives from `at` on need, and where they end: at a bracket, or behind the last sign."""
    read, at = _row(body, at)
    branches = [read]
    while body[at : at + 1] == "|":
        read, at = _row(body, at + 1)
        branches.append(read)
    if len(branches) == 1:
        return read, at
    texts = [text for one in branches for text in one.texts or ()]
    if len(texts) <= _MOST and all(one.texts is not None for one in branches):
        return _Read(list(dict.fromkeys(texts)), []), at
    return _Read(None, _best_of_all(branches)), at


def _best_of_all(branches: Sequence[_Read]) -> list[list[str]]:
    found: list[str] = []
    for one in branches:
        choices = [one.texts] if one.texts is not None else one.one_of
        choices = [texts for texts in choices if _says_all(texts)]
        if not choices:
            return []
        found += max(choices, key=_telling)
    return [list(dict.fromkeys(found))]


def weight(text: str) -> int:
    """How much it says: a Chinese sign as much as two letters, and a word as much as three more than a part of it."""
    signs = len(text) - text.count(ANY_SIGN)
    return signs + sum(sign > "\u2e7f" for sign in text) + text.count(EDGE)


def _telling(texts: Iterable[str]) -> tuple[int, int]:
    """The more a text must say, the fewer texts do."""
    weights = [*map(weight, texts)]
    return min(weights), -len(weights)


def _row(body: str, at: int) -> tuple[_Read, int]:
    """What stands one after the other."""
    row, needed, is_all = [""], list[list[str]](), True
    while at < len(body) and body[at] not in "|)":
        one, is_repeated, at = _repeated(body, at)
        fits = one.texts is not None and len(row) * len(one.texts) <= _MOST
        if one.texts is not None and fits:
            row = [begun + text for begun in row for text in one.texts]
        if fits and not is_repeated:
            continue
        is_all = False
        needed += [row, *one.one_of]
        row = [""] if one.texts is None else one.texts
    if is_all:
        return _Read(row, []), at
    return _Read(None, [*needed, row]), at


def _repeated(body: str, at: int) -> tuple[_Read, bool, int]:
    """One sign or bracket, and whether it may come again and again."""
    read, at = _one(body, at)
    times = _TIMES.match(body, at)
    if times is None:
        return read, False, at
    at = times.end()
    if body[at : at + 1] in ("?", "*", "+"):
        raise _Unread
    if times[0] == "?" and read.texts is not None:
        return _Read(list(dict.fromkeys([*read.texts, ""])), []), False, at
    if (times[0][0] == "+" or int(times[1] or 0) > 0) and ANY_SIGN not in (read.texts or ()):
        return read, True, at
    return _Read(None, []), True, at


def _few(body: str, at: int) -> list[str]:
    """The signs in square brackets, where they are not many."""
    found = _SIGNS.match(body, at)
    if found is None:
        return []
    signs = list(_RANGE.sub("", found[1]))
    for first, last in _RANGE.findall(found[1]):
        signs += map(chr, range(ord(first), min(ord(last), ord(first) + _MOST) + 1))
    return list(dict.fromkeys(signs)) if len(signs) <= _FEW else []


def _one(body: str, at: int) -> tuple[_Read, int]:
    """One sign or bracket."""
    if flags := _FLAGS.match(body, at):
        return _Read([""], []), flags.end()
    if group := _GROUP.match(body, at):
        read, end = _either(body, group.end())
        return read, end + len(body[end])  # IndexError: never closed
    if signs := _few(body, at):
        return _Read(signs, []), body.index("]", at) + 1
    if body[at] == ".":
        return _Read([USUAL, " ", ANY_SIGN], []), at + 1
    if some := _SOME.match(body, at):
        return _Read(None, []), some.end()
    sign = body[at]
    if sign == "\\" and body[at + 1].isascii() and not body[at + 1].isalnum():
        return _Read([body[at + 1]], []), at + 2
    if sign in "^$":
        return _Read([LIMIT], []), at + 1
    if sign in "\\()[]{}*+?":
        raise _Unread
    return _Read([sign], []), at + 1
