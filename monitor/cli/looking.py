"""`monitor try` and `import`: what the desk sees, what it can learn from history."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from monitor.cli.common import (
    WrongUse,
    between_steps,
    counted,
    opened,
    read_config_or_defaults,
    readable,
    rules_folder,
    utc_now,
)

if TYPE_CHECKING:
    from rich.progress import Progress

    from monitor.classify.house_rules import HouseRules
    from monitor.classify.trying import Tried
    from monitor.config import Config
    from monitor.importers import Kind
    from monitor.stages.importing import Imported
    from monitor.store.database import Database


def try_(text: str, file: Path, *, tier: str = "", as_json: bool) -> None:
    """Explain a text, by the best judge there is (or that `tier`) and with what the team has taught it."""
    if not text.strip():
        raise WrongUse('There is no text to try. Write: monitor try "where is my withdrawal?"')
    tried = _tried(text, file, tier)
    if as_json:
        print(json.dumps(tried.as_dict(), ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for label, value in _tried_lines(tried.as_dict()):
        console.print(f"[dim]{label:>12}[/]  ", end="")
        console.print(value, markup=False)


def _tried(text: str, file: Path, tier: str) -> Tried:
    from monitor.app import house_rules
    from monitor.classify.tiers import NoTier
    from monitor.classify.trying import try_text
    from monitor.cli.evaluating import tier_named

    config = read_config_or_defaults(file)
    try:
        rules = house_rules(config, tier_named(tier))
    except NoTier as missing:
        raise WrongUse(str(missing)) from None
    try:
        _teach(config, rules)
        rules.judge.settle()
        return try_text(readable(text), rules.live.rules, judge=rules.judge)
    finally:
        rules.judge.close()


def _teach(config: Config, rules: HouseRules) -> None:
    """Corrections count here too. Where there is no database yet, none is made."""
    from monitor.app import open_store
    from monitor.stages.learning import follow
    from monitor.store.database import DatabaseTrouble

    url = config.database_url().reveal()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return
    try:
        database = open_store(config)
    except DatabaseTrouble as trouble:
        Console(stderr=True).print(f"Without corrections: {trouble}", markup=False)
        return
    try:
        follow(database, rules, config.learning.platforms, utc_now())
    finally:
        database.close()


def _tried_lines(tried: dict[str, Any]) -> list[tuple[str, str]]:
    """What a person reads; everything is in the JSON."""
    lines = {"why": tried["reasons"]} | {
        k: v for k, v in tried.items() if k not in ("reasons", "why")
    }
    order = ("text", "language", "topic", "urgency", "confidence", "why")
    shown = sorted(lines, key=lambda key: order.index(key) if key in order else len(order))
    return [
        (key.replace("_", " "), _shown(lines[key]))
        for key in shown
        if lines[key] not in ("", [], (), None)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def import_(file: Path, source: Path, *, kind: str, account: str, as_json: bool) -> None:
    """Bring a file in, then judge what is new."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from monitor.stages.hindsight import find_past_surges

    config, wanted = read_config_or_defaults(file), _kind(kind)
    rules_folder(config)  # said before an hour of reading, not after it
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with (
        between_steps() as look,
        opened(config) as database,
        Progress(*columns, console=Console(stderr=True), transient=True) as bars,
    ):
        done = _read_in(database, source, wanted, account, bars, look)
        _refuse_nothing(source, done)
        judged = _judge(config, database, bars, look)
        if done.new:
            find_past_surges(database)
    _tell_set_aside(done)
    figures = {"seen": done.seen, "new": done.new, "quarantined": done.quarantined}
    if as_json:
        print(json.dumps(figures | {"judged": judged}))
        return
    print(
        f"{counted(done.seen, 'message')} read, {done.new} new, {done.quarantined} set aside, {judged} judged."
    )
    if done.new:
        print("Next: monitor report --from FIRST-DAY --to LAST-DAY")


def _refuse_nothing(source: Path, done: Imported) -> None:
    """Nobody shall take a file of another kind for an empty history. ImportBroken."""
    from monitor.importers import ImportBroken

    if done.seen or done.gone:
        return
    if done.quarantined:
        raise ImportBroken(
            f"{source}: none of its {done.quarantined} records could be read ({done.reasons[0]})."
        )
    raise ImportBroken(f"{source}: no message of a group or channel is in it. Name another file.")


def _tell_set_aside(done: Imported) -> None:
    """Where and why; a file may have a great many, so the first ones only."""
    if not done.quarantined:
        return
    for reason in done.reasons:
        print(f"set aside: {reason}", file=sys.stderr)
    more = done.quarantined - len(done.reasons)
    if more:
        print(
            f"set aside: {more} more; the database's table quarantine has them all.",
            file=sys.stderr,
        )


def _read_in(
    database: Database,
    source: Path,
    kind: Kind | None,
    account: str,
    bars: Progress,
    look: Callable[[], None],
) -> Imported:
    from monitor.stages.importing import import_file

    reading = bars.add_task("reading", total=source.stat().st_size if source.is_file() else None)

    def progress(read: int, seen: int) -> None:
        bars.update(reading, completed=read, description=f"reading, {seen} messages")
        look()

    return import_file(
        database, source, kind=kind, account=account, progress=progress, now=utc_now()
    )


def _kind(name: str) -> Kind | None:
    from monitor.importers import Kind

    if name and name not in [k.value for k in Kind]:
        raise WrongUse(f"--kind {name!r}: no such kind. Say jsonl, telegram or reddit.")
    return Kind(name) if name else None


def _judge(config: Config, database: Database, bars: Progress, look: Callable[[], None]) -> int:
    from monitor.app import house_of, house_rules
    from monitor.stages.assess import assess_waiting
    from monitor.store.messages import waiting_to_be_assessed

    with database.read() as connection:
        waiting = waiting_to_be_assessed(connection)
    house = house_of(config, database, house_rules(config))
    judging = bars.add_task("judging", total=waiting)
    judged = 0
    while count := assess_waiting(house, utc_now(), limit=500):
        judged += count
        bars.update(judging, completed=judged)
        look()
    return judged
