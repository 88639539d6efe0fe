"""The HTTP side of the make-believe Reddit: who may ask what. It never changes the world."""

from __future__ import annotations

import base64
import re
import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from aiohttp import web

from monitor.sandbox.faults import Fault
from monitor.sandbox.reddit_asked import Answer, Asked, Refused
from monitor.sandbox.reddit_place import RedditPlace
from monitor.sandbox.reddit_reads import Reads
from monitor.sandbox.reddit_writes import Writes
from monitor.sandbox.serving import failing

TOKEN_LIFE = timedelta(hours=1)
WINDOW = timedelta(minutes=10)
REFRESH_TOKEN = "sandbox-refresh"  # noqa: S105 - of the sandbox, known to all
DEFAULT_AGENTS = re.compile(
    r"^(python-requests|python-urllib|aiohttp|curl|java|okhttp)?(/|$)", re.IGNORECASE
)


def operation_of(request: web.Request) -> str:
    """The name under which faults are ordered: "GET /r/x/comments"."""
    return f"{request.method} {request.path.rstrip('/')}"


def _refuse(status: int, fault: Fault) -> web.Response:
    words = {401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
    headers = {}
    if status == 429 and fault.seconds is not None:
        headers["retry-after"] = str(int(fault.seconds))
    body = {"message": words.get(status, "Server Error"), "error": status}
    return web.json_response(body, status=status, headers=headers)


class Answers:
    """Judges and answers requests."""

    def __init__(self, server: RedditPlace, client_id: str, secret: str, password: str) -> None:
        self.server = server
        self.tokens: dict[str, datetime] = {}
        self.quota = 1000
        self._used: list[datetime] = []
        self._login = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._password = password
        self.requests: list[str] = []  # every operation asked, in order
        self._routes: list[tuple[str, re.Pattern[str], Answer]] = [
            (method, re.compile(f"^{pattern}$"), answer)
            for method, pattern, answer in [*Reads(server).routes(), *Writes(server).routes()]
        ]

    def app(self) -> web.Application:
        """The application; every path goes through `_respond`."""
        faulty = cast(Any, failing("reddit", self.server.faults, operation_of, _refuse))
        app = web.Application(middlewares=[self._recording(), faulty])
        app.router.add_route("*", "/{tail:.*}", self._respond)
        return app

    def _recording(self) -> Any:
        @web.middleware
        # aiohttp gives the second argument by this name.
        async def middleware(request: web.Request, handler: Any) -> web.StreamResponse:
            self.requests.append(operation_of(request))
            answer: web.StreamResponse = await handler(request)
            return answer

        return middleware

    async def _respond(self, request: web.Request) -> web.Response:
        form = {k: str(v) for k, v in (await request.post()).items()}
        try:
            with self.server.guard:
                return self._answer(request, form)
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status, headers=self._rates())

    def _answer(self, request: web.Request, form: dict[str, str]) -> web.Response:
        path = request.path.rstrip("/")
        if DEFAULT_AGENTS.match(request.headers.get("User-Agent", "")):
            raise Refused(429, "Too Many Requests")
        if path == "/api/v1/access_token":
            return self._token(request, form)
        self._admit(request)
        answer, named = self._route(request.method, path)
        made = answer(Asked(dict(request.query), form, named))
        status = 201 if request.method == "POST" and "/mod/conversations" in path else 200
        return web.json_response(made, status=status, headers=self._rates())

    def _route(self, method: str, path: str) -> tuple[Answer, dict[str, str]]:
        for wanted, pattern, answer in self._routes:
            match = pattern.match(path)
            if wanted == method and match is not None:
                return answer, match.groupdict()
        raise Refused(404, "Not Found")

    def _admit(self, request: web.Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        until = self.tokens.get(token)
        if scheme.lower() != "bearer" or until is None or until <= self.server.clock():
            raise Refused(401, "Unauthorized")
        now = self.server.clock()
        self._used = [at for at in self._used if at > now - WINDOW]
        if len(self._used) >= self.quota:
            raise Refused(429, "Too Many Requests")
        self._used.append(now)

    def _rates(self) -> dict[str, str]:
        oldest = self._used[0] if self._used else self.server.clock()
        reset = max(1, int((oldest + WINDOW - self.server.clock()).total_seconds()))
        return {
            "x-ratelimit-remaining": f"{float(max(0, self.quota - len(self._used)))}",
            "x-ratelimit-used": str(len(self._used)),
            "x-ratelimit-reset": str(reset),
        }

    def _token(self, request: web.Request, form: dict[str, str]) -> web.Response:
        scheme, _, login = request.headers.get("Authorization", "").partition(" ")
        if request.method != "POST" or scheme != "Basic" or login != self._login:
            raise Refused(401, "Unauthorized")
        match form.get("grant_type"):
            case "password":
                known = (form.get("username", "").lower(), form.get("password")) == (
                    self.server.username.lower(),
                    self._password,
                )
            case "refresh_token":
                known = form.get("refresh_token") == REFRESH_TOKEN
            case "client_credentials":
                known = True
            case _:
                return web.json_response({"error": "unsupported_grant_type"})
        if not known:
            return web.json_response({"error": "invalid_grant"})
        return web.json_response(self._grant(form))

    def _grant(self, form: dict[str, str]) -> dict[str, Any]:
        token = secrets.token_urlsafe(24)
        self.tokens[token] = self.server.clock() + TOKEN_LIFE
        granted: dict[str, Any] = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
            "scope": "*",
        }
        if form["grant_type"] == "refresh_token":
            granted["refresh_token"] = REFRESH_TOKEN
        return granted
