"""The table of what the judge could not tell. No queries here."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table

from monitor.store.tables import Id, Instant, metadata

needs_triage = Table(
    "needs_triage",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Instant, nullable=False),  # when it was written
    Column("guess", String(20), nullable=False),  # the topic that it may be about
    Column("wanted_by", String(80)),  # who has said that it asks, and waits for its card
    Index("ix_needs_triage_at", "at"),
)
