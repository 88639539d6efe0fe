"""By which words and signs the texts that patterns stand for are looked up, and the words that other patterns need.

One table for each language. It knows what a word finds by itself; putting a text's words together is lookups.py's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import add
from typing import NamedTuple, TypeVar

from monitor.classify.needs import ANY_SIGN, EDGE, LIMIT, USUAL, Needs, bare, weight
from monitor.classify.phrases import WORDS, position, stands_at
from monitor.core.patterns import WORDLY

_PAIR = re.compile(f"{EDGE}([{WORDLY}]+) ([{WORDLY}]+)(?![{WORDLY}])(.+)", re.DOTALL)
_NEIGHBOURS = re.compile(
    f"(?<=[^{WORDLY}{ANY_SIGN}])([{WORDLY}]+) (?=([{WORDLY}]+)[^{WORDLY}{ANY_SIGN}])"
)
_PIECES = re.compile(f"[{WORDLY}]+|[^{WORDLY}{EDGE}{LIMIT}{ANY_SIGN} ]+")
_HEAD = 4  # letters by which a beginning is looked up; shorter ones by all of theirs
_TAIL = 3  # the same for an end
_JOINT = 2  # how much more than its letters a joint says
T = TypeVar("T")

# What a word finds: the patterns that are in the text for sure, and what is likely if it is among the second of this
# word or a later one: `numbers, firsts, seconds`, a bit for each, by its place in the table. (Plain tuples: there are
# tens of thousands, and the garbage collector need not look at them.)
Meaning = tuple[tuple[int, ...], int, int]
# What the last word of a phrase finds with the next: the patterns that are there for sure, and what is likely.
Pairs = dict[str, tuple[list[int], list["Text"]]]


class _Key(NamedTuple):
    """What is looked up of a text: a word, where it `begins` and `ends`, or a part of one; or one or two signs; or two
    words around any sign.
    """

    piece: str
    begins: bool = False
    ends: bool = False
    is_word: bool = False
    is_joint: bool = False  # of a word and a sign that touch, or of two words around any sign

    def weight(self) -> int:
        """The more it says, the fewer texts have it."""
        rare = _JOINT if self.is_joint else 0
        return weight(self.piece) + self.begins + self.ends + rare


class Text(NamedTuple):
    """What pattern `number` finds, longer than what it is looked up by: "", it must be searched for. `alone`: how it
    stands between spaces, where that says enough.
    """

    number: int
    says: str = ""
    begins: bool = False
    ends: bool = False
    is_first: bool = False
    is_last: bool = False
    alone: str = ""

    def is_in(self, text: str, spaced: str) -> bool:
        """`spaced` is the text with a space on either side."""
        if self.alone and self.alone in spaced:
            return True
        says = self.says
        if not (self.is_first or self.is_last):
            return says in text and position(says, text, self.begins, self.ends) >= 0
        if self.is_first and self.is_last:
            is_there, at = text == says, 0
        elif self.is_first:
            is_there, at = text.startswith(says), 0
        else:
            is_there, at = text.endswith(says), len(text) - len(says)
        return is_there and stands_at(at, len(says), text, self.begins, self.ends)


def text_of(number: int, needed: str) -> Text:
    """One of a pattern's texts (see needs.py)."""
    says, begins, ends = bare(needed), needed[0] == EDGE, needed[-1] == EDGE
    before, _, after = needed.partition(says)
    alone = f"{' ' * begins}{says}{' ' * ends}" if says == says.strip() else ""
    alone = "" if LIMIT in needed else alone
    return Text(number, says, begins, ends, LIMIT in before, LIMIT in after, alone)


