"""Reddit's connector against the make-believe Reddit, through the real PRAW."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from traceback import walk_tb
from typing import Any

import praw
import pytest

from connectors.reddit import RedditConnector, connect
from monitor.core.messages import AuthorKind, EventKind
from monitor.ports import (
    Batch,
    Editable,
    ItemState,
    Post,
    Recheckable,
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
from monitor.sandbox.reddit import RedditServer
from monitor.sandbox.serving import Serving
from monitor.testing import ConnectorContract, Stage

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COMMENT = "POST /api/comment"
COMMENTS = "r/example/comments"
SECRETS = {
    "client_id": "sandbox",
    "client_secret": "canary-client-secret",
    "password": "canary-password",
}


class Scene:
    """A make-believe Reddit with one subreddit, and connectors to it."""

    def __init__(self, serving: Serving) -> None:
        self.faults = Faults()
        self.server = RedditServer(
            self.faults,
            Happenings(),
            client_secret=SECRETS["client_secret"],
            password=SECRETS["password"],
        )
        self.url = serving.serve(self.server.app())
        self.server.add_subreddit("Example")
        self.opened: list[RedditConnector] = []
        self.topic = self.server.submit("Example", "op", "General", "talk", NOW)

    def connector(self, secrets: dict[str, str] = SECRETS, **options: Any) -> RedditConnector:
        """A connector that gives up after a fifth of a second."""
        defaults: dict[str, Any] = {
            "base_url": self.url,
            "username": "desk_bot",
            "subreddits": ["Example"],
            "timeout": 0.8,
            "budget_per_minute": 5000,
        }
        made = connect("acme", defaults | options, secrets)
        self.opened.append(made)
        return made

    def people_write(self, count: int, start: datetime = NOW, text: str = "question") -> list[str]:
        """One comment a second."""
        return [
            self.server.comment(self.topic, f"user{n}", f"{text} {n}", start + timedelta(seconds=n))
            for n in range(count)
        ]

    def asked(self, operation: str) -> int:
        """How often."""
        return self.server.answers.requests.count(operation)

    def answer(self, text: str = "We are on it.") -> Post:
        """An answer to the topic, claimed now."""
        return Post(
            "ack:1",
            "acknowledgement",
            "r/example",
            text,
            thread=self.topic,
            reply_to=self.topic,
            claimed_at=datetime.now(UTC),
        )

    def strike(self, kind: FaultKind, operation: str = COMMENT, **more: Any) -> None:
        """Something goes wrong."""
        self.faults.add(Fault("reddit", operation, kind, **({"seconds": 2.5} | more)))


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """One loop for all servers of this file."""
    one = Serving()
    yield one
    one.close()


@pytest.fixture
def scene(serving: Serving) -> Iterator[Scene]:
    """A fresh Reddit."""
    one = Scene(serving)
    yield one
    for connector in one.opened:
        connector.close()


def walk(connector: RedditConnector, stream: str, cursor: str | None, limit: int = 100) -> Walked:
    """Fetch until the walk is complete, storing every cursor."""
    walked = Walked()
    for _ in range(60):
        batch = connector.fetch(stream, cursor, limit)
        walked.batches.append(batch)
        cursor = batch.next_cursor
        if batch.complete:
            return walked
    raise AssertionError("the walk has no end")


class Walked:
    """The batches of a walk."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    @property
    def cursor(self) -> str | None:
        """Where it ended."""
        return self.batches[-1].next_cursor

    @property
    def ids(self) -> list[str]:
        """What it brought."""
        return [m.native_id for batch in self.batches for m in batch.messages]


def refusal_of(call: Callable[[], object]) -> Refusal:
    """The refusal that a call ends in."""
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value


