"""Refit on what the team has corrected, put better heads in force, roll back. Never makes the judge worse unasked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.classify.house_rules import HouseRules
from monitor.classify.lore import Lesson, Lore
from monitor.stages.learning import NotPossible
from monitor.store import labels, promoted
from monitor.store.database import Database

if TYPE_CHECKING:
    from monitor.classify.headtrial import Trial

log = logging.getLogger(__name__)
FEWEST = 5  # corrections; fewer say nothing about which heads are better
ITSELF = "the desk"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `train` came to. `version` None: nothing has changed. `why` is a paragraph for a manager."""

    version: int | None
    heads: int | None
    corrections: int
    why: str
    figures: dict[str, dict[str, int]]


def train(database: Database, rules: HouseRules, by: str, now: datetime) -> Outcome:
    """Refit on the corrections in force; promote the new heads if they are better. Raises NotPossible.

    `rules` must follow the database (`follow`). Seconds; nothing is locked meanwhile.
    """
    study, lore = rules.judge.study(), rules.judge.lore
    if study is None:
        why = rules.judge.problem or "Only the rules judge here; install the extra nlp."
        raise NotPossible(f"No judge here can learn. {why}")
    from monitor.classify.headtrial import tried

    old, new = _parted(lore)
    if len(new) < FEWEST:
        text = (
            f"{len(new)} corrections since the last training are too few to tell a better judge from a worse one; "
            f"{FEWEST} are needed."
        )
        return Outcome(None, lore.heads.number if lore.heads else None, len(new), text, {})
    trial = tried(study, old, new)
    lessons = [*old, *new]
    counts = {"seeds": len(study.base), "corrections": len(lessons), "new": len(new)}
    row = _head_of(study.key(lessons), lessons, counts, trial, study.rules.version, by, now)
    with database.write() as connection:
        if labels.stamp(connection)[0] != lore.version:
            raise NotPossible("Somebody corrected or rolled back meanwhile. Train again.")
        number = promoted.keep(connection, row)
        version = promoted.promote(connection, number, by, now) if trial.weights else None
    log.info("heads", extra={"heads": number, "verdict": row["verdict"], "reason": trial.why})
    end = (
        f"It judges from now on (training {number}, version {version})."
        if version
        else "The judge stays as it is."
    )
    return Outcome(version, number, len(new), f"{trial.why} {end}", trial.figures)


def _parted(lore: Lore) -> tuple[list[Lesson], list[Lesson]]:
    """What the heads in force have learned already, and what is new or was corrected once more."""
    known = {one.number for one in lore.heads.lessons} if lore.heads else set()
    old = [one for one in lore.lessons if one.number in known]
    return old, [one for one in lore.lessons if one.number not in known]


def _head_of(
    key: str, lessons: Sequence[Lesson], counts: dict[str, int], trial: Trial, rules: str, by: str,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    return {
        "key": key,
        "made_at": now,
        "by": by,
        "rules": rules,
        "labels": [one.number for one in lessons],
        "trained_on": counts,
        "figures": trial.figures,
        "verdict": "promoted" if trial.weights else "refused",
        "why": trial.why,
        "weights": trial.weights,
    }


def roll_back(
    database: Database, target: int | None, by: str, now: datetime, *, only_heads: bool = False
) -> tuple[int, int]:
    """Judge again as at version `target` (None: before the newest change); the version that this makes, and the
    target. With `only_heads`, corrections made since then keep counting. Raises NotPossible."""
    with database.write() as connection:
        found = labels.states(connection)
        newest = max(found)
        target = _before(labels.history(connection), only_heads) if target is None else target
        if target not in found or target == newest:
            why = "in force now" if target == newest else "no version"
            raise NotPossible(f"{target}: that is {why}. See: monitor models history")
        state = found[target]
        if not only_heads:
            labels.restore(connection, state, now)
        whole = None if only_heads else target
        return promoted.roll_back(connection, state.heads, whole, by, now), target


def take_back(database: Database, version: int, by: str, now: datetime) -> int:
    """Undo the label that made `version`, if nothing but what is undone already has changed since; the version that
    this makes. Raises NotPossible."""
    with database.read() as connection:
        found = labels.states(connection)
    if version not in found or found[max(found)] != found[version]:
        raise NotPossible("Something else was learned since. See: monitor models history")
    return roll_back(database, max(v for v in found if v < version), by, now)[0]


def _before(history: Sequence[Any], only_heads: bool) -> int:
    kinds = ("heads", "rollback") if only_heads else ("label", "heads", "rollback")
    last = [row.version for row in history if row.kind in kinds]
    if not last:
        raise NotPossible("Nothing has been learned yet: there is nothing to go back to.")
    return max((row.version for row in history if row.version < last[-1]), default=0)


def training(
    database: Database, rules: HouseRules, after: int, clock: Callable[[], datetime]
) -> Callable[[], None]:
    """To be called by the clock: trains once there are `after` corrections more than at the last try; 0: never.
    The first call only looks: a start is no time to train.
    """
    tried_with = -1

    def train_if_due() -> None:
        nonlocal tried_with
        new = len(_parted(rules.judge.lore)[1])
        last, is_start = (tried_with if 0 <= tried_with <= new else 0), tried_with < 0
        tried_with = last
        if is_start or not after or new < last + after or rules.judge.study() is None:
            return
        try:
            train(database, rules, ITSELF, clock())
        except NotPossible as reason:
            log.info("not trained", extra={"reason": str(reason)})
        else:
            tried_with = new

    return train_if_due
