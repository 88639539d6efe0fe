"""From [model] in config.toml to the tier that it asks for. Loads nothing heavy before the tier is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.classify.transformerfiles import located
from monitor.config import Config

if TYPE_CHECKING:
    from monitor.classify.transformer import TransformerTier


def folder_of(config: Config) -> Path:
    """Where the configured model lies, or should."""
    return located(config.model.checkpoint, config.file.parent, config.models)


def tier_of(config: Config, cache: Path | None) -> Callable[[], TransformerTier] | None:
    """What makes the tier; None where no model is configured. What it makes raises ImportError without numpy."""
    if not config.model.checkpoint:
        return None

    def make() -> TransformerTier:
        from monitor.classify.transformer import Calls, TransformerTier
        from monitor.classify.transformerencoder import Setting

        own = config.model
        setting = Setting(
            folder_of(config),
            own.checkpoint,
            prefix=own.prefix,
            longest=own.longest,
            linger=own.linger_ms / 1000,
            answer_within=own.answer_within.total_seconds(),
        )
        return TransformerTier(setting, Calls(own.calls == "always", own.below), cache)

    return make