class TestContract(ConnectorContract):
    """What every connector must keep."""

    @pytest.fixture(autouse=True)
    def _scene(self, serving: Serving) -> Iterator[None]:
        self.serving = serving
        self.scenes: list[Scene] = []
        yield
        for one in self.scenes:
            for connector in one.opened:
                connector.close()

    def make_stage(self) -> Stage:
        """A stand-in with nothing written."""
        scene = Scene(self.serving)
        self.scenes.append(scene)
        kinds = {
            "error": FaultKind.ERROR,
            "accept_then_error": FaultKind.ACCEPT_THEN_ERROR,
            "accept_then_drop": FaultKind.ACCEPT_THEN_DROP,
        }
        wrote: list[int] = []

        def write(count: int) -> None:
            scene.people_write(count, NOW + timedelta(minutes=len(wrote)))
            wrote.append(count)

        def break_next(kind: str) -> None:
            if kind == "refuse":
                self._close_port(scene)
            elif kind == "unauthorized":
                scene.strike(FaultKind.UNAUTHORIZED, "*", times=99)
            elif kind == "too_many":
                scene.strike(FaultKind.TOO_MANY, seconds=7)
            elif kind == "read_error":
                scene.strike(FaultKind.ERROR, "GET /r/example/comments")
            else:
                scene.strike(kinds[kind])

        def posts() -> int:
            return sum(t["author"] == "desk_bot" for t in scene.server.things())

        return Stage(
            connector=scene.connector,
            write=write,
            post=scene.answer(),
            posts=posts,
            break_next=break_next,
            too_long=scene.answer("x" * 10_001),
        )

    def _close_port(self, scene: Scene) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            scene.opened[-1]._writes._login = replace(
                scene.opened[-1].login, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}"
            )

    def stream_of(self, connector: Any) -> str:
        """Where people_write shows up."""
        return COMMENTS


def test_it_offers_what_a_searchable_recheckable_editable_platform_offers(scene: Scene) -> None:
    connector = scene.connector()
    assert isinstance(connector, Searchable)
    assert isinstance(connector, Recheckable)
    assert isinstance(connector, Editable)


def test_streams_are_what_the_options_name(scene: Scene) -> None:
    connector = scene.connector(modmail=["Example"], searches=["stuck coin"], subreddits=["r/A1"])
    assert list(connector.streams()) == [
        "mentions",
        "inbox",
        "modmail:r/example",
        "r/a1/comments",
        "r/a1/new",
        "search:stuck coin",
    ]


# What is read


def test_a_mention_is_the_same_message_in_the_inbox_and_in_its_subreddit(scene: Scene) -> None:
    scene.server.comment(scene.topic, "alice", "hello u/desk_bot and u/bob", NOW)
    connector = scene.connector()
    (mention,) = connector.fetch("mentions", None, 100).messages
    (received,) = connector.fetch("inbox", None, 100).messages
    (seen,) = connector.fetch(COMMENTS, None, 100).messages
    assert mention == seen
    assert received == seen
    assert seen.addressed
    assert seen.mentions == ("desk_bot", "bob")
    assert (seen.place, seen.thread, seen.reply_to) == ("r/example", scene.topic, scene.topic)
    assert seen.author.id.startswith("t2_")
    assert seen.link is not None
    assert seen.link.startswith("https://www.reddit.com/r/Example/comments/")


def test_an_answer_to_us_is_addressed_and_our_own_words_are_not(scene: Scene) -> None:
    connector = scene.connector()
    ours = connector.send(scene.answer("look at u/desk_bot")).native_id
    reply = scene.server.comment(ours, "alice", "thanks")
    (received,) = connector.fetch("inbox", None, 100).messages
    own = next(
        m for m in walk(connector, COMMENTS, None).batches[0].messages if m.native_id == ours
    )
    assert (received.native_id, received.reply_to, received.addressed) == (reply, ours, True)
    assert not own.addressed


def test_a_submission_has_title_and_text_and_is_its_own_thread(scene: Scene) -> None:
    scene.server.submit("Example", "eve", "Login fails", "since noon", NOW)
    messages = scene.connector().fetch("r/example/new", None, 100).messages
    message = next(m for m in messages if m.author.name == "eve")
    assert message.text == "Login fails\n\nsince noon"
    assert message.thread == message.native_id
    assert message.reply_to is None


def test_a_search_finds_submissions(scene: Scene) -> None:
    wanted = scene.server.submit("Elsewhere", "eve", "Example withdrawal stuck", "", NOW)
    batch = scene.connector(searches=["withdrawal"]).fetch("search:withdrawal", None, 100)
    assert [m.native_id for m in batch.messages] == [wanted]


def test_private_messages_lie_in_a_place_of_the_account(scene: Scene) -> None:
    first = scene.server.message("zoe", "help", "my account", NOW)
    (message,) = scene.connector().fetch("inbox", None, 100).messages
    assert (message.place, message.native_id, message.thread) == ("inbox:acme", first, first)
    assert message.text == "help\n\nmy account"
    assert message.addressed


