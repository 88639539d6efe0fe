"""Where rules, migrations and the example config are: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """`rules`, `alembic` or `config.example.toml`; FileNotFoundError names both places looked at."""
    inside, beside = _HERE / "_assets" / name, _HERE.parent / name
    for found in (inside, beside):
        if found.exists():
            return found
    raise FileNotFoundError(f"{name}: neither at {inside} nor at {beside}. Install the program anew.")
