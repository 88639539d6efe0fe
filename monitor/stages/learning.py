"""Take corrections from the team and let the judge follow them. Never learns from texts of platforms that the config
does not name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.classify.house_rules import HouseRules
from monitor.classify.lore import Heads, Lesson, Lore
from monitor.classify.tiers import Tiers
from monitor.core.assessment import PERSON, Assessment, Complexity, Topic, Urgency
from monitor.core.messages import Platform
from monitor.store import assessments, labels, needs_triage, promoted, unsettled
from monitor.store.database import Connection, Database, writing
from monitor.store.written import clean

SOURCES = ("desk", "terminal", "import")


class NotPossible(Exception):
    """What was asked for cannot be done; str() says why and what can."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A label that counts from now on. `version` is the state that it makes, `before` the one to go back to.
    None: the same person gave it at the same moment already.
    """

    message_id: int
    version: int | None
    before: int
    topic: Topic
    urgency: Urgency
    old: str
    platform: Platform
    judge: str


def correct(
    database: Database | Connection,
    message_id: int,
    topic: Topic,
    urgency: Urgency,
    by: str,
    now: datetime,
    source: str = "desk",
    *,
    rules: str = "",
) -> Corrected:
    """Somebody says what a message is about; also when the judge had it right. Raises NotPossible.

    One transaction, or (given a connection) a part of one. From the desk, where a whole case is looked at, the label is
    that of the case; from elsewhere the case follows if it carries what was judged of this message.
    `rules`: version of the rules in force. The newest label of a message counts; earlier ones stay as history.
    """
    urgency = urgency if topic.needs_answer else Urgency.LOW
    by = clean(by.strip())[:80]
    if not by or source not in SOURCES:
        raise NotPossible("A label needs the name of who gives it, and where from.")
    with writing(database) as connection:
        row = labels.judged(connection, message_id)
        if row is None or row.deleted_at is not None:
            why = "there is no such message" if row is None else "its text was deleted"
            raise NotPossible(f"{message_id}: {why}. See: monitor label --list")
        given = _label_of(row, topic, urgency, by, now, source, rules)
        before, _ = labels.stamp(connection)
        version = labels.give(connection, given)
        if version is not None:
            needs_triage.forget(connection, [message_id])
            _put_right(connection, row, topic, urgency, by, now, whole_case=source == "desk")
    old = labels.shown(row.topic, row.urgency) if row.topic else ""
    platform = Platform(row.platform)
    return Corrected(message_id, version, before, topic, urgency, old, platform, row.by or "")


def _label_of(
    row: Any, topic: Topic, urgency: Urgency, by: str, now: datetime, source: str, rules: str
) -> dict[str, Any]:
    return {
        "message_id": row.id,
        "by": by,
        "at": now,
        "source": source,
        "old_topic": row.topic,
        "old_urgency": row.urgency,
        "topic": topic.value,
        "urgency": int(urgency),
        "language": row.language or row.language_hint or "und",
        "judge": row.by or "",
        "rules": rules or (row.by if (row.by or "").startswith("rules/") else ""),
    }


def _put_right(
    connection: Connection, row: Any, topic: Topic, urgency: Urgency, by: str, now: datetime, *,
    whole_case: bool,
) -> None:  # fmt: skip
    """The person's word is the newest judgement of the message, and its case carries it."""
    complexity = Complexity(row.complexity or Complexity.SIMPLE)
    said = Assessment(topic, urgency, row.language or "und", complexity, 1.0, (f"{by} said so",),
                      frozenset(row.signals or ()), f"{PERSON}{by}"[:60])  # fmt: skip
    assessments.save(connection, [(row.id, said)], now)
    if row.case_id is not None and row.topic is not None and topic.needs_answer:
        old = None if whole_case else (row.topic, row.urgency)
        labels.correct_case(connection, row.case_id, old, (topic.value, int(urgency)))
    elif row.case_id is None and topic.needs_answer:  # somebody had asked, and nobody had seen it
        unsettled.mark(connection, {(row.platform, row.place): row.sent_at})


class Taught:
    """The lore in a database: a `monitor.classify.lore.Source`."""

    def __init__(self, database: Database, platforms: Collection[str]) -> None:
        """Only texts of `platforms` are learned from."""
        self._database = database
        self._platforms = frozenset(platforms)

    def stamp(self) -> Hashable:
        """Another one after every change."""
        with self._database.read() as connection:
            return labels.stamp(connection)

    def read(self) -> Lore:
        """What is in force."""
        with self._database.read() as connection:
            version, _ = labels.stamp(connection)
            row = promoted.in_force(connection)
            in_force = labels.in_force(connection, self._platforms)
            heads = row and Heads(
                row.id, row.key, self._lessons(connection, row.labels), row.weights
            )
        return Lore(version, tuple(map(_lesson, in_force)), heads)

    def _lessons(self, connection: Connection, numbers: Collection[int]) -> tuple[Lesson, ...]:
        return tuple(map(_lesson, labels.by_number(connection, numbers, self._platforms)))


def _lesson(row: Any) -> Lesson:
    topic, urgency = Topic(row.topic), Urgency(row.urgency)
    return Lesson(row.id, row.message_id, row.text, row.language, topic, urgency, row.by)


def follow(
    database: Database, rules: HouseRules, platforms: Collection[str], now: datetime
) -> None:
    """Let the judge follow what is taught in `database`, and note what its name stands for."""
    rules.learn_from(Taught(database, platforms))
    note_judge(database, rules.judge, now)


def note_judge(database: Database, judge: Tiers, now: datetime) -> None:
    """Keep what the names of the judges at work stand for, once for each name."""
    lore = judge.lore
    rows = {
        name[:60]: {
            "by": name[:60],
            "tier": name.partition("/")[0],
            "model": str(getattr(getattr(one, "model", None), "key", "")),
            "rules": judge.rules_version,
            "heads": lore.heads.number if lore.heads else None,
            "lore": lore.version,
            "since": now,
        }
        for name, one in judge.names.items()
    }
    with database.read() as connection:
        known = labels.judges_of(connection, rows)
    if new := [row for name, row in rows.items() if name not in known]:
        with database.write() as connection:
            labels.note_judges(connection, new)


def noting(
    database: Database, rules: HouseRules, clock: Callable[[], datetime]
) -> Callable[[], None]:
    """To be called after every refresh: notes the judges when they are others. Costs nothing otherwise."""
    noted: frozenset[str] = frozenset()

    def note() -> None:
        nonlocal noted
        names = frozenset(rules.judge.names)
        if names != noted:
            note_judge(database, rules.judge, clock())
            noted = names

    return note
