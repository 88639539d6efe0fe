"""How good the FAQ is at finding the right entry. Only arithmetic; it judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TARGET = 0.95  # share of automatic answers that must be the right ones


@dataclass(frozen=True, slots=True)
class Found:
    """One message, the entry that answers it ("" for none), what came first, how far it led, whether it was said."""

    language: str
    text: str
    wanted: str
    first: str
    lead: float
    tier: str
    said: bool

    @property
    def right(self) -> bool:
        """The right entry came first."""
        return bool(self.wanted) and self.first == self.wanted


@dataclass(frozen=True, slots=True)
class FaqFigures:
    """`precision`: share of what was said that was right (None: nothing was said). `coverage`: share of the questions
    that have an entry which got it. `first`: share of them with the right entry first. `answered`: of those that no
    entry answers, how many got one all the same."""

    asked: int
    others: int
    said: int
    precision: float | None
    coverage: float | None
    first: float | None
    answered: int


def figures(found: Sequence[Found]) -> FaqFigures:
    """Over all of them."""
    asked = [f for f in found if f.wanted]
    said = [f for f in found if f.said]
    return FaqFigures(
        asked=len(asked),
        others=len(found) - len(asked),
        said=len(said),
        precision=_share([f.right for f in said]),
        coverage=_share([f.said and f.right for f in asked]),
        first=_share([f.right for f in asked]),
        answered=sum(not f.wanted for f in said),
    )


def by_language(found: Sequence[Found]) -> dict[str, FaqFigures]:
    """The same, language by language."""
    names = sorted({f.language for f in found})
    return {name: figures([f for f in found if f.language == name]) for name in names}


def enough(found: Iterable[Found], target: float = TARGET) -> float | None:
    """The smallest lead from which on at least `target` of what would be said is right; None: there is none."""
    right, best = 0, None
    ordered = sorted(found, key=lambda f: -f.lead)
    for number, one in enumerate(ordered, 1):
        right += one.right
        is_last = number == len(ordered) or ordered[number].lead < one.lead
        if is_last and one.lead > 0 and right / number >= target:
            best = one.lead
    return best


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
