"""The Telegram connector against the sandbox, through the real python-telegram-bot."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.telegram import ALLOWED_UPDATES, TelegramConnector, connect
from monitor.core.messages import AuthorKind, EventKind
from monitor.ports import (
    Batch,
    Connector,
    Editable,
    Pinning,
    Post,
    Reacting,
    Receipt,
    Refusal,
    Rejected,
    Searchable,
    Standing,
    Unauthorized,
    Unavailable,
    Uncertain,
)
from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.serving import Serving
from monitor.sandbox.telegram import TelegramServer
from monitor.testing import ConnectorContract, Stage

GROUP, FORUM, SMALL, TOPIC = -1001234, -1005678, -45, 77
ANN, ROSE = 7, 8
TOKEN = "1000:AA-canary_token"
POST = Post("key", "alert", str(GROUP), "hello")


@dataclass
class Room:
    """A sandbox with some chats, what was asked of it, and connectors to it."""

    server: TelegramServer
    faults: Faults
    url: str
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    opened: list[TelegramConnector] = field(default_factory=list)
    now: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def connector(self, **options: Any) -> TelegramConnector:
        given = {"base_url": self.url, "timeout": 1.0, "poll_timeout": 0.2, "token": TOKEN}
        given |= {"clock": lambda: self.now} | options
        connector = TelegramConnector("acme", given.pop("token"), **given)
        self.opened.append(connector)
        return connector

    def breaks(self, kind: FaultKind, operation: str = "sendMessage", **more: Any) -> None:
        self.faults.add(Fault("telegram", operation, kind, **({"seconds": 2.5} | more)))

    def said(self, chat: int = GROUP) -> list[str]:
        return [said.text for said in self.server.messages(chat) if said.by_product]

    def requests(self, method: str) -> list[dict[str, Any]]:
        return [asked for name, asked in self.asked if name == method]


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.close()


def furnish(serving: Serving, **options: Any) -> Room:
    faults = Faults()
    room = Room(None, faults, "")  # type: ignore[arg-type]
    given: dict[str, Any] = {"per_chat_per_second": 0, "clock": lambda: room.now} | options
    server = TelegramServer(faults, Happenings(), token=TOKEN, **given)
    app = server.app()

    @web.middleware
    async def note(request: web.Request, handler: Callable[..., Any]) -> Any:
        room.asked.append((request.match_info["method"], dict(await request.post())))
        return await handler(request)

    app.middlewares.insert(0, note)
    server.add_user(ANN, "Ann", "ann", language_code="ko")
    server.add_user(ROSE, "Rose", "rose_bot", is_bot=True)
    server.add_chat(GROUP, "Traders")
    server.add_chat(FORUM, "Forum", is_forum=True)
    server.add_topic(FORUM, TOPIC, "Help")
    server.add_chat(SMALL, "Small", kind="group")
    room.server, room.url = server, serving.serve(app)
    return room


@pytest.fixture
def room(serving: Serving) -> Iterator[Room]:
    room = furnish(serving)
    yield room
    for connector in room.opened:
        connector.close()


@pytest.fixture(params=["straight", "through a proxy"])
def reached(room: Room, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Room:
    """The sandbox, once as it is and once as a proxy that stands before a host that nobody knows."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if request.param != "straight":
        monkeypatch.setenv("HTTP_PROXY", room.url)
        room.url = "http://telegram.example"
    return room


def fetched(connector: TelegramConnector, cursor: str | None = None) -> Batch:
    return connector.fetch("updates", cursor, 100)


def refusal_of(connector: TelegramConnector, post: Post = POST) -> Refusal:
    with pytest.raises(Refusal) as caught:
        connector.send(post)
    return caught.value


