"""Notice who answers in the team's name without being of it: what is to be said of that. It sends nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from monitor.core import fakes
from monitor.core.cases import Read
from monitor.core.ledger import Attached
from monitor.core.messages import Message
from monitor.core.triage import Delivery, Kind, Playbook, Speaker
from monitor.store import deliveries
from monitor.store import desk as desk_store
from monitor.store.database import Connection

Texts = Callable[[], Mapping[str, str]]


def noticed(
    connection: Connection, reads: Sequence[Read], attached: Attached, playbook: Callable[[], Playbook],
    texts: Texts | None, speaker: Callable[[Message], Speaker | None], moved: Mapping[str, str], now: datetime,
) -> list[Delivery]:  # fmt: skip
    """For each that answers somebody else's question: an alert, the warning that the team may have asked for (`texts`
    None: none), once a case; and its card is drawn anew."""
    found: list[Delivery | None] = []
    for read in (r for r in reads if r.pretends):
        case = attached.cases.get(attached.links.get(read.id) or "")
        if case is None or case.author_id == read.message.author.id:
            continue
        desk_store.to_be_redrawn(connection, case.id)  # its card warns of them
        book = playbook()
        desk = fakes.at(book.desk, moved)
        found.append(fakes.alert(case, read, desk, now) if desk is not None else None)
        if texts is not None and not deliveries.was_said(connection, case.id, Kind.WARNING):
            found.append(fakes.warning(case, read, speaker(read.message), book, texts(), now))
    return [one for one in found if one is not None]
