"""The sandbox's X, asked by the real tweepy and measured by X's own OpenAPI documents."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import tweepy
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from requests.adapters import HTTPAdapter

from monitor.core import xtext
from monitor.sandbox.faults import Fault, FaultKind, Faults
from monitor.sandbox.happenings import Happenings
from monitor.sandbox.serving import Serving
from monitor.sandbox.x import XServer

OLD = "author_id,conversation_id,created_at,display_text_range,entities,in_reply_to_user_id,lang"
SAY = "POST /2/tweets"


class Loopback(HTTPAdapter):
    """Sends what is meant for X to the sandbox, signature and all."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        assert request.url is not None
        request.url = request.url.replace("https://api.twitter.com", self.url)
        kwargs["timeout"] = 10
        return super().send(request, *args, **kwargs)


class X:
    def __init__(self, serving: Serving) -> None:
        self.faults, self.happenings = Faults(), Happenings()
        self.now = datetime.now(UTC)
        self.server = XServer(self.faults, self.happenings, clock=lambda: self.now)
        self.url = serving.serve(self.server.app())
        self.clients: list[tweepy.Client] = []

    def client(self, **keys: str) -> tweepy.Client:
        given = {
            "bearer_token": "sandbox-bearer-token",
            "consumer_key": "sandbox-consumer-key",
            "consumer_secret": "sandbox-consumer-secret",
            "access_token": "sandbox-access-token",
            "access_token_secret": "sandbox-access-token-secret",
        }
        client = tweepy.Client(**(given | keys), return_type=requests.Response)
        client.session.mount("https://api.twitter.com", Loopback(self.url))
        self.clients.append(client)
        return client

    def get(self, route: str, **params: str) -> requests.Response:
        named = {name.replace("__", "."): value for name, value in params.items()}
        answer = self.client().request("GET", route, params=named, user_auth=True)
        assert isinstance(answer, requests.Response)
        return answer

    def refused(self, route: str, **params: str) -> int:
        with pytest.raises(tweepy.HTTPException) as caught:
            self.get(route, **params)
        status = caught.value.response.status_code
        assert isinstance(status, int)
        return status

    @property
    def mentions(self) -> str:
        return f"/2/users/{self.server.us.id}/mentions"


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.close()


@pytest.fixture
def x(serving: Serving) -> Iterator[X]:
    x = X(serving)
    yield x
    for client in x.clients:
        client.session.close()


def ids(answer: requests.Response) -> list[str]:
    return [post["id"] for post in answer.json().get("data", [])]


# -- against X's documents


