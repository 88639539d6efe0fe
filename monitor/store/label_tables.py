"""The tables of learning: what people corrected, what was learned from it, and every change of it. No queries here."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from monitor.store.tables import Id, Instant, metadata

label = Table(
    "label",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("source", String(20), nullable=False),  # desk | terminal | import
    Column("old_topic", String(20)),  # NULL: nobody had judged it
    Column("old_urgency", Integer),
    Column("topic", String(20), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("language", String(10), nullable=False),
    Column("judge", String(60), nullable=False),  # whose judgement was corrected
    Column("rules", String(60), nullable=False),  # the rules in force then
    Column("ended_at", Instant),
    Column("ended", String(20), nullable=False, server_default=""),  # superseded | rolled back
    Unique("message_id", "by", "at"),
    Index("ix_label_in_force", "message_id", unique=True,
          sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")),
)  # fmt: skip

head_version = Table(
    "head_version",
    metadata,
    Column("id", Id, primary_key=True),
    # Seeds, rules, encoder and labels it was learned from: the same key, the same heads.
    Column("key", String(64), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    Column("by", String(80), nullable=False),
    Column("rules", String(60), nullable=False),
    Column("labels", JSON, nullable=False),  # ids of the labels learned from
    Column("trained_on", JSON, nullable=False),  # counts
    Column("figures", JSON, nullable=False),  # held out: of the incumbent and of the candidate
    Column("verdict", String(20), nullable=False),  # promoted | refused
    Column("why", Text, nullable=False),
    Column("weights", LargeBinary),  # NULL: refused, or forgotten with somebody it learned from
    Column("promoted_at", Instant),
    Column("promoted_by", String(80)),
    Column("retired_at", Instant),
    Column("retired_by", String(80)),
)

# Every change of what is learned, in order: its number is the version that people name.
lore = Table(
    "lore",
    metadata,
    Column("version", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(80), nullable=False),
    Column("kind", String(20), nullable=False),  # label | heads | rollback | forgotten
    Column("label_id", Id, ForeignKey("label.id", ondelete="SET NULL")),
    Column(
        "head_id", Id, ForeignKey("head_version.id")
    ),  # heads: which; rollback: those back in force
    Column(
        "target", Id
    ),  # rollback: the version whose state is back; NULL where only the heads are
    Column("details", Text, nullable=False, server_default=""),
    Index("ix_lore_label_id", "label_id"),
)

# What a judgement's `by` stands for, once for each judge instead of with each judgement.
judge_version = Table(
    "judge_version",
    metadata,
    Column("by", String(60), primary_key=True),
    Column("tier", String(20), nullable=False),
    Column("model", String(64), nullable=False),
    Column("rules", String(60), nullable=False),
    Column("heads", Id),
    Column("lore", Id, nullable=False),
    Column("since", Instant, nullable=False),
)
