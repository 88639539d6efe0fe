"""Every table of the desk: importing this module fills `metadata`. No queries here."""

from __future__ import annotations

from monitor.store import desk_tables  # noqa: F401 - importing them fills metadata
from monitor.store.tables import metadata

__all__ = ["metadata"]
