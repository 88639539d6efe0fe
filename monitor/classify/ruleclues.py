"""Checked shapes become clues and examples, each of which knows where it stands. Never reads a
file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.classify.ruleshapes import SignalsFile, TopicFile, UrgencyFile
from monitor.core.assessment import Topic, Urgency
from monitor.core.rules import Clue, Example, Says


def topic_clues(topics: Mapping[Topic, TopicFile], root: str) -> Iterator[Clue]:
    for topic, file in topics.items():
        for says in (Says.STRONG, Says.WEAK, Says.NEVER, Says.GREETING):
            lines: Mapping[str, list[str]] = getattr(file, says)
            yield from _clues(lines, says, topic, f"{root}/topics/{topic}.toml: {says}")


def urgency_clues(file: UrgencyFile, root: str) -> Iterator[Clue]:
    for urgency in Urgency:
        lines: Mapping[str, list[str]] = getattr(file, urgency.word)
        yield from _clues(lines, Says.URGENCY, urgency.word, f"{root}/urgency.toml: {urgency.word}")
    for at, when in enumerate(file.when, 1):
        where = f"{root}/urgency.toml: when[{at}]"
        yield from _clues(
            when.patterns(), Says.URGENCY, when.urgency, where, frozenset(when.topics)
        )


def signal_clues(file: SignalsFile, root: str) -> Iterator[Clue]:
    for signal in SignalsFile.model_fields:
        if signal != "examples":
            lines: Mapping[str, list[str]] = getattr(file, signal)
            yield from _clues(lines, Says.SIGNAL, signal, f"{root}/signals.toml: {signal}")


def _clues(
    lines: Mapping[str, Sequence[str]],
    says: Says,
    subject: str,
    where: str,
    topics: frozenset[Topic] = frozenset(),
) -> Iterator[Clue]:
    for language, patterns in lines.items():
        for at, pattern in enumerate(patterns, 1):
            yield Clue(pattern, language, says, subject, topics, f"{where}.{language}[{at}]")


def examples_of(
    topics: Mapping[Topic, TopicFile], urgency: UrgencyFile, signals: SignalsFile, root: str
) -> Iterator[Example]:
    for topic, file in topics.items():
        for word, expected in (("yes", True), ("no", False)):
            texts: Mapping[str, list[str]] = getattr(file.examples, word)
            where = f"{root}/topics/{topic}.toml: examples.{word}"
            yield from _texts(texts, Says.STRONG, topic, where, expected=expected)
    for at, one in enumerate(urgency.examples, 1):
        where = f"{root}/urgency.toml: examples[{at}]"
        yield Example(one.text, one.language, Says.URGENCY, one.urgency, where=where)
    for signal, spoken in signals.examples.items():
        where = f"{root}/signals.toml: examples.{signal}"
        yield from _texts(spoken, Says.SIGNAL, signal, where, expected=True)


def _texts(
    texts: Mapping[str, list[str]], says: Says, subject: str, where: str, *, expected: bool
) -> Iterator[Example]:
    for language, lines in texts.items():
        for at, text in enumerate(lines, 1):
            yield Example(text, language, says, subject, expected, f"{where}.{language}[{at}]")
