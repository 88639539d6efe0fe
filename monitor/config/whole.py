"""The whole of config.toml, read and checked. It reads secrets' files only, and when asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from monitor.config import shapes
from monitor.config.accounts import whereabouts
from monitor.config.faults import ConfigBroken
from monitor.config.options import SECRETS
from monitor.config.shapes import Account
from monitor.secrets import Secret, SecretMissing, Whereabouts, look_up


@dataclass(frozen=True, slots=True)
class Config:
    """What config.toml says. `file` is where it stands; relative paths in it start there."""

    file: Path
    monitor: shapes.Program = field(default_factory=shapes.Program)
    health: shapes.Health = field(default_factory=shapes.Health)
    logging: shapes.Logging = field(default_factory=shapes.Logging)
    accounts: Mapping[str, Account] = field(default_factory=lambda: MappingProxyType({}))
    desk: shapes.Desk = field(default_factory=shapes.Desk)
    report: shapes.Report = field(default_factory=shapes.Report)
    triage: shapes.Triage = field(default_factory=shapes.Triage)
    limits: shapes.Limits = field(default_factory=shapes.Limits)
    announce: shapes.Announce = field(default_factory=shapes.Announce)
    learning: shapes.Learning = field(default_factory=shapes.Learning)
    translation: shapes.Translation = field(default_factory=shapes.Translation)
    model: shapes.Model = field(default_factory=shapes.Model)
    retention: shapes.Retention = field(default_factory=shapes.Retention)

    @property
    def rules(self) -> Path:
        """The folder of the rules."""
        return self.file.parent / Path(self.monitor.rules).expanduser()

    @property
    def models(self) -> Path:
        """Where models from a hub lie."""
        return self.file.parent / Path(self.model.folder).expanduser()

    @property
    def timezone(self) -> ZoneInfo:
        """The team's time zone."""
        return ZoneInfo(self.monitor.timezone)

    @property
    def report_timezone(self) -> ZoneInfo:
        """In which a reported day begins and ends."""
        return ZoneInfo(self.report.timezone or self.monitor.timezone)

    @property
    def enabled(self) -> tuple[Account, ...]:
        """The accounts that `monitor run` serves."""
        return tuple(account for account in self.accounts.values() if account.enabled)

    def database_url(self, environ: Mapping[str, str] | None = None) -> Secret:
        """The database's address, SQLite's file made absolute, PostgreSQL's password put in."""
        url = self.monitor.database
        if url.startswith("sqlite:///"):
            name = Path(url.removeprefix("sqlite:///")).expanduser()
            return Secret(f"sqlite:///{(self.file.parent / name).resolve()}")
        return Secret(_with_password(url, self._database_password(environ)))

    def _database_password(self, environ: Mapping[str, str] | None) -> Secret | None:
        named = self.monitor.database_password_file
        file = self.file.parent / Path(named).expanduser() if named else None
        where = Whereabouts("monitor.database_password", "MONITOR_DATABASE_PASSWORD", file)
        try:
            return look_up(where, environ).secret
        except SecretMissing:
            if named:
                raise
            return None  # peer authentication, ~/.pgpass, trust

    def secret(self, account: str, key: str, environ: Mapping[str, str] | None = None) -> Secret:
        """One secret of an account; SecretMissing says in a sentence where to put it."""
        return look_up(whereabouts(self.accounts[account], key), environ).secret

    def secrets(
        self, account: str, environ: Mapping[str, str] | None = None
    ) -> Mapping[str, Secret]:
        """All secrets of an account that are there; ConfigBroken names every one that is missed."""
        found, missed, _ = self._look_for(self.accounts[account], environ)
        if missed:
            raise ConfigBroken(missed)
        return found

    def secret_troubles(
        self, account: str, environ: Mapping[str, str] | None = None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """For `monitor check`: what is missing, and which files others may read."""
        _, missed, warned = self._look_for(self.accounts[account], environ)
        return tuple(missed), tuple(warned)

    def _look_for(
        self, account: Account, environ: Mapping[str, str] | None
    ) -> tuple[dict[str, Secret], list[str], list[str]]:
        wanted = SECRETS[account.platform]
        found: dict[str, Secret] = {}
        absent: dict[str, str] = {}
        warned: list[str] = []
        for key in wanted.all:
            try:
                one = look_up(whereabouts(account, key), environ)
            except SecretMissing as missing:
                absent[key] = str(missing)
                continue
            found[key] = one.secret
            warned += [one.warning] if one.warning else []
        missed = [absent[key] for key in wanted.needed if key in absent]
        if wanted.either and not any(found.keys() >= set(some) for some in wanted.either):
            missed.append(absent[next(key for key in wanted.either[0] if key in absent)])
        return found, missed, warned


def _with_password(url: str, password: Secret | None) -> str:
    parts = urlsplit(url)
    if password is None or not parts.username:
        return url
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{parts.username}:{quote(password.reveal(), safe='')}@{host}"
    return urlunsplit(parts._replace(netloc=netloc))
