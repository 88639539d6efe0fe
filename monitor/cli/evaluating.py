"""`monitor eval`: how good, sure, fast and large the judge is on labelled messages. Changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.cli.common import WrongUse, read_config_or_defaults, rules_folder, write_whole

if TYPE_CHECKING:
    from monitor.classify.evaluating import Evaluation
    from monitor.classify.tiers import Tier

_PARTS = {
    "Topic": (
        ("topic_f1", "macro-F1"),
        ("topic_f1_accepted", "macro-F1, alternatives accepted"),
        ("topic_top2", "right among the first two"),
        ("needs_answer_f1", "needs an answer, F1"),
        ("ece_topic", "calibration error"),
        ("coverage_at_p90", "share judged at 90 % precision"),
        ("coverage_at_p95", "share judged at 95 % precision"),
        ("coverage_at_p98", "share judged at 98 % precision"),
    ),
    "Urgency": (
        ("urgency_f1", "macro-F1"),
        ("urgency_f1_accepted", "macro-F1, alternatives accepted"),
        ("critical_recall_at_p80", "critical found, 4 of 5 alerts right"),
        ("critical_recall_at_2pct", "critical found, 2 % of the rest flagged"),
        ("ece_urgency", "calibration error"),
    ),
    "Cost": (
        ("messages_per_second", "short messages a second"),
        ("p50_ms", "one message, median, ms"),
        ("p99_ms", "one message, 99 of 100, ms"),
        ("cpu_us", "CPU of one short message, microseconds"),
        ("load", "the machine's load meanwhile"),
        ("rss_mb", "memory, MB"),
        ("forward_per_second", "the bare encoder on the same, a second"),
        ("share_of_forward", "share of that which is reached"),
        ("model_rss_mb", "memory of the model's process, MB"),
    ),
}


def eval_(
    file: Path, config: Path, *, tier: str, model: str = "", html: Path | None, as_json: bool
) -> None:
    """Measure and print; WrongUse for what cannot be measured. `model` stands in for that of the config."""
    from monitor.classify.evaluating import evaluate
    from monitor.classify.labelled import BadFile
    from monitor.classify.tiers import NoTier, cache_folder
    from monitor.classify.transformerchoice import tier_of

    read = read_config_or_defaults(config)
    if model:
        read = replace(read, model=replace(read.model, checkpoint=named(model)))
    third = tier_of(read, cache_folder())
    try:
        measured = evaluate(file, tier_named(tier), rules_folder(read), cache_folder(), third)
    except (BadFile, NoTier) as wrong:
        raise WrongUse(str(wrong)) from None
    if html is not None:
        write_whole(html, _page(measured, file.name))
    if as_json:
        print(json.dumps(measured.as_dict(), ensure_ascii=False))
        return
    for line in lines(measured.as_dict(), measured.further()):
        print(line)


def named(model: str) -> str:
    """A model as the command line names it: paths start where the command was given, not at the config."""
    from monitor.classify.transformerfiles import pinned

    return model if pinned(model) else str(Path(model).expanduser().absolute())


def tier_named(name: str) -> Tier | None:
    """What --tier says; "": the best there is. WrongUse for what is none."""
    from monitor.classify.tiers import Tier

    if name and name not in [t.value for t in Tier]:
        raise WrongUse(f"--tier {name!r}: no such tier. Say {', '.join(Tier)}.")
    return Tier(name) if name else None


def _page(measured: Evaluation, name: str) -> bytes:
    from monitor.classify.confusion import page

    return page(measured.verdicts, measured.version, name).encode("utf-8")


def lines(figures: dict[str, Any], further: dict[str, Any]) -> list[str]:
    """The figures as a person reads them."""
    shown = [f"{figures['version']} on {figures['n']} messages"]
    spans = further["intervals"]
    known = figures | further
    for part, rows in _PARTS.items():
        shown += ["", part]
        shown += [
            f"  {label:<42}{_figure(known[key])}{_span(spans.get(key))}"
            for key, label in rows
            if key in known
        ]
    shown += ["", f"Languages, topic macro-F1 (worst: {figures['worst_language']}, "
              f"{figures['worst_language_gap']:.3f} under the mean; language found "
              f"{figures['language_accuracy']:.3f})"]  # fmt: skip
    shown += [f"  {name:<42}{one['topic_f1']:.3f}" for name, one in figures["per_language"].items()]
    return shown


def _figure(value: Any) -> str:
    return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _span(span: list[float] | None) -> str:
    return f"   ({span[0]:.3f} to {span[1]:.3f})" if span else ""
