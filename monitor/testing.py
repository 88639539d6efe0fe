"""Fakes with verbs and the connector contract, for our tests and for those of foreign connectors.

Nothing here talks to a network; the fake platform lives in memory and can fail on command.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.assessment import Assessment, Complexity, Topic, Urgency
from monitor.core.messages import Author, AuthorKind, Message, Platform
from monitor.ports import (
    Batch,
    Buttons,
    Connector,
    Health,
    Post,
    Receipt,
    Refusal,
    Rejected,
    Searchable,
    Unauthorized,
    Unavailable,
    Uncertain,
)

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


def a_message(text: str = "my withdrawal is stuck", *, id: str = "1", author: str = "42", place: str = "-100",
              platform: Platform = Platform.TELEGRAM, after: float = 0, **more: Any) -> Message:  # fmt: skip
    """A message of a customer, `after` seconds past NOON."""
    kind = more.pop("kind", AuthorKind.PERSON)
    return Message(
        platform=platform,
        place=place,
        native_id=id,
        author=Author(author, name=f"name-{author}", handle=f"handle{author}", kind=kind),
        text=text,
        sent_at=NOON + timedelta(seconds=after),
        **more,
    )


def about(topic: Topic = Topic.WITHDRAWAL, urgency: Urgency = Urgency.NORMAL, *signals: str,
          language: str = "en") -> Assessment:  # fmt: skip
    """A judgement."""
    return Assessment(
        topic, urgency, language, Complexity.SIMPLE, 0.9, ("says so",), frozenset(signals), "test/1"
    )


class WordClassifier:
    """Judges by the words of the enums: "critical withdrawal asking" is just that."""

    version = "words/1"

    def assess(
        self, messages: Sequence[Message], prior: Mapping[str, str] | None = None
    ) -> list[Assessment]:
        """ValueError for a text with the word "poison"."""
        return [self._assess(message.text.lower().split()) for message in messages]

    def _assess(self, words: list[str]) -> Assessment:
        if "poison" in words:
            raise ValueError("poison")
        topic = next((t for t in Topic if t.value in words), Topic.CHATTER)
        urgency = next((u for u in Urgency if u.word in words), Urgency.NORMAL)
        signals = frozenset({"holding", "thanks", "asking", "stop"} & set(words))
        return Assessment(topic, urgency if topic.needs_answer else Urgency.LOW, "en", Complexity.SIMPLE, 0.9,
                          (f"says {topic}",), signals, self.version)  # fmt: skip


@dataclass(slots=True)
class FakePlatform:
    """A place where people write and the desk speaks. It forgets what was confirmed, as Telegram does."""

    written: list[Message] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    accept_then: list[Refusal] = field(default_factory=list)
    sends: int = 0
    now: datetime = NOON
    shown: dict[str, Post] = field(default_factory=dict)  # native id to the post as it reads now
    heard: dict[str, str] = field(default_factory=dict)  # press to what the presser was told
    edits: int = 0

    def write(self, *messages: Message) -> None:
        """People write."""
        self.written.extend(messages)

    def refuse(self, refusal: Refusal) -> None:
        """The next send is refused and nothing is posted."""
        self.refusals.append(refusal)

    def accept_but_answer(self, refusal: Refusal) -> None:
        """The next send is posted, and yet the caller sees this."""
        self.accept_then.append(refusal)

    def take(self, post: Post) -> Receipt:
        """Post it."""
        self.sends += 1
        if self.refusals:
            raise self.refusals.pop(0)
        self.posts.append(post)
        receipt = Receipt(f"p{len(self.posts)}", self.now)
        self.receipts[post.key] = receipt
        self.shown[receipt.native_id] = post
        if self.accept_then:
            raise self.accept_then.pop(0)
        return receipt

    def change(self, native_id: str, post: Post | None) -> None:
        """Show it differently, or (None) no more. Rejected when it is gone."""
        if self.refusals:
            raise self.refusals.pop(0)
        if native_id not in self.shown:
            raise Rejected("Bad Request: message to edit not found")
        self.edits += 1
        if post is None:
            del self.shown[native_id]
        else:
            self.shown[native_id] = post

    def said(self, place: str) -> list[str]:
        """The texts posted in a place."""
        return [post.text for post in self.posts if post.place == place]


class FakeConnector:
    """A connector to a FakePlatform; cannot be asked what it said."""

    platform = Platform.TELEGRAM

    def __init__(
        self, at: FakePlatform, account: str = "tg", platform: Platform = Platform.TELEGRAM
    ) -> None:
        self.at = at
        self.account = account
        self.platform = platform

    def streams(self) -> Sequence[str]:
        """One."""
        return ("updates",)

    def fetch(self, stream: str, cursor: str | None, limit: int) -> Batch:
        """The next `limit` after the cursor, which is a count."""
        start = json.loads(cursor)["offset"] if cursor else 0
        found = tuple(self.at.written[start : start + limit])
        end = start + len(found)
        return Batch(
            found, next_cursor=json.dumps({"offset": end}), complete=end == len(self.at.written)
        )

    def send(self, post: Post) -> Receipt:
        """As the platform decides."""
        return self.at.take(post)

    def check(self) -> Health:
        """Well."""
        return Health("1", "desk")

    def close(self) -> None:
        """Nothing to give back."""


class DeskFake(FakeConnector):
    """A connector whose posts have buttons and can be edited."""

    def edit(
        self,
        receipt: Receipt,
        place: str,
        text: str,
        *,
        link: str | None = None,
        buttons: Buttons = (),
    ) -> None:
        """The post reads so from now on."""
        before = self.at.shown.get(receipt.native_id)
        if before is not None:
            before = replace(before, text=text, link=link, buttons=buttons)
        self.at.change(receipt.native_id, before or Post("", "", place, text))

    def delete(self, receipt: Receipt, place: str) -> None:
        """The post is gone."""
        self.at.change(receipt.native_id, None)

    def answer_button(self, query_id: str, text: str = "") -> None:
        """Told."""
        self.at.heard[query_id] = text


class SearchableFake(FakeConnector):
    """A connector that can be asked."""

    def find(self, post: Post) -> Receipt | None:
        """By key."""
        return self.at.receipts.get(post.key)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a contract test needs of a platform stand-in.

    `connector`: a fresh connector to it. `write(n)`: n people write in `place`; their texts are "question 0"...
    `post`: a Post it would take. `posts()`: how many things the product has said there.
    `break_next(kind)`: the next write (or read, for "read_error") goes wrong: "error" (refused with 5xx and
    not done), "accept_then_error", "accept_then_drop", "unauthorized", "too_many" (retry_after 7 s), "refuse"
    (nobody listens from now on).
    """

    connector: Callable[[], Connector]
    write: Callable[[int], None]
    post: Post
    posts: Callable[[], int]
    break_next: Callable[[str], None]
    too_long: Post