class TestContract(ConnectorContract):
    """What every connector must keep."""

    @pytest.fixture(autouse=True)
    def _furnished(self, serving: Serving) -> Iterator[None]:
        self.rooms: list[Room] = []
        self.serving = serving
        yield
        for room in self.rooms:
            for connector in room.opened:
                connector.close()

    def make_stage(self) -> Stage:
        room = furnish(self.serving)
        self.rooms.append(room)

        def write(count: int) -> None:
            for number in range(count):
                room.server.say(GROUP, ANN, f"question {number}")

        def break_next(kind: str) -> None:
            if kind == "refuse":
                room.opened[-1].close()
                room.opened[-1].__init__(  # type: ignore[misc]
                    "acme", TOKEN, base_url=nobody_listens(), timeout=0.4, poll_timeout=0.2
                )
            elif kind == "read_error":
                room.breaks(FaultKind.ERROR, "getUpdates")
            else:
                room.breaks(FaultKind(kind), seconds=7)

        return Stage(
            connector=room.connector,
            write=write,
            post=POST,
            posts=lambda: len(room.said()),
            break_next=break_next,
            too_long=replace(POST, text="long " * 5000),
        )


def nobody_listens() -> str:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


# -- reading


def test_messages_in_topics_replies_and_small_groups_are_read(room: Room) -> None:
    first = room.server.say(GROUP, ANN, "hi @desk_bot")
    room.server.say(GROUP, ANN, "again", reply_to=first)
    room.server.say(FORUM, ANN, "in a topic", thread=TOPIC)
    room.server.say(FORUM, ANN, "in general")
    room.server.say(SMALL, ANN, "small", caption=True)
    room.server.say(GROUP, ANN, "rich\ntext", rich=True)
    messages = fetched(room.connector()).messages
    seen = [(m.place, m.text, m.thread, m.reply_to) for m in messages]
    assert seen == [
        (str(GROUP), "hi @desk_bot", None, None),
        (str(GROUP), "again", None, str(first)),
        (str(FORUM), "in a topic", str(TOPIC), None),
        (str(FORUM), "in general", None, None),
        ("acme:-45", "small", None, None),
        (str(GROUP), "rich\ntext", None, None),
    ]
    assert [m.addressed for m in messages] == [True] + [False] * 5
    assert messages[0].reply_to_author is None
    assert messages[1].reply_to_author == str(ANN)


def test_anonymous_admins_and_channels_are_told_from_people(room: Room) -> None:
    room.server.add_chat(-100999, "News", kind="channel")
    room.server.say(GROUP, ANN, "as the group", as_chat=GROUP)
    room.server.say(GROUP, ANN, "as a channel", as_chat=-100999)
    room.server.say(GROUP, None, "forwarded", as_chat=-100999, automatic=True)
    room.server.say(-100999, None, "posted")
    authors = [m.author for m in fetched(room.connector()).messages]
    assert [a.kind for a in authors] == [
        AuthorKind.ANONYMOUS_ADMIN,
        AuthorKind.CHANNEL,
        AuthorKind.PLATFORM,
        AuthorKind.CHANNEL,
    ]
    assert authors[0].id == str(GROUP)


def test_edits_reactions_buttons_and_membership_are_events(room: Room) -> None:
    connector = room.connector()
    cursor = fetched(connector).next_cursor  # tells Telegram which updates we want
    said = room.server.say(GROUP, ANN, "frist")
    room.server.say(GROUP, ANN, "first", edit_of=said)
    room.server.react(GROUP, ANN, said, "👍")
    room.server.set_bot_status(GROUP, "member")
    events = fetched(connector, cursor).events
    assert [e.kind for e in events] == [
        EventKind.EDITED,
        EventKind.REACTION,
        EventKind.MEMBERSHIP,
    ]
    assert [e.details.get("text") or e.details.get("emoji") for e in events[:2]] == ["first", "👍"]


def test_a_crash_before_the_store_loses_nothing(room: Room) -> None:
    room.server.say(GROUP, ANN, "one")
    first = fetched(room.connector())
    again = fetched(room.connector())
    assert first.messages == again.messages
    assert len(again.messages) == 1


