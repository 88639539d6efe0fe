"""Clocks of a case read anew from all its messages, when one came late or was edited. Pure; it attaches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from monitor.core import cases
from monitor.core.cases import Case, Read
from monitor.core.ledger import TREES, Attached
from monitor.core.messages import Role

_DECIDED_ELSEWHERE = ("assumed", "staff")  # no message says so: a sweep or a person did


def refold_late(
    attached: Attached, stored: Mapping[str, Iterable[Read]], reads: Iterable[Read]
) -> Attached:
    """The batch with its late cases read anew. `stored`: case key to the messages it had before this batch."""
    found: dict[str, dict[int, Read]] = {
        key: {read.id: read for read in stored.get(key, ())} for key in attached.late
    }
    for read in reads:
        key = attached.links.get(read.id)
        if key in found:
            found[key][read.id] = read
    again = {key: refolded(attached.cases[key], own.values()) for key, own in found.items()}
    return replace(attached, cases=attached.cases | again)


def refolded(case: Case, reads: Iterable[Read]) -> Case:
    """The case as if all its messages had come in the order in which they were written."""
    ordered = sorted(reads, key=lambda r: (r.message.sent_at, r.id))
    own = [r for r in ordered if r.role is Role.MEMBER and r.message.author.id == case.author_id]
    opening = next((r for r in own if r.asks), None)
    if opening is None:  # the question was edited away: what it has cost so far stays
        return case
    begun = _begun(case, opening, own)
    for read in ordered[ordered.index(opening) + 1 :]:
        begun = _next(begun, read)
    return _kept(case, begun)


def _begun(case: Case, opening: Read, own: Sequence[Read]) -> Case:
    begun_by = cases.prelude(opening.message, [r.message for r in own if r is not opening])
    fresh = cases.opened_by(opening, begun_by[0] if begun_by else opening.message)
    asked_at = fresh.opened_at
    if opening.rewritten:  # correcting a question does not ask it anew
        asked_at = min(case.opened_at, asked_at)
    return replace(
        fresh, opened_at=asked_at, open_turn_at=asked_at, turns=(cases.Turn(asked_at),),
        key=case.key, id=case.id, place=case.place, author_name=case.author_name,
        author_handle=case.author_handle, imported=case.imported,
    )  # fmt: skip


def _next(case: Case, read: Read) -> Case:
    at = read.message.sent_at
    if read.role is Role.STAFF:
        return cases.staff_wrote(case, read, _how(read))
    if read.role is not Role.MEMBER:
        return case
    if read.message.author.id != case.author_id:
        return cases.community_wrote(case, at)
    return cases.thanked(case, at) if read.only_thanks else cases.asked_more(case, read)


def _how(read: Read) -> str:
    if read.message.reply_to is not None:
        return "reply"
    if read.message.platform in TREES:
        return "tree"
    return "mention" if read.message.mentions else "proximity"


def _kept(before: Case, after: Case) -> Case:
    """What no message tells, and urgency, which never falls."""
    kept = replace(after, ack_at=before.ack_at, due_at=before.due_at, language=before.language)
    if after.urgency < before.urgency:
        kept = replace(
            kept, urgency=before.urgency, topic=before.topic, complexity=before.complexity
        )
    if after.staff_id == before.staff_id and after.staff_first_at == before.staff_first_at:
        kept = replace(kept, staff_by=before.staff_by)
    if before.state == "withdrawn":
        return replace(kept, state="withdrawn", open_turn_at=None)
    was_settled = before.resolved_by in _DECIDED_ELSEWHERE
    if was_settled and after.open_turn_at is None and after.state == "open":
        return replace(kept, state=before.state, resolved_at=before.resolved_at,
                       resolved_by=before.resolved_by)  # fmt: skip
    return kept
