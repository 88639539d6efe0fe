"""A second person decides on what was asked for in the desk chat: approve, discard, undo. Each press counts once, in
one transaction with what it does. It sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from monitor.core import broadcast as texts
from monitor.core.announcements import Announcement, State
from monitor.core.messages import Platform
from monitor.core.spans import duration
from monitor.stages import announce
from monitor.stages.announce import NotAllowed
from monitor.stages.broadcast import Terms
from monitor.stages.cards import Board
from monitor.stages.desk import Press
from monitor.store import announcements as stored
from monitor.store import broadcast as store
from monitor.store.database import Connection, writing
from monitor.store.desk_inputs import note_act


@dataclass(frozen=True, slots=True)
class Choice:
    """One press with the current nonce: on what, by whom."""

    terms: Terms
    connection: Connection
    board: Board
    found: Any
    by: str
    by_id: str
    now: datetime


def presses(terms: Terms) -> Mapping[str, Press]:
    """Buttons of the desk's own people."""
    return {"b": partial(_press, terms)}


def _press(
    terms: Terms, connection: Connection, board: Board, row: Any, by: str, parts: list[str], now: datetime
) -> str:  # fmt: skip
    nonce, what = (*parts, "", "")[:2]
    found = store.by_nonce(connection, nonce) if nonce else None
    if found is None:
        return "This button is out of date."
    acts = {
        ("yes", store.ASKING): _yes,
        ("drop", store.ASKING): _drop,
        ("undo", store.APPROVED): _undo,
    }
    act = acts.get((what, found.state)) if found.nonce == nonce else None
    if act is None:
        return _second(found, now)
    try:
        with writing(connection):  # refused, it uses up nothing
            return act(Choice(terms, connection, board, found, by, row.author_id, now))
    except NotAllowed as refusal:
        return str(refusal)


def _second(found: Any, now: datetime) -> str:
    """What somebody is told whose button was used up."""
    words = {store.APPROVED: "approved", store.UNDONE: "stopped", store.DROPPED: "discarded"}
    if found.state in words and found.decided_by and found.decided_at:
        return f"{found.decided_by} {words[found.state]} it {duration(now - found.decided_at)} ago."
    if found.state == store.REPLACED:
        return "A newer one has taken its place."
    return "This button is out of date."


def _decide(choice: Choice, state: str) -> None:
    found, now = choice.found, choice.now
    decided = {"state": state, "decided_by": choice.by, "decided_at": now}
    if not store.decide(choice.connection, found, choice.board.nonce(), **decided):
        raise NotAllowed("Somebody else was quicker. The post shows what they did.")
    key, act = f"broadcast:{found.id}:{state}", f"{found.kind} {state}"
    note_act(choice.connection, key, act, choice.by, now, details=found.name)


def _drop(choice: Choice) -> str:
    _decide(choice, store.DROPPED)
    if choice.found.kind == "announce":
        stored.forget_draft(choice.connection, choice.found.name)
    return "Discarded."


def _yes(choice: Choice) -> str:
    found = choice.found
    same_name = choice.by.strip().casefold() == found.by.strip().casefold()
    is_author = found.kind == "announce" and store.has_asked(
        choice.connection, found.name, choice.by_id
    )
    if choice.by_id == found.by_id or same_name or is_author:
        raise NotAllowed("You wrote it. Somebody else must approve it.")
    _decide(choice, store.APPROVED)
    approve = {"announce": _schedule, "correct": _correct, "retract": _take_back}[found.kind]
    return approve(choice)


def _schedule(choice: Choice) -> str:
    terms, found, now = choice.terms, choice.found, choice.now
    announce.approve(choice.connection, found.name, choice.by, found.digest, now)
    planned = announce.schedule(
        choice.connection, found.name, at=found.at, every=found.spec, timezone=terms.zone.key, now=now,
        hold=terms.hold,
    )  # fmt: skip
    goes_at = planned.at or now + terms.hold
    store.change(choice.connection, found.id, goes_at=goes_at)
    if found.spec:
        return f"Approved. It goes out every {found.spec}."
    return f"Approved. It goes out at {texts.clock(goes_at, terms.zone, now)}."


def _undo(choice: Choice) -> str:
    name = choice.found.name
    store.lock(choice.connection, name)
    plan = stored.named(choice.connection, name)
    if choice.found.kind != "announce" or plan is None or plan.state is not State.SCHEDULED:
        raise NotAllowed(f"Too late: it went out. /retract {name} takes it back.")
    announce.cancel(choice.connection, name, choice.now)
    _decide(choice, store.UNDONE)
    return "Stopped."


def _correct(choice: Choice) -> str:
    connection, found, now = choice.connection, choice.found, choice.now
    store.lock(connection, found.name)
    plan = stored.named(connection, found.name)
    if plan is None or plan.digest != found.digest or plan.state is State.CANCELLED:
        raise NotAllowed(f"It was changed since. Write /correct {found.name} again.")
    plan = replace(plan, texts=found.texts)
    stored.save(connection, plan, now)
    changed = _changed(choice.terms, plan, store.standing(connection, found.name))
    store.supersede(connection, found.name, found.id, "corrected again")
    store.retouch(connection, found.id, "edit", changed, now)
    return f"Approved. {texts.posts(len(changed))} corrected now."


def _changed(terms: Terms, plan: Announcement, said: Sequence[Any]) -> list[tuple[Any, str]]:
    """What reads otherwise than it should, and how. On X the newest is answered, unless its last answer says so."""
    edited = [d for d in said if d.platform != Platform.TWITTER and store.LATER not in d.key]
    reads = [(d, d.text) for d in edited]
    on_x = [d for d in said if d.platform == Platform.TWITTER]
    answers = {(d.account, d.place): d.text for d in reversed(on_x) if store.LATER in d.key}
    originals = store.newest_each([d for d in on_x if store.LATER not in d.key])
    reads += [(d, answers.get((d.account, d.place), d.text)) for d in originals]
    wanted = [(post, _text_for(terms, plan, post), text) for post, text in reads]
    return [(post, new) for post, new, text in wanted if new is not None and new != text]


def _text_for(terms: Terms, plan: Announcement, post: Any) -> str | None:
    """By the key, which names the place as it was when it was said: chats move."""
    fits = [t for t in plan.targets if post.key.endswith(f":{t.account}:{t.place}")]
    target = max(fits, key=lambda t: len(t.place), default=None)
    return plan.text_for(target, terms.default_language) if target else None


def _take_back(choice: Choice) -> str:
    connection, found, now = choice.connection, choice.found, choice.now
    store.lock(connection, found.name)
    plan = stored.named(connection, found.name)
    if plan is None:
        raise NotAllowed(f"There is no announcement {found.name!r} any more.")
    stored.cancel(connection, plan, now)
    store.supersede(connection, found.name, found.id, "taken back")
    said = store.standing(connection, found.name)
    store.retouch(connection, found.id, "delete", [(d, "") for d in said], now)
    return f"Approved. {texts.posts(len(said))} taken back now."
