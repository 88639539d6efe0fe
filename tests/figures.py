"""The names under which `monitor eval --json` gives its figures."""

from __future__ import annotations

KEYS = [
    "tier",
    "version",
    "n",
    "topic_f1",
    "topic_f1_accepted",
    "topic_top2",
    "urgency_f1",
    "urgency_f1_accepted",
    "needs_answer_f1",
    "critical_recall_at_p80",
    "critical_recall_at_2pct",
    "worst_language",
    "worst_language_gap",
    "ece_topic",
    "ece_urgency",
    "language_accuracy",
    "coverage_at_p90",
    "coverage_at_p95",
    "messages_per_second",
    "p50_ms",
    "p99_ms",
    "rss_mb",
    "per_language",
]
OF_ENCODER = ["forward_per_second", "share_of_forward"]
