"""The X connector, through the real tweepy, against the sandbox's X."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import twitter
from connectors._x_money import Prices
from connectors.twitter import TwitterConnector
from monitor.core import xtext
from monitor.core.messages import EventKind, Message
from monitor.ports import (
    Batch,
    Connector,
    ItemState,
    Post,
    Recheckable,
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
from monitor.sandbox.x import XServer
from monitor.testing import ConnectorContract, Stage

SECRETS = {
    "consumer_key": "sandbox-consumer-key",
    "consumer_secret": "sandbox-consumer-secret",
    "access_token": "sandbox-access-token",
    "access_token_secret": "sandbox-access-token-secret",
}
MENTIONS = "mentions"
SAY = "POST /2/tweets"
READ = "GET /2/users/:id/mentions"


class X:
    """The sandbox's X and what a test needs of it."""

    def __init__(self, serving: Serving) -> None:
        self.faults = Faults()
        self.server = XServer(self.faults, Happenings())
        self.url = serving.serve(self.server.app())
        self.connectors: list[TwitterConnector] = []

    def connector(self, **options: Any) -> TwitterConnector:
        options.setdefault("timeout", 5.0)
        made = TwitterConnector("acme", SECRETS, base_url=self.url, **options)
        self.connectors.append(made)
        return made

    def fail(self, operation: str, kind: FaultKind, **rest: Any) -> None:
        self.faults.add(Fault("twitter", operation, kind, **rest))

    def asked(self, operation: str) -> int:
        return self.server.requests.count(operation)

    def said(self) -> list[str]:
        return [p.text for p in self.server.posts() if p.by_product]


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.close()


@pytest.fixture
def x(serving: Serving) -> Iterator[X]:
    x = X(serving)
    yield x
    for connector in x.connectors:
        connector.close()


def walk(
    connector: TwitterConnector, stream: str = MENTIONS, cursor: str | None = None, limit: int = 100
) -> tuple[list[Batch], str | None]:
    """Fetch until the walk is over."""
    batches = []
    for _ in range(50):
        batch = connector.fetch(stream, cursor, limit)
        batches.append(batch)
        cursor = batch.next_cursor
        if batch.complete:
            return batches, cursor
    raise AssertionError("a walk without end")


def messages(batches: list[Batch]) -> dict[str, Message]:
    return {m.native_id: m for b in batches for m in b.messages}


def minutes_ago(count: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=count)


def a_post(text: str = "We are on it.", **rest: Any) -> Post:
    return Post("ack:1", "acknowledgement", "x", text, claimed_at=datetime.now(UTC), **rest)


class TestContract(ConnectorContract):
    """What every connector must keep."""

    @pytest.fixture(autouse=True)
    def _places(self) -> Iterator[None]:
        self.opened: list[tuple[Serving, X]] = []
        yield
        for serving, x in self.opened:
            for connector in x.connectors:
                connector.close()
            serving.close()

    def make_stage(self) -> Stage:
        """A stand-in with nothing written."""
        serving = Serving()
        x = X(serving)
        self.opened.append((serving, x))
        question = x.server.post("ann", "@desk help", created=minutes_ago(30), late=True)

        def break_next(kind: str) -> None:
            if kind == "refuse":
                serving.close()
            elif kind == "read_error":
                x.fail(READ, FaultKind.ERROR)
            else:
                x.fail(SAY, FaultKind(kind), seconds=7)

        def write(count: int) -> None:
            for n in range(count):
                x.server.post("bob", f"@desk question {n}")

        return Stage(
            connector=x.connector,
            write=write,
            post=a_post(reply_to=question),
            posts=lambda: len(x.said()),
            break_next=break_next,
            too_long=a_post("x" * 281),
        )


# -- reading


def test_it_is_a_connector_that_finds_and_rechecks(x: X) -> None:
    connector = x.connector(searches=["acme"])
    assert isinstance(connector, Connector)
    assert isinstance(connector, Searchable)
    assert isinstance(connector, Recheckable)
    assert connector.streams() == ("mentions", "search:acme")


