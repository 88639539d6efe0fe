"""See to it that nobody is forgotten and the desk chat stays readable: reminders in steps, one list instead of many
cards, claims given back at the end of a shift, mail where the chat cannot be reached.

It sends nothing itself: it queues, and says what is not to be said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.core import attention, listing
from monitor.core import desk as cards
from monitor.core.assessment import Urgency
from monitor.core.attention import Step
from monitor.core.cases import Case
from monitor.core.listing import case_number
from monitor.core.messages import Platform
from monitor.core.spans import duration
from monitor.core.triage import Delivery, Kind, priority
from monitor.stages.cards import LOST, TOGETHER, Board, facts_of, post_anew, stands_there
from monitor.store import board as lists
from monitor.store import cases, deliveries
from monitor.store import desk as store
from monitor.store.database import Connection
from monitor.store.incidents import joins_surge

_BIT = {Step.WARNED: 1, Step.BREACHED: 2, Step.MAILED: 4}
AT_ONCE = 200  # looked at in one go
ALONE = 2  # so many at once get a line each
NEWS = {Step.WARNED: "their targets end soon", Step.BREACHED: "no staff answer within the target"}
USEFUL = timedelta(minutes=30)  # a reminder that could not be said for so long is none
LISTED = "on the desk's list: too many at once for cards of their own"


def remind(board: Board, now: datetime) -> int:
    """Take the escalation's next steps; how many were taken. Each is taken once a case."""
    with board.database.read() as connection:
        numbers = lists.to_remind(connection, now)
    if not numbers:
        return 0
    with board.database.write() as connection:
        found = cases.load(connection, numbers, lock=True)
        taken = {number: _remind(connection, board, found[number], now) for number in numbers}
        due = {step: [found[n] for n in numbers if step in taken[n]] for step in Step}
        for step in (Step.WARNED, Step.BREACHED):
            _tell(connection, board, due[step], step, now)
        _mail_unanswered(connection, board, due[Step.MAILED], now)
        return sum(map(len, taken.values()))


def _remind(connection: Connection, board: Board, case: Case, now: datetime) -> list[Step]:
    number = case.id or 0
    store.make_card(
        connection, number, board.desk.account, board.place(connection), None, board.nonce()
    )
    card = store.card_of(connection, number)
    steps = [
        step
        for step in attention.due_steps(case, store.handling_of(card), now)
        if not card.warned & _BIT[step]
    ]
    taken = card.warned | sum(_BIT[step] for step in steps)
    if taken != card.warned:
        store.change_card(connection, number, warned=taken)
    return steps


def _mail_unanswered(
    connection: Connection, board: Board, found: Sequence[Case], now: datetime
) -> None:
    """One mail for all that fell due together: identical ones in a minute are not read."""
    if not found:
        return
    found = sorted(found, key=lambda case: -case.urgency)
    texts = [
        cards.card(case, facts_of(connection, board, case, now),
                   store.handling_of(store.card_of(connection, case.id or 0)), now)
        for case in found
    ]  # fmt: skip
    subject = listing.unanswered(found)
    _mail(connection, board, f"mail:{found[0].key}", subject, "\n\n".join(texts), now)


def _tell(connection: Connection, board: Board, found: Sequence[Case], step: Step, now: datetime) -> None:  # fmt: skip
    """A line under each card; more than a few at once share one line, or phones would not stop."""
    if len(found) <= ALONE:
        for case in found:
            _say(connection, board, case, step, now)
        return
    found = sorted(found, key=lambda case: -case.urgency)
    line = Delivery(
        f"{TOGETHER}{step}:{found[0].key}", Kind.ALERT, board.desk.account, board.desk.platform,
        board.place(connection), listing.together(found, NEWS[step]), priority(Kind.ALERT, found[0].urgency), now,
        now + USEFUL, message_id=lists.asking_message(connection, found[0]),
    )  # fmt: skip
    deliveries.queue(connection, [line], {}, now)


def _say(connection: Connection, board: Board, case: Case, step: Step, now: datetime) -> None:
    left = duration(case.due_at - now) if case.due_at is not None else ""
    news = f"target in {left}" if step is Step.WARNED else NEWS[step]
    reminder = Delivery(
        f"{step}:{case.key}", Kind.ALERT, board.desk.account, board.desk.platform, board.place(connection),
        cards.headline(case, news), priority(Kind.ALERT, case.urgency), now, now + USEFUL, case_key=case.key,
        message_id=lists.asking_message(connection, case),
    )  # fmt: skip
    deliveries.queue(connection, [reminder], {case.key: case.id or 0}, now)


