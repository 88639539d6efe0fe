"""The tables. Every one has a natural key, so that inserting twice is inserting once. No queries here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SLOT = 600_000_000  # microseconds: ten minutes


def _instant(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(0, 0, value)


def micros(value: datetime | None) -> int | None:
    """As it is stored. ValueError for a naive datetime."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {value!r}")
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def slot_of(value: datetime) -> int:
    """The ten minutes in which it lies, counted from 1970: `messages.slot`. ValueError for a naive datetime."""
    return (micros(value) or 0) // SLOT


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970 in a 64-bit integer.

    Integers sort, compare and index alike on both databases and never lose their zone.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """ValueError for a naive datetime."""
        return micros(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Aware UTC."""
        return _instant(value)

    def bind_processor(self, dialect: Any) -> Any:
        """The same, without SQLAlchemy's layer between: every message has four of them."""
        return micros

    def result_processor(self, dialect: Any, coltype: object) -> Any:
        """The same."""
        return _instant


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite's rowid alias must say INTEGER


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


accounts = Table(
    "accounts",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("identity", String(80), nullable=False, server_default=""),
    Column("handle", String(80), nullable=False, server_default=""),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column(
        "standing", String(20), nullable=False, server_default="ok"
    ),  # ok | waiting | stopped | spent
    Column("reason", Text, nullable=False, server_default=""),
    Column("not_before", Instant),
    Column("polled_at", Instant),
)

cursors = Table(
    "cursors",
    metadata,
    Column("account", String(80), primary_key=True),
    Column("stream", String(200), primary_key=True),
    Column("cursor", Text),
    Column("complete", Boolean, nullable=False, server_default=sa.true()),
    Column("fetched_at", Instant, nullable=False),
)

places = Table(
    "places",
    metadata,
    _id(),
    Column("platform", String(20), nullable=False),
    Column("key", String(200), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("kind", String(20), nullable=False, server_default=""),
    Column("moved_to", String(200)),
    UniqueConstraint("platform", "key"),
)

cases = Table(
    "cases",
    metadata,
    _id(),
    Column("key", String(300), nullable=False, unique=True),
    Column("platform", String(20), nullable=False),
    Column("place", String(200), nullable=False),
    Column("thread", String(100)),
    Column("author_id", String(80), nullable=False),
    Column("author_name", Text, nullable=False, server_default=""),
    Column("author_handle", String(200), nullable=False, server_default=""),
    Column("state", String(20), nullable=False, server_default="open"),  # open | resolved | withdrawn
    Column("topic", String(20), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("language", String(10), nullable=False),
    Column("complexity", String(10), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("burst_until", Instant, nullable=False),
    Column("last_turn_at", Instant, nullable=False),
    Column("open_turn_at", Instant),
    Column("nudges", Integer, nullable=False, server_default="0"),
    Column("reopened", Integer, nullable=False, server_default="0"),
    Column("ack_at", Instant),
    Column("holding_at", Instant),
    Column("staff_first_at", Instant),
    Column("staff_last_at", Instant),
    Column("staff_id", String(80)),
    # How the answer was attributed: reply | tree | mention | learned | proximity | moved
    Column("staff_by", String(20)),
    Column("staff_sure", Float),  # how likely a learned link is right
    Column("merged_into", String(300)),  # key of the case that is the same trouble
    Column("community_first_at", Instant),
    Column("community_by", String(20)),  # elsewhere: where the same person asked the same
    Column("resolved_at", Instant),
    Column("resolved_by", String(20)),  # asker | staff | assumed
    Column("due_at", Instant),
    Column("imported", Boolean, nullable=False, server_default=sa.false()),
    Column("asked", BigInteger),  # who asked what in which half hour, as one number
    Column("thanked_at", Instant),  # the asker's first word that it is done
    Index("ix_cases_opened_at", "opened_at"),
    Index("ix_cases_asked", "asked", sqlite_where=sa.text("asked IS NOT NULL"),
          postgresql_where=sa.text("asked IS NOT NULL")),
    Index("ix_cases_platform_place_author_id", "platform", "place", "author_id", "last_turn_at"),
    Index("ix_cases_merged", "merged_into", sqlite_where=sa.text("merged_into IS NOT NULL"),
          postgresql_where=sa.text("merged_into IS NOT NULL")),
    # Counts all that ever waited without looking at a case: health and reports ask for it.
    Index("ix_cases_unanswered", "open_turn_at", "opened_at", "state", "imported",
          sqlite_where=sa.text("open_turn_at IS NOT NULL"),
          postgresql_where=sa.text("open_turn_at IS NOT NULL")),
    Index("ix_cases_waiting", "platform", "place", "open_turn_at",
          sqlite_where=sa.text("open_turn_at IS NOT NULL"),
          postgresql_where=sa.text("open_turn_at IS NOT NULL")),
)  # fmt: skip

turns = Table(
    "turns",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("asked_at", Instant, primary_key=True),
    Column("staff_at", Instant),
    sqlite_with_rowid=False,  # one tree instead of two
)

messages = Table(
    "messages",
    metadata,
    _id(),
    Column("platform", String(20), nullable=False),
    Column("place", String(200), nullable=False),
    Column("native_id", String(80), nullable=False),
    Column("thread", String(100)),
    Column("reply_to", String(80)),
    Column("reply_to_author", String(80)),
    Column("author_id", String(80), nullable=False),
    Column("author_name", Text, nullable=False, server_default=""),
    Column("author_handle", String(200), nullable=False, server_default=""),
    Column("author_kind", String(20), nullable=False),
    Column("place_kind", String(20), nullable=False, server_default=""),
    Column("role", String(20)),
    Column("text", Text, nullable=False),
    Column("language_hint", String(20)),
    Column("mentions", JSON),
    Column("link", Text),
    Column("addressed", Boolean, nullable=False, server_default=sa.false()),
    Column("summoned", Boolean),
    Column("sent_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    Column("state", String(20), nullable=False, server_default="new"),  # new | assessed | set_aside
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("case_id", Id, ForeignKey("cases.id")),
    Column("imported", Boolean, nullable=False, server_default=sa.false()),
    Column("slot", Integer, Computed(f"sent_at / {SLOT}", persisted=True)),
    UniqueConstraint("platform", "place", "native_id"),
    Index("ix_messages_new", "sent_at", sqlite_where=sa.text("state = 'new'"),
          postgresql_where=sa.text("state = 'new'")),
    # Most belong to none.
    Index("ix_messages_case_id", "case_id", sqlite_where=sa.text("case_id IS NOT NULL"),
          postgresql_where=sa.text("case_id IS NOT NULL")),
    # What an author wrote lately. By time first: what is written now goes to few pages of it, by author it went to all.
    Index("ix_messages_slot_author_id", "slot", "author_id"),
    Index("ix_messages_platform_place_sent_at", "platform", "place", "sent_at"),
    Index("ix_messages_deleted", "platform", "place", "deleted_at",
          sqlite_where=sa.text("deleted_at IS NOT NULL"), postgresql_where=sa.text("deleted_at IS NOT NULL")),
    Index("ix_messages_sent_at", "sent_at"),
)  # fmt: skip

sightings = Table(
    "sightings",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("account", String(80), primary_key=True),
    Column("stream", String(200), primary_key=True),
    Column("seen_at", Instant, nullable=False),
    sqlite_with_rowid=False,  # one tree instead of two
)

revisions = Table(
    "revisions",
    metadata,
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("text", Text, nullable=False),  # what it said before
)

events = Table(
    "events",
    metadata,
    _id(),
    Column("platform", String(20), nullable=False),
    Column("place", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("native_id", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("author_id", String(80), nullable=False, server_default=""),
    Column("details", JSON, nullable=False),
    Column("account", String(80), nullable=False),
    Column("state", String(20), nullable=False),  # waiting (for its message) | applied
    UniqueConstraint("platform", "place", "kind", "native_id", "at", "author_id"),
    Index("ix_events_waiting", "platform", "place", "native_id",
          sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'")),
)  # fmt: skip

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    Column("account", String(80), nullable=False),
    Column("stream", String(200), nullable=False),
    Column("native_id", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("raw", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("account", "stream", "native_id", "digest"),
)

gaps = Table(
    "gaps",
    metadata,
    _id(),
    Column("key", String(300), nullable=False, unique=True),  # account, stream and both ends
    Column("account", String(80), nullable=False),
    Column("stream", String(200), nullable=False),
    Column("since", Instant),
    Column("until", Instant),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

assessments = Table(
    "assessments",
    metadata,
    _id(),
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("by", String(60), nullable=False),
    Column("at", Instant, nullable=False),
    Column("topic", String(20), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("language", String(10), nullable=False),
    Column("complexity", String(10), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("signals", JSON, nullable=False),
    Column("why", JSON(none_as_null=True)),  # what it stands on, where an answer is needed
    Column("said", BigInteger),  # of what asks: a fingerprint of who said what
    UniqueConstraint("message_id", "by", "at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("key", String(400), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("account", String(80), nullable=False),
    Column("platform", String(20), nullable=False),
    Column("place", String(320), nullable=False),
    Column("thread", String(100)),
    Column("reply_to", String(80)),
    Column("text", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("html", Text, nullable=False, server_default=""),
    Column("link", Text),
    Column("case_id", Id, ForeignKey("cases.id")),
    Column("message_id", Id, ForeignKey("messages.id")),
    Column("priority", Integer, nullable=False),  # smaller goes first
    Column("state", String(20), nullable=False, server_default="queued"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("not_after", Instant),
    Column("token", String(40)),
    Column("claimed_at", Instant),
    Column("deadline", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("looks", Integer, nullable=False, server_default="0"),  # how often the platform was asked
    Column("repeat", Boolean, nullable=False, server_default=sa.false()),
    Column("native_id", String(80)),
    Column("posted_link", Text),
    Column("sent_at", Instant),
    Column("buttons", JSON),  # rows of [label, what comes back]
    Column("said_by", String(80), nullable=False, server_default=""),
    Column("is_reaction", Boolean, nullable=False, server_default=sa.false()),
    Index("ix_deliveries_due", "account", "priority", "not_before", "id",
          sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'")),
    Index("ix_deliveries_unsettled", "account", "state",
          sqlite_where=sa.text("state IN ('sending', 'in_doubt', 'held')"),
          postgresql_where=sa.text("state IN ('sending', 'in_doubt', 'held')")),
    Index("ix_deliveries_sent_at", "account", "sent_at"),
    Index("ix_deliveries_platform_claimed_at", "platform", "claimed_at"),
    Index("ix_deliveries_case_id", "case_id"),
    Index("ix_deliveries_posted", "platform", "place", "native_id"),
)  # fmt: skip

schedules = Table(
    "schedules",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("spec", String(200), nullable=False),
    Column("timezone", String(60), nullable=False),
    Column("last_nominal_at", Instant, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=sa.true()),
)

schedule_runs = Table(
    "schedule_runs",
    metadata,
    Column("schedule", String(120), primary_key=True),
    Column("period", String(60), primary_key=True),  # by local date: a doubled hour is one period
    Column("nominal_at", Instant, nullable=False),
    Column("ran_at", Instant, nullable=False),
)

announcements = Table(
    "announcements",
    metadata,
    _id(),
    Column("name", String(120), nullable=False, unique=True),
    Column("texts", JSON, nullable=False),  # language -> text
    Column("targets", JSON, nullable=False),  # [[account, place, language], ...]
    Column("digest", String(64), nullable=False),  # of texts and targets: an edit voids approvals
    Column("state", String(20), nullable=False),  # draft | approved | scheduled | cancelled | done
    Column("drafted_by", String(80), nullable=False),
    Column("approved_by", String(80)),
    Column("at", Instant),  # once
    Column("spec", String(200)),  # or recurring
    Column("timezone", String(60), nullable=False, server_default="UTC"),
    Column("at_once", Boolean, nullable=False, server_default=sa.false()),
    Column("created_at", Instant, nullable=False),
)

optouts = Table(
    "optouts",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("author_id", String(80), primary_key=True),
    Column("at", Instant, nullable=False),
)

spend = Table(
    "spend",
    metadata,
    Column("account", String(80), primary_key=True),
    Column("day", String(10), primary_key=True),  # UTC
    Column("dollars", Float, nullable=False),
)

reports = Table(
    "reports",
    metadata,
    Column("period", String(40), primary_key=True),
    Column("as_of", Instant, nullable=False),
    Column("figures", JSON, nullable=False),  # as mailed
)

incidents = Table(
    "incidents",
    metadata,
    _id(),
    Column("key", String(300), nullable=False, unique=True),  # kind, series and when it was seen
    Column("kind", String(20), nullable=False),  # surge | silence
    Column("series", String(230), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("calm_since", Instant),
    Column("closed_at", Instant),
    Column("usual", Float, nullable=False),  # askers an hour
    Column("usual_queue", Float, nullable=False),
    Column("ratio", Float, nullable=False),
    Column("peak", Integer, nullable=False),  # most askers in an hour
    Column("folded", JSON, nullable=False),  # other series in which it showed
    Index("ix_incidents_began_at", "began_at"),
    Index("ix_incidents_open", "kind", "series", unique=True,
          sqlite_where=sa.text("closed_at IS NULL"),
          postgresql_where=sa.text("closed_at IS NULL")),
)  # fmt: skip

incident_cases = Table(
    "incident_cases",
    metadata,
    Column("incident_id", Id, ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_incident_cases_case_id", "case_id"),
)
