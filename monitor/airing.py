"""Announcements as the config knows them: the places behind a name, the files of texts, the desk's terms.

It stores and sends nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.classify.rulereading import RulesBroken, in_force
from monitor.config import Config
from monitor.core.announcements import Target
from monitor.core.broadcast_ask import Asked, BadAsk
from monitor.core.messages import Platform
from monitor.stages.broadcast import Terms


def terms_of(config: Config) -> Terms:
    """What the managers' chat needs to announce."""
    return Terms(
        targets=lambda wanted: targets_of(config, wanted),
        file=lambda name: file_of(config, name),
        languages=config.monitor.languages,
        default_language=config.monitor.default_language,
        zone=config.timezone,
        links=config.announce.links,
        hold=config.announce.hold,
    )


def targets_of(config: Config, wanted: Sequence[str]) -> tuple[Target, ...]:
    """Places by "account:place" or "@set", each once. Raises BadAsk."""
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
        raise BadAsk(f"{name}: no such set in [announce.sets] (there: {known}).")
    return sets[name[1:]]


def _target(config: Config, name: str) -> Target:
    account_name, _, place = name.partition(":")
    account = config.accounts.get(account_name)
    if account is None or not place:
        known = ", ".join(config.accounts) or "none"
        raise BadAsk(f"{name}: write ACCOUNT:PLACE with one of the accounts {known}.")
    if account.platform is Platform.EMAIL or not (account.enabled and account.speaks):
        raise BadAsk(
            f"{name}: the account {account.name} does not speak in places. Name another one."
        )
    configured = account.place(place)
    language = (configured.language if configured else None) or config.monitor.default_language
    return Target(account.name, account.platform, place, language)


def file_of(config: Config, name: str) -> Asked | None:
    """rules/announcements/NAME.toml; None: there is none. Raises BadAsk for one that cannot be read."""
    try:
        file = in_force(config.rules, config.file) / "announcements" / f"{name}.toml"
    except RulesBroken as broken:
        raise BadAsk(str(broken)) from None
    if not file.is_file():
        return None
    texts, targets = read_file(file)
    return Asked(name, tuple(targets), texts=known(config, texts))


def known(config: Config, texts: Mapping[str, str]) -> dict[str, str]:
    """Nobody would ever see a text in a language that no place speaks. Raises BadAsk."""
    languages = config.monitor.languages
    for language in texts:
        if language.partition("-")[0] not in languages:
            raise BadAsk(
                f"{language!r}: not one of the languages of monitor.languages ({', '.join(languages)})."
            )
    return dict(texts)


def read_file(file: Path) -> tuple[dict[str, str], list[str]]:
    """Its texts and targets. Raises BadAsk."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadAsk(f"{file}: cannot be read ({reason}). It needs targets and [texts].") from None
    unknown = set(found) - {"name", "targets", "texts"}
    if unknown:
        raise BadAsk(f"{file}: {min(unknown)}: no such key. There are name, targets and [texts].")
    texts, targets = found.get("texts", {}), found.get("targets", [])
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise BadAsk(f'{file}: texts: write a table of texts: [texts] and en = "...".')
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        raise BadAsk(f'{file}: targets: write a list of texts: targets = ["tg:-100123", "@all"].')
    return texts, targets
