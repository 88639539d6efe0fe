"""`monitor announce`: draft, show, approve, schedule, cancel, list."""

from __future__ import annotations

import getpass
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from monitor import airing
from monitor.cli.common import WrongUse, counted, local_time, opened, read_config, readable, utc_now
from monitor.core.announcements import Announcement, State
from monitor.core.broadcast_ask import BadAsk
from monitor.stages import announce
from monitor.store import announcements as stored
from monitor.store.database import Database

_NAME = re.compile(r"[\w-]{1,60}")


def draft(
    file: Path,
    name: str,
    *,
    source: Path | None,
    texts: Sequence[str],
    targets: Sequence[str],
    by: str,
    over: bool = False,
) -> None:
    """Store a draft and show it; somebody else's is replaced only when `over`."""
    config = read_config(file)
    if not _NAME.fullmatch(name):
        raise WrongUse(
            f"{name!r}: not a short name. Use letters, digits, - and _: maintenance-25-nov."
        )
    given = _texts(texts)
    try:
        from_file, file_targets = airing.read_file(source) if source else ({}, [])
        announcement = Announcement(
            name=name,
            texts=airing.known(config, from_file | given),
            targets=airing.targets_of(config, [*file_targets, *targets]),
            state=State.DRAFT,
            drafted_by=_person(by),
        )
    except BadAsk as error:
        raise WrongUse(str(error)) from None
    with opened(config) as database:
        announce.draft(
            database,
            announcement,
            config.monitor.default_language,
            utc_now(),
            over=over,
            or_else=", or --replace to put yours in its place",
        )
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


def _texts(given: Sequence[str]) -> dict[str, str]:
    """By language. Of two texts in one language one would be lost unseen: WrongUse."""
    found: dict[str, str] = {}
    for language, text in (_text(readable(one)) for one in given):
        if language in found:
            raise WrongUse(f"--text: {language} twice. Give each language one text.")
        found[language] = text
    return found


def _text(given: str) -> tuple[str, str]:
    language, equals, text = given.partition("=")
    if not equals or not language:
        raise WrongUse(f'--text {given!r}: write LANGUAGE=TEXT, e.g. --text "en=Maintenance at 9".')
    return language.strip(), text


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
    """A second person says yes to what they have read: as `digest` says, or as shown here."""
    with opened(read_config(file)) as database:
        asked = not digest and sys.stdin is not None and sys.stdin.isatty()
        seen = digest or (_shown_and_asked(database, name) if asked else None)
        found = announce.approve(database, name, _person(by), seen, utc_now())
    if not seen:
        _print(found, {})
    print(f"{name}: approved by {found.approved_by}. Send it: monitor announce schedule {name}")


def _shown_and_asked(database: Database, name: str) -> str | None:
    """The digest of what was said yes to. None: there is no such announcement."""
    with database.read() as connection:
        found = stored.named(connection, name)
    if found is None or found.state is not State.DRAFT:
        return None  # approving says why not
    _print(found, {})
    if not typer.confirm("Approve it?", err=True):
        raise WrongUse("Nothing was approved.")
    return found.digest


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
    print(f"{name}: cancelled; taken from the outbox: {counted(spared, 'message')}.")


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
