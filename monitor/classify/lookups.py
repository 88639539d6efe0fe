"""Finds by look-up the patterns that stand for words, beginnings of words, or signs anywhere. It searches for no other.

Three of four patterns are such. Among those that RE2 looks for they made automata of megabytes, which every batch
brought to the processor anew. (One `re2.Set` of them answers texts that it has seen in 2 us, and takes 500 to 2,600
for a new one: each text builds states of its own.) Words come back: what a word means is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from monitor.classify.phrases import WORDS, position

Listed = Mapping[int, Sequence[str]]
_HEAD = 4  # letters by which a beginning is looked up; shorter ones by all of theirs
_REMEMBERED = 20_000  # words
_MANY = 64  # words
_FEW = 20  # parts that are searched for one by one


@dataclass(slots=True)
class _Meaning:
    """What a word finds: `numbers` by itself, `pairs` with the word after it, `loose` maybe with what follows."""

    numbers: list[int] = field(default_factory=list)
    pairs: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    loose: list[tuple[str, int]] = field(default_factory=list)


class LookUp:
    """Numbers of patterns by the texts that they stand for (see phrases.py). Safe to use from several threads."""

    def __init__(self, phrases: Listed, stems: Listed, parts: Listed) -> None:
        self._by_word: dict[str, _Meaning] = {}
        self._stems: dict[str, list[tuple[str, int]]] = {}
        self._remembered: dict[str, _Meaning | None] = {}
        for number, texts in phrases.items():
            for text in texts:
                self._add_phrase(text, number)
        for number, texts in stems.items():
            for text in texts:
                self._add_stem(text, number)
        self._parts = _Parts(parts)

    def _add_phrase(self, phrase: str, number: int) -> None:
        first, *others = phrase.split(" ", 2)
        meaning = self._by_word.setdefault(first, _Meaning())
        if others:
            meaning.pairs.setdefault(others[0], []).append((phrase, number))
        else:
            meaning.numbers.append(number)

    def _add_stem(self, stem: str, number: int) -> None:
        first, _, more = stem.partition(" ")
        if more:
            self._by_word.setdefault(first, _Meaning()).loose.append((stem, number))
        else:
            self._stems.setdefault(stem[:_HEAD], []).append((stem, number))

    def found(self, text: str) -> list[int]:
        """The numbers of the patterns in `text` (normalised and folded), each once, in no order."""
        found = self._parts.found(text)
        words = WORDS.findall(text)
        following: Iterable[tuple[str, str]] = zip_longest(words, words[1:], fillvalue="")
        if len(words) > _MANY:  # what is said a thousand times is looked at once
            following = dict.fromkeys(following)
        remembered = self._remembered
        loose: dict[str, _Meaning] = {}
        for word, after in following:
            try:
                meaning = remembered[word]
            except KeyError:
                meaning = self._learn(word)
            if meaning is None:
                continue
            found += meaning.numbers
            if after in meaning.pairs:
                near = meaning.pairs[after]
                found += [n for phrase, n in near if phrase in text and position(phrase, text) >= 0]
            if meaning.loose:
                loose[word] = meaning
        for meaning in loose.values():
            found += [
                n for stem, n in meaning.loose
                if stem in text and position(stem, text, goes_on=True) >= 0
            ]  # fmt: skip
        return list(dict.fromkeys(found)) if len(found) > 1 else found

    def _learn(self, word: str) -> _Meaning | None:
        begins = [
            number
            for size in range(1, _HEAD + 1)
            for stem, number in self._stems.get(word[:size], ())
            if len(word) >= size and len(stem[:_HEAD]) == size and word.startswith(stem)
        ]
        meaning = self._by_word.get(word)
        if begins:
            own = meaning or _Meaning()
            meaning = _Meaning([*own.numbers, *begins], own.pairs, own.loose)
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[word] = meaning
        return meaning


class _Parts:
    """Signs that count wherever they stand."""

    def __init__(self, listed: Listed) -> None:
        self._all = [(part, number) for number, parts in listed.items() for part in parts]
        self._pairs: dict[str, list[tuple[str, int]]] = {}
        for part, number in self._all:
            self._pairs.setdefault(part[:2], []).append((part, number))
        self._has_single = any(len(pair) == 1 for pair in self._pairs)
        self._only_foreign = not any(part.isascii() for part, _ in self._all)

    def found(self, text: str) -> list[int]:
        if not self._all or (self._only_foreign and text.isascii()):
            return []
        if len(self._all) <= _FEW:
            return [n for part, n in self._all if part in text]
        cut = {text[at : at + 2] for at in range(len(text))}
        if self._has_single:
            cut.update(text)
        near = self._pairs.keys() & cut
        return [n for pair in near for part, n in self._pairs[pair] if part in text]
