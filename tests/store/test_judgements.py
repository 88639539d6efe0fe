"""What a judgement stands on is kept with it, where an answer is needed, and can be looked into."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.assessment import Assessment, Grounds, Topic, Urgency
from monitor.ports import Batch
from monitor.stages.learning import correct
from monitor.store import assessments, judgements, labels, messages
from monitor.store.database import Database
from monitor.store.tables import messages as table
from monitor.testing import NOON, a_message, about

GROUNDS = Grounds(
    rules=(("strong", "withdrawal", "提币*"),),
    words=(("提币", 0.42),),
    near=(('the example "wen"', "withdrawal, high", 0.9),),
    chances=(("withdrawal", 0.93),),
)


@pytest.fixture
def number(database: Database) -> int:
    with database.write() as connection:
        messages.save_batch(connection, "tg", "updates", Batch((a_message(),)), NOON)
        return int(connection.execute(sa.select(table.c.id)).scalar_one())


def kept(database: Database, number: int, *found: Assessment) -> Any:
    with database.write() as connection:
        for at, one in enumerate(found):
            assessments.save(connection, [(number, one)], NOON + timedelta(seconds=at))
        return judgements.newest(connection, [number])[number]


def test_rules_words_examples_and_chances_are_kept_as_they_were(
    database: Database, number: int
) -> None:
    row = kept(database, number, replace(about(), grounds=GROUNDS))

    assert row.why == {
        "rules": [["strong", "withdrawal", "提币*"]],
        "words": [["提币", 0.42]],
        "near": [['the example "wen"', "withdrawal, high", 0.9]],
        "chances": [["withdrawal", 0.93]],
    }


def test_what_is_chatter_costs_nothing(database: Database, number: int) -> None:
    assert kept(database, number, about(Topic.CHATTER)).why is None


def test_half_a_sign_and_a_nul_in_a_word_are_no_trouble(database: Database, number: int) -> None:
    odd = Grounds(words=(("a\ud800", 0.1), ("b\x00", 0.1)))

    assert kept(database, number, replace(about(), grounds=odd)).why["words"][0] == ["a?", 0.1]


def test_the_newest_judgement_counts_and_tells_what_its_judge_is(
    database: Database, number: int
) -> None:
    with database.write() as connection:
        labels.note_judges(connection, [{"by": "light/2", "tier": "light", "model": "abc", "rules": "rules/1",
                                         "heads": 3, "lore": 7, "since": NOON}])  # fmt: skip

    row = kept(database, number, about(Topic.PROMO), replace(about(), by="light/2"))

    assert (row.topic, row.tier, row.model, row.rules, row.heads) == (
        "withdrawal", "light", "abc", "rules/1", 3,
    )  # fmt: skip


def test_labels_are_given_back_oldest_first(database: Database, number: int) -> None:
    kept(database, number, about())
    for at, by in enumerate(("anna", "boris")):
        correct(database, number, Topic.PROMO, Urgency.LOW, by, NOON + timedelta(minutes=at))

    with database.read() as connection:
        found = judgements.labels_of(connection, [number, 999])

    assert [(row.by, row.ended) for row in found[number]] == [("anna", "superseded"), ("boris", "")]
    assert 999 not in found
