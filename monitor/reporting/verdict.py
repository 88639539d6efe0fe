"""What the figures say, in sentences: each comes from one rule that holds for the numbers it names.

No rule guesses a cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.figures import Figures, Slice
from monitor.reporting.words import (
    before_it,
    count,
    language,
    length,
    line,
    percent,
    rounded,
    topic,
    urgency,
)

_LEAST_GAIN = 0.02  # a part explains something when without it the share is two points higher
_LEAST = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A slice under the name it has in a sentence."""

    name: str
    slice: Slice


def subject(figures: Figures) -> str:
    """The mail's subject; it is the report in a line. One harmless line whatever the title is."""
    head = f"{figures.title} {figures.period.title}{' so far' if figures.is_running else ''}"
    row = figures.total
    if row.n == 0:
        return line(f"{head}: no questions", 200)
    if row.is_small:
        share = f"{row.staff} of {count(row.n, 'question', 'questions')} answered within target"
    else:
        share = f"{percent(row.staff, row.n)} answered within target{_compared(figures)}"
    surges = f" · {count(len(figures.surges), 'surge', 'surges')}" if figures.surges else ""
    open_ones = f" · {row.unanswered:,} unanswered" if row.unanswered else ""
    return line(f"{head}: {share}{surges}{open_ones}", 200)


def _compared(figures: Figures) -> str:
    goal = f"goal {percent(round(figures.goal * 1000), 1000)}"
    before = figures.previous
    if before.n == 0 or before.is_small:
        return f" ({goal})"
    return f" ({goal}, {_before(figures)} {percent(before.staff, before.n)})"


def _before(figures: Figures) -> str:
    return "last week" if figures.period.is_week else "before"


def headline(figures: Figures) -> str:
    """The one sentence: how many got a staff answer in time."""
    row = figures.total
    if row.n == 0:
        return "No questions were asked in these days."
    if row.is_small:
        asked = count(row.n, "question", "questions")
        return f"{row.staff} of {asked} got a staff answer within target."
    return f"{percent(row.staff, row.n)} of {row.n:,} questions got a staff answer within target."


def reasons(figures: Figures) -> tuple[str, ...]:
    """What stands beside the headline.

    Goal and change, the part that cost most, what is still open.
    """
    return tuple(sentence for sentence in _sentences(figures) if sentence)


def _sentences(figures: Figures) -> Iterator[str]:
    yield _against_goal(figures)
    yield _compared_calm(figures)
    yield _outside_surges(figures)
    yield _no_staff(figures)
    yield _costliest(figures)
    yield _still_open(figures)
    yield _undecided(figures)


def _against_goal(figures: Figures) -> str:
    row, goal = figures.total, percent(round(figures.goal * 1000), 1000)
    if row.share is None or row.is_small:
        return ""
    verdict = f"The goal of {goal} was met" if row.share >= figures.goal else f"The goal is {goal}"
    if figures.previous.is_small:
        return f"{verdict}."
    before = percent(figures.previous.staff, figures.previous.n)
    return f"{verdict}; {_before(figures)} it was {before}."


def _compared_calm(figures: Figures) -> str:
    """Whether the weeks differ, judged on calm hours alone."""
    found = figures.change
    if found is None or min(found.now.n, found.before.n) < _LEAST or found.is_real is None:
        return ""
    now, before = rounded(found.now.share), rounded(found.before.share)
    calm = " in calm hours" if figures.calm else ""
    if not found.is_real:
        same = f"What differs from {before_it(figures)}{calm} could be chance."
        return same if now != before else ""
    way = "better" if found.now.share > found.before.share else "worse"
    return f"That is {way} than {before_it(figures)} beyond chance: {now}% after {before}%{calm}."


def _outside_surges(figures: Figures) -> str:
    calm, rough = figures.calm, figures.in_surges
    if calm is None or rough is None or calm.is_small or not rough.n:
        return ""
    asked = count(rough.n, "question was", "questions were")
    return (
        f"{asked} asked during {count(len(figures.surges), 'surge', 'surges')}, {rough.staff:,} of "
        f"them answered in time; in calm hours it was {percent(calm.staff, calm.n)}."
    )


def _no_staff(figures: Figures) -> str:
    if figures.total.n == 0 or figures.total.staff_ever:
        return ""
    return (
        "No answer of your team was seen at all; "
        "if there was one, its author's id is missing in rules/roster.toml."
    )


def _costliest(figures: Figures) -> str:
    part = costliest(figures)
    if part is None:
        return ""
    row, total = part.slice.row, figures.total
    rest = percent(total.staff - row.staff, total.n - row.n)
    return (
        f"Without {part.name} it would have been {rest}: "
        f"there, {row.staff:,} of {row.n:,} were answered in time."
    )


def costliest(figures: Figures) -> Part | None:
    """The part (at most half of all, below the goal) without which the share would be highest."""
    total = figures.total
    if total.share is None or total.share >= figures.goal:
        return None
    candidates = [p for p in _parts(figures) if _gain(p.slice, figures) >= _LEAST_GAIN]
    return max(candidates, key=lambda p: _gain(p.slice, figures), default=None)


def _gain(part: Slice, figures: Figures) -> float:
    row, total = part.row, figures.total
    rest = total.n - row.n
    if row.n < _LEAST or rest < _LEAST or row.n > rest or (row.share or 0) >= figures.goal:
        return 0.0
    return (total.staff - row.staff) / rest - total.staff / total.n


def _parts(figures: Figures) -> Iterator[Part]:
    yield from (Part(line(s.key, 60), s) for s in figures.channels)
    yield from (Part(f"questions in {language(s.key)}", s) for s in figures.languages)
    yield from (Part(f"questions about {topic(s.key).lower()}", s) for s in figures.topics)
    yield from (Part(f"{urgency(s.key).lower()} urgency", s) for s in figures.urgencies)


def _still_open(figures: Figures) -> str:
    row = figures.total
    if not row.unanswered:
        return ""
    have = "has" if row.unanswered == 1 else "have"
    oldest = length(row.oldest_unanswered)
    tail = f"it has waited {oldest}" if row.unanswered == 1 else f"the oldest has waited {oldest}"
    return (
        f"{count(row.unanswered, 'question', 'questions')} {have} no answer from anybody; {tail}."
    )


def _undecided(figures: Figures) -> str:
    row = figures.total
    if not row.undecided:
        return ""
    return f"{row.undecided:,} counted as late can still be answered in time."