def test_a_restart_with_a_saved_cursor_reads_only_what_is_new(room: Room) -> None:
    room.server.say(GROUP, ANN, "one")
    cursor = fetched(room.connector()).next_cursor
    room.server.say(GROUP, ANN, "two")
    assert [m.text for m in fetched(room.connector(), cursor).messages] == ["two"]


def test_a_backlog_is_read_page_by_page_until_complete(room: Room) -> None:
    connector = room.connector()
    cursor, texts = fetched(connector).next_cursor, []
    for number in range(5):
        room.server.say(GROUP, ANN, str(number))
    for complete in (False, False, True):
        batch = connector.fetch("updates", cursor, 2)
        assert batch.complete is complete
        cursor = batch.next_cursor
        texts += [m.text for m in batch.messages]
    assert texts == ["0", "1", "2", "3", "4"]


def test_after_a_quiet_week_a_lower_number_is_not_lost(room: Room) -> None:
    connector = room.connector()
    room.server.restart_update_ids(1_000_000_000)
    room.server.say(GROUP, ANN, "before")
    cursor = fetched(connector).next_cursor
    cursor = fetched(connector, cursor).next_cursor
    for _ in range(8):  # it polls all the time; only nothing comes
        room.now += timedelta(days=1)
        cursor = fetched(connector, cursor).next_cursor
    room.server.restart_update_ids(17)
    room.server.say(GROUP, ANN, "after")
    batch = fetched(connector, cursor)
    assert [m.text for m in batch.messages] == ["after"]
    assert json.loads(batch.next_cursor or "")["offset"] == 19 - 1


def test_more_than_a_day_without_a_poll_is_a_gap(room: Room) -> None:
    connector = room.connector()
    asked_at = room.now
    cursor = fetched(connector).next_cursor
    room.now += timedelta(hours=23)
    assert fetched(connector, cursor).gap is None
    room.now += timedelta(hours=7)
    gap = fetched(connector, cursor).gap
    assert gap is not None
    assert (gap.since, gap.until) == (asked_at, room.now - timedelta(hours=24))


def test_a_poison_update_stops_none_and_moves_on(room: Room) -> None:
    room.server.say(GROUP, ANN, "good")
    room.server.push_raw({"message": {"date": "not-a-date", "text": "x"}})
    room.server.push_raw({"message": {"text": "nameless"}}, numbered=False)
    room.server.say(GROUP, ANN, "fine")
    connector = room.connector()
    batch = fetched(connector)
    assert [m.text for m in batch.messages] == ["good", "fine"]
    assert len(batch.quarantined) == 2
    fetched(connector, batch.next_cursor)
    assert room.server.unconfirmed == 0


def test_duplicates_and_disorder_are_kept_apart_by_their_keys(room: Room) -> None:
    connector = room.connector()
    cursor = fetched(connector).next_cursor
    room.server.duplicate_updates(2)
    room.server.shuffle_updates()
    for number in range(6):
        room.server.say(GROUP, ANN, str(number))
    batch = fetched(connector, cursor)
    assert len({m.key for m in batch.messages}) == 6
    assert len(batch.messages) == 8
    assert not fetched(connector, batch.next_cursor).messages


def test_each_poll_names_the_updates_it_wants(room: Room) -> None:
    fetched(room.connector())
    (asked,) = room.requests("getUpdates")
    assert json.loads(asked["allowed_updates"]) == list(ALLOWED_UPDATES)
    assert "offset" not in asked


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        (FaultKind.UNAUTHORIZED, Unauthorized),
        (FaultKind.NOT_FOUND, Unauthorized),
        (FaultKind.TOO_MANY, Unavailable),
        (FaultKind.ERROR, Unavailable),
        (FaultKind.ACCEPT_THEN_HANG, Unavailable),
        (FaultKind.HANG, Unavailable),
        (FaultKind.DROP, Unavailable),
        (FaultKind.TRUNCATED, Unavailable),
        (FaultKind.HTML, Unavailable),
    ],
)
def test_a_failed_poll_is_told_and_the_next_one_works(
    room: Room, fault: FaultKind, refusal: type[Refusal]
) -> None:
    room.server.say(GROUP, ANN, "still here")
    connector = room.connector()
    room.breaks(fault, "getUpdates")
    with pytest.raises(refusal):
        fetched(connector)
    assert [m.text for m in fetched(connector).messages] == ["still here"]


