"""Finds by look-up the patterns that stand for a few texts, and which of the others may be there. It searches for none.

Looked for by RE2 alone they made automata of megabytes, which every batch brought to the processor anew. Words come
back, so what a word finds is remembered; and a pattern that needs two words is thought of only where both are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from operator import add

from monitor.classify.phrases import WORDS
from monitor.classify.wordtables import Meaning, Pairs, Table, Text

_REMEMBERED = 20_000  # words
_LONGEST = 40  # letters of one that is remembered; nobody writes a longer one twice
_MANY = 20  # texts that are looked at; some of them may be the same
_FEW = 128  # signs that are searched for one by one
# A Meaning, the word by which it begins, and what the word by which it ends finds with the next.
_Known = tuple[tuple[int, ...], int, int, str, Pairs | None]


class _Memory(dict[str, _Known | None]):
    """What words mean, learned when they are first asked for."""

    def __init__(self, learn: Callable[[str], _Known | None]) -> None:
        self._learn = learn

    def __missing__(self, word: str) -> _Known | None:
        meaning = self._learn(word)
        if len(word) <= _LONGEST:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = meaning
        return meaning


class LookUp:
    """What is in a text of what some tables hold. Safe to use from several threads."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._likely = [known for table in tables for known in table.likely]
        self._always = [number for table in tables for number in table.always]
        self._tables: list[tuple[Table, int]] = []
        self._follow: set[str] = set()  # words by which a phrase goes on
        signs: dict[str, list[Meaning]] = {}
        begins = 0
        for table in tables:
            self._tables.append((table, begins))
            for sign, meanings in table.signs.items():
                signs.setdefault(sign, []).extend(_moved(meanings, begins))
            begins += len(table.likely)
            self._follow |= set().union(*table.pairs.values())
        self._signs = {sign: _merged(meanings) for sign, meanings in signs.items()}
        self._plain_signs = [sign for sign in signs if sign.isascii()]
        self._known = _Memory(self._learn)

    def found(self, text: str, words: Sequence[str] = ()) -> tuple[list[int], list[int]]:
        """The patterns in `text` (normalised and folded), some of them twice, and those to be searched for. `words`:
        what stands between its spaces, if that is known.
        """
        numbers: list[int] = []
        near: list[Text] = []
        firsts = likely = 0
        waiting: Pairs | None = None
        for known in map(self._known.__getitem__, words or text.split(" ")):
            if known is None:
                waiting = None
                continue
            sure, first, second, begins, pairs = known
            if sure:
                numbers += sure
            if first:
                firsts |= first
            if second:
                likely |= firsts & second
            if waiting and begins in waiting:
                sure_too, likely_too = waiting[begins]
                numbers += sure_too
                near += likely_too
            waiting = pairs
        if likely or near:
            searched = self._check(text, [*near, *self._at(likely)], numbers)
            return numbers, self._always + searched
        return numbers, self._always

    def _at(self, places: int) -> list[Text]:
        """What is likely, by the bits that are set."""
        near = []
        while places:
            at = places.bit_length() - 1
            near.append(self._likely[at])
            places ^= 1 << at
        return near

    @staticmethod
    def _check(text: str, near: Sequence[Text], numbers: list[int]) -> list[int]:
        searched: list[int] = []
        spaced = f" {text} "
        for known in near if len(near) < _MANY else dict.fromkeys(near):
            says = known.says
            if not says:
                searched.append(known.number)
            elif says in text and known.is_in(text, spaced):
                numbers.append(known.number)
        return searched

    def _learn(self, word: str) -> _Known | None:
        words = WORDS.findall(word)
        if words == [word]:
            found = [*chain.from_iterable(_moved(t.of_word(word), at) for t, at in self._tables)]
        else:
            found = [known[:3] for one in dict.fromkeys(words) if (known := self._known[one])]
            found += self._of_signs(word)
        found += chain.from_iterable(_moved(t.around(word), at) for t, at in self._tables)
        begins = words[0] if words and word.startswith(words[0]) else ""
        pairs = self._pairs_of(words[-1]) if words and word.endswith(words[-1]) else None
        if not found and pairs is None and begins not in self._follow:
            return None
        return *_merged(found), begins, pairs

    def _pairs_of(self, word: str) -> Pairs | None:
        found = [table.pairs[word] for table, _ in self._tables if word in table.pairs]
        if len(found) <= 1:
            return found[0] if found else None
        every: Pairs = {}
        for pairs in found:
            for after, (sure, likely) in pairs.items():
                known = every.setdefault(after, ([], []))
                known[0].extend(sure)
                known[1].extend(likely)
        return every

    def _of_signs(self, text: str) -> list[Meaning]:
        signs: Collection[str] = self._plain_signs if text.isascii() else self._signs
        if len(signs) <= _FEW:
            return [self._signs[sign] for sign in signs if sign in text]
        said = {*text, *map(add, text, text[1:])}
        return [self._signs[sign] for sign in said & self._signs.keys()]


def _moved(meanings: Iterable[Meaning], places: int) -> Iterable[Meaning]:
    if not places:
        return meanings
    return [(sure, first << places, second << places) for sure, first, second in meanings]


def _merged(meanings: Sequence[Meaning]) -> Meaning:
    if len(meanings) == 1:
        return meanings[0]
    numbers: list[int] = []
    firsts = seconds = 0
    for sure, first, second in meanings:
        numbers += sure
        firsts |= first
        seconds |= second
    return tuple(numbers), firsts, seconds
