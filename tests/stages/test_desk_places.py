"""Where a manager's answer goes: the right place, thread and message on every platform; shown first where all read it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.messages import Platform
from monitor.core.triage import Kind
from monitor.stages import relay
from monitor.testing import a_message

ANSWER = "It left at noon."


@pytest.fixture
def room(either: Any) -> Any:
    either.works()
    return either


def asked(desk: Any, text: str = "withdrawal stuck", **where: Any) -> None:
    desk.hears(a_message(text, summoned=True, **where))
    desk.works()


def answers(desk: Any, text: str = ANSWER) -> Any:
    """A reply to the newest card; what the desk said then."""
    native = next(key for key, post in desk.at.shown.items() if post == desk.card())
    desk.clock.passes(minutes=4)
    desk.manager(text, id="d1", reply_to=native)
    return desk.at.posts[-1]


@pytest.mark.parametrize(
    ("where", "name", "thread"),
    [
        ({"id": "t1_abc", "place": "r/example", "platform": Platform.REDDIT, "thread": "t3_xyz", "place_kind": "subreddit"},
         "Reddit", "t3_xyz"),
        ({"id": "501", "place": "x", "platform": Platform.TWITTER, "thread": "400", "reply_to": "400"}, "X", "400"),
    ],
)  # fmt: skip
def test_where_everybody_reads_it_the_writer_is_shown_it_first_and_it_goes_below_the_question(
    room: Any, where: dict[str, Any], name: str, thread: str
) -> None:
    asked(room, **where)
    shown = answers(room)
    assert (shown.place, shown.text) == ("-900", f"Everybody on {name} will read this.\n\n{ANSWER}")
    assert [b.label for row in shown.buttons for b in row] == ["Send", "Discard"]
    assert ANSWER not in room.at.said(where["place"])
    assert room.presses("", press="s1", data=shown.buttons[0][0].data) == "On its way."
    assert room.presses("", press="s2", data=shown.buttons[0][0].data) == "It was sent."
    said = [p for p in room.at.posts if p.kind == Kind.RELAY]
    assert [(p.place, p.thread, p.reply_to, p.text) for p in said] == [
        (where["place"], thread, where["id"], ANSWER)
    ]
    assert "✅ Answered · Sam after 4 min" in room.card().text


def test_what_is_discarded_is_never_said(room: Any) -> None:
    asked(room, id="501", place="x", platform=Platform.TWITTER, thread="501")
    shown = answers(room)
    drop = shown.buttons[0][1].data
    assert room.presses("", press="s1", data=drop) == "Discarded."
    assert room.presses("", press="s2", data=shown.buttons[0][0].data) == "It was not sent."
    assert ANSWER not in room.at.said("x")
    assert room.case().is_waiting


def test_in_a_group_with_topics_all_goes_into_the_askers_topic(room: Any) -> None:
    asked(room, thread="55")
    (ack,) = [p for p in room.at.posts if p.kind == Kind.ACKNOWLEDGEMENT]
    assert (ack.place, ack.thread, ack.reply_to) == ("-100", "55", "1")
    said = answers(room)
    assert (said.place, said.thread, said.reply_to, said.text) == ("-100", "55", "1", ANSWER)


def test_it_answers_the_last_that_was_asked(room: Any) -> None:
    asked(room)
    room.hears(a_message("withdrawal asking", id="7", after=400))
    room.clock.passes(seconds=400)
    room.works()
    assert answers(room).reply_to == "7"


def test_a_private_chat_with_the_bot_is_one_more_place_to_ask(room: Any) -> None:
    asked(room, id="31", place="tg:42", place_kind="private", addressed=True)
    assert room.at.said("tg:42") == ["We have seen your withdrawal question."]
    assert "withdrawal stuck" in room.card().text
    said = answers(room)
    assert (said.place, said.text) == ("tg:42", ANSWER)
    assert "✅ Answered · Sam" in room.card().text


@pytest.mark.parametrize(
    ("place", "platform", "length", "says"),
    [
        ("r/example", Platform.REDDIT, 10_001, "too long for Reddit (10001 of 10000)"),
        ("x", Platform.TWITTER, 281, "too long for X (281 of 280; Chinese, Japanese and Korean count double)"),
    ],
)  # fmt: skip
def test_each_platforms_own_length_counts(
    room: Any, place: str, platform: Platform, length: int, says: str
) -> None:
    asked(room, id="501", place=place, platform=platform, thread="501")
    assert answers(room, "x" * length).text.startswith(f"Not sent: {says}.")
    assert not [text for text in room.at.said(place) if text.startswith("xxx")]


def test_ready_answers_are_in_the_askers_language(room: Any) -> None:
    texts = {"en": "We are on it.", "zh": "我们正在处理。"}
    replies = dict.fromkeys(room.playbook.replies, texts)
    room.playbook = replace(room.playbook, replies=replies)
    speaks_chinese(room)
    asked(room)
    room.presses("💬 Quick answer", press="a")
    label = room.card().buttons[0][0].label
    assert label.endswith("(zh)")
    room.presses(label, press="b")
    assert room.at.posts[-1].text == f"{relay.OFFERED}\n\n我们正在处理。"


def speaks_chinese(desk: Any) -> None:
    judge = desk.house.classifier

    class Chinese(type(judge)):  # type: ignore[misc]
        def assess(self, messages: Any, prior: Any = None) -> Any:
            return [replace(a, language="zh") for a in super().assess(messages, prior)]

    desk.house = replace(desk.house, classifier=Chinese())