def test_a_mention_arrives_with_everything_x_tells(x: X) -> None:
    root = x.server.post("ann", "a thread")
    native_id = x.server.post(
        "bob", "hey @desk 1 < 2 & see https://example.com/a", reply_to=root, lang="en"
    )
    batches, _ = walk(x.connector())
    message = messages(batches)[native_id]
    assert message.text == "@ann hey @desk 1 < 2 & see https://example.com/a"
    assert message.place == "x"
    assert message.thread == root
    assert message.reply_to == root
    assert message.reply_to_author == x.server.add_user("ann")
    assert message.author.id == x.server.add_user("bob")
    assert message.language_hint == "en"
    assert message.link == f"https://x.com/i/web/status/{native_id}"
    assert message.mentions == ("ann", "desk")
    assert message.addressed
    assert message.summoned
    assert message.sent_at.tzinfo is UTC


def test_an_empty_place_gives_an_empty_batch(x: X) -> None:
    batch = x.connector().fetch(MENTIONS, None, 100)
    assert (batch.messages, batch.complete, batch.gap) == ((), True, None)


def test_a_backlog_is_walked_page_by_page_and_the_cursor_moves_at_the_end_only(x: X) -> None:
    ids = [x.server.post("ann", f"@desk {n}", created=minutes_ago(60 - n)) for n in range(23)]
    batches, cursor = walk(x.connector(), limit=5)
    assert sorted(messages(batches)) == sorted(ids)
    assert [b.complete for b in batches] == [False] * 4 + [True]
    assert all(json.loads(b.next_cursor or "")["newest"] == "" for b in batches[:-1])
    assert json.loads(cursor or "")["newest"] == max(ids, key=int)


def test_a_walk_goes_on_after_a_restart_and_misses_nothing_that_came_meanwhile(x: X) -> None:
    ids = [x.server.post("ann", f"@desk {n}", created=minutes_ago(60 - n)) for n in range(12)]
    first = x.connector().fetch(MENTIONS, None, 5)
    ids.append(x.server.post("bob", "@desk new"))
    rest, cursor = walk(x.connector(), cursor=first.next_cursor, limit=5)
    later, _ = walk(x.connector(), cursor=cursor)
    assert sorted(messages([first, *rest, *later])) == sorted(ids)


def test_an_unsaved_cursor_repeats_the_batch(x: X) -> None:
    x.server.post("ann", "@desk hello")
    connector = x.connector()
    assert (
        connector.fetch(MENTIONS, None, 5).messages == connector.fetch(MENTIONS, None, 5).messages
    )


def test_a_mention_listed_late_with_a_smaller_id_is_not_missed(x: X) -> None:
    late = x.server.post("bob", "@desk late", created=minutes_ago(5), late=True)
    x.server.post("ann", "@desk early", created=minutes_ago(1))
    connector = x.connector()
    _, cursor = walk(connector)
    x.server.surface(late)
    batches, _ = walk(connector, cursor=cursor)
    assert late in messages(batches)


def test_posts_read_again_on_the_same_day_cost_nothing(x: X) -> None:
    x.server.post("ann", "@desk hello")
    connector = x.connector()
    first = connector.fetch(MENTIONS, None, 100)
    again = connector.fetch(MENTIONS, first.next_cursor, 100)
    assert first.cost == pytest.approx(0.010 + 0.001)  # who we are, one mention
    assert again.cost == 0
    assert len(again.messages) == 1


def test_duplicates_and_disorder_of_a_page_change_nothing(x: X) -> None:
    ids = [x.server.post("ann", f"@desk {n}") for n in range(6)]
    x.server.switches.duplicated = x.server.switches.shuffled = True
    batches, cursor = walk(x.connector())
    assert sorted(m.native_id for b in batches for m in b.messages) == sorted(ids)
    assert json.loads(cursor or "")["newest"] == max(ids, key=int)


def test_a_poisoned_post_is_set_aside_and_stops_nobody(x: X) -> None:
    before = x.server.post("ann", "@desk before")
    poison = x.server.post("ann", "@desk poison")
    after = x.server.post("ann", "@desk after")
    x.server.poison(poison)
    batches, _ = walk(x.connector())
    assert sorted(messages(batches)) == sorted([before, after])
    (aside,) = batches[0].quarantined
    assert aside.native_id == poison
    assert json.loads(aside.raw)["id"] == poison