def test_an_answer_without_a_result_is_unavailable(room: Room, serving: Serving) -> None:
    async def odd(_: web.Request) -> web.Response:
        return web.json_response({"ok": False})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", odd)
    connector = room.connector(base_url=serving.serve(app))
    with pytest.raises(Unavailable):
        fetched(connector)
    assert isinstance(refusal_of(connector), Uncertain)


def test_another_poller_is_named_as_the_cause(room: Room) -> None:
    first = room.connector(poll_timeout=20)
    second = room.connector()
    cursor = fetched(first).next_cursor
    heard: list[Refusal] = []

    def wait() -> None:
        try:
            fetched(first, cursor)
        except Refusal as refusal:
            heard.append(refusal)

    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: len(room.requests("getUpdates")) == 2)
    fetched(second)
    thread.join(10)
    assert isinstance(heard[0], Unavailable)
    assert heard[0].code == "409"
    assert "another program" in heard[0].reason


def until(condition: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(500):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("it did not come to pass in 5 s")


def test_closing_from_another_thread_ends_a_long_poll(reached: Room) -> None:
    connector = reached.connector(poll_timeout=40, timeout=10)
    cursor = fetched(connector).next_cursor
    heard: list[Refusal] = []

    def wait() -> None:
        try:
            fetched(connector, cursor)
        except Refusal as refusal:
            heard.append(refusal)

    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: len(reached.requests("getUpdates")) == 2)
    connector.close()
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(heard[0], Unavailable)
    assert isinstance(refusal_of(connector), Unavailable)


def test_a_server_that_trickles_costs_only_the_deadline(room: Room, serving: Serving) -> None:
    released = threading.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while not released.is_set():
            await answer.write(b" ")
            await asyncio.sleep(0.05)
        return answer

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", trickle)
    connector = room.connector(base_url=serving.serve(app))
    assert isinstance(refusal_of(connector), Uncertain)
    with pytest.raises(Unavailable):
        fetched(connector)
    released.set()


def test_connections_that_hang_are_made_anew(room: Room) -> None:
    connector = room.connector(timeout=0.1, poll_timeout=0.1)
    fetched(connector)
    room.breaks(FaultKind.HANG, "getUpdates", times=6, seconds=30)
    for _ in range(6):
        with pytest.raises(Unavailable):
            fetched(connector)
    room.server.say(GROUP, ANN, "back")
    assert [m.text for m in fetched(connector).messages] == ["back"]


# -- writing


@pytest.mark.parametrize(
    ("fault", "refusal", "posted"),
    [
        (FaultKind.ACCEPT_THEN_ERROR, Uncertain, 1),
        (FaultKind.ACCEPT_THEN_HANG, Uncertain, 1),
        (FaultKind.ACCEPT_THEN_DROP, Uncertain, 1),
        (FaultKind.ACCEPT_LATE, Uncertain, 0),
        (FaultKind.TRUNCATED, Uncertain, 1),
        (FaultKind.ERROR, Uncertain, 0),
        (FaultKind.HANG, Uncertain, 0),
        (FaultKind.DROP, Uncertain, 0),
        (FaultKind.HTML, Uncertain, 0),
        (FaultKind.TOO_MANY, Unavailable, 0),
        (FaultKind.UNAUTHORIZED, Unauthorized, 0),
        (FaultKind.NOT_FOUND, Unauthorized, 0),
    ],
)
def test_a_failed_send_is_one_request_and_the_right_refusal(
    reached: Room, fault: FaultKind, refusal: type[Refusal], posted: int
) -> None:
    connector = reached.connector()
    reached.breaks(fault)
    assert type(refusal_of(connector)) is refusal
    assert len(reached.requests("sendMessage")) == 1
    assert len(reached.said()) == posted