class ConnectorContract:
    """Subclass it, give `stage`, and inherit what every connector must keep."""

    @abstractmethod
    def make_stage(self) -> Stage:
        """A stand-in with nothing written."""

    def test_an_unsaved_cursor_repeats_the_batch(self) -> None:
        """Crash between fetch and store: nothing is lost."""
        stage = self.make_stage()
        stage.write(3)
        connector = stage.connector()
        stream = self.stream_of(connector)
        first, _ = self._walk(connector, stream, None)
        again, _ = self._walk(connector, stream, None)
        assert len(first) == 3
        assert [m.key for m in first] == [m.key for m in again]

    def test_a_saved_cursor_reads_each_message_once_or_again_but_never_not(self) -> None:
        """New messages come after the cursor."""
        stage = self.make_stage()
        stage.write(2)
        connector = stage.connector()
        stream = self.stream_of(connector)
        first, cursor = self._walk(connector, stream, None)
        stage.write(2)
        later, _ = self._walk(connector, stream, cursor)
        assert len({m.key for m in (*first, *later)}) == 4

    def test_times_are_aware_and_in_utc(self) -> None:
        """No naive datetime leaves a connector."""
        stage = self.make_stage()
        stage.write(1)
        connector = stage.connector()
        (message,), _ = self._walk(connector, self.stream_of(connector), None)
        assert message.sent_at.utcoffset() == timedelta(0)

    def test_a_send_gives_a_receipt(self) -> None:
        """With an id and an aware time."""
        stage = self.make_stage()
        receipt = stage.connector().send(stage.post)
        assert receipt.native_id
        assert receipt.sent_at.utcoffset() == timedelta(0)
        assert stage.posts() == 1

    def test_an_accepted_send_without_an_answer_is_uncertain_and_never_repeated(self) -> None:
        """Whatever breaks after the platform took it."""
        for fault in ("accept_then_error", "accept_then_drop"):
            stage = self.make_stage()
            connector = stage.connector()
            stage.break_next(fault)
            assert isinstance(self._refusal(connector, stage.post), Uncertain)
            assert stage.posts() == 1

    def test_what_was_accepted_can_be_found(self) -> None:
        """Only where the platform can be asked."""
        stage = self.make_stage()
        connector = stage.connector()
        if not isinstance(connector, Searchable):
            return
        claimed = Post(**{name: getattr(stage.post, name) for name in stage.post.__slots__} | {
            "claimed_at": datetime.now(UTC)})  # fmt: skip
        assert connector.find(claimed) is None
        stage.break_next("accept_then_drop")
        self._refusal(connector, claimed)
        assert connector.find(claimed) is not None

    def test_too_many_requests_is_unavailable_with_the_time_to_wait(self) -> None:
        """And nothing was posted."""
        stage = self.make_stage()
        connector = stage.connector()
        stage.break_next("too_many")
        refusal = self._refusal(connector, stage.post)
        assert isinstance(refusal, Unavailable)
        assert refusal.retry_after is not None
        assert stage.posts() == 0

    def test_refused_credentials_are_unauthorized(self) -> None:
        """The account stops."""
        stage = self.make_stage()
        connector = stage.connector()
        stage.break_next("unauthorized")
        assert isinstance(self._refusal(connector, stage.post), Unauthorized)

    def test_a_server_that_is_not_there_is_unavailable(self) -> None:
        """Surely not done."""
        stage = self.make_stage()
        connector = stage.connector()
        stage.break_next("refuse")
        assert isinstance(self._refusal(connector, stage.post), Unavailable)

    def test_a_text_over_the_limit_is_cut_or_rejected_before_it_leaves(self) -> None:
        """Never an unknown outcome."""
        stage = self.make_stage()
        connector = stage.connector()
        refusal = self._refusal(connector, stage.too_long)
        assert refusal is None or isinstance(refusal, Rejected)

    def test_closing_twice_is_closing_once(self) -> None:
        """And it does not raise."""
        connector = self.make_stage().connector()
        connector.close()
        connector.close()

    def stream_of(self, connector: Connector) -> str:
        """The stream in which `write` shows up; the first, unless overridden."""
        return connector.streams()[0]

    def _walk(
        self, connector: Connector, stream: str, cursor: str | None
    ) -> tuple[list[Message], str | None]:
        found: dict[str, Message] = {}
        for _ in range(50):
            batch = connector.fetch(stream, cursor, 100)
            found |= {m.key: m for m in batch.messages}
            cursor = batch.next_cursor
            if batch.complete:
                break
        return list(found.values()), cursor

    def _refusal(self, connector: Connector, post: Post) -> Refusal | None:
        try:
            connector.send(post)
        except Refusal as refusal:
            return refusal
        return None