@pytest.fixture(scope="module", params=["tweet", "post"])
def names(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def document(shared: Path, names: str) -> dict[str, Any]:
    file = shared / "specs" / f"x-api-v2-{names}-names.openapi.json"
    loaded = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def validate(document: dict[str, Any], x: X, answer: requests.Response) -> None:
    api = OpenAPI.from_dict(
        document | {"servers": [{"url": x.url}]}, config=Config(spec_validator_cls=None)
    )
    request = RequestsOpenAPIRequest(answer.request)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it cannot judge OAuth 1.0a; we do
        api.validate_request(request)
    api.validate_response(request, RequestsOpenAPIResponse(answer))


def everything(names: str) -> dict[str, str]:
    if names == "tweet":
        return {
            "tweet__fields": OLD + ",referenced_tweets",
            "expansions": "author_id,referenced_tweets.id",
        }
    fields = "conversation_id,created_at,display_text_range,entities,lang"
    return {"post__fields": fields, "expansions": "author_id,in_reply_to_user_id,referenced_posts"}


@pytest.mark.parametrize("what", ["me", "mentions", "timeline", "search", "lookup", "users", "by"])
def test_what_is_asked_and_answered_is_what_xs_document_says(
    x: X, document: dict[str, Any], names: str, what: str
) -> None:
    x.server.switches.names = names
    root = x.server.post("ann", "hello @desk, $BTC at https://example.com/a?b=1&c=2")
    x.server.post("bob", "@desk what?", reply_to=root, lang="en")
    x.server.post("desk", "look", quotes=root)
    route, params = {
        "me": ("/2/users/me", {}),
        "mentions": (x.mentions, everything(names)),
        "timeline": (f"/2/users/{x.server.us.id}/tweets", everything(names)),
        "search": ("/2/tweets/search/recent", {"query": "hello OR what", **everything(names)}),
        "lookup": ("/2/tweets", {"ids": f"{root},1", **everything(names)}),
        "users": ("/2/users", {"ids": f"{x.server.us.id},1"}),
        "by": ("/2/users/by", {"usernames": "desk,nobody"}),
    }[what]
    answer = x.get(route, **params)
    assert answer.json()["data"]
    validate(document, x, answer)


def test_posting_and_deleting_are_what_xs_document_says(
    x: X, document: dict[str, Any], names: str
) -> None:
    created = x.client().create_tweet(text="hello")
    assert isinstance(created, requests.Response)
    validate(document, x, created)
    deleted = x.client().delete_tweet(created.json()["data"]["id"])
    assert isinstance(deleted, requests.Response)
    validate(document, x, deleted)


def test_usage_is_what_xs_document_says(x: X, document: dict[str, Any], names: str) -> None:
    x.server.switches.names = names
    usage = x.client().request("GET", "/2/usage/tweets", params={})
    assert isinstance(usage, requests.Response)
    validate(document, x, usage)


def test_an_empty_page_has_no_data_and_no_newest_id(x: X) -> None:
    assert x.get(x.mentions).json() == {"meta": {"result_count": 0}}


# -- who may come in


@pytest.mark.parametrize(
    "wrong", ["consumer_key", "consumer_secret", "access_token", "access_token_secret"]
)
def test_every_one_of_the_four_keys_counts(x: X, wrong: str) -> None:
    with pytest.raises(tweepy.Unauthorized):
        x.client(**{wrong: "wrong"}).get_me()


def test_nobody_comes_in_without_a_signature(x: X) -> None:
    for path in ("/2/users/me", "/2/tweets?ids=1", "/2/usage/tweets"):
        assert requests.get(x.url + path, timeout=10).status_code == 401
    assert requests.post(x.url + "/2/tweets", json={"text": "x"}, timeout=10).status_code == 401


def test_a_signed_request_opens_once(x: X) -> None:
    signed = x.get("/2/users/me").request
    again = requests.get(signed.url or "", headers=dict(signed.headers), timeout=10)
    assert again.status_code == 401


def test_a_changed_query_breaks_the_signature(x: X) -> None:
    x.server.post("ann", "@desk a b")
    signed = x.get(x.mentions, max_results="5").request
    with requests.Session() as session:
        changed = (signed.url or "").replace("max_results=5", "max_results=6")
        assert session.get(changed, headers=dict(signed.headers), timeout=10).status_code == 401


def test_a_query_in_any_script_is_signed_and_understood(x: X) -> None:
    native_id = x.server.post("ann", "提现 & fees: 100% + tax?")
    answer = x.get("/2/tweets/search/recent", query='"提现 & fees: 100% + tax?"')
    assert ids(answer) == [native_id]


def test_usage_is_for_apps_and_posting_for_people(x: X) -> None:
    assert x.refused("/2/usage/tweets") == 403
    with pytest.raises(tweepy.Forbidden):
        x.client().create_tweet(text="hello", user_auth=False)


# -- what may be asked


@pytest.mark.parametrize(
    "params",
    [
        {"max_results": "4"},
        {"max_results": "101"},
        {"max_results": "ten"},
        {"since_id": "abc"},
        {"since_id": "1" * 20},
        {"start_time": "yesterday"},
        {"start_time": "2026-11-22T10:00:00"},
        {"pagination_token": "forged"},
        {"tweet__fields": "author_id,colour"},
        {"tweet__fields": "author_id,author_id"},
        {"expansions": "author"},
        {"colour": "red"},
    ],
)
def test_a_wrong_parameter_is_refused(x: X, params: dict[str, str]) -> None:
    assert x.refused(x.mentions, **params) == 400


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"query": "x" * 513},
        {"query": "(acme"},
        {"query": "acme nearby:me"},
        {"query": "acme", "max_results": "9"},
    ],
)
def test_a_wrong_search_is_refused(x: X, params: dict[str, str]) -> None:
    assert x.refused("/2/tweets/search/recent", **params) == 400