@pytest.mark.parametrize("seconds", [7, None])
def test_the_time_to_wait_is_told_if_telegram_tells(reached: Room, seconds: int | None) -> None:
    reached.breaks(FaultKind.TOO_MANY, seconds=seconds)
    refusal = refusal_of(reached.connector())
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_a_post_gives_a_receipt_in_the_platforms_time(reached: Room) -> None:
    receipt = reached.connector().send(POST)
    assert receipt == Receipt("1", reached.now, "https://t.me/c/1234/1")
    assert reached.said() == ["hello"]


def test_a_post_with_a_link_shows_it_below_without_a_preview(room: Room) -> None:
    link = "https://t.me/c/1234/1"
    room.connector().send(replace(POST, text="😀 look", link=link, silent=True))
    assert room.said() == [f"😀 look\n{link}"]
    (asked,) = room.requests("sendMessage")
    assert json.loads(asked["entities"]) == [
        {"type": "text_link", "offset": 8, "length": len(link), "url": link}
    ]
    assert json.loads(asked["link_preview_options"]) == {"is_disabled": True}
    assert asked["disable_notification"] == "true"
    assert "parse_mode" not in asked


def test_a_text_that_is_too_long_is_cut_to_fit(room: Room) -> None:
    room.connector().send(replace(POST, text="😀" * 5000))
    assert room.said()[0].endswith("…")


def test_a_reply_finds_its_topic_by_itself(room: Room) -> None:
    asked = room.server.say(FORUM, ANN, "help", thread=TOPIC)
    reply = Post("k", "acknowledgement", str(FORUM), "soon", thread=str(TOPIC), reply_to=str(asked))
    receipt = room.connector().send(reply)
    (said,) = [s for s in room.server.messages(FORUM) if s.by_product]
    assert (said.thread, said.reply_to) == (TOPIC, asked)
    assert receipt.link == f"https://t.me/c/5678/{receipt.native_id}?thread={TOPIC}"
    assert "message_thread_id" not in room.requests("sendMessage")[0]


def test_a_public_reply_never_stands_without_its_question(room: Room) -> None:
    connector = room.connector()
    for kind in ("acknowledgement", "answer"):
        gone = replace(POST, kind=kind, reply_to="404")
        assert isinstance(refusal_of(connector, gone), Rejected)
    connector.send(replace(POST, kind="alert", reply_to="404"))
    assert len(room.said()) == 1


def test_a_closed_topic_costs_the_topic_not_the_message(room: Room) -> None:
    room.connector().send(replace(POST, thread="999"))
    assert room.said() == ["hello"]
    assert [("message_thread_id" in a) for a in room.requests("sendMessage")] == [True, False]


def test_a_migrated_group_tells_its_new_place(room: Room) -> None:
    connector = room.connector()
    new = room.server.migrate(SMALL)
    refusal = refusal_of(connector, replace(POST, place="acme:-45"))
    assert isinstance(refusal, Rejected)
    assert refusal.moved_to == str(new)
    assert connector.send(replace(POST, place=str(new))).place is None
    events = fetched(connector).events
    assert {(e.place, e.details["to"]) for e in events} == {("acme:-45", str(new))}


@pytest.mark.parametrize("place", ["guest:acme:-1001234", "r/bitcoin", "-1009999", "other:-45"])
def test_a_place_where_we_cannot_speak_is_rejected(room: Room, place: str) -> None:
    assert isinstance(refusal_of(room.connector(), replace(POST, place=place)), Rejected)