class Table:
    """What is looked up for one language."""

    def __init__(self) -> None:
        self.likely: list[Text] = []
        self.always: list[int] = []
        self.signs: dict[str, list[Meaning]] = {}
        self.pairs: dict[str, Pairs] = {}
        self._words: dict[str, list[Meaning]] = {}
        self._heads: dict[str, list[tuple[str, Meaning]]] = {}
        self._tails: dict[str, list[tuple[str, Meaning]]] = {}
        self._within: dict[str, list[tuple[str, Meaning]]] = {}
        self._around: dict[_Key, list[Meaning]] = {}

    def add(self, number: int, needs: Needs) -> None:
        """Pattern `number`, which needs this."""
        for text in needs.texts:
            self._add_text(number, text)
        if not needs.is_all:
            self._add_likely(Text(number), needs.one_of)

    def _add_text(self, number: int, text: str) -> None:
        if pair := _PAIR.fullmatch(text):
            sure, likely = self.pairs.setdefault(pair[1], {}).setdefault(pair[2], ([], []))
            if pair[3] == EDGE:
                sure.append(number)
            else:
                likely.append(text_of(number, text))
            return
        keys = _keys(text)
        key = keys[0]
        if len(keys) == 1 and key.piece == (text.strip(EDGE) if key.is_word else text):
            self._add(key, ((number,), 0, 0))
        else:
            self._add_likely(text_of(number, text), [[text]])

    def _add_likely(self, known: Text, one_of: Iterable[Sequence[str]]) -> None:
        keyed = [[(text, _keys(text)) for text in texts] for texts in one_of]
        choices = [each for each in keyed if all(keys for _, keys in each)]
        if not choices:
            self.always.append(known.number)
        elif len(choices) == 1:
            self._add_alternatives(known, choices[0])
        else:
            most = [[max(keys, key=_Key.weight) for _, keys in each] for each in choices]
            self._add_way(known, *_best(most, lambda keys: min(map(_Key.weight, keys))))

    def _add_alternatives(self, known: Text, texts: Iterable[tuple[str, Sequence[_Key]]]) -> None:
        """A pattern of one group only, some of whose texts have two words that follow each other."""
        rest: list[tuple[_Key, _Key]] = []
        for text, keys in texts:
            if known.says or len(keys) == 1 or not (two := _neighbours(text)):
                rest.append(_two_of(keys))
                continue
            likely = self.pairs.setdefault(two[0], {}).setdefault(two[1], ([], []))[1]
            if known not in likely:
                likely.append(known)
        if rest:
            self._add_way(known, *zip(*rest, strict=True))

    def _add_way(self, known: Text, firsts: Iterable[_Key], seconds: Iterable[_Key]) -> None:
        """It is likely where one of the second is with or after one of the first."""
        bit = 1 << len(self.likely)
        self.likely.append(known)
        for key in dict.fromkeys(firsts):
            self._add(key, ((), bit, 0))
        for key in dict.fromkeys(seconds):
            self._add(key, ((), 0, bit))

    def _add(self, key: _Key, meaning: Meaning) -> None:
        piece = key.piece
        if ANY_SIGN in piece:
            self._around.setdefault(key, []).append(meaning)
        elif not key.is_word:
            self.signs.setdefault(piece, []).append(meaning)
        elif key.begins and key.ends:
            self._words.setdefault(piece, []).append(meaning)
        elif key.begins:
            self._heads.setdefault(piece[:_HEAD], []).append((piece, meaning))
        elif key.ends:
            self._tails.setdefault(piece[-_TAIL:], []).append((piece, meaning))
        else:
            self._within.setdefault(piece[:2], []).append((piece, meaning))

    def of_word(self, word: str) -> list[Meaning]:
        """All that it finds."""
        found = [*self._words.get(word, ())]
        for size in range(1, min(_HEAD, len(word)) + 1):
            if near := self._heads.get(word[:size]):
                found += [meaning for piece, meaning in near if word.startswith(piece)]
        for size in range(1, min(_TAIL, len(word)) + 1):
            if near := self._tails.get(word[-size:]):
                found += [meaning for piece, meaning in near if word.endswith(piece)]
        if self._within:
            for pair in self._within.keys() & {*word, *map(add, word, word[1:])}:
                found += [meaning for piece, meaning in self._within[pair] if piece in word]
        return found

    def around(self, text: str) -> list[Meaning]:
        """What two words around any sign find, where `text` has no space."""
        found: list[Meaning] = []
        for key, meanings in self._around.items():
            left, right = key.piece.split(ANY_SIGN)
            if left in text and right in text and _around(key).search(text):
                found += meanings
        return found


def _keys(text: str) -> list[_Key]:
    """By what `text` (see needs.py) may be looked up, in its order."""
    found: list[_Key] = []
    end = before = None
    for piece in _PIECES.finditer(text):
        at = piece.start()
        if at == end:
            found.append(_Key(text[at - 1 : at + 1], is_joint=True))
        end = piece.end()
        if not WORDS.match(piece[0]):
            found += map(_Key, dict.fromkeys((piece[0][:2], piece[0][-2:])))
            continue
        begins, ends = _is_parted(text[:at][-1:]), _is_parted(text[end : end + 1])
        if before and text[at - 1] == ANY_SIGN and before.end() == at - 1:
            first = _is_parted(text[: before.start()][-1:])
            around = f"{before[0]}{ANY_SIGN}{piece[0]}"
            found.append(_Key(around, first, ends, is_word=True, is_joint=True))
        found.append(_Key(piece[0], begins, ends, is_word=True))
        before = piece
    return found


def _is_parted(sign: str) -> bool:
    """Whether a word begins or ends for sure where it has this for a neighbour."""
    return sign not in ("", ANY_SIGN)


@cache
def _around(key: _Key) -> re.Pattern[str]:
    words = f"[^ {USUAL}]".join(map(re.escape, key.piece.split(ANY_SIGN)))
    before = f"(?<![{WORDLY}])" if key.begins else ""
    return re.compile(f"{before}{words}(?![{WORDLY}])" if key.ends else f"{before}{words}")


def _neighbours(text: str) -> tuple[str, str] | None:
    """The two whole words that follow each other and say most."""
    found = [(two[1], two[2]) for two in _NEIGHBOURS.finditer(text)]
    return max(found, key=lambda two: len(two[0] + two[1]), default=None)


def _two_of(keys: Sequence[_Key]) -> tuple[_Key, _Key]:
    """Those that say most; a joint says enough by itself."""
    heaviest = max(keys, key=_Key.weight)
    return (heaviest, heaviest) if heaviest.is_joint else _best(keys, _Key.weight)


def _best(of: Sequence[T], weight: Callable[[T], int]) -> tuple[T, T]:
    """The two that weigh most, in their order; the only one twice."""
    best = sorted(range(len(of)), key=lambda at: -weight(of[at]))[:2]
    return of[min(best)], of[max(best)]
