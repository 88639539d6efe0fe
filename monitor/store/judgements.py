"""Judgements as somebody looks at them: what they stand on, who judged, who said otherwise. It judges nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitor.core.assessment import PERSON
from monitor.store.label_tables import judge_version, label
from monitor.store.tables import assessments


def newest(connection: Connection, numbers: Collection[int]) -> Mapping[int, Any]:
    """The judge's newest judgement of each of these messages, with what its name stands for; what people said is
    among the labels."""
    a, j = assessments.c, judge_version.c
    query = (
        sa.select(a.message_id, a.topic, a.urgency, a.language, a.complexity, a.confidence, a.reasons, a.signals,
                  a.why, a.by, a.at, j.tier, j.model, j.rules, j.heads, j.lore)
        .select_from(assessments.outerjoin(judge_version, j.by == a.by))
        .where(a.message_id.in_(list(numbers)), ~a.by.startswith(PERSON, autoescape=True)).order_by(a.at, a.id)
    )  # fmt: skip
    return {row.message_id: row for row in connection.execute(query)}


def labels_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, Sequence[Any]]:
    """Every label of these messages, oldest first, also those that are superseded."""
    query = sa.select(label).where(label.c.message_id.in_(list(numbers))).order_by(label.c.id)
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.message_id, []).append(row)
    return found
