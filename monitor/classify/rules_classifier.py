"""Judges messages by the rules alone, in microseconds and with reasons. Never raises for a text,
never goes outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from monitor.classify.engine import Engine
from monitor.classify.language import Detector, own_words
from monitor.core.assessment import Assessment
from monitor.core.language import LANGUAGES
from monitor.core.messages import Message
from monitor.core.patterns import folded
from monitor.core.rules import RuleSet, hearing, judge
from monitor.core.text import capped, normalise


class RulesClassifier:
    """A `monitor.ports.Classifier`. The same text, rules and prior always lead to the same
    judgement.
    """

    def __init__(
        self,
        rules: RuleSet,
        languages: Collection[str] = LANGUAGES,
        detector: Detector = own_words,
    ) -> None:
        """Compile the patterns of `rules`; texts are taken to be in one of `languages`."""
        self.rules = rules
        self.version = f"rules/{rules.version}"
        self._languages = frozenset(languages)
        self._detector = detector
        self._engine = Engine(rules.clues)

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """One assessment a message, in order. `prior`: author id to the language they wrote
        before.
        """
        known = prior or {}
        return [
            self.judge(m.text, prior=known.get(m.author.id) or m.language_hint) for m in messages
        ]

    def judge(
        self, text: str, *, language: str | None = None, prior: str | None = None
    ) -> Assessment:
        """Judge one text; `language` None: find out."""
        text = capped(text)
        spoken = language or self._detector(text, self._languages, prior)
        matched = folded(normalise(text))
        found = self._engine.found(matched, hearing(spoken))
        return judge(found, spoken, self.rules, lambda number: self._engine.quote(matched, number))
