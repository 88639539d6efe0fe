"""The clues by which a link is judged, each a small number: what the line shows, what the candidate shows, and how
the two stand to each other. It never weighs them.

`CLUES` names them with how many values each has. A beginning has the line's clues only; all others are 0 there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from monitor.core.link_scene import Scene, Seen

_STEPS = (1, 2, 3, 4, 5, 6, 8, 11, 16, 26, 51)
DISTANCE = tuple(bisect_right(_STEPS, n) for n in range(202))
_GAPS = (1, 2, 3, 5, 10, 20, 60)
_LENGTHS = (1, 2, 3, 5, 9, 16)
_LENGTH = tuple(bisect_right(_LENGTHS, n) for n in range(64))
_WEIGHTS = (1, 250, 400, 550, 750, 1_000, 1_400)  # of shared words, in hundredths
_RARITIES = (1, 250, 400, 500, 550)
_LINES = (1, 2, 5, 11)

OF_LINE = (
    ("asks", 3), ("begins", 9), ("length", 7), ("names", 5), ("link", 3), ("ends", 8), ("case", 3),
    ("own_lines", 5), ("since_own", 12), ("since_own_minutes", 9), ("named_since", 3), ("quiet", 8),
    ("busy", 6), ("last_named", 5), ("known_words", 6), ("speakers", 4), ("own_asked", 4),
    ("people_named", 4),
)  # fmt: skip
OF_CANDIDATE = (
    ("c_asks", 4), ("c_begins", 10), ("c_length", 8), ("c_names", 6), ("c_link", 4), ("c_ends", 9),
)  # fmt: skip
OF_BOTH = (
    ("distance", 13), ("gap", 9), ("own", 6), ("names_it", 7), ("it_names", 7), ("same_hearer", 3),
    ("named_rank", 6), ("i_spoke", 5), ("it_spoke", 5), ("is_partner", 4), ("is_caller", 4),
    ("is_partner_of", 4), ("told_by_others", 4), ("told_by_me", 4), ("mine_since", 5),
    ("its_since", 5), ("burst", 4), ("between", 6), ("same_minute", 3), ("hearer_rank", 6),
    ("previous_speaker", 4), ("c_named_others", 4), ("words", 9), ("rarest", 7), ("author_words", 8),
    ("later_asks", 5), ("run", 6), ("later_names_me", 5), ("open_rank", 5), ("its_lines", 5), ("its_first", 3),
    ("its_people", 5), ("most_words", 4),
)  # fmt: skip
CLUES = OF_LINE + OF_CANDIDATE + OF_BOTH
_NOT_A_BEGINNING = len(CLUES) - len(OF_LINE)


def clues(found: Scene, candidates: Sequence[int]) -> list[list[int]]:
    """A row for each candidate, and last the row of a beginning."""
    first = of_line(found)
    rows = [first + of_candidate(found.lines[at]) + _both(found, at) for at in candidates]
    rows.append(first + [0] * _NOT_A_BEGINNING)
    return rows


def of_line(found: Scene) -> list[int]:
    """What the new line shows, by itself and in the room."""
    line, lines = found.line, found.lines
    read, size = line.signs, len(lines)
    own = found.said.get(line.author, [])
    last = own[-1] if own else -1
    told = found.told.get(line.author, [])
    rarest = max(found.weight.values(), default=0)
    return [
        read.asks,
        read.begins,
        _LENGTH[min(read.words, 63)],
        line.how,
        read.link,
        read.ends,
        read.case,
        bisect_right(_LINES, len(own)),
        DISTANCE[size - last] if own else 0,
        1 + bisect_right(_GAPS, _gap(line, lines[last])) if own else 0,
        min(2, len(told) - bisect_right(told, last)),
        bisect_right(_GAPS, _gap(line, lines[-1])) if lines else 7,
        bisect_right((1, 4, 8, 15, 30), _busy(line, lines)),
        lines[last].how if own else 0,
        bisect_right(_RARITIES, rarest),
        bisect_right((2, 4, 6), len({seen.author for seen in lines[-10:]})),
        1 + lines[last].signs.asks if own else 0,
        min(3, _people_named(found, line.author)),
    ]


def _people_named(found: Scene, who: str) -> int:
    return len(found.named.get(who, ()))


def _gap(line: Seen, earlier: Seen) -> int:
    return max(0, line.minute - earlier.minute)


def _busy(line: Seen, lines: Sequence[Seen]) -> int:
    return sum(1 for seen in lines[-30:] if line.minute - seen.minute <= 5)


def of_candidate(seen: Seen) -> list[int]:
    """What the candidate shows by itself."""
    read = seen.signs
    return [
        1 + read.asks,
        1 + read.begins,
        1 + _LENGTH[min(read.words, 63)],
        1 + seen.how,
        1 + read.link,
        1 + read.ends,
    ]


def _both(found: Scene, at: int) -> list[int]:
    line, seen = found.line, found.lines[at]
    return [
        *_standing(found, line, seen, at),
        *_speaking(found, line, seen, at),
        *_words(found, at),
        *_rivals(found, line, at),
    ]


def _standing(found: Scene, line: Seen, seen: Seen, at: int) -> list[int]:
    me, it = line.author, seen.author
    size = len(found.lines)
    its = found.said[it]
    return [
        DISTANCE[size - at],
        1 + bisect_right(_GAPS, _gap(line, seen)),
        2 + min(3, len(its) - 1 - found.ranks[at]) if me == it else 1,
        _names(line, it),
        _names(seen, me),
        2 if seen.to is not None and seen.to == line.to else 1,
        _rank_after(found.told.get(me), at, found.said.get(me)),
        _since(found.spoke.get((me, it)), size),
        _since(found.spoke.get((it, me)), size),
        _is(found.partner.get(me), it),
        _is(_caller(found, me), it),
        _is(found.partner.get(it), me),
    ]


def _names(seen: Seen, who: str) -> int:
    """1 nobody, 2 this one first of all, 3 first but loosely, 4 among others, 5 others, 6 somebody unknown."""
    if seen.how == 0:
        return 1
    if seen.to == who:
        return 2 if seen.how == 1 else 3
    if who in seen.also:
        return 4
    return 6 if seen.how == 4 else 5


def _rank_after(told: list[int] | None, at: int, own: list[int] | None) -> int:
    """How the candidate stands among the lines that name the author: 2 the newest; 5 before the author's last."""
    if not told or at not in told:
        return 1
    newer = len(told) - 1 - told.index(at)
    if own and own[-1] > at:
        return 5
    return 2 + min(2, newer)