def test_a_bot_that_was_thrown_out_is_rejected(room: Room) -> None:
    room.server.kick_bot(GROUP)
    refusal = refusal_of(room.connector())
    assert isinstance(refusal, Rejected)
    assert "kicked" in refusal.reason


def test_own_posts_can_be_edited_and_taken_back(room: Room) -> None:
    connector = room.connector()
    receipt = connector.send(POST)
    connector.edit(receipt, POST.place, "better")
    connector.edit(receipt, POST.place, "better")
    assert room.said() == ["better"]
    connector.delete(receipt, POST.place)
    connector.delete(receipt, POST.place)
    assert room.said() == []


def test_we_can_react(room: Room) -> None:
    asked = room.server.say(GROUP, ANN, "help")
    connector = room.connector()
    connector.react(str(GROUP), str(asked), "👀")
    assert room.server.messages(GROUP)[0].reactions == {1000: "👀"}
    with pytest.raises(Rejected):
        connector.react(str(GROUP), str(asked), "🦥")


def test_we_pin_silently_and_let_go(room: Room) -> None:
    connector = room.connector()
    receipt = connector.send(POST)
    connector.pin(POST.place, receipt.native_id)
    connector.pin(POST.place, receipt.native_id)
    assert room.server.pinned(int(POST.place)) == [int(receipt.native_id)]
    connector.unpin(POST.place, receipt.native_id)
    connector.unpin(POST.place, receipt.native_id)
    assert room.server.pinned(int(POST.place)) == []
    with pytest.raises(Rejected, match="not found"):
        connector.pin(POST.place, "404")


def test_it_offers_what_telegram_offers(room: Room) -> None:
    connector = room.connector()
    assert isinstance(connector, Connector)
    assert isinstance(connector, Editable)
    assert isinstance(connector, Reacting)
    assert isinstance(connector, Pinning)
    assert not isinstance(connector, Searchable)


# -- what it says about itself


def test_a_healthy_account_has_no_failed_finding(room: Room) -> None:
    health = room.connector(places=[str(GROUP), "acme:-45"]).check()
    assert health.ok
    assert (health.identity, health.handle) == ("1000", "desk_bot")
    assert [f.standing for f in health.findings] == [Standing.OK] * 4


@pytest.mark.parametrize(
    ("status", "privacy", "standing", "words"),
    [
        ("administrator", True, Standing.OK, "administrator"),
        ("member", False, Standing.OK, "member"),
        ("member", True, Standing.FAILED, "privacy"),
        ("restricted", False, Standing.FAILED, "may not write"),
        ("left", False, Standing.FAILED, "not a member"),
        ("kicked", False, Standing.FAILED, "kicked"),
    ],
)
def test_check_tells_what_is_wrong_in_a_place_and_what_to_do(
    room: Room, status: str, privacy: bool, standing: Standing, words: str
) -> None:
    room.server.set_bot_status(GROUP, status)
    room.server.privacy_mode = privacy
    finding = room.connector(places=[str(GROUP)]).check().findings[-1]
    assert finding.standing is standing
    assert words in finding.found
    assert bool(finding.remedy) is (standing is not Standing.OK)


def test_check_finds_privacy_mode_a_webhook_and_a_moved_group(room: Room) -> None:
    room.server.privacy_mode = True
    room.server.webhook_url = "https://elsewhere.example/hook"
    new = room.server.migrate(SMALL)
    webhook, privacy = room.connector().check().findings[1:]
    moved = room.connector(places=["acme:-45"]).check().findings[-1]
    assert (webhook.standing, privacy.standing) == (Standing.FAILED, Standing.WARNING)
    assert "@desk_bot" in privacy.remedy
    assert str(new) in moved.remedy
    with pytest.raises(Unavailable):
        fetched(room.connector())


