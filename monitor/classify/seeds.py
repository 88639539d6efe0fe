"""The labelled messages that the light tier learns from: rules/seeds and the examples in rules/. Only
reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from monitor.classify.rulereading import RESTORE, RulesBroken, read, shaped, shown_name
from monitor.classify.ruleshapes import Line, Shape, UrgencyWord
from monitor.core.assessment import Topic, Urgency
from monitor.core.language import LANGUAGES
from monitor.core.rules import RuleSet, Says


@dataclass(frozen=True, slots=True)
class Seed:
    """A message with its labels; None where nobody said. `language` is that of most of its words."""

    text: str
    language: str
    topic: Topic | None
    urgency: Urgency | None
    where: str = ""
    of_rules: bool = False  # an example of rules/topics or rules/urgency.toml
    hard: bool = False  # misread at first sight
    by: str = ""  # who labelled it, where somebody wrote it to us: it is not quoted to others


class OneSeed(Shape):
    """A [[seed]] of rules/seeds/<language>.toml."""

    text: Line
    topic: Topic
    urgency: UrgencyWord
    hard: bool = False  # for the people who edit them: judged wrongly at first sight
    language: str = ""  # where it is not that of the file
    note: str = ""


class SeedsFile(Shape):
    """rules/seeds/<language>.toml."""

    seed: list[OneSeed] = Field(default_factory=list)


def files_of(folder: Path) -> list[Path]:
    """The seed files of a rules folder; there need not be any."""
    return sorted(folder.glob("seeds/*.toml"))


def load_seeds(folder: Path) -> list[Seed]:
    """All seeds, file by file. Raises RulesBroken."""
    return [seed for path in files_of(folder) for seed in _seeds(folder, path)]


Stamp = tuple[tuple[str, int], ...]
_LOST = (
    "rules/seeds: holds no labelled messages any more. What the light judge learned from them stays in force until the "
    f"restart. {RESTORE}."
)
_NONE = (
    "rules/seeds: holds no labelled messages. The light judge knows only the few examples in rules/topics. "
    f"{RESTORE}."
)


class LiveSeeds:
    """The last good seeds of a folder. What is broken or lost changes nothing but `problem`."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read before `read`."""
        self._folder = folder
        self._good: list[Seed] = []
        self.problem: str | None = None

    def stamp(self) -> Stamp:
        """Another one as soon as a file is edited."""
        found = []
        for path in files_of(self._folder):
            try:
                found.append((path.name, path.stat().st_mtime_ns))
            except OSError:
                found.append((path.name, -1))
        return tuple(found)

    def read(self) -> list[Seed]:
        """Those in force."""
        try:
            found = load_seeds(self._folder)
        except RulesBroken as broken:
            self.problem = f"{broken} What was learned before stays in force."
            return self._good
        if found:
            self._good = found
        self.problem = None if found else _LOST if self._good else _NONE
        return self._good


def _seeds(folder: Path, path: Path) -> Iterator[Seed]:
    shown = shown_name(folder, path)
    if path.stem not in LANGUAGES:
        remedy = f"Name it after one of {', '.join(LANGUAGES)}, or move it away"
        raise RulesBroken(shown, "", path.stem, remedy, why="there is no such language")
    file = shaped({shown: read(folder, path)}, shown, SeedsFile)
    for at, one in enumerate(file.seed, 1):
        urgency = Urgency.parse(one.urgency)
        if urgency > Urgency.LOW and not one.topic.needs_answer:
            remedy = "Write low, or another topic"
            why = f"{one.topic} is always low"
            raise RulesBroken(shown, f"seed[{at}].urgency", one.urgency, remedy, why=why)
        language = one.language or path.stem
        where = f"{shown}: seed[{at}]"
        yield Seed(one.text, language, one.topic, urgency, where, hard=one.hard)


def seeds_of(rules: RuleSet) -> list[Seed]:
    """The examples that say what a text is; those that say what it is not teach nothing here."""
    found: list[Seed] = []
    for e in rules.examples:
        if e.says is Says.URGENCY:
            found.append(Seed(e.text, e.language, None, Urgency.parse(e.subject), e.where, True))
        elif e.says is not Says.SIGNAL and e.expected:
            topic = Topic(e.subject)
            urgency = None if topic.needs_answer else Urgency.LOW
            found.append(Seed(e.text, e.language, topic, urgency, e.where, True))
    return found
