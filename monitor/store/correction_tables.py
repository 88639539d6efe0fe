"""Tables of what people corrected, how messages came to their cases, and what has to be read anew. No queries here."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table

from monitor.store.tables import Id, Instant, metadata

corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True),
    # move | split | merge | join | leave | not_a_question | close | reopen
    Column("kind", String(20), nullable=False),
    Column("case_key", String(300), nullable=False),
    Column("other_key", String(300)),  # the case that it went to or came from
    Column("message_id", Id, ForeignKey("messages.id")),
    Column("by", String(80), nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Index("ix_corrections_case_key", "case_key"),
)

pins = Table(
    "pins",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("case_key", String(300), index=True),  # none: a person says that it belongs to no case
    Column("correction_id", Id, ForeignKey("corrections.id"), nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("how", String(20), nullable=False),  # mention | learned | proximity | edit
    Column("sure", Float),
    Column("at", Instant),  # of the edit by which it came to its case
)

rereads = Table(
    "rereads",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("judged_at", Instant, primary_key=True),
    Column("edited_at", Instant, nullable=False, index=True),  # of the text that was judged then
)

heard = Table(
    "heard",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("place", String(200), primary_key=True),
    Column("until", Instant, nullable=False),
    Column("mark", String(90), nullable=False),  # what it was, for the order within one instant
)

unsettled = Table(
    "unsettled",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("place", String(200), primary_key=True),
    Column("since", Instant, nullable=False),
    Column(
        "times", Integer, nullable=False, server_default="0"
    ),  # noted: more while somebody settles it
    Column("fresh", Id),  # cases from this number on were opened while it was settled
    Column("revived", JSON),  # numbers of others that had no message by then
    Column("emptied", JSON),  # and of those that have lost all since
)

crossposts = Table(  # cases of one person who asked the same in several places, each pair both ways
    "crossposts",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "other_id", Id, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

followed = Table(
    "followed",
    metadata,
    Column("what", String(20), primary_key=True),  # roster
    Column("version", String(64), nullable=False),
)