def test_beyond_800_mentions_there_is_a_gap(x: X) -> None:
    ids = [x.server.post("ann", f"@desk {n}", created=minutes_ago(900 - n)) for n in range(805)]
    batches, _ = walk(x.connector())
    assert len(messages(batches)) == 800
    gap = batches[-1].gap
    assert gap is not None
    assert gap.since is None
    assert gap.until is not None
    found = xtext.id_time(min(messages(batches), key=int))
    assert gap.until == found
    assert min(ids, key=int) not in messages(batches)


def test_a_search_left_alone_for_longer_than_seven_days_reports_the_gap(x: X) -> None:
    known = datetime.now(UTC) - timedelta(days=9)
    cursor = json.dumps({"newest": str(xtext.id_at(known) + 1), "walk": None})
    fresh = x.server.post("ann", "acme is down")
    batch = x.connector().fetch("search:acme", cursor, 100)
    assert [m.native_id for m in batch.messages] == [fresh]
    assert batch.gap is not None
    assert batch.gap.until is not None
    assert batch.gap.until - known > timedelta(days=1)


def test_a_new_search_begins_with_a_day_and_misses_nothing_that_was_promised(x: X) -> None:
    x.server.post("ann", "acme two days ago", created=minutes_ago(2 * 1440))
    fresh = x.server.post("ann", "acme now")
    batch = x.connector().fetch("search:acme", None, 100)
    assert [m.native_id for m in batch.messages] == [fresh]
    assert batch.gap is None
    assert not batch.messages[0].addressed


def test_a_page_token_that_x_forgot_begins_the_walk_anew(x: X) -> None:
    ids = [x.server.post("ann", f"@desk {n}") for n in range(7)]
    connector = x.connector()
    stored = json.loads(connector.fetch(MENTIONS, None, 5).next_cursor or "")
    stored["walk"]["token"] = "forgotten"
    batches, _ = walk(connector, cursor=json.dumps(stored), limit=5)
    assert sorted(messages(batches)) == sorted(ids)


@pytest.mark.parametrize("names", ["tweet", "post"])
def test_both_kinds_of_field_names_tell_the_same(x: X, names: str) -> None:
    root = x.server.post("ann", "root")
    native_id = x.server.post("bob", "@desk what & why", reply_to=root, lang="en")
    x.server.switches.names = names
    batches, _ = walk(x.connector())  # finds out by itself
    (message,) = messages(batches).values()
    assert (message.native_id, message.reply_to, message.thread) == (native_id, root, root)
    assert message.author.id == x.server.add_user("bob")
    assert message.text == "@ann @desk what & why"
    assert message.summoned


def test_an_edited_post_keeps_its_first_id_and_comes_with_its_edit(x: X) -> None:
    first = x.server.post("ann", "@desk helo", created=minutes_ago(20))
    second = x.server.edit(first, "@desk hello")
    batches, _ = walk(x.connector())
    (message,) = messages(batches).values()
    (event,) = batches[0].events
    assert (message.native_id, message.text) == (first, "@desk hello")
    assert message.edited_at == xtext.id_time(second)
    assert (event.kind, event.native_id, event.details) == (
        EventKind.EDITED,
        first,
        {"text": "@desk hello"},
    )


def test_names_of_authors_are_looked_up_only_when_wanted_and_once(x: X) -> None:
    x.server.add_user("ann", "Ann Example")
    x.server.post("ann", "@desk 1")
    plain, _ = walk(x.connector())
    connector = x.connector(author_names=True)
    named, cursor = walk(connector)
    x.server.post("ann", "@desk 2")
    walk(connector, cursor=cursor)
    assert plain[0].messages[0].author.name == ""
    author = named[0].messages[0].author
    assert (author.name, author.handle) == ("Ann Example", "ann")
    assert x.asked("GET /2/users") == 1


# -- may we answer?


def test_a_mention_that_somebody_typed_summons_us(x: X) -> None:
    native_id = x.server.post("ann", "@desk help")
    batches, _ = walk(x.connector())
    assert messages(batches)[native_id].summoned is True