def test_modmail_is_read_whole_when_it_grew_by_more_than_one_message(scene: Scene) -> None:
    connector = scene.connector(modmail=["example"])
    kept = scene.server.modmail("Example", "eve", "banned?", "why me")
    walked = walk(connector, "modmail:r/example", None)
    scene.server.modmail_reply(kept, "eve", "hello?")
    scene.server.modmail_reply(kept, "eve", "anyone?")
    messages = walk(connector, "modmail:r/example", walked.cursor).batches[0].messages
    assert [m.text for m in messages] == ["banned?\n\nwhy me", "hello?", "anyone?"]
    assert walked.batches[0].messages[0] == messages[0]
    assert {m.thread for m in messages} == {kept}
    assert {m.place for m in messages} == {"modmail:r/example"}
    assert all(m.addressed for m in messages)


def test_a_note_among_moderators_lies_in_a_place_of_its_own(scene: Scene) -> None:
    kept = scene.server.modmail("Example", "eve", "banned?", "why me")
    scene.server.add_letter(kept, "mod", "spammer", side="people", internal=True)
    connector = scene.connector(modmail=["example"])
    (note,) = connector.fetch("modmail:r/example", None, 100).messages
    assert note.place == "modmail-notes:r/example"
    assert not note.addressed


def test_automoderator_is_the_platform_and_a_deleted_author_unknown(scene: Scene) -> None:
    scene.server.comment(scene.topic, "AutoModerator", "rules", NOW)
    gone = scene.server.comment(scene.topic, "alice", "secret", NOW)
    scene.server.spoil(gone, author="[deleted]", body="[deleted]", author_fullname=None)
    batch = scene.connector().fetch(COMMENTS, None, 100)
    kinds = {m.native_id: m.author.kind for m in batch.messages}
    assert AuthorKind.PLATFORM in kinds.values()
    assert kinds[gone] is AuthorKind.UNKNOWN
    assert [(e.kind, e.native_id) for e in batch.events] == [(EventKind.DELETED, gone)]


def test_an_edited_comment_says_when(scene: Scene) -> None:
    name = scene.server.comment(scene.topic, "alice", "frist", NOW)
    scene.server.edit(name, "first")
    (message,) = scene.connector().fetch(COMMENTS, None, 100).messages
    assert message.text == "first"
    assert message.edited_at is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"created_utc": "not-a-date"},
        {"created_utc": 9e18},
        {"created_utc": datetime.now(UTC).timestamp() + 9e6},
        {"body": None},
        {"subreddit": 7},
        {"name": None, "id": None},
    ],
)
def test_a_thing_that_cannot_be_read_is_set_aside_and_stops_nobody(
    scene: Scene, wrong: dict[str, object]
) -> None:
    names = scene.people_write(3)
    scene.server.spoil(names[1], **wrong)
    connector = scene.connector()
    walked = walk(connector, COMMENTS, None)
    (aside,) = walked.batches[0].quarantined
    assert walked.ids == [names[0], names[2]]
    assert aside.reason
    assert "question 1" in aside.raw or "body" in wrong
    later = scene.people_write(2, NOW + timedelta(minutes=9), "later")
    assert set(walk(connector, COMMENTS, walked.cursor).ids) >= set(later)


# Walks


def test_the_first_look_takes_one_page_and_no_gap(scene: Scene) -> None:
    names = scene.people_write(12)
    batch = scene.connector().fetch(COMMENTS, None, 5)
    assert batch.complete
    assert batch.gap is None
    assert [m.native_id for m in batch.messages] == names[-5:]


def test_a_burst_between_two_looks_is_read_over_many_pages(scene: Scene) -> None:
    connector = scene.connector()
    scene.people_write(4, NOW - timedelta(hours=1), "before")
    begun = walk(connector, COMMENTS, None)
    names = scene.people_write(23)
    walked = walk(connector, COMMENTS, begun.cursor, limit=5)
    assert len(walked.batches) > 4
    assert set(walked.ids) >= set(names)
    assert all(b.gap is None for b in walked.batches)


