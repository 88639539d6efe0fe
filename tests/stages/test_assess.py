"""Judging what waits: attached to cases in whatever order it comes, alerts and acknowledgements decided once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.assessment import Assessment
from monitor.core.cases import Case
from monitor.core.messages import AuthorKind, Event, EventKind, Message, Platform
from monitor.ports import Batch
from monitor.stages.assess import assess_waiting
from monitor.store.database import Database
from monitor.store.schema import metadata
from monitor.store.tables import assessments, messages, optouts, quarantine
from monitor.testing import NOON, WordClassifier, a_message

SUPPORT = "support"


def test_a_question_is_acknowledged_and_raised(desk: Any) -> None:
    desk.hears(a_message("withdrawal"))
    assert set(desk.states()) == {"ack:telegram:-100:1", "alert:telegram:-100:1"}
    assert desk.row("ack:telegram:-100:1").reply_to == "1"
    assert "withdrawal" in desk.row("alert:telegram:-100:1").text


def test_judging_again_says_nothing_more(desk: Any) -> None:
    desk.hears(a_message("withdrawal"))
    before = desk.rows()
    with desk.database.write() as connection:
        connection.execute(sa.update(messages).values(state="new"))
    desk.judges()
    assert desk.rows() == before


def test_a_poison_message_is_set_aside_after_three_tries_and_nobody_waits_behind_it(
    desk: Any,
) -> None:
    desk.at.write(a_message("poison", id="1"), a_message("withdrawal", id="2", author="b", after=1))
    desk.hears()
    states = {row.native_id: (row.state, row.tries) for row in desk.rows(messages).values()}
    assert states == {"1": ("set_aside", 3), "2": ("assessed", 0)}
    (kept,) = desk.rows(quarantine).values()
    assert (kept.native_id, kept.raw) == ("telegram:-100:1", "poison")
    assert "ValueError" in kept.reason


def test_an_edit_gives_a_message_that_was_set_aside_another_chance(desk: Any) -> None:
    desk.hears(a_message("poison"))
    edit = Event(EventKind.EDITED, Platform.TELEGRAM, "-100", "1", NOON + timedelta(seconds=9),
                 details={"text": "withdrawal"})  # fmt: skip
    desk.stores(Batch(events=(edit,)))
    desk.judges()
    assert len(desk.cases()) == 1


class Rude(WordClassifier):
    """Gives judgements that cannot be stored for one kind of message."""

    def _assess(self, words: list[str]) -> Assessment:
        found = super()._assess(words)
        return found if "odd" not in words else _with_reasons(found, object())


def _with_reasons(found: Assessment, reason: object) -> Assessment:
    return Assessment(found.topic, found.urgency, found.language, found.complexity, found.confidence,
                      (reason,), found.signals, found.by)  # type: ignore[arg-type]  # fmt: skip


def test_a_message_that_cannot_be_stored_as_judged_stops_nobody(
    desk_on: Any, database: Database
) -> None:
    desk = desk_on(database, classifier=Rude())
    desk.hears(
        a_message("odd withdrawal", id="1"), a_message("withdrawal", id="2", author="b", after=1)
    )
    states = {row.native_id: row.state for row in desk.rows(messages).values()}
    assert states == {"1": "set_aside", "2": "assessed"}
    assert [c.author_id for c in desk.cases()] == ["b"]


def test_the_managers_chat_is_never_a_question(desk: Any) -> None:
    desk.hears(a_message("critical withdrawal", place="-900"))
    assert desk.cases() == []
    assert desk.states() == {}
    assert [row.state for row in desk.rows(messages).values()] == ["assessed"]


def test_imported_history_is_measured_and_says_nothing(desk: Any) -> None:
    desk.stores(Batch((a_message("critical withdrawal"),)), imported=True)
    desk.judges()
    assert desk.case().imported
    assert desk.states() == {}


def test_who_asks_again_after_an_import_is_acknowledged_and_raised(desk: Any) -> None:
    desk.stores(Batch((a_message("critical withdrawal"),)), imported=True)
    desk.judges()
    desk.stores(Batch((a_message("critical withdrawal", id="2", after=90_000),)))
    desk.clock.passes(hours=25)
    desk.judges()
    assert sorted(desk.states()) == ["ack:telegram:-100:2", "alert:telegram:-100:2"]


def test_a_reply_to_an_imported_question_is_raised_once_more(desk: Any) -> None:
    desk.stores(Batch((a_message("critical withdrawal"),)), imported=True)
    desk.judges()
    desk.stores(Batch((a_message("critical withdrawal", id="2", after=90_000, reply_to="1"),)))
    desk.clock.passes(hours=25)
    desk.judges()
    assert [key.rpartition(":")[0] for key in desk.states()] == ["alert:telegram:-100:1"]
    assert not desk.case().imported


def test_a_raised_urgency_alerts_again_once(desk: Any) -> None:
    desk.hears(a_message("withdrawal", id="1"))
    desk.hears(a_message("critical withdrawal", id="2", after=30))
    desk.hears(a_message("critical withdrawal", id="3", after=400))
    alerts = sorted(key for key in desk.states() if key.startswith("alert"))
    assert alerts == ["alert:telegram:-100:1", "alert:telegram:-100:1:critical"]
    assert "now more urgent" in desk.row(alerts[1]).text


def test_who_asks_again_when_staff_has_gone_is_raised_again(desk: Any) -> None:
    desk.hears(a_message("withdrawal", id="1"))
    desk.hears(a_message("all fine", id="2", author=SUPPORT, after=60, reply_to="1"))
    desk.clock.passes(hours=30)
    desk.hears(a_message("withdrawal", id="3", after=30 * 3600))
    assert "asks again" in desk.row("alert:telegram:-100:1:turn2").text
    assert sum(key.startswith("ack") for key in desk.states()) == 1


def test_our_own_posts_are_known_by_their_ids_even_before_we_know_who_we_are(desk: Any) -> None:
    desk.hears(a_message("withdrawal"))
    desk.speaks()
    posted = desk.row("ack:telegram:-100:1")
    desk.hears(a_message("critical withdrawal asking", id=posted.native_id, author="9000", after=5))
    assert len(desk.cases()) == 1
    roles = {row.native_id: row.role for row in desk.rows(messages).values()}
    assert roles[posted.native_id] == "bot"


@pytest.mark.parametrize("kind", [AuthorKind.CHANNEL, AuthorKind.UNKNOWN])
def test_channels_and_unknown_authors_are_not_spoken_to_but_raised(
    desk: Any, kind: AuthorKind
) -> None:
    desk.hears(a_message("withdrawal", kind=kind))
    assert list(desk.states()) == ["alert:telegram:-100:1"]


@pytest.mark.parametrize("kind", [AuthorKind.BOT, AuthorKind.PLATFORM, AuthorKind.ANONYMOUS_ADMIN])
def test_bots_automatic_posts_and_admins_open_no_case(desk: Any, kind: AuthorKind) -> None:
    desk.hears(a_message("withdrawal", kind=kind))
    assert desk.cases() == []


def test_who_asks_us_to_stop_is_remembered(desk: Any) -> None:
    desk.hears(a_message("stop", addressed=True))
    assert [row.author_id for row in desk.rows(optouts).values()] == ["42"]


def test_stop_said_to_somebody_else_is_no_request_to_us(desk: Any) -> None:
    desk.hears(a_message("stop"))
    assert desk.rows(optouts) == {}


def test_the_judgement_is_kept_with_its_reasons(desk: Any) -> None:
    desk.hears(a_message("high withdrawal"))
    (row,) = desk.rows(assessments).values()
    assert (row.topic, row.urgency, row.reasons, row.by) == (
        "withdrawal",
        2,
        ["says withdrawal"],
        "words/1",
    )


def test_an_edit_between_judging_and_storing_is_judged_too(desk_on: Any, sqlite: Database) -> None:
    class Slow(WordClassifier):
        def assess(
            self, found: Sequence[Message], prior: Mapping[str, str] | None = None
        ) -> list[Assessment]:
            if found[0].text == "chatter":
                edit = Event(EventKind.EDITED, Platform.TELEGRAM, "-100", "1", NOON + timedelta(seconds=5),
                             details={"text": "withdrawal"})  # fmt: skip
                desk.stores(Batch(events=(edit,)))
            return super().assess(found, prior)

    desk = desk_on(sqlite, classifier=Slow())
    desk.hears(a_message("chatter"))
    assert desk.case().topic == "withdrawal"


def test_a_deletion_between_judging_and_storing_is_not_quoted(
    desk_on: Any, sqlite: Database
) -> None:
    class Slow(WordClassifier):
        def assess(
            self, found: Sequence[Message], prior: Mapping[str, str] | None = None
        ) -> list[Assessment]:
            if found[0].text:
                gone = Event(EventKind.DELETED, Platform.TELEGRAM, "-100", "1", NOON)
                desk.stores(Batch(events=(gone,)))
            return super().assess(found, prior)

    desk = desk_on(sqlite, classifier=Slow())
    desk.hears(a_message("withdrawal"))
    assert desk.states() == {}


def test_two_workers_judge_each_message_once(either: Any) -> None:
    desk = either
    desk.stores(Batch(tuple(a_message("withdrawal", id=str(n), author=f"a{n % 7}", after=n)
                            for n in range(1, 121))))  # fmt: skip
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while assess_waiting(desk.house, desk.clock(), 10):
                pass
        except BaseException as error:  # noqa: BLE001 - asserted below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len(desk.rows(assessments)) == 120
    assert {row.state for row in desk.rows(messages).values()} == {"assessed"}
    assert len(desk.cases()) == 7


def _reddit(text: str, **more: Any) -> Message:
    return a_message(text, platform=Platform.REDDIT, place="r/acme", thread="t3_q", **more)


def test_comments_of_staff_deep_in_the_tree_answer_in_whatever_batch_they_come(either: Any) -> None:
    desk = either
    desk.hears(_reddit("withdrawal", id="t3_q", author="op"))
    desk.hears(_reddit("fine", id="t1_s", author=SUPPORT, after=60, reply_to="t1_unseen"))
    assert (desk.case().staff_by, desk.case().staff_first_at) == (
        "tree",
        NOON + timedelta(seconds=60),
    )


def test_comments_that_came_before_their_submission_are_found_again(either: Any) -> None:
    """Reddit lists the newest first, and an unfinished walk is stored as far as it went."""
    desk = either
    desk.hears(_reddit("fine", id="t1_s", author=SUPPORT, after=60, reply_to="t1_b"))
    desk.hears(_reddit("me too", id="t1_b", author="b", after=30, reply_to="t3_q"))
    desk.hears(_reddit("withdrawal", id="t3_q", author="op"))
    case = desk.case()
    assert (case.community_first_at, case.staff_first_at) == (
        NOON + timedelta(seconds=30),
        NOON + timedelta(seconds=60),
    )
    assert all(row.case_id == case.id for row in desk.rows(messages).values())


def test_a_key_that_is_taken_stops_no_batch(desk: Any) -> None:
    desk.hears(a_message("withdrawal", id="1"))
    from monitor.store.tables import cases as table

    with (
        desk.database.write() as connection
    ):  # as after a move of the place: same key, somebody else's
        connection.execute(sa.update(table).values(author_id="z", place="-777"))
        connection.execute(sa.update(messages).values(native_id="77", author_id="z", case_id=None))
    desk.hears(
        a_message("withdrawal", id="1", after=9), a_message("deposit", id="3", author="c", after=10)
    )
    assert {row.state for row in desk.rows(messages).values()} == {"assessed"}
    assert len(desk.cases()) == 2


# -- whatever the order of arrival ------------------------------------------------------------

WORDS = ("chatter", "withdrawal asking", "withdrawal", "thanks", "holding")


@st.composite
def conversations(draw: st.DrawFn, *, explicit: bool = False) -> list[Message]:
    """One asker, a staff member and a neighbour, who reply to what they mean. `explicit`: the asker does too."""
    found = [a_message("withdrawal asking", id="1", author="a")]
    seconds = 0
    for number in range(2, draw(st.integers(2, 9)) + 1):
        seconds += draw(st.sampled_from([20, 100, 290, 310, 2000, 90_000]))
        author = draw(st.sampled_from(["a", "a", SUPPORT, "b"]))
        words = draw(st.sampled_from(WORDS if author == "a" else ("chatter", "holding")))
        parents = found if author == "a" else [m for m in found if m.author.id == "a"]
        marked = author != "a" or (explicit and "withdrawal" not in words)
        reply_to = draw(st.sampled_from(parents)).native_id if marked else None
        found.append(
            a_message(words, id=str(number), author=author, after=seconds, reply_to=reply_to)
        )
    return found


def _clocks(case: Case) -> tuple[Any, ...]:
    turns = tuple((t.asked_at, t.staff_at) for t in case.turns)
    return (case.opened_at, case.staff_first_at, case.community_first_at, case.holding_at,
            case.state, case.resolved_at, case.open_turn_at, case.nudges, case.reopened, turns)  # fmt: skip


def _empty(database: Database) -> None:
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "accounts":
                connection.execute(sa.delete(table))


def _hear_in_batches(
    desk: Any, found: Sequence[Message], sizes: Sequence[int]
) -> list[tuple[Any, ...]]:
    _empty(desk.database)
    left = list(found)
    for size in (*sizes, len(left)):
        some, left = left[:size], left[size:]
        desk.stores(Batch(tuple(some)))
        desk.judges()
    return sorted(_clocks(case) for case in desk.cases() if not case.is_empty)


@settings(max_examples=40)
@given(found=conversations(), sizes=st.lists(st.integers(1, 4), max_size=9))
def test_clocks_are_the_same_in_batches_of_any_size(
    desk_for_laws: Any, found: list[Message], sizes: list[int]
) -> None:
    desk = desk_for_laws
    at_once = _hear_in_batches(desk, found, [])
    assert _hear_in_batches(desk, found, sizes) == at_once


@settings(max_examples=60)
@given(
    found=conversations(explicit=True), sizes=st.lists(st.integers(1, 4), max_size=9), how=st.data()
)
def test_clocks_are_the_same_in_any_order_of_arrival(
    desk_for_laws: Any, found: list[Message], sizes: list[int], how: st.DataObject
) -> None:
    """Where people reply to what they mean, and ask about one thing. What is only near its question (no reply
    mark, more than five minutes after it) is not found again when it came first."""
    desk = desk_for_laws
    in_order = _hear_in_batches(desk, found, [])
    arriving = how.draw(st.permutations(found))
    assert _hear_in_batches(desk, arriving, sizes) == in_order, _told(arriving)


def _told(found: Sequence[Message]) -> list[tuple[str, str, int, str | None, str]]:
    return [(m.native_id, m.author.id, int((m.sent_at - NOON).total_seconds()), m.reply_to, m.text)
            for m in found]  # fmt: skip


@pytest.fixture(scope="module")
def desk_for_laws(tmp_path_factory: pytest.TempPathFactory, desk_class: Any) -> Any:
    from monitor.store import migrate
    from monitor.store.database import open_database

    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('laws')}/monitor.db")
    migrate.upgrade(database)
    yield desk_class(database)
    database.close()
