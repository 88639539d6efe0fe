"""What a message is about and how soon a person must look. Only the nouns; judging is classify's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from monitor.core.quick import quick

PERSON = "person/"  # how the name of a judge begins who is a person of the team
UNSURE = "unsure"  # signal of an assessment that is more likely wrong than right


class Urgency(IntEnum):
    """Ordinal, so that `max` and `>=` mean what they say."""

    LOW = 0
    NORMAL = 1
    HIGH = 2
    CRITICAL = 3

    __hash__ = int.__hash__  # Enum has one of its own in Python

    @property
    def word(self) -> str:
        """The word used in files, tables and on screens."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Urgency:
        """Read the word used in files; ValueError names the allowed ones."""
        try:
            return cls[word.upper()]
        except KeyError:
            allowed = ", ".join(u.word for u in cls)
            raise ValueError(f"urgency must be one of {allowed} (found {word!r})") from None


class Topic(StrEnum):
    """What would have to be handled."""

    ACCOUNT = "account"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRADING = "trading"
    LIQUIDATION = "liquidation"
    TERMS = "terms"
    OUTAGE = "outage"
    SECURITY = "security"
    API = "api"
    PROMO = "promo"
    FEEDBACK = "feedback"
    CHATTER = "chatter"
    SPAM = "spam"

    # Enum has one of its own in Python, and every look-up by it pays for that.
    __hash__ = str.__hash__

    @property
    def needs_answer(self) -> bool:
        """Chatter and spam wait for nobody."""
        return self is not _CHATTER and self is not _SPAM


_CHATTER, _SPAM = Topic.CHATTER, Topic.SPAM  # asked for once: see core.cases


class Complexity(StrEnum):
    """Simple questions are met at once, complex ones reach the right person."""

    SIMPLE = "simple"
    COMPLEX = "complex"


class Policy(StrEnum):
    """What the desk may say in public about a topic (it always judges and measures)."""

    ANSWER = "answer"
    ACKNOWLEDGE = "acknowledge"
    ALERT = "alert"
    NEVER = "never"


@quick
@dataclass(frozen=True, slots=True)
class Grounds:
    """What a judgement stands on, for whoever looks into it. `rules` that spoke, as (says, of what, pattern).
    `words` and how much each speaks for the topic. `near`: labelled messages, as (which, its label, cosine).
    `chances` of the likeliest topics.
    """

    rules: tuple[tuple[str, str, str], ...] = ()
    words: tuple[tuple[str, float], ...] = ()
    near: tuple[tuple[str, str, float], ...] = ()
    chances: tuple[tuple[str, float], ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Assessment:
    """A judgement with its reasons.

    `language` is ISO 639-1 of the ten configured, "zh-Hant" for traditional Chinese, or "und".
    `confidence` is in [0, 1]. `reasons` are phrases a community manager understands, strongest first.
    `signals` are small findings the case needs: holding, thanks, asking, stop, greeting, repeat,
    unsure (more likely wrong than right: a person should say).
    `by` names judge and version: "rules/3f2a91c0". `topics` are further ones that it is about.
    `grounds` are given where an answer is needed; chatter is not worth their cost.
    """

    topic: Topic
    urgency: Urgency
    language: str
    complexity: Complexity
    confidence: float
    reasons: tuple[str, ...] = ()
    signals: frozenset[str] = frozenset()
    by: str = "rules"
    topics: tuple[Topic, ...] = ()
    grounds: Grounds | None = None
