"""What is said when somebody who is not of the team answers in its name: to the team; in public where it wants that.

Pure. It sends nothing, and it never says that anybody is a cheat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.assessment import Policy, Urgency
from monitor.core.cases import Case, Read
from monitor.core.lookalike import shown
from monitor.core.messages import Platform
from monitor.core.text import clip, safe
from monitor.core.triage import Delivery, Desk, Kind, Playbook, Speaker, priority

ALERT = "fake:"  # how the keys of alerts begin
TOLD_WITHIN = timedelta(hours=24)  # of what they wrote: later nobody can do anything
WARNED_WITHIN = timedelta(minutes=15)
_NOBODY = "…"  # a name of which nothing may be repeated


def alert(case: Case, read: Read, desk: Desk, now: datetime) -> Delivery | None:
    """To the desk chat, for whoever looks after security; at most once a day for one such person in one place."""
    message = read.message
    if read.imported or now - message.sent_at > TOLD_WITHIN:
        return None
    author = message.author
    who = clip(safe(author.name or author.handle), 60) + (
        f" (@{safe(author.handle)})" if author.handle else ""
    )
    text = (
        f"⚠ {who}, id {author.id}, has answered {clip(safe(case.author_name or case.author_id), 40)} in "
        f"{clip(safe(message.place_name or message.place), 60)} and is not of the team."
    )  # fmt: skip
    return Delivery(
        f"{ALERT}{_once(read)}", Kind.ALERT, desk.account, desk.platform, desk.place, text,
        priority(Kind.ALERT, Urgency.HIGH), now, link=message.link, message_id=read.id,
    )  # fmt: skip


def warning(case: Case, read: Read, speaker: Speaker | None, playbook: Playbook, texts: Mapping[str, str],
            now: datetime) -> Delivery | None:  # fmt: skip
    """In public, to whoever was answered: that this is nobody of ours. `texts` by language, with {name}.

    Never where we may not speak by ourselves, and never on topics whose policy is silence.
    """
    message = read.message
    is_silent = playbook.policies.get(case.topic, Policy.ALERT) in (Policy.ALERT, Policy.NEVER)
    may_speak = (
        speaker is not None and speaker.acknowledges and message.platform is not Platform.TWITTER
    )
    too_late = now - message.sent_at > WARNED_WITHIN
    if read.imported or is_silent or not may_speak or too_late or speaker is None:
        return None
    own, house = (
        (case.language, case.language.partition("-")[0]),
        (speaker.language, playbook.default_language),
    )
    wanted = (*own, *house, "en")
    text = next((texts[name] for name in wanted if name and name in texts), None)
    if text is None:
        return None
    name = shown(message.author.name, message.author.handle) or _NOBODY
    return Delivery(
        f"warning:{_once(read)}", Kind.WARNING, speaker.account, message.platform, message.place,
        text.replace("{name}", name), priority(Kind.WARNING, case.urgency), now, message.sent_at + WARNED_WITHIN,
        message.thread, message.reply_to or message.native_id, case_key=case.key, message_id=read.id,
    )  # fmt: skip


def _once(read: Read) -> str:
    """One person in one place on one day."""
    message = read.message
    return f"{message.platform}:{message.place}:{message.author.id}:{message.sent_at:%Y-%m-%d}"


def at(desk: Desk | None, moved: Mapping[str, str]) -> Desk | None:
    """The managers' chat where it is now."""
    return replace(desk, place=moved[desk.place]) if desk and desk.place in moved else desk
