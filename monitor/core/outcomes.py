"""What happens to a case besides what is written in it: closed, opened again, withdrawn, answered elsewhere. Pure."""

from __future__ import annotations

from datetime import datetime

from monitor.core.around import MarkKind
from monitor.core.cases import ELSEWHERE, Case, Turn, answered_by_staff, earliest, thanked
from monitor.core.quick import replace


def closed(case: Case, at: datetime, by: str | None = None) -> Case:
    """A person of the team says that it is done."""
    return replace(case, state="resolved", resolved_at=at, resolved_by="staff", open_turn_at=None)


def confirmed(case: Case, at: datetime, by: str | None = None) -> Case:
    """The asker says that a ready answer was what they needed. A case that is closed stays as it is."""
    if case.state != "open":
        return case
    at = max(at, case.opened_at)
    return replace(case, state="resolved", resolved_at=at, resolved_by="asker", open_turn_at=None)


def opened_again(case: Case, at: datetime, by: str | None = None) -> Case:
    """A person of the team says that it is not done: what had no answer waits on, else it waits from now."""
    waiting = next((turn for turn in case.turns if turn.staff_at is None), None)
    turns = case.turns if waiting else (*case.turns, Turn(at))
    return replace(
        case, state="open", resolved_at=None, resolved_by=None, turns=turns, reopened=case.reopened + 1,
        open_turn_at=waiting.asked_at if waiting else at, last_turn_at=max(case.last_turn_at, at),
    )  # fmt: skip


def staff_elsewhere(case: Case, at: datetime, by: str | None = None) -> Case:
    """Staff answered where the same person asked the same: the wait is over here too."""
    return answered_by_staff(case, at, by, ELSEWHERE)


def others_elsewhere(case: Case, at: datetime, by: str | None = None) -> Case:
    """Somebody else answered there."""
    if case.community_first_at is not None:
        return case
    return replace(case, community_first_at=at, community_by=ELSEWHERE)


def thanked_elsewhere(case: Case, at: datetime, by: str | None = None) -> Case:
    """The asker says there that it is done; whether that holds here too, is seen as if it were said here."""
    if case.state != "open":
        return case
    return replace(thanked(case, at), last_turn_at=case.last_turn_at, thanked_at=case.thanked_at)


def closed_elsewhere(case: Case, at: datetime, by: str | None = None) -> Case:
    """The team says there that it is done. What is over here stays as it is."""
    return closed(case, at) if case.state == "open" else case


def reopened_elsewhere(case: Case, at: datetime, by: str | None = None) -> Case:
    """The team says there that it is not done. What waits here waits on."""
    return opened_again(case, at) if case.state == "resolved" else case


def withdrawn(case: Case) -> Case:
    """Its asker deleted every message of it: it waits no more, unless somebody has answered."""
    if case.answered_at is not None:
        return case
    return replace(case, state="withdrawn", open_turn_at=None)


def emptied(case: Case) -> Case:
    """Only the number of a case whose messages belong elsewhere: no report counts it. With what it is merged, a person
    has said: should it get messages again, that holds."""
    return replace(
        case, state="withdrawn", open_turn_at=None, turns=(), nudges=0, reopened=0, ack_at=None, holding_at=None,
        staff_first_at=None, staff_last_at=None, staff_id=None, staff_by=None, staff_sure=None,
        community_first_at=None, community_by=None, resolved_at=None, resolved_by=None, due_at=None,
        asked=None, thanked_at=None,
    )  # fmt: skip


def acknowledged(case: Case, at: datetime) -> Case:
    """Our first automatic message that covers the case; never an answer."""
    return replace(case, ack_at=earliest(case.ack_at, max(at, case.opened_at)))


OF_MARK = {
    MarkKind.CLOSED: closed,
    MarkKind.REOPENED: opened_again,
    MarkKind.CONFIRMED: confirmed,
    MarkKind.STAFF_ELSEWHERE: staff_elsewhere,
    MarkKind.OTHERS_ELSEWHERE: others_elsewhere,
    MarkKind.THANKED_ELSEWHERE: thanked_elsewhere,
    MarkKind.CLOSED_ELSEWHERE: closed_elsewhere,
    MarkKind.REOPENED_ELSEWHERE: reopened_elsewhere,
    MarkKind.CONFIRMED_ELSEWHERE: confirmed,
}