def test_a_walk_is_resumed_after_a_crash_at_any_page(scene: Scene) -> None:
    first = scene.connector()
    scene.people_write(2, NOW - timedelta(hours=1), "before")
    begun = walk(first, COMMENTS, None)
    names = scene.people_write(17)
    pages = len(walk(first, COMMENTS, begun.cursor, limit=5).batches)
    for crash in range(pages):
        cursor, got = begun.cursor, set()
        for _ in range(crash):
            batch = scene.connector().fetch(COMMENTS, cursor, 5)
            cursor, got = batch.next_cursor, got | {m.native_id for m in batch.messages}
        scene.connector().fetch(COMMENTS, cursor, 5)  # fetched, but killed before it was stored
        got |= set(walk(scene.connector(), COMMENTS, cursor, limit=5).ids)
        assert got >= set(names)


def test_the_mark_stays_until_the_walk_is_complete(scene: Scene) -> None:
    connector = scene.connector()
    scene.people_write(2, NOW - timedelta(hours=1), "before")
    begun = walk(connector, COMMENTS, None)
    scene.people_write(9)
    half = connector.fetch(COMMENTS, begun.cursor, 3)
    assert not half.complete
    # What comes now is above the walk: it must be read by the next.
    later = scene.people_write(3, NOW + timedelta(minutes=5), "later")
    rest = walk(connector, COMMENTS, half.next_cursor, limit=3)
    then = walk(connector, COMMENTS, rest.cursor, limit=3)
    assert not set(later) & set(rest.ids)
    assert set(later) <= set(then.ids)


def test_the_end_of_the_listing_before_the_mark_is_a_gap(scene: Scene) -> None:
    connector = scene.connector()
    scene.people_write(1, NOW - timedelta(days=1), "before")
    begun = walk(connector, COMMENTS, None)
    names = scene.people_write(1100)
    walked = walk(connector, COMMENTS, begun.cursor)
    gap = walked.batches[-1].gap
    assert gap is not None
    assert gap.since == NOW - timedelta(days=1)
    assert gap.until == NOW + timedelta(seconds=100)
    assert set(walked.ids) == set(names[100:])
    assert walk(connector, COMMENTS, walked.cursor).batches[-1].gap is None


def test_deleted_known_things_make_no_gap(scene: Scene) -> None:
    connector = scene.connector()
    known = scene.people_write(3, NOW - timedelta(hours=2), "before")
    begun = walk(connector, COMMENTS, None)
    for name in known:
        scene.server.delete(name)
    names = scene.people_write(8)
    walked = walk(connector, COMMENTS, begun.cursor, limit=4)
    assert set(walked.ids) == set(names)
    assert walked.batches[-1].gap is None


def test_a_walk_whose_place_was_deleted_starts_again(scene: Scene) -> None:
    connector = scene.connector()
    scene.people_write(2, NOW - timedelta(hours=2), "before")
    begun = walk(connector, COMMENTS, None)
    names = scene.people_write(20)
    half = connector.fetch(COMMENTS, begun.cursor, 5)
    scene.server.delete(half.messages[0].native_id)
    rest = walk(connector, COMMENTS, half.next_cursor, limit=5)
    got = {m.native_id for m in half.messages} | set(rest.ids)
    assert got >= set(names)


@pytest.mark.parametrize("switch", ["duplicates", "out_of_order"])
def test_a_disturbed_listing_loses_and_doubles_nothing(scene: Scene, switch: str) -> None:
    connector = scene.connector()
    scene.people_write(6, NOW - timedelta(hours=1), "before")
    setattr(scene.server, switch, True)
    begun = walk(connector, COMMENTS, None)
    names = scene.people_write(21)
    walked = walk(connector, COMMENTS, begun.cursor, limit=5)
    assert set(walked.ids) >= set(names)
    for batch in walked.batches:
        assert len({m.key for m in batch.messages}) == len(batch.messages)


def test_what_shows_up_late_is_still_read(scene: Scene) -> None:
    connector = scene.connector()
    scene.people_write(30)
    begun = walk(connector, COMMENTS, None)
    late = scene.server.comment(scene.topic, "slow", "held back", NOW + timedelta(seconds=5))
    assert late in walk(connector, COMMENTS, begun.cursor).ids


