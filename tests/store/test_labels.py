"""Labels and the history of what is learned, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from monitor.core.assessment import Topic, Urgency
from monitor.core.messages import Platform
from monitor.ports import Batch
from monitor.stages.learning import Corrected, NotPossible, Taught, correct
from monitor.stages.training import roll_back, take_back
from monitor.store import assessments, edits, labels, messages, promoted
from monitor.store.database import Database
from monitor.store.judgements import labels_of
from monitor.store.label_tables import head_version, label, lore
from monitor.store.tables import messages as message_table
from monitor.testing import NOON, a_message, about

Said = Callable[..., Corrected]
EVERYWHERE = ("telegram", "reddit", "twitter")


@pytest.fixture
def stored(database: Database) -> list[int]:
    """Three judged messages: of one person on Telegram, another there, and one on Reddit."""
    written = [
        a_message("wen tokens", id="1", author="7"),
        a_message("where are my coins", id="2", author="8"),
        a_message("reddit text", id="3", author="9", platform=Platform.REDDIT, place="r/x"),
    ]
    with database.write() as connection:
        messages.save_batch(connection, "tg", "updates", Batch(tuple(written)), NOON)
        c = message_table.c
        ids = list(connection.execute(sa.select(c.id).order_by(c.native_id)).scalars())
        found = [(number, about(Topic.FEEDBACK, Urgency.NORMAL)) for number in ids]
        assessments.save(connection, found, NOON)
    return ids


@pytest.fixture
def say(database: Database) -> Said:
    minute = iter(range(1, 1_000))

    def give(message: int, topic: Topic = Topic.PROMO, by: str = "anna", urgency: Urgency = Urgency.LOW) -> Corrected:  # fmt: skip
        now = NOON + timedelta(minutes=next(minute))
        return correct(database, message, topic, urgency, by, now, "terminal", rules="rules/1")

    return give


def lessons(database: Database, *platforms: str) -> dict[int, str]:
    read = Taught(database, platforms or EVERYWHERE).read()
    return {one.message: f"{one.topic} by {one.by}" for one in read.lessons}


def test_a_label_keeps_what_was_judged_before_and_by_whom(
    database: Database, stored: list[int], say: Said
) -> None:
    given = say(stored[0])

    with database.read() as connection:
        (row,) = labels_of(connection, [stored[0]])[stored[0]]
    assert given.old == "feedback, normal"
    assert (row.old_topic, row.old_urgency, row.topic, row.urgency) == ("feedback", 1, "promo", 0)
    assert (row.judge, row.rules, row.source, row.by) == ("test/1", "rules/1", "terminal", "anna")


def test_of_two_people_the_later_counts_and_both_are_remembered(
    database: Database, stored: list[int], say: Said
) -> None:
    say(stored[0], Topic.PROMO, "anna")
    say(stored[0], Topic.CHATTER, "boris")

    with database.read() as connection:
        first, second = labels_of(connection, [stored[0]])[stored[0]]
    assert lessons(database) == {stored[0]: "chatter by boris"}
    assert (first.by, first.ended, second.ended_at) == ("anna", "superseded", None)
    assert second.old_topic == "promo"


def test_the_same_label_given_twice_at_one_moment_is_one(
    database: Database, stored: list[int]
) -> None:
    twice = [correct(database, stored[0], Topic.PROMO, Urgency.LOW, "anna", NOON) for _ in range(2)]

    assert [t.version is None for t in twice] == [False, True]
    with database.read() as connection:
        assert len(labels_of(connection, [stored[0]])[stored[0]]) == 1


def test_every_change_is_a_new_stamp(database: Database, stored: list[int], say: Said) -> None:
    source, stamps = Taught(database, EVERYWHERE), []
    for change in (lambda: None, lambda: say(stored[0]), lambda: roll_back(database, None, "anna", NOON)):  # fmt: skip
        change()
        stamps.append(source.stamp())

    assert len(set(stamps)) == 3
    assert source.stamp() == stamps[-1]


def test_texts_of_reddit_are_left_out_unless_the_config_says_otherwise(
    database: Database, stored: list[int], say: Said
) -> None:
    for number in stored:
        say(number)

    assert set(lessons(database, "telegram")) == set(stored[:2])
    assert set(lessons(database, "telegram", "reddit")) == set(stored)


def test_a_deleted_message_takes_its_labels_and_the_weights_learned_from_them_along(
    database: Database, stored: list[int], say: Said
) -> None:
    say(stored[0])
    say(stored[1])
    heads = promoted_from(database, "first")
    before = Taught(database, EVERYWHERE).stamp()

    with database.write() as connection:
        edits.delete_message(connection, stored[0], NOON)

    assert set(lessons(database)) == {stored[1]}
    with database.read() as connection:
        assert labels_of(connection, [stored[0]]) == {}
        assert promoted.by_number(connection, heads).weights is None
        kinds = [row.kind for row in labels.history(connection)]
    assert kinds[-1] == "forgotten"
    assert Taught(database, EVERYWHERE).stamp() != before


def promoted_from(database: Database, key: str) -> int:
    """Heads that learned from every label in force."""
    with database.write() as connection:
        known = [row.id for row in labels.in_force(connection, EVERYWHERE)]
        row = {"key": key, "made_at": NOON, "by": "anna", "rules": "rules/1", "labels": known,
               "trained_on": {}, "figures": {}, "verdict": "promoted", "why": "", "weights": b"w"}  # fmt: skip
        number = promoted.keep(connection, row)
        promoted.promote(connection, number, "anna", NOON)
    return number


def test_what_is_too_old_to_be_kept_is_not_learned_from_any_more(
    database: Database, stored: list[int], say: Said
) -> None:
    say(stored[0])

    with database.write() as connection:
        edits.forget(connection, stored, NOON)

    assert lessons(database) == {}


def test_a_text_edited_after_it_was_labelled_teaches_nothing(
    database: Database, stored: list[int], say: Said
) -> None:
    say(stored[0])

    with database.write() as connection:
        edits.apply_recheck(connection, stored[0], "free coins", NOON + timedelta(days=1), deleted=False)  # fmt: skip

    assert lessons(database) == {}


def test_rolling_back_restores_exactly_the_labels_of_a_version(
    database: Database, stored: list[int], say: Said
) -> None:
    first = say(stored[0], Topic.PROMO, "anna")
    was = lessons(database)
    say(stored[0], Topic.CHATTER, "boris")
    say(stored[1], Topic.DEPOSIT, "boris")

    back, target = roll_back(database, first.version, "cara", NOON)

    assert lessons(database) == was == {stored[0]: "promo by anna"}
    assert target == first.version
    roll_back(database, back - 1, "cara", NOON)
    assert lessons(database) == {stored[0]: "chatter by boris", stored[1]: "deposit by boris"}


def test_without_a_version_the_newest_change_is_undone(
    database: Database, stored: list[int], say: Said
) -> None:
    say(stored[0])
    say(stored[1])

    roll_back(database, None, "anna", NOON)

    assert set(lessons(database)) == {stored[0]}


def test_only_the_heads_can_be_rolled_back_and_corrections_keep_counting(
    database: Database, stored: list[int], say: Said
) -> None:
    say(stored[0])
    first = promoted_from(database, "first")
    promoted_from(database, "second")
    say(stored[1])

    roll_back(database, None, "anna", NOON, only_heads=True)

    assert heads_of(database) == first
    assert set(lessons(database)) == set(stored[:2])


def heads_of(database: Database) -> int | None:
    read = Taught(database, EVERYWHERE).read()
    return read.heads.number if read.heads else None


def test_rolling_back_to_the_beginning_leaves_what_the_program_came_with(
    database: Database, stored: list[int], say: Said
) -> None:
    say(stored[0])
    promoted_from(database, "first")

    roll_back(database, 0, "anna", NOON)

    assert (heads_of(database), lessons(database)) == (None, {})
    with database.read() as connection:
        (row,) = promoted.all_of(connection)
    assert (row.retired_at, row.retired_by) == (NOON, "anna")


@pytest.mark.parametrize("version", [99, -1])
def test_a_version_that_never_was_cannot_come_back(
    database: Database, stored: list[int], say: Said, version: int
) -> None:
    say(stored[0])

    with pytest.raises(NotPossible, match="no version"):
        roll_back(database, version, "anna", NOON)


def test_with_nothing_learned_there_is_nothing_to_roll_back(database: Database) -> None:
    with pytest.raises(NotPossible, match="Nothing has been learned yet"):
        roll_back(database, None, "anna", NOON)


def test_several_labels_can_be_taken_back_one_after_the_other(
    database: Database, stored: list[int], say: Said
) -> None:
    first, second = say(stored[0]), say(stored[1])

    for given in (second, first):
        assert given.version is not None
        take_back(database, given.version, "anna", NOON)

    assert lessons(database) == {}


def test_what_somebody_else_changed_since_is_not_taken_back(
    database: Database, stored: list[int], say: Said
) -> None:
    mine = say(stored[0], by="anna")
    say(stored[1], by="boris")

    assert mine.version is not None
    with pytest.raises(NotPossible, match="Something else was learned since"):
        take_back(database, mine.version, "anna", NOON)


def test_weights_are_kept_of_the_newest_few_alone(database: Database, stored: list[int], say: Said) -> None:  # fmt: skip
    say(stored[0])
    for at in range(promoted.KEPT + 2):
        promoted_from(database, f"heads {at}")

    with database.read() as connection:
        kept = sa.select(sa.func.count()).where(head_version.c.weights.is_not(None))
        assert connection.execute(kept).scalar_one() == promoted.KEPT
        assert promoted.in_force(connection).weights is not None


def test_only_messages_of_people_that_nobody_labelled_wait(
    database: Database, stored: list[int], say: Said
) -> None:
    with database.write() as connection:
        members = sa.update(message_table).where(message_table.c.id.in_(stored[:2]))
        connection.execute(members.values(role="member"))
    say(stored[0])

    with database.read() as connection:
        waiting = labels.waiting(connection, NOON - timedelta(days=1), 10)

    assert [row.id for row in waiting] == [stored[1]]


def test_a_message_that_does_not_exist_or_was_deleted_cannot_be_labelled(
    database: Database, stored: list[int], say: Said
) -> None:
    with database.write() as connection:
        edits.delete_message(connection, stored[0], NOON)

    for number, why in ((stored[0], "its text was deleted"), (10_000, "there is no such message")):
        with pytest.raises(NotPossible, match=why):
            say(number)
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(lore)).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(label)).scalar_one() == 0
