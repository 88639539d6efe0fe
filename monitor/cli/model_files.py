"""`monitor models pull`, `verify` and `list`: the files of transformers. Only pull reaches out, and only to the hub."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.classify.transformerfiles import (
    DIGESTS,
    WANTED,
    BadModel,
    Pinned,
    changed,
    check,
    digest_of,
    digests,
    located,
    pinned,
    recorded,
)
from monitor.cli.common import WrongUse, read_config_or_defaults

if TYPE_CHECKING:
    from monitor.config import Config

_PROBE = "my withdrawal is stuck since yesterday"


class NotFetched(Exception):
    """The hub did not give the model; str() says why."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One model as `list` shows it."""

    name: str
    folder: str
    used: bool
    megabytes: int
    trouble: str


def pull(file: Path, name: str) -> None:
    """Fetch a model at one commit, whole or not at all."""
    config = read_config_or_defaults(file)
    wanted = pinned(name)
    if wanted is None:
        raise WrongUse(
            f"{name!r}: no model at one commit. Write REPO@COMMIT with all 40 hex digits of the commit; branches move."
        )
    folder = config.models / wanted.folder_name
    if folder.is_dir():
        print(f"{folder} is there already. Check it: monitor models verify")
        return
    draft = folder.with_name(folder.name + ".part")
    try:
        _fetch(wanted, draft)
        check(draft)
        found = digests(draft)
        (draft / DIGESTS).write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        draft.rename(folder)
    except (NotFetched, BadModel) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise WrongUse(f"{name}: {error}.") from None
    except OSError as error:
        raise WrongUse(f"{folder}: cannot be written ({error.strerror}).") from None
    print(
        f'{name} is at {folder} (digest {digest_of(found)}). Use it: [model] checkpoint = "{name}"'
    )


def _fetch(wanted: Pinned, draft: Path) -> None:
    try:
        from huggingface_hub import logging, snapshot_download
    except ImportError:
        raise NotFetched(
            "huggingface_hub is not installed; install the extra transformers"
        ) from None
    logging.set_verbosity_error()  # type: ignore[no-untyped-call] # retries would be told twice
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        snapshot_download(
            wanted.repo, revision=wanted.commit, local_dir=draft, allow_patterns=list(WANTED)
        )
    except Exception as error:
        why = next(iter(str(error).strip().splitlines()), "").rstrip(".") or type(error).__name__
        raise NotFetched(f"the hub did not give it ({why})") from error
    shutil.rmtree(draft / ".cache", ignore_errors=True)


def verify(file: Path, name: str, *, as_json: bool) -> int:
    """Compare digests, load the model and read a text with it. 1 when something is wrong."""
    config = read_config_or_defaults(file)
    name = name or config.model.checkpoint
    if not name:
        raise WrongUse(
            "No model is configured. Name one: monitor models verify FOLDER or REPO@COMMIT."
        )
    folder = located(
        name, Path.cwd() if name != config.model.checkpoint else config.file.parent, config.models
    )
    told = _verified(config, name, folder)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    elif told["trouble"]:
        print(f"{name}: {told['trouble']}.")
    else:
        compared = "as they were fetched" if told["compared"] else "never recorded"
        print(
            f"{name}: {told['width']} numbers a text, {told['precision']}, digest {told['digest']}; "
            f"its files are {compared}. It works."
        )
    return 1 if told["trouble"] else 0


def _verified(config: Config, name: str, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "folder": str(folder), "trouble": ""}
    try:
        check(folder)
        found = digests(folder)
        if others := changed(folder, found):
            raise BadModel(f"{', '.join(others)} is not what was fetched; pull the model anew")
        told |= {"compared": recorded(folder) is not None} | _tried(config, name, folder)
    except BadModel as bad:
        told["trouble"] = str(bad)
    return told


def _tried(config: Config, name: str, folder: Path) -> dict[str, Any]:
    try:
        from monitor.classify.transformerencoder import Away, Remote, Setting
    except ImportError as missing:
        raise BadModel(f"{missing.name} is not installed; install the extra transformers") from None
    remote = Remote(Setting(folder, name, prefix=config.model.prefix, longest=config.model.longest))
    try:
        ready = remote.wait()
        remote.encode([_PROBE])
    except Away as away:
        raise BadModel(str(away)) from None
    finally:
        remote.close()
    return {"digest": ready.digest, "width": ready.width, "precision": ready.precision}


def listed(file: Path, *, as_json: bool) -> None:
    """What lies in the models' folder, and which one is used."""
    config = read_config_or_defaults(file)
    rows = _rows(config)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        mark = "*" if row.used else " "
        print(f"{mark} {row.name}  {row.megabytes} MB{'  ' + row.trouble if row.trouble else ''}")
    if not rows:
        print(
            f"No models in {config.models}. The light tier judges. Fetch one: monitor models pull REPO@COMMIT"
        )


def _rows(config: Config) -> list[Shown]:
    name = config.model.checkpoint
    used = located(name, config.file.parent, config.models) if name else None
    try:
        found = sorted(p for p in config.models.iterdir() if p.is_dir() and p.suffix != ".part")
    except OSError:
        found = []
    if used is not None and used not in found:
        found.append(used)
    return [_row(folder, name if folder == used else "", config.models) for folder in found]


def _row(folder: Path, used_as: str, models: Path) -> Shown:
    own = folder.name.replace("--", "/", 1) if folder.parent == models else str(folder)
    try:
        check(folder)
        trouble = ""
    except BadModel as bad:
        trouble = str(bad)
    size = sum(p.stat().st_size for p in folder.glob("*") if p.is_file()) if folder.is_dir() else 0
    return Shown(used_as or own, str(folder), bool(used_as), round(size / 1e6), trouble)
