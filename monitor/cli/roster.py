"""`monitor roster`: who is on duty, who is next, and whom the platforms call admin that the roster does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.cli.common import read_config_or_defaults, rules_folder, utc_now

if TYPE_CHECKING:
    from monitor.config import Account, Config
    from monitor.core.onduty import Cover, Duty
    from monitor.core.roster import Roster
    from monitor.ports import Administrator


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who rules one of our places and is nobody on the roster."""

    platform: str
    places: tuple[str, ...]
    id: str
    name: str
    handle: str

    @property
    def entry(self) -> str:
        """The lines to paste into rules/roster.toml."""
        # JSON's way of quoting is TOML's as well.
        name = json.dumps(self.name or self.handle or self.id, ensure_ascii=False)
        return f'[[people]]\nname = {name}\n{self.platform} = ["{self.id}"]'


def roster(file: Path, *, ask: bool, as_json: bool) -> None:
    """Look at the roster; with `ask`, at the platforms too."""
    from monitor.classify.team import load_roster
    from monitor.core.onduty import covers, duties

    config, now = read_config_or_defaults(file), utc_now()
    team = load_roster(rules_folder(config))
    everybody = duties(team, now)
    covered = covers(team, config.monitor.languages, now)
    strangers, troubles = _asked(config, team, now) if ask else ([], [])
    if as_json:
        shown = _as_json(everybody, covered, strangers, troubles, now)
        print(json.dumps(shown, ensure_ascii=False))
        return
    for line in _lines(config, everybody, covered, now):
        print(line)
    for line in _told(strangers, troubles, config, asked=ask):
        print(line)


def _asked(config: Config, team: Roster, now: datetime) -> tuple[list[Stranger], list[str]]:
    """Strangers, and the accounts that could not be asked with their reason."""
    from monitor.app import CannotStart
    from monitor.config import ConfigBroken
    from monitor.ports import Refusal

    found: dict[tuple[str, str], Stranger] = {}
    troubles: list[str] = []
    for account in config.enabled:
        try:
            ruling = _administrators(config, account)
        except (CannotStart, ConfigBroken, Refusal) as error:
            troubles.append(f"{account.name} could not be asked: {error}")
            continue
        for one in ruling:
            if team.person(account.platform, one.id, now) is None:
                _note(found, account, one)
    return list(found.values()), troubles


def _administrators(config: Config, account: Account) -> Sequence[Administrator]:
    from monitor.app import connect
    from monitor.core.messages import Platform
    from monitor.ports import Administered

    if account.platform not in (Platform.TELEGRAM, Platform.REDDIT):
        return ()
    connector = connect(config, account)
    try:
        ruling = connector.administrators() if isinstance(connector, Administered) else ()
    finally:
        connector.close()
    if account.platform is Platform.TELEGRAM:
        return ruling
    ours = {place.id.casefold() for place in account.places if place.ours}
    return [
        one for one in ruling if one.place.casefold() in ours
    ]  # others' moderators are not ours


def _note(found: dict[tuple[str, str], Stranger], account: Account, one: Administrator) -> None:
    from monitor.reporting.words import line

    place = account.place(one.place)
    name = line((place.name if place else "") or one.place, 60)
    key = (account.platform.value, one.id)
    before = found[key].places if key in found else ()
    found[key] = Stranger(
        *key[:1], (*before, name), one.id, line(one.name, 60), line(one.handle, 60)
    )


def _lines(
    config: Config, everybody: Sequence[Duty], covered: Sequence[Cover], now: datetime
) -> Iterator[str]:
    from monitor.reporting.words import fitted, language, moment, short

    zone = config.timezone
    yield f"On duty, {moment(now, zone)} ({zone.key})"
    if not everybody:
        yield "  nobody: the roster is empty. Name your people in rules/roster.toml."
        return
    on = [d for d in everybody if d.is_on]
    for duty in on:
        until = f"until {short(duty.until, zone)}" if duty.until else "always"
        yield f"  {fitted(duty.person.name)} {until:<24} {_speaks(duty)}".rstrip()
    if not on:
        yield "  nobody"
    coming = [d for d in everybody if not d.is_on]
    if coming:
        yield "Next"
    for duty in coming:
        begins = short(duty.begins, zone) if duty.begins else "not within two weeks"
        yield f"  {fitted(duty.person.name)} {begins:<24} {_speaks(duty)}".rstrip()
    yield "Who reads"
    for cover in covered:
        yield f"  {language(cover.language):<24} {_cover(cover, zone)}"


def _speaks(duty: Duty) -> str:
    from monitor.reporting.words import language

    languages = ", ".join(map(language, duty.person.languages)) or "every language"
    topics = ", ".join(duty.person.topics)
    return f"{languages}; {topics}" if topics else languages


def _cover(cover: Cover, zone: Any) -> str:
    from monitor.reporting.words import short

    if cover.on:
        names = ", ".join(p.name for p in cover.on)
        return f"{names}; covered until {short(cover.until, zone)}" if cover.until else names
    if cover.next is not None and cover.begins is not None:
        return f"nobody; next {cover.next.name}, {short(cover.begins, zone)}"
    return "nobody on the roster"


def _told(
    strangers: Sequence[Stranger], troubles: Sequence[str], config: Config, *, asked: bool
) -> Iterator[str]:
    for trouble in troubles:
        yield f"Look: {trouble}"
    if strangers:
        yield "Admins of your places whom the roster does not know: their answers do not count as yours."
    for one in strangers:
        handle = f" (@{one.handle})" if one.handle and one.handle != one.name else ""
        yield f"  {one.platform}: {one.name or one.id}{handle} in {', '.join(one.places)}"
    if strangers:
        yield f"Staff? Then paste into {config.rules / 'roster.toml'}:"
    for one in strangers:
        yield ""
        yield one.entry
    if asked and not strangers and not troubles:
        yield "Every admin of your places is on the roster."


def _as_json(
    everybody: Sequence[Duty],
    covered: Sequence[Cover],
    strangers: Sequence[Stranger],
    troubles: Sequence[str],
    now: datetime,
) -> dict[str, Any]:
    return {
        "at": now.isoformat(),
        "people": [
            {"name": d.person.name, "on_duty": d.is_on, "until": _iso(d.until), "begins": _iso(d.begins),
             "languages": list(d.person.languages), "topics": list(d.person.topics)}
            for d in everybody
        ],
        "languages": [
            {"language": c.language, "on_duty": [p.name for p in c.on], "until": _iso(c.until),
             "next": c.next.name if c.next else None, "begins": _iso(c.begins)}
            for c in covered
        ],
        "unknown_admins": [
            {"platform": s.platform, "places": list(s.places), "id": s.id, "name": s.name,
             "handle": s.handle, "entry": s.entry}
            for s in strangers
        ],
        "not_asked": list(troubles),
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
