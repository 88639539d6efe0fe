"""`monitor train`: learn from the corrections, and keep the result only if it is better."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from monitor.cli.common import WrongUse, opened, read_config_or_defaults, utc_now
from monitor.cli.labelling import person


def train(file: Path, *, by: str, as_json: bool) -> None:
    """Measure, promote or refuse, and say so."""
    from monitor.app import house_rules
    from monitor.stages.learning import NotPossible, follow
    from monitor.stages.training import train as run

    config = read_config_or_defaults(file)
    with opened(config) as database:
        rules = house_rules(config)
        follow(database, rules, config.learning.platforms, utc_now())
        try:
            outcome = run(database, rules, person(by), utc_now())
        except NotPossible as reason:
            raise WrongUse(str(reason)) from None
    print(json.dumps(asdict(outcome), ensure_ascii=False) if as_json else outcome.why)
