"""Keep what the platform gave back for a post, with everything that follows from it. It sends nothing."""

from __future__ import annotations

import logging
from typing import Any

from monitor.core.outcomes import acknowledged
from monitor.core.triage import Kind
from monitor.ports import (
    Receipt,
)
from monitor.stages.outbox import Outbox
from monitor.store import cases, deliveries, desk, fetches, relays

log = logging.getLogger(__name__)


def sent(outbox: Outbox, row: Any, receipt: Receipt) -> None:
    with outbox.database.write() as connection:
        deliveries.settle_sent(connection, row.id, receipt)
        if receipt.cost:
            fetches.add_spend(connection, outbox.account, outbox.clock(), receipt.cost)
        if row.case_id and Kind(row.kind).acknowledges:
            case = cases.load(connection, [row.case_id], lock=True)[row.case_id]
            cases.update_all(connection, [acknowledged(case, receipt.sent_at)])
        if row.case_id and row.kind == Kind.ALERT:
            place = receipt.place or row.place
            desk.posted(connection, row.case_id, row.id, receipt.native_id, place)
        if row.key.startswith("list:"):
            place = receipt.place or row.place
            desk.put_list(connection, place, row.account, native_id=receipt.native_id)
        if row.kind == Kind.RELAY:
            relays.credit(connection, row, receipt, outbox.clock())
    log.info("sent", extra={"kind": row.kind, "account": outbox.account, "place": row.place})
