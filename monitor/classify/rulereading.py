"""One file of rules/ from bytes to a checked shape, with complaints that a community manager
understands. Never judges.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from monitor import assets

LARGEST = 1_000_000  # bytes of one file
RESTORE = "Restore it; `monitor init` writes a fresh copy of all rules"
Shaped = TypeVar("Shaped", bound=BaseModel)


class RulesBroken(Exception):
    """Something in rules/ cannot be used. str() is for a community manager: where, what, what was
    found, what to do.
    """

    def __init__(self, file: str, key: str, found: str, remedy: str, *, why: str) -> None:
        """`file` as shown to people, `key` as `strong.en[3]` (counted from 1) or "" for the whole
        file.
        """
        seen = f' (found "{found}")' if found else ""
        super().__init__(f"{file}: {f'{key}: ' if key else ''}{why}{seen}. {remedy}.")
        self.file = file
        self.key = key
        self.found = found
        self.remedy = remedy


def in_force(own: Path, config: Path) -> Path:
    """`own`, the folder that the config names; where there is no config, the rules that came with the program.

    A folder that is lost or misspelt must not turn into somebody else's rules unseen: RulesBroken.
    """
    if own.is_dir():
        return own
    if not config.exists() and not config.is_symlink():
        return assets.path("rules")
    why = "is not a folder" if own.exists() else "there is no such folder"
    remedy = f"Restore it, or correct monitor.rules in {config.name}; `monitor init DIR` writes fresh rules"
    raise RulesBroken(str(own), "", "", remedy, why=why)


def shown_name(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def version_of(texts: Mapping[str, str]) -> str:
    whole = hashlib.sha256()
    for name in sorted(texts):
        whole.update(f"{name}\0{texts[name]}\0".encode())
    return whole.hexdigest()[:8]


def read(folder: Path, path: Path) -> str:
    shown = shown_name(folder, path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise RulesBroken(shown, "", "", RESTORE, why="the file is missing") from None
    except OSError as error:
        remedy = "Let the program read it"
        raise RulesBroken(shown, "", "", remedy, why=f"cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise RulesBroken(shown, "", "", "Make it smaller", why="larger than 1 MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = content[error.start : error.end].hex(" ")
        raise RulesBroken(
            shown, f"line {line}", found, "Save the file as UTF-8", why="not UTF-8"
        ) from None


def shaped(texts: Mapping[str, str], shown: str, shape: type[Shaped]) -> Shaped:
    if shown not in texts:
        raise RulesBroken(shown, "", "", RESTORE, why="the file is missing")
    try:
        given = tomllib.loads(texts[shown].replace("\r\n", "\n"))
        return shape.model_validate(given)
    except tomllib.TOMLDecodeError as error:
        remedy = (
            "Mend that line: texts stand in quotes, lists in square brackets with commas between"
        )
        raise RulesBroken(shown, "", "", remedy, why=f"not valid TOML: {error}") from None
    except RecursionError:
        raise RulesBroken(shown, "", "", "Make it flatter", why="nested too deeply") from None
    except ValidationError as error:
        raise _unshaped(shown, error) from None


def _unshaped(shown: str, error: ValidationError) -> RulesBroken:
    first = error.errors(include_url=False, include_context=False)[0]
    key = _key(first["loc"])
    if first["type"] == "extra_forbidden":
        return RulesBroken(
            shown, key, "", "Correct its spelling or remove it", why="there is no such key"
        )
    if first["type"] == "missing":
        return RulesBroken(shown, key, "", "Add it", why="missing")
    why = first["msg"][:1].lower() + first["msg"][1:]
    return RulesBroken(
        shown, key.removesuffix(".[key]"), shortened(first["input"]), "Correct it", why=why
    )


def _key(loc: Sequence[int | str]) -> str:
    parts = [f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in loc]
    return "".join(parts).removeprefix(".")


def shortened(found: Any) -> str:
    text = found if isinstance(found, str) else repr(found)
    return text if len(text) <= 60 else text[:59] + "…"
