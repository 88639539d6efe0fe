"""Recorded X through the real tweepy and our walks: everything there, once, nothing set aside."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.core.messages import Message
from monitor.ports import Batch
from tests.connectors.replay_twitter import recorded_batches, recorded_reads


@pytest.fixture(scope="module")
def batches(shared: Path) -> list[tuple[str, Batch]]:
    """What the connector made of it."""
    return list(recorded_batches(shared))


def seen(batches: list[tuple[str, Batch]], stream: str) -> list[Message]:
    """The messages of one stream."""
    return [m for s, batch in batches if s == stream for m in batch.messages]


@pytest.mark.parametrize(
    ("stream", "path"), [("mentions", "/mentions"), ("search:Tweepy", "/search/recent")]
)
def test_every_recorded_post_arrives_exactly_once(
    shared: Path, batches: list[tuple[str, Batch]], stream: str, path: str
) -> None:
    meant = [p["id"] for r in recorded_reads(shared) if path in r.path for p in r.body["data"]]
    assert len(set(meant)) == 10
    assert Counter(m.native_id for m in seen(batches, stream)) == Counter(dict.fromkeys(meant, 1))


def test_nothing_recorded_is_set_aside(batches: list[tuple[str, Batch]]) -> None:
    assert [aside for _, batch in batches for aside in batch.quarantined] == []


def test_posts_without_a_time_are_dated_by_their_ids(batches: list[tuple[str, Batch]]) -> None:
    for message in seen(batches, "search:Tweepy"):  # a bot wrote its own clock into each
        written = datetime.strptime(message.text[:26], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
        assert abs((message.sent_at - written).total_seconds()) < 2


def test_recorded_authors_may_be_unknown(batches: list[tuple[str, Batch]]) -> None:
    assert {m.author.id for _, batch in batches for m in batch.messages} == {""}


def test_recorded_mentions_speak_to_the_account_that_was_mentioned(
    batches: list[tuple[str, Batch]],
) -> None:
    mentions = seen(batches, "mentions")
    assert all(m.addressed for m in mentions)
    assert all("twitter" in [name.lower() for name in m.mentions] for m in mentions)