def test_a_cursor_that_is_none_of_ours_is_rejected(scene: Scene) -> None:
    connector = scene.connector()
    for cursor in ("nonsense", "{}", "[]", '{"newest":[],"newest_utc":null,"walk":{"x":1}}'):
        refusal = refusal_of(lambda cursor=cursor: connector.fetch(COMMENTS, cursor, 5))
        assert isinstance(refusal, Rejected)


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.ERROR,
        FaultKind.HANG,
        FaultKind.DROP,
        FaultKind.TRUNCATED,
        FaultKind.HTML,
        FaultKind.TOO_MANY,
    ],
)
def test_a_read_that_fails_is_unavailable_and_asked_once(scene: Scene, kind: FaultKind) -> None:
    names = scene.people_write(2)
    scene.strike(kind, "GET /r/example/comments")
    connector = scene.connector()
    assert isinstance(refusal_of(lambda: connector.fetch(COMMENTS, None, 10)), Unavailable)
    assert scene.asked("GET /r/example/comments") == 1
    connector.budget.close_for(timedelta(seconds=-1))
    if kind is not FaultKind.TOO_MANY:
        assert connector.fetch(COMMENTS, None, 10).messages[0].native_id == names[0]


def test_a_server_that_trickles_is_cut_off(scene: Scene) -> None:
    # Given a server that sends one byte at a time, each well within the time-out
    cut = threading.Event()

    def trickle() -> None:
        taken, _ = listening.accept()
        with taken:
            try:
                for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 60:
                    taken.sendall(bytes([byte]))
                    threading.Event().wait(0.04)
            except OSError:
                cut.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle)
        thread.start()
        # When we ask it
        connector = scene.connector(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        refusal = refusal_of(lambda: connector.fetch(COMMENTS, None, 5))
        thread.join()
    # Then we hung up
    assert isinstance(refusal, Unavailable)
    assert cut.is_set()


def test_prawcore_never_sleeps_in_our_thread(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def slept(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")

    monkeypatch.setattr("prawcore.rate_limit.time.sleep", slept)
    scene.server.answers.quota = 4  # prawcore alone would wait ten seconds between requests
    connector = scene.connector()
    connector.fetch(COMMENTS, None, 5)
    connector.fetch(COMMENTS, None, 5)
    assert connector.send(scene.answer()).native_id


def test_an_expired_token_is_renewed_without_anybody_noticing(scene: Scene) -> None:
    connector = scene.connector()
    scene.people_write(1)
    connector.fetch(COMMENTS, None, 5)
    scene.server.expire_tokens()
    assert len(connector.fetch(COMMENTS, None, 5).messages) == 1


def test_a_subreddit_that_is_closed_or_not_there_is_rejected(scene: Scene) -> None:
    scene.server.add_subreddit("Secret", private=True)
    connector = scene.connector(subreddits=["secret", "nowhere"])
    for name in ("secret", "nowhere"):
        stream = f"r/{name}/comments"
        refusal = refusal_of(lambda stream=stream: connector.fetch(stream, None, 5))
        assert isinstance(refusal, Rejected)


def test_our_own_budget_refuses_before_reddit_does(scene: Scene) -> None:
    connector = scene.connector(budget_per_minute=10)
    connector.fetch(COMMENTS, None, 5)
    refusal = None
    for _ in range(10):
        try:
            connector.fetch(COMMENTS, None, 5)
        except Unavailable as error:
            refusal = error
    assert refusal is not None
    assert refusal.retry_after is not None
    assert refusal.retry_after <= timedelta(minutes=1)
    assert scene.asked("GET /r/example/comments") == 8  # the token was one, the tenth is for writes


def test_when_reddit_says_nothing_is_left_we_ask_no_more(scene: Scene) -> None:
    connector = scene.connector()
    scene.server.answers.quota = 1
    batch = connector.fetch(COMMENTS, None, 5)
    assert [(limit.scope, limit.remaining) for limit in batch.limits] == [("client", 0)]
    assert isinstance(refusal_of(lambda: connector.send(scene.answer())), Unavailable)
    assert scene.asked(COMMENT) == 0


# What is said


@pytest.mark.parametrize(
    ("kind", "refused_as", "taken"),
    [
        (FaultKind.ACCEPT_THEN_ERROR, Uncertain, True),
        (FaultKind.ACCEPT_THEN_HANG, Uncertain, True),
        (FaultKind.ACCEPT_THEN_DROP, Uncertain, True),
        (FaultKind.TRUNCATED, Uncertain, True),
        (FaultKind.ERROR, Uncertain, False),
        (FaultKind.HANG, Uncertain, False),
        (FaultKind.DROP, Uncertain, False),
        (FaultKind.HTML, Uncertain, False),
        (FaultKind.TOO_MANY, Unavailable, False),
        (FaultKind.NOT_FOUND, Rejected, False),
        (FaultKind.UNAUTHORIZED, Unavailable, False),
    ],
)
def test_a_write_goes_out_once_whatever_happens_and_can_be_found(
    scene: Scene, kind: FaultKind, refused_as: type[Refusal], taken: bool
) -> None:
    connector, post = scene.connector(), scene.answer()
    scene.strike(kind)
    refusal = refusal_of(lambda: connector.send(post))
    assert type(refusal) is refused_as
    assert scene.asked(COMMENT) == 1
    if kind is not FaultKind.TOO_MANY:
        receipt = connector.find(post)
        assert (receipt is not None) is taken


def test_what_is_taken_late_is_found_after_it_was_taken(scene: Scene) -> None:
    connector, post = scene.connector(), scene.answer()
    scene.strike(FaultKind.ACCEPT_LATE, seconds=1.2)
    assert isinstance(refusal_of(lambda: connector.send(post)), Uncertain)
    deadline = threading.Event()
    for _ in range(100):
        if connector.find(post) is not None:
            break
        deadline.wait(0.02)
    assert connector.find(post) is not None
    assert scene.asked(COMMENT) == 1


def test_a_token_refused_for_its_age_sends_on_the_next_attempt(scene: Scene) -> None:
    connector, post = scene.connector(), scene.answer()
    connector.find(post)
    scene.server.expire_tokens()
    assert isinstance(refusal_of(lambda: connector.send(post)), Unavailable)
    assert connector.send(post).native_id.startswith("t1_")
    assert scene.asked(COMMENT) == 2


def test_a_token_that_stays_refused_is_unauthorized(scene: Scene) -> None:
    connector = scene.connector()
    scene.strike(FaultKind.UNAUTHORIZED)
    scene.strike(FaultKind.UNAUTHORIZED, "GET /api/v1/me", times=9)
    assert isinstance(refusal_of(lambda: connector.send(scene.answer())), Unauthorized)


def test_the_receipt_has_reddits_time_and_a_link(scene: Scene) -> None:
    receipt = scene.connector().send(scene.answer())
    (said,) = [t for t in scene.server.things() if t["author"] == "desk_bot"]
    assert receipt.native_id == said["name"]
    assert receipt.sent_at.timestamp() == said["created_utc"]
    assert receipt.link == f"https://www.reddit.com{said['permalink']}"


def test_taken_but_not_shown_is_uncertain_and_found(scene: Scene) -> None:
    connector, post = scene.connector(), scene.answer()
    scene.server.swallows_answers = True
    assert isinstance(refusal_of(lambda: connector.send(post)), Uncertain)
    assert connector.find(post) is not None


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda scene: scene.server.lock(scene.topic), "THREAD_LOCKED"),
        (lambda scene: scene.server.delete(scene.topic), "DELETED_COMMENT"),
        (lambda scene: scene.server.remove(scene.topic), "DELETED_COMMENT"),
        (lambda scene: scene.server.add_subreddit("Example", banned=True), "403"),
    ],
)
def test_what_can_never_be_said_is_rejected(
    scene: Scene, spoil: Callable[[Scene], None], code: str
) -> None:
    spoil(scene)
    refusal = refusal_of(lambda: scene.connector().send(scene.answer()))
    assert isinstance(refusal, Rejected)
    assert refusal.code == code
    assert scene.asked(COMMENT) == 1


