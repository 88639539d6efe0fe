"""The managers' page names every button and every command, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from monitor.core.assessment import Topic, Urgency
from monitor.core.desk import Facts, buttons
from monitor.core.handling import Handling, Menu
from monitor.stages import broadcast, triage_list
from monitor.stages.commands import HELP, commands
from monitor.testing import NOON
from tests.databases import quick_folder, sqlite
from tests.stages.conftest import SmallDesk
from tests.stages.test_broadcast import TERMS

__all__ = ["quick_folder", "sqlite"]

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
CHOICES = {t.value for t in Topic} | {u.word for u in Urgency}


def labels(desk: Any) -> set[str]:
    """Of every menu, in every state of a handling."""
    case, found = desk.case(), set()
    for menu in Menu:
        for claimed, until in ((None, None), ("Mei", NOON)):
            handling = Handling(1, "n", menu=menu, claimed_by=claimed, snoozed_until=until)
            found |= {
                label for row in buttons(case, Facts("", "", ""), handling) for label, _ in row
            }
    return {label for label in found if label.split()[-1] not in CHOICES}


@pytest.fixture
def desk(sqlite: Any) -> SmallDesk:
    from monitor.testing import a_message

    made = SmallDesk(sqlite)
    made.hears(a_message("withdrawal"))
    return made


def test_every_button_is_explained(desk: Any) -> None:
    assert [label for label in sorted(labels(desk)) if label not in PAGE] == []


def test_every_command_is_explained_and_none_that_does_not_exist() -> None:
    named = set(re.findall(r"[`\n]/(\w+)", PAGE))
    there = {**commands(), **triage_list.commands(), **broadcast.commands(TERMS)}
    assert named == set(there) - {"start"}
    assert [name for name in there if name != "start" and f"/{name}" not in HELP] == ["unpin"]


def test_the_pictures_exist_and_are_small() -> None:
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", PAGE):
        file = ROOT / "docs" / name
        assert file.is_file(), name
        assert file.stat().st_size < 200_000
