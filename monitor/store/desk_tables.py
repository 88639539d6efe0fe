"""The tables of the managers' desk: one card a case, drafts of answers, what people did, switches. No queries here."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from monitor.store.tables import Id, Instant, metadata

cards = Table(
    "cards",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("account", String(80), nullable=False),
    Column("place", String(200), nullable=False),
    Column("delivery_id", Id, ForeignKey("deliveries.id")),  # which post shows it
    Column("native_id", String(80)),  # of that post; None: not said yet, or gone
    Column("extra_id", String(80)),  # a second post of the same card, to be taken away
    Column("thread", String(100)),  # the forum topic where that post stands
    Column("left_id", String(80)),  # its post in another topic, to become a pointer
    Column("nonce", String(20), nullable=False, unique=True),  # in its buttons, until one is pressed
    Column("was_nonce", String(20)),
    Column("menu", String(20), nullable=False, server_default=""),
    Column("claimed_by", String(80)),
    Column("claimed_at", Instant),
    Column("snoozed_until", Instant),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("last_act", Text, nullable=False, server_default=""),  # "Mei claimed it"
    Column("last_at", Instant),
    Column("shown", Text, nullable=False, server_default=""),  # the state that the post shows
    Column("edited_at", Instant),
    Column("warned", Integer, nullable=False, server_default="0"),  # steps of the escalation taken
    Column("live", Boolean, nullable=False, server_default=sa.true()),
    Index("ix_cards_posted", "place", "native_id"),
    Index("ix_cards_live", "account", sqlite_where=sa.text("live"), postgresql_where=sa.text("live")),
)  # fmt: skip

drafts = Table(
    "drafts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(300), nullable=False, unique=True),  # the message that wrote it
    Column("case_id", Id, ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("nonce", String(20), nullable=False, unique=True),
    Column("by", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("translation", Text, nullable=False, server_default=""),
    Column("state", String(20), nullable=False),  # translating | asking | queued | sent | failed | dropped
    Column("question", Text, nullable=False, server_default=""),  # why it asks
    Column("desk_message", String(80), nullable=False),
    Column("delivery_id", Id, ForeignKey("deliveries.id")),
    Column("at", Instant, nullable=False),
    Index("ix_drafts_case_id", "case_id"),
    Index("ix_drafts_queued", "state", sqlite_where=sa.text("state = 'queued'"),
          postgresql_where=sa.text("state = 'queued'")),
)  # fmt: skip

acts = Table(
    "acts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(300), nullable=False),  # the press or message that did it
    Column("act", String(40), nullable=False),
    Column("by", String(80), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id", ondelete="CASCADE")),
    Column("details", Text, nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    Unique("key", "act"),
    Index("ix_acts_case_id", "case_id"),
)

switches = Table(
    "switches",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Instant, nullable=False),
)

lists = Table(
    "lists",
    metadata,
    Column("place", String(200), primary_key=True),
    Column("account", String(80), nullable=False),
    Column("delivery_id", Id, ForeignKey("deliveries.id")),
    Column("native_id", String(80)),
    Column("shown", Text, nullable=False, server_default=""),
    Column("edited_at", Instant),
)
