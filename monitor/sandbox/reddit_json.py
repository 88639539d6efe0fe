"""Reddit's JSON for the things of the make-believe world. It never decides who sees what."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

from monitor.sandbox.reddit_world import Conversation, Letter, Thing, World, newest_first

Json = dict[str, Any]


def listing(children: list[Json], after: str | None = None, before: str | None = None) -> Json:
    """A Listing around rendered things."""
    return {
        "kind": "Listing",
        "data": {
            "after": after,
            "before": before,
            "dist": len(children),
            "modhash": None,
            "geo_filter": "",
            "children": children,
        },
    }


def rendered(world: World, thing: Thing) -> Json:
    """A thing as subreddits, searches and info show it."""
    make = {"t1": _comment, "t3": _submission, "t4": _message}[thing.kind]
    return {"kind": thing.kind, "data": make(world, thing) | thing.wrong}


def in_inbox(world: World, thing: Thing) -> Json:
    """A thing as the inbox shows it.

    A comment there has a `context` and neither link_id nor permalink.
    """
    if thing.kind == "t4":
        return rendered(world, thing)
    shown = _common(world, thing) | _inbox_only(world, thing)
    shown |= {"body": thing.text, "body_html": _as_html(thing.text), "parent_id": thing.parent}
    return {"kind": "t1", "data": shown | thing.wrong}


def _inbox_only(world: World, thing: Thing) -> Json:
    reason = world.reason(thing) or "unknown"
    subject = {"username_mention": "username mention", "post_reply": "post reply"}
    return {
        "type": reason,
        "subject": subject.get(reason, "comment reply"),
        "was_comment": True,
        "new": thing.name in world.unread,
        "dest": world.bot,
        "context": f"{permalink(world, thing)}?context=3",
        "first_message": None,
        "first_message_name": None,
        "link_title": _link_title(world, thing),
        "num_comments": 1,
        "replies": "",
        "associated_awarding_id": None,
    }


def permalink(world: World, thing: Thing) -> str:
    """The path of a comment or submission."""
    link = world.everything.get(thing.link or thing.name, thing)
    slug = re.sub(r"[^a-z0-9]+", "_", link.title.lower()).strip("_")[:50] or "_"
    base = f"/r/{thing.subreddit}/comments/{link.id36}/{slug}/"
    return base if thing.kind == "t3" else f"{base}{thing.id36}/"


def _common(world: World, thing: Thing) -> Json:
    place = world.subreddit(thing.subreddit) if thing.subreddit else None
    shown: Json = {
        "id": thing.id36,
        "name": thing.name,
        "subreddit": place.name if place else None,
        "subreddit_name_prefixed": f"r/{place.name}" if place else None,
        "author": thing.author,
        "author_fullname": world.account_id(thing.author),
        "created": thing.created,
        "created_utc": thing.created,
        "score": 1,
        "likes": None,
        "distinguished": None,
    }
    if thing.deleted:
        del shown["author_fullname"]
        shown["author"] = "[deleted]"
    return shown


def _text(thing: Thing) -> str:
    if thing.deleted:
        return "[deleted]"
    return "[removed]" if thing.removed else thing.text


def _standing(thing: Thing) -> Json:
    return {
        "edited": thing.edited,
        "locked": thing.locked,
        "archived": False,
        "saved": False,
        "stickied": False,
        "gilded": 0,
        "ups": 1,
        "downs": 0,
        "over_18": False,
        "num_reports": None,
        "mod_reports": [],
        "user_reports": [],
        "author_flair_text": None,
        "author_flair_css_class": None,
    }


def _comment(world: World, thing: Thing) -> Json:
    text = _text(thing)
    own: Json = {
        "body": text,
        "body_html": _as_html(text),
        "link_id": thing.link,
        "parent_id": thing.parent,
        "permalink": permalink(world, thing),
        "link_title": _link_title(world, thing),
        "link_author": _link_author(world, thing),
        "subreddit_id": f"t5_{world.subreddit(thing.subreddit).id36}",
        "is_submitter": _link_author(world, thing) == thing.author,
        "score_hidden": False,
        "controversiality": 0,
        "replies": "",
        "num_comments": 1,
    }
    return _common(world, thing) | _standing(thing) | own


def _submission(world: World, thing: Thing) -> Json:
    text = _text(thing)
    path = permalink(world, thing)
    own: Json = {
        "title": thing.title,
        "selftext": text,
        "selftext_html": _as_html(text) if text else None,
        "is_self": True,
        "permalink": path,
        "url": f"https://www.reddit.com{path}",
        "domain": f"self.{thing.subreddit}",
        "subreddit_id": f"t5_{world.subreddit(thing.subreddit).id36}",
        "num_comments": len(world.replies(thing.name)),
        "hidden": False,
        "media": None,
        "link_flair_text": None,
        "upvote_ratio": 1.0,
        "removed_by_category": "moderator" if thing.removed else None,
    }
    return _common(world, thing) | _standing(thing) | own


def _message(world: World, thing: Thing) -> Json:
    first = world.everything.get(thing.first or "")
    own: Json = {
        "subject": thing.title,
        "body": thing.text,
        "body_html": _as_html(thing.text),
        "dest": thing.recipient,
        "type": "unknown",
        "was_comment": False,
        "new": thing.name in world.unread,
        "parent_id": thing.parent,
        "first_message": int(first.id36, 36) if first else None,
        "first_message_name": first.name if first else None,
        "context": "",
        "replies": "",
        "num_comments": None,
        "associated_awarding_id": None,
    }
    return _common(world, thing) | own | {"score": 0}


def _link_title(world: World, thing: Thing) -> str:
    link = world.everything.get(thing.link or "")
    return link.title if link else ""


def _link_author(world: World, thing: Thing) -> str:
    link = world.everything.get(thing.link or "")
    return link.author if link and not link.deleted else "[deleted]"


def _as_html(text: str) -> str:
    paragraphs = "\n\n".join(f"<p>{html.escape(p)}</p>" for p in text.split("\n\n"))
    return f'<!-- SC_OFF --><div class="md">{paragraphs}\n</div><!-- SC_ON -->'


def tree(world: World, thing: Thing) -> Json:
    """A comment with everything below it."""
    shown = rendered(world, thing)
    below = [tree(world, reply) for reply in newest_first(world.replies(thing.name))]
    if below:
        shown["data"]["replies"] = listing(below)
    return shown


def conversation(world: World, kept: Conversation, *, whole: bool) -> tuple[Json, Json]:
    """A conversation and its messages by id; not `whole`: only the last, as the list gives."""
    letters = kept.letters if whole else kept.letters[-1:]
    authors = [_author(world, kept, letter.author) for letter in kept.letters]
    place = world.subreddit(kept.subreddit)
    shown: Json = {
        "id": kept.id36,
        "subject": kept.subject,
        "isAuto": False,
        "isInternal": False,
        "isRepliable": True,
        "isHighlighted": False,
        "state": 0,
        "numMessages": len(kept.letters),
        "objIds": [{"id": letter.id36, "key": "messages"} for letter in letters],
        "owner": {"displayName": place.name, "type": "subreddit", "id": f"t5_{place.id36}"},
        "participant": authors[0],
        "authors": authors,
        "lastUpdated": kept.letters[-1].at.isoformat(),
        "lastUserUpdate": _last(world, kept, of_bot=False),
        "lastModUpdate": _last(world, kept, of_bot=True),
        "lastUnread": kept.letters[-1].at.isoformat(),
        "legacyFirstMessageId": kept.id36,
    }
    return shown, {letter.id36: _letter(world, kept, letter) for letter in letters}


def _last(world: World, kept: Conversation, *, of_bot: bool) -> str | None:
    at = [x.at for x in kept.letters if (x.author.lower() == world.bot.lower()) is of_bot]
    return max(at).isoformat() if at else None


def _letter(world: World, kept: Conversation, letter: Letter) -> Json:
    return {
        "id": letter.id36,
        "body": _as_html(letter.text),
        "bodyMarkdown": letter.text,
        "date": letter.at.isoformat(),
        "isInternal": letter.internal,
        "author": _author(world, kept, letter.author),
    }


def _author(world: World, kept: Conversation, name: str) -> Json:
    opened = kept.letters[0].author if kept.letters else name
    return {
        "name": name,
        "id": int(world.account_id(name)[3:], 36),
        "isMod": name.lower() == world.bot.lower(),
        "isAdmin": False,
        "isOp": name == opened,
        "isParticipant": name == opened,
        "isApproved": False,
        "isHidden": False,
        "isDeleted": False,
    }


def epoch(at: datetime) -> float:
    """Whole seconds, as Reddit dates things."""
    return float(int(at.astimezone(UTC).timestamp()))
