"""Which patterns occur in a text: looked up by their words, and by RE2 what may be there. Never backtracks, so no
pattern and no text can stall it.

Measured with 8,900 patterns, a message: one `re2.Set` of them all builds an automaton state for nearly every letter,
because gaps (`a.{0,20}b`) multiply states: 20 ms. `re2.Filter` in blocks by language, after three of four patterns
were looked up: 35 us, most of it for automata of megabytes that every batch brings to the processor anew. Now nine of
ten stand for a few texts, which are looked up; of the others those are searched for whose words are there, in their
order, three in two messages: 10 us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import re2

from monitor.classify.lookups import LookUp
from monitor.classify.needs import needs_of
from monitor.classify.phrases import Phrases, phrases_of
from monitor.classify.wordtables import Table
from monitor.core.patterns import expression
from monitor.core.rules import ANY, Clue

_MEMORY = (
    768 * 1024
)  # of one pattern at most; a word with gaps needs a tenth, a few with many gaps all of it
_SEARCHED = (
    2 * 1024 * 1024
)  # the same while it is searched for: short of it, RE2 takes ten times as long
# Where the clues were that were searched for: by number, the bytes of the text where it begins and ends.
Places = dict[int, tuple[int, int]]
NOWHERE: Places = {}
_Search = Callable[[bytes, int, int], list[tuple[int, int]]]
_LITERAL = re.compile(r"[\w ]+")
LONGEST_PATTERN = 400


def _options(memory: int = _MEMORY) -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = True  # both sides are folded; RE2 doing it costs twice the memory
    options.never_capture = True
    options.max_mem = memory
    return options


class BadPattern(ValueError):
    """A pattern that cannot be used; str() says why."""


def compiled(pattern: str, language: str) -> re2._Regexp:
    """`pattern` ready to search. Raises BadPattern."""
    if len(pattern) > LONGEST_PATTERN:
        raise BadPattern(f"longer than {LONGEST_PATTERN} characters")
    try:
        found = _compiled(expression(pattern, language))
    except ValueError as error:
        raise BadPattern(str(error)) from error
    if found.search(""):
        raise BadPattern("it would match every text")
    return found


def _compiled(meant: str, memory: int = _MEMORY) -> re2._Regexp:
    try:
        return re2.compile(meant, _options(memory))
    except re2.error as error:
        raise BadPattern(_words(error)) from error


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


class Engine:
    """Numbers of the clues found in a text. Safe to use from several threads."""

    def __init__(self, clues: Sequence[Clue]) -> None:
        """Compile what is not looked up; raises BadPattern."""
        self._tables: dict[str, Table] = {}
        self._searches: dict[int, _Search] = {}
        self._phrases: list[Phrases | None] = []
        self._clues = clues
        for number, clue in enumerate(clues):
            needs = needs_of(_expression(clue))
            self._phrases.append(phrases_of(needs))
            # English and what is heard with it in any language go together.
            language = "en" if clue.language == ANY else clue.language
            self._tables.setdefault(language, Table()).add(number, needs)
            if not needs.is_all:
                self._search(number)
        self._look_ups: dict[frozenset[str] | None, LookUp] = {}
        self._literal = [c.pattern.lower() if _LITERAL.fullmatch(c.pattern) else "" for c in clues]

    def found(self, text: str, heard: frozenset[str] | None = None) -> list[int]:
        """Which clues of the languages `heard` (None: all) occur in `text` (normalised and folded),
        ascending.
        """
        return self.places((text,), (heard,), ((),))[0][0]

    def places(
        self,
        texts: Sequence[str],
        heard: Iterable[frozenset[str] | None],
        words: Iterable[Sequence[str]],
    ) -> list[tuple[list[int], Places]]:
        """As found(), of each, and where those were that were searched for. `words`: what stands between the spaces
        of a text, or nothing if that is not known.
        """
        # All look-ups first, then the searches: it is quicker to stay with one than to change for every text.
        seen = [*map(self._looked_up, texts, heard, words)]
        return [
            self._searched(text, numbers, likely) if likely else (sorted(set(numbers)), NOWHERE)
            for text, (numbers, likely) in zip(texts, seen, strict=True)
        ]

    def _looked_up(
        self, text: str, heard: frozenset[str] | None, words: Sequence[str]
    ) -> tuple[list[int], list[int]]:
        look_up = self._look_ups.get(heard)
        if look_up is None:
            tables = [t for name, t in self._tables.items() if heard is None or name in heard]
            look_up = self._look_ups[heard] = LookUp(tables)
        return look_up.found(text, words)

    def _searched(
        self, text: str, numbers: Iterable[int], likely: Iterable[int]
    ) -> tuple[list[int], Places]:
        places: Places = {}
        encoded = text.encode("utf-8", "ignore")
        size, searches = len(encoded), self._searches
        for number in likely:
            place = searches[number](encoded, 0, size)[0]
            if place[0] >= 0:
                places[number] = place
        return sorted({*numbers, *places}), places

    def _search(self, number: int) -> _Search:
        search = self._searches.get(number)
        if search is None:
            regexp = _compiled(_expression(self._clues[number]), _SEARCHED)
            # The object beneath: what it is wrapped in takes as long again as the search.
            search = self._searches[number] = partial(regexp._regexp.Match, re2._Anchor.UNANCHORED)
        return search

    def says_one_thing(self, number: int) -> bool:
        """Whether quote() gives the same words for every text in which the clue is."""
        phrases = self._phrases[number]
        return bool(self._literal[number]) or (phrases is not None and len(phrases.texts) == 1)

    def quote(self, text: str, number: int, places: Places = NOWHERE) -> str:
        """The words of `text` that clue `number` found there. `places`: those that are known (see places())."""
        if self._literal[number]:
            return self._literal[number]
        if phrases := self._phrases[number]:
            texts = phrases.texts
            return _trimmed(texts[0] if len(texts) == 1 else phrases.first_in(text))
        encoded = text.encode("utf-8", "ignore")
        begins, ends = places.get(number) or self._search(number)(encoded, 0, len(encoded))[0]
        return _trimmed(encoded[begins:ends].decode("utf-8", "ignore")) if begins >= 0 else ""


def _trimmed(words: str) -> str:
    return words.strip(" .,!?;:()\"'")


def _expression(clue: Clue) -> str:
    try:
        return expression(clue.pattern, clue.language)
    except ValueError as error:
        raise BadPattern(str(error)) from error
