"""One author is forgotten: texts, names, labels and what was learned from them; clocks stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from monitor.core.assessment import Topic, Urgency
from monitor.core.cases import Case
from monitor.stages import erase as module
from monitor.stages.erase import erase
from monitor.stages.learning import Taught, correct
from monitor.store import promoted
from monitor.store.database import Database
from monitor.store.label_tables import label
from monitor.store.schema import metadata
from monitor.store.tables import assessments, messages
from monitor.testing import NOON, a_message

SECRET = "xyzzy"
LATER = NOON + timedelta(hours=1)


def numbers(desk: Any) -> list[int]:
    with desk.database.read() as connection:
        return list(connection.execute(sa.select(messages.c.id).order_by(messages.c.id)).scalars())


def mentioning(database: Database, *words: str) -> list[str]:
    """Tables in which one of the words is left."""
    found = []
    with database.read() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(sa.select(table)).all()
            found += [table.name for row in rows if any(w in str(row) for w in words)]
    return found


def clocks(case: Case) -> tuple[Any, ...]:
    return case.opened_at, case.ack_at, case.staff_first_at, case.community_first_at, case.turns


def asked_and_answered(desk: Any) -> None:
    desk.hears(
        a_message(f"high withdrawal asking {SECRET}", id="1", author="42"),
        a_message("staff says so", id="2", author="support", after=60, reply_to="1"),
        a_message("high deposit asking", id="3", author="43", after=90),
        a_message(f"promo asking {SECRET}", id="4", author="42", place="-200", after=99),
    )
    desk.speaks()


def test_nothing_that_they_wrote_and_no_name_is_left(either: Any) -> None:
    asked_and_answered(either)
    assert mentioning(either.database, SECRET, "name-42", "handle42")

    gone = erase(either.database, "telegram", "42", LATER)

    assert (gone.messages, gone.cases, gone.names) == (2, 2, ("name-42",))
    assert mentioning(either.database, SECRET, "name-42", "handle42") == []
    assert mentioning(either.database, "high deposit asking")


def test_what_a_judgement_stood_on_goes_with_the_words_that_it_quotes(either: Any) -> None:
    asked_and_answered(either)

    erase(either.database, "telegram", "42", LATER)

    with either.database.read() as connection:
        first = sa.select(assessments).where(assessments.c.message_id == numbers(either)[0])
        (row,) = connection.execute(first).all()
    assert (row.reasons, row.why, row.topic) == ([], None, "withdrawal")


def test_clocks_of_what_was_answered_stay_also_when_they_are_read_anew(either: Any) -> None:
    asked_and_answered(either)
    before = [clocks(case) for case in either.cases()]

    erase(either.database, "telegram", "42", LATER)
    either.judges()

    answered, other, unanswered = either.cases()
    assert [clocks(case) for case in (answered, other)] == before[:2]
    assert (answered.state, other.author_name) == ("open", "name-43")
    assert (unanswered.state, unanswered.is_waiting) == ("withdrawn", False)


def test_labels_go_and_heads_forget_what_they_learned_from_them(either: Any) -> None:
    asked_and_answered(either)
    database = either.database
    first, _, other, _ = numbers(either)
    for number in (first, other):
        correct(database, number, Topic.TERMS, Urgency.LOW, "anna", NOON, "terminal")
    with database.write() as connection:
        taught = list(connection.execute(sa.select(label.c.id)).scalars())
        head = promoted.keep(connection, {
            "key": "k", "made_at": NOON, "by": "anna", "rules": "rules/1", "labels": taught, "trained_on": {},
            "figures": {}, "verdict": "promoted", "why": "", "weights": b"w"})  # fmt: skip

    assert erase(database, "telegram", "42", LATER).labels == 1

    assert [one.message for one in Taught(database, ("telegram",)).read().lessons] == [other]
    with database.read() as connection:
        assert promoted.by_number(connection, head).weights is None


def test_who_was_forgotten_is_forgotten_once_and_others_never(either: Any) -> None:
    asked_and_answered(either)
    erase(either.database, "telegram", "42", LATER)

    again = erase(either.database, "telegram", "42", LATER)
    nobody = erase(either.database, "reddit", "43", LATER)

    assert (again.messages, again.cases, again.labels) == (0, 0, 0)
    assert nobody.messages == 0
    assert mentioning(either.database, "high deposit asking")


def test_many_messages_are_forgotten_page_by_page(desk: Any) -> None:
    many = module.PAGE * 2 + 3
    desk.hears(*(a_message(SECRET, id=str(n), after=n) for n in range(1, many + 1)))

    assert erase(desk.database, "telegram", "42", LATER).messages == many
    assert mentioning(desk.database, SECRET) == []
