"""Translate what managers read and what they want to say, outside every transaction. It sends nothing itself.

Without a translation nothing is held up: the card shows the original, the manager's own words can be sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from monitor.core.language import guess
from monitor.core.triage import Delivery, Kind, priority
from monitor.ports import Translator
from monitor.stages import relay
from monitor.stages.cards import Board
from monitor.store import cases, deliveries, drafts, translations

REST = timedelta(minutes=5)  # after a failure the same text is left alone for so long
TOLD_AFTER = 3  # looks in a row that brought nothing
FAILS = "🌐 Translations fail: cards show only what people wrote. The log says why."


@dataclass
class Interpreter:
    """Looks for what is to be translated. Used by one thread."""

    board: Board
    translator: Translator
    clock: Callable[[], datetime]
    rests: dict[int, datetime] = field(default_factory=dict)  # message to when it is tried again
    failures: int = 0

    def look(self) -> int:
        """How many texts were translated."""
        return self._cards() + self._drafts()

    def _cards(self) -> int:
        now, board = self.clock(), self.board
        self.rests = {number: until for number, until in self.rests.items() if until > now}
        with board.database.read() as connection:
            rows = translations.lacking(connection, board.language, self.rests)
        if not rows:
            return 0
        found = self._translated(rows)
        self.rests |= {row.message_id: now + REST for row in rows if row.message_id not in found}
        with board.database.write() as connection:
            translations.keep(connection, found, board.language, now)
        self._note(worked=bool(found))
        return len(found)

    def _translated(self, rows: Sequence[Any]) -> dict[int, tuple[int, str]]:
        by_language: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            by_language[row.language].append(row)
        found: dict[int, tuple[int, str]] = {}
        for language, some in by_language.items():
            said = self.translator.translate([r.text for r in some], language, self.board.language)
            found |= {r.message_id: (r.case_id, t) for r, t in zip(some, said, strict=True) if t}
        return found

    def _drafts(self) -> int:
        """Answers that their writers may want to send in the asker's language."""
        with self.board.database.read() as connection:
            rows = drafts.drafts_in(connection, relay.TRANSLATING)
            known = cases.load(connection, [row.case_id for row in rows])
        for row in rows:
            source = guess(row.text).language
            (said,) = self.translator.translate([row.text], source, known[row.case_id].language)
            with self.board.database.write() as connection:
                relay.preview(connection, self.board, row, said or "", self.clock())
            self._note(worked=said is not None)
        return len(rows)

    def _note(self, *, worked: bool) -> None:
        self.failures = 0 if worked else self.failures + 1
        if self.failures != TOLD_AFTER:
            return
        board, now = self.board, self.clock()
        with board.database.write() as connection:
            alert = Delivery(
                f"translations:{now:%Y-%m-%d}", Kind.ALERT, board.desk.account, board.desk.platform,
                board.place(connection), FAILS, priority(Kind.ALERT), now,
            )  # fmt: skip
            deliveries.queue(connection, [alert], {}, now)