def test_search_does_not_reach_back_beyond_seven_days(x: X) -> None:
    old = x.now - timedelta(days=8)
    x.server.post("ann", "acme", created=old)
    route = "/2/tweets/search/recent"
    assert ids(x.get(route, query="acme")) == []
    assert x.refused(route, query="acme", since_id=str(xtext.id_at(old))) == 400
    assert x.refused(route, query="acme", start_time=old.strftime("%Y-%m-%dT%H:%M:%SZ")) == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("acme", {"a", "b", "c"}),
        ("acme -down", {"b", "c"}),
        ("@desk -from:desk", {"b"}),
        ("from:cat", {"c"}),
        ('"is down" OR lang:ja', {"a", "c"}),
        ("acme (slow OR down)", {"a", "b"}),
        ("is:reply", {"c"}),
        ("has:links", {"b"}),
    ],
)
def test_search_understands_the_operators_we_use(x: X, query: str, found: set[str]) -> None:
    told = {
        x.server.post("ann", "acme is down"): "a",
        x.server.post("bob", "@desk acme slow https://example.com"): "b",
    }
    told[x.server.post("cat", "acme だめ", lang="ja", reply_to=next(iter(told)))] = "c"
    answer = x.get("/2/tweets/search/recent", query=query)
    assert {told[i] for i in ids(answer)} == found


def test_only_the_names_of_the_day_are_known(x: X) -> None:
    x.server.switches.names = "post"
    assert x.refused(x.mentions, tweet__fields="created_at") == 400
    x.server.switches.names = "tweet"
    assert x.refused(x.mentions, post__fields="created_at") == 400


# -- lists


def test_a_list_is_paged_newest_first_without_holes(x: X) -> None:
    written = [x.server.post("ann", f"@desk {n}") for n in range(12)]
    found: list[str] = []
    params = {"max_results": "5"}
    while True:
        answer = x.get(x.mentions, **params)
        found += ids(answer)
        meta = answer.json()["meta"]
        assert meta["newest_id"] == ids(answer)[0]
        assert meta["oldest_id"] == ids(answer)[-1]
        if "next_token" not in meta:
            break
        params["pagination_token"] = meta["next_token"]
    assert found == sorted(written, key=int, reverse=True)


