"""Histories in files (JSON lines, Telegram exports, Reddit dumps) as messages. It stores nothing.

    from monitor.importers import open_history
    with open_history(path, now=now) as history:
        for found in history: ...      # Message | Event | Quarantined

Everything is streamed: a file larger than memory is no trouble. What cannot be read becomes a
Quarantined with its line number; a file that cannot be read at all raises ImportBroken.
"""

from monitor.importers.files import ImportBroken
from monitor.importers.history import Found, History, Kind, open_history

__all__ = ["Found", "History", "ImportBroken", "Kind", "open_history"]
