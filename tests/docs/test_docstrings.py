"""The house rule for modules: the first line says what it is, as a sentence."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = [
    path.relative_to(ROOT)
    for folder in ("monitor", "connectors", "bench", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_says_what_it_is_in_its_first_line(module: Path) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    if not text.strip():
        return  # a package that only groups

    said = ast.get_docstring(ast.parse(text)) or ""

    first = said.partition("\n\n")[0].strip().rstrip("\n")
    assert first.endswith((".", ":", "?")), f"{module}: {first!r}"
