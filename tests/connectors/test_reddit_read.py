"""Reddit's JSON, well and ill formed, read without a network."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors._reddit_budget import Budget
from connectors._reddit_fetch import fetch_listing, fetch_modmail
from connectors._reddit_http import network_refusal, pause, token_refusal
from connectors._reddit_read import Us, mentions_in, message_of
from connectors._reddit_send import worded_refusal
from monitor.core.messages import AuthorKind
from monitor.ports import Rejected, Unauthorized, Unavailable, Uncertain

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
US = Us("acme", "desk_bot")
COMMENT = {
    "kind": "t1",
    "data": {
        "name": "t1_a",
        "id": "a",
        "author": "alice",
        "author_fullname": "t2_al",
        "body": "hello u/desk_bot",
        "created_utc": 1.7e9,
        "edited": False,
        "link_id": "t3_p",
        "parent_id": "t3_p",
        "permalink": "/r/Example/comments/p/t/a/",
        "subreddit": "Example",
        "link_author": "bob",
        "distinguished": None,
    },
}
MESSAGE = {
    "kind": "t4",
    "data": {
        "name": "t4_m",
        "author": "zoe",
        "subject": "help",
        "body": "please",
        "created_utc": 1.7e9,
        "replies": {"kind": "Listing", "data": {"children": []}},
        "subreddit": None,
        "parent_id": None,
        "first_message_name": None,
    },
}
MODMAIL = {
    "conversationIds": ["c1"],
    "conversations": {
        "c1": {
            "id": "c1",
            "subject": "banned?",
            "numMessages": 1,
            "objIds": [{"id": "l1", "key": "messages"}],
            "owner": {"displayName": "Example", "type": "subreddit", "id": "t5_x"},
            "lastUpdated": "2026-11-20T11:00:00+00:00",
        }
    },
    "messages": {
        "l1": {
            "id": "l1",
            "bodyMarkdown": "why",
            "date": "2026-11-20T11:00:00+00:00",
            "isInternal": False,
            "author": {"name": "eve", "id": 46656, "isMod": False, "isDeleted": False},
        }
    },
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


class Answering:
    """Gives one answer to every question."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The answer."""
        return self.answer


def listing(*things: Any) -> dict[str, Any]:
    """A listing of these."""
    return {"kind": "Listing", "data": {"children": list(things), "after": None}}


@given(
    base=st.sampled_from([COMMENT, MESSAGE]),
    key=st.integers(0, 20),
    value=anything,
    whole=st.none() | anything,
)
def test_whatever_a_thing_holds_it_is_read_or_set_aside_and_its_neighbour_is_read(
    base: dict[str, Any], key: int, value: Any, whole: Any
) -> None:
    # Given a good thing beside one with any JSON in any field
    spoilt = copy.deepcopy(base)
    fields = sorted(spoilt["data"])
    spoilt["data"][fields[key % len(fields)]] = value
    good = copy.deepcopy(COMMENT)
    good["data"]["name"] = "t1_good"
    # When the page is read
    answer = listing(spoilt, whole, good)
    batch = fetch_listing(Answering(answer), "inbox", None, 100, us=US, now=NOW)
    # Then nothing got lost
    assert "t1_good" in [m.native_id for m in batch.messages]
    assert len(batch.messages) + len(batch.quarantined) == 3
    assert batch.complete


@given(key=st.integers(0, 10), value=anything, part=st.sampled_from(["c1", "l1", "author"]))
def test_whatever_modmail_holds_nothing_is_raised(key: int, value: Any, part: str) -> None:
    spoilt = copy.deepcopy(MODMAIL)
    target: dict[str, Any] = {
        "c1": spoilt["conversations"]["c1"],
        "l1": spoilt["messages"]["l1"],
        "author": spoilt["messages"]["l1"]["author"],
    }[part]
    target[sorted(target)[key % len(target)]] = value
    batch = fetch_modmail(Answering(spoilt), "modmail:r/example", None, 100, now=NOW)
    assert batch.complete


@pytest.mark.parametrize(
    "answer", [None, [], "text", {}, {"data": None}, {"data": {"children": 1}}]
)
def test_an_answer_that_is_no_listing_is_unavailable_and_moves_no_mark(answer: Any) -> None:
    with pytest.raises(Unavailable):
        fetch_listing(Answering(answer), "mentions", None, 5, us=US, now=NOW)
    with pytest.raises(Unavailable):
        fetch_modmail(Answering(answer), "modmail:r/example", None, 5, now=NOW)


def test_a_stream_that_is_none_of_ours_is_rejected() -> None:
    for stream in ("", "r/x", "r/x/y/comments", "updates"):
        with pytest.raises(Rejected):
            fetch_listing(Answering(None), stream, None, 5, us=US, now=NOW)


def test_answers_hang_below_private_messages() -> None:
    below = copy.deepcopy(MESSAGE)
    below["data"] |= {"name": "t4_n", "parent_id": "t4_m", "first_message_name": "t4_m"}
    above = copy.deepcopy(MESSAGE)
    above["data"]["replies"] = listing(below)
    batch = fetch_listing(Answering(listing(above)), "inbox", None, 5, us=US, now=NOW)
    assert [(m.native_id, m.reply_to, m.thread) for m in batch.messages] == [
        ("t4_m", None, "t4_m"),
        ("t4_n", "t4_m", "t4_m"),
    ]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"author": "AutoModerator"}, AuthorKind.PLATFORM),
        ({"distinguished": "admin"}, AuthorKind.PLATFORM),
        ({"author": "Example-ModTeam"}, AuthorKind.CHANNEL),
        ({"author": "[deleted]"}, AuthorKind.UNKNOWN),
        ({"author": None}, AuthorKind.UNKNOWN),
        ({"distinguished": "moderator"}, AuthorKind.PERSON),
    ],
)
def test_who_wrote(fields: dict[str, Any], kind: AuthorKind) -> None:
    thing = {"kind": "t1", "data": COMMENT["data"] | fields}
    assert message_of(thing, US, now=NOW).author.kind is kind


