"""`monitor models history` and `rollback`: what the judge has learned, when and from whom, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from monitor.cli.common import WrongUse, opened, read_config_or_defaults, utc_now
from monitor.cli.labelling import person
from monitor.core.assessment import Topic, Urgency


def history(file: Path, *, as_json: bool) -> None:
    """Every version, newest first."""
    from monitor.store import labels, promoted

    with opened(read_config_or_defaults(file)) as database, database.read() as connection:
        rows = labels.history(connection)
        refused = [h for h in promoted.all_of(connection) if h.verdict == "refused"]
    if as_json:
        print(json.dumps([_as_dict(row) for row in reversed(rows)], ensure_ascii=False))
        return
    for at, row in enumerate(reversed(rows)):
        mark = "*" if at == 0 else " "
        print(f"{mark}{row.version:>5}  {row.at:%Y-%m-%d %H:%M}  {row.by}: {_said(row)}")
    for row in refused:
        print(f"  not promoted, {row.made_at:%Y-%m-%d %H:%M}: {row.why}")
    if not rows:
        print("Nothing has been learned yet. Correct a message: monitor label")
    else:
        print("     0  as the program came. Go back: monitor models rollback VERSION")


def _said(row: Any) -> str:
    if row.kind == "label":
        if row.message_id is None:
            return "a label that is forgotten with its message"
        was = "" if row.old_topic is None else f", was {_shown(row.old_topic, row.old_urgency)}"
        ended = f" ({row.ended})" if row.ended else ""
        return f"message {row.message_id} is {_shown(row.topic, row.urgency)}{was}{ended}"
    if row.kind == "heads":
        return (
            f"training {row.head_id}, from {row.trained_on['corrections']} corrections. {row.why}"
        )
    if row.kind == "rollback":
        if row.target is not None:
            return f"back to version {row.target}"
        return f"back to training {row.head_id}" if row.head_id else "back to the judge as it came"
    return f"forgotten: {row.details}"


def _shown(topic: str, urgency: int) -> str:
    return f"{Topic(topic)}, {Urgency(urgency).word}"


def _as_dict(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "version": row.version,
        "at": row.at.isoformat(),
        "by": row.by,
        "kind": row.kind,
        "says": _said(row),
    }
    if row.kind == "label" and row.message_id is not None:
        label = {"message": row.message_id, "topic": row.topic, "urgency": Urgency(row.urgency).word,
                 "source": row.source, "ended": row.ended}  # fmt: skip
        found["label"] = label
    if row.kind == "heads":
        found |= {"heads": row.head_id, "figures": row.figures, "trained_on": row.trained_on}
    if row.kind == "rollback":
        found |= {"heads": row.head_id, "target": row.target}
    return found


def rollback(file: Path, version: int | None, *, by: str, keep_corrections: bool) -> None:
    """Judge as before."""
    from monitor.stages.learning import NotPossible
    from monitor.stages.training import roll_back

    with opened(read_config_or_defaults(file)) as database:
        try:
            now, target = roll_back(
                database, version, person(by), utc_now(), only_heads=keep_corrections
            )
        except NotPossible as reason:
            raise WrongUse(str(reason)) from None
    kept = " Corrections made since then keep counting." if keep_corrections else ""
    print(f"It judges as at version {target} again; this is version {now}.{kept}")
