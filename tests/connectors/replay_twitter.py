"""Recorded X served as the lists that our walks ask for. It knows one page of each list.

The recordings are single pages that name a next page which nobody recorded: it is empty here.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from aiohttp import web

from connectors.twitter import SECRETS, TwitterConnector
from monitor.ports import Batch
from monitor.sandbox.serving import Serving

ACCOUNT = {"id": "783214", "username": "Twitter", "name": "Twitter"}
SEARCHED = "Tweepy"
RECORDED_AT = datetime(2022, 10, 7, 22, 45, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded read: its address and JSON."""

    url: str
    body: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Without host and query."""
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        """What was searched for, "" when nothing was."""
        return parse_qs(urlsplit(self.url).query).get("query", [""])[0]


def recorded_reads(folder: Path) -> list[Recorded]:
    """Every recorded read of every cassette below `folder`."""
    reads = []
    for file in sorted((folder / "recorded" / "x").glob("*.yaml")):
        for exchange in yaml.safe_load(file.read_text(encoding="utf-8"))["interactions"]:
            if exchange["request"]["method"] == "GET":
                body = json.loads(_body(exchange["response"]["body"]["string"]))
                reads.append(Recorded(exchange["request"]["uri"], body))
    return reads


def _body(stored: str | bytes) -> bytes:
    body = stored if isinstance(stored, bytes) else stored.encode()
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def replay(reads: list[Recorded]) -> web.Application:
    """X as it was recorded."""
    told = {(r.path, r.query): r.body for r in reads} | {("/2/users/me", ""): {"data": ACCOUNT}}

    async def answer(request: web.Request) -> web.Response:
        body = told.get((request.path, request.query.get("query", "")))
        if body is None:
            return web.json_response({"title": "Not Found", "status": 404}, status=404)
        if "pagination_token" in request.query or "next_token" in request.query:
            body = {"meta": {"result_count": 0}}
        return web.json_response(dict(body))

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return app


def recorded_batches(folder: Path) -> Iterator[tuple[str, Batch]]:
    """(stream, batch) from the connector, until every walk is over."""
    serving = Serving()
    connector = TwitterConnector(
        "recorded",
        dict.fromkeys(SECRETS, "k"),
        base_url=serving.serve(replay(recorded_reads(folder))),
        searches=[SEARCHED],
        clock=lambda: RECORDED_AT,
    )
    try:
        for stream in connector.streams():
            yield from _walk(connector, stream)
    finally:
        connector.close()
        serving.close()


def _walk(connector: TwitterConnector, stream: str) -> Iterator[tuple[str, Batch]]:
    cursor: str | None = None
    for _ in range(20):
        batch = connector.fetch(stream, cursor, 100)
        yield stream, batch
        cursor = batch.next_cursor
        if batch.complete:
            return
    raise AssertionError("the walk has no end")
