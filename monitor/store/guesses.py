"""How messages without a reply mark came to their cases, and how sure that is. It guesses nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Connection

from monitor.core.answering import Found
from monitor.store.bulk import change_rows, drop_rows
from monitor.store.correction_tables import links
from monitor.store.tables import messages
from monitor.store.upsert import add


def save(connection: Connection, found: Mapping[int, Found]) -> None:
    """By message id; what is known already stays."""
    rows = [
        {"message_id": n, "how": f.how, "sure": f.sure, "at": f.at}
        for n, f in sorted(found.items())
    ]
    add(connection, links, rows)


def replace_all(connection: Connection, numbers: Sequence[int], found: Mapping[int, Found]) -> None:
    """These messages have these guesses and no others."""
    drop_rows(connection, links, ("message_id",), [(n,) for n in numbers])
    save(connection, {n: f for n, f in found.items() if n in set(numbers)})


def relink(connection: Connection, cases_of: Mapping[int, int | None]) -> None:
    """Messages belong to these cases now, or to none."""
    rows = [(case, number) for number, case in sorted(cases_of.items())]
    change_rows(connection, messages, ("id",), ("case_id",), rows)
