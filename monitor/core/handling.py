"""How a case is being handled at the desk: who has it, until when it sleeps, and what a press of a button does.

Pure: it reads no clock, makes no nonce, and says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.cases import Case
from monitor.core.spans import duration


class Act(StrEnum):
    """What a button does. The values travel in the buttons: short, and never changed."""

    CLAIM = "claim"
    RELEASE = "release"
    QUICK = "quick"
    SNOOZE = "snooze"
    WAKE = "wake"
    REASSIGN = "assign"
    NOT_QUESTION = "noq"
    TOPIC = "topic"
    URGENCY = "urgency"
    MERGE = "merge"
    CLOSE = "close"
    MENU = "menu"


class Menu(StrEnum):
    """Which buttons a card shows."""

    FIRST = ""
    MORE = "more"
    SNOOZE = "snooze"
    TOPICS = "topics"
    URGENCIES = "urgencies"
    PEOPLE = "people"
    QUICK = "quick"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Handling:
    """One case at the desk. `nonce` is good for one press; `was_nonce` tells a press that came second."""

    case_id: int
    nonce: str
    was_nonce: str | None = None
    menu: Menu = Menu.FIRST
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    snoozed_until: datetime | None = None
    revision: int = 0
    last_act: str = ""
    last_at: datetime | None = None

    def sleeps(self, now: datetime) -> bool:
        """Nobody is to be reminded of it yet."""
        return self.snoozed_until is not None and now < self.snoozed_until


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a press: the handling as it is then, what the presser is told, and what else is to be done
    (an act for the stage, with its argument). `handling` None: nothing has changed."""

    handling: Handling | None
    toast: str
    todo: Act | None = None
    argument: str = ""


_CHOICES = {Act.QUICK: Menu.QUICK, Act.REASSIGN: Menu.PEOPLE, Act.MERGE: Menu.MERGE, Act.TOPIC: Menu.TOPICS,
            Act.URGENCY: Menu.URGENCIES}  # fmt: skip
_SNOOZES = {
    "30m": timedelta(minutes=30),
    "2h": timedelta(hours=2),
    "8h": timedelta(hours=8),
}


def pressed(
    handling: Handling, case: Case, by: str, act: Act, argument: str, now: datetime
) -> Verdict:
    """A person of the roster pressed a button with the card's current nonce."""
    if (
        case.state == "withdrawn"
    ):  # its card has no buttons; this one was pressed before it lost them
        return Verdict(None, "The question was taken back; there is nothing to do.")
    match act:
        case Act.MENU:
            return _menu(handling, argument)
        case Act.CLAIM:
            return _claim(handling, case, by, now)
        case Act.RELEASE:
            return _release(handling, by, now)
        case Act.SNOOZE if argument in _SNOOZES:
            return _snooze(handling, by, argument, now)
        case Act.WAKE:
            awake = replace(handling, snoozed_until=None)
            return Verdict(_did(awake, f"{by} woke it", now), "Awake again.")
        case Act.SNOOZE:
            return _menu(handling, Menu.SNOOZE)
        case _ if act in _CHOICES and not argument:
            return _menu(handling, _CHOICES[act])
        case _:
            return Verdict(handling, "", act, argument)


def second(handling: Handling, now: datetime) -> str:
    """What somebody is told whose button was used up by another press."""
    if handling.last_act and handling.last_at is not None:
        return f"{handling.last_act} {duration(now - handling.last_at)} ago. The card shows how it stands."
    return "This button was used already. The card shows how it stands."


def _menu(handling: Handling, argument: str) -> Verdict:
    menu = Menu(argument) if argument in set(Menu) else Menu.FIRST
    return Verdict(replace(handling, menu=menu), "")


def _claim(handling: Handling, case: Case, by: str, now: datetime) -> Verdict:
    if handling.claimed_by == by:
        return Verdict(None, "You have it already.")
    if handling.claimed_by is not None:
        return Verdict(None, f"{handling.claimed_by} has it.")
    claimed = replace(handling, claimed_by=by, claimed_at=now, snoozed_until=None)
    waits = f" Waiting {duration(now - case.opened_at)}." if case.is_waiting else ""
    return Verdict(
        _did(claimed, f"{by} claimed it", now), f"Yours. Reply to the card to answer.{waits}"
    )


def _release(handling: Handling, by: str, now: datetime) -> Verdict:
    if handling.claimed_by is None:
        return Verdict(None, "Nobody has it.")
    if handling.claimed_by != by:
        return Verdict(None, f"{handling.claimed_by} has it; only they can release it.")
    free = replace(handling, claimed_by=None, claimed_at=None)
    return Verdict(_did(free, f"{by} released it", now), "Released.")


def _snooze(handling: Handling, by: str, argument: str, now: datetime) -> Verdict:
    until = now + _SNOOZES[argument]
    asleep = replace(handling, snoozed_until=until)
    what = f"{by} snoozed it for {duration(_SNOOZES[argument])}"
    return Verdict(_did(asleep, what, now), f"Snoozed until {until:%H:%M} UTC.")


def _did(handling: Handling, what: str, now: datetime) -> Handling:
    """After an act the card shows its first buttons again."""
    return replace(
        handling, menu=Menu.FIRST, revision=handling.revision + 1, last_act=what, last_at=now
    )


def handed(handling: Handling, to: str, by: str, now: datetime) -> Handling:
    """Another person has it from now on."""
    return _did(replace(handling, claimed_by=to, claimed_at=now), f"{by} handed it to {to}", now)


def acted(handling: Handling, what: str, now: datetime) -> Handling:
    """Something was done that the card must show."""
    return _did(handling, what, now)