def test_a_mention_inherited_from_the_thread_does_not_summon_us(x: X) -> None:
    first = x.server.post("ann", "@desk help")
    nudge = x.server.post("bob", "same here", reply_to=first)
    batches, _ = walk(x.connector())
    assert messages(batches)[nudge].text.startswith("@ann @desk ")
    assert messages(batches)[nudge].summoned is False


def test_a_quote_of_us_summons_us(x: X) -> None:
    ours = x.server.post("desk", "maintenance tonight")
    quote = x.server.post("ann", "again, acme?", quotes=ours)
    other = x.server.post("ann", "acme", quotes=x.server.post("bob", "nothing"))
    batches, _ = walk(x.connector(searches=["acme"]), "search:acme")
    assert messages(batches)[quote].summoned is True
    assert messages(batches)[other].summoned is False


@pytest.mark.parametrize("text", ["@desk help", "please help @desk", "@Desk hi"])
def test_what_we_call_summoned_x_lets_us_answer(x: X, text: str) -> None:
    native_id = x.server.post("ann", text)
    batches, _ = walk(x.connector())
    assert messages(batches)[native_id].summoned
    x.connector().send(a_post(reply_to=native_id))


# -- refusals while reading


@pytest.mark.parametrize(
    "kind",
    [FaultKind.ERROR, FaultKind.DROP, FaultKind.TRUNCATED, FaultKind.HTML, FaultKind.NOT_FOUND],
)
def test_a_read_that_fails_is_unavailable_and_works_the_next_time(x: X, kind: FaultKind) -> None:
    x.server.post("ann", "@desk hello")
    connector = x.connector()
    x.fail(READ, kind)
    with pytest.raises(Unavailable):
        connector.fetch(MENTIONS, None, 100)
    assert len(connector.fetch(MENTIONS, None, 100).messages) == 1
    assert x.asked(READ) == 2


