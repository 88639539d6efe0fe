"""The table of translations that cards show, one a message. No queries here."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from monitor.store.tables import Id, Instant, metadata

translations = Table(
    "translations",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("language", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
