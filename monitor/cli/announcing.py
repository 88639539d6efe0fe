"""`monitor announce`: draft, show, approve, schedule, cancel, list."""

from __future__ import annotations

import getpass
import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.cli.common import WrongUse, local_time, opened, read_config, readable, utc_now
from monitor.core.announcements import Announcement, State, Target
from monitor.core.messages import Platform
from monitor.stages import announce
from monitor.store import announcements as stored

if TYPE_CHECKING:
    from monitor.config import Config

_NAME = re.compile(r"[\w-]{1,60}")


def draft(
    file: Path,
    name: str,
    *,
    source: Path | None,
    texts: Sequence[str],
    targets: Sequence[str],
    by: str,
) -> None:
    """Store a draft and show it."""
    config = read_config(file)
    if not _NAME.fullmatch(name):
        raise WrongUse(
            f"{name!r}: not a short name. Use letters, digits, - and _: maintenance-25-nov."
        )
    from_file, file_targets = _read(source) if source else ({}, [])
    announcement = Announcement(
        name=name,
        texts=_known(config, from_file | dict(_text(readable(t)) for t in texts)),
        targets=_targets(config, [*file_targets, *targets]),
        state=State.DRAFT,
        drafted_by=_person(by),
    )
    with opened(config) as database:
        announce.draft(database, announcement, config.monitor.default_language, utc_now())
    _print(announcement, {})
    print(
        f"\nSomebody else approves it: monitor announce approve {name} --digest {announcement.digest[:12]}"
    )


def _person(by: str) -> str:
    if by.strip():
        return readable(by.strip())
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise WrongUse("this login has no name. Say who you are: --by NAME") from None


def _known(config: Config, texts: dict[str, str]) -> dict[str, str]:
    """Nobody would ever see a text in a language that no place speaks."""
    languages = config.monitor.languages
    for language in texts:
        if language.partition("-")[0] not in languages:
            raise WrongUse(
                f"{language!r}: not one of the languages of monitor.languages ({', '.join(languages)})."
            )
    return texts


def _text(given: str) -> tuple[str, str]:
    language, equals, text = given.partition("=")
    if not equals or not language:
        raise WrongUse(f'--text {given!r}: write LANGUAGE=TEXT, e.g. --text "en=Maintenance at 9".')
    return language.strip(), text


def _read(file: Path) -> tuple[dict[str, str], list[str]]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WrongUse(
            f"{file}: cannot be read ({reason}). It needs targets and [texts]."
        ) from None
    unknown = set(found) - {"name", "targets", "texts"}
    if unknown:
        raise WrongUse(f"{file}: {min(unknown)}: no such key. There are name, targets and [texts].")
    texts, targets = found.get("texts", {}), found.get("targets", [])
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise WrongUse(f'{file}: texts: write a table of texts: [texts] and en = "...".')
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        raise WrongUse(f'{file}: targets: write a list of texts: targets = ["tg:-100123", "@all"].')
    return texts, targets


def _targets(config: Config, wanted: Sequence[str]) -> tuple[Target, ...]:
    found: dict[tuple[str, str], Target] = {}
    for name in wanted:
        for one in _expanded(config, name):
            target = _target(config, one)
            found[target.account, target.place] = target
    return tuple(found.values())


def _expanded(config: Config, name: str) -> Sequence[str]:
    if not name.startswith("@"):
        return (name,)
    sets = config.announce.sets
    if name[1:] not in sets:
        known = ", ".join(f"@{s}" for s in sets) or "none yet"
        raise WrongUse(f"{name}: no such set in [announce.sets] (there: {known}).")
    return sets[name[1:]]


def _target(config: Config, name: str) -> Target:
    account_name, _, place = name.partition(":")
    account = config.accounts.get(account_name)
    if account is None or not place:
        known = ", ".join(config.accounts) or "none"
        raise WrongUse(f"{name}: write ACCOUNT:PLACE with one of the accounts {known}.")
    if account.platform is Platform.EMAIL or not (account.enabled and account.speaks):
        raise WrongUse(
            f"{name}: the account {account.name} does not speak in places. Name another one."
        )
    configured = account.place(place)
    language = (configured.language if configured else None) or config.monitor.default_language
    return Target(account.name, account.platform, place, language)


def show(file: Path, name: str) -> None:
    """Print it whole."""
    with opened(read_config(file)) as database, database.read() as connection:
        found = stored.named(connection, name)
        outcomes = stored.outcomes(connection, name)
    if found is None:
        raise WrongUse(f"{name}: no such announcement. See: monitor announce list")
    _print(found, outcomes)


def _print(found: Announcement, outcomes: dict[str, int]) -> None:
    print(
        f"{found.name}: {found.state}, drafted by {found.drafted_by}, approved by {found.approved_by or 'nobody yet'}"
    )
    when = found.spec or (f"{found.at:%Y-%m-%d %H:%M} UTC" if found.at else "not scheduled")
    print(f"when: {when} ({found.timezone}) · digest {found.digest[:12]}")
    for target in found.targets:
        print(f"  to {target.account}:{target.place} ({target.platform.shown}, {target.language})")
    for language, text in found.texts.items():
        print(f"[{language}] {text}")
    if outcomes:
        print("so far: " + ", ".join(f"{n} {state}" for state, n in sorted(outcomes.items())))


def approve(file: Path, name: str, *, by: str, digest: str) -> None:
    """A second person says yes."""
    with opened(read_config(file)) as database:
        found = announce.approve(database, name, _person(by), digest or None, utc_now())
    print(f"{name}: approved by {found.approved_by}. Send it: monitor announce schedule {name}")


def schedule(file: Path, name: str, *, at: str, every: str, timezone: str) -> None:
    """Once or recurring."""
    config = read_config(file)
    if at and every:
        raise WrongUse("--at and --every exclude each other. Use one.")
    zone = _zone(timezone or config.monitor.timezone)
    when = local_time(at, zone) if at else None
    with opened(config) as database:
        planned = announce.schedule(
            database, name, at=when, every=every or None, timezone=zone.key, now=utc_now()
        )
    print(
        f"{name}: scheduled, {planned.spec or f'{planned.at:%Y-%m-%d %H:%M} UTC'}. The running desk sends it."
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise WrongUse(
            f"--timezone {name!r}: no such time zone. Write one like Europe/Berlin."
        ) from None


def cancel(file: Path, name: str) -> None:
    """Stop it."""
    with opened(read_config(file)) as database:
        spared = announce.cancel(database, name, utc_now())
    print(f"{name}: cancelled; {spared} messages were still to be said and will not be.")


def list_(file: Path, *, as_json: bool) -> None:
    """All of them."""
    with opened(read_config(file)) as database, database.read() as connection:
        found = [
            (a, stored.outcomes(connection, a.name)) for a in stored.all_announcements(connection)
        ]
    if as_json:
        print(json.dumps([{"name": a.name, "state": a.state, "drafted_by": a.drafted_by, "approved_by": a.approved_by,
                           "outcomes": outcomes} for a, outcomes in found], ensure_ascii=False))  # fmt: skip
        return
    for a, outcomes in found:
        said = ", ".join(f"{n} {state}" for state, n in sorted(outcomes.items()))
        print(f"{a.name}: {a.state}, drafted by {a.drafted_by}{' · ' + said if said else ''}")
    if not found:
        print(
            "No announcements yet. Start: monitor announce draft NAME --text en=… --target ACCOUNT:PLACE"
        )
