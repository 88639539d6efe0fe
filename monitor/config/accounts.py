"""Accounts of config.toml: platform, places, options. It opens no connection, reads no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from monitor.config.faults import SECRETIVE, Faults, Key, dotted
from monitor.config.options import OPTIONS, POLL_EVERY, SECRETS, flag
from monitor.config.shapes import Account, Place
from monitor.config.words import duration
from monitor.core.messages import Platform
from monitor.secrets import Whereabouts, variable

RESERVED = frozenset({"database"})  # MONITOR_DATABASE_PASSWORD is the database's
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_OWN = ("platform", "enabled", "speaks", "poll_every", "places")
_PLACE_FORMS = {
    Platform.TELEGRAM: (
        re.compile(r"(?:[a-z0-9_-]+:)?-?\d+"),
        'a chat id such as "-1001234567890"',
    ),
    Platform.REDDIT: (re.compile(r"(?:modmail:)?r/\w+|inbox:\S+"), '"r/name"'),
    Platform.TWITTER: (re.compile(r"x"), '"x": X is one place'),
}
_PLACES = TypeAdapter(tuple[Place, ...])


def read_accounts(raw: object, base: Path, faults: Faults) -> Mapping[str, Account]:
    """Every account that can be read; the rest is among `faults`."""
    if not isinstance(raw, dict):
        faults.add(("accounts",), "should be tables such as [accounts.tg]", raw)
        return {}
    accounts = {name: _account(name, table, base, faults) for name, table in raw.items()}
    found = {name: account for name, account in accounts.items() if account is not None}
    _refuse_alike(found, faults)
    _refuse_two_voices(found, faults)
    return MappingProxyType(found)


def whereabouts(account: Account, key: str) -> Whereabouts:
    """Where the account's secret is looked for."""
    return Whereabouts(
        f"accounts.{account.name}.{key}", variable(account.name, key), account.secret_files.get(key)
    )


def _account(name: str, table: object, base: Path, faults: Faults) -> Account | None:
    at: Key = ("accounts", name)
    if not _NAME.fullmatch(name) or name in RESERVED:
        faults.add(at, "choose another name: small letters, digits, - and _, as in [accounts.tg]")
        return None
    if not isinstance(table, dict):
        faults.add(at, f"should be a table: [accounts.{name}]", table)
        return None
    platform = _platform(at, table, faults)
    if platform is None:
        return None
    return Account(
        name=name,
        platform=platform,
        enabled=_flag(at, "enabled", table, faults),
        speaks=_flag(at, "speaks", table, faults),
        poll_every=_poll_every(at, table, platform, faults),
        places=_places(at, table, platform, faults),
        options=MappingProxyType(_options(at, table, platform, faults)),
        secret_files=MappingProxyType(_secret_files(at, table, platform, base, faults)),
    )


def _platform(at: Key, table: Mapping[str, Any], faults: Faults) -> Platform | None:
    allowed = ", ".join(p.value for p in Platform)
    if "platform" not in table:
        faults.add((*at, "platform"), f"missing; add one of {allowed}")
        return None
    if table["platform"] not in [p.value for p in Platform]:
        faults.add((*at, "platform"), f"should be one of {allowed}", table["platform"])
        return None
    return Platform(table["platform"])


def _flag(at: Key, key: str, table: Mapping[str, Any], faults: Faults) -> bool:
    try:
        return bool(flag(table.get(key, True)))
    except ValueError as error:
        faults.add((*at, key), str(error), table[key])
        return True


def _poll_every(at: Key, table: Mapping[str, Any], platform: Platform, faults: Faults) -> Any:
    if "poll_every" not in table:
        return POLL_EVERY[platform]
    try:
        return duration(table["poll_every"])
    except ValueError as error:
        faults.add((*at, "poll_every"), str(error), table["poll_every"])
        return POLL_EVERY[platform]


