"""The last lines of a room as one new line finds them: who spoke, to whom, with which words. No judging."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.core.link_words import Signs

_RARE = 450  # hundredths, as all weights: whole numbers sum to the same in any order
_NEW = 9.0  # rarity of a stem that no table knows
_LOCAL = tuple(1.0 + math.log(100 / max(count, 1)) for count in range(201))
_NEAREST = 10
_CROWD = 29  # lines among which people are counted
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class Seen:
    """A line that was read. `how` it names somebody: 0 not, 1 begins with a name and a colon, 2 begins with a
    name, 3 names inside, 4 begins with a name nobody here has."""

    id: str
    minute: int
    author: str
    names: tuple[str, ...]
    signs: Signs
    to: str | None = None
    how: int = 0
    also: tuple[str, ...] = ()
    text: str = ""  # as the judge of messages reads it


@dataclass(slots=True)
class Scene:
    """What one pass over the window finds. Lists run along the window's lines, oldest first."""

    line: Seen
    lines: Sequence[Seen]
    ranks: list[int] = field(default_factory=list)  # how many lines its author wrote before
    said: dict[str, list[int]] = field(default_factory=dict)  # by author
    told: dict[str, list[int]] = field(default_factory=dict)  # by who is named
    partner: dict[str, str] = field(default_factory=dict)  # whom each named last
    spoke: dict[tuple[str, str], int] = field(default_factory=dict)  # (who, whom): last line
    shared: list[frozenset[str]] = field(default_factory=list)
    weight: dict[str, int] = field(default_factory=dict)
    sums: list[int] = field(default_factory=list)  # weight of the shared stems
    crowd: list[int] = field(
        default_factory=list
    )  # of the last lines, newest first: people who wrote since
    named: dict[str, set[str]] = field(default_factory=dict)  # whom each named
    open: list[int] = field(default_factory=list)  # questions of others that nobody has turned to


class People:
    """Who is called what in the last `window` lines; whoever used a name last has it."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._lines = 0
        self._last: dict[str, tuple[str, int]] = {}

    def note(self, names: Iterable[str], author: str) -> None:
        """One more line, by an author with these names."""
        self._lines += 1
        for name in names:
            self._last[name] = author, self._lines

    def get(self, name: str) -> str | None:
        """Whose name it is now."""
        found = self._last.get(name)
        return found[0] if found and found[1] > self._lines - self._window else None

    def beginning(self, start: str) -> set[str]:
        """Who has a name that begins so."""
        return {
            who
            for name, (who, line) in self._last.items()
            if line > self._lines - self._window and name.startswith(start)
        }


@lru_cache(4096)
def _called(names: tuple[str, ...]) -> tuple[str, ...]:
    whole = [name.casefold() for name in names]
    bare = [name.strip("_-`^|[]{}~.0123456789") for name in whole]
    return tuple(dict.fromkeys([*whole, *(name for name in bare if len(name) > 2)]))


def called(names: Sequence[str]) -> tuple[str, ...]:
    """Names as people type them: in small letters, whole or without the signs and figures at their ends."""
    return _called(tuple(names))


def hearers(
    read: Signs, mentions: Sequence[str], author: str, people: People
) -> tuple[str | None, int, tuple[str, ...]]:
    """Whom a line names first, how, and whom else."""
    first: str | None = None
    how = 0
    also: list[str] = []
    for mention in mentions:
        who = people.get(mention.casefold()) or mention
        if who != author:
            first, how = first or who, 1
            also.append(who)
    for at, (name, marked) in enumerate(read.nicks):
        found = people.get(name) if len(name) > 1 else None
        if found is None and at == 0 and marked and len(name) > 2:
            found = _shortened(name, people)
            if found is None and how == 0:
                how = 4
        if found is None or found == author:
            continue
        also.append(found)
        if first is None:
            first, how = found, (1 if marked else 2) if at == 0 else 3
    return first, how, tuple(dict.fromkeys(also))


def _shortened(name: str, people: People) -> str | None:
    fits = people.beginning(name)
    return fits.pop() if len(fits) == 1 else None


def scene(line: Seen, lines: Sequence[Seen], rarity: Mapping[str, float]) -> Scene:
    """One pass over the window, oldest line first."""
    found = Scene(line, lines)
    said, ranks, partner = found.said, found.ranks, found.partner
    for at, seen in enumerate(lines):
        author = seen.author
        mine = said.get(author)
        if mine is None:
            mine = said[author] = []
        ranks.append(len(mine))
        mine.append(at)
        if seen.to is not None:
            partner[author] = seen.to
        if seen.also:
            _note_named(found, seen, at)
    people: set[str] = set()
    for seen in lines[: -_CROWD - 1 : -1]:
        found.crowd.append(len(people))
        people.add(seen.author)
    _share(found, rarity)
    found.open = [
        at for at, seen in enumerate(lines) if seen.signs.asks and _is_open(found, seen, at)
    ]
    return found


def _note_named(found: Scene, seen: Seen, at: int) -> None:
    named = found.named.setdefault(seen.author, set())
    for who in seen.also:
        found.told.setdefault(who, []).append(at)
        found.spoke[seen.author, who] = at
        named.add(who)


def _share(found: Scene, rarity: Mapping[str, float]) -> None:
    """The stems that the line shares with each line of the window, and what they weigh."""
    stems = found.line.signs.stems
    counts: dict[str, int] = {}
    for seen in found.lines:
        others = seen.signs.stems
        shared = _NONE if stems.isdisjoint(others) else stems & others
        found.shared.append(shared)
        for stem in shared:
            counts[stem] = counts.get(stem, 0) + 1
    weight = found.weight = {
        stem: round(100 * min(rarity.get(stem, _NEW), _LOCAL[count]))
        for stem, count in counts.items()
    }
    found.sums = [sum(map(weight.__getitem__, shared)) if shared else 0 for shared in found.shared]


def _is_open(found: Scene, seen: Seen, at: int) -> bool:
    if seen.how or seen.author == found.line.author:
        return False
    told = found.told.get(seen.author)
    return not told or told[-1] < at


def shortlist(found: Scene) -> list[int]:
    """Which lines may be the one answered: the nearest, those of who is named or who named the author, own ones,
    and those with the same rare words."""
    line, size = found.line, len(found.lines)
    chosen = set(range(max(0, size - _NEAREST), size))
    own = found.said.get(line.author, ())
    chosen.update(own[-3:])
    chosen.update(found.told.get(line.author, ())[-3:])
    for who in line.also:
        chosen.update(found.said.get(who, ())[-6:])
        chosen.update(found.told.get(who, ())[-2:])
    partner = found.partner.get(line.author)
    if partner is not None:
        chosen.update(found.said.get(partner, ())[-3:])
    chosen.update(_rare(found)[-3:])
    return sorted(chosen)


def _rare(found: Scene) -> list[int]:
    rare = {stem for stem, weight in found.weight.items() if weight >= _RARE}
    if not rare:
        return []
    return [at for at, shared in enumerate(found.shared) if not rare.isdisjoint(shared)]
