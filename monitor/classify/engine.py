"""Which patterns occur in a text: one combined pass on RE2. Never backtracks, so no pattern and no
text can stall it.

Measured with 2,300 patterns: one `re2.Set` of them all builds an automaton state for nearly every
letter, because gaps (`a.{0,20}b`) multiply states: 20 ms a message. `re2.Filter` looks for their
literal parts in one pass and confirms the few candidates, but beyond some 1,500 patterns its
automaton outgrows its fixed 8 MB and is thrown away and rebuilt all the time: 80 us. In blocks by
language, of which only those that count are asked: 30 us with 5,300. Three of four patterns stand
for a few words, beginnings of words or strings of signs: these are looked up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import re2

from monitor.classify.lookups import LookUp
from monitor.classify.phrases import first_of, parts_of, phrases_of, position, stems_of
from monitor.core.patterns import expression
from monitor.core.rules import ANY, Clue

_MEMORY = (
    768 * 1024
)  # of one pattern at most; a word with gaps needs a tenth, a few with many gaps all of it
_LITERAL = re.compile(r"[\w ]+")
_BLOCK = 1_000  # patterns looked for together
LONGEST_PATTERN = 400
_Texts = dict[int, tuple[str, ...]]


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = True  # both sides are folded; RE2 doing it costs twice the memory
    options.never_capture = True
    options.max_mem = _MEMORY
    return options


class BadPattern(ValueError):
    """A pattern that cannot be used; str() says why."""


def compiled(pattern: str, language: str) -> re2._Regexp:
    """`pattern` ready to search. Raises BadPattern."""
    if len(pattern) > LONGEST_PATTERN:
        raise BadPattern(f"longer than {LONGEST_PATTERN} characters")
    try:
        found = re2.compile(expression(pattern, language), _options())
    except ValueError as error:
        raise BadPattern(str(error)) from error
    except re2.error as error:
        raise BadPattern(_words(error)) from error
    if found.search(""):
        raise BadPattern("it would match every text")
    return found


def _words(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    reason = text.split(": ")[0]
    return {
        "missing )": "a bracket that is opened and never closed",
        "unexpected )": "a closing bracket too many",
        "missing ]": "a square bracket that is opened and never closed",
        "invalid perl operator": "look-ahead, look-behind and the like are not available",
        "invalid repetition size": "a repetition that is too large",
        "bad repetition operator": "two repetitions in a row",
        "no argument for repetition operator": "a repetition of nothing",
        "pattern too large - compile failed": "too large",
    }.get(reason, reason)


@dataclass(frozen=True, slots=True)
class _Block:
    """Clues of `languages` that are looked for together; `numbers` are theirs in the rule set."""

    languages: frozenset[str]
    filter: re2.Filter
    numbers: tuple[int, ...]


class Engine:
    """Numbers of the clues found in a text. Safe to use from several threads."""

    def __init__(self, clues: Sequence[Clue]) -> None:
        """Compile all; raises BadPattern."""
        self._listed, self._stems, self._parts = _listed(clues)
        self._look_ups: dict[frozenset[str] | None, LookUp] = {}
        by_language: dict[str, list[int]] = {}
        for number, clue in enumerate(clues):
            if not (number in self._listed or number in self._stems or number in self._parts):
                # English and what is heard with it in any language go together.
                language = "en" if clue.language == ANY else clue.language
                by_language.setdefault(language, []).append(number)
        self._blocks = tuple(
            _block(clues, numbers[at : at + _BLOCK])
            for numbers in by_language.values()
            for at in range(0, len(numbers), _BLOCK)
        )
        self._regexp = {n: b.filter.re(i) for b in self._blocks for i, n in enumerate(b.numbers)}
        self._literal = [c.pattern.lower() if _LITERAL.fullmatch(c.pattern) else "" for c in clues]
        self._languages = [c.language for c in clues]
        self._heard: dict[frozenset[str] | None, tuple[int, ...]] = {}

    def found(self, text: str, heard: frozenset[str] | None = None) -> list[int]:
        """Which clues of the languages `heard` (None: all) occur in `text` (normalised and folded),
        ascending.
        """
        return self.found_in_all([text], [heard])[0]

    def found_in_all(
        self, texts: Sequence[str], heard: Sequence[frozenset[str] | None]
    ) -> list[list[int]]:
        """As found() for each of `texts`, block after block: an automaton of megabytes stays in the
        processor's cache for all of them.
        """
        found = [self._listed_in(text, mine) for text, mine in zip(texts, heard, strict=True)]
        asked: list[list[int]] = [[] for _ in self._blocks]
        for at, (text, heeded) in enumerate(zip(texts, heard, strict=True)):
            if text:
                for number in self._of(heeded):
                    asked[number].append(at)
        encoded = [text.encode("utf-8", "ignore") for text in texts]
        for block, turns in zip(self._blocks, asked, strict=True):
            match, numbers = block.filter.Match, block.numbers
            for at in turns:
                hits = match(encoded[at])
                if hits:
                    found[at] += [numbers[i] for i in hits]
        for mine in found:
            mine.sort()
        return found

    def _of(self, heard: frozenset[str] | None) -> tuple[int, ...]:
        """Where the blocks are that count."""
        if heard not in self._heard:
            self._heard[heard] = tuple(
                at for at, block in enumerate(self._blocks)
                if heard is None or not block.languages.isdisjoint(heard)
            )  # fmt: skip
        return self._heard[heard]

    def _listed_in(self, text: str, heard: frozenset[str] | None) -> list[int]:
        known = self._look_ups.get(heard)
        if known is None:
            known = self._look_ups[heard] = self._look_up(heard)
        return known.found(text)

    def _look_up(self, heard: frozenset[str] | None) -> LookUp:
        listed, stems, parts = (
            {n: texts for n, texts in found.items() if heard is None or self._languages[n] in heard}
            for found in (self._listed, self._stems, self._parts)
        )
        return LookUp(listed, stems, parts)

    def says_one_thing(self, number: int) -> bool:
        """Whether quote() gives the same words for every text in which the clue is."""
        texts = self._listed.get(number) or self._stems.get(number) or self._parts.get(number, ())
        return bool(self._literal[number]) or len(texts) == 1

    def quote(self, text: str, number: int) -> str:
        """The words of `text` that clue `number` found there."""
        if self._literal[number]:
            return self._literal[number]
        texts = self._listed.get(number) or self._stems.get(number) or self._parts.get(number, ())
        if len(texts) == 1:
            return _trimmed(texts[0])
        if number in self._listed:
            return first_of(texts, text)
        if number in self._stems:
            return first_of(texts, text, partial(position, goes_on=True))
        if number in self._parts:
            return _trimmed(first_of(texts, text, _anywhere))
        match = self._regexp[number].search(text.encode("utf-8", "ignore"))
        words = match[0].decode("utf-8", "ignore") if match else ""
        return _trimmed(words)


def _trimmed(words: str) -> str:
    return words.strip(" .,!?;:()\"'")


def _anywhere(part: str, text: str) -> int:
    return text.find(part)


def _listed(clues: Sequence[Clue]) -> tuple[_Texts, _Texts, _Texts]:
    """By number, what stands for phrases, for beginnings and for parts; the rest is to be searched for."""
    tables: tuple[_Texts, _Texts, _Texts] = ({}, {}, {})
    for number, clue in enumerate(clues):
        try:
            meant = expression(clue.pattern, clue.language)
        except ValueError as error:
            raise BadPattern(str(error)) from error
        for table, texts_of in zip(tables, (phrases_of, stems_of, parts_of), strict=True):
            if texts := texts_of(meant):
                table[number] = texts
                break
    return tables


def _block(clues: Sequence[Clue], numbers: Sequence[int]) -> _Block:
    combined, options = re2.Filter(), _options()
    for number in numbers:
        clue = clues[number]
        try:
            combined.Add(expression(clue.pattern, clue.language), options)
        except (ValueError, re2.error) as error:
            raise BadPattern(_words(error)) from error
    combined.Compile()
    return _Block(frozenset(clues[n].language for n in numbers), combined, tuple(numbers))
