"""Bring a file of old messages into the store, a thousand at a time. It judges and says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from monitor.core.messages import Event, Message
from monitor.core.text import clip, safe
from monitor.importers import Found, ImportBroken, Kind, open_history
from monitor.ports import Batch, Quarantined
from monitor.store.database import Database
from monitor.store.imports import about_stored
from monitor.store.messages import save_batch

_BATCH = 1000
_REASONS = 3

Progress = Callable[[int, int], None]  # bytes read of the file, messages seen


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. `gone`: deleted at the source; their texts were not taken.

    `reasons`: where the first of the quarantined stand and why they could not be read.
    """

    seen: int = 0
    new: int = 0
    quarantined: int = 0
    gone: int = 0
    reasons: tuple[str, ...] = ()

    def plus(self, batch: Batch, new: int) -> Imported:
        """With one more batch stored."""
        return Imported(
            seen=self.seen + len(batch.messages),
            new=self.new + new,
            quarantined=self.quarantined + len(batch.quarantined),
            gone=self.gone + len(batch.events),
            reasons=(*self.reasons, *map(_reason, batch.quarantined[:_REASONS]))[:_REASONS],
        )


def import_file(
    database: Database,
    path: Path,
    *,
    kind: Kind | None = None,
    account: str = "import",
    progress: Progress | None = None,
    now: datetime,
) -> Imported:
    """Store what is in a file. Twice equals once. ImportBroken: it cannot be read (any further).

    Interrupted at any moment, whole batches are stored; start it again to get the rest.
    """
    total = Imported()
    stream = f"import:{path.name}"[:200]
    with open_history(path, kind=kind, account=account, now=now) as history:
        for batch in _batches(iter(history)):
            with database.write() as connection:
                kept = replace(batch, events=about_stored(connection, batch.events))
                new = save_batch(connection, account, stream, kept, now, imported=True)
            total = total.plus(batch, new)
            if progress:
                progress(history.position, total.seen)
    return total


def _batches(found: Iterator[Found]) -> Iterator[Batch]:
    some: list[Found] = []
    try:
        for one in found:
            some.append(one)
            if len(some) == _BATCH:
                yield _batch(some)
                some = []
    except ImportBroken:
        if some:
            yield _batch(some)
        raise
    if some:
        yield _batch(some)


def _reason(one: Quarantined) -> str:
    return clip(" ".join(safe(f"{one.native_id}: {one.reason}").split()), 300)


def _batch(some: Sequence[Found]) -> Batch:
    return Batch(
        messages=tuple(f for f in some if isinstance(f, Message)),
        events=tuple(f for f in some if isinstance(f, Event)),
        quarantined=tuple(f for f in some if isinstance(f, Quarantined)),
    )
