"""Recorded traffic of Reddit, served as the listings that our walks ask for.

`recorded_batches(folder)` plays it through the real PRAW and the connector and gives every batch
with the name of its stream, in the order of the fetches; `recorded_content(folder)` says what was
recorded.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from connectors.reddit import connect
from monitor.ports import Batch
from monitor.sandbox.reddit_json import listing
from monitor.sandbox.serving import Serving

ACCOUNT = "recorded"
CHUNK = 300  # things that appear between two looks
Things = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Recorded:
    """Everything recorded, by stream and fullname; modmail by conversation."""

    streams: dict[str, Things] = field(default_factory=dict)
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    letters: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, stream: str, thing: dict[str, Any]) -> None:
        """Keep a thing as first seen in its stream."""
        self.streams.setdefault(stream, {}).setdefault(thing["data"]["name"], thing)

    @property
    def owners(self) -> list[str]:
        """The subreddits whose modmail was recorded."""
        return sorted({c["owner"]["displayName"].lower() for c in self.conversations.values()})


def bodies(folder: Path) -> Iterator[tuple[str, str, Any]]:
    """Cassette, URI and JSON body of every recorded answer."""
    for path in sorted((folder / "recorded" / "reddit").glob("*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as cassette:
            for kept in json.load(cassette)["interactions"]:
                body = json.loads(kept["response"]["body"]["string"])
                yield path.name.removesuffix(".json.gz"), kept["request"]["uri"], body


def things_in(body: Any) -> Iterator[dict[str, Any]]:
    """Every comment, submission and message in a body, however deep."""
    if isinstance(body, list):
        for part in body:
            yield from things_in(part)
    elif isinstance(body, Mapping):
        if body.get("kind") in ("t1", "t3", "t4") and isinstance(body.get("data"), Mapping):
            yield {"kind": body["kind"], "data": dict(body["data"])}
        for part in body.values():
            yield from things_in(part)


def recorded_content(folder: Path) -> Recorded:
    """All recorded content, sorted into the streams in which we would look for it."""
    kept = Recorded()
    for _, uri, body in bodies(folder):
        for thing in things_in(body):
            kept.add(_stream(uri, thing), thing)
        if isinstance(body, Mapping) and isinstance(body.get("messages"), Mapping):
            whole = body.get("conversation")
            kept.conversations |= {whole["id"]: whole} if whole else body["conversations"]
            kept.letters |= body["messages"]
    return kept


def _stream(uri: str, thing: dict[str, Any]) -> str:
    if "/message/mentions" in uri:
        return "mentions"
    if "/message/" in uri:
        return "inbox"
    return "r/all/comments" if thing["kind"] == "t1" else "r/all/new"


class Replay:
    """Serves what was recorded; `release` lets the next older half appear."""

    def __init__(self, kept: Recorded) -> None:
        self._kept = kept
        self._shown = 0

    def release(self) -> bool:
        """Show CHUNK more things of every stream; False when all are there."""
        self._shown += CHUNK
        return self._shown < CHUNK + max(len(t) for t in self._kept.streams.values())

    def app(self) -> web.Application:
        """The application."""
        app = web.Application()
        app.router.add_post("/api/v1/access_token", self._token)
        app.router.add_get("/api/v1/me", self._me)
        app.router.add_get("/api/mod/conversations/", self._modmail)
        for path in ("message/mentions", "message/inbox/", "r/all/comments/", "r/all/new"):
            app.router.add_get(f"/{path}", self._listing)
        return app

    async def _token(self, _: web.Request) -> web.Response:
        granted = {"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"}
        return web.json_response(granted)

    async def _me(self, _: web.Request) -> web.Response:
        return web.json_response({"id": "o77bz", "name": "<USERNAME>"})

    async def _listing(self, request: web.Request) -> web.Response:
        stream = request.path.strip("/").removeprefix("message/")
        by_age = sorted(
            self._kept.streams[stream].values(), key=lambda t: float(t["data"]["created_utc"])
        )
        things = by_age[: self._shown][::-1][:1000]
        names = [t["data"]["name"] for t in things]
        after, limit = request.query.get("after"), int(request.query["limit"])
        start = names.index(after) + 1 if after else 0
        page = things[start : start + limit]
        more = start + limit < len(things)
        return web.json_response(listing(page, names[start + limit - 1] if more else None))

    async def _modmail(self, request: web.Request) -> web.Response:
        owner, after = request.query["entity"].lower(), request.query.get("after")
        kept = [
            c
            for c in self._kept.conversations.values()
            if c["owner"]["displayName"].lower() == owner
        ]
        kept.sort(key=lambda c: str(c["lastUpdated"]), reverse=True)
        ids = [c["id"] for c in kept]
        start = ids.index(after) + 1 if after else 0
        page = kept[start : start + int(request.query["limit"])]
        keys = [o["id"] for c in page for o in c["objIds"] if o["key"] == "messages"]
        return web.json_response(
            {
                "conversationIds": [c["id"] for c in page],
                "conversations": {c["id"]: c for c in page},
                "messages": {key: self._kept.letters[key] for key in keys},
                "viewerId": "t2_o77bz",
            }
        )


def recorded_batches(folder: Path) -> Iterator[tuple[str, Batch]]:
    """Every batch that the connector makes of the recorded traffic, with its stream."""
    kept = recorded_content(folder)
    replay, serving = Replay(kept), Serving()
    options = {
        "base_url": serving.serve(replay.app()),
        "username": "<USERNAME>",
        "subreddits": ["all"],
        "modmail": kept.owners,
        "timeout": 5,
        "budget_per_minute": 100_000,
    }
    secrets = {"client_id": "id", "client_secret": "secret", "password": "word"}
    connector = connect(ACCOUNT, options, secrets)
    cursors: dict[str, str | None] = dict.fromkeys(connector.streams())
    try:
        while True:
            for stream in cursors:
                yield from _walk(connector, stream, cursors)
            if not replay.release():
                return
    finally:
        connector.close()
        serving.close()


def _walk(
    connector: Any, stream: str, cursors: dict[str, str | None]
) -> Iterator[tuple[str, Batch]]:
    complete = False
    while not complete:
        batch = connector.fetch(stream, cursors[stream], 100)
        cursors[stream], complete = batch.next_cursor, batch.complete
        yield stream, batch
