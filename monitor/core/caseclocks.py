"""One case as reports read it: what it is and its clocks. Pure; nothing is measured here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.assessment import Topic, Urgency
from monitor.core.messages import Platform


@dataclass(frozen=True, slots=True)
class CaseClocks:
    """One case as stored: what it is and its clocks, all in platform time."""

    platform: Platform
    topic: Topic
    urgency: Urgency
    id: int
    place: str
    language: str
    opened_at: datetime
    ack_at: datetime | None = None
    staff_first_at: datetime | None = None
    staff_by: str | None = None
    community_first_at: datetime | None = None
    open_turn_at: datetime | None = None
    state: str = "open"  # open | resolved | withdrawn
    staff_id: str | None = None
    complexity: str = "simple"
    faq_confirmed_at: datetime | None = None  # a standing answer helped: the asker said so
    is_copy: bool = False  # asked before in the same words in another place: totals count that one

    def at(self, as_of: datetime) -> CaseClocks:
        """The case as it stood then: what came later has not happened yet."""
        clocks = (
            self.ack_at, self.staff_first_at, self.community_first_at, self.open_turn_at,
            self.faq_confirmed_at,
        )  # fmt: skip
        if max([clock for clock in clocks if clock is not None], default=as_of) <= as_of:
            return self
        staff = _until(self.staff_first_at, as_of)
        return replace(
            self,
            ack_at=_until(self.ack_at, as_of),
            staff_first_at=staff,
            staff_by=self.staff_by if staff else None,
            community_first_at=_until(self.community_first_at, as_of),
            open_turn_at=_until(self.open_turn_at, as_of),
            faq_confirmed_at=_until(self.faq_confirmed_at, as_of),
        )

    @property
    def is_skewed(self) -> bool:
        """An answer or acknowledgement bears an earlier time than the question."""
        clocks = (self.ack_at, self.staff_first_at, self.community_first_at)
        return any(clock is not None and clock < self.opened_at for clock in clocks)

    @property
    def counts(self) -> bool:
        """Withdrawn before anybody answered: nobody could be late."""
        return self.state != "withdrawn" or self.is_answered

    @property
    def is_answered(self) -> bool:
        """By staff, by the community or by a standing answer that helped; in time or late."""
        answers = (self.staff_first_at, self.community_first_at, self.faq_confirmed_at)
        return any(answer is not None for answer in answers)

    @property
    def waits_for_anybody(self) -> bool:
        """Still open, and never had an answer of any kind."""
        return self.state == "open" and not self.is_answered


def _until(moment: datetime | None, as_of: datetime) -> datetime | None:
    return moment if moment is not None and moment <= as_of else None
