"""The make-believe Reddit, asked by the real PRAW, and its JSON beside the recorded one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import praw
import prawcore
import pytest
import requests

from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.reddit import RedditServer
from monitor.sandbox.serving import Serving

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AGENT = "python:sandbox-test:1 (by /u/desk_bot)"


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """One loop for all servers of this file."""
    one = Serving()
    yield one
    one.close()


class Stood:
    """A server with its address."""

    def __init__(self, serving: Serving) -> None:
        self.time = NOW
        self.faults, self.happenings = Faults(), Happenings()
        self.server = RedditServer(self.faults, self.happenings, clock=lambda: self.time)
        self.url = serving.serve(self.server.app())
        self.server.add_subreddit("Example")
        self.opened: list[praw.Reddit] = []

    def reddit(self, **settings: Any) -> praw.Reddit:
        """A PRAW as its users make it."""
        login: dict[str, Any] = {
            "client_id": "sandbox",
            "client_secret": "sandbox-secret",
            "username": "desk_bot",
            "password": "sandbox",
            "user_agent": AGENT,
        }
        one = praw.Reddit(
            **(login | settings),
            reddit_url=self.url,
            oauth_url=self.url,
            check_for_updates=False,
            ratelimit_seconds=0,
            window_size=10**6,  # prawcore then never sleeps to spread its requests
        )
        self.opened.append(one)
        return one

    def token(self) -> str:
        """A fresh access token, got without PRAW."""
        answer = requests.post(
            f"{self.url}/api/v1/access_token",
            auth=("sandbox", "sandbox-secret"),
            data={"grant_type": "password", "username": "desk_bot", "password": "sandbox"},
            headers={"User-Agent": AGENT},
            timeout=5,
        )
        token: str = answer.json()["access_token"]
        return token

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """A bare request with a token."""
        headers = {"User-Agent": AGENT, "Authorization": f"bearer {self.token()}"}
        return requests.request(method, self.url + path, headers=headers, timeout=5, **more)


@pytest.fixture
def stood(serving: Serving) -> Iterator[Stood]:
    """A fresh server."""
    one = Stood(serving)
    yield one
    for reddit in one.opened:
        reddit._core.close()


def test_praw_reads_what_people_wrote(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "Withdrawal stuck", "since noon", NOW)
    reply = stood.server.comment(topic, "bob", "u/desk_bot please look", NOW)
    nested = stood.server.comment(reply, "carol", "yes", NOW)
    reddit = stood.reddit()
    example = reddit.subreddit("example")
    assert reddit.user.me().name == "desk_bot"
    assert [s.fullname for s in example.new()] == [topic]
    assert [c.fullname for c in example.comments()] == [nested, reply]
    assert [s.title for s in reddit.subreddit("all").search("stuck withdrawal")] == [
        "Withdrawal stuck"
    ]
    assert [s.title for s in example.search("nothing of it")] == []
    assert [m.fullname for m in reddit.inbox.mentions()] == [reply]
    assert [m.fullname for m in reddit.inbox.unread()] == [reply]
    assert {t.fullname for t in reddit.info(fullnames=[topic, nested, "t1_none"])} == {
        topic,
        nested,
    }
    submission = reddit.submission(topic[3:])
    submission.comments.replace_more(limit=None)
    assert [c.body for c in submission.comments.list()] == ["u/desk_bot please look", "yes"]


def test_praw_answers_opens_corrects_and_takes_back(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "Withdrawal stuck", "", NOW)
    reddit = stood.reddit()
    ours = reddit.submission(topic[3:]).reply("On it.")
    assert ours is not None
    assert (ours.body, ours.parent_id, ours.created_utc) == ("On it.", topic, NOW.timestamp())
    ours.edit("Done.")
    assert reddit.comment(ours.id).body == "Done."
    ours.delete()
    assert reddit.comment(ours.id).author is None
    opened = reddit.subreddit("Example").submit("Maintenance", selftext="at noon")
    assert opened.selftext == "at noon"
    said = [(h.kind, h.side) for h in stood.happenings.all if h.who == "desk_bot"]
    assert said == [
        ("said", "product"),
        ("edited", "product"),
        ("deleted", "product"),
        ("said", "product"),
    ]


def test_praw_reads_and_answers_modmail_and_messages(stood: Stood) -> None:
    kept = stood.server.modmail("Example", "eve", "banned?", "why")
    letter = stood.server.message("zoe", "help", "please", NOW)
    reddit = stood.reddit()
    (conversation,) = reddit.subreddit("example").modmail.conversations()
    assert conversation.id == kept
    assert conversation.reply(body="Sorry.").body_markdown == "Sorry."
    whole = reddit.subreddit("example").modmail(kept)
    assert [m.body_markdown for m in whole.messages] == ["why", "Sorry."]
    (message,) = reddit.inbox.messages()
    assert message.fullname == letter
    message.reply("Hello.")
    assert [m.body for m in reddit.inbox.sent()] == ["Hello."]


def test_an_answer_to_us_arrives_as_a_reply_and_no_mention(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    reddit = stood.reddit()
    ours = reddit.submission(topic[3:]).reply("On it.")
    answer = stood.server.comment(ours.fullname, "alice", "thanks", NOW)
    assert [c.fullname for c in reddit.inbox.comment_replies()] == [answer]
    assert list(reddit.inbox.mentions()) == []


def test_listings_are_a_hundred_a_page_and_a_thousand_deep(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    for n in range(1050):
        stood.server.comment(topic, "bob", str(n), NOW + timedelta(seconds=n))
    first = stood.ask("GET", "/r/example/comments", params={"limit": "500"}).json()["data"]
    assert len(first["children"]) == 100
    read = list(stood.reddit().subreddit("example").comments(limit=None))
    assert [c.body for c in read] == [str(n) for n in range(1049, 49, -1)]


def test_before_gives_what_is_newer_and_a_deleted_anchor_nothing(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    names = [
        stood.server.comment(topic, "bob", str(n), NOW + timedelta(seconds=n)) for n in range(5)
    ]

    def shown(**params: str) -> list[str]:
        answer = stood.ask("GET", "/r/example/comments", params=params).json()
        return [c["data"]["name"] for c in answer["data"]["children"]]

    assert shown(before=names[1]) == [names[4], names[3], names[2]]
    assert shown(after=names[3]) == [names[2], names[1], names[0]]
    stood.server.delete(names[1])
    assert shown(before=names[1]) == []


def test_wrong_secrets_are_refused_as_reddit_refuses_them(stood: Stood) -> None:
    with pytest.raises(prawcore.OAuthException) as caught:
        stood.reddit(password="wrong").user.me()
    assert caught.value.error == "invalid_grant"
    with pytest.raises(prawcore.ResponseException) as refused:
        stood.reddit(client_secret="wrong").user.me()
    assert refused.value.response.status_code == 401


def test_a_token_is_needed_and_ends_after_an_hour(stood: Stood) -> None:
    headers = {"User-Agent": AGENT, "Authorization": f"bearer {stood.token()}"}
    url = f"{stood.url}/api/v1/me"
    assert requests.get(url, headers={"User-Agent": AGENT}, timeout=5).status_code == 401
    assert requests.get(url, headers=headers, timeout=5).status_code == 200
    stood.time += timedelta(hours=1)
    assert requests.get(url, headers=headers, timeout=5).status_code == 401


def test_a_program_that_does_not_say_who_it_is_gets_429(stood: Stood) -> None:
    assert requests.get(f"{stood.url}/api/v1/me", timeout=5).status_code == 429


def test_the_limit_is_told_and_kept(stood: Stood) -> None:
    stood.server.answers.quota = 2
    first, second = stood.ask("GET", "/api/v1/me"), stood.ask("GET", "/api/v1/me")
    assert first.headers["x-ratelimit-remaining"] == "1.0"
    assert second.headers["x-ratelimit-remaining"] == "0.0"
    assert int(second.headers["x-ratelimit-reset"]) <= 600
    assert stood.ask("GET", "/api/v1/me").status_code == 429
    stood.time += timedelta(minutes=10)
    assert stood.ask("GET", "/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {"thing_id": "t3_x", "text": "hi"},
        {"thing_id": "t3_x", "text": "hi", "api_type": "json", "txt": "typo"},
        {"text": "hi", "api_type": "json"},
    ],
)
def test_a_form_that_reddit_does_not_know_is_a_bad_request(
    stood: Stood, form: dict[str, str]
) -> None:
    assert stood.ask("POST", "/api/comment", data=form).status_code == 400
    assert len(stood.server.things()) == 0


def test_an_unknown_query_or_path_is_refused(stood: Stood) -> None:
    assert stood.ask("GET", "/r/example/new", params={"lmit": "5"}).status_code == 400
    assert stood.ask("GET", "/r/nowhere/new").status_code == 404
    assert stood.ask("GET", "/api/v2/me").status_code == 404
    stood.server.add_subreddit("Secret", private=True)
    assert stood.ask("GET", "/r/secret/new").status_code == 403


@pytest.mark.parametrize(
    ("spoil", "text", "error"),
    [
        ("lock", "hi", "THREAD_LOCKED"),
        ("delete", "hi", "DELETED_COMMENT"),
        ("remove", "hi", "DELETED_COMMENT"),
        ("", "x" * 10_001, "TOO_LONG"),
        ("", "  ", "NO_TEXT"),
        ("throttle", "hi", "RATELIMIT"),
    ],
)
def test_comments_are_refused_in_reddits_words(
    stood: Stood, spoil: str, text: str, error: str
) -> None:
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    if spoil == "throttle":
        stood.server.throttled_minutes = 9
    elif spoil:
        getattr(stood.server, spoil)(topic)
    with pytest.raises(praw.exceptions.RedditAPIException) as caught:
        stood.reddit().submission(topic[3:]).reply(text)
    assert caught.value.items[0].error_type == error
    assert len(stood.server.things()) == 1


def test_a_subreddit_that_banned_us_takes_nothing(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    stood.server.add_subreddit("Example", banned=True)
    reddit = stood.reddit()
    with pytest.raises(prawcore.Forbidden):
        reddit.submission(topic[3:]).reply("hi")
    with pytest.raises(praw.exceptions.RedditAPIException) as caught:
        reddit.subreddit("Example").submit("Notice", selftext="x")
    assert caught.value.items[0].error_type == "SUBREDDIT_NOTALLOWED"


def test_only_moderators_see_modmail(stood: Stood) -> None:
    stood.server.modmail("Example", "eve", "banned?", "why")
    stood.server.add_subreddit("Example", moderator=False)
    with pytest.raises(prawcore.Forbidden):
        list(stood.reddit().subreddit("example").modmail.conversations())


def test_deleted_and_removed_look_as_on_reddit(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    gone = stood.server.comment(topic, "bob", "secret", NOW)
    taken = stood.server.comment(topic, "bob", "spam", NOW)
    stood.server.delete(gone)
    stood.server.remove(taken)
    shown = {c.fullname: c for c in stood.reddit().info(fullnames=[gone, taken])}
    assert (shown[gone].author, shown[gone].body) == (None, "[deleted]")
    assert shown[taken].body == "[removed]"
    assert list(stood.reddit().subreddit("example").comments()) == []


def test_faults_strike_by_method_and_path(stood: Stood) -> None:
    stood.faults.add(Fault("reddit", "GET /r/example/new", FaultKind.ERROR))
    assert stood.ask("GET", "/r/example/new/").status_code == 503
    assert stood.ask("GET", "/r/example/new/").status_code == 200


def test_praw_alone_would_say_it_three_times(stood: Stood, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why the connector brings a Requestor of its own."""
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    monkeypatch.setattr("prawcore.sessions.time.sleep", lambda _: None)
    stood.faults.add(Fault("reddit", "POST /api/comment", FaultKind.ACCEPT_THEN_ERROR, times=3))
    with pytest.raises(prawcore.ServerError):
        stood.reddit().submission(topic[3:]).reply("On it.")
    assert sum(t["author"] == "desk_bot" for t in stood.server.things()) == 3