def test_check_never_raises(room: Room) -> None:
    for connector in (
        room.connector(token="1000:wrong"),
        room.connector(base_url=nobody_listens()),
    ):
        (finding,) = connector.check().findings
        assert finding.standing is Standing.FAILED
        assert finding.remedy


# -- secrets and settings


def test_the_token_is_in_no_text_that_leaves_us(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connectors = [room.connector(), room.connector(base_url=nobody_listens())]
    texts = []
    for fault in FaultKind:
        room.faults.clear()
        room.breaks(fault, "*", seconds=2.5)
        for connector in connectors:
            refusal = refusal_of(connector)
            texts += [str(refusal), repr(refusal), *traceback.format_exception(refusal)]
            assert refusal.__cause__ is None
            assert refusal.__context__ is None
    texts += [caplog.text, repr(connectors), str([vars(c) for c in connectors])]
    assert len(texts) > 30
    assert not [text for text in texts if "canary" in text]


@pytest.mark.parametrize(
    ("options", "secrets", "words"),
    [
        ({}, {}, "accounts.acme.token"),
        ({"basis": 1}, {"token": TOKEN}, "accounts.acme.basis"),
        ({"timeout": "soon"}, {"token": TOKEN}, "accounts.acme.timeout"),
        ({"poll_timeout": 0}, {"token": TOKEN}, "accounts.acme.poll_timeout"),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    options: dict[str, Any], secrets: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError) as caught:
        connect("acme", options, secrets)
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)


def test_connect_makes_a_connector_that_works(room: Room) -> None:
    connector = connect("acme", {"base_url": room.url + "/", "timeout": 1}, {"token": TOKEN})
    room.opened.append(connector)
    assert connector.send(POST).native_id == "1"


def test_all_that_is_asked_is_in_the_specification(room: Room, shared: Path) -> None:
    path = shared / "specs" / "telegram-bot-api.json"
    if not path.is_file():
        pytest.skip(f"no Bot API specification at {path}")
    methods = json.loads(path.read_text())["methods"]
    connector = room.connector(places=[str(GROUP)])
    asked = room.server.say(FORUM, ANN, "help", thread=TOPIC)
    connector.check()
    fetched(connector, fetched(connector).next_cursor)
    receipt = connector.send(replace(POST, link="https://example.org", silent=True))
    reply = replace(POST, place=str(FORUM), thread=str(TOPIC), reply_to=str(asked))
    connector.send(reply)
    connector.edit(receipt, POST.place, "better")
    connector.react(str(FORUM), str(asked), "👀")
    connector.delete(receipt, POST.place)
    with pytest.raises(Rejected):
        connector.answer_button("1", "taken")
    assert len({method for method, _ in room.asked}) == 10
    for method, values in room.asked:
        fields = {f["name"]: f["required"] for f in methods[method].get("fields", [])}
        assert set(values) <= set(fields)
        assert {name for name, required in fields.items() if required} <= set(values)


def test_the_first_poll_of_a_program_trusts_no_offset(room: Room) -> None:
    room.server.say(GROUP, ANN, "before")
    cursor = fetched(room.connector()).next_cursor
    room.server.restart_update_ids(17)
    room.server.say(GROUP, ANN, "after")
    connector = room.connector()
    batch = fetched(connector, cursor)
    assert [m.text for m in batch.messages] == ["after"]
    fetched(connector, batch.next_cursor)
    assert ["offset" in asked for asked in room.requests("getUpdates")] == [False, False, True]


def test_a_write_under_way_may_end_when_we_close(reached: Room) -> None:
    connector = reached.connector(timeout=3)
    reached.breaks(FaultKind.ACCEPT_LATE, seconds=0.3)
    heard: list[Receipt] = []
    thread = threading.Thread(target=lambda: heard.append(connector.send(POST)))
    thread.start()
    until(lambda: bool(reached.requests("sendMessage")))
    connector.close()
    thread.join(10)
    assert [receipt.native_id for receipt in heard] == ["1"]
