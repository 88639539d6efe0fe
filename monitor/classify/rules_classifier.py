"""Judges messages by the rules alone, in microseconds and with reasons. Never raises for a text,
never goes outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from monitor.classify.engine import Engine
from monitor.core.assessment import Assessment
from monitor.core.language import LANGUAGES, detect
from monitor.core.messages import Message
from monitor.core.patterns import folded
from monitor.core.rules import RuleSet, hearing, judge
from monitor.core.text import capped, normalise


@dataclass(frozen=True, slots=True)
class Reading:
    """A judgement by the rules with the text as it was matched and the numbers of the clues found."""

    assessment: Assessment
    matched: str
    found: tuple[int, ...]


class RulesClassifier:
    """A `monitor.ports.Classifier`. The same text, rules and prior always lead to the same
    judgement.
    """

    def __init__(
        self,
        rules: RuleSet,
        languages: Collection[str] = LANGUAGES,
    ) -> None:
        """Compile the patterns of `rules`; texts are taken to be in one of `languages`."""
        self.rules = rules
        self.version = f"rules/{rules.version}"
        self._languages = frozenset(languages)
        self._engine = Engine(rules.clues)
        self._silent: dict[str, Assessment] = {}  # by language: of what no rule speaks of

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """One assessment a message, in order. `prior`: author id to the language they wrote
        before.
        """
        return list(map(self._judged, *self._found_in(messages, prior)))

    def read_all(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Reading]:
        """As `assess`, with what a better judge builds upon."""
        found, spoken, matched = self._found_in(messages, prior)
        judged = map(self._judged, found, spoken, matched)
        return [Reading(*one) for one in zip(judged, matched, map(tuple, found), strict=True)]

    def _found_in(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None
    ) -> tuple[list[list[int]], list[str], list[str]]:
        """Clues, language and the text as it was matched, of each."""
        known = prior or {}
        texts = [capped(m.text) for m in messages]
        spoken = [
            detect(text, self._languages, known.get(m.author.id) or m.language_hint)
            for text, m in zip(texts, messages, strict=True)
        ]
        matched = [folded(normalise(text)) for text in texts]
        found = self._engine.found_in_all(matched, [hearing(language) for language in spoken])
        return found, spoken, matched

    def judge(
        self, text: str, *, language: str | None = None, prior: str | None = None
    ) -> Assessment:
        """Judge one text; `language` None: find out."""
        return self.read(text, language=language, prior=prior).assessment

    def read(self, text: str, *, language: str | None = None, prior: str | None = None) -> Reading:
        """As `judge`, with what a better judge builds upon."""
        text = capped(text)
        spoken = language or detect(text, self._languages, prior)
        matched = folded(normalise(text))
        found = self._engine.found(matched, hearing(spoken))
        return Reading(self._judged(found, spoken, matched), matched, tuple(found))

    def _judged(self, found: Sequence[int], spoken: str, matched: str) -> Assessment:
        if not found:
            silent = self._silent.get(spoken)
            if silent is None:
                silent = self._silent[spoken] = judge((), spoken, self.rules)
            return silent
        return judge(found, spoken, self.rules, lambda number: self._engine.quote(matched, number))