def test_a_break_that_reddit_asks_for_is_kept(scene: Scene) -> None:
    scene.server.throttled_minutes = 9
    refusal = refusal_of(lambda: scene.connector().send(scene.answer()))
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after == timedelta(minutes=9)
    assert scene.asked(COMMENT) == 1


def test_a_text_that_is_too_long_never_leaves(scene: Scene) -> None:
    refusal = refusal_of(lambda: scene.connector().send(scene.answer("x" * 10_001)))
    assert isinstance(refusal, Rejected)
    assert scene.server.answers.requests == []


def test_an_announcement_opens_a_discussion(scene: Scene) -> None:
    connector = scene.connector()
    post = Post("a:1", "announcement", "r/example", "Maintenance\n\nAt noon.")
    titled = replace(post, subject="Notice", claimed_at=datetime.now(UTC))
    first, second = connector.send(post), connector.send(titled)
    said = {t["name"]: t for t in scene.server.things("Example") if t["author"] == "desk_bot"}
    assert (said[first.native_id]["title"], said[first.native_id]["selftext"]) == (
        "Maintenance",
        "At noon.",
    )
    assert said[second.native_id]["title"] == "Notice"
    assert first.sent_at.utcoffset() == timedelta(0)
    found = connector.find(titled)
    assert found is not None
    assert found.native_id == second.native_id