def _places(
    at: Key, table: Mapping[str, Any], platform: Platform, faults: Faults
) -> tuple[Place, ...]:
    key = (*at, "places")
    try:
        places = _PLACES.validate_python(table.get("places", []))
    except ValidationError as error:
        faults.invalid(key, error, Place)
        return ()
    seen: set[str] = set()
    for index, place in enumerate(places):
        _check_place((*key, index, "id"), place, platform, seen, faults)
    return tuple(_settled(place, platform) for place in places)


def _check_place(at: Key, place: Place, platform: Platform, seen: set[str], faults: Faults) -> None:
    if platform not in _PLACE_FORMS:
        faults.add(at, "an e-mail account has no places; take it out", place.id)
        return
    form, example = _PLACE_FORMS[platform]
    if not form.fullmatch(place.id):
        faults.add(at, f"should be {example}", place.id)
    if place.id.casefold() in seen:
        faults.add(at, "stands here twice; take one out", place.id)
    seen.add(place.id.casefold())


def _settled(place: Place, platform: Platform) -> Place:
    acknowledge = place.acknowledge
    if acknowledge is None:
        acknowledge = place.ours if platform is Platform.REDDIT else True
    name = place.name or place.id
    return replace(place, acknowledge=acknowledge, name=name, channel=place.channel or name)


def _options(
    at: Key, table: Mapping[str, Any], platform: Platform, faults: Faults
) -> dict[str, Any]:
    known, secrets = OPTIONS[platform], SECRETS[platform].all
    files = [f"{key}_file" for key in secrets]
    options: dict[str, Any] = {}
    for key, value in table.items():
        if key in _OWN or key in files:
            continue
        if key in known:
            _read_option((*at, key), key, value, platform, options, faults)
        elif key in secrets or SECRETIVE.search(key):
            _refuse_secret((*at, key), platform, faults)
        else:
            faults.unknown((*at, key), (*_OWN, *known, *files))
    return options


def _read_option(
    at: Key, key: str, value: object, platform: Platform, options: dict[str, Any], faults: Faults
) -> None:
    try:
        options[key] = OPTIONS[platform][key](value)
    except ValueError as error:
        faults.add(at, str(error), value)


def _refuse_secret(at: Key, platform: Platform, faults: Faults) -> None:
    account, key = str(at[-2]), str(at[-1])
    remedy = Whereabouts(dotted(at), variable(account, key)).remedy.rstrip(".")
    if key not in SECRETS[platform].all:
        remedy = f"Take it out; a {platform.value} account knows {', '.join(SECRETS[platform].all)}"
    faults.add(at, f"a secret is never written here. {remedy}")


def _secret_files(
    at: Key, table: Mapping[str, Any], platform: Platform, base: Path, faults: Faults
) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for key in SECRETS[platform].all:
        named = table.get(f"{key}_file")
        if isinstance(named, str) and named:
            files[key] = base / Path(named).expanduser()
        elif named is not None:
            faults.add((*at, f"{key}_file"), "should be the path of a file, in quotes", named)
    return files


def _refuse_alike(accounts: Mapping[str, Account], faults: Faults) -> None:
    """MONITOR_A_B_TOKEN must mean one account."""
    seen: dict[str, str] = {}
    for name in accounts:
        other = seen.setdefault(name.replace("-", "_"), name)
        if other != name:
            faults.add(
                ("accounts", name), f"too like {other!r} for environment variables; rename one"
            )


def _refuse_two_voices(accounts: Mapping[str, Account], faults: Faults) -> None:
    speaker: dict[tuple[Platform, str], str] = {}
    for name, account in accounts.items():
        if not (account.enabled and account.speaks):
            continue
        for index, place in enumerate(account.places):
            first = speaker.setdefault((account.platform, place.id.casefold()), name)
            if first != name:
                faults.add(
                    ("accounts", name, "places", index, "id"),
                    f"{first!r} speaks there already, and one account speaks per place. "
                    f"Take it out of one of the two, or say speaks = false for one",
                    place.id,
                )
