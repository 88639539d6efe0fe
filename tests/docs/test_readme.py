"""What the README says exists: commands with their options, exit codes, extras, files."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from monitor.cli import EXIT_CODES, troubles
from monitor.cli.commands import app

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"`(monitor [^`]+)`", README.replace("\n", " "))
PROGRAM: Any = typer.main.get_command(app)


def command_lines() -> list[str]:
    """Every `monitor …` of the README, in blocks and in sentences."""
    found = [line.partition("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]
    return sorted({line for line in found if line.startswith("monitor ")} | set(INLINE))


def verbs(command: Any = PROGRAM, before: str = "monitor") -> Iterator[str]:
    for name, child in getattr(command, "commands", {}).items():
        yield f"{before} {name}"
        yield from verbs(child, f"{before} {name}")


def found_command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that a line names, and what is left of the line."""
    command = PROGRAM
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("line", command_lines())
def test_a_command_line_of_the_readme_can_be_typed(line: str) -> None:
    command, rest = found_command(shlex.split(line)[1:])
    if not rest:
        return  # a command alone, as words in a sentence
    assert not getattr(command, "commands", {}), f"{line}: no such command"
    # A sentence may name a command without what it needs; in that case nothing is left to parse.
    context = command.make_context(line, rest, resilient_parsing=True)
    assert context.args == [] or context.args is None


@pytest.mark.parametrize("line", command_lines())
def test_an_option_of_the_readme_exists(line: str) -> None:
    command, rest = found_command(shlex.split(line)[1:])
    known = {name for p in getattr(command, "params", []) for name in p.opts} | {"--help"}

    assert {word for word in rest if word.startswith("--")} <= known


def test_every_command_is_in_the_readme() -> None:
    said = README.replace("db\nupgrade", "db upgrade")
    top = [verb for verb in verbs() if len(verb.split()) == 2]

    assert [verb for verb in top if not re.search(rf"{verb}\b", said)] == []


def test_every_exit_code_is_in_the_readme_and_in_the_help() -> None:
    codes = [
        0,
        *(getattr(troubles, name) for name in vars(troubles) if name.isupper() and name[0] != "_"),
    ]
    said = README.partition("Exit codes:")[2].partition("\n\n")[0]

    assert len(codes) >= 9
    for code in codes:
        assert re.search(rf"\b{code}\b", said), code
        assert re.search(rf"\b{code}\b", EXIT_CODES), code


def test_the_extras_in_the_table_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = README.partition("| extra |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(
        project["optional-dependencies"]
    )


def test_an_extra_that_is_installed_in_an_example_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {e for found in re.findall(r"'\.\[([\w,]+)\]'", README) for e in found.split(",")}

    assert asked
    assert asked <= set(project["optional-dependencies"])


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!https?://|#)([^)]+)\)", README))))
def test_a_link_leads_to_a_file(target: str) -> None:
    assert (ROOT / target.partition("#")[0]).exists()


@pytest.mark.parametrize(
    "name",
    sorted(
        n
        for n in set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.md)`", README))
        if n != "r/example"
    ),
)
def test_a_file_or_folder_that_is_named_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in set(
        re.findall(r"(?:^|`)make ([a-z]+)\b", "\n".join([*BLOCKS, README]), re.MULTILINE)
    ):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.search(r"^## Unreleased$", changelog, re.MULTILINE)


def test_the_security_page_says_how_to_report() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    assert "## Report a weakness" in page
