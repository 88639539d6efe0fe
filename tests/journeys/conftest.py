"""What the journeys are played with: a small desk in this process, or the program in one of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.sandbox import cast
from monitor.sandbox.sandbox import Sandbox
from tests.cli.conftest import run, sandbox
from tests.databases import quick_folder, sqlite
from tests.desks import Chat, Running, lay_out
from tests.stages.conftest import SmallDesk

__all__ = ["quick_folder", "run", "sandbox", "sqlite"]


@pytest.fixture
def small(sqlite: Any) -> SmallDesk:
    """Stages on a fake platform, with a clock that is told the time."""
    return SmallDesk(sqlite)


@pytest.fixture
def chat(sandbox: Sandbox) -> Chat:
    """The managers' chat as people see it."""
    return Chat(sandbox)


@pytest.fixture
def desk_of(
    tmp_path: Path, sandbox: Sandbox, run: Callable[..., Running]
) -> Callable[..., Running]:
    """Start the program with these people on duty (all day) and lines added to a section of its config."""

    def begin(*keys: str, triage: str = "", chat: str = "", desk: str = "", x: bool = False,
              budget: str = "1000", minutes: float = 0.0, more: str = "") -> Running:  # fmt: skip
        own = lay_out(tmp_path / "desk", sandbox)
        text = own.config.read_text(encoding="utf-8")
        for name in ("rd",) if x else ("rd", "x"):
            text = text.replace(f"[accounts.{name}]\n", f"[accounts.{name}]\nenabled = false\n")
        text = text.replace("daily_budget_usd = 1000", f"daily_budget_usd = {budget}") + more
        if chat:
            text = text.replace(f'chat = "{cast.DESK.id}"', f'chat = "{chat}"')
        text = text.replace("[desk]\n", f"[desk]\n{desk}\n")
        own.config.write_text(text + (f"\n[triage]\n{triage}\n" if triage else ""), encoding="utf-8")  # fmt: skip
        if minutes:  # the target of whatever is urgent
            _promise(own.folder / "rules" / "targets.toml", minutes)
        people = "".join(_person(cast.BY_KEY[key]) for key in keys)
        (own.folder / "rules" / "roster.toml").write_text(people, encoding="utf-8")
        return run(own).until_it_runs()

    return begin


def _promise(targets: Path, minutes: float) -> None:
    levels = "".join(f"{name} = {minutes}\n" for name in ("critical", "high"))
    targets.write_text(f"goal = 0.9\n\n[default]\n{levels}", encoding="utf-8")


def _person(person: cast.Person) -> str:
    languages = ", ".join(f'"{name}"' for name in person.languages)
    topics = "".join(f'topics = ["{name}"]\n' for name in person.topics[:1])
    ids = f'telegram = ["{person.telegram_id}"]\nlanguages = [{languages}]'
    return f'[[people]]\nname = "{person.name}"\n{ids}\n{topics}\n'
