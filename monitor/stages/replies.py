"""Judge a reply that says too little by itself together with what it answers: "same here", "until when?" to the team.

Anything else that is short is an answer or talk between members, and is judged alone. It never makes less of a message.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.assessment import Assessment
from monitor.core.context import in_full, needs_parent
from monitor.core.messages import Message, Platform, Role
from monitor.core.quick import replace
from monitor.core.roster import Roster
from monitor.ports import Classifier
from monitor.store import answered
from monitor.store.answered import Key
from monitor.store.database import Database
from monitor.store.messages import key_of

REASON = "read with what it answers"


def judged_in_full(
    database: Database, classifier: Classifier, roster: Roster, found: Sequence[Message],
    judged: list[Assessment],
) -> list[Assessment]:  # fmt: skip
    """The judgements, those of such replies made anew. Costs nothing where there are none."""
    short = {
        i: _parent_key(message)
        for i, (message, seen) in enumerate(zip(found, judged, strict=True))
        if message.reply_to is not None and needs_parent(seen, message.text)
    }
    if not short:
        return judged
    known = {key_of(message): message for message in found}
    if missing := set(short.values()) - known.keys():
        with database.read() as connection:
            known |= answered.parents(connection, missing)
    again = {
        i: in_full(found[i].text, known[key].text)
        for i, key in short.items()
        if key in known and _is_asked_of(known[key], found[i], judged[i], roster)
    }
    texts = [replace(found[i], text=text) for i, text in again.items()]
    better = dict(zip(again, classifier.assess(texts) if texts else (), strict=True))
    return [_fuller(one, better.get(i)) for i, one in enumerate(judged)]


def _parent_key(message: Message) -> Key:
    return message.platform.value, message.place, message.reply_to or ""


def _is_asked_of(parent: Message, reply: Message, seen: Assessment, roster: Roster) -> bool:
    """Somebody else has the same trouble, or asks the team about what it has said."""
    if parent.author.id == reply.author.id:
        return False
    return "same" in seen.signals or _is_staff(parent, roster, parent.platform)


def _is_staff(parent: Message, roster: Roster, platform: Platform) -> bool:
    person = roster.person(platform, parent.author.id, parent.sent_at)
    return person is not None and person.role is Role.STAFF


def _fuller(alone: Assessment, together: Assessment | None) -> Assessment:
    if together is None or not together.topic.needs_answer:
        return alone
    return replace(
        together,
        language=alone.language,
        signals=together.signals | alone.signals,
        reasons=(REASON, *together.reasons),
    )
