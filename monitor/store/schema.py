"""Every table of the desk: importing this module fills `metadata`. No queries here."""

from __future__ import annotations

from monitor.store import broadcast_tables as _broadcasts  # noqa: F401 - the same
from monitor.store import correction_tables as _corrections  # noqa: F401 - the same
from monitor.store import desk_tables, faq_tables, label_tables  # noqa: F401 - importing them fills metadata
from monitor.store import translation_tables as _translation_tables  # noqa: F401 - the same
from monitor.store import triage_tables as _triage  # noqa: F401 - the same
from monitor.store.tables import metadata

__all__ = ["metadata"]
