"""Which messages a person should label first: those from which the judge would learn most. Pure; it judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_DISAGREED = 0.35  # what it counts when the rules say otherwise than a better judge
_SAME_LANGUAGE = 0.05  # how much less each further message of a language already chosen counts


@dataclass(frozen=True, slots=True)
class Open:
    """A message nobody has labelled. `disputed`: rules and judge do not agree; `likeness`: equal for equal texts."""

    message: Any
    language: str
    confidence: float
    disputed: bool
    likeness: str

    @property
    def doubt(self) -> float:
        """How much is to be learned from it."""
        return 1 - self.confidence + _DISAGREED * self.disputed


def ordered(waiting: Sequence[Open]) -> list[Open]:
    """Most informative first, no text twice, no language ahead of all others."""
    unlike: dict[str, Open] = {}
    for one in waiting:
        unlike.setdefault(one.likeness, one)
    left = sorted(unlike.values(), key=lambda one: -one.doubt)
    queues: dict[str, list[Open]] = {}
    for one in left:
        queues.setdefault(one.language, []).append(one)
    chosen: list[Open] = []
    taken = dict.fromkeys(queues, 0)
    while len(chosen) < len(left):
        best = max(
            (name for name, queue in queues.items() if len(queue) > taken[name]),
            key=lambda name: queues[name][taken[name]].doubt - _SAME_LANGUAGE * taken[name],
        )
        chosen.append(queues[best][taken[best]])
        taken[best] += 1
    return chosen
