"""Raw updates as Telegram words them, read without a network."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._telegram_cursor import Cursor
from connectors._telegram_messages import TEXT_LIMIT
from connectors._telegram_parse import Read, read_updates
from connectors._telegram_shapes import Ourselves
from connectors._telegram_text import clip, units, with_link
from monitor.core.messages import AuthorKind, EventKind

US = Ourselves("acme", 1000, "desk_bot")
ANN = {"id": 7, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "language_code": "ko"}
GROUP = {"id": -1001234, "type": "supergroup", "title": "Traders"}
AT = 1_790_000_000


def read(content: dict[str, Any], kind: str = "message") -> Read:
    return read_updates([{"update_id": 5, kind: content}], US)


def written(**fields: Any) -> dict[str, Any]:
    return {"message_id": 9, "date": AT, "chat": GROUP, "from": ANN, "text": "hello"} | fields


def only(**fields: Any) -> Any:
    found = read(written(**fields))
    assert not found.quarantined
    (message,) = found.messages
    return message


def without_text(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in written(**fields).items() if key != "text"}


def test_a_message_has_its_place_author_time_and_link() -> None:
    message = only()
    assert message.key == "telegram:-1001234:9"
    assert (message.author.id, message.author.name) == ("7", "Ann Lee")
    assert message.author.kind is AuthorKind.PERSON
    assert int(message.sent_at.timestamp()) == AT
    assert message.link == "https://t.me/c/1234/9"
    assert message.language_hint == "ko"
    assert not message.addressed


def test_a_public_group_is_linked_by_its_name() -> None:
    assert only(chat=GROUP | {"username": "traders"}).link == "https://t.me/traders/9"


@pytest.mark.parametrize(
    ("chat", "place"),
    [
        ({"id": -45, "type": "group", "title": "Small"}, "acme:-45"),
        ({"id": 7, "type": "private", "first_name": "Ann"}, "acme:7"),
        ({"id": -100777, "type": "channel", "title": "News"}, "-100777"),
    ],
)
def test_places_that_only_we_number_carry_the_account(chat: dict[str, Any], place: str) -> None:
    assert only(chat=chat).place == place


def test_a_private_message_speaks_to_us() -> None:
    assert only(chat={"id": 7, "type": "private", "first_name": "Ann"}).addressed


def test_a_topic_is_a_thread_and_its_opening_is_no_message_answered() -> None:
    opening = {"message_id": 77, "date": AT, "chat": GROUP, "from": ANN}
    opening |= {"forum_topic_created": {"name": "Help", "icon_color": 1}}
    topic = {"message_thread_id": 77, "is_topic_message": True, "reply_to_message": opening}
    message = only(**topic)
    assert (message.thread, message.reply_to) == ("77", None)
    assert message.link == "https://t.me/c/1234/9?thread=77"


def test_a_reply_chain_outside_of_topics_is_no_thread() -> None:
    answered = {"message_id": 3, "date": AT, "chat": GROUP, "from": ANN, "text": "first"}
    message = only(message_thread_id=3, reply_to_message=answered)
    assert (message.thread, message.reply_to, message.reply_to_author) == (None, "3", "7")


def test_the_general_topic_is_no_thread() -> None:
    assert only(message_thread_id=1, is_topic_message=True).thread is None


@pytest.mark.parametrize(
    ("fields", "kind", "author"),
    [
        (
            {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}},
            AuthorKind.ANONYMOUS_ADMIN,
            "-1001234",
        ),
        ({"sender_chat": GROUP}, AuthorKind.ANONYMOUS_ADMIN, "-1001234"),
        (
            {"sender_chat": {"id": -100555, "type": "channel", "title": "News"}},
            AuthorKind.CHANNEL,
            "-100555",
        ),
        (
            {"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}},
            AuthorKind.CHANNEL,
            "136817688",
        ),
        (
            {
                "is_automatic_forward": True,
                "sender_chat": {"id": -100555, "type": "channel", "title": "News"},
                "from": {"id": 777000, "is_bot": False, "first_name": "Telegram"},
            },
            AuthorKind.PLATFORM,
            "-100555",
        ),
        ({"from": {"id": 8, "is_bot": True, "first_name": "Rose"}}, AuthorKind.BOT, "8"),
        (
            {"from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}},
            AuthorKind.PLATFORM,
            "777000",
        ),
    ],
)
def test_who_speaks_is_what_telegram_shows(
    fields: dict[str, Any], kind: AuthorKind, author: str
) -> None:
    message = only(**fields)
    assert (message.author.kind, message.author.id) == (kind, author)
    assert message.language_hint is None


def test_a_channel_post_has_the_channel_as_its_author() -> None:
    channel = {"id": -100555, "type": "channel", "title": "News"}
    post = {"message_id": 4, "date": AT, "chat": channel, "sender_chat": channel, "text": "new"}
    (message,) = read(post, "channel_post").messages
    assert (message.author.kind, message.author.name) == (AuthorKind.CHANNEL, "News")


def test_mentions_are_cut_out_in_utf16_units() -> None:
    text = "😀😀 @Desk_Bot and Bob /help@other_bot"
    entities = [
        {"type": "mention", "offset": 5, "length": 9},
        {"type": "text_mention", "offset": 19, "length": 3, "user": ANN},
        {"type": "bot_command", "offset": 23, "length": 15},
    ]
    message = only(text=text, entities=entities)
    assert message.mentions == ("Desk_Bot", "7", "other_bot")
    assert message.addressed


def test_a_reply_to_us_speaks_to_us() -> None:
    ours = {"id": 1000, "is_bot": True, "first_name": "Desk"}
    answered = {"message_id": 3, "date": AT, "chat": GROUP, "from": ours, "text": "hi"}
    assert only(reply_to_message=answered).addressed


def test_a_caption_is_a_text() -> None:
    photo = without_text(photo=[{}], caption="see @desk_bot")
    photo["caption_entities"] = [{"type": "mention", "offset": 4, "length": 9}]
    (message,) = read(photo).messages
    assert (message.text, message.addressed) == ("see @desk_bot", True)


def test_a_picture_without_words_is_still_a_message() -> None:
    (message,) = read(without_text(photo=[{}])).messages
    assert message.text == ""


def test_a_rich_message_is_flattened() -> None:
    bold = {"type": "bold", "text": "withdrawal"}
    blocks = [
        {"type": "heading", "size": 1, "text": "Help"},
        {"type": "paragraph", "text": ["my ", bold, " is ", {"type": "italic", "text": ["stuck"]}]},
        {
            "type": "list",
            "items": [{"label": "1.", "blocks": [{"type": "paragraph", "text": "one"}]}],
        },
        {"type": "table", "cells": [[{"text": "a"}, {"text": {"type": "code", "text": "b"}}]]},
        {"type": "paragraph", "text": {"type": "mention", "text": "@Desk", "username": "desk_bot"}},
        {"type": "divider"},
        {"type": "photo", "photo": [], "caption": {"text": "shot", "credit": "me"}},
        {"type": "something_new", "text": "later"},
    ]
    (message,) = read(without_text(rich_message={"blocks": blocks})).messages
    assert message.text == ("Help\nmy withdrawal is stuck\n1. one\na | b\n@Desk\nshot\nme\nlater")
    assert message.addressed


def test_a_bottomless_rich_message_does_not_stop_us() -> None:
    nested: Any = "deep"
    for _ in range(500):
        nested = {"type": "bold", "text": nested}
    blocks = [{"type": "paragraph", "text": "top"}, {"type": "paragraph", "text": nested}]
    (message,) = read(without_text(rich_message={"blocks": blocks})).messages
    assert message.text == "top"


def test_notices_are_not_messages() -> None:
    notices = ({"new_chat_members": [ANN]}, {"pinned_message": {}}, {"new_chat_title": "x"})
    for notice in notices:
        assert read(without_text(**notice)) == Read((), (), (), (5,))


def test_a_migration_told_twice_is_one_event() -> None:
    small = {"id": -45, "type": "group", "title": "Small"}
    (old,) = read(without_text(chat=small, migrate_to_chat_id=-1001234)).events
    (new,) = read(without_text(migrate_from_chat_id=-45)).events
    assert old == new
    assert (old.kind, old.place, old.details) == (
        EventKind.MIGRATED,
        "acme:-45",
        {"to": "-1001234"},
    )


def test_an_edit_carries_the_new_text_and_its_time() -> None:
    (event,) = read(written(text="better", edit_date=AT + 60), "edited_message").events
    assert (event.kind, event.native_id, event.details) == (
        EventKind.EDITED,
        "9",
        {"text": "better"},
    )
    assert int(event.at.timestamp()) == AT + 60


def test_a_reaction_tells_who_what_and_when() -> None:
    emoji = [{"type": "emoji", "emoji": "👍"}, {"type": "paid"}]
    content = {"chat": GROUP, "message_id": 9, "user": ANN, "date": AT, "old_reaction": []}
    (event,) = read(content | {"new_reaction": emoji}, "message_reaction").events
    assert (event.kind, event.details) == (EventKind.REACTION, {"emoji": "👍 paid"})
    assert event.author is not None
    assert event.author.id == "7"


def test_our_standing_in_a_chat_is_an_event() -> None:
    ours = {"id": 1000, "is_bot": True, "first_name": "Desk"}
    new = {"status": "administrator", "user": ours, "can_pin_messages": True, "can_invite": False}
    change = {"chat": GROUP, "from": ANN, "date": AT, "new_chat_member": new}
    (event,) = read(change, "my_chat_member").events
    assert event.kind is EventKind.MEMBERSHIP
    assert (event.details["status"], event.details["rights"]) == (
        "administrator",
        "can_pin_messages",
    )


def test_a_press_told_twice_is_one_event() -> None:
    press = {"id": "55", "from": ANN, "message": written(), "chat_instance": "1", "data": "take"}
    first, again = read(press, "callback_query").events * 2
    assert first == again
    assert first.details == {"data": "take", "query_id": "55", "message_id": "9", "language": "ko"}


def test_a_guest_message_is_kept_and_cannot_be_sent_to_by_its_place() -> None:
    (message,) = read(written(guest_query_id="q"), "guest_message").messages
    assert (message.place, message.addressed) == ("guest:acme:-1001234", True)


@pytest.mark.parametrize(
    "broken",
    [
        {"date": "not-a-date"},
        {"date": True},
        {"date": 10**20},
        {"message_id": "9"},
        {"chat": {"type": "supergroup"}},
        {"chat": None},
        {"from": {"id": 7}},
        {"text": ["hello"]},
        {"entities": [{"type": "mention"}]},
        {"entities": [{"offset": 1, "length": 2}]},
    ],
)
def test_one_broken_update_stops_none(broken: dict[str, Any]) -> None:
    updates = [
        {"update_id": 1, "message": written(message_id=1)},
        {"update_id": 2, "message": written(**broken)},
        {"update_id": 3, "message": written(message_id=3)},
    ]
    found = read_updates(updates, US)
    assert [m.native_id for m in found.messages] == ["1", "3"]
    assert [q.native_id for q in found.quarantined] == ["2"]
    assert found.quarantined[0].reason
    assert found.ids == (1, 2, 3)


def test_unknown_kinds_and_fields_are_passed_over() -> None:
    updates = [{"update_id": 1, "quantum_message": {}}, {"update_id": 2}]
    assert read_updates(updates, US) == Read((), (), (), (1, 2))
    assert only(text="still read", aura={"colour": "blue"}).text == "still read"


def test_a_huge_text_is_cut_and_says_so() -> None:
    message = only(text="a" * 1_000_000)
    assert (len(message.text), message.truncated) == (TEXT_LIMIT, True)


def test_no_text_leaves_that_a_database_would_refuse() -> None:
    message = only(text="a\0b\ud83d!", **{"from": ANN | {"first_name": "x\0\udc00"}})
    for text in (message.text, message.author.name):
        assert "\0" not in text
        text.encode()


MUTATIONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PATHS = ("message_id", "date", "chat", "from", "text", "entities", "reply_to_message", "photo")
MORE = ("sender_chat", "message_thread_id", "rich_message", "poll", "edit_date", "caption")


@given(
    path=st.sampled_from(PATHS + MORE),
    value=MUTATIONS,
    kind=st.sampled_from(
        ["message", "edited_message", "channel_post", "my_chat_member", "callback_query", "x"]
    ),
)
def test_no_mutation_of_an_update_escapes(path: str, value: Any, kind: str) -> None:
    content = written(is_topic_message=True, message_thread_id=4) | {path: value}
    if path in ("rich_message", "poll", "caption"):
        del content["text"]
    found = read_updates([{"update_id": 1, kind: content}, value], US)
    assert len(found.messages) + len(found.events) + len(found.quarantined) <= 2
    for aside in found.quarantined:
        assert aside.reason


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_clipped_text_fits_and_is_whole(text: str) -> None:
    cut = clip(text, 50)
    assert units(cut) <= 50
    cut.encode()
    assert cut == text or cut.endswith("…")


def test_a_text_is_cut_at_a_word() -> None:
    assert clip("one two three four", 12) == "one two…"


def test_a_cut_never_splits_a_joined_emoji_at_its_joiner() -> None:
    assert "\u200d…" not in clip("👨‍💻" * 30, 20)


def test_a_link_survives_the_cut_and_its_entity_covers_it() -> None:
    text, (entity,) = with_link("😀" * 4000, "https://t.me/c/1/2")
    assert units(text) <= 4096
    cut_out = text.encode("utf-16-le")[2 * int(str(entity["offset"])) :].decode("utf-16-le")
    assert cut_out == "https://t.me/c/1/2" == entity["url"]
    assert units(cut_out) == entity["length"]


def test_a_cursor_survives_being_written() -> None:
    cursor = Cursor.read(json.dumps({"offset": 5, "polled_at": AT, "updated_at": AT}))
    assert Cursor.read(cursor.write()) == cursor
    assert Cursor.read(None) == Cursor()


@pytest.mark.parametrize(
    ("address", "proxies", "through_proxy"),
    [
        ("https://api.telegram.org", {}, False),
        ("https://api.telegram.org", {"HTTPS_PROXY": "http://proxy.example:3128"}, True),
        ("https://api.telegram.org", {"ALL_PROXY": "http://proxy.example:3128"}, True),
        ("https://api.telegram.org", {"HTTP_PROXY": "http://proxy.example:3128"}, False),
        ("http://127.0.0.1:8081", {"HTTP_PROXY": "http://proxy.example:3128"}, False),
    ],
)
def test_the_environments_proxy_is_used_except_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, address: str, proxies: dict[str, str], through_proxy: bool
) -> None:
    from connectors._telegram_api import _has_proxy

    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)
    assert _has_proxy(address) is through_proxy


def test_an_answer_to_us_that_is_more_than_words_says_so_besides() -> None:
    ours = written(message_id=3) | {"from": {"id": 1000, "is_bot": True, "first_name": "Desk"}}
    photo = {"photo": [{"file_id": "p"}], "caption": "as here", "media_group_id": "g1"}
    raw = {k: v for k, v in written(reply_to_message=ours).items() if k != "text"} | photo
    found = read(raw)
    assert [m.text for m in found.messages] == ["as here"]
    (event,) = found.events
    assert (event.kind, event.native_id) == (EventKind.MEDIA, "9")
    assert event.details == {"media": "a photo", "album": "g1"}


def test_an_answer_to_a_post_of_ours_with_buttons_says_which_besides() -> None:
    keys = {
        "inline_keyboard": [
            [{"text": "Site", "url": "https://example.com"}],
            [{"text": "x", "callback_data": "c:n:claim"}],
        ]
    }
    ours = written(message_id=3, reply_markup=keys) | {
        "from": {"id": 1000, "is_bot": True, "first_name": "Desk"}
    }
    found = read(written(reply_to_message=ours))
    assert len(found.messages) == 1
    (event,) = found.events
    assert (event.kind, event.native_id) == (EventKind.ANSWER, "9")
    assert event.details == {"data": "c:n:claim", "message_id": "3"}
    theirs = written(message_id=3, reply_markup=keys)
    plain = {key: value for key, value in ours.items() if key != "reply_markup"}
    assert read(written(reply_to_message=theirs)).events == ()
    assert read(written(reply_to_message=plain)).events == ()


def test_pictures_that_people_show_each_other_are_no_events() -> None:
    other = written(message_id=3)
    assert read(written(reply_to_message=other, sticker={"file_id": "s"})).events == ()
    assert read(written(sticker={"file_id": "s"})).events == ()
