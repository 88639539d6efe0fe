"""The same question asked in several places: which cases are one, and what each tells the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from monitor.core.around import Mark, MarkKind
from monitor.core.cases import ELSEWHERE, Case
from monitor.core.messages import Platform
from monitor.core.wording import WITHIN, near


class Asking(Protocol):
    """Who asked what, where and when; `asked` is what core.wording.asked gives."""

    @property
    def platform(self) -> Platform: ...
    @property
    def place(self) -> str: ...
    @property
    def author_id(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def asked(self) -> int | None: ...


def is_same(one: Asking, other: Asking) -> bool:
    """One question of one person in two places."""
    return (
        one.asked is not None
        and other.asked in near(one.asked)
        and (one.platform, one.author_id) == (other.platform, other.author_id)
        and one.place != other.place
        and abs(one.opened_at - other.opened_at) <= WITHIN
    )


_SAID = {
    MarkKind.CLOSED: MarkKind.CLOSED_ELSEWHERE,
    MarkKind.REOPENED: MarkKind.REOPENED_ELSEWHERE,
    MarkKind.CONFIRMED: MarkKind.CONFIRMED_ELSEWHERE,
}


def told(case: Case | None, to: str = "", said: Iterable[Mark] = ()) -> tuple[Mark, ...]:
    """What the case with the key `to` hears of this one: its own first answers and thanks, not those it has heard of
    itself, and what people `said` of it. One question is one wait: what ends it here ends it there."""
    if case is None or case.asked is None:
        return ()
    found = [Mark(to, _SAID[mark.kind], mark.at) for mark in said if mark.at >= case.opened_at]
    if case.staff_first_at is not None and case.staff_by != ELSEWHERE:
        found.append(Mark(to, MarkKind.STAFF_ELSEWHERE, case.staff_first_at, case.staff_id))
    if case.community_first_at is not None and case.community_by != ELSEWHERE:
        found.append(Mark(to, MarkKind.OTHERS_ELSEWHERE, case.community_first_at))
    if case.thanked_at is not None:
        found.append(Mark(to, MarkKind.THANKED_ELSEWHERE, case.thanked_at))
    return tuple(found)


def changed_since(case: Case, before: Iterable[Mark], after: Iterable[Mark]) -> datetime | None:
    """From when on a case that heard `before` must hear `after`; None: it is the same to it."""
    changed = (mark.at for mark in set(before) ^ set(after))
    return min((at for at in changed if at >= case.opened_at), default=None)
