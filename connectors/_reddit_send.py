"""What a post becomes on Reddit, and what the answer means. It never decides whether to send."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from connectors._reddit_modmail import message_keys
from connectors._reddit_read import SITE, Json, Us, moment
from monitor.ports import Post, Receipt, Refusal, Rejected, Unavailable, Uncertain

MOST_COMMENT = 10_000
MOST_SELFTEXT = 40_000
MOST_TITLE = 300
LOOK_BACK = timedelta(seconds=60)  # our clock may run ahead of Reddit's
_PAUSE = re.compile(r"(\d+)\s+(millisecond|second|minute|hour)", re.IGNORECASE)
_SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}


class Talks(Protocol):
    """What sending needs of a session."""

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at `path`."""

    def post(self, path: str, form: Mapping[str, str | bool]) -> Any:
        """Write, once."""

    @property
    def answered_at(self) -> datetime | None:
        """Reddit's clock at its last answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One write: where, with what, and what to look for afterwards."""

    kind: str  # comment, message, submission, modmail
    path: str
    form: Mapping[str, str | bool]
    target: str  # fullname answered, conversation, or subreddit
    text: str
    title: str = ""


def plan_of(post: Post) -> Plan:
    """How to say it. Rejected when Reddit surely would not take it."""
    if post.place.startswith("modmail:"):
        return _modmail_plan(post)
    target = post.reply_to or post.thread
    if target is None:
        return _submission_plan(post)
    if not target.startswith(("t1_", "t3_", "t4_")):
        raise Rejected(f"{target!r} is nothing that one can answer on Reddit", code="target")
    _check_length(post.text, MOST_COMMENT)
    kind = "message" if target.startswith("t4_") else "comment"
    form = {"thing_id": target, "text": post.text}
    return Plan(kind, "api/comment/", form, target, post.text)


def _modmail_plan(post: Post) -> Plan:
    if not post.thread:
        raise Rejected("an answer in modmail needs its conversation", code="target")
    _check_length(post.text, MOST_COMMENT)
    form: dict[str, str | bool] = {
        "body": post.text,
        "isAuthorHidden": False,
        "isInternal": False,
    }
    return Plan("modmail", f"api/mod/conversations/{post.thread}", form, post.thread, post.text)


def _submission_plan(post: Post) -> Plan:
    if not post.place.startswith("r/"):
        raise Rejected(f"nothing can be opened in {post.place!r}", code="target")
    title, body = _title_and_body(post)
    _check_length(body, MOST_SELFTEXT)
    sub = post.place.removeprefix("r/")
    form: dict[str, str | bool] = {
        "sr": sub,
        "kind": "self",
        "title": title,
        "text": body,
        "sendreplies": True,
        "resubmit": True,
    }
    return Plan("submission", "api/submit/", form, sub, body, title)


def _title_and_body(post: Post) -> tuple[str, str]:
    if post.subject.strip():
        title = post.subject.strip()
        if len(title) > MOST_TITLE:
            raise Rejected(f"the title is longer than {MOST_TITLE} characters", code="TOO_LONG")
        return title, post.text
    first, _, rest = post.text.strip().partition("\n")
    if len(first) <= MOST_TITLE:
        return first.strip(), rest.strip()
    return first[: MOST_TITLE - 1].rstrip() + "…", post.text


def _check_length(text: str, most: int) -> None:
    if len(text) > most:
        raise Rejected(f"the text has {len(text)} characters, Reddit takes {most}", code="TOO_LONG")


def receipt_of(plan: Plan, answer: Any, post: Post, at: datetime) -> Receipt:
    """The receipt in Reddit's answer. Raises the refusal that it words, or Uncertain."""
    if not isinstance(answer, Mapping):
        raise Uncertain("Reddit's answer holds no receipt", code="answer")
    if plan.kind == "modmail":
        return _modmail_receipt(plan, answer, at)
    inner = answer.get("json")
    if not isinstance(inner, Mapping):
        raise Uncertain("Reddit's answer holds no receipt", code="answer")
    if refusal := worded_refusal(inner):
        raise refusal
    shown = inner.get("data")
    if not isinstance(shown, Mapping):
        raise Uncertain("Reddit's answer holds no receipt", code="answer")
    if plan.kind == "submission":
        return _submission_receipt(plan, shown, at)
    things = shown.get("things")
    first = things[0] if isinstance(things, list) and things else None
    made = first.get("data") if isinstance(first, Mapping) else None
    if not isinstance(made, Mapping) or not isinstance(made.get("name"), str):
        raise Uncertain("Reddit took it but did not show it", code="not shown")
    return _receipt(made, at, post)


def check_accepted(answer: Any) -> None:
    """Raise the refusal that the answer to an edit or a deletion words."""
    inner = answer.get("json") if isinstance(answer, Mapping) else None
    if isinstance(inner, Mapping) and (refusal := worded_refusal(inner)):
        raise refusal


def worded_refusal(inner: Json) -> Refusal | None:
    """The refusal in a 200 answer's list of errors."""
    errors = inner.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    first = errors[0]
    parts = [str(p) for p in first] if isinstance(first, list) else [str(first)]
    code, words = parts[0], parts[1] if len(parts) > 1 else ""
    if code == "RATELIMIT":
        return Unavailable(f"Reddit: {words[:200]}", retry_after=_break(inner, words), code=code)
    return Rejected(f"Reddit refused: {code} {words[:200]}".strip(), code=code)


def _break(inner: Json, words: str) -> timedelta | None:
    seconds = inner.get("ratelimit")
    if isinstance(seconds, (int, float)) and 0 < seconds < 86_400:
        return timedelta(seconds=float(seconds))
    match = _PAUSE.search(words)
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2].lower()]) if match else None


