"""Messages that are judged as they are fetched become what they become when they are stored first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.core.assessment import Assessment
from monitor.core.messages import Author, AuthorKind, Event, EventKind, Message, Platform
from monitor.ports import Batch
from monitor.stages.ingest import ingest
from monitor.store.database import Database
from monitor.store.schema import metadata
from monitor.store.tables import assessments, messages, sightings
from monitor.testing import NOON, WordClassifier, a_message

TALK = (
    a_message("hi", id="1", author="a"),
    a_message("withdrawal asking", id="2", author="a", after=20),
    a_message("just chatting", id="3", author="b", after=30),
    a_message("high deposit", id="10", author="c", after=40),
    a_message("withdrawal again", id="11", author="a", after=50),
    a_message("I had that too", id="12", author="b", after=60, reply_to="2"),
    a_message("looking into it", id="13", author="support", after=70, reply_to="10"),
    a_message("thanks", id="14", author="c", after=80),
    a_message("stop", id="15", author="b", after=90, addressed=True),
)
ODD = replace(TALK[2], native_id="16", text="odd \ud83d \x00", author=Author("d", "\x00", kind=AuthorKind.CHANNEL),
              mentions=("a", "b"), place_name="Traders")  # fmt: skip


def rows_of(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything stored, without the numbers that the database gives."""
    found = {}
    with database.read() as connection:
        for table in metadata.sorted_tables:
            columns = [c for c in table.c if c.name not in ("id", "token")]
            found[table.name] = sorted(
                map(tuple, connection.execute(sa.select(*columns))), key=repr
            )
    return found


def empty(database: Database) -> None:
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_judged_at_once_or_stored_first_comes_to_the_same(
    desk_on: Any, database: Database, limit: int
) -> None:
    def heard(*, at_once: bool) -> dict[str, list[tuple[Any, ...]]]:
        empty(database)
        desk = desk_on(database)
        desk.at.write(*TALK, ODD)
        complete = False
        while not complete:
            found = ingest(
                database,
                desk.connector,
                "updates",
                NOON,
                limit,
                house=desk.house if at_once else None,
            )
            complete = found.complete
            assert found.judged is (at_once and found.new > 0)
            desk.judges()
        return rows_of(database)

    at_once, first = heard(at_once=True), heard(at_once=False)
    numbered = ("turns", "links", "assessments", "sightings", "deliveries", "messages")
    for name in at_once:
        if name in numbered:
            assert len(at_once[name]) == len(first[name]), name
        else:
            assert at_once[name] == first[name], name
    assert told(at_once["messages"]) == told(first["messages"])


def told(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Messages, whether each belongs to a case instead of to which."""
    at = [c.name for c in messages.c if c.name != "id"].index("case_id")
    return [(*row[:at], row[at] is not None, *row[at + 1 :]) for row in rows]


def test_what_waits_is_judged_before_what_comes(either: Any) -> None:
    either.stores(Batch(TALK[:1]))
    either.at.write(*TALK[:2])
    assert not ingest(either.database, either.connector, "updates", NOON, house=either.house).judged
    either.judges()
    (case,) = either.cases()
    assert case.opened_at == TALK[0].sent_at


def test_what_is_known_already_is_only_seen_again(either: Any) -> None:
    either.hears(*TALK[:2])
    either.connector.account = "other"
    either.at.write(TALK[2])
    ingest(either.database, either.connector, "updates", NOON, house=either.house)
    assert len(either.rows(messages)) == 3
    assert len(either.rows(sightings)) == 5
    assert len(either.rows(assessments)) == 3


def test_another_who_stores_the_same_meanwhile_is_no_trouble(
    desk_on: Any, database: Database
) -> None:
    class Slow(WordClassifier):
        def assess(
            self, found: Sequence[Message], prior: Mapping[str, str] | None = None
        ) -> list[Assessment]:
            if not desk.rows(messages):
                desk.stores(Batch(TALK[1:2]))
            return super().assess(found, prior)

    desk = desk_on(database, classifier=Slow())
    desk.hears(*TALK[:2])
    assert sorted(row.state for row in desk.rows(messages).values()) == ["assessed", "assessed"]
    assert len(desk.cases()) == 1


@pytest.mark.parametrize("kind", [EventKind.EDITED, EventKind.DELETED])
def test_an_edit_that_came_before_its_message_counts(either: Any, kind: EventKind) -> None:
    event = Event(
        kind, Platform.TELEGRAM, "-100", "2", TALK[1].sent_at, details={"text": "chatter"}
    )
    either.stores(Batch(events=(event,)))
    either.hears(TALK[1])
    assert either.cases() == []


def test_a_judge_that_fails_leaves_the_messages_to_be_judged_one_by_one(
    desk_on: Any, database: Database
) -> None:
    class Fails(WordClassifier):
        def assess(
            self, found: Sequence[Message], prior: Mapping[str, str] | None = None
        ) -> list[Assessment]:
            if any(message.native_id == "3" for message in found):
                raise RuntimeError("bad luck")
            return super().assess(found, prior)

    desk = desk_on(database, classifier=Fails())
    desk.hears(*TALK)
    states = {row.native_id: row.state for row in desk.rows(messages).values()}
    assert states.pop("3") == "set_aside"
    assert set(states.values()) == {"assessed"}
