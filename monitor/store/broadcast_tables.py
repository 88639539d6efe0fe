"""The tables of announcements made in the desk chat: what was asked, what is changed where it was said. No queries."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from monitor.store.tables import Id, Instant, metadata

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(300), nullable=False, unique=True),  # the message that asked; its post too
    Column("kind", String(20), nullable=False),  # announce | correct | retract | pin | unpin
    Column("name", String(120), nullable=False),  # of the announcement
    Column("state", String(20), nullable=False),  # asking | approved | undone | dropped | replaced
    Column("nonce", String(20), nullable=False, unique=True),  # in its buttons, until one is pressed
    Column("was_nonce", String(20)),
    Column("account", String(80), nullable=False),
    Column("place", String(200), nullable=False),
    Column("by", String(80), nullable=False),
    Column("by_id", String(80), nullable=False),
    Column("decided_by", String(80)),
    Column("decided_at", Instant),
    Column("texts", JSON, nullable=False),  # whole, as they are to be
    Column("digest", String(64), nullable=False),  # of the announcement when this was asked
    Column("at", Instant),
    Column("spec", String(200)),
    Column("goes_at", Instant),
    Column("preview", Text, nullable=False),
    Column("shown", Text, nullable=False, server_default=""),
    Column("edited_at", Instant),
    Column("live", Boolean, nullable=False, server_default=sa.true()),
    Column("asked_at", Instant, nullable=False),
    Index("ix_broadcasts_name", "name"),
    Index("ix_broadcasts_live", "account", sqlite_where=sa.text("live"), postgresql_where=sa.text("live")),
)  # fmt: skip

retouches = Table(
    "retouches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("broadcast_id", Id, ForeignKey("broadcasts.id", ondelete="CASCADE"), nullable=False),
    Column("delivery_id", Id, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("act", String(10), nullable=False),  # edit | delete | pin | unpin
    Column("account", String(80), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("state", String(20), nullable=False, server_default="queued"),  # done | failed | instead
    Column("reason", Text, nullable=False, server_default=""),
    Column("instead", String(400)),  # the delivery that says it where nothing can be edited
    Column("not_before", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Unique("broadcast_id", "delivery_id"),
    Index("ix_retouches_queued", "account", "not_before",
          sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'")),
)  # fmt: skip
