"""A post with a picture goes out as one photo with its text as the caption."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.telegram import TelegramConnector
from monitor.ports import Attachment, Post, Rejected, Unavailable
from monitor.sandbox.faults import Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.serving import Serving
from monitor.sandbox.telegram import TelegramServer

GROUP, TOPIC = -1001234, 77
TOKEN = "1000:AA-canary_token"
PNG = Attachment("day.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 40_000)
POST = Post("key", "report", str(GROUP), "three lines", attachments=(PNG,))


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.close()


@pytest.fixture
def server(serving: Serving) -> TelegramServer:
    made = TelegramServer(Faults(), Happenings(), token=TOKEN, per_chat_per_second=0)
    made.add_chat(GROUP, "Managers", is_forum=True)
    made.add_topic(GROUP, TOPIC, "Reports")
    made.base_url = serving.serve(made.app())
    return made


@pytest.fixture
def connector(server: TelegramServer) -> Iterator[TelegramConnector]:
    made = TelegramConnector(
        "acme", TOKEN, base_url=server.base_url, timeout=2.0, places=(str(GROUP),)
    )
    yield made
    made.close()


def said(server: TelegramServer) -> list[tuple[str, str]]:
    return [(s.kind, s.text) for s in server.messages(GROUP) if s.by_product]


def test_the_text_is_the_caption(server: TelegramServer, connector: TelegramConnector) -> None:
    receipt = connector.send(POST)
    assert said(server) == [("caption", "three lines")]
    assert receipt.native_id == str(server.messages(GROUP)[-1].message_id)


def test_a_long_text_is_cut_to_what_a_caption_may_hold(
    server: TelegramServer, connector: TelegramConnector
) -> None:
    connector.send(replace(POST, text="😀" * 3000))
    ((kind, text),) = said(server)
    assert kind == "caption"
    assert len(text.encode("utf-16-le")) // 2 <= 1024


def test_it_finds_its_topic_and_loses_one_that_is_gone(
    server: TelegramServer, connector: TelegramConnector
) -> None:
    connector.send(replace(POST, thread=str(TOPIC)))
    connector.send(replace(POST, thread="999"))
    assert [s.thread for s in server.messages(GROUP) if s.by_product] == [TOPIC, None]


def test_a_picture_that_telegram_cannot_read_leaves_the_text(
    server: TelegramServer, connector: TelegramConnector
) -> None:
    connector.send(replace(POST, attachments=(replace(PNG, content=b"no picture"),)))
    assert said(server) == [("text", "three lines")]


def test_other_files_are_left_out(server: TelegramServer, connector: TelegramConnector) -> None:
    connector.send(replace(POST, attachments=(Attachment("t.csv", "text/csv", b"a"),)))
    assert said(server) == [("text", "three lines")]


def test_a_chat_that_is_not_there_gets_no_second_try(connector: TelegramConnector) -> None:
    with pytest.raises(Rejected, match="chat not found"):
        connector.send(replace(POST, place="-1009999"))


def test_a_server_that_is_away_has_surely_taken_nothing() -> None:
    away = TelegramConnector("acme", TOKEN, base_url="http://127.0.0.1:9", timeout=1.0)
    with pytest.raises(Unavailable):
        away.send(POST)
    away.close()


def test_who_rules_a_chat_is_told_without_bots(
    server: TelegramServer, connector: TelegramConnector
) -> None:
    server.add_user(7, "Ann", "ann")
    server.add_user(8, "Rose", "rose_bot", is_bot=True)
    server.add_user(9, "Tom", "tom")
    for user, status in ((7, "creator"), (8, "administrator"), (9, "member")):
        server.add_member(GROUP, user, status)
    (found,) = connector.administrators()
    assert (found.place, found.id, found.name, found.handle) == (str(GROUP), "7", "Ann", "ann")


def test_a_chat_that_does_not_tell_rules_nobody_out(server: TelegramServer) -> None:
    server.add_user(7, "Ann", "ann")
    server.add_member(GROUP, 7, "administrator")
    places = ("-1009999", str(GROUP))
    both = TelegramConnector("acme", TOKEN, base_url=server.base_url, timeout=2.0, places=places)
    assert [a.id for a in both.administrators()] == ["7"]
    both.close()
