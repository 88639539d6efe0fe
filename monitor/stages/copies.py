"""Who asks the same in several places as it is being judged: noted, and told once. It finds nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.core.around import Attached
from monitor.core.cases import Case
from monitor.core.quick import replace
from monitor.core.triage import Delivery
from monitor.store import crossposts
from monitor.store.database import Connection

Copies = Mapping[int, frozenset[int]]  # cases to those that ask the same in other places


def note_copies(
    connection: Connection, attached: Attached, ids: Mapping[str, int], before: Mapping[str, Case]
) -> Copies:
    """Of what was stored just now."""
    touched = [(key, attached.cases[key]) for key in attached.touched]
    changed = [c if c.id is not None else replace(c, id=ids[key]) for key, c in touched]
    return crossposts.note(connection, changed, before)


def said_once(
    connection: Connection, said: Sequence[Delivery], copies: Copies, ids: Mapping[str, int]
) -> list[Delivery]:
    """Who asks the same in several places is told once that it was seen."""
    if not copies:
        return list(said)
    told = crossposts.acknowledged(connection, {n for others in copies.values() for n in others})
    found = []
    for one in said:
        number = ids.get(one.case_key or "", 0)
        if one.kind.acknowledges:
            if copies.get(number, frozenset()) & told:
                continue
            told.add(number)
        found.append(one)
    return found
