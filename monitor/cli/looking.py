"""`monitor try`, `report` and `import`: what the desk sees, how fast it was, what it can learn from history."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from monitor.cli.common import (
    WrongUse,
    between_steps,
    opened,
    read_config_or_defaults,
    readable,
    rules_folder,
    utc_now,
)

if TYPE_CHECKING:
    from rich.progress import Progress

    from monitor.config import Config
    from monitor.core.weeks import Period
    from monitor.importers import Kind
    from monitor.stages.importing import Imported
    from monitor.store.database import Database


def try_(text: str, file: Path, *, as_json: bool) -> None:
    """Explain a text."""
    from monitor.app import spoken
    from monitor.classify.rulefiles import load
    from monitor.classify.rules_classifier import RulesClassifier
    from monitor.classify.trying import try_text

    config = read_config_or_defaults(file)
    rules, languages = load(rules_folder(config)), spoken(config)
    judge = RulesClassifier(rules, languages)
    tried = try_text(readable(text), rules, judge=judge)
    if as_json:
        print(json.dumps(tried.as_dict(), ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for label, value in _tried_lines(tried.as_dict()):
        console.print(f"[dim]{label:>12}[/]  ", end="")
        console.print(value, markup=False)


def _tried_lines(tried: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (key.replace("_", " "), _shown(value))
        for key, value in tried.items()
        if value not in ("", [], None)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def report(
    file: Path, *, week: str, since: str, until: str, html: Path | None, as_json: bool
) -> None:
    """Print the figures of a period."""
    from monitor import reporting
    from monitor.classify.team import load_targets
    from monitor.stages.report import channels_of, figures_for

    config = read_config_or_defaults(file)
    period = _period(config, week, since, until)
    targets = load_targets(rules_folder(config))
    with opened(config) as database:
        figures = figures_for(database, period, utc_now(), channels_of(config), targets)
    if html is not None:
        _write(html, reporting.html(figures))
        Console(stderr=True).print(f"Written: {html}", markup=False)
    if as_json:
        print(json.dumps(reporting.as_json(figures), ensure_ascii=False))
    elif html is None:
        print(reporting.text(figures))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUse(
            f"{file}: cannot be written ({error.strerror}). Name another file."
        ) from None


def _period(config: Config, week: str, since: str, until: str) -> Period:
    from monitor.core import weeks

    zone = config.report_timezone
    if week and (since or until):
        raise WrongUse("--week and --from/--to exclude each other. Use one.")
    if week:
        return weeks.parse_week(week, zone)
    if since or until:
        return weeks.parse_days(since, until, zone)
    return weeks.last_full_week(utc_now(), zone)


def import_(file: Path, source: Path, *, kind: str, account: str, as_json: bool) -> None:
    """Bring a file in, then judge what is new."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    config, wanted = read_config_or_defaults(file), _kind(kind)
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
        judged = _judge(config, database, bars, look)
    figures = {"seen": done.seen, "new": done.new, "quarantined": done.quarantined}
    if as_json:
        print(json.dumps(figures | {"judged": judged}))
        return
    print(
        f"{done.seen} messages read, {done.new} new, {done.quarantined} set aside, {judged} judged."
    )
    if done.new:
        print("Next: monitor report --from FIRST-DAY --to LAST-DAY")


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
