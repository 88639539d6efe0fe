"""What our account may write on the make-believe Reddit. It never answers reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monitor.sandbox.reddit_asked import Asked, Refused, known
from monitor.sandbox.reddit_json import permalink, rendered
from monitor.sandbox.reddit_place import RedditPlace
from monitor.sandbox.reddit_reads import whole_conversation
from monitor.sandbox.reddit_world import Thing, same

MAX_COMMENT = 10_000
MAX_SELFTEXT = 40_000
MAX_TITLE = 300
COMMENT_FORM = {"api_type", "thing_id", "text", "return_rtjson", "richtext_json"}
EDIT_FORM = COMMENT_FORM | {"validate_on_submit"}
COMPOSE_FORM = {"api_type", "to", "subject", "text", "from_sr"}
MODMAIL_FORM = {"api_type", "body", "isAuthorHidden", "isInternal"}
SUBMIT_FORM = {
    *("api_type", "kind", "sr", "title", "text", "url", "resubmit", "sendreplies", "nsfw"),
    *("spoiler", "validate_on_submit", "flair_id", "flair_text", "collection_id", "draft_id"),
    *("discussion_type", "richtext_json", "show_error_list", "post_set_default_post_id"),
}
Answered = dict[str, Any]


class Writes:
    """The POSTs."""

    def __init__(self, server: RedditPlace) -> None:
        self._server = server

    def routes(self) -> list[tuple[str, str, Callable[[Asked], Any]]]:
        """Method, path and answer of each write."""
        return [
            ("POST", "/api/comment", self._comment),
            ("POST", "/api/submit", self._submit),
            ("POST", "/api/compose", self._compose),
            ("POST", "/api/editusertext", self._edit),
            ("POST", "/api/del", self._delete),
            ("POST", "/api/read_message", self._read),
            ("POST", "/api/morechildren", lambda _: _things([])),
            ("POST", "/api/mod/conversations/(?P<id>[^/]+)", self._modmail),
        ]

    def _form(self, asked: Asked, allowed: set[str], *needed: str) -> dict[str, str]:
        known(asked.form, allowed)
        known(asked.query, {"raw_json"})
        if asked.form.get("api_type") != "json":
            raise Refused(400, "Bad Request: api_type must be json")
        if missing := [name for name in needed if name not in asked.form]:
            raise Refused(400, f"Bad Request: {missing[0]} is missing")
        return asked.form

    def _comment(self, asked: Asked) -> Answered:
        form = self._form(asked, COMMENT_FORM, "thing_id", "text")
        above = self._server.world.everything.get(form["thing_id"])
        if above is not None:
            self._must_be_allowed(above.subreddit)
        error = self._throttle() or _wrong_parent(above) or _wrong_text(form["text"], MAX_COMMENT)
        if error is not None or above is None:
            return error or _errors("NO_THING_ID", "id not specified", "parent")
        made = self._say(above, form["text"])
        return _things(
            [] if self._server.swallows_answers else [rendered(self._server.world, made)]
        )

    def _say(self, above: Thing, text: str) -> Thing:
        server = self._server
        if above.kind == "t4":
            subject = f"re: {above.title.removeprefix('re: ')}"
            return server.add_message(
                server.username, above.author, subject, text, above, side="product"
            )
        return server.add_comment(above.name, server.username, text, None, side="product")

    def _must_be_allowed(self, subreddit: str) -> None:
        if subreddit and self._server.world.forbidden(subreddit):
            raise Refused(403, "Forbidden")

    def _throttle(self) -> Answered | None:
        minutes = self._server.throttled_minutes
        if not minutes:
            return None
        words = (
            "Looks like you've been doing that a lot. "
            f"Take a break for {minutes} minutes before trying again."
        )
        return _errors("RATELIMIT", words, "ratelimit", ratelimit=minutes * 60.0)

    def _submit(self, asked: Asked) -> Answered:
        form = self._form(asked, SUBMIT_FORM, "sr", "kind", "title")
        place = self._server.place(form["sr"])
        if place is None:
            return _errors("SUBREDDIT_NOEXIST", "that subreddit doesn't exist", "sr")
        if place.banned or place.private:
            return _errors("SUBREDDIT_NOTALLOWED", "you aren't allowed to post there.", "sr")
        error = self._throttle() or _wrong_title(form["title"])
        text = form.get("text", "")
        if len(text) > MAX_SELFTEXT:
            error = error or _errors("TOO_LONG", f"this is too long (max: {MAX_SELFTEXT})", "text")
        if error is not None:
            return error
        return self._opened(place.name, form["title"], text)

    def _opened(self, subreddit: str, title: str, text: str) -> Answered:
        server = self._server
        made = server.add_submission(subreddit, server.username, title, text, None, side="product")
        url = f"https://www.reddit.com{permalink(server.world, made)}"
        fields = {"url": url, "drafts_count": 0, "id": made.id36, "name": made.name}
        return {"json": {"errors": [], "data": fields}}

    def _compose(self, asked: Asked) -> Answered:
        form = self._form(asked, COMPOSE_FORM, "to", "subject", "text")
        error = self._throttle() or _wrong_text(form["text"], MAX_COMMENT)
        if error is not None:
            return error
        me = self._server.username
        self._server.add_message(
            me, form["to"], form["subject"], form["text"], None, side="product"
        )
        return {"json": {"errors": []}}

    def _own(self, fullname: str) -> Thing:
        thing = self._server.world.everything.get(fullname)
        if thing is None or thing.kind == "t4" or not same(thing.author, self._server.username):
            raise Refused(403, "Forbidden")
        return thing

    def _edit(self, asked: Asked) -> Answered:
        form = self._form(asked, EDIT_FORM, "thing_id", "text")
        thing = self._own(form["thing_id"])
        if error := _wrong_text(form["text"], MAX_COMMENT if thing.kind == "t1" else MAX_SELFTEXT):
            return error
        self._server.revise(thing.name, form["text"], "product")
        return _things([rendered(self._server.world, thing)])

    def _delete(self, asked: Asked) -> Answered:
        form = self._form(asked, {"api_type", "id"}, "id")
        self._server.change(self._own(form["id"]).name, "deleted", "product")
        return {}

    def _read(self, asked: Asked) -> Answered:
        form = self._form(asked, {"api_type", "id"}, "id")
        self._server.world.unread -= set(form["id"].split(","))
        return {}

    def _modmail(self, asked: Asked) -> Answered:
        form = self._form(asked, MODMAIL_FORM, "body")
        whole_conversation(self._server, asked.named["id"])  # raises when we may not
        server, internal = self._server, form.get("isInternal", "False").lower() == "true"
        server.add_letter(
            asked.named["id"], server.username, form["body"], side="product", internal=internal
        )
        return whole_conversation(server, asked.named["id"])


def _wrong_parent(above: Thing | None) -> Answered | None:
    if above is None:
        return None
    if above.deleted or above.removed:
        return _errors("DELETED_COMMENT", "that comment has been deleted", "parent")
    if above.locked:
        return _errors("THREAD_LOCKED", "Comments are locked.", "parent")
    return None


def _wrong_text(text: str, most: int) -> Answered | None:
    if not text.strip():
        return _errors("NO_TEXT", "we need something here", "text")
    if len(text) > most:
        return _errors("TOO_LONG", f"this is too long (max: {most})", "text")
    return None


def _wrong_title(title: str) -> Answered | None:
    if not title.strip():
        return _errors("NO_TEXT", "we need something here", "title")
    if len(title) > MAX_TITLE:
        return _errors("TOO_LONG", f"this is too long (max: {MAX_TITLE})", "title")
    return None


def _errors(kind: str, words: str, where: str, **more: float) -> Answered:
    return {"json": {"errors": [[kind, words, where]], **more}}


def _things(things: list[Any]) -> Answered:
    return {"json": {"errors": [], "data": {"things": things}}}
