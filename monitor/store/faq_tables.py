"""The table of the FAQ: which entry answered which case, and whether it helped. No queries here."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, String, Table

from monitor.store.tables import Instant, metadata

faq_answers = Table(
    "faq_answers",
    metadata,
    Column("case_key", String(300), primary_key=True),  # at most one automatic answer a case
    Column("entry", String(60), nullable=False),
    Column("language", String(10), nullable=False),
    Column("score", Float, nullable=False),
    Column("at", Instant, nullable=False),
    Column("helped", Boolean),  # what the asker said; NULL: nothing
    Column("helped_at", Instant, index=True),
    Index("ix_faq_answers_at", "at"),
)
