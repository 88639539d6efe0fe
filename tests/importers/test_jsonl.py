"""JSON lines: what is taken, what is set aside and why."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.messages import Author, AuthorKind, Message, Platform, Role
from monitor.importers import jsonl
from monitor.ports import Quarantined

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROW: dict[str, Any] = {
    "platform": "telegram",
    "place": "-1001",
    "id": 5,
    "author_id": 77,
    "author_name": "Ann",
    "role": "member",
    "text": "提现 stuck",
    "sent_at": "2026-11-09T13:00:00+01:00",
    "reply_to": 4,
    "thread": "9",
}


def read(*lines: str | bytes | dict[str, Any]) -> list[Message | Quarantined]:
    encoded = [json.dumps(x).encode() if isinstance(x, dict) else x for x in lines]
    raw = b"\n".join(x.encode() if isinstance(x, str) else x for x in encoded)
    return list(jsonl.read(io.BufferedReader(io.BytesIO(raw)), NOW))


def one(**changes: Any) -> Message:
    (found,) = read({k: v for k, v in (ROW | changes).items() if v is not ...})
    assert isinstance(found, Message), found
    return found


def complaint(**changes: Any) -> str:
    (found,) = read({k: v for k, v in (ROW | changes).items() if v is not ...})
    assert isinstance(found, Quarantined), found
    return found.reason


def test_a_full_line_becomes_a_message() -> None:
    assert one() == Message(
        Platform.TELEGRAM,
        "-1001",
        "5",
        Author("77", "Ann"),
        "提现 stuck",
        datetime(2026, 11, 9, 12, tzinfo=UTC),
        thread="9",
        reply_to="4",
        role=Role.MEMBER,
    )


def test_only_five_keys_are_needed() -> None:
    message = one(author_id=..., author_name=..., role=..., reply_to=..., thread=...)
    assert message.author == Author("", kind=AuthorKind.UNKNOWN)
    assert (message.role, message.reply_to, message.thread) == (None, None, None)


@pytest.mark.parametrize(
    "sent_at", [1762689600, 1762689600.0, "1762689600", 1762689600000, "2025-11-09T12:00:00Z"]
)
def test_times_are_iso_or_seconds_or_milliseconds(sent_at: object) -> None:
    assert one(sent_at=sent_at).sent_at == datetime(2025, 11, 9, 12, tzinfo=UTC)


def test_places_have_the_live_form() -> None:
    assert one(platform="x", place="x").platform is Platform.TWITTER
    assert one(platform="reddit", place="r/AcmeHelp").place == "r/acmehelp"


def test_mentions_are_a_list_of_ids_or_names() -> None:
    assert one(mentions=["leo", 7, "leo", ""]).mentions == ("leo", "7")
    assert complaint(mentions="leo") == "mentions: not a list of at most 100 (found 'leo')"
    assert complaint(mentions=[{}]) == "mentions: not a text or number (found {})"


def test_a_role_says_what_kind_of_author_it_was() -> None:
    assert one(role="STAFF").role is Role.STAFF
    assert one(role="other_bot").author.kind is AuthorKind.BOT
    assert one(role="platform").author.kind is AuthorKind.PLATFORM


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"platform": "irc"}, "platform: not telegram, reddit or twitter (found 'irc')"),
        ({"platform": "email"}, "platform: not telegram, reddit or twitter (found 'email')"),
        ({"place": ...}, "place: missing"),
        ({"place": " "}, "place: empty"),
        ({"id": ...}, "id: missing"),
        ({"id": True}, "id: not a text or number (found True)"),
        ({"id": "9" * 81}, "id: longer than 80 characters"),
        ({"text": ...}, "text: missing"),
        ({"text": None}, "text: not a text (found None)"),
        ({"sent_at": ...}, "sent_at: missing"),
        (
            {"sent_at": "2026-11-09T12:00:00"},
            "sent_at: no time zone (found '2026-11-09T12:00:00'); write 2026-11-09T12:00:00Z",
        ),
        (
            {"sent_at": "soon"},
            "sent_at: not a time (found 'soon'); write 2026-11-09T12:00:00Z or seconds",
        ),
        ({"sent_at": 5}, "sent_at: not between 1990 and today (found 5)"),
        ({"sent_at": "2027-01-01T00:00:00Z"}, "sent_at: not between 1990 and today (found '2027"),
        (
            {"role": "boss"},
            "role: not one of member, staff, bot, other_bot, platform (found 'boss')",
        ),
    ],
)
def test_a_wrong_line_is_set_aside_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    assert complaint(**changes).startswith(reason)


def test_a_broken_line_stops_nobody_and_keeps_its_number() -> None:
    found = read(ROW, "", "{", b'\xff\xfe{"a"', "[1]", "{}", ROW)
    numbers = [f.native_id if isinstance(f, Quarantined) else "ok" for f in found]
    assert numbers == ["ok", "line 3", "line 4", "line 5", "line 6", "ok"]


def test_texts_lose_what_no_database_takes() -> None:
    (found,) = read(
        '{"platform":"x","place":"x","id":"1","sent_at":1e9,"text":"a\\u0000b\\ud800c"}'
    )
    assert isinstance(found, Message)
    assert found.text == "ab\ufffdc"


def test_a_giant_line_is_set_aside_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("monitor.importers.files.LONGEST_LINE", 2_000)
    giant = json.dumps(ROW | {"text": "x" * 10_000})
    first, second = read(giant, ROW)
    assert isinstance(first, Quarantined)
    assert first.native_id == "line 1"
    assert isinstance(second, Message)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(ROW)), json_values))
def test_no_json_can_break_the_reader(changes: dict[str, Any]) -> None:
    (found,) = read(json.dumps(ROW | changes))
    assert isinstance(found, Message | Quarantined)


@given(st.binary())
def test_no_bytes_can_break_the_reader(raw: bytes) -> None:
    last = read(raw, ROW)[-1]
    assert isinstance(last, Message)