def test_what_people_do_happens_on_their_side(stood: Stood) -> None:
    topic = stood.server.submit("Example", "alice", "Help", "  me ", NOW)
    reply = stood.server.comment(topic, "bob", "how?", NOW)
    stood.server.edit(reply, "how so?")
    stood.server.delete(reply)
    told = [(h.kind, h.place, h.who, h.text, h.side) for h in stood.happenings.all]
    assert told == [
        ("said", "r/example", "alice", "Help\n\nme", "people"),
        ("said", "r/example", "bob", "how?", "people"),
        ("edited", "r/example", "bob", "how so?", "people"),
        ("deleted", "r/example", "bob", "how so?", "people"),
    ]


# Beside what was recorded

NEEDED = {
    "t1": "name id author author_fullname body created_utc edited parent_id subreddit link_id "
    "permalink replies distinguished link_title link_author",
    "t3": "name id author title selftext created_utc edited subreddit permalink url is_self "
    "num_comments locked distinguished",
    "t4": "name id author author_fullname body subject dest created_utc new parent_id "
    "first_message first_message_name was_comment context replies subreddit type",
    "inbox t1": "name id author author_fullname body subject dest created_utc new parent_id "
    "was_comment context replies subreddit type link_title",
}
NEWER = {"removed_by_category", "author_fullname"}  # of submissions: younger than the recordings


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, dict[str, set[str]]]:
    """Kind, field, the JSON types it was recorded with."""
    kinds: dict[str, dict[str, set[str]]] = {}
    for path in sorted((shared / "recorded" / "reddit").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as cassette:
            for kept in json.load(cassette)["interactions"]:
                note(json.loads(kept["response"]["body"]["string"]), kinds)
    return kinds


def note(body: Any, kinds: dict[str, dict[str, set[str]]]) -> None:
    """Note the types of every thing's fields, and of modmail's."""
    if isinstance(body, list):
        for part in body:
            note(part, kinds)
        return
    if not isinstance(body, dict):
        return
    for name, fields in named(body):
        for key, value in fields.items():
            kinds.setdefault(name, {}).setdefault(key, set()).add(json_type(value))
    for part in body.values():
        note(part, kinds)


def named(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The shapes that a JSON object holds."""
    if body.get("kind") in ("t1", "t3", "t4", "t5", "Listing") and isinstance(body["data"], dict):
        inbox = "inbox " if body["kind"] == "t1" and "was_comment" in body["data"] else ""
        yield inbox + body["kind"], body["data"]
    if "bodyMarkdown" in body:
        yield "letter", body
        yield "letter author", body["author"]
    if "numMessages" in body:
        yield "conversation", body
        yield "owner", body["owner"]


def json_type(value: Any) -> str:
    """The name JSON has for it; 1 and 1.0 are one type."""
    kind = type(value).__name__
    return {"int": "number", "float": "number", "NoneType": "null"}.get(kind, kind)


def test_every_field_has_a_type_that_was_recorded(
    stood: Stood, recorded: dict[str, dict[str, set[str]]]
) -> None:
    # Given one of everything
    topic = stood.server.submit("Example", "alice", "t", "text", NOW)
    reply = stood.server.comment(topic, "bob", "hello u/desk_bot", NOW)
    stood.server.edit(reply, "hello again u/desk_bot")
    kept = stood.server.modmail("Example", "eve", "banned?", "why")
    stood.server.message("zoe", "help", "please", NOW)
    # When it is shown in every place
    ours: dict[str, dict[str, set[str]]] = {}
    paths = ["/r/example/new", "/r/example/comments", "/message/inbox", "/message/mentions"]
    paths += [f"/comments/{topic[3:]}", f"/api/info?id={topic},{reply}"]
    for path in [*paths, "/api/mod/conversations", f"/api/mod/conversations/{kept}"]:
        note(stood.ask("GET", path).json(), ours)
    # Then every field exists on Reddit, with that type
    strange = [
        (kind, key, types, recorded[kind].get(key))
        for kind, fields in ours.items()
        for key, types in fields.items()
        if key not in NEWER and not types <= recorded[kind].get(key, set())
    ]
    assert strange == []
    for kind, fields in NEEDED.items():
        assert set(fields.split()) <= set(ours[kind])


def test_the_answer_to_a_comment_has_the_recorded_shape(stood: Stood, shared: Path) -> None:
    path = shared / "recorded" / "reddit" / "TestComment.test_reply.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as cassette:
        reply = json.load(cassette)["interactions"][1]
    theirs = json.loads(reply["response"]["body"]["string"])["json"]
    topic = stood.server.submit("Example", "alice", "t", "", NOW)
    form = {"api_type": "json", "thing_id": topic, "text": "hi"}
    ours = stood.ask("POST", "/api/comment", data=form).json()["json"]
    assert set(ours) == set(theirs)
    assert ours["errors"] == theirs["errors"] == []
    (made,), (recorded_one,) = ours["data"]["things"], theirs["data"]["things"]
    assert made["kind"] == recorded_one["kind"]
    common = set(made["data"]) & set(recorded_one["data"])
    assert {"name", "body", "parent_id", "link_id", "created_utc"} <= common