def test_modmail_and_private_messages_are_answered_and_found(scene: Scene) -> None:
    connector = scene.connector()
    kept = scene.server.modmail("Example", "eve", "banned?", "why")
    letter = scene.server.message("zoe", "help", "please")
    claimed = datetime.now(UTC)
    by_mail = Post("k1", "relay", "modmail:r/example", "Sorry.", thread=kept, claimed_at=claimed)
    private = Post("k2", "relay", "inbox:acme", "Hi.", letter, letter, claimed_at=claimed)
    for post in (by_mail, private):
        assert connector.find(post) is None
        receipt = connector.send(post)
        found = connector.find(post)
        assert found is not None
        assert found.native_id == receipt.native_id
    assert scene.server.letters(kept)[-1].text == "Sorry."


def test_an_older_equal_text_is_not_taken_for_this_one(scene: Scene) -> None:
    connector = scene.connector()
    connector.send(scene.answer())
    later = replace(scene.answer(), claimed_at=datetime.now(UTC) + timedelta(minutes=5))
    assert connector.find(later) is None


def test_what_reddit_tidies_is_still_found(scene: Scene) -> None:
    connector, post = scene.connector(), scene.answer("  Hello\r\n\r\nthere  \n")
    connector.send(post)
    assert connector.find(post) is not None


def test_own_words_can_be_corrected_and_taken_back(scene: Scene) -> None:
    connector = scene.connector()
    receipt = connector.send(scene.answer())
    connector.edit(receipt, "r/example", "Corrected.")
    shown = {t["name"]: t for t in scene.server.things("Example")}[receipt.native_id]
    assert shown["body"] == "Corrected."
    connector.delete(receipt, "r/example")
    shown = {t["name"]: t for t in scene.server.things("Example")}[receipt.native_id]
    assert shown["author"] == "[deleted]"


def test_somebody_elses_words_cannot_be_corrected(scene: Scene) -> None:
    connector = scene.connector()
    receipt = replace(connector.send(scene.answer()), native_id=scene.topic)
    assert isinstance(refusal_of(lambda: connector.edit(receipt, "r/example", "no")), Rejected)


def test_recheck_tells_live_edited_and_deleted_apart(scene: Scene) -> None:
    live, edited, deleted, removed = scene.people_write(4)
    scene.server.edit(edited, "better")
    scene.server.delete(deleted)
    scene.server.remove(removed)
    asked = [live, edited, deleted, removed, "t1_missing", "t4_letter", "modmailid"]
    states = {r.native_id: r for r in scene.connector().recheck(asked)}
    assert {name: r.state for name, r in states.items()} == {
        live: ItemState.LIVE,
        edited: ItemState.EDITED,
        deleted: ItemState.DELETED,
        removed: ItemState.DELETED,
        "t1_missing": ItemState.DELETED,
    }
    assert states[edited].text == "better"
    assert states[edited].edited_at is not None


def test_an_empty_answer_to_a_recheck_proves_nothing(scene: Scene) -> None:
    assert scene.connector().recheck(["t1_one", "t1_two"]) == ()


# What it says of itself


def test_check_says_who_we_are_and_how_each_place_stands(scene: Scene) -> None:
    scene.server.add_subreddit("Closed", private=True)
    scene.server.add_subreddit("Hostile", banned=True)
    scene.server.add_subreddit("Foreign", moderator=False)
    connector = scene.connector(
        subreddits=["Example", "Closed", "Hostile", "Foreign", "nowhere"], modmail=["Foreign"]
    )
    health = connector.check()
    assert health.identity.startswith("t2_")
    assert health.handle == "desk_bot"
    standing = {f.subject: f.standing for f in health.findings}
    assert standing == {
        "login": Standing.OK,
        "scopes": Standing.OK,
        "r/example": Standing.OK,
        "r/closed": Standing.FAILED,
        "r/hostile": Standing.FAILED,
        "r/foreign": Standing.WARNING,
        "r/nowhere": Standing.FAILED,
        "modmail of r/foreign": Standing.FAILED,
    }
    assert all(f.remedy for f in health.findings if f.standing is not Standing.OK)


