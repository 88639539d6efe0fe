"""The requests of X's API v2 on loopback and what they answer. It never acts for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Middleware

from monitor.sandbox import x_parameters as parameters
from monitor.sandbox import x_posting as posting
from monitor.sandbox import x_search
from monitor.sandbox.faults import Fault, Faults
from monitor.sandbox.serving import Respond, failing
from monitor.sandbox.x_answers import (
    Json,
    Refused,
    answer,
    invalid,
    missing,
    post_json,
    refuse,
    user_json,
    wrong_authentication,
)
from monitor.sandbox.x_book import Book, User, XPost
from monitor.sandbox.x_oauth import Signatures
from monitor.sandbox.x_windows import Windows

MENTIONS_KEPT = 800
SEARCHED = timedelta(days=7)
_PAGING = ("max_results", "since_id", "until_id", "start_time", "end_time", "pagination_token")


@dataclass(slots=True)
class Switches:
    """What is out of order at the sandbox's X, until it is switched back."""

    names: str = "both"  # which field names are understood: tweet, post or both
    credits_exhausted: bool = False
    duplicated: bool = False  # every post of a page comes twice
    shuffled: bool = False  # pages are out of order
    access_level: str = "read-write-directmessages"


@dataclass(slots=True)
class Api:
    """Answers requests from a book. `tell` hears what the product did."""

    book: Book
    us: User
    signatures: Signatures
    bearer: str
    switches: Switches
    windows: Windows
    faults: Faults
    clock: Callable[[], datetime]
    tell: Callable[[str, XPost], None]
    requests: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        """The API as an application."""
        strikes = cast(Middleware, failing("twitter", self.faults, _operation, self._refuse))
        app = web.Application(middlewares=[self._recorded(), strikes, self._guarded()])
        app.add_routes(
            [
                web.get("/2/users/me", self._me),
                web.get("/2/users/by", self._users_by_name),
                web.get("/2/users", self._users_by_id),
                web.get("/2/users/{id}/mentions", self._mentions),
                web.get("/2/users/{id}/tweets", self._timeline),
                web.get("/2/tweets/search/recent", self._search),
                web.get("/2/tweets", self._lookup),
                web.post("/2/tweets", self._create),
                web.delete("/2/tweets/{id}", self._delete),
                web.get("/2/usage/tweets", self._usage),
            ]
        )
        return app

    # aiohttp passes the second argument of a middleware by its name.
    def _recorded(self) -> Middleware:
        @web.middleware
        async def recorded(request: web.Request, handler: Respond) -> web.StreamResponse:
            self.requests.append(_operation(request))
            return await handler(request)

        return recorded

    def _refuse(self, status: int, fault: Fault) -> web.Response:
        headers = {}
        if status == 429 and fault.seconds is not None:
            reset = self.clock() + timedelta(seconds=fault.seconds)
            headers = {
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(round(reset.timestamp())),
            }
        titles = {401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
        title = titles.get(status, "Service Unavailable")
        body = {"title": title, "detail": title, "type": "about:blank", "status": status}
        return answer(body, status, headers)

    def _guarded(self) -> Middleware:
        @web.middleware
        async def guarded(request: web.Request, handler: Respond) -> web.StreamResponse:
            headers = {"x-access-level": self.switches.access_level}
            try:
                self._admit(request)
                headers |= self._counted(request)
                response = await handler(request)
            except Refused as refused:
                return answer(
                    refused.body, refused.status, headers | refused.body.pop("_headers", {})
                )
            response.headers.update(headers)
            return response

        return guarded

    def _admit(self, request: web.Request) -> None:
        header = request.headers.get("Authorization", "")
        operation = _operation(request)
        if header.startswith("Bearer "):
            return self._admit_app(header, operation)
        # Clients sign with the real time, whatever the sandbox's clock says.
        query, now = request.rel_url.raw_query_string, datetime.now(UTC)
        if self.signatures.refusal(request.method, request.rel_url.raw_path, query, header, now):
            raise refuse(401, "Unauthorized", "Unauthorized")
        if operation == "GET /2/usage/tweets":
            raise wrong_authentication("OAuth 1.0a User Context", "OAuth 2.0 Application-Only")
        if self.switches.credits_exhausted:
            detail = "Your enrolled account does not have any credits to fulfill this request."
            raise refuse(402, "CreditsDepleted", detail, "credits")
        return None

    def _admit_app(self, header: str, operation: str) -> None:
        if header != f"Bearer {self.bearer}":
            raise refuse(401, "Unauthorized", "Unauthorized")
        if operation in ("GET /2/users/me", "POST /2/tweets", "DELETE /2/tweets/:id"):
            raise wrong_authentication("OAuth 2.0 Application-Only", "OAuth 1.0a User Context")

    def _counted(self, request: web.Request) -> dict[str, str]:
        allowed, headers = self.windows.count(_operation(request), self.clock())
        if not allowed:
            refused = refuse(429, "Too Many Requests", "Too Many Requests")
            refused.body["_headers"] = headers
            raise refused
        return headers

    async def _me(self, request: web.Request) -> web.Response:
        parameters.only(request.query, (), self.switches.names)
        asked = parameters.asked(request.query, self.switches.names)
        return answer({"data": user_json(self.us, asked.user_fields)})

    async def _users_by_id(self, request: web.Request) -> web.Response:
        parameters.only(request.query, ("ids",), self.switches.names)
        wanted = parameters.ids(request.query)
        return self._users(request, {i: self.book.users.get(i) for i in wanted}, "ids")

    async def _users_by_name(self, request: web.Request) -> web.Response:
        parameters.only(request.query, ("usernames",), self.switches.names)
        names = request.query.get("usernames", "").split(",")
        if not all(names) or len(names) > 100:
            raise invalid("usernames", ",".join(names), "usernames: 1 to 100 names")
        return self._users(request, {n: self.book.user_named(n) for n in names}, "usernames")

    def _users(self, request: web.Request, found: dict[str, object], name: str) -> web.Response:
        asked = parameters.asked(request.query, self.switches.names)
        users = [u for u in self.book.users.values() if u in found.values()]
        gone = [key for key, user in found.items() if user is None]
        lacking = [missing(name, key, "user", new=asked.new) for key in gone]
        return answer(_parts([user_json(u, asked.user_fields) for u in users], lacking))

    async def _mentions(self, request: web.Request) -> web.Response:
        user = self.book.users.get(parameters.number("id", request.match_info["id"]))
        if user is None:
            raise refuse(404, "Not Found", "Could not find user", "resource-not-found")
        mine = [p for p in self.book.newest_first() if p.names(user.username) and p.author != user]
        return self._page(request, mine[:MENTIONS_KEPT], ("exclude", *_PAGING), 5)

    async def _timeline(self, request: web.Request) -> web.Response:
        user_id = parameters.number("id", request.match_info["id"])
        mine = [p for p in self.book.newest_first() if p.author.id == user_id]
        return self._page(request, mine, ("exclude", *_PAGING), 5)

    async def _search(self, request: web.Request) -> web.Response:
        try:
            wanted = x_search.query(request.query.get("query", ""))
        except x_search.BadQuery as error:
            raise invalid("query", request.query.get("query", ""), str(error)) from None
        oldest = self.clock() - SEARCHED
        refused = parameters.too_old(parameters.page(request.query, 10, ""), oldest)
        if refused is not None:
            raise refused
        found = [p for p in self.book.newest_first() if p.created >= oldest and wanted(p)]
        return self._page(request, found, ("query", "next_token", "sort_order", *_PAGING), 10)

    def _page(
        self, request: web.Request, posts: list[XPost], allowed: tuple[str, ...], smallest: int
    ) -> web.Response:
        parameters.only(request.query, allowed, self.switches.names)
        query = request.query
        token = query.get("next_token", query.get("pagination_token", ""))
        page = parameters.page(query, smallest, token)
        within = [p for p in posts if parameters.within(p, page)]
        shown = within[: page.size]
        meta: Json = {"result_count": len(shown)}
        if shown:
            meta |= {"newest_id": shown[0].id, "oldest_id": shown[-1].id}
        if len(within) > page.size:
            meta["next_token"] = parameters.next_token(shown[-1].id)
        return answer(self._told(request, self._disordered(shown), []) | {"meta": meta})

    def _disordered(self, posts: list[XPost]) -> list[XPost]:
        if self.switches.duplicated:
            posts = [p for p in posts for _ in range(2)]
        return posts[1::2] + posts[::2] if self.switches.shuffled else posts

    async def _lookup(self, request: web.Request) -> web.Response:
        parameters.only(request.query, ("ids",), self.switches.names)
        wanted = dict.fromkeys(parameters.ids(request.query))
        kept = {p.id: p for p in self.book.posts.values() if not p.deleted and not p.hidden}
        new = parameters.asked(request.query, self.switches.names).new
        lacking = [missing("ids", i, "tweet", new=new) for i in wanted if i not in kept]
        return answer(self._told(request, [kept[i] for i in wanted if i in kept], lacking))

    def _told(self, request: web.Request, posts: list[XPost], lacking: list[Json]) -> Json:
        asked = parameters.asked(request.query, self.switches.names)
        users = self.book.users
        body = _parts([post_json(p, asked.fields, users, new=asked.new) for p in posts], lacking)
        includes = self._includes(posts, asked)
        return body | ({"includes": includes} if includes else {})

    def _includes(self, posts: list[XPost], asked: parameters.Asked) -> Json:
        users = [p.author.id for p in posts if "author_id" in asked.expansions]
        users += [p.reply_to_user or "" for p in posts if "in_reply_to_user_id" in asked.expansions]
        referenced: list[str] = []
        if asked.expansions & {"referenced_tweets.id", "referenced_posts"}:
            referenced = [i for p in posts for i in (p.reply_to, p.quotes) if i]
        told = [self.book.posts[i] for i in dict.fromkeys(referenced) if i in self.book.posts]
        named = [self.book.users[i] for i in dict.fromkeys(users) if i]
        includes: Json = {"users": [user_json(u, asked.user_fields) for u in named]}
        fields, known = asked.fields, self.book.users
        posts_told = [post_json(p, fields, known, new=asked.new) for p in told if not p.deleted]
        includes["posts" if asked.new else "tweets"] = posts_told
        return {name: entries for name, entries in includes.items() if entries}

    async def _create(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except ValueError:
            raise invalid("body", "", "The request body is not JSON") from None
        text, reply_to = posting.read(body)
        with self.book.lock:
            known = reply_to if reply_to in self.book.posts else None
            draft = self.book.draft(self.us, text, self.clock(), reply_to=known, by_product=True)
            refused = posting.refusal(self.book, draft, text, reply_to)
            if refused is not None:
                raise refused
            self.book.posts[draft.id] = draft
        self.tell("said", draft)
        told = {k: v for k, v in post_json(draft, (), {}, new=False).items() if k in ("id", "text")}
        return answer({"data": told}, 201)

    async def _delete(self, request: web.Request) -> web.Response:
        native_id = parameters.number("id", request.match_info["id"])
        post = self.book.posts.get(native_id)
        if post is None or post.deleted:
            return answer({"data": {"deleted": False}})
        if post.author != self.us:
            raise refuse(403, "Forbidden", "You are not authorized to delete this Tweet.")
        gone = self.book.change(native_id, deleted=True)
        self.tell("deleted", replace(gone, by_product=True))
        return answer({"data": {"deleted": True}})

    async def _usage(self, request: web.Request) -> web.Response:
        read = len([r for r in self.requests if r.startswith("GET")])
        usage: Json = {"project_id": "1", "project_cap": 3_000_000, "project_usage": read}
        if self.switches.names == "post":  # X's newer document has texts for these numbers
            usage = {name: str(value) for name, value in usage.items()}
        return answer({"data": usage})


def _operation(request: web.Request) -> str:
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else request.path
    return f"{request.method} {path.replace('{', ':').replace('}', '')}"


def _parts(told: list[Json], lacking: list[Json]) -> Json:
    """X leaves out what is empty."""
    return ({"data": told} if told else {}) | ({"errors": lacking} if lacking else {})
