"""The FAQ among the stages: its answers take the place of acknowledgements, and askers say whether they helped.

It sends nothing; what it decides is stored by those who call it, in their transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from monitor.core.assessment import Policy
from monitor.core.cases import Case, Read
from monitor.core.desk import headline
from monitor.core.faq import Match, answer_for, faq_pressed, instead, suggestions
from monitor.core.messages import Role
from monitor.core.triage import Delivery, Desk, Kind, Playbook, Speaker, priority
from monitor.store import cardfacts, cases, crossposts, deliveries
from monitor.store import faq as store
from monitor.store.database import Connection

NOT_HELPED = "the ready answer did not help"


class Book(Protocol):
    """What is needed of the FAQ."""

    def look_up(self, reads: Sequence[Read]) -> None:
        """Match many at once, so that `best` only has to remember."""

    def best(self, read: Read) -> Match | None:
        """The entry that fits best."""


def look_ahead(
    book: Callable[[], Book], playbook: Callable[[], Playbook], reads: Sequence[Read]
) -> None:
    """Match outside the transaction what might be answered; chatter costs nothing."""
    asked = [read for read in reads if read.asks and read.role is Role.MEMBER and not read.imported]
    if not asked:
        return
    policies = playbook().policies
    wanted = [r for r in asked if policies.get(r.assessment.topic) is Policy.ANSWER]
    if wanted:
        book().look_up(wanted)


def answered(connection: Connection, book: Callable[[], Book], case: Case, read: Read, speaker: Speaker | None,
             playbook: Playbook, said: Sequence[Delivery], now: datetime) -> tuple[Delivery, ...]:  # fmt: skip
    """What triage wants to say of a new case, with the FAQ's answer instead of the acknowledgement where there is a
    sure one."""
    has_public = any(one.kind.is_automatic_public for one in said)
    if not has_public or playbook.policies.get(case.topic) is not Policy.ANSWER:
        return tuple(said)
    match = book().best(read)
    answer = answer_for(case, read, match, speaker, playbook, now)
    if answer is not None and match is not None:
        store.note(connection, case.key, match.entry.id, case.language, match.score, now)
    return instead(said, answer)


class Shelf(Protocol):
    """What is needed of the FAQ to offer its answers."""

    def matches(self, text: str, language: str, today: date, most: int = 3) -> list[Match]:
        """Entries worth offering, best first."""


def suggesting(
    book: Callable[[], Shelf],
    language: str = "en",
) -> Callable[[Connection, Case], Sequence[tuple[str, str, str]]]:
    """Ready answers for the card of a case: (entry, title in the managers' `language`, text in the asker's), best
    first."""

    def suggest(connection: Connection, case: Case) -> Sequence[tuple[str, str, str]]:
        if not case.topic.needs_answer or case.id is None:
            return ()
        row, _ = cardfacts.facts(connection, [case.id])[case.id]
        if not row.text:
            return ()
        today = case.opened_at.date()
        matches = book().matches(row.text, case.language, today)
        titles = {m.entry.id: m.entry.title(language) for m in matches}
        return tuple((s.entry, titles[s.entry], s.text)
                     for s in suggestions(matches, case.language, today=today))  # fmt: skip

    return suggest


class HasDesk(Protocol):
    """What is needed of the desk's board."""

    @property
    def desk(self) -> Desk:
        """The managers' chat."""


def press(connection: Connection, board: HasDesk, row: Any, author_id: str, parts: list[str],
          now: datetime) -> str:  # fmt: skip
    """Somebody pressed yes or no under an answer; what to tell him. `row`: the event; `parts`: what the button brought,
    after "faq:". Nothing of that is believed but which word it was: the answer is found by the post itself.
    """
    posted = str(row.details.get("message_id", ""))
    known = store.answered_by(connection, row.platform, row.place, posted)
    if known is None:
        return "This button is not known any more."
    case = cases.load(connection, [known.case_id], lock=True)[known.case_id]
    verdict = faq_pressed(case, parts[0] if parts else "", author_id, known.helped, now)
    if verdict.case is None or verdict.helped is None:
        return verdict.toast
    if not store.note_helped(connection, known.case_key, now, helped=verdict.helped):
        return verdict.toast
    if verdict.helped:
        cases.update_all(connection, [verdict.case])
        crossposts.happened(connection, verdict.case, now)
    elif case.state == "open":
        deliveries.queue(connection, [_call(case, board.desk, now)], {case.key: known.case_id}, now)
    return verdict.toast


def _call(case: Case, desk: Desk, now: datetime) -> Delivery:
    """Under the case's card, once."""
    return Delivery(
        f"faq-no:{case.key}", Kind.ALERT, desk.account, desk.platform, desk.place,
        headline(case, NOT_HELPED), priority(Kind.ALERT, case.urgency), now, case_key=case.key,
    )  # fmt: skip
