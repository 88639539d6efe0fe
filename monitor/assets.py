"""Where rules, migrations, example config are: in the wheel, or beside the package. Only paths."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """`rules`, `alembic`, `config.example.toml`; FileNotFoundError names both places looked at."""
    inside, beside = _HERE / "_assets" / name, _HERE.parent / name
    for found in (inside, beside):
        if found.exists():
            return found
    raise FileNotFoundError(
        f"{name}: neither at {inside} nor at {beside}. Install the program anew."
    )
