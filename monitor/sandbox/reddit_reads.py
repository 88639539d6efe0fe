"""What may be read on the make-believe Reddit. It never changes the world."""

from __future__ import annotations

from typing import Any

from monitor.sandbox.reddit_asked import Answer, Asked, Refused, known, number
from monitor.sandbox.reddit_json import conversation, in_inbox, listing, rendered, tree
from monitor.sandbox.reddit_place import RedditPlace
from monitor.sandbox.reddit_world import Thing, newest_first, page_of

LISTING_PARAMS = {"limit", "after", "before", "count", "raw_json", "show", "sort", "t", "mark"}
SEARCH_PARAMS = LISTING_PARAMS | {"q", "restrict_sr", "syntax", "type", "include_over_18"}


class Reads:
    """The GETs."""

    def __init__(self, server: RedditPlace) -> None:
        self.server = server

    def routes(self) -> list[tuple[str, str, Answer]]:
        """Method, path and answer of each read."""
        world = self.server.world
        return [
            ("GET", "/api/v1/me", self._me),
            ("GET", "/message/mentions", self._box("username_mention")),
            ("GET", "/message/inbox", self._box()),
            ("GET", "/message/messages", self._box("unknown")),
            ("GET", "/message/comments", self._box("comment_reply")),
            ("GET", "/message/selfreply", self._box("post_reply")),
            ("GET", "/message/unread", self._unread),
            ("GET", "/message/sent", self._sent),
            ("GET", "/r/(?P<sub>[^/]+)/comments", self._in_subreddit("t1")),
            ("GET", "/r/(?P<sub>[^/]+)/new", self._in_subreddit("t3")),
            ("GET", "/r/(?P<sub>[^/]+)/search", self._search),
            ("GET", "/search", self._search),
            ("GET", "/r/(?P<sub>[^/]+)/about", self._about),
            ("GET", "/r/(?P<sub>[^/]+)/about/moderators", self._moderators),
            ("GET", "/api/info", self._info),
            ("GET", "/user/(?P<user>[^/]+)/comments", self._of_author("t1")),
            ("GET", "/user/(?P<user>[^/]+)/submitted", self._of_author("t3")),
            ("GET", "/comments/(?P<id>[^/]+)(/[^/]*(/(?P<comment>[^/]+))?)?", self._discussion),
            (
                "GET",
                "/api/morechildren",
                lambda _: {"json": {"errors": [], "data": {"things": []}}},
            ),
            ("GET", "/api/mod/conversations", self._conversations),
            (
                "GET",
                "/api/mod/conversations/(?P<id>[^/]+)",
                lambda asked: whole_conversation(self.server, asked.named["id"]),
            ),
            ("GET", "/user/(?P<user>[^/]+)/about", lambda a: _user(world, a.named["user"])),
        ]

    def _me(self, asked: Asked) -> dict[str, Any]:
        me: dict[str, Any] = _user(self.server.world, self.server.username)["data"]
        return me | {"is_suspended": False, "inbox_count": len(self.server.world.unread)}

    def _listed(
        self, asked: Asked, things: list[Thing], allowed: set[str], *, inbox: bool = False
    ) -> dict[str, Any]:
        known(asked.query, allowed)
        limit = number(asked.query.get("limit", "25"))
        page, after, before = page_of(
            newest_first(things),
            max(1, min(100, limit)),
            asked.query.get("after"),
            asked.query.get("before"),
        )
        show = in_inbox if inbox else rendered
        return listing([show(self.server.world, t) for t in self._disturbed(page)], after, before)

    def _disturbed(self, page: list[Thing]) -> list[Thing]:
        shown = list(page)
        if self.server.out_of_order:
            for index in range(0, len(shown) - 1, 2):
                shown[index], shown[index + 1] = shown[index + 1], shown[index]
        return [*shown, shown[0]] if self.server.duplicates and shown else shown

    def _box(self, *reasons: str) -> Answer:
        return lambda asked: self._listed(
            asked, self.server.world.inbox(*reasons), LISTING_PARAMS, inbox=True
        )

    def _unread(self, asked: Asked) -> dict[str, Any]:
        world = self.server.world
        waiting = [t for t in world.inbox() if t.name in world.unread]
        return self._listed(asked, waiting, LISTING_PARAMS, inbox=True)

    def _sent(self, asked: Asked) -> dict[str, Any]:
        own = self.server.world.of_author("t4", self.server.username)
        return self._listed(asked, own, LISTING_PARAMS, inbox=True)

    def _in_subreddit(self, kind: str) -> Answer:
        def answer(asked: Asked) -> dict[str, Any]:
            self._look(asked.named["sub"])
            things = self.server.world.in_subreddit(kind, asked.named["sub"])
            return self._listed(asked, things, LISTING_PARAMS)

        return answer

    def _look(self, subreddit: str) -> None:
        for name in subreddit.split("+"):
            place = self.server.place(name)
            if name.lower() != "all" and place is None:
                raise Refused(404, "Not Found", "banned")
            if place is not None and place.private:
                raise Refused(403, "Forbidden", "private")

    def _search(self, asked: Asked) -> dict[str, Any]:
        sub = asked.named.get("sub", "all")
        self._look(sub)
        scope = (
            sub if asked.query.get("restrict_sr", "False").lower() in ("true", "1", "on") else "all"
        )
        things = self.server.world.found(asked.query.get("q", ""), scope)
        return self._listed(asked, things, SEARCH_PARAMS)

    def _about(self, asked: Asked) -> dict[str, Any]:
        self._look(asked.named["sub"])
        place = self.server.world.subreddit(asked.named["sub"])
        about = {
            "id": place.id36,
            "name": f"t5_{place.id36}",
            "display_name": place.name,
            "display_name_prefixed": f"r/{place.name}",
            "subreddit_type": "public",
            "user_is_moderator": place.moderator,
            "user_is_banned": place.banned,
            "user_is_contributor": False,
            "user_is_muted": False,
            "restrict_posting": True,
            "restrict_commenting": False,
            "submission_type": "any",
            "subscribers": 1,
            "over18": False,
        }
        return {"kind": "t5", "data": about}

    def _moderators(self, asked: Asked) -> dict[str, Any]:
        self._look(asked.named["sub"])
        place = self.server.world.subreddit(asked.named["sub"])
        own = (self.server.username,) if place.moderator else ()
        shown = [
            {"name": n, "id": self.server.world.account_id(n), "mod_permissions": ["all"]}
            for n in (*own, *place.moderators)
        ]
        return {"kind": "UserList", "data": {"children": shown}}

    def _info(self, asked: Asked) -> dict[str, Any]:
        known(asked.query, {"id", "raw_json", "url", "sr_name"})
        names = asked.query.get("id", "").split(",")
        if len(names) > 100:
            raise Refused(400, "Bad Request")
        world = self.server.world
        there = [world.everything[name] for name in names if name in world.everything]
        return listing([rendered(world, t) for t in there if t.kind != "t4"])

    def _of_author(self, kind: str) -> Answer:
        def answer(asked: Asked) -> dict[str, Any]:
            things = self.server.world.of_author(kind, asked.named["user"])
            return self._listed(asked, things, LISTING_PARAMS)

        return answer

    def _discussion(self, asked: Asked) -> list[Any]:
        world = self.server.world
        root = world.everything.get(f"t3_{asked.named['id']}")
        if root is None:
            raise Refused(404, "Not Found")
        below = newest_first(world.replies(root.name))
        one = world.everything.get(f"t1_{asked.named.get('comment')}")
        trees = [tree(world, t) for t in ([one] if one else below)]
        return [listing([rendered(world, root)]), listing(trees)]

    def _conversations(self, asked: Asked) -> dict[str, Any]:
        known(asked.query, {"limit", "after", "entity", "sort", "state", "raw_json"})
        wanted = {n.lower() for n in asked.query.get("entity", "").split(",") if n}
        for name in wanted:
            must_moderate(self.server, name)
        kept = [
            c
            for c in self.server.world.conversations.values()
            if c.letters and (not wanted or c.subreddit.lower() in wanted)
        ]
        kept.sort(key=lambda c: c.letters[-1].at, reverse=True)
        ids = [c.id36 for c in kept]
        after = asked.query.get("after")
        start = ids.index(after) + 1 if after in ids else 0
        page = kept[start : start + min(100, number(asked.query.get("limit", "25")))]
        shown = [conversation(self.server.world, c, whole=False) for c in page]
        return {
            "conversations": {c["id"]: c for c, _ in shown},
            "messages": {key: letter for _, letters in shown for key, letter in letters.items()},
            "conversationIds": [c.id36 for c in page],
            "viewerId": self.server.world.account_id(self.server.username),
        }


def _user(world: Any, name: str) -> dict[str, Any]:
    account = world.account_id(name)
    return {"kind": "t2", "data": {"id": account[3:], "name": name, "created_utc": 1.6e9}}


def must_moderate(server: RedditPlace, subreddit: str) -> None:
    """Only moderators see modmail."""
    place = server.place(subreddit)
    if place is None or not place.moderator:
        raise Refused(403, "Forbidden", "USER_NOT_MODERATOR")


def whole_conversation(server: RedditPlace, conversation_id: str) -> dict[str, Any]:
    """One modmail conversation with all its messages."""
    kept = server.world.conversations.get(conversation_id)
    if kept is None:
        raise Refused(404, "Not Found")
    must_moderate(server, kept.subreddit)
    shown, letters = conversation(server.world, kept, whole=True)
    return {"conversation": shown, "messages": letters, "modActions": {}, "user": {}}
