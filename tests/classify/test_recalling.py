"""An encoder that remembers reads each text once, and forgets the oldest when it is full."""

from __future__ import annotations

from typing import Any, cast

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

from monitor.classify.recalling import MOST, Recalling
from tests.classify.lightly import WordEncoder


@pytest.fixture
def behind() -> WordEncoder:
    return WordEncoder()


def test_a_text_is_read_once_and_its_vector_stays_the_same(behind: WordEncoder) -> None:
    encoder = Recalling(cast("Any", behind))

    first = encoder.encode(["wen", "moon", "wen"])
    second = encoder.encode(["moon", "gm"])

    assert behind.read == ["wen", "moon", "gm"]
    assert (first[0] == first[2]).all()
    assert (first[1] == second[0]).all()
    assert encoder.encode([]).shape == (0, 512)


def test_it_never_remembers_more_than_it_may(behind: WordEncoder) -> None:
    encoder = Recalling(cast("Any", behind))

    for start in range(0, 3 * MOST, 200):
        encoder.encode([f"text {at}" for at in range(start, start + 200)])

    assert len(encoder._known) <= MOST
    assert (encoder.encode(["text 1"]) == behind.encode(["text 1"])).all()


def test_what_is_taught_in_bulk_does_not_push_messages_out(behind: WordEncoder) -> None:
    encoder = Recalling(cast("Any", behind))
    encoder.encode(["wen"])

    encoder.encode([f"seed {at}" for at in range(3 * MOST)])
    behind.read.clear()
    encoder.encode(["wen"])

    assert behind.read == []
