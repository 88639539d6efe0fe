"""Read places anew in which something came late, was edited, deleted or corrected. It says nothing to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from monitor.core.around import Attached
from monitor.core.messages import Platform, Role
from monitor.core.replay import Begun, Replayed, after_all, replay
from monitor.core.roster import Roster
from monitor.core.targets import with_due
from monitor.stages.assess import House
from monitor.store import cases, crossposts, edits, guesses, staff, unsettled
from monitor.store.database import Connection
from monitor.store.span import Span, end_of
from monitor.store.tape import stored

SLICE = 100  # messages read anew in one transaction: others wait no longer than for a page of them


def settle(house: House, now: datetime, *, size: int = SLICE, most: int | None = None) -> int:
    """Every place that waits for it, a stretch at a time; how many stretches, at `most` so many.

    Killed between two of them it goes on where it was.
    """
    follow_roster(house)
    settled = 0
    while settled != most and _settle_one(house, size):
        settled += 1
    return settled


def follow_roster(house: House) -> int:
    """Who is staff, since when and until when, as the roster says now; how many messages changed sides."""
    roster = house.roster()
    version = _version(roster)
    with house.database.read() as connection:
        if staff.version(connection) == version:
            return 0

    def role(platform: Platform, author: str, at: datetime) -> Role:
        return Role.MEMBER if (found := roster.person(platform, author, at)) is None else found.role

    ids = [native for person in roster.people for own in person.ids.values() for native in own]
    with house.database.write() as connection:
        moved = edits.moved_places(connection, Platform.TELEGRAM.value)
        return staff.follow(connection, ids, role, version, moved)


def _version(roster: Roster) -> str:
    people = sorted(
        (str(p.valid_from), str(p.valid_to), str(sorted(p.ids.items())), p.role)
        for p in roster.people
    )
    return sha256(repr(people).encode()).hexdigest()


def _settle_one(house: House, size: int) -> bool:
    with house.database.read() as connection:
        if unsettled.first(connection) is None:
            return False
    with house.database.write() as connection:
        found = unsettled.first(connection)
        if found is not None:
            cases.lock_place(connection, found.platform, found.place)
            span = _span(connection, found, size)
            begun = _read_anew(connection, house, span)
            unsettled.done(connection, found, span.until, begun)
    return True


def _span(connection: Connection, found: unsettled.Unsettled, size: int) -> Span:
    moved = edits.moved_places(connection, found.platform.value)
    names = (found.place, *(old for old, new in moved.items() if new == found.place))
    until = end_of(connection, found.platform, names, found.since, size)
    return Span(connection, found.platform, found.place, found.since, until, names, found.begun)


def _read_anew(connection: Connection, house: House, span: Span) -> Begun:
    """Store the cases and links that a stretch touches as they are when everything is read in order. What has begun
    since somebody began to read the place anew."""
    before = stored(span, guesses=house.links is not None)
    after = replay(before.tape, house.links)
    changed = {key: with_due(case, house.targets()) for key, case in after.cases.items()}
    attached = Attached(changed, {}, frozenset(changed), {}, {})
    ids = {key: case.id for key, case in before.tape.cases.items() if case.id is not None}
    ids |= cases.save(connection, attached, before.tape.cases)
    stored_cases = [replace(case, id=ids[key]) for key, case in changed.items()]
    crossposts.note(connection, stored_cases, before.tape.cases)
    _link(connection, after, before.linked, ids)
    where = (span.platform.value, span.place)
    unsettled.reach_at_least(connection, where, after.last or after_all(span.since))
    return span.begun.after(before.tape.cases, changed)


def _link(
    connection: Connection,
    after: Replayed,
    linked: Mapping[int, int | None],
    ids: Mapping[str, int],
) -> None:
    now = {number: ids[key] if key else None for number, key in after.links.items()}
    guesses.relink(connection, {n: case for n, case in now.items() if linked[n] != case})
    guesses.replace_all(connection, list(now), after.guesses)
