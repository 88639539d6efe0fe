"""Judges messages by the rules alone, in microseconds and with reasons. Never raises for a text,
never goes outside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from monitor.classify.engine import Engine, Places
from monitor.classify.rulereading import shortened
from monitor.core.assessment import Assessment, Grounds
from monitor.core.language import LANGUAGES
from monitor.core.messages import Message
from monitor.core.quick import replace
from monitor.core.reading import read_words
from monitor.core.rules import Decision, RuleSet, decide, hearing

_REMEMBERED = 20_000  # decisions
_MOST_TOLD = 8  # rules that are named to somebody who asks why


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
        # The same few clues come again and again: what they lead to, and all of it if the words are always the same.
        self._decided: dict[tuple[str, tuple[int, ...]], tuple[Decision, Assessment | None]] = {}
        self._spoken = [(c.says.value, str(c.subject), shortened(c.pattern)) for c in rules.clues]

    def __reduce__(self) -> tuple[type[RulesClassifier], tuple[RuleSet, Collection[str]]]:
        """Another program compiles the same rules for itself."""
        return RulesClassifier, (self.rules, self._languages)

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """One assessment a message, in order. `prior`: author id to the language they wrote
        before.
        """
        return list(map(self._judged, *self._seen(messages, prior)))

    def read_all(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Reading]:
        """As `assess`, with what a better judge builds upon."""
        found, spoken, matched, places = self._seen(messages, prior)
        judged = map(self._judged, found, spoken, matched, places)
        return [Reading(*one) for one in zip(judged, matched, map(tuple, found), strict=True)]

    def _seen(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None
    ) -> tuple[Sequence[list[int]], Sequence[str], Sequence[str], Sequence[Places]]:
        """Clues, language, the text as it was matched, and where the clues were as far as that is known; of each."""
        if not messages:
            return (), (), (), ()
        known, languages = prior or {}, self._languages
        texts = [
            read_words(m.text, languages, known.get(m.author.id) or m.language_hint)
            for m in messages
        ]
        spoken, matched, words = zip(*texts, strict=True)
        seen = self._engine.places(matched, map(hearing, spoken), words)
        found, places = zip(*seen, strict=True)
        return found, spoken, matched, places

    def judge(
        self, text: str, *, language: str | None = None, prior: str | None = None
    ) -> Assessment:
        """Judge one text; `language` None: find out."""
        return self.read(text, language=language, prior=prior).assessment

    def read(self, text: str, *, language: str | None = None, prior: str | None = None) -> Reading:
        """As `judge`, with what a better judge builds upon."""
        detected, matched, words = read_words(text, self._languages, prior)
        spoken = language or detected
        [(found, places)] = self._engine.places((matched,), (hearing(spoken),), (words,))
        return Reading(self._judged(found, spoken, matched, places), matched, tuple(found))

    def told(self, found: Sequence[int], language: str) -> tuple[tuple[str, str, str], ...]:
        """What these clues say to somebody who asks why: (says, of what, pattern)."""
        heard, clues = hearing(language), self.rules.clues
        mine = [i for i in found if heard is None or clues[i].language in heard]
        return tuple(self._spoken[i] for i in mine[:_MOST_TOLD])

    def _judged(
        self, found: Sequence[int], spoken: str, matched: str, places: Places
    ) -> Assessment:
        decision, always = self._decided.get((spoken, tuple(found))) or self._learn(found, spoken)
        return always or decision.explained(partial(self._engine.quote, matched, places=places))

    def _learn(self, found: Sequence[int], spoken: str) -> tuple[Decision, Assessment | None]:
        decision = decide(found, spoken, self.rules)
        judged = decision.assessment
        if judged.topic.needs_answer:
            grounds = Grounds(self.told(found, spoken))
            decision = replace(decision, assessment=replace(judged, grounds=grounds))
        is_fixed = all(map(self._engine.says_one_thing, decision.shown))
        always = decision.explained(partial(self._engine.quote, "")) if is_fixed else None
        if len(self._decided) >= _REMEMBERED:
            self._decided.clear()
        self._decided[spoken, tuple(found)] = decision, always
        return decision, always
