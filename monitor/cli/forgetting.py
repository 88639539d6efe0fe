"""`monitor forget`: remove what one author wrote, their names and what was learned from them. It asks first."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import typer

from monitor.cli.common import WrongUse, counted, opened, read_config_or_defaults, utc_now
from monitor.core.messages import Platform
from monitor.core.text import clip, safe
from monitor.stages.erase import erase
from monitor.store import erasure
from monitor.store.database import Database
from monitor.store.erasure import Found


def forget(file: Path, platform: str, author: str, *, yes: bool, as_json: bool) -> None:
    """Say what there is, ask, remove it, say so in one sentence."""
    where = _platform(platform)
    with opened(read_config_or_defaults(file)) as database:
        who = _id_of(database, where, author)
        with database.read() as connection:
            found = erasure.found(connection, where.value, who)
        if not yes:
            _ask(found, where, who)
        gone = erase(database, where.value, who, utc_now())
    if as_json:
        print(
            json.dumps(asdict(gone) | {"platform": where.value, "author": who}, ensure_ascii=False)
        )
        return
    print(_told(gone, where, who))


def _platform(name: str) -> Platform:
    known = {"x": Platform.TWITTER} | {p.value: p for p in Platform if p is not Platform.EMAIL}
    if name.lower() not in known:
        raise WrongUse(f"{name!r}: no such platform. Say telegram, reddit or x.")
    return known[name.lower()]


def _id_of(database: Database, platform: Platform, author: str) -> str:
    """An id stands for itself; "@name" for who wrote under it, if that was only one."""
    if not author.startswith("@"):
        return author
    with database.read() as connection:
        ids = erasure.ids_of(connection, platform.value, author[1:])
    if len(ids) != 1:
        who = f"{len(ids)} people ({', '.join(sorted(ids))})" if ids else "nobody"
        raise WrongUse(f"{author}: {who} wrote under that name on {platform.shown}. Give the id.")
    return ids[0]


def _ask(found: Found, platform: Platform, who: str) -> None:
    names = f" ({clip(safe(', '.join(found.names)), 80)})" if found.names else ""
    print(f"{platform.shown} {who}{names}: {_counted(found)}.", file=sys.stderr)
    print("Texts, names and labels go for good; times and counts stay.", file=sys.stderr)
    if not sys.stdin.isatty():
        raise WrongUse("Nothing was removed: nobody is here to confirm it. Say --yes.")
    if not typer.confirm("Remove it?", err=True):
        raise WrongUse("Nothing was removed.")


def _counted(found: Found) -> str:
    parts = ((found.messages, "message"), (found.cases, "case"), (found.labels, "label"))
    return ", ".join(counted(n, word) for n, word in parts)


def _told(gone: Found, platform: Platform, who: str) -> str:
    if not (gone.messages or gone.cases or gone.labels):
        return f"There is nothing left of {platform.shown} {who}."
    learned = " What was learned from them is unlearned." if gone.labels else ""
    return (
        f"Forgotten: {_counted(gone)} of {platform.shown} {who}; the clocks of what was answered stay, what nobody "
        f"had answered counts as taken back.{learned}"
    )
