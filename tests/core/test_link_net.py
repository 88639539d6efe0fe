"""The link net reckons in packed whole numbers what plain arithmetic gives."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.link_clues import CLUES, clues
from monitor.core.link_net import LARGEST, ROOT, WIDEST, Lanes, Net, Weights, Words
from monitor.core.linking import Line, Room

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WIDTH, UNITS, NUMBERS = 6, 4, 3
STEMS = ("walle", "fails", "open", "help", "пожал", "怎么")
TEXTS = (
    "wallet fails?",
    "ann: open it",
    "help",
    "пожалуйста",
    "怎么",
    "zzz",
    "",
    "open open wallet help",
)


def a_row(dice: random.Random, width: int, largest: int = 300) -> list[int]:
    return [dice.randint(-largest, largest) for _ in range(width)]


def a_net(seed: int, largest: int = 300) -> tuple[Net, Words, Weights]:
    dice = random.Random(seed)
    words = Words(
        {stem: a_row(dice, NUMBERS, 127) for stem in STEMS},
        [a_row(dice, WIDTH, largest) for _ in range(NUMBERS)],
        [a_row(dice, WIDTH, largest) for _ in range(NUMBERS)], 64,
    )  # fmt: skip
    weights = Weights(
        [[a_row(dice, WIDTH, largest) for _ in range(values)] for _, values in CLUES],
        a_row(dice, WIDTH, largest), [a_row(dice, UNITS, largest) for _ in range(WIDTH)],
        a_row(dice, UNITS, 99_999), a_row(dice, UNITS, largest), 1e-6,
    )  # fmt: skip
    return Net({}, words, weights), words, weights


def a_room(net: Net, texts: Sequence[str]) -> tuple[Room, Line]:
    lines = [
        Line(str(n), "ann" if n % 3 else "bob", NOON + timedelta(minutes=n), text)
        for n, text in enumerate(texts)
    ]
    return Room(net, lines[:-1]), lines[-1]


def said(words: Words, stems: frozenset[str], rows: Sequence[Sequence[int]]) -> list[int]:
    found = [words.known[stem] for stem in stems if stem in words.known]
    if not found:
        return [0] * WIDTH
    sums = [
        math.isqrt(ROOT * ROOT // len(found)) * sum(column) for column in zip(*found, strict=True)
    ]
    return [
        sum(s * row[lane] for s, row in zip(sums, rows, strict=True)) // (ROOT * words.unit)
        for lane in range(WIDTH)
    ]


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_packed_rows_score_as_plain_ones_do(texts: list[str], seed: int) -> None:
    net, words, weights = a_net(seed)
    room, last = a_room(net, texts)
    found, candidates = room.look(last)
    own = said(words, found.line.signs.stems, words.of_line)
    plain: list[float] = []
    for at, row in zip([*candidates, -1], clues(found, candidates), strict=True):
        stems = found.lines[at].signs.stems if at >= 0 else frozenset[str]()
        parts = [weights.first_bias, own, said(words, stems, words.of_candidate)]
        parts += [table[value] for table, value in zip(weights.tables, row, strict=True)]
        first = [max(0, sum(lane)) for lane in zip(*parts, strict=True)]
        second = [
            max(0, sum(u * w[unit] for u, w in zip(first, weights.second, strict=True)) + bias)
            for unit, bias in enumerate(weights.second_bias)
        ]
        plain.append(sum(u * w for u, w in zip(second, weights.last, strict=True)) * weights.unit)
    assert net.scores(found, candidates) == pytest.approx(plain)


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_weights_overrun_no_lane(sign: int) -> None:
    row, most = [sign * LARGEST] * WIDEST, [sign * 127] * 32
    stems = [f"{n:03}" for n in range(300)]
    words = Words(dict.fromkeys(stems, most), [row] * 32, [row] * 32, 1)
    weights = Weights(
        [[row] * values for _, values in CLUES],
        row,
        [row] * WIDEST,
        [sign << 40] * WIDEST,
        row,
        1e-30,
    )
    net = Net({}, words, weights)
    room, last = a_room(net, [" ".join(stems), " ".join(stems)])
    scores = net.scores(*room.look(last))
    assert all(map(math.isfinite, scores))
    assert scores[0] == 0.0 if sign < 0 else scores[0] > 0.0


@given(st.lists(st.integers(-(1 << 31) + 1, (1 << 31) - 1), min_size=1, max_size=9))
def test_a_packed_row_is_read_as_it_was(row: list[int]) -> None:
    lanes = Lanes(len(row), 4)
    assert lanes.read(lanes.packed(row) + lanes.lift) == row
    assert lanes.positive(lanes.packed(row) + lanes.lift) == [max(0, value) for value in row]


def test_what_a_text_says_is_the_same_in_whatever_order_its_words_are_met() -> None:
    net, _, _ = a_net(1)
    texts = ("wallet fails help", "help wallet fails"), ("fails help wallet", "wallet help fails")
    found = [net.scores(*room.look(last)) for room, last in (a_room(net, t) for t in texts)]
    assert found[0] == found[1]