def test_a_silent_server_is_left_after_the_timeout(x: X) -> None:
    x.fail(READ, FaultKind.HANG, seconds=30)
    with pytest.raises(Unavailable) as caught:
        x.connector(timeout=0.2).fetch(MENTIONS, None, 100)
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("preamble", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"])
def test_a_server_that_trickles_is_left_after_the_deadline(preamble: bytes) -> None:
    with trickling(preamble) as url:
        connector = TwitterConnector("acme", SECRETS, base_url=url, timeout=0.3)
        with pytest.raises(Unavailable) as reading:
            connector.fetch(MENTIONS, None, 100)
        with pytest.raises(Uncertain) as writing:
            connector.send(a_post())
        connector.close()
    assert reading.value.code == writing.value.code == "timeout"


@contextmanager
def trickling(preamble: bytes) -> Iterator[str]:
    """A server that sends a byte now and then, for ever."""
    ended = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.1)

    def trickle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(preamble or b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not ended.wait(0.05):
                connection.sendall(b"x")

    def serve() -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                trickle(listening.accept()[0])

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        ended.set()
        serving.join(10)
        listening.close()


def test_closing_ends_a_read_under_way(x: X) -> None:
    x.fail(READ, FaultKind.HANG, seconds=30)
    connector = x.connector(timeout=30)
    outcome: list[Exception] = []

    def read() -> None:
        try:
            connector.fetch(MENTIONS, None, 100)
        except Unavailable as refusal:
            outcome.append(refusal)

    reading = threading.Thread(target=read)
    reading.start()
    while x.asked(READ) == 0:
        threading.Event().wait(0.01)
    connector.close()
    reading.join(10)
    assert len(outcome) == 1


def test_too_many_requests_tell_when_to_come_back(x: X) -> None:
    x.fail(READ, FaultKind.TOO_MANY, seconds=90)
    x.fail(READ, FaultKind.TOO_MANY)
    connector = x.connector()
    with pytest.raises(Unavailable) as told:
        connector.fetch(MENTIONS, None, 100)
    with pytest.raises(Unavailable) as untold:
        connector.fetch(MENTIONS, None, 100)
    assert told.value.retry_after is not None
    assert timedelta(seconds=60) < told.value.retry_after <= timedelta(seconds=91)
    assert untold.value.retry_after == timedelta(minutes=15)
    assert x.asked(READ) == 2


def test_refused_keys_stop_the_account(x: X) -> None:
    x.fail("*", FaultKind.UNAUTHORIZED)
    with pytest.raises(Unauthorized):
        x.connector().fetch(MENTIONS, None, 100)


def test_a_wrong_secret_is_refused_by_the_signature(x: X) -> None:
    wrong = SECRETS | {"consumer_secret": "wrong"}
    connector = twitter.connect("acme", {"base_url": x.url}, wrong)
    with pytest.raises(Unauthorized):
        connector.fetch(MENTIONS, None, 100)
    connector.close()


def test_credits_gone_is_a_pause_of_an_hour(x: X) -> None:
    x.server.switches.credits_exhausted = True
    with pytest.raises(Unavailable) as caught:
        x.connector().fetch(MENTIONS, None, 100)
    assert (caught.value.code, caught.value.retry_after) == ("billing", timedelta(hours=1))


def test_a_server_that_is_not_there_is_unavailable_for_reading_and_writing() -> None:
    connector = TwitterConnector("acme", SECRETS, base_url="http://127.0.0.1:9", timeout=1)
    with pytest.raises(Unavailable) as reading:
        connector.fetch(MENTIONS, None, 100)
    with pytest.raises(Unavailable) as writing:
        connector.send(a_post())
    assert reading.value.code == writing.value.code == "connect"
    connector.close()


def test_limits_are_passed_on(x: X) -> None:
    (limit,) = x.connector().fetch(MENTIONS, None, 100).limits
    assert limit.remaining == 299
    assert limit.resets_at is not None


# -- saying


def test_a_reply_is_said_once_and_its_receipt_has_xs_time(x: X) -> None:
    question = x.server.post("ann", "@desk help")
    receipt = x.connector().send(a_post(reply_to=question))
    (said,) = [p for p in x.server.posts() if p.by_product]
    assert receipt.native_id == said.id
    assert receipt.link == f"https://x.com/i/web/status/{said.id}"
    assert abs(receipt.sent_at - said.created) < timedelta(milliseconds=2)
    assert (said.reply_to, said.text) == (question, "@ann We are on it.")
    assert receipt.cost == pytest.approx(0.010)


@pytest.mark.parametrize(
    ("text", "cost"), [("hello", 0.015), ("see https://example.com", 0.2), ("example.com", 0.2)]
)
def test_a_post_costs_what_the_table_says(x: X, text: str, cost: float) -> None:
    assert x.connector().send(a_post(text)).cost == pytest.approx(cost)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 281, "too_long"),
        ("汉" * 141, "too_long"),
        ("$BTC and $ETH", "cashtags"),
        (" ", "empty"),
    ],
)
def test_what_x_would_refuse_costs_no_request(x: X, text: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        x.connector().send(a_post(text))
    assert caught.value.code == code
    assert x.server.requests == []


def test_a_full_chinese_text_is_taken(x: X) -> None:
    x.connector().send(a_post("汉" * 140))
    assert x.said() == ["汉" * 140]


def test_nobody_is_answered_who_did_not_summon_us(x: X) -> None:
    complaint = x.server.post("ann", "acme is slow")
    with pytest.raises(Rejected) as caught:
        x.connector().send(a_post(reply_to=complaint))
    assert caught.value.code == "not_summoned"


def test_a_deleted_question_cannot_be_answered(x: X) -> None:
    question = x.server.post("ann", "@desk help")
    x.server.delete(question)
    with pytest.raises(Rejected) as caught:
        x.connector().send(a_post(reply_to=question))
    assert caught.value.code == "gone"


def test_the_same_text_twice_is_rejected_as_a_duplicate(x: X) -> None:
    connector = x.connector()
    connector.send(a_post())
    with pytest.raises(Rejected) as caught:
        connector.send(a_post())
    assert caught.value.code == "duplicate"


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.ACCEPT_THEN_ERROR,
        FaultKind.ACCEPT_THEN_DROP,
        FaultKind.ACCEPT_THEN_HANG,
        FaultKind.TRUNCATED,
    ],
)
def test_a_post_taken_without_an_answer_is_a_doubt_that_find_resolves(
    x: X, kind: FaultKind
) -> None:
    question = x.server.post("ann", "@desk help")
    x.fail(SAY, kind, seconds=1)
    connector = x.connector(timeout=0.3)
    post = a_post("On it & back soon: https://status.example.com/x", reply_to=question)
    with pytest.raises(Uncertain):
        connector.send(post)
    receipt = connector.find(post)
    assert receipt is not None
    assert x.asked(SAY) == 1
    assert [p.id for p in x.server.posts() if p.by_product] == [receipt.native_id]


