"""Recorded Reddit through the real PRAW and our walks: everything there, once, nothing set aside."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from monitor.core.messages import AuthorKind, Message
from monitor.ports import Batch
from tests.connectors.replay_reddit import Recorded, recorded_batches, recorded_content


@pytest.fixture(scope="module")
def content(shared: Path) -> Recorded:
    """What was recorded."""
    return recorded_content(shared)


@pytest.fixture(scope="module")
def batches(shared: Path) -> list[tuple[str, Batch]]:
    """What the connector made of it."""
    return list(recorded_batches(shared))


@pytest.fixture(scope="module")
def messages(batches: list[tuple[str, Batch]]) -> dict[str, Message]:
    """By natural key."""
    return {m.key: m for _, batch in batches for m in batch.messages}


def test_every_comment_submission_and_message_is_there_once(
    content: Recorded, messages: dict[str, Message]
) -> None:
    recorded = {name for things in content.streams.values() for name in things}
    found = Counter(m.native_id for m in messages.values() if "mail" not in m.place_kind)
    assert Counter(name[:2] for name in recorded) == {"t1": 2000, "t3": 729, "t4": 98}
    assert set(found) == recorded
    assert set(found.values()) == {1}


def test_every_modmail_message_is_there_once(
    content: Recorded, messages: dict[str, Message]
) -> None:
    found = Counter(m.native_id for m in messages.values() if "mail" in m.place_kind)
    assert len(content.letters) > 100
    assert set(found) == set(content.letters)
    assert set(found.values()) == {1}


def test_nothing_is_set_aside_and_no_gap_is_claimed(batches: list[tuple[str, Batch]]) -> None:
    assert [q.reason for _, batch in batches for q in batch.quarantined] == []
    assert [stream for stream, batch in batches if batch.gap] == []


def test_the_recorded_words_arrive_unchanged(
    content: Recorded, messages: dict[str, Message]
) -> None:
    by_id = {m.native_id: m for m in messages.values()}
    for things in content.streams.values():
        for name, thing in things.items():
            shown = thing["data"]
            assert (shown.get("body") or shown.get("selftext") or "").strip() in by_id[name].text
            assert by_id[name].sent_at.timestamp() == shown["created_utc"]


def test_every_comment_knows_its_discussion_and_its_parent(messages: dict[str, Message]) -> None:
    comments = [m for m in messages.values() if m.native_id.startswith("t1_")]
    assert all((m.thread or "").startswith("t3_") for m in comments)
    assert all((m.reply_to or "").startswith(("t1_", "t3_")) for m in comments)
    assert all((m.link or "").startswith("https://www.reddit.com/") for m in comments)


def test_mentions_speak_to_us_and_missing_authors_are_unknown(
    batches: list[tuple[str, Batch]], messages: dict[str, Message]
) -> None:
    mentioned = [m for stream, batch in batches if stream == "mentions" for m in batch.messages]
    assert mentioned
    assert all(m.addressed for m in mentioned)
    unknown = [m for m in messages.values() if m.author.kind is AuthorKind.UNKNOWN]
    assert unknown
    assert {m.author.id for m in unknown} == {""}
