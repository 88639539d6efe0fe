"""A desk chat with topics: each card stands in the topic of its urgency or language, and moves when that changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.assessment import Urgency
from monitor.stages import attention, cards
from monitor.store import desk as store
from monitor.testing import a_message

THREADS = {"critical": 12, "en": 34}


@pytest.fixture
def topics(desk: Any) -> Any:
    """A desk whose critical cases stand in topic 12, and those in English in 34."""
    return in_topics(desk, THREADS)


def in_topics(desk: Any, threads: dict[str, int]) -> Any:
    desk.board = replace(desk.board, threads=threads)
    desk.inbox.board = desk.board
    desk.outbox = replace(
        desk.outbox, dress=cards.dressing(desk.board), instead=attention.listing_instead(desk.board)
    )
    desk.works()
    return desk


def posts(desk: Any) -> list[tuple[str | None, str]]:
    return [(p.thread, p.text.partition("\n")[0]) for p in desk.at.posts if p.place == "-900"]


def natives(desk: Any) -> tuple[str, ...]:
    return tuple(key for key, post in desk.at.shown.items() if post.place == "-900")


def test_a_card_stands_in_the_topic_of_its_urgency_else_of_its_language(topics: Any) -> None:
    topics.hears(a_message("withdrawal stuck", id="1", author="a"))
    topics.hears(a_message("deposit critical", id="2", author="b"))
    topics.works()
    assert set(posts(topics)) == {
        ("34", "🟡 NORMAL · withdrawal · en · #1"),
        ("12", "🔴 CRITICAL · deposit · en · #2"),
    }


def test_what_has_no_topic_of_its_own_stands_in_general(desk: Any) -> None:
    in_topics(desk, {"zh": 34})
    desk.hears(a_message("withdrawal stuck"))
    desk.works()
    assert posts(desk)[0][0] is None


def test_a_card_that_becomes_critical_is_made_anew_in_its_topic_and_the_old_one_points_there(topics: Any) -> None:  # fmt: skip
    topics.hears(a_message("withdrawal stuck"))
    topics.works()
    (old,) = natives(topics)
    topics.hears(a_message("withdrawal critical", id="2", after=30))
    topics.works()
    assert [thread for thread, _ in posts(topics)] == ["34", "12"]  # one post for one piece of news
    assert topics.at.shown[old].text == "↪ #1: its card stands elsewhere in this chat now."
    assert topics.at.shown[old].buttons == ()
    assert topics.card().text.startswith("🔴 CRITICAL")
    assert topics.card().buttons
    posted = len(topics.at.posts)
    topics.clock.passes(minutes=5)
    topics.works()
    assert len(topics.at.posts) == posted


def test_a_card_moves_when_a_person_says_how_urgent_it_is(topics: Any) -> None:
    topics.hears(a_message("withdrawal stuck"))
    topics.works()
    (old,) = natives(topics)
    raise_by_hand(topics)
    topics.works()
    topics.works()
    assert [thread for thread, _ in posts(topics)] == ["34", "12"]
    assert topics.at.shown[old].text.startswith("↪ #1")


def raise_by_hand(desk: Any) -> None:
    from monitor.store import cases

    with desk.database.write() as connection:
        (case,) = cases.load(connection, [1]).values()
        cases.update_all(connection, [replace(case, urgency=Urgency.CRITICAL)])


def test_a_move_that_another_post_has_made_is_not_made_twice(topics: Any) -> None:
    topics.hears(a_message("withdrawal stuck"))
    topics.works()
    raise_by_hand(topics)
    with topics.database.write() as connection:  # somebody asks for its card, which goes out first
        cards.post_anew(connection, topics.board, topics.case(), topics.clock())
    topics.clock.passes(seconds=5)
    topics.refreshes()  # the move is queued
    topics.works()
    topics.works()
    in_critical = [p for p in topics.at.posts if p.thread == "12"]
    assert len(in_critical) == 1
    assert [s for key, s in topics.states().items() if ":to:12:" in key] == ["cancelled"]


def test_lines_under_a_card_go_to_its_topic_and_answers_to_managers_to_theirs(topics: Any) -> None:
    topics.hears(a_message("withdrawal critical"))
    topics.works()
    topics.clock.now = topics.case().due_at
    attention.remind(topics.board, topics.clock())
    topics.works()
    line = topics.at.posts[-1]
    assert (line.thread, line.reply_to is not None) == ("12", True)


def test_an_answer_to_the_pointer_still_reaches_the_asker(topics: Any) -> None:
    topics.hears(a_message("withdrawal stuck"))
    topics.works()
    (old,) = natives(topics)
    topics.hears(a_message("withdrawal critical", id="2", after=30))
    topics.works()
    topics.manager("It left at noon.", id="d1", reply_to=old)
    assert "It left at noon." in topics.at.said("-100")


def test_a_card_of_which_nobody_waits_any_more_stays_where_it_is(topics: Any) -> None:
    topics.hears(a_message("withdrawal stuck"))
    topics.works()
    topics.hears(a_message("sent", id="2", author="support", reply_to="1", after=10))
    raise_by_hand(topics)
    topics.works()
    assert [thread for thread, _ in posts(topics)] == ["34"]


def test_a_repeat_that_can_no_longer_be_deleted_becomes_a_pointer(desk: Any) -> None:
    from monitor.ports import Rejected

    desk.works()
    desk.hears(a_message("withdrawal stuck"))
    desk.works()
    (old,) = natives(desk)
    desk.connector.delete = refusing(Rejected("Bad Request: message can't be deleted"))
    with desk.database.write() as connection:
        cards.post_anew(connection, desk.board, desk.case(), desk.clock())
    desk.works()
    assert desk.at.shown[old].text.startswith("↪ #1")
    with desk.database.read() as connection:
        assert store.card_of(connection, 1).extra_id is None
    posted = len(desk.at.posts)
    desk.works()
    assert len(desk.at.posts) == posted


def refusing(refusal: Exception) -> Any:
    def refuse(*_: Any) -> None:
        raise refusal

    return refuse