@pytest.mark.parametrize("kind", [FaultKind.ERROR, FaultKind.DROP, FaultKind.HTML, FaultKind.HANG])
def test_a_post_that_was_not_taken_is_a_doubt_that_find_denies(x: X, kind: FaultKind) -> None:
    question = x.server.post("ann", "@desk help")
    x.server.post("desk", "We are on it.")  # the same words, but no reply
    x.fail(SAY, kind, seconds=1)
    connector = x.connector(timeout=0.3)
    post = a_post(reply_to=question)
    with pytest.raises(Uncertain):
        connector.send(post)
    assert connector.find(post) is None
    assert x.asked(SAY) == 1


def test_find_does_not_take_an_older_post_for_ours(x: X) -> None:
    x.server.post("desk", "We are on it.", created=minutes_ago(3))
    assert x.connector().find(a_post()) is None


def test_a_limit_on_writing_is_surely_not_done(x: X) -> None:
    x.fail(SAY, FaultKind.TOO_MANY, seconds=60)
    with pytest.raises(Unavailable):
        x.connector().send(a_post())
    assert x.said() == []


def test_an_own_post_is_taken_back_and_taking_it_back_twice_is_no_fault(x: X) -> None:
    connector = x.connector()
    receipt = connector.send(a_post())
    connector.delete(receipt, "x")
    connector.delete(receipt, "x")
    assert x.said() == []


# -- looking again


def test_recheck_tells_living_edited_and_deleted_apart(x: X) -> None:
    living, edited, deleted = (x.server.post("ann", f"@desk {n}") for n in range(3))
    x.server.edit(edited, "@desk better")
    x.server.delete(deleted)
    found = {r.native_id: r for r in x.connector().recheck([living, edited, deleted])}
    assert found[living].state is ItemState.LIVE
    assert (found[edited].state, found[edited].text) == (ItemState.EDITED, "@desk better")
    assert found[deleted].state is ItemState.DELETED


# -- money


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def test_reading_stops_at_the_budget_less_the_reserve_and_posting_at_the_budget(x: X) -> None:
    connector = x.connector(daily_budget_usd=1.0, reserve_share=0.2)
    connector.spend(0.81)
    with pytest.raises(Unavailable) as reading:
        connector.fetch(MENTIONS, None, 100)
    connector.send(a_post("within the reserve"))
    connector.spend(0.99)
    with pytest.raises(Unavailable) as posting:
        connector.send(a_post("beyond"))
    assert reading.value.code == posting.value.code == "budget"
    assert x.said() == ["within the reserve"]


def test_the_budget_begins_anew_at_midnight_utc(x: X) -> None:
    clock = Clock(datetime.now(UTC).replace(hour=23, minute=0, second=0, microsecond=0))
    connector = TwitterConnector("acme", SECRETS, base_url=x.url, daily_budget_usd=1, clock=clock)
    connector.spend(1.0)
    with pytest.raises(Unavailable) as caught:
        connector.fetch(MENTIONS, None, 100)
    retry_after = caught.value.retry_after
    assert retry_after is not None
    assert timedelta(hours=1) <= retry_after < timedelta(hours=1, minutes=1)
    clock.now += retry_after
    connector.fetch(MENTIONS, None, 100)
    connector.close()


def test_a_page_is_no_larger_than_the_money_left(x: X) -> None:
    for n in range(30):
        x.server.post("ann", f"acme {n}")
    connector = x.connector(daily_budget_usd=1.0, reserve_share=0)
    connector.spend(1.0 - 0.010 - 0.005 * 12)
    batch = connector.fetch("search:acme", None, 100)
    assert len(batch.messages) <= 14
    assert not batch.complete
    with pytest.raises(Unavailable):
        connector.fetch("search:acme", batch.next_cursor, 100)


# -- check, options, secrets