def test_a_subreddit_that_writes_is_a_channel() -> None:
    thing = {"kind": "t4", "data": MESSAGE["data"] | {"author": None, "subreddit": "Example"}}
    author = message_of(thing, US, now=NOW).author
    assert (author.kind, author.name) == (AuthorKind.CHANNEL, "r/Example")


def test_a_comment_without_a_permalink_gets_a_link_from_its_ids() -> None:
    fields = {k: v for k, v in COMMENT["data"].items() if k != "permalink"}
    message = message_of({"kind": "t1", "data": fields}, US, now=NOW)
    assert message.link == "https://www.reddit.com/r/Example/comments/p/_/a/"


def test_an_answer_to_our_submission_is_addressed() -> None:
    fields = COMMENT["data"] | {"body": "thanks", "link_author": "Desk_Bot"}
    assert message_of({"kind": "t1", "data": fields}, US, now=NOW).addressed
    elsewhere = fields | {"parent_id": "t1_other"}
    assert not message_of({"kind": "t1", "data": elsewhere}, US, now=NOW).addressed


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("u/desk_bot hi", ("desk_bot",)),
        ("/u/Desk_Bot, u/bob-1 and u/bob-1", ("Desk_Bot", "bob-1")),
        ("https://www.reddit.com/u/bob and menu/items", ()),
        ("(u/bob)请看", ("bob",)),
        ("请看u/bob谢谢", ("bob",)),
    ],
)
def test_whom_a_text_speaks_to(text: str, names: tuple[str, ...]) -> None:
    assert mentions_in(text) == names


@pytest.mark.parametrize(
    ("words", "wait"),
    [
        ("Take a break for 9 minutes before trying again.", timedelta(minutes=9)),
        ("try again in 1 minute.", timedelta(minutes=1)),
        ("Take a break for 27 seconds", timedelta(seconds=27)),
        ("Take a break for 2 hours", timedelta(hours=2)),
        ("in 830 milliseconds", timedelta(milliseconds=830)),
        ("slow down", None),
    ],
)
def test_how_long_a_break(words: str, wait: timedelta | None) -> None:
    refusal = worded_refusal({"errors": [["RATELIMIT", words, "ratelimit"]]})
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after == wait


def response(status: int, body: bytes = b"", **headers: str) -> requests.Response:
    """An answer."""
    made = requests.Response()
    made.status_code, made._content = status, body
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


@pytest.mark.parametrize(
    ("answer", "refused_as"),
    [
        (response(200, b'{"access_token":"a","expires_in":9,"scope":"*"}'), type(None)),
        (response(200, b'{"error":"invalid_grant"}'), Unauthorized),
        (response(200, b'{"access_token":"a"}'), Unavailable),
        (response(200, b"<html>"), Unavailable),
        (response(200, b"[]"), Unavailable),
        (response(400), Unauthorized),
        (response(401), Unauthorized),
        (response(403), Unauthorized),
        (response(429), Unavailable),
        (response(503), Unavailable),
        (response(302), Unavailable),
    ],
)
def test_what_an_answer_to_the_request_for_a_token_means(
    answer: requests.Response, refused_as: type[object]
) -> None:
    assert type(token_refusal(answer)) is refused_as


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, timedelta(seconds=7)),
        ({"x_ratelimit_reset": "300"}, timedelta(seconds=300)),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "999999"}, timedelta(hours=1)),
        ({}, None),
    ],
)
def test_how_long_a_429_wants_us_to_wait(headers: dict[str, str], wait: timedelta | None) -> None:
    assert pause(response(429, **headers)) == wait


def test_only_a_connection_that_never_stood_is_proof_that_nothing_was_sent() -> None:
    never = [requests.ConnectTimeout("x"), requests.exceptions.ProxyError("x")]
    perhaps = [
        requests.ReadTimeout("x"),
        requests.ConnectionError("reset"),
        requests.exceptions.ChunkedEncodingError("x"),
        requests.exceptions.SSLError("eof"),
    ]
    assert {type(network_refusal(e, writing=True)) for e in never} == {Unavailable}
    assert {type(network_refusal(e, writing=True)) for e in perhaps} == {Uncertain}
    assert {type(network_refusal(e, writing=False)) for e in perhaps} == {Unavailable}


def test_a_backfill_leaves_room_for_answers() -> None:
    time = [0.0]
    budget = Budget(10, monotonic=lambda: time[0])
    for _ in range(9):
        budget.claim(writing=False)
    with pytest.raises(Unavailable):
        budget.claim(writing=False)
    budget.claim(writing=True)
    with pytest.raises(Unavailable) as caught:
        budget.claim(writing=True)
    assert caught.value.retry_after == timedelta(seconds=60)
    time[0] = 60.0
    budget.claim(writing=False)


def test_headers_that_say_nothing_is_left_close_the_budget_until_the_reset() -> None:
    time = [0.0]
    budget = Budget(10, monotonic=lambda: time[0])
    budget.learn({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "42"})
    with pytest.raises(Unavailable) as caught:
        budget.claim(writing=True)
    assert caught.value.retry_after == timedelta(seconds=42)
    budget.learn({"x-ratelimit-remaining": "junk"})
    time[0] = 43.0
    budget.claim(writing=True)