def test_since_until_and_start_bound_a_list(x: X) -> None:
    one, two, three = (
        x.server.post("ann", f"@desk {n}", created=x.now - timedelta(minutes=9 - n))
        for n in range(3)
    )
    assert ids(x.get(x.mentions, since_id=one)) == [three, two]
    assert ids(x.get(x.mentions, until_id=three)) == [two, one]
    start = (x.now - timedelta(minutes=8, seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(x.get(x.mentions, start_time=start)) == [three, two]


def test_a_late_post_shows_up_below_posts_that_were_listed_before(x: X) -> None:
    late = x.server.post("ann", "@desk late", late=True)
    early = x.server.post("ann", "@desk early")
    assert ids(x.get(x.mentions)) == [early]
    x.server.surface(late)
    assert ids(x.get(x.mentions)) == [early, late]


def test_a_reply_carries_mentions_that_nobody_typed(x: X) -> None:
    root = x.server.post("ann", "@desk help")
    reply = x.server.post("bob", "me too", reply_to=root)
    post = x.get(x.mentions, tweet__fields=OLD).json()["data"][0]
    assert (post["id"], post["text"]) == (reply, "@ann @desk me too")
    assert post["display_text_range"] == [11, 17]
    assert post["conversation_id"] == root


def test_ids_tell_the_time(x: X) -> None:
    native_id = x.server.post("ann", "@desk", created=x.now - timedelta(days=3))
    moment = xtext.id_time(native_id)
    assert moment is not None
    assert abs(moment - (x.now - timedelta(days=3))) < timedelta(milliseconds=2)


# -- posting


def say(x: X, text: str, **rest: Any) -> str:
    answer = x.client().create_tweet(text=text, **rest)
    assert isinstance(answer, requests.Response)
    return str(answer.json()["data"]["id"])


def refusal(x: X, text: str, **rest: Any) -> tuple[int, str]:
    with pytest.raises(tweepy.HTTPException) as caught:
        say(x, text, **rest)
    return caught.value.response.status_code, str(caught.value)


def test_only_who_mentions_or_quotes_us_may_be_answered(x: X) -> None:
    ours = say(x, "good morning")
    complaint = x.server.post("ann", "acme is slow")
    inherited = x.server.post("bob", "yes", reply_to=x.server.post("ann", "@desk help"))
    for target in (complaint, inherited):
        status, said = refusal(x, "hello", in_reply_to_tweet_id=target)
        assert status == 403
        assert "where you are mentioned or are the author" in said
    for n, target in enumerate((ours, x.server.post("ann", "look", quotes=ours))):
        say(x, f"hello {n}", in_reply_to_tweet_id=target)


def test_a_text_is_taken_once_a_day(x: X) -> None:
    first = say(x, "hello")
    assert refusal(x, "hello")[0] == 403
    x.client().delete_tweet(first)
    say(x, "hello")
    x.now += timedelta(days=1, seconds=1)
    say(x, "hello")


@pytest.mark.parametrize("text", ["x" * 281, "汉" * 141, "$BTC $ETH"])
def test_too_long_and_too_many_cashtags_are_refused(x: X, text: str) -> None:
    assert refusal(x, text)[0] == 403


def test_the_deleted_cannot_be_answered(x: X) -> None:
    target = x.server.post("ann", "@desk help")
    x.server.delete(target)
    assert refusal(x, "hello", in_reply_to_tweet_id=target)[0] == 400
    assert refusal(x, "hello", in_reply_to_tweet_id="123")[0] == 400


def test_requests_are_counted_in_windows(x: X) -> None:
    x.server.windows.limits[SAY] = 2
    say(x, "one")
    say(x, "two")
    with pytest.raises(tweepy.TooManyRequests) as caught:
        say(x, "three")
    assert caught.value.reset_time == int((x.now + timedelta(minutes=15)).timestamp())
    x.now += timedelta(minutes=15)
    say(x, "four")


def test_without_credits_everything_is_402(x: X) -> None:
    x.server.switches.credits_exhausted = True
    assert refusal(x, "hello")[0] == 402
    assert x.refused(x.mentions) == 402


# -- faults and happenings


@pytest.mark.parametrize(
    ("kind", "done"),
    [(FaultKind.ACCEPT_THEN_ERROR, 1), (FaultKind.ERROR, 0), (FaultKind.UNAUTHORIZED, 0)],
)
def test_a_fault_strikes_before_or_after_the_deed(x: X, kind: FaultKind, done: int) -> None:
    x.faults.add(Fault("twitter", SAY, kind))
    refusal(x, "hello")
    assert len([p for p in x.server.posts() if p.by_product]) == done
    say(x, "next")


def test_everything_visible_is_told(x: X) -> None:
    question = x.server.post("ann", "@desk help")
    answer = say(x, "on it", in_reply_to_tweet_id=question)
    x.server.edit(question, "@desk help!")
    x.client().delete_tweet(answer)
    told = [(h.kind, h.who, h.side, h.reply_to) for h in x.happenings.all]
    assert told == [
        ("said", "ann", "people", None),
        ("said", "desk", "product", question),
        ("edited", "ann", "people", None),
        ("deleted", "desk", "product", question),
    ]


def test_nobody_can_reply_to_what_never_was(x: X) -> None:
    with pytest.raises(KeyError):
        x.server.post("ann", "hello", reply_to="1")
