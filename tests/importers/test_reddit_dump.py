"""Reddit dumps of many years: ids, times, what was deleted later."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.core.messages import Author, AuthorKind, Event, EventKind, Message, Platform
from monitor.importers import reddit
from monitor.ports import Quarantined

NOW = datetime(2026, 11, 22, tzinfo=UTC)
COMMENT: dict[str, Any] = {
    "id": "c1", "link_id": "t3_s1", "parent_id": "t1_c0", "subreddit": "AcmeHelp", "author": "ann",
    "author_fullname": "t2_ann", "body": "ask u/leo", "created_utc": 1762689600, "edited": False,
    "permalink": "/r/AcmeHelp/comments/s1/_/c1/", "retrieved_on": 1762689700,
}  # fmt: skip
SUBMISSION: dict[str, Any] = {
    "id": "s1", "subreddit": "AcmeHelp", "author": "ann", "author_fullname": "t2_ann",
    "title": "Stuck", "selftext": "my withdrawal", "created_utc": "1762689600",
}  # fmt: skip


def read(*rows: dict[str, Any]) -> list[Message | Event | Quarantined]:
    raw = b"\n".join(json.dumps(row).encode() for row in rows)
    return list(reddit.read(io.BufferedReader(io.BytesIO(raw)), NOW))


def one(row: dict[str, Any], **changes: Any) -> Any:
    (found,) = read({k: v for k, v in (row | changes).items() if v is not ...})
    return found


def test_a_comment_becomes_a_message_in_live_form() -> None:
    assert one(COMMENT) == Message(
        Platform.REDDIT,
        "r/acmehelp",
        "t1_c1",
        Author("t2_ann", "ann", "ann"),
        "ask u/leo",
        datetime(2025, 11, 9, 12, tzinfo=UTC),
        thread="t3_s1",
        reply_to="t1_c0",
        link="https://www.reddit.com/r/AcmeHelp/comments/s1/_/c1/",
        place_name="r/AcmeHelp",
        mentions=("leo",),
        place_kind="subreddit",
    )


def test_a_submission_is_title_and_text_and_its_own_thread() -> None:
    found = one(SUBMISSION)
    assert (found.native_id, found.thread, found.reply_to) == ("t3_s1", "t3_s1", None)
    assert found.text == "Stuck\n\nmy withdrawal"
    assert found.link == "https://www.reddit.com/r/AcmeHelp/comments/s1/"
    assert one(SUBMISSION, selftext="").text == "Stuck"


@pytest.mark.parametrize("created", [1762689600, 1762689600.0, "1762689600"])
def test_times_of_all_years_are_read(created: object) -> None:
    assert one(COMMENT, created_utc=created).sent_at == datetime(2025, 11, 9, 12, tzinfo=UTC)


def test_edited_is_a_time_or_nothing() -> None:
    assert one(COMMENT, edited=1762689660.0).edited_at == datetime(2025, 11, 9, 12, 1, tzinfo=UTC)
    assert one(COMMENT, edited=True).edited_at is None


def test_numbers_and_names_of_old_dumps_are_taken() -> None:
    found = one(COMMENT, id=123, link_id="s1", parent_id=77, author_fullname=..., permalink=...)
    assert (found.native_id, found.thread, found.reply_to) == ("t1_123", "t3_s1", "t3_s1")
    assert found.author.id == "u/ann"
    assert found.link == "https://www.reddit.com/r/AcmeHelp/comments/s1/_/123/"


@pytest.mark.parametrize(
    ("changes", "kind", "author_id"),
    [
        ({"author": "[deleted]"}, AuthorKind.UNKNOWN, ""),
        ({"author": "AutoModerator"}, AuthorKind.PLATFORM, "t2_ann"),
        ({"author": "Acme-ModTeam"}, AuthorKind.CHANNEL, "t2_ann"),
        ({"distinguished": "admin"}, AuthorKind.PLATFORM, "t2_ann"),
    ],
)
def test_who_is_no_person_is_said(
    changes: dict[str, Any], kind: AuthorKind, author_id: str
) -> None:
    author = one(COMMENT, **changes).author
    assert (author.kind, author.id) == (kind, author_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"_meta": {"was_deleted_later": True, "retrieved_2nd_on": 1762819200}},
        {"_meta": {"removal_type": "deleted", "retrieved_2nd_on": 1762819200}},
        {"body": "[removed]", "retrieved_on": 1762819200},
        {"body": "[deleted]", "retrieved_on": 1762819200},
    ],
)
def test_what_was_deleted_comes_as_a_deletion_without_its_text(changes: dict[str, Any]) -> None:
    at = datetime(2025, 11, 11, tzinfo=UTC)
    deleted = Event(EventKind.DELETED, Platform.REDDIT, "r/acmehelp", "t1_c1", at)
    assert one(COMMENT, **changes) == deleted


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": ...}, "neither a comment (body) nor a submission (title)"),
        ({"id": "../x"}, "not a Reddit id (found '../x')"),
        ({"link_id": ...}, "link_id: missing"),
        ({"created_utc": None}, "created_utc: not a time (found None)"),
        ({"subreddit": ""}, "subreddit: empty"),
        ({"body": 5}, "body: not a text"),
    ],
)
def test_a_wrong_line_is_set_aside_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    found = one(COMMENT, **changes)
    assert isinstance(found, Quarantined)
    assert found.native_id == "line 1"
    assert found.reason.startswith(reason)
