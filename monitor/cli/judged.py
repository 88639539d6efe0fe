"""A stored judgement as a person looks into it: the short line, and what it stands on. It judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from monitor.core.assessment import Urgency
from monitor.core.text import clip, safe

_LONGEST = 120


def as_dict(row: Any, labels: Sequence[Any]) -> dict[str, Any]:
    """For JSON. `labels`: what people said of the message, oldest first."""
    return {
        "topic": row.topic,
        "urgency": Urgency(row.urgency).word,
        "complexity": row.complexity,
        "language": row.language,
        "confidence": row.confidence,
        "reasons": row.reasons,
        "signals": row.signals,
        "why": row.why,
        "by": row.by,
        "tier": row.tier or row.by.partition("/")[0],
        "model": row.model,
        "rules": row.rules or (row.by if row.by.startswith("rules/") else None),
        "heads": row.heads,
        "lore": row.lore,
        "at": _at(row.at),
        "labels": [
            {"topic": one.topic, "urgency": Urgency(one.urgency).word, "by": one.by, "at": _at(one.at),
             "ended": one.ended or None}
            for one in labels
        ],
    }  # fmt: skip


def as_lines(found: dict[str, Any]) -> list[str]:
    """For people: what was judged and why, by whom, and what each part of it said."""
    judged = f"{found['topic']}, {found['urgency']} ({found['confidence']:.2f})"
    lines = [f"{judged}: {'; '.join(found['reasons'])}"] if found["reasons"] else [judged]
    signed = [found["by"], found["model"] and f"model {found['model'][:8]}", found["rules"],
              found["heads"] and f"training {found['heads']}"]  # fmt: skip
    lines.append("by " + ", ".join(filter(None, signed)))
    why = found["why"] or {}
    parts = {
        "rules": [f"{says} {of} ({pattern})" for says, of, pattern in why.get("rules", ())],
        "words": [f"{word} {how:+.2f}" for word, how in why.get("words", ())],
        "like": [f"{which}: {label} ({how:.2f})" for which, label, how in why.get("near", ())],
        "chances": [f"{topic} {chance:.2f}" for topic, chance in why.get("chances", ())],
    }
    lines += [f"{name}: {'; '.join(said)}" for name, said in parts.items() if said]
    lines += [_label(one) for one in found["labels"]]
    return [clip(safe(line), 2 * _LONGEST) for line in lines]


def _label(one: dict[str, Any]) -> str:
    over = f" ({one['ended']})" if one["ended"] else ""
    return f"labelled {one['topic']}, {one['urgency']} by {one['by']}, {one['at']}{over}"


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
