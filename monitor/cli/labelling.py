"""A label given at the command line: who gives it, whether it can be, and what came of it."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Any

from monitor.cli.common import WrongUse, readable, utc_now
from monitor.core.assessment import Topic, Urgency

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.stages.learning import Corrected
    from monitor.store.database import Database


def person(by: str) -> str:
    """The name given, else the login's."""
    try:
        return readable(by.strip()) or getpass.getuser()
    except (OSError, KeyError):
        raise WrongUse("Who are you? Say --by NAME.") from None


def as_asked(
    config: Config, database: Database, number: int, topic: str, urgency: str, by: str
) -> Corrected:
    """What the options say; the rest stays as judged."""
    from monitor.store import labels

    with database.read() as connection:
        row = labels.judged(connection, number)
    about = _topic(topic) if topic else row and row.topic and Topic(row.topic)
    level = (
        _urgency(urgency) if urgency else row and row.urgency is not None and Urgency(row.urgency)
    )
    if not topic and not urgency:
        raise WrongUse("What is it about? Say --topic, --urgency or both.")
    if row is not None and (not about or level is None or level is False):
        raise WrongUse(f"{number}: not judged yet. Say both --topic and --urgency.")
    return give(config, database, number, about or Topic.CHATTER, level or Urgency.LOW, by)


def give(
    config: Config, database: Database, number: int, topic: Topic, urgency: Urgency, by: str
) -> Corrected:
    """Store it; WrongUse for what cannot be labelled."""
    from monitor.stages.learning import NotPossible, correct

    try:
        return correct(
            database, number, topic, urgency, by, utc_now(), "terminal", rules=_version(config)
        )
    except NotPossible as reason:
        raise WrongUse(str(reason)) from None


def _version(config: Config) -> str:
    """The rules in force, without compiling them."""
    from monitor.classify.rulefiles import load
    from monitor.cli.common import rules_folder

    return f"rules/{load(rules_folder(config)).version}"


def _topic(word: str) -> Topic:
    if word not in [t.value for t in Topic]:
        raise WrongUse(f"--topic {word!r}: no such topic. Say one of {', '.join(Topic)}.")
    return Topic(word)


def _urgency(word: str) -> Urgency:
    try:
        return Urgency.parse(word)
    except ValueError:
        raise WrongUse(
            f"--urgency {word!r}: no such urgency. Say one of {', '.join(u.word for u in Urgency)}."
        ) from None


def told(config: Config, done: Corrected) -> str:
    """What came of it, to whoever gave it."""
    said = f"{done.topic}, {done.urgency.word}"
    if done.version is None:
        return f"Message {done.message_id} had that label already."
    was = (
        "as judged" if done.old == said else f"was {done.old}" if done.old else "was not judged yet"
    )
    text = f"Message {done.message_id}: {said} ({was}). Version {done.version}."
    if done.platform.value not in config.learning.platforms:
        return (
            f"{text} The judge does not learn from what is written on {done.platform.shown} "
            "(platforms in [learning])."
        )
    return f"{text} Undo: monitor models rollback {done.before}"


def as_dict(done: Corrected) -> dict[str, Any]:
    """The same for programs."""
    return {
        "message": done.message_id,
        "version": done.version,
        "before": done.before,
        "topic": done.topic.value,
        "urgency": done.urgency.word,
        "was": done.old,
        "judge": done.judge,
    }
