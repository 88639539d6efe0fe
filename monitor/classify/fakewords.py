"""rules/fakes.toml: what is said in public of somebody who answers in the team's name. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import field_validator

from monitor import assets
from monitor.classify.rulereading import RulesBroken, read, shaped, shown_name
from monitor.classify.ruleshapes import Shape, Spoken

FILE = "fakes.toml"
NAME = "{name}"


class _FakesFile(Shape):
    warning: Spoken

    @field_validator("warning")
    @classmethod
    def _names_them(cls, given: dict[str, str]) -> dict[str, str]:
        lacking = [language for language, text in given.items() if text.count(NAME) != 1]
        if lacking:
            raise ValueError(f"each text names the stranger once, as {NAME}; look at {lacking[0]}")
        if "en" not in given:
            raise ValueError("the English text is missing")
        return given


def load_warnings(rules: Path) -> dict[str, str]:
    """Texts by language; those that came with the program while the folder has no such file. RulesBroken."""
    folder = rules if (rules / FILE).exists() else assets.path("rules")
    path = folder / FILE
    shown = shown_name(folder, path)
    return dict(shaped({shown: read(folder, path)}, shown, _FakesFile).warning)


def live_warnings(rules: Path) -> Callable[[], Mapping[str, str]]:
    """The texts of this moment: read again when the file has changed; a broken edit changes nothing."""
    known = load_warnings(rules)
    stamp = _stamp(rules)

    def texts() -> Mapping[str, str]:
        nonlocal known, stamp
        if (now := _stamp(rules)) != stamp:
            stamp = now
            try:
                known = load_warnings(rules)
            except RulesBroken:  # `monitor check` says what is wrong with it
                return known
        return known

    return texts


def _stamp(rules: Path) -> int:
    path = rules / FILE
    return path.stat().st_mtime_ns if path.exists() else 0