@pytest.mark.parametrize("secret", ["client_secret", "password"])
def test_check_names_a_wrong_secret_without_showing_it(scene: Scene, secret: str) -> None:
    wrong = SECRETS | {secret: "canary-wrong-value"}
    connector = scene.connector(wrong)
    (finding,) = connector.check().findings
    assert finding.standing is Standing.FAILED
    assert finding.remedy
    assert "canary" not in repr(finding)
    assert isinstance(refusal_of(lambda: connector.fetch(COMMENTS, None, 5)), Unauthorized)


def test_a_refresh_token_is_enough_and_tells_our_name(scene: Scene) -> None:
    secrets = {**SECRETS, "refresh_token": "sandbox-refresh"}
    del secrets["password"]
    connector = scene.connector(secrets, username="")
    scene.server.comment(scene.topic, "alice", "hey u/desk_bot", NOW)
    (message,) = connector.fetch(COMMENTS, None, 5).messages
    assert message.addressed
    assert connector.check().handle == "desk_bot"


def test_no_secret_is_in_refusals_logs_or_reprs(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connector = scene.connector()
    shown = [repr(connector), repr(connector._writes), repr(connector.login)]
    for kind in (FaultKind.DROP, FaultKind.HANG, FaultKind.ERROR, FaultKind.HTML):
        scene.strike(kind)
        refusal = refusal_of(lambda: connector.send(scene.answer()))
        shown += [repr(refusal), repr(refusal.__dict__), repr(refusal.__context__)]
        shown.append(repr(refusal.__cause__))
        frames = [frame.f_code.co_filename for frame, _ in walk_tb(refusal.__traceback__)]
        assert not [name for name in frames if "site-packages/prawcore" in name]
    tokens = list(scene.server.answers.tokens)
    everything = "\n".join([*shown, *(record.getMessage() for record in caplog.records)])
    assert tokens
    for secret in ("canary", *tokens):
        assert secret not in everything


def test_a_planted_praw_ini_changes_nothing(
    scene: Scene, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(praw.config.Config, "CONFIG", None)  # as in a fresh interpreter
    (tmp_path / "praw.ini").write_text("not an ini file\noauth_url=http://127.0.0.1:1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("praw_site", "elsewhere")
    monkeypatch.setenv("praw_client_id", "thief")
    assert scene.connector().send(scene.answer()).native_id


@pytest.mark.parametrize(
    ("options", "secrets", "named"),
    [
        ({"sub": []}, SECRETS, "sub"),
        ({"subreddits": "example"}, SECRETS, "subreddits"),
        ({"subreddits": ["a b"]}, SECRETS, "a b"),
        ({"timeout": "soon"}, SECRETS, "timeout"),
        ({"budget_per_minute": 0}, SECRETS, "budget_per_minute"),
        ({}, {**SECRETS, "client_id": ""}, "client_id"),
        ({}, {**SECRETS, "password": ""}, "password"),
    ],
)
def test_options_that_cannot_work_are_named_at_once(
    options: dict[str, Any], secrets: dict[str, str], named: str
) -> None:
    with pytest.raises(ValueError) as caught:
        connect("acme", {"username": "desk_bot", **options}, secrets)
    assert named in str(caught.value)


def test_closing_ends_a_request_under_way(scene: Scene) -> None:
    connector = scene.connector(timeout=20)
    connector.fetch(COMMENTS, None, 5)
    scene.strike(FaultKind.HANG, "GET /r/example/comments", seconds=20)
    ended: list[Refusal] = []
    thread = threading.Thread(
        target=lambda: ended.append(refusal_of(lambda: connector.fetch(COMMENTS, None, 5)))
    )
    thread.start()
    waiting = threading.Event()
    for _ in range(200):
        if scene.faults.struck:
            break
        waiting.wait(0.01)
    connector.close()
    thread.join(10)
    assert isinstance(ended[0], Unavailable)
    assert isinstance(refusal_of(lambda: connector.send(scene.answer())), Unavailable)
