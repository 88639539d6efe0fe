"""What must fit together across the tables of config.toml. It looks at nothing but the config."""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qs, urlsplit

from monitor.config.faults import Faults
from monitor.config.whole import Config
from monitor.core.assessment import Urgency
from monitor.core.messages import Platform

_GENERAL = 1  # the number that Telegram gives the topic General
_SERVERS = ("postgresql", "postgresql+psycopg", "postgres")


def check(config: Config, faults: Faults) -> None:
    """Add every fault that needs more than one key to be seen."""
    _check_database(config.monitor.database, faults)
    _check_languages(config, faults)
    _check_health(config, faults)
    _check_desk(config, faults)
    _check_report(config, faults)
    _check_sets(config, faults)
    _check_mail_accounts(config, faults)


def _check_database(url: str, faults: Faults) -> None:
    key = ("monitor", "database")
    try:
        parts = urlsplit(url)
        has_password = bool(parts.password or "password" in parse_qs(parts.query))
    except ValueError:
        faults.add(key, "should be sqlite:///FILE or postgresql://HOST/NAME")
        return
    if has_password:
        faults.add(
            key,
            "holds a password, and a secret is never written here. Leave "
            "postgresql://HOST/NAME, and put the password in MONITOR_DATABASE_PASSWORD, "
            "or its file's path in monitor.database_password_file",
        )
    elif parts.scheme == "sqlite":
        if not url.startswith("sqlite:///") or url == "sqlite:///" or ":memory:" in url:
            faults.add(key, 'should name a file, such as "sqlite:///monitor.db"', url)
    elif parts.scheme not in _SERVERS or not parts.path.strip("/"):
        faults.add(key, "should be sqlite:///FILE or postgresql://HOST/NAME", url)


def _check_languages(config: Config, faults: Faults) -> None:
    languages = config.monitor.languages
    if not languages:
        faults.add(("monitor", "languages"), 'is empty; add one at least, such as ["en"]')
    elif config.monitor.default_language not in languages:
        faults.add(
            ("monitor", "default_language"),
            f"should be one of monitor.languages ({', '.join(languages)})",
            config.monitor.default_language,
        )


def _check_health(config: Config, faults: Faults) -> None:
    listen, key = config.health.listen, ("health", "listen")
    if not listen:
        return
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        faults.add(key, 'should be an address and a port, such as "127.0.0.1:8787"', listen)
    elif not config.health.expose and not _is_loopback(host.strip("[]")):
        faults.add(
            key,
            "may be reached from other machines. Use 127.0.0.1, or say expose = true in [health] "
            "when something in front of it keeps strangers out",
            listen,
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_desk(config: Config, faults: Faults) -> None:
    desk = config.desk
    if not desk.account and not desk.chat:
        return
    if not desk.account or not desk.chat:
        missing = "chat" if desk.account else "account"
        faults.add(("desk", missing), "missing; the managers' chat needs account and chat")
    _check_account(config, ("desk", "account"), desk.account, Platform.TELEGRAM, faults)
    _check_threads(config, faults)


def _check_threads(config: Config, faults: Faults) -> None:
    desk = config.desk
    words, languages = [u.word for u in Urgency], config.monitor.languages
    for name, number in desk.threads.items():
        if name not in (*words, *languages):
            faults.add(
                ("desk", "threads", name),
                f"should be an urgency ({', '.join(words)}) or one of monitor.languages ({', '.join(languages)})",
            )
        elif number == _GENERAL:
            faults.add(
                ("desk", "threads", name),
                "1 is the topic General, where cards go anyway: leave it out",
            )
    if desk.threads and not desk.chat.startswith("-100"):
        faults.add(
            ("desk", "threads"),
            "needs a supergroup with topics: its chat begins with -100. Switch topics on in the group's settings",
            desk.chat,
        )


def _check_report(config: Config, faults: Faults) -> None:
    if config.report.recipients and not config.report.account:
        faults.add(
            ("report", "account"), "missing; name the e-mail account that sends to the recipients"
        )
    _check_account(config, ("report", "account"), config.report.account, Platform.EMAIL, faults)


def _check_account(
    config: Config, key: tuple[str, str], name: str, platform: Platform, faults: Faults
) -> None:
    if not name:
        return
    account = config.accounts.get(name)
    if account is None:
        faults.add(key, f"no such account; there {_known(config, platform)}", name)
    elif account.platform is not platform:
        faults.add(
            key, f"should be a {platform.value} account; there {_known(config, platform)}", name
        )
    elif not account.enabled:
        faults.add(
            key, f"this account is switched off; say enabled = true in [accounts.{name}]", name
        )


def _known(config: Config, platform: Platform) -> str:
    names = [a.name for a in config.accounts.values() if a.platform is platform]
    return f"is {', '.join(names)}" if names else f"is no {platform.value} account yet"


def _check_sets(config: Config, faults: Faults) -> None:
    for name, members in config.announce.sets.items():
        for index, member in enumerate(members):
            key = ("announce", "sets", name, index)
            account = config.accounts.get(member.partition(":")[0])
            if account is None:
                faults.add(key, "names an account that is not there", member)
            elif account.place(member.partition(":")[2]) is None:
                faults.add(key, f"names a place that accounts.{account.name}.places lacks", member)
            elif not account.speaks:
                faults.add(
                    key, f"names an account that may not speak (accounts.{account.name})", member
                )


def _check_mail_accounts(config: Config, faults: Faults) -> None:
    for account in config.accounts.values():
        if account.platform is not Platform.EMAIL:
            continue
        for key in ("host", "sender"):
            if key not in account.options:
                faults.add(
                    ("accounts", account.name, key), "missing; e-mail cannot be sent without it"
                )
