"""Random histories of communities: what is said where, in which pieces it comes, and what happens between them.

It plays none of them; bench.clock_player does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.clock_answers import Said
from bench.clock_threads import DAY, HOUR, topic

GAPS = (
    1,
    20,
    20,
    60,
    200,
    290,
    310,
    700,
    1500,
    4000,
    5 * HOUR,
    30 * HOUR,
    80 * HOUR,
    6 * DAY,
    9 * DAY,
)
WORDS = (
    "withdrawal", "withdrawal", "withdrawal asking", "deposit", "deposit critical", "withdrawal high", "chatter",
    "chatter", "chatter asking", "thanks", "thanks", "hm",
)  # fmt: skip
STAFF_WORDS = ("chatter", "chatter", "hm", "holding", "withdrawal")
MEMBERS, BOT = ("a", "a", "b", "c"), "desk"


@dataclass
class History:
    """What is said, in which pieces it comes, and what happens between them."""

    said: dict[int, Said]
    steps: list[tuple[Any, ...]] = field(default_factory=list)


def history(seed: int, places: int = 1) -> History:
    """One of as many as there are numbers; in several `places` people ask the same here and there."""
    found = _in_one_place(seed)
    if places == 1:
        return found
    draw = random.Random(~seed)
    return _asked_again(draw, _spread(draw, found, places), places)


def _asked_again(draw: random.Random, history: History, places: int) -> History:
    """Some ask the same in another place soon after, and what is said later may answer that."""
    said, steps = dict(history.said), list(history.steps)
    for m in sorted(history.said.values(), key=lambda m: m.at):
        if m.author not in MEMBERS or topic(m.words) is None or draw.random() < 0.6:
            continue
        there = (m.place + draw.randrange(1, places)) % places
        at = m.at + draw.choice((0, 1, 20, 310, 1500, 1800, 1801))
        copy = Said(max(said) + 1, m.author, at, m.words, place=there)
        said[copy.id] = copy
        corrected = [n for n, step in enumerate(steps) if step[0] == "correct"]
        steps.insert(draw.randint(0, min(corrected, default=len(steps))), ("hear", [copy.id]))
        for later in [o for o in said.values() if o.at > at and o.author != m.author]:
            if draw.random() < 0.3:
                said[later.id] = replace(later, reply_to=copy.id, place=there, mentions=())
    for m in said.values():
        if m.reply_to is not None and said[m.reply_to].place != m.place:
            said[m.id] = replace(m, reply_to=None)
    return History(said, steps)


def _spread(draw: random.Random, history: History, places: int) -> History:
    """The same in several places, and some who asked in one of them ask in the same words in another."""
    said: dict[int, Said] = {}
    for m in history.said.values():
        here = draw.randrange(places)
        if m.reply_to is not None and draw.random() < 0.8:
            here = said[m.reply_to].place
        elsewhere = [o for o in said.values() if o.author == m.author and o.place != here]
        words = m.words
        if m.author in MEMBERS and elsewhere and topic(elsewhere[-1].words) and draw.random() < 0.7:
            words = elsewhere[-1].words
        is_there = m.reply_to is not None and said[m.reply_to].place == here
        edits = m.edits if not m.edits or m.edits[0][1] != words else ()
        said[m.id] = replace(
            m, place=here, words=words, reply_to=m.reply_to if is_there else None, edits=edits
        )
    undone = {
        (m.id, at) for m in history.said.values() for at, _ in m.edits if not said[m.id].edits
    }
    steps = [s for s in history.steps if s[0] != "edit" or (s[1], s[2]) not in undone]
    return History(said, steps)


def _in_one_place(seed: int) -> History:
    draw = random.Random(seed)
    early = _said(draw, 1, draw.randint(2, 14), 0)
    steps = _arriving(draw, early)
    end = max(when for m in early for when in (m.at, m.deleted or 0, *(at for at, _ in m.edits)))
    late = _said(draw, len(early) + 1, draw.choice((0, 0, 3, 6)), end + draw.choice(GAPS))
    for m in late:
        steps += [
            ("correct", *_correction(draw, len(early))) for _ in range(draw.choice((0, 1, 1)))
        ]
        steps += [("hear", [m.id]), *_changes(m)]
    steps += [("correct", *_correction(draw, len(early))) for _ in range(draw.choice((0, 0, 2)))]
    return History({m.id: m for m in (*early, *late)}, steps)


def _said(draw: random.Random, first: int, count: int, begin: int) -> list[Said]:
    found: list[Said] = []
    at = begin
    for number in range(first, first + count):
        at += draw.choice(GAPS)
        author = draw.choice((*MEMBERS, *MEMBERS, "s", "t", "s", BOT))
        words = draw.choice(STAFF_WORDS if author in "st" else WORDS) if author != BOT else "seen"
        before = [m.id for m in found]
        reply = draw.choice(before) if before and draw.random() < 0.35 else None
        mentions = (draw.choice("abc"),) if draw.random() < 0.15 and reply is None else ()
        found.append(_fate(draw, Said(number, author, at, words, reply, mentions)))
    return found


def _fate(draw: random.Random, m: Said) -> Said:
    at, edits = m.at, []
    if m.author not in ("s", "t", BOT):
        for _ in range(draw.choice((0, 0, 0, 0, 1, 2))):
            at += draw.choice(GAPS)
            words = draw.choice([w for w in WORDS if w != (edits[-1][1] if edits else m.words)])
            edits.append((at, words))
    deleted = at + draw.choice(GAPS) if m.author != BOT and draw.random() < 0.12 else None
    return replace(m, edits=tuple(edits), deleted=deleted)


def _changes(m: Said) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = [("edit", m.id, at, words) for at, words in m.edits]
    return [*found, *([("delete", m.id, m.deleted)] if m.deleted is not None else [])]


def _arriving(draw: random.Random, said: Sequence[Said]) -> list[tuple[Any, ...]]:
    """In any order and in pieces; what happens to a message comes at any time after it."""
    order = list(said)
    if draw.random() < 0.7:
        draw.shuffle(order)
    steps: list[tuple[Any, ...]] = []
    waiting: list[list[tuple[Any, ...]]] = []
    while order or waiting:
        if order and (not waiting or draw.random() < 0.6):
            piece, order = order[: (size := draw.randint(1, 5))], order[size:]
            steps.append(("hear", [m.id for m in piece]))
            waiting += [changes for m in piece if (changes := _changes(m))]
        else:
            chosen = draw.choice(waiting)
            steps.append(chosen.pop(0))
            waiting = [changes for changes in waiting if changes]
        if draw.random() < 0.1:
            steps.append(
                draw.choice([("settle",), ("sweep", draw.randint(0, 20 * DAY)), _roster(draw)])
            )
    return steps


def _roster(draw: random.Random) -> tuple[Any, ...]:
    """The second of the team belongs to it from then until then."""
    begin = draw.choice((0, 0, 600, 5 * HOUR, 2 * DAY))
    return "roster", begin, begin + draw.choice((300, DAY, 30 * DAY))


def _correction(draw: random.Random, count: int) -> tuple[Any, ...]:
    one, two = draw.randint(1, count), draw.randint(1, count)
    kind = draw.choice(
        ("merge", "merge", "split", "move", "none", "own", "not_a_question", "close", "reopen")
    )
    return kind, one, two