def test_check_says_who_we_are_what_we_may_and_what_it_costs(x: X) -> None:
    secrets = SECRETS | {"bearer_token": "sandbox-bearer-token"}
    connector = twitter.connect("acme", {"base_url": x.url}, secrets)
    health = connector.check()
    connector.close()
    assert (health.ok, health.handle, health.identity) == (True, "desk", x.server.us.id)
    told = {f.subject: f for f in health.findings}
    assert "3000000" in told["X usage"].found
    assert "$5.00 a day" in told["X money"].found
    assert "@desk" in told["X replies"].found


def test_check_finds_keys_that_may_only_read(x: X) -> None:
    x.server.switches.access_level = "read"
    health = x.connector().check()
    assert not health.ok
    (failed,) = [f for f in health.findings if f.standing is Standing.FAILED]
    assert "Read and write" in failed.remedy


@pytest.mark.parametrize("kind", [FaultKind.UNAUTHORIZED, FaultKind.ERROR, FaultKind.DROP])
def test_check_never_raises(x: X, kind: FaultKind) -> None:
    x.fail("*", kind)
    health = x.connector().check()
    assert not health.ok
    assert all(f.remedy for f in health.findings if f.standing is Standing.FAILED)


def test_an_old_price_table_is_a_warning(x: X) -> None:
    prices = Prices(as_of=datetime.now(UTC).date() - timedelta(days=100))
    (money,) = [f for f in x.connector(prices=prices).check().findings if f.subject == "X money"]
    assert money.standing is Standing.WARNING


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"colour": "red"}, "accounts.acme.colour: not an option of X"),
        ({"timeout": 0}, "accounts.acme.timeout: expected a number"),
        ({"base_url": "http://example.com"}, "accounts.acme.base_url: expected an https address"),
        ({"searches": ["x" * 513]}, "accounts.acme.searches"),
        ({"searches": "acme"}, "accounts.acme.searches: expected a list"),
        ({"names": "new"}, "accounts.acme.names: expected one of"),
        ({"prices": {"pots": 1}}, "accounts.acme.prices.pots: not a price"),
        ({"prices": {"as_of": "soon"}}, "accounts.acme.prices.as_of: expected a date"),
        ({"mentions": "yes"}, "accounts.acme.mentions: expected true or false"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        twitter.connect("acme", options, SECRETS)


@pytest.mark.parametrize("missing", twitter.SECRETS)
def test_a_missing_secret_is_told_in_a_sentence(missing: str) -> None:
    with pytest.raises(ValueError, match=f"accounts.acme.{missing}: empty"):
        twitter.connect("acme", {}, SECRETS | {missing: " "})


def test_prices_can_be_changed() -> None:
    connector = twitter.connect("acme", {"prices": {"post": 1, "as_of": "2026-11-01"}}, SECRETS)
    (money,) = [f for f in closed_check(connector) if f.subject == "X money"]
    assert "a post $1.0" in money.found
    assert "2026-11-01" in money.found


def closed_check(connector: TwitterConnector) -> tuple[Any, ...]:
    connector.close()
    return connector.check().findings


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.fetch(MENTIONS, None, 10),
        lambda c: c.send(a_post()),
        lambda c: c.find(a_post()),
        lambda c: c.recheck(["1"]),
    ],
)
def test_no_secret_is_in_any_error_record_or_repr(
    x: X, caplog: pytest.LogCaptureFixture, act: Callable[[TwitterConnector], object]
) -> None:
    secrets = {name: f"canary-{name}" for name in (*twitter.SECRETS, "bearer_token")}
    with caplog.at_level(logging.DEBUG):
        connector = twitter.connect("acme", {"base_url": x.url}, secrets)
        with pytest.raises(Unauthorized) as caught:
            act(connector)
        shown = [repr(connector), str(caught.value), repr(caught.value)]
        shown += [f.found + f.remedy for f in connector.check().findings]
        connector.close()
    assert "canary" not in "".join([*shown, caplog.text, repr(caught.value.__cause__)])


def test_a_closed_connector_refuses_and_closes_again(x: X) -> None:
    connector = x.connector()
    connector.close()
    connector.close()
    with pytest.raises(Unavailable):
        connector.send(a_post())
