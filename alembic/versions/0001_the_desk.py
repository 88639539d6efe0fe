"""The desk"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("identity", sa.String(length=80), server_default="", nullable=False),
        sa.Column("handle", sa.String(length=80), server_default="", nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("standing", sa.String(length=20), server_default="ok", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_accounts")),
    )
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("drafted_by", sa.String(length=80), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("spec", sa.String(length=200), nullable=True),
        sa.Column("timezone", sa.String(length=60), server_default="UTC", nullable=False),
        sa.Column("at_once", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("name", name=op.f("uq_announcements_name")),
    )
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("nonce", sa.String(length=20), nullable=False),
        sa.Column("was_nonce", sa.String(length=20), nullable=True),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_id", sa.String(length=80), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("spec", sa.String(length=200), nullable=True),
        sa.Column("goes_at", sa.BigInteger(), nullable=True),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), server_default="", nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("live", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("key", name=op.f("uq_broadcasts_key")),
        sa.UniqueConstraint("nonce", name=op.f("uq_broadcasts_nonce")),
    )
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_broadcasts_live",
            ["account"],
            unique=False,
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )
        batch_op.create_index("ix_broadcasts_name", ["name"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("thread", sa.String(length=100), nullable=True),
        sa.Column("author_id", sa.String(length=80), nullable=False),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        sa.Column("author_handle", sa.String(length=200), server_default="", nullable=False),
        sa.Column("state", sa.String(length=20), server_default="open", nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("complexity", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("burst_until", sa.BigInteger(), nullable=False),
        sa.Column("last_turn_at", sa.BigInteger(), nullable=False),
        sa.Column("open_turn_at", sa.BigInteger(), nullable=True),
        sa.Column("nudges", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ack_at", sa.BigInteger(), nullable=True),
        sa.Column("holding_at", sa.BigInteger(), nullable=True),
        sa.Column("staff_first_at", sa.BigInteger(), nullable=True),
        sa.Column("staff_last_at", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.String(length=80), nullable=True),
        sa.Column("staff_by", sa.String(length=20), nullable=True),
        sa.Column("staff_sure", sa.Float(), nullable=True),
        sa.Column("merged_into", sa.String(length=300), nullable=True),
        sa.Column("community_first_at", sa.BigInteger(), nullable=True),
        sa.Column("community_by", sa.String(length=20), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_by", sa.String(length=20), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=True),
        sa.Column("thanked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("key", name=op.f("uq_cases_key")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cases_asked",
            ["asked"],
            unique=False,
            sqlite_where=sa.text("asked IS NOT NULL"),
            postgresql_where=sa.text("asked IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cases_merged",
            ["merged_into"],
            unique=False,
            sqlite_where=sa.text("merged_into IS NOT NULL"),
            postgresql_where=sa.text("merged_into IS NOT NULL"),
        )
        batch_op.create_index("ix_cases_opened_at", ["opened_at"], unique=False)
        batch_op.create_index(
            "ix_cases_platform_place_author_id",
            ["platform", "place", "author_id", "last_turn_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_cases_unanswered",
            ["open_turn_at", "opened_at", "state", "imported"],
            unique=False,
            sqlite_where=sa.text("open_turn_at IS NOT NULL"),
            postgresql_where=sa.text("open_turn_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cases_waiting",
            ["platform", "place", "open_turn_at"],
            unique=False,
            sqlite_where=sa.text("open_turn_at IS NOT NULL"),
            postgresql_where=sa.text("open_turn_at IS NOT NULL"),
        )

    op.create_table(
        "cursors",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("stream", sa.String(length=200), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("complete", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "stream", name=op.f("pk_cursors")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("native_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.String(length=80), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "platform",
            "place",
            "kind",
            "native_id",
            "at",
            "author_id",
            name=op.f("uq_events_platform_place_kind_native_id_at_author_id"),
        ),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_events_waiting",
            ["platform", "place", "native_id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "faq_answers",
        sa.Column("case_key", sa.String(length=300), nullable=False),
        sa.Column("entry", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=True),
        sa.Column("helped_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("case_key", name=op.f("pk_faq_answers")),
    )
    with op.batch_alter_table("faq_answers", schema=None) as batch_op:
        batch_op.create_index("ix_faq_answers_at", ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_faq_answers_helped_at"), ["helped_at"], unique=False)

    op.create_table(
        "followed",
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_followed")),
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("stream", sa.String(length=200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
        sa.UniqueConstraint("key", name=op.f("uq_gaps_key")),
    )
    op.create_table(
        "head_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("rules", sa.String(length=60), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("trained_on", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=True),
        sa.Column("promoted_at", sa.BigInteger(), nullable=True),
        sa.Column("promoted_by", sa.String(length=80), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_version")),
        sa.UniqueConstraint("key", name=op.f("uq_head_version_key")),
    )
    op.create_table(
        "heard",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.String(length=90), nullable=False),
        sa.PrimaryKeyConstraint("platform", "place", name=op.f("pk_heard")),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("series", sa.String(length=230), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("calm_since", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("usual", sa.Float(), nullable=False),
        sa.Column("usual_queue", sa.Float(), nullable=False),
        sa.Column("ratio", sa.Float(), nullable=False),
        sa.Column("peak", sa.Integer(), nullable=False),
        sa.Column("folded", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("key", name=op.f("uq_incidents_key")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index("ix_incidents_began_at", ["began_at"], unique=False)
        batch_op.create_index(
            "ix_incidents_open",
            ["kind", "series"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "judge_version",
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.String(length=60), nullable=False),
        sa.Column("heads", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lore", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("by", name=op.f("pk_judge_version")),
    )
    op.create_table(
        "optouts",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("author_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "author_id", name=op.f("pk_optouts")),
    )
    op.create_table(
        "places",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="", nullable=False),
        sa.Column("moved_to", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("platform", "key", name=op.f("uq_places_platform_key")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("stream", sa.String(length=200), nullable=False),
        sa.Column("native_id", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "account",
            "stream",
            "native_id",
            "digest",
            name=op.f("uq_quarantine_account_stream_native_id_digest"),
        ),
    )
    op.create_table(
        "reports",
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_reports")),
    )
    op.create_table(
        "schedule_runs",
        sa.Column("schedule", sa.String(length=120), nullable=False),
        sa.Column("period", sa.String(length=60), nullable=False),
        sa.Column("nominal_at", sa.BigInteger(), nullable=False),
        sa.Column("ran_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "period", name=op.f("pk_schedule_runs")),
    )
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("spec", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("last_nominal_at", sa.BigInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "spend",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("dollars", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("account", "day", name=op.f("pk_spend")),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
    op.create_table(
        "unsettled",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fresh", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revived", sa.JSON(), nullable=True),
        sa.Column("emptied", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("platform", "place", name=op.f("pk_unsettled")),
    )
    op.create_table(
        "acts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_acts_case_id_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
        sa.UniqueConstraint("key", "act", name=op.f("uq_acts_key_act")),
    )
    with op.batch_alter_table("acts", schema=None) as batch_op:
        batch_op.create_index("ix_acts_case_id", ["case_id"], unique=False)

    op.create_table(
        "crossposts",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_crossposts_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["cases.id"],
            name=op.f("fk_crossposts_other_id_cases"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("case_id", "other_id", name=op.f("pk_crossposts")),
    )
    with op.batch_alter_table("crossposts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crossposts_other_id"), ["other_id"], unique=False)

    op.create_table(
        "incident_cases",
        sa.Column(
            "incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_incident_cases_case_id_cases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_cases_incident_id_incidents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("incident_id", "case_id", name=op.f("pk_incident_cases")),
    )
    with op.batch_alter_table("incident_cases", schema=None) as batch_op:
        batch_op.create_index("ix_incident_cases_case_id", ["case_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("native_id", sa.String(length=80), nullable=False),
        sa.Column("thread", sa.String(length=100), nullable=True),
        sa.Column("reply_to", sa.String(length=80), nullable=True),
        sa.Column("reply_to_author", sa.String(length=80), nullable=True),
        sa.Column("author_id", sa.String(length=80), nullable=False),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        sa.Column("author_handle", sa.String(length=200), server_default="", nullable=False),
        sa.Column("author_kind", sa.String(length=20), nullable=False),
        sa.Column("place_kind", sa.String(length=20), server_default="", nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language_hint", sa.String(length=20), nullable=True),
        sa.Column("mentions", sa.JSON(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("addressed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("summoned", sa.Boolean(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), server_default="new", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "slot", sa.Integer(), sa.Computed("sent_at / 600000000", persisted=True), nullable=True
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "platform", "place", "native_id", name=op.f("uq_messages_platform_place_native_id")
        ),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(
            "ix_messages_case_id",
            ["case_id"],
            unique=False,
            sqlite_where=sa.text("case_id IS NOT NULL"),
            postgresql_where=sa.text("case_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_messages_deleted",
            ["platform", "place", "deleted_at"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_messages_new",
            ["sent_at"],
            unique=False,
            sqlite_where=sa.text("state = 'new'"),
            postgresql_where=sa.text("state = 'new'"),
        )
        batch_op.create_index(
            "ix_messages_platform_place_sent_at", ["platform", "place", "sent_at"], unique=False
        )
        batch_op.create_index("ix_messages_sent_at", ["sent_at"], unique=False)
        batch_op.create_index("ix_messages_slot_author_id", ["slot", "author_id"], unique=False)

    op.create_table(
        "turns",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("staff_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_turns_case_id_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "asked_at", name=op.f("pk_turns")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "assessments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("complexity", sa.String(length=10), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("why", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("said", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_assessments_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
        sa.UniqueConstraint("message_id", "by", "at", name=op.f("uq_assessments_message_id_by_at")),
    )
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("case_key", sa.String(length=300), nullable=False),
        sa.Column("other_key", sa.String(length=300), nullable=True),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_corrections_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_at"), ["at"], unique=False)
        batch_op.create_index("ix_corrections_case_key", ["case_key"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=320), nullable=False),
        sa.Column("thread", sa.String(length=100), nullable=True),
        sa.Column("reply_to", sa.String(length=80), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=True),
        sa.Column("token", sa.String(length=40), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repeat", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("native_id", sa.String(length=80), nullable=True),
        sa.Column("posted_link", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("buttons", sa.JSON(), nullable=True),
        sa.Column("said_by", sa.String(length=80), server_default="", nullable=False),
        sa.Column("is_reaction", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_deliveries_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_deliveries_message_id_messages")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key", name=op.f("uq_deliveries_key")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "ix_deliveries_due",
            ["account", "priority", "not_before", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_deliveries_platform_claimed_at", ["platform", "claimed_at"], unique=False
        )
        batch_op.create_index(
            "ix_deliveries_posted", ["platform", "place", "native_id"], unique=False
        )
        batch_op.create_index("ix_deliveries_sent_at", ["account", "sent_at"], unique=False)
        batch_op.create_index(
            "ix_deliveries_unsettled",
            ["account", "state"],
            unique=False,
            sqlite_where=sa.text("state IN ('sending', 'in_doubt', 'held')"),
            postgresql_where=sa.text("state IN ('sending', 'in_doubt', 'held')"),
        )

    op.create_table(
        "label",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("old_topic", sa.String(length=20), nullable=True),
        sa.Column("old_urgency", sa.Integer(), nullable=True),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("judge", sa.String(length=60), nullable=False),
        sa.Column("rules", sa.String(length=60), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.String(length=20), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_label_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint("message_id", "by", "at", name=op.f("uq_label_message_id_by_at")),
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.create_index(
            "ix_label_in_force",
            ["message_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "links",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("sure", sa.Float(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_links_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_links")),
    )
    op.create_table(
        "needs_triage",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("guess", sa.String(length=20), nullable=False),
        sa.Column("wanted_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_needs_triage_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_needs_triage")),
    )
    with op.batch_alter_table("needs_triage", schema=None) as batch_op:
        batch_op.create_index("ix_needs_triage_at", ["at"], unique=False)

    op.create_table(
        "rereads",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_rereads_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "judged_at", name=op.f("pk_rereads")),
    )
    with op.batch_alter_table("rereads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rereads_edited_at"), ["edited_at"], unique=False)

    op.create_table(
        "revisions",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_revisions_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "at", name=op.f("pk_revisions")),
    )
    op.create_table(
        "sightings",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("stream", sa.String(length=200), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_sightings_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "account", "stream", name=op.f("pk_sightings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "translations",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_translations_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_translations")),
    )
    op.create_table(
        "cards",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("native_id", sa.String(length=80), nullable=True),
        sa.Column("extra_id", sa.String(length=80), nullable=True),
        sa.Column("thread", sa.String(length=100), nullable=True),
        sa.Column("left_id", sa.String(length=80), nullable=True),
        sa.Column("nonce", sa.String(length=20), nullable=False),
        sa.Column("was_nonce", sa.String(length=20), nullable=True),
        sa.Column("menu", sa.String(length=20), server_default="", nullable=False),
        sa.Column("claimed_by", sa.String(length=80), nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_act", sa.Text(), server_default="", nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.Text(), server_default="", nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("warned", sa.Integer(), server_default="0", nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_cards_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_cards_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cards")),
        sa.UniqueConstraint("nonce", name=op.f("uq_cards_nonce")),
    )
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cards_live",
            ["account"],
            unique=False,
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )
        batch_op.create_index("ix_cards_posted", ["place", "native_id"], unique=False)

    op.create_table(
        "drafts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("nonce", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("translation", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("question", sa.Text(), server_default="", nullable=False),
        sa.Column("desk_message", sa.String(length=80), nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_drafts_case_id_cases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_drafts_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("key", name=op.f("uq_drafts_key")),
        sa.UniqueConstraint("nonce", name=op.f("uq_drafts_nonce")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index("ix_drafts_case_id", ["case_id"], unique=False)
        batch_op.create_index(
            "ix_drafts_queued",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )

    op.create_table(
        "lists",
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("native_id", sa.String(length=80), nullable=True),
        sa.Column("shown", sa.Text(), server_default="", nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_lists_delivery_id_deliveries")
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_lists")),
    )
    op.create_table(
        "lore",
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("label_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("head_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("target", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("details", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["head_id"], ["head_version.id"], name=op.f("fk_lore_head_id_head_version")
        ),
        sa.ForeignKeyConstraint(
            ["label_id"], ["label.id"], name=op.f("fk_lore_label_id_label"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_lore")),
    )
    with op.batch_alter_table("lore", schema=None) as batch_op:
        batch_op.create_index("ix_lore_label_id", ["label_id"], unique=False)

    op.create_table(
        "pins",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("case_key", sa.String(length=300), nullable=True),
        sa.Column(
            "correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["corrections.id"], name=op.f("fk_pins_correction_id_corrections")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_pins_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_pins")),
    )
    with op.batch_alter_table("pins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pins_case_key"), ["case_key"], unique=False)

    op.create_table(
        "retouches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("instead", sa.String(length=400), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcasts.id"],
            name=op.f("fk_retouches_broadcast_id_broadcasts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_retouches_delivery_id_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retouches")),
        sa.UniqueConstraint(
            "broadcast_id", "delivery_id", name=op.f("uq_retouches_broadcast_id_delivery_id")
        ),
    )
    with op.batch_alter_table("retouches", schema=None) as batch_op:
        batch_op.create_index(
            "ix_retouches_queued",
            ["account", "not_before"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("retouches", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_retouches_queued",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )

    op.drop_table("retouches")
    with op.batch_alter_table("pins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pins_case_key"))

    op.drop_table("pins")
    with op.batch_alter_table("lore", schema=None) as batch_op:
        batch_op.drop_index("ix_lore_label_id")

    op.drop_table("lore")
    op.drop_table("lists")
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_drafts_queued",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index("ix_drafts_case_id")

    op.drop_table("drafts")
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.drop_index("ix_cards_posted")
        batch_op.drop_index(
            "ix_cards_live", sqlite_where=sa.text("live"), postgresql_where=sa.text("live")
        )

    op.drop_table("cards")
    op.drop_table("translations")
    op.drop_table("sightings")
    op.drop_table("revisions")
    with op.batch_alter_table("rereads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rereads_edited_at"))

    op.drop_table("rereads")
    with op.batch_alter_table("needs_triage", schema=None) as batch_op:
        batch_op.drop_index("ix_needs_triage_at")

    op.drop_table("needs_triage")
    op.drop_table("links")
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_label_in_force",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("label")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_deliveries_unsettled",
            sqlite_where=sa.text("state IN ('sending', 'in_doubt', 'held')"),
            postgresql_where=sa.text("state IN ('sending', 'in_doubt', 'held')"),
        )
        batch_op.drop_index("ix_deliveries_sent_at")
        batch_op.drop_index("ix_deliveries_posted")
        batch_op.drop_index("ix_deliveries_platform_claimed_at")
        batch_op.drop_index(
            "ix_deliveries_due",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index("ix_deliveries_case_id")

    op.drop_table("deliveries")
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index("ix_corrections_case_key")
        batch_op.drop_index(batch_op.f("ix_corrections_at"))

    op.drop_table("corrections")
    op.drop_table("assessments")
    op.drop_table("turns")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_slot_author_id")
        batch_op.drop_index("ix_messages_sent_at")
        batch_op.drop_index("ix_messages_platform_place_sent_at")
        batch_op.drop_index(
            "ix_messages_new",
            sqlite_where=sa.text("state = 'new'"),
            postgresql_where=sa.text("state = 'new'"),
        )
        batch_op.drop_index(
            "ix_messages_deleted",
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_messages_case_id",
            sqlite_where=sa.text("case_id IS NOT NULL"),
            postgresql_where=sa.text("case_id IS NOT NULL"),
        )

    op.drop_table("messages")
    with op.batch_alter_table("incident_cases", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_cases_case_id")

    op.drop_table("incident_cases")
    with op.batch_alter_table("crossposts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crossposts_other_id"))

    op.drop_table("crossposts")
    with op.batch_alter_table("acts", schema=None) as batch_op:
        batch_op.drop_index("ix_acts_case_id")

    op.drop_table("acts")
    op.drop_table("unsettled")
    op.drop_table("switches")
    op.drop_table("spend")
    op.drop_table("schedules")
    op.drop_table("schedule_runs")
    op.drop_table("reports")
    op.drop_table("quarantine")
    op.drop_table("places")
    op.drop_table("optouts")
    op.drop_table("judge_version")
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_incidents_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index("ix_incidents_began_at")

    op.drop_table("incidents")
    op.drop_table("heard")
    op.drop_table("head_version")
    op.drop_table("gaps")
    op.drop_table("followed")
    with op.batch_alter_table("faq_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_faq_answers_helped_at"))
        batch_op.drop_index("ix_faq_answers_at")

    op.drop_table("faq_answers")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_events_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.drop_table("events")
    op.drop_table("cursors")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_cases_waiting",
            sqlite_where=sa.text("open_turn_at IS NOT NULL"),
            postgresql_where=sa.text("open_turn_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_cases_unanswered",
            sqlite_where=sa.text("open_turn_at IS NOT NULL"),
            postgresql_where=sa.text("open_turn_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_cases_platform_place_author_id")
        batch_op.drop_index("ix_cases_opened_at")
        batch_op.drop_index(
            "ix_cases_merged",
            sqlite_where=sa.text("merged_into IS NOT NULL"),
            postgresql_where=sa.text("merged_into IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_cases_asked",
            sqlite_where=sa.text("asked IS NOT NULL"),
            postgresql_where=sa.text("asked IS NOT NULL"),
        )

    op.drop_table("cases")
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.drop_index("ix_broadcasts_name")
        batch_op.drop_index(
            "ix_broadcasts_live", sqlite_where=sa.text("live"), postgresql_where=sa.text("live")
        )

    op.drop_table("broadcasts")
    op.drop_table("announcements")
    op.drop_table("accounts")
