"""Words X's answers: posts, users, pages and problems as JSON. It decides nothing."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from monitor.core import xtext
from monitor.sandbox.x_book import User, XPost

Json = dict[str, Any]
PROBLEMS = "https://api.twitter.com/2/problems/"
_POST_NAMES = {
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "note_tweet": "note_post",
}


class Refused(Exception):
    """X says no: an HTTP status with a problem."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(body.get("title", ""))
        self.status = status
        self.body = body


def refuse(status: int, title: str, detail: str, kind: str = "about:blank") -> Refused:
    """A refusal in X's words."""
    if kind != "about:blank":
        kind = PROBLEMS + kind
    return Refused(status, {"title": title, "detail": detail, "type": kind, "status": status})


def wrong_authentication(given: str, wanted: str) -> Refused:
    """403 for a kind of credentials that a request does not take."""
    detail = (
        f"Authenticating with {given} is forbidden for this endpoint.  "
        f"Supported authentication types are [{wanted}]."
    )
    return refuse(403, "Unsupported Authentication", detail, "unsupported-authentication")


def invalid(name: str, value: str, message: str) -> Refused:
    """400 for a parameter."""
    body = {
        "errors": [{"parameters": {name: [value]}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": PROBLEMS + "invalid-request",
    }
    return Refused(400, body)


def answer(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON, as a problem from 400 on."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    return web.json_response(body, status=status, headers=headers, content_type=kind)


def missing(name: str, value: str, what: str, *, new: bool) -> Json:
    """The error inside a 200 for something that is not there. `new`: the new host in its type."""
    problems = PROBLEMS.replace("twitter.com", "x.com") if new else PROBLEMS
    return {
        "value": value,
        "detail": f"Could not find {what} with {name}: [{value}].",
        "title": "Not Found Error",
        "resource_type": what,
        "parameter": name,
        "resource_id": value,
        "type": problems + "resource-not-found",
    }


def stamp(moment: datetime) -> str:
    """X's time: milliseconds, always .000 in posts."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def user_json(user: User, fields: Collection[str] = ()) -> Json:
    """A user with the fields asked for."""
    body: Json = {"id": user.id, "name": user.name, "username": user.username}
    if "created_at" in fields:
        body["created_at"] = stamp(user.created)
    return body


def post_json(
    post: XPost, fields: Collection[str], users: Mapping[str, User], *, new: bool
) -> Json:
    """A post with the fields asked for (old names); `new` writes the new names."""
    body: Json = {"id": post.id, "text": _escaped(post.text)}
    everything = _fields(post, users)
    body |= {name: everything[name] for name in fields if everything.get(name) is not None}
    body["edit_history_tweet_ids"] = list(post.history)
    if post.poisoned:
        body["text"] = None
    return {_POST_NAMES.get(n, n): v for n, v in body.items()} if new else body


def _fields(post: XPost, users: Mapping[str, User]) -> Json:
    references = [("replied_to", post.reply_to), ("quoted", post.quotes)]
    return {
        "author_id": post.author.id,
        "conversation_id": post.conversation,
        "created_at": stamp(post.created),
        "display_text_range": [post.shown_from, len(post.text)],
        "entities": _entities(post, users) or None,
        "in_reply_to_user_id": post.reply_to_user,
        "lang": post.lang,
        "referenced_tweets": [{"type": t, "id": i} for t, i in references if i] or None,
    }


def _entities(post: XPost, users: Mapping[str, User]) -> Json:
    mentions = [_mention(post, at, name, users) for at, name in xtext.mentions(post.text)]
    urls = [_url(post, link, target) for link, target in post.links]
    tags = [
        {"start": post.text.find(f"${t}"), "end": post.text.find(f"${t}") + len(t) + 1, "tag": t}
        for t in xtext.cashtags(post.text)
    ]
    found = {"mentions": mentions, "urls": urls, "cashtags": tags}
    return {name: entries for name, entries in found.items() if entries}


def _mention(post: XPost, at: int, name: str, users: Mapping[str, User]) -> Json:
    user = next((u for u in users.values() if u.username.lower() == name.lower()), None)
    start = len(_escaped(post.text[:at]))
    body = {"start": start, "end": start + len(name) + 1, "username": name}
    return body | ({"id": user.id} if user else {})


def _url(post: XPost, link: str, target: str) -> Json:
    start = len(_escaped(post.text[: post.text.find(link)]))
    shown = target.partition("://")[2][:30]
    return {
        "start": start,
        "end": start + len(link),
        "url": link,
        "expanded_url": target,
        "display_url": shown,
    }


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