def _since(last: int | None, size: int) -> int:
    return 1 if last is None else 2 + bisect_right((6, 21), size - last)


def _is(who: str | None, it: str) -> int:
    return 1 if who is None else 2 + (who == it)


def _caller(found: Scene, me: str) -> str | None:
    told = found.told.get(me)
    return found.lines[told[-1]].author if told else None


def _speaking(found: Scene, line: Seen, seen: Seen, at: int) -> list[int]:
    me, it, size = line.author, seen.author, len(found.lines)
    told = found.told.get(it, [])
    after = told[bisect_right(told, at) :]
    by_me = sum(1 for place in after if found.lines[place].author == me)
    own, its = found.said.get(me, []), found.said[it]
    mine_since = len(own) - bisect_right(own, at)
    between = found.crowd[size - at - 1] if size - at <= len(found.crowd) else 9
    follower = found.lines[at + 1].author if at + 1 < size else None
    before = found.lines[at - 1].author if at else None
    return [
        1 + min(2, len(after) - by_me),
        1 + min(2, by_me),
        1 + min(3, mine_since),
        1 + min(3, len(its) - 1 - found.ranks[at]),
        1 + (follower == it) + (before == it and follower != it) * 2 if follower else 3,
        1 + min(4, between),
        1 + (line.minute == seen.minute),
        _hearer_rank(found, line, at),
        _is(found.lines[-1].author, it),
        1 + min(2, len(seen.also)),
    ]


def _hearer_rank(found: Scene, line: Seen, at: int) -> int:
    """How many lines newer than the candidate are there of whom the line names."""
    if line.to is None or found.lines[at].author != line.to:
        return 1
    its = found.said[line.to]
    return 2 + min(3, len(its) - 1 - found.ranks[at])


def _words(found: Scene, at: int) -> list[int]:
    weight, shared = found.weight, found.shared[at]
    top = max(map(weight.__getitem__, shared)) if shared else 0
    return [
        1 + bisect_right(_WEIGHTS, found.sums[at]),
        1 + bisect_right(_RARITIES, top),
        _author_words(found, at),
    ]


def _author_words(found: Scene, at: int) -> int:
    """How much the candidate's author shared with the line in all other lines."""
    if not found.weight:
        return 1
    others = (found.shared[i] for i in found.said[found.lines[at].author] if i != at)
    whole = sum(map(found.weight.__getitem__, frozenset().union(*others)))
    return min(7, 1 + bisect_right(_WEIGHTS, whole))


def _rivals(found: Scene, line: Seen, at: int) -> list[int]:
    """What else the line could answer, next to the candidate."""
    me, it = line.author, found.lines[at].author
    its = found.said[it]
    later = its[found.ranks[at] + 1 :]
    weights = found.sums
    return [
        1 + (any(found.lines[i].signs.asks == 2 for i in later) if later else 0) + (not later) * 2,
        _run(found, me, its, at),
        1 + any(me in found.lines[i].also for i in later) + (not later) * 2,
        1 if at not in found.open else 2 + min(2, len(found.open) - 1 - found.open.index(at)),
        1 + bisect_right((2, 4, 8), len(its)),
        1 + (found.ranks[at] == 0),
        1 + min(3, _people_named(found, it)),
        1 if not weights[at] else 2 + (weights[at] >= max(weights)),
    ]


def _run(found: Scene, me: str, its: list[int], at: int) -> int:
    """Where the candidate stands among its author's lines since the line's author last spoke."""
    own = found.said.get(me)
    last = own[-1] if own else -1
    since = its[bisect_right(its, last) :]
    if not since or at < since[0]:
        return 1
    if len(since) == 1:
        return 2
    return 3 if at == since[0] else 5 if at == since[-1] else 4
