"""Telegram Desktop exports: places in live form, broken escapes, topics, hidden admins, private talks."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import ijson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.messages import Author, AuthorKind, Message
from monitor.importers import telegram
from monitor.importers.telegram import Repaired
from monitor.ports import Quarantined

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def row(native: int, text: Any = "hello", **more: Any) -> dict[str, Any]:
    return {
        "id": native, "type": "message", "date": "2026-11-09T13:00:00", "date_unixtime": "1762689600",
        "from": "Ann", "from_id": "user77", "text": text,
        "text_entities": [{"type": "plain", "text": text}] if isinstance(text, str) else text,
    } | more  # fmt: skip


def chat(
    *rows: dict[str, Any], kind: str = "public_supergroup", number: int = 42
) -> dict[str, Any]:
    return {"name": "Acme", "type": kind, "id": number, "messages": list(rows)}


def read(export: object, account: str = "import") -> list[Message | Quarantined]:
    raw = export if isinstance(export, bytes) else json.dumps(export).encode()
    return list(telegram.read(io.BytesIO(raw), account, NOW))


def messages(export: object) -> list[Message]:
    found = read(export)
    assert all(isinstance(f, Message) for f in found), found
    return [f for f in found if isinstance(f, Message)]


@pytest.mark.parametrize(
    ("kind", "place", "place_kind"),
    [
        ("public_supergroup", "-10042", "supergroup"),
        ("private_supergroup", "-10042", "supergroup"),
        ("public_channel", "-10042", "channel"),
        ("private_channel", "-10042", "channel"),
        ("private_group", "acme:-42", "group"),
        ("personal_chat", "acme:42", "private"),
        ("bot_chat", "acme:42", "private"),
    ],
)
def test_places_have_the_live_form(kind: str, place: str, place_kind: str) -> None:
    (found,) = read(chat(row(1), kind=kind), "acme")
    assert isinstance(found, Message)
    assert (found.place, found.place_kind, found.place_name) == (place, place_kind, "Acme")


def test_a_message_carries_author_time_link_and_mentions() -> None:
    entities = [
        {"type": "plain", "text": "ask "},
        {"type": "mention", "text": "@leo"},
        {"type": "plain", "text": " or "},
        {"type": "mention_name", "text": "Mia", "user_id": 8},
    ]
    edited = row(3, entities, edited_unixtime="1762689660", reply_to_message_id=2)
    (found,) = messages(chat(edited))
    assert found.text == "ask @leo or Mia"
    assert found.mentions == ("leo", "8")
    assert found.author == Author("77", "Ann")
    assert found.sent_at == datetime(2025, 11, 9, 12, tzinfo=UTC)
    assert found.edited_at == datetime(2025, 11, 9, 12, 1, tzinfo=UTC)
    assert (found.reply_to, found.link) == ("2", "https://t.me/c/42/3")


def test_texts_of_older_exports_are_lists_without_entities() -> None:
    old = row(1, ["see ", {"type": "link", "text": "https://a.example"}])
    del old["text_entities"]
    assert messages(chat(old))[0].text == "see https://a.example"


@pytest.mark.parametrize(
    ("from_id", "author"),
    [
        ("user777000", Author("777000", "Ann", kind=AuthorKind.PLATFORM)),
        ("channel42", Author("-10042", "Ann", kind=AuthorKind.ANONYMOUS_ADMIN)),
        ("channel9", Author("-1009", "Ann", kind=AuthorKind.CHANNEL)),
        ("chat9", Author("-9", "Ann", kind=AuthorKind.CHANNEL)),
        (None, Author("", "Ann", kind=AuthorKind.UNKNOWN)),
    ],
)
def test_who_wrote_is_who_the_id_says(from_id: str | None, author: Author) -> None:
    assert messages(chat(row(1, from_id=from_id)))[0].author == author


def test_a_deleted_account_is_unknown() -> None:
    (found,) = messages(chat(row(1, from_id="user5", **{"from": None})))
    assert found.author == Author("5", "")


def test_a_picture_without_words_is_a_message_too() -> None:
    assert messages(chat(row(1, "", photo="a.jpg")))[0].text == ""


def test_topics_are_followed_through_replies() -> None:
    opened = {"id": 10, "type": "service", "action": "topic_created", "date_unixtime": "1762689600"}
    rows = [
        opened,
        row(11, reply_to_message_id=10),
        row(12, reply_to_message_id=11),
        row(13, reply_to_message_id=99),
        row(14),
    ]
    found = [(m.native_id, m.thread, m.reply_to) for m in messages(chat(*rows))]
    assert found == [("11", "10", None), ("12", "10", "11"), ("13", None, "99"), ("14", None, None)]


def test_a_reply_to_another_chat_is_no_reply_here() -> None:
    (found,) = messages(chat(row(3, reply_to_message_id=2, reply_to_peer_id="channel9")))
    assert found.reply_to is None


def test_from_an_account_only_groups_and_channels_are_taken() -> None:
    export = {
        "about": "…",
        "personal_information": {"id": 1, "name": "Mia", "type": "x"},
        "chats": {
            "about": "…",
            "list": [
                chat(row(1), kind="personal_chat", number=5),
                chat(row(2), kind="saved_messages", number=6),
                chat(row(3), number=7),
                chat(row(4), kind="private_group", number=8),
            ],
        },
        "left_chats": {"about": "…", "list": [chat(row(5), number=9)]},
    }
    assert [m.place for m in messages(export)] == ["-1007", "import:-8", "-1009"]


def test_what_cannot_be_read_is_set_aside_and_stops_nobody() -> None:
    old = row(2)
    del old["date_unixtime"]
    bad = row(3, text_entities=[{"type": "plain", "text": 7}])
    found = read(chat(row(1), old, bad, row(4, date_unixtime="x"), row(5)))
    reasons = [f.reason if isinstance(f, Quarantined) else f.native_id for f in found]
    assert reasons == [
        "1",
        "date_unixtime: missing, an old Telegram Desktop wrote this; export again",
        "text: a piece of it is not a text",
        "date_unixtime: not a time (found 'x'); write 2026-11-09T12:00:00Z or seconds",
        "5",
    ]
    assert isinstance(found[1], Quarantined)
    assert found[1].native_id == "42: message 2"


def test_the_exporters_invalid_escapes_are_mended() -> None:
    raw = json.dumps(chat(row(1, "a@b\\c\\xd"))).encode().replace(b"@", rb"\x0b")
    with pytest.raises(ijson.JSONError):
        list(ijson.parse(io.BytesIO(raw)))
    (found,) = messages(raw)
    assert found.text == "a\x0bb\\c\\xd"


class Trickle(io.RawIOBase):
    """A file that gives at most `step` bytes at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        self._rest, self._step = content, step

    def read(self, size: int = -1) -> bytes:
        some, self._rest = self._rest[: self._step], self._rest[self._step :]
        return some


def mended(file: Any) -> bytes:
    reader = Repaired(file)
    return b"".join(iter(lambda: reader.read(64_000), b""))


@given(
    st.lists(st.sampled_from([b"\\", b"x", b"0", b"b", b'"', b"n", b"\\x0b", b"\\\\", b"a"])),
    st.integers(1, 7),
)
def test_mending_does_not_depend_on_where_the_chunks_end(pieces: list[bytes], step: int) -> None:
    content = b"".join(pieces)
    assert mended(Trickle(content, step)) == mended(io.BytesIO(content))


@given(st.text())
def test_what_is_valid_already_is_left_alone(text: str) -> None:
    raw = json.dumps(text).encode()
    assert mended(io.BytesIO(raw)) == raw


def test_a_cut_off_export_gives_what_came_before() -> None:
    raw = json.dumps(chat(row(1), row(2))).encode()[:-30]
    stream = telegram.read(io.BytesIO(raw), "import", NOW)
    first = next(stream)
    assert isinstance(first, Message)
    with pytest.raises(ijson.JSONError):
        list(stream)
