"""What may stand in the files under rules/: shapes for pydantic, nothing else. Never compiles a
pattern.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from monitor.core.assessment import Complexity, Policy, Topic
from monitor.core.language import LANGUAGES
from monitor.core.rules import ANY


def _language(word: str) -> str:
    if word not in LANGUAGES:
        raise ValueError(f"languages are {', '.join(LANGUAGES)}")
    return word


def _heard(word: str) -> str:
    return word if word == ANY else _language(word)


Language = Annotated[str, AfterValidator(_language)]
Heard = Annotated[str, AfterValidator(_heard)]
UrgencyWord = Literal["low", "normal", "high", "critical"]
Signal = Literal["holding", "thanks", "asking", "same", "stop", "greeting", "repeat", "negation"]
Line = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Lines = list[Line]
Patterns = dict[Heard, list[Line]]
Texts = dict[Language, list[Line]]
Spoken = dict[Language, Line]


class Shape(BaseModel):
    """A table that knows all its keys."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class YesNo(Shape):
    """Texts that are, and texts that are not."""

    yes: Texts = Field(default_factory=dict)
    no: Texts = Field(default_factory=dict)


class TopicFile(Shape):
    """rules/topics/<topic>.toml."""

    policy: Policy
    complexity: Complexity
    urgency: UrgencyWord
    name: Spoken = Field(default_factory=dict)
    strong: Patterns = Field(default_factory=dict)
    weak: Patterns = Field(default_factory=dict)
    never: Patterns = Field(default_factory=dict)
    greeting: Patterns = Field(default_factory=dict)
    examples: YesNo = Field(default_factory=YesNo)


class When(Shape):
    """Patterns of urgency that count only for some topics."""

    urgency: UrgencyWord
    topics: Annotated[list[Topic], Field(min_length=1)]
    any: Lines = Field(default_factory=list)
    en: Lines = Field(default_factory=list)
    zh: Lines = Field(default_factory=list)
    zh_hant: Lines = Field(default_factory=list, alias="zh-Hant")
    ja: Lines = Field(default_factory=list)
    ko: Lines = Field(default_factory=list)
    ru: Lines = Field(default_factory=list)
    es: Lines = Field(default_factory=list)
    tr: Lines = Field(default_factory=list)
    vi: Lines = Field(default_factory=list)
    pt: Lines = Field(default_factory=list)
    id: Lines = Field(default_factory=list)

    def patterns(self) -> dict[str, list[str]]:
        """Lines by language."""
        given = self.model_dump(by_alias=True, exclude={"urgency", "topics"})
        return {language: lines for language, lines in given.items() if lines}


class UrgencyExample(Shape):
    """A text and how urgent it is."""

    text: Line
    language: Language
    urgency: UrgencyWord


class UrgencyFile(Shape):
    """rules/urgency.toml."""

    critical: Patterns = Field(default_factory=dict)
    high: Patterns = Field(default_factory=dict)
    normal: Patterns = Field(default_factory=dict)
    low: Patterns = Field(default_factory=dict)
    when: list[When] = Field(default_factory=list)
    examples: list[UrgencyExample] = Field(default_factory=list)


class SignalsFile(Shape):
    """rules/signals.toml. Examples stand as [examples.<signal>] or as [[examples]] with text,
    language, signal.
    """

    holding: Patterns = Field(default_factory=dict)
    thanks: Patterns = Field(default_factory=dict)
    asking: Patterns = Field(default_factory=dict)
    same: Patterns = Field(default_factory=dict)
    stop: Patterns = Field(default_factory=dict)
    greeting: Patterns = Field(default_factory=dict)
    repeat: Patterns = Field(default_factory=dict)
    negation: Patterns = Field(default_factory=dict)
    examples: dict[Signal, Texts] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _by_signal(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("examples"), list):
            return given
        by_signal: dict[str, dict[str, list[str]]] = {}
        for one in given["examples"]:
            texts = by_signal.setdefault(str(one.get("signal")), {})
            texts.setdefault(str(one.get("language")), []).append(one.get("text"))
        return {**given, "examples": by_signal}


class RepliesFile(Shape):
    """rules/replies/default.toml and rules/replies/<topic>.toml."""

    acknowledgement: Spoken = Field(default_factory=dict)
    answer: Spoken = Field(default_factory=dict)
