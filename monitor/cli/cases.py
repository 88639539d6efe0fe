"""Cases as a person looks at them and corrects them. It prints; the clocks are read anew by the stages."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from monitor.cli import judged
from monitor.cli.common import WrongUse, opened, read_config, utc_now
from monitor.config import Config
from monitor.core.assessment import Topic
from monitor.core.cases import Case
from monitor.core.context import Pressure
from monitor.core.corrections import CorrectionRefused
from monitor.core.desk import also_in
from monitor.core.pressing import pressure_on
from monitor.core.text import clip, safe
from monitor.stages import correct
from monitor.stages.settle import settle
from monitor.store import board, cardfacts, corrections, judgements
from monitor.store.database import Database

_CLOCKS = (
    "opened_at", "ack_at", "holding_at", "staff_first_at", "community_first_at", "open_turn_at", "resolved_at",
)  # fmt: skip
_LONGEST = 100


def show(file: Path, number: int, *, as_json: bool) -> None:
    """Its clocks and urgency, its messages with how each came to it and what it was judged by, what was corrected."""
    with opened(read_config(file)) as database:
        found = _told(database, number)
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else _as_text(found))


def corrected(
    file: Path, number: int, by: str, change: Callable[[Database, str, datetime], int]
) -> None:
    """Do it, read the clocks anew, show the case as it is now."""
    config = read_config(file)
    with opened(config) as database:
        try:
            change(database, by or getpass.getuser(), utc_now())
        except CorrectionRefused as error:
            raise WrongUse(f"Not done: {error}.") from None
        _settle(config, database)
        typer.echo(_as_text(_told(database, number)))


def split(file: Path, case: int, message: int, by: str) -> None:
    """A case of its own from that message on."""
    corrected(file, case, by, lambda db, who, now: correct.split(db, case, message, who, now))


def merge(file: Path, into: int, other: int, by: str) -> None:
    """One need, or one trouble of several people."""
    corrected(file, into, by, lambda db, who, now: correct.merge(db, into, other, who, now))


def move(file: Path, message: int, to: int, by: str) -> None:
    """One message to another case."""
    corrected(file, to, by, lambda db, who, now: correct.move(db, message, to, who, now))


def _settle(config: Config, database: Database) -> None:
    from monitor.app import house_of, house_rules

    settle(house_of(config, database, house_rules(config)), utc_now())


def _told(database: Database, number: int) -> dict[str, Any]:
    with database.read() as connection:
        case = corrections.looked_up(connection, number)
        if case is None:
            raise WrongUse(f"There is no case {number}.")
        messages = corrections.looked_at(connection, case)
        log = corrections.log_of(connection, case.key)
        numbers = [m.id for m in messages]
        newest, said = (
            judgements.newest(connection, numbers),
            judgements.labels_of(connection, numbers),
        )
        pressure = pressure_on(case, utc_now(), in_surge=board.is_in_surge(connection, number))
        places = cardfacts.elsewhere(connection, number)
    return _facts(case, pressure, places) | {
        "messages": [
            {"id": m.id, "at": _at(m.sent_at), "who": m.author, "role": m.role, "text": m.text,
             "how": "moved" if m.moved else m.how, "sure": m.sure,
             "judged": judged.as_dict(newest[m.id], said.get(m.id, ())) if m.id in newest else None}
            for m in messages
        ],
        "corrections": [{"kind": row.kind, "by": row.by, "at": _at(row.at)} for row in log],
    }  # fmt: skip


def _facts(case: Case, pressure: Pressure, places: Sequence[tuple[str, int]]) -> dict[str, Any]:
    clocks = {name.removesuffix("_at"): _at(getattr(case, name)) for name in _CLOCKS}
    return {
        "case": case.id, "place": f"{case.platform}:{case.place}", "state": case.state, "topic": case.topic.value,
        "urgency": pressure.urgency.word, "raised_from": case.urgency.word if pressure.urgency > case.urgency else None,
        "raised_by": "; ".join(pressure.why) if pressure.urgency > case.urgency else None,
        "complexity": pressure.complexity.value,
        "asked_by": case.author_name or case.author_id, "answered_how": case.staff_by, "sure": case.staff_sure,
        "same_as": case.merged_into, "also_asked_in": also_in(places) if places else None,
    } | clocks  # fmt: skip


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _as_text(found: dict[str, Any]) -> str:
    head = [f"{name:>14}: {safe(str(value))}" for name, value in found.items()
            if value is not None and not isinstance(value, list)]  # fmt: skip
    said = [
        f"{m['id']:>8}  {m['at']}  {m['role']:<7} {clip(safe(m['who']), 20):<20} {clip(safe(m['text']), _LONGEST)}"
        + (
            f"  [{m['how']}{'' if m['sure'] is None else ' ' + format(m['sure'], '.2f')}]"
            if m["how"]
            else ""
        )
        for m in found["messages"]
    ]
    done = [f"{row['at']}  {row['kind']} by {safe(row['by'])}" for row in found["corrections"]]
    parts = [head, said, _why(found["messages"]), ["Corrected:", *done] if done else []]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _why(messages: list[dict[str, Any]]) -> list[str]:
    """Of each message that asks or that somebody has labelled, what it was judged by."""
    asking = [m for m in messages if m["judged"] and _is_told(m)]
    return [
        f"{'' if at else m['id']:>8}  {line}"
        for m in asking
        for at, line in enumerate(judged.as_lines(m["judged"]))
    ]


def _is_told(message: dict[str, Any]) -> bool:
    found = message["judged"]
    return message["role"] == "member" and (Topic(found["topic"]).needs_answer or found["labels"])
