"""What people ask that no entry answers: questions put together by topic and by what they mean. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from monitor.classify.faq import READS, FaqBook
from monitor.classify.faq_words import pieces

if TYPE_CHECKING:
    from monitor.classify.faq_meaning import Floats

_ALIKE = 0.6  # cosine of two questions about the same thing
_SHARED = 0.3  # share of their words, where there are only words
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question that was asked."""

    text: str
    topic: str
    language: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask much the same and that no entry answers."""

    topic: str
    count: int
    languages: dict[str, int]
    examples: tuple[str, ...]


def unanswered(book: FaqBook, asked: Sequence[Question], today: date) -> list[Question]:
    """Those for which there is not even an entry worth offering."""
    return [q for q in asked if not book.matches(q.text, q.language, today, 1)]


def gaps(book: FaqBook, asked: Sequence[Question]) -> list[Gap]:
    """Put together, the most frequent first."""
    found: list[Gap] = []
    for topic in sorted({q.topic for q in asked}):
        own = [q for q in asked if q.topic == topic]
        found += [_gap(topic, group) for group in _groups(book, own)]
    return sorted(found, key=lambda gap: (-gap.count, gap.topic, gap.examples))


def _groups(book: FaqBook, asked: Sequence[Question]) -> list[list[Question]]:
    meant = [q for q in asked if book.meaning is not None and q.language in READS]
    if book.meaning is None or not meant:
        return _by_words(asked)
    vectors = book.meaning.encoder.encode([q.text for q in meant])
    return _by_meaning(meant, vectors) + _by_words([q for q in asked if q.language not in READS])


def _by_meaning(asked: Sequence[Question], vectors: Floats) -> list[list[Question]]:
    """Each joins the first group whose first question it is like, in whatever language."""
    groups: list[list[Question]] = []
    leaders: list[int] = []
    for at, question in enumerate(asked):
        close = vectors[leaders] @ vectors[at] if leaders else ()
        best = max(range(len(leaders)), key=lambda g: float(close[g]), default=-1)
        if best >= 0 and float(close[best]) >= _ALIKE:
            groups[best].append(question)
        else:
            leaders.append(at)
            groups.append([question])
    return groups


def _by_words(asked: Sequence[Question]) -> list[list[Question]]:
    groups: list[list[Question]] = []
    leaders: list[frozenset[str]] = []
    for question in asked:
        seen = pieces(question.text)
        shares = [len(seen & leader) / (len(seen | leader) or 1) for leader in leaders]
        best = max(range(len(leaders)), key=shares.__getitem__, default=-1)
        if best >= 0 and shares[best] >= _SHARED:
            groups[best].append(question)
        else:
            leaders.append(seen)
            groups.append([question])
    return groups


def _gap(topic: str, group: Sequence[Question]) -> Gap:
    examples = tuple(dict.fromkeys(q.text for q in group))[:_EXAMPLES]
    languages = Counter(q.language for q in group)
    return Gap(topic, len(group), dict(languages.most_common()), examples)