def _mail(connection: Connection, board: Board, key: str, subject: str, text: str, now: datetime) -> None:  # fmt: skip
    if board.mail is None:
        return
    account, recipients = board.mail
    mails = [
        Delivery(f"{key}:{to}", Kind.REPORT, account, Platform.EMAIL, to, text, priority(Kind.REPORT), now,
                 subject=subject) for to in recipients
    ]  # fmt: skip
    deliveries.queue(connection, mails, {}, now)


def listing_instead(board: Board) -> Callable[[Connection, Any, Case | None, datetime], str | None]:
    """Looked at before a card goes out: is it too much for the chat? Then the case goes to the list."""

    def instead(connection: Connection, row: Any, case: Case | None, now: datetime) -> str | None:
        if row.kind != "alert" or case is None or row.account != board.desk.account:
            return None
        if stands_there(connection, board, row, case):
            return "it stands in its topic already"
        if row.key.startswith("card:") and not row.key.endswith(LOST):  # somebody asked for it
            return None
        said = lists.said_this_minute(connection, row.place, now)
        in_surge = joins_surge(connection, case) or lists.is_in_surge(connection, row.case_id)
        lags = now - row.created_at
        if not attention.crowded(case.urgency, said, board.per_minute, in_surge=in_surge, lags=lags):  # fmt: skip
            return None
        store.make_card(connection, row.case_id, row.account, row.place, None, board.nonce())
        store.without_post(connection, row.case_id)
        return LISTED

    return instead


PRESSING = priority(Kind.ALERT, Urgency.HIGH)


def relieve(board: Board, now: datetime) -> int:
    """While the chat is full, what waits for its turn there goes to the list at once; how many did."""
    with board.database.read() as connection:
        if lists.said_this_minute(connection, board.place(connection), now) < board.per_minute:
            return 0
        rows = [r for r in deliveries.due(connection, board.desk.account, now, AT_ONCE)
                if r.kind == Kind.ALERT and r.case_id is not None and r.priority > PRESSING]  # fmt: skip
    if not rows:
        return 0
    instead, moved = listing_instead(board), 0
    with board.database.write() as connection:
        known = cases.load(connection, sorted({row.case_id for row in rows}))
        for row in rows:
            why = instead(connection, row, known.get(row.case_id), now)
            if why is not None:
                deliveries.set_state(connection, row.id, row.token, deliveries.CANCELLED, why)
                moved += 1
    return moved


def relieving(
    board: Board, clock: Callable[[], datetime], then: Callable[[], datetime | None]
) -> Callable[[], datetime | None]:
    """The same before `then`."""

    def look() -> datetime | None:
        relieve(board, clock())
        return then()

    return look


def mailing_refused(board: Board) -> Callable[[Connection, Any, str, datetime], None]:
    """What the chat refused for good (the bot was removed, the chat is gone) goes out by mail, and says so."""

    def refused(connection: Connection, row: Any, reason: str, now: datetime) -> None:
        if row.kind != "alert":
            return
        text = row.text
        if row.case_id is not None and (card := store.card_of(connection, row.case_id)) is not None:
            case = cases.load(connection, [row.case_id])[row.case_id]
            facts = facts_of(connection, board, case, now)
            text = cards.card(case, facts, store.handling_of(card), now) + f"\n{facts.link or ''}"
        why = f"The managers' chat did not take this ({reason}), so it comes by mail.\n\n"
        subject = f"Response desk: {row.text.partition(chr(10))[0]}"
        _mail(connection, board, f"mailed:{row.key}", subject, why + text, now)

    return refused


def press_list(
    connection: Connection, board: Board, row: Any, by: str, parts: list[str], now: datetime
) -> str:
    """A case of the list gets a card of its own, and who asked for it has it."""
    number = case_number(parts[0] if parts else "")
    found = cases.load(connection, [number]) if number is not None else {}
    card = store.card_of(connection, number) if found and number is not None else None
    if card is None:
        return "That case is not at this desk."
    if card.native_id is None:
        post_anew(connection, board, found[card.case_id], now)
    return "Its card comes below."
