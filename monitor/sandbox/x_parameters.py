"""Reads the query of a request to X, as strictly as X. It never answers one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.core import xtext
from monitor.sandbox.x_answers import Refused, invalid
from monitor.sandbox.x_book import XPost

_BOTH = frozenset(
    [
        "article",
        "attachments",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "entities",
        "geo",
        "id",
        "lang",
        "media_metadata",
        "possibly_sensitive",
        "public_metrics",
        "reply_settings",
        "source",
        "text",
        "withheld",
    ]
)
_TWEET_FIELDS = _BOTH | {
    "author_id",
    "edit_history_tweet_ids",
    "in_reply_to_user_id",
    "note_tweet",
    "referenced_tweets",
}
_POST_FIELDS = _BOTH | {"note_post"}
_EXPANSIONS = {
    "tweet": {
        "author_id",
        "edit_history_tweet_ids",
        "entities.mentions.username",
        "in_reply_to_user_id",
        "referenced_tweets.id",
        "referenced_tweets.id.author_id",
    },
    "post": {
        "author_id",
        "edit_history_post_ids",
        "entities.mentions.username",
        "in_reply_to_user_id",
        "referenced_posts",
        "username",
    },
}
_USER_FIELDS = frozenset(
    [
        "created_at",
        "description",
        "entities",
        "id",
        "location",
        "name",
        "profile_image_url",
        "protected",
        "public_metrics",
        "url",
        "username",
        "verified",
        "verified_type",
        "withheld",
    ]
)
_LISTS = ("expansions", "tweet.fields", "post.fields", "user.fields")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_TOKEN = "7140"  # noqa: S105 - how pagination tokens begin, no secret


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    size: int
    since: int = 0
    until: int = 2**63
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What to tell of each post: fields in old names, expansions, and in which names to answer."""

    fields: frozenset[str]
    expansions: frozenset[str]
    user_fields: frozenset[str]
    new: bool


def only(query: Mapping[str, str], allowed: Collection[str], names: str) -> None:
    """400 for a parameter that this request does not know."""
    known = {*allowed, "expansions", "user.fields"}
    known |= {f"{one}.fields" for one in ("tweet", "post") if names in (one, "both")}
    for name in query:
        if name not in known:
            message = f"The query parameter [{name}] is not one of [{','.join(sorted(known))}]"
            raise invalid(name, query[name], message)


def asked(query: Mapping[str, str], names: str) -> Asked:
    """Fields and expansions. `names`: tweet, post or both."""
    new = names == "post" or "post.fields" in query
    lists = {name: _listed(query, name) for name in _LISTS}
    _known("tweet.fields", lists["tweet.fields"], _TWEET_FIELDS)
    _known("post.fields", lists["post.fields"], _POST_FIELDS)
    _known("user.fields", lists["user.fields"], _USER_FIELDS)
    _known("expansions", lists["expansions"], _EXPANSIONS["post" if new else "tweet"])
    fields = lists["tweet.fields"] | lists["post.fields"] | _expanded(lists["expansions"])
    return Asked(fields, lists["expansions"], lists["user.fields"], new)


def _expanded(expansions: frozenset[str]) -> frozenset[str]:
    """An expanded relation is also told in the post."""
    names = (e.partition(".")[0].replace("_posts", "_tweets") for e in expansions)
    return frozenset(n for n in names if n != "entities")


def _listed(query: Mapping[str, str], name: str) -> frozenset[str]:
    if name not in query:
        return frozenset()
    entries = query[name].split(",")
    if not all(entries) or len(set(entries)) != len(entries):
        raise invalid(name, query[name], f"The `{name}` query parameter is not a list")
    return frozenset(entries)


def _known(name: str, given: frozenset[str], allowed: Collection[str]) -> None:
    for value in given:
        if value not in allowed:
            known = ",".join(sorted(allowed))
            message = f"The `{name}` query parameter value [{value}] is not one of [{known}]"
            raise invalid(name, value, message)


def number(name: str, value: str) -> str:
    """An id; 400 unless it is 1 to 19 digits."""
    if not re.fullmatch(r"[0-9]{1,19}", value):
        raise invalid(
            name,
            value,
            f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$",
        )
    return value


def ids(query: Mapping[str, str], name: str = "ids") -> list[str]:
    """1 to 100 ids."""
    given = query.get(name, "").split(",")
    if not query.get(name) or len(given) > 100:
        raise invalid(
            name,
            query.get(name, ""),
            f"The number of values in the `{name}` query parameter list is not between 1 and 100",
        )
    return [number(name, value) for value in given]


def page(query: Mapping[str, str], smallest: int, token: str) -> Page:
    """Size and bounds; `token` is the pagination token given, "" at the first page."""
    size = query.get("max_results", "10")
    if not size.isdigit() or not smallest <= int(size) <= 100:
        message = (
            f"The `max_results` query parameter value [{size}] is not between {smallest} and 100"
        )
        raise invalid("max_results", size, message)
    until = int(number("until_id", query["until_id"])) if "until_id" in query else 2**63
    return Page(
        int(size),
        int(number("since_id", query["since_id"])) if "since_id" in query else 0,
        min(until, _below(token)),
        _moment(query, "start_time"),
        _moment(query, "end_time"),
    )


def next_token(last_id: str) -> str:
    """The token of the page below `last_id`."""
    return f"{_TOKEN}{int(last_id):x}"


def _below(token: str) -> int:
    if not token:
        return 2**63
    if not re.fullmatch(_TOKEN + "[0-9a-f]+", token):
        raise invalid(
            "pagination_token",
            token,
            f"The `pagination_token` query parameter value [{token}] is not valid",
        )
    return int(token[len(_TOKEN) :], 16)


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    if not _TIME.fullmatch(query[name]):
        raise invalid(
            name, query[name], f"The `{name}` query parameter value is not a valid RFC3339 time"
        )
    return datetime.fromisoformat(query[name]).astimezone(UTC)


def too_old(wanted: Page, oldest: datetime) -> Refused | None:
    """Recent search reaches back seven days."""
    if wanted.start is not None and wanted.start < oldest:
        return invalid(
            "start_time", str(wanted.start), f"Invalid 'start_time': must be on or after {oldest}"
        )
    if wanted.since and wanted.since < xtext.id_at(oldest):
        message = f"'since_id' must be a tweet id created after [{oldest}]"
        return invalid("since_id", str(wanted.since), message)
    return None


def within(post: XPost, page: Page) -> bool:
    """Does the page's stretch of time and ids hold this post?"""
    if page.start is not None and post.created < page.start:
        return False
    if page.end is not None and post.created >= page.end:
        return False
    return page.since < int(post.id) < page.until