def _receipt(made: Json, at: datetime, post: Post | None = None) -> Receipt:
    return Receipt(str(made["name"]), _made_at(made, at), _link(made, post))


def _made_at(made: Json, at: datetime) -> datetime:
    return moment(made.get("created_utc")) or at


def _link(made: Json, post: Post | None) -> str | None:
    path, name = made.get("permalink"), str(made["name"])
    if isinstance(path, str) and path:
        return SITE + path
    if name.startswith("t4_"):
        return f"{SITE}/message/messages/{name[3:]}"
    thread = made.get("link_id") or (post.thread if post else None)
    sub = made.get("subreddit") or (post.place.removeprefix("r/") if post else None)
    if not isinstance(thread, str) or not thread.startswith("t3_") or not sub:
        return None
    return f"{SITE}/r/{sub}/comments/{thread[3:]}/_/{name[3:]}/"


def _submission_receipt(plan: Plan, shown: Json, at: datetime) -> Receipt:
    name = shown.get("name")
    if not isinstance(name, str) or not name.startswith("t3_"):
        raise Uncertain("Reddit took it but did not show it", code="not shown")
    url = shown.get("url")
    link = url if isinstance(url, str) else f"{SITE}/r/{plan.target}/comments/{name[3:]}/"
    return Receipt(name, at, link)


def _modmail_receipt(plan: Plan, answer: Json, at: datetime) -> Receipt:
    kept, letters = answer.get("conversation"), answer.get("messages")
    if not isinstance(kept, Mapping) or not isinstance(letters, Mapping):
        raise Uncertain("Reddit's answer holds no receipt", code="answer")
    for key in reversed(message_keys(kept)):
        letter = letters.get(key)
        if isinstance(letter, Mapping) and same_text(letter.get("bodyMarkdown"), plan.text):
            return _letter_receipt(plan, key, letter, at)
    raise Uncertain("Reddit took it but did not show it", code="not shown")


def _letter_receipt(plan: Plan, key: str, letter: Json, at: datetime) -> Receipt:
    try:
        at = datetime.fromisoformat(str(letter.get("date"))).astimezone(UTC)
    except (OverflowError, ValueError):
        at = at.astimezone(UTC)
    return Receipt(key, at, f"{SITE}/mail/all/{plan.target}")


def found(session: Talks, plan: Plan, post: Post, us: Us) -> Receipt | None:
    """Look among our own latest writings for this one; None when it surely is not there."""
    since = (post.claimed_at - LOOK_BACK).timestamp() if post.claimed_at else 0.0
    if plan.kind == "modmail":
        return _found_letter(session, plan, us, since)
    path = {
        "comment": f"user/{us.name}/comments/",
        "submission": f"user/{us.name}/submitted/",
        "message": "message/sent/",
    }[plan.kind]
    for made in _own(session, path, since):
        if _is_it(plan, made):
            return _receipt(made, datetime.now(UTC), post)
    return None


def _own(session: Talks, path: str, since: float) -> Iterator[Json]:
    after: str | None = None
    for _ in range(10):
        params: dict[str, str | int] = {"limit": 100, "sort": "new"}
        if after is not None:
            params["after"] = after
        made, after = _page(session.get(path, params))
        times = [float(one["created_utc"]) for one in made]
        yield from (one for one in made if float(one["created_utc"]) >= since)
        if after is None or not times or min(times) < since:
            return


def _page(shown: Any) -> tuple[list[Json], str | None]:
    inner = shown.get("data") if isinstance(shown, Mapping) else None
    children = inner.get("children") if isinstance(inner, Mapping) else None
    if not isinstance(children, list) or not isinstance(inner, Mapping):
        raise Unavailable("Reddit's answer is no listing", code="listing")
    things = [c.get("data") for c in children if isinstance(c, Mapping)]
    made = [t for t in things if isinstance(t, Mapping) and _is_dated(t)]
    after = inner.get("after")
    return made, after if isinstance(after, str) else None


def _is_dated(made: Json) -> bool:
    created = made.get("created_utc")
    return isinstance(created, (int, float)) and isinstance(made.get("name"), str)


def _is_it(plan: Plan, made: Json) -> bool:
    if plan.kind == "submission":
        place = str(made.get("subreddit")).lower() == plan.target.lower()
        return (
            place
            and same_text(made.get("title"), plan.title)
            and same_text(made.get("selftext"), plan.text)
        )
    return made.get("parent_id") == plan.target and same_text(made.get("body"), plan.text)


def _found_letter(session: Talks, plan: Plan, us: Us, since: float) -> Receipt | None:
    whole = session.get(plan.path)
    kept = whole.get("conversation") if isinstance(whole, Mapping) else None
    letters = whole.get("messages") if isinstance(whole, Mapping) else None
    if not isinstance(kept, Mapping) or not isinstance(letters, Mapping):
        raise Unavailable("Reddit's answer is no conversation", code="listing")
    for key in reversed(message_keys(kept)):
        letter = letters.get(key)
        author = letter.get("author") if isinstance(letter, Mapping) else None
        if not isinstance(letter, Mapping) or not isinstance(author, Mapping):
            continue
        receipt = _letter_receipt(plan, key, letter, datetime.fromtimestamp(0, UTC))
        ours = us.is_us(author.get("name")) and receipt.sent_at.timestamp() >= since
        if ours and same_text(letter.get("bodyMarkdown"), plan.text):
            return receipt
    return None


def same_text(one: object, other: str) -> bool:
    """Is it the same text, but for what Reddit tidies?"""
    return isinstance(one, str) and tidy(one) == tidy(other)


def tidy(text: str) -> str:
    """A text without what Reddit or a client changes in passing: spaces, line ends, forms."""
    plain = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    return " ".join(unicodedata.normalize("NFC", plain).split())
