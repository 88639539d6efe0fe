"""config.toml: what is wrong is said in one sentence with file, line, key, found value and remedy; never a secret."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import pickle
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config, ConfigBroken, load, parse
from monitor.config.options import OPTIONS, SECRETS
from monitor.core.assessment import Urgency
from monitor.core.messages import Platform
from monitor.secrets import Secret, SecretMissing

CANARY = "canary-4f1d9a77e0b2"
FILE = Path("/somewhere/config.toml")
TELEGRAM = '[accounts.tg]\nplatform = "telegram"\n'
MAIL = '[accounts.mail]\nplatform = "email"\nhost = "smtp.example.com"\nsender = "a@example.com"\n'


def read(text: str) -> Config:
    return parse(text, FILE)


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigBroken) as broken:
        read(text)
    return broken.value.sentences


def told(text: str) -> tuple[str, ...]:
    try:
        read(text)
    except ConfigBroken as broken:
        return broken.sentences
    return ()


# -- what is right


def test_an_empty_file_is_a_config_of_defaults() -> None:
    config = read("")

    assert config.monitor.default_language == "en"
    assert config.triage.alert_from is Urgency.NORMAL
    assert config.accounts == {}


def test_values_arrive_in_their_own_types() -> None:
    config = read(
        '[triage]\nalert_from = "high"\nacknowledge_within = "90s"\n'
        '[report]\nweekly = { day = "fri", at = "17:30" }\ntimezone = "Asia/Tokyo"\n'
    )

    assert config.triage.alert_from is Urgency.HIGH
    assert config.triage.acknowledge_within == timedelta(seconds=90)
    assert (config.report.weekly.day.number, config.report.weekly.at) == (4, time(17, 30))
    assert config.report_timezone.key == "Asia/Tokyo"


def test_a_config_cannot_be_changed() -> None:
    config = read(TELEGRAM + "timeout = '5s'\n")

    with pytest.raises(dataclasses.FrozenInstanceError):
        config.file = Path("x")  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.accounts["tg"] = config.accounts["tg"]  # type: ignore[index]
    with pytest.raises(TypeError):
        config.accounts["tg"].options["timeout"] = 1  # type: ignore[index]


def test_paths_start_at_the_folder_of_the_file() -> None:
    config = read('[monitor]\ndatabase = "sqlite:///here/m.db"\nrules = "../rules"\n')

    assert config.database_url({}).reveal() == "sqlite:////somewhere/here/m.db"
    assert config.rules == Path("/somewhere/../rules")


def test_an_absolute_database_file_stays_where_it_is() -> None:
    config = read('[monitor]\ndatabase = "sqlite:////var/lib/m.db"\n')

    assert config.database_url({}).reveal() == "sqlite:////var/lib/m.db"


def test_options_reach_the_connector_as_it_takes_them() -> None:
    account = read(
        TELEGRAM
        + 'timeout = "2s"\nbase_url = "http://127.0.0.1:1/"\n[[accounts.tg.places]]\nid = -5\n'
    ).accounts["tg"]

    assert account.connector_options == {
        "timeout": 2.0,
        "base_url": "http://127.0.0.1:1",
        "places": ("-5",),
    }


def test_the_subreddits_among_the_places_are_read() -> None:
    account = read(
        '[accounts.r]\nplatform = "reddit"\nsubreddits = ["other"]\n'
        '[[accounts.r.places]]\nid = "r/ours"\n[[accounts.r.places]]\nid = "modmail:r/ours"\n'
    ).accounts["r"]

    assert account.connector_options == {"subreddits": ("other", "ours")}


@pytest.mark.parametrize(
    ("account", "place", "may"),
    [
        (TELEGRAM + "[[accounts.tg.places]]\nid = -5\n", "-5", True),
        (TELEGRAM + "[[accounts.tg.places]]\nid = -5\nacknowledge = false\n", "-5", False),
        (TELEGRAM, "-77", True),
        (TELEGRAM + "speaks = false\n", "-77", False),
        ('[accounts.tg]\nplatform = "reddit"\n', "r/any", False),
        ('[accounts.tg]\nplatform = "reddit"\n[[accounts.tg.places]]\nid = "r/a"\n', "r/a", False),
        (
            '[accounts.tg]\nplatform = "reddit"\n[[accounts.tg.places]]\nid = "r/A"\nours = true\n',
            "r/a",
            True,
        ),
        ('[accounts.tg]\nplatform = "twitter"\n', "x", True),
    ],
)
def test_where_an_acknowledgement_may_be_said(account: str, place: str, may: bool) -> None:
    assert read(account).accounts["tg"].acknowledges(place) is may


# -- what is wrong


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[triage]\n\nalert_from = "urgnt"\n',
            "config.toml line 3: triage.alert_from: should be one of low, normal, high, critical "
            "(found 'urgnt').",
        ),
        (
            '[monitor]\ndatabse = "x"\n',
            "config.toml line 2: monitor.databse: unknown key; did you mean 'database'? "
            "Correct it or take it out.",
        ),
        (
            "[telegram]\n",
            "config.toml line 1: telegram: unknown key; known here: accounts, announce, desk, health, "
            "learning, limits, logging, model, monitor, report, retention, translation, triage. Correct it or take it out.",
        ),
        (
            "monitor = 3\n",
            "config.toml line 1: monitor: should be a table (found 3).",
        ),
        (
            '[health]\nexpose = "yes"\n',
            "config.toml line 2: health.expose: should be true or false (found 'yes').",
        ),
        (
            "[triage]\nper_place_per_minute = 0\n",
            "config.toml line 2: triage.per_place_per_minute: should be greater than or equal to 1 "
            "(found 0).",
        ),
        (
            "[triage]\nsettle = 60\n",
            'config.toml line 2: triage.settle: should be a duration such as "30s", "15m", "24h" or '
            '"7d" (found 60).',
        ),
        (
            '[monitor]\ntimezone = "Mars/Base"\n',
            'config.toml line 2: monitor.timezone: should be an IANA time zone such as "Europe/Berlin" '
            "or \"UTC\" (found 'Mars/Base').",
        ),
        (
            '[monitor]\nlanguages = ["ja"]\n',
            "config.toml line 1: monitor.default_language: should be one of monitor.languages (ja) "
            "(found 'en').",
        ),
        (
            '[health]\nlisten = "0.0.0.0:8787"\n',
            "config.toml line 2: health.listen: may be reached from other machines. Use 127.0.0.1, or "
            "say expose = true in [health] when something in front of it keeps strangers out "
            "(found '0.0.0.0:8787').",
        ),
        (
            '[accounts.tg]\nplatform = "telegrm"\n',
            "config.toml line 2: accounts.tg.platform: should be one of telegram, reddit, twitter, "
            "email (found 'telegrm').",
        ),
        (
            "[accounts.tg]\nenabled = true\n",
            "config.toml line 1: accounts.tg.platform: missing; add one of telegram, reddit, twitter, "
            "email.",
        ),
        (
            TELEGRAM + "timeot = 3\n",
            "config.toml line 3: accounts.tg.timeot: unknown key; did you mean 'timeout'? "
            "Correct it or take it out.",
        ),
        (
            TELEGRAM + '[[accounts.tg.places]]\nid = -5\n[[accounts.tg.places]]\nid = "@group"\n',
            'config.toml line 6: accounts.tg.places[2].id: should be a chat id such as "-1001234567890" '
            "(found '@group').",
        ),
        (
            '[desk]\naccount = "tg"\nchat = -5\n',
            "config.toml line 2: desk.account: no such account; there is no telegram account yet "
            "(found 'tg').",
        ),
        (
            TELEGRAM + '[desk]\naccount = "tg"\nchat = "-1001"\nthreads = { urgent = 12 }\n',
            "config.toml line 6: desk.threads.urgent: should be an urgency (low, normal, high, critical) or one of "
            "monitor.languages (en, zh, ja, ko, ru, es, tr, vi, pt, id).",
        ),
        (
            TELEGRAM + '[desk]\naccount = "tg"\nchat = "-1001"\nthreads = { critical = 1 }\n',
            "config.toml line 6: desk.threads.critical: 1 is the topic General, where cards go anyway: leave it out.",
        ),
        (
            TELEGRAM + '[desk]\naccount = "tg"\nchat = "-77"\nthreads = { critical = 12 }\n',
            "config.toml line 6: desk.threads: needs a supergroup with topics: its chat begins with -100. Switch "
            "topics on in the group's settings (found '-77').",
        ),
        (
            MAIL + '[report]\naccount = "post"\n',
            "config.toml line 6: report.account: no such account; there is mail (found 'post').",
        ),
        (
            MAIL + '[report]\nrecipients = ["not a mail"]\n',
            "config.toml line 6: report.recipients[1]: should be a mail address such as "
            "\"lead@example.com\" (found 'not a mail').",
        ),
        (
            '[accounts.mail]\nplatform = "email"\nhost = "smtp.example.com"\n',
            "config.toml line 1: accounts.mail.sender: missing; e-mail cannot be sent without it.",
        ),
        (
            TELEGRAM + '[announce.sets]\nall = ["tg:-7"]\n',
            "config.toml line 4: announce.sets.all[1]: names a place that accounts.tg.places lacks "
            "(found 'tg:-7').",
        ),
        (
            '[monitor]\ndatabase = "mysql://localhost/x"\n',
            "config.toml line 2: monitor.database: should be sqlite:///FILE or "
            "postgresql://HOST/NAME (found 'mysql://localhost/x').",
        ),
        (
            '[monitor]\ndatabase = "sqlite:///:memory:"\n',
            'config.toml line 2: monitor.database: should name a file, such as "sqlite:///monitor.db" '
            "(found 'sqlite:///:memory:').",
        ),
        (
            '[accounts.a-b]\nplatform = "telegram"\n[accounts.a_b]\nplatform = "telegram"\n',
            "config.toml line 3: accounts.a_b: too like 'a-b' for environment variables; rename one.",
        ),
        (
            '[accounts."Ünicode x"]\nplatform = "telegram"\n',
            "config.toml line 1: accounts.Ünicode x: choose another name: small letters, digits, - and "
            "_, as in [accounts.tg].",
        ),
    ],
)
def test_a_fault_is_one_sentence_that_says_where_what_and_the_way_out(
    text: str, sentence: str
) -> None:
    assert faults(text) == (sentence,)


def test_every_fault_is_told_at_once() -> None:
    assert len(faults('[monitor]\nrulez = 1\n[logging]\nlevel = "loud"\n[accounts.x]\n')) == 3


def test_a_syntax_error_names_its_line() -> None:
    (sentence,) = faults("[monitor]\nrules = rules\n")

    assert sentence.startswith("config.toml line 2: not valid TOML: ")


def test_two_accounts_may_not_speak_in_one_place() -> None:
    place = '[[accounts.{0}.places]]\nid = "-1009"\n'
    both = "".join(
        f'[accounts.{name}]\nplatform = "telegram"\n{place.format(name)}' for name in ("one", "two")
    )

    assert faults(both) == (
        "config.toml line 8: accounts.two.places[1].id: 'one' speaks there already, and one account "
        "speaks per place. Take it out of one of the two, or say speaks = false for one "
        "(found '-1009').",
    )
    read(both.replace("[accounts.two]\n", "[accounts.two]\nspeaks = false\n"))


@pytest.mark.parametrize(
    ("name", "why"), [("absent.toml", "not there. Say: monitor init"), ("folder", "cannot be read")]
)
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(ConfigBroken) as broken:
        load(tmp_path / name)
    assert why in str(broken.value)


def test_a_file_in_another_encoding_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes('x = "é"'.encode("latin-1"))

    with pytest.raises(ConfigBroken, match="not UTF-8 text"):
        load(tmp_path / "config.toml")


@given(
    st.text(max_size=60), st.sampled_from(["monitor", "accounts.tg", "desk", "report", "triage"])
)
def test_no_text_makes_it_crash(text: str, table: str) -> None:
    for attempt in (text, f"[{table}]\nplatform = 'telegram'\n{text}"):
        assert all(sentence.startswith("config.toml") for sentence in told(attempt))


# -- what connectors take


CONNECTORS = {
    Platform.TELEGRAM: "connectors.telegram",
    Platform.REDDIT: "connectors.reddit",
    Platform.TWITTER: "connectors.twitter",
    Platform.EMAIL: "monitor.mail",
}


@pytest.mark.parametrize("platform", list(Platform))
def test_the_config_and_the_connector_know_the_same_options_and_secrets(platform: Platform) -> None:
    connector = importlib.import_module(CONNECTORS[platform])
    also = (getattr(connector, name, ()) for name in ("ALSO_SECRETS", "OPTIONAL_SECRETS"))
    secrets = {*connector.SECRETS, *itertools.chain(*also)}

    assert set(OPTIONS[platform]) == set(connector.OPTIONS) - {"places"}
    assert set(SECRETS[platform].all) == secrets


# -- secrets


@pytest.mark.parametrize(
    "text",
    [
        TELEGRAM + f'token = "{CANARY}"\n',
        TELEGRAM + f'api_key = "{CANARY}"\n',
        TELEGRAM + f'[accounts.tg.token]\nx = "{CANARY}"\n',
        f'[monitor]\ndatabase = "postgresql://me:{CANARY}@db/monitor"\n',
        f'[monitor]\ndatabase = "postgresql://me@db/monitor?password={CANARY}"\n',
        f'[monitor]\ndatabase_password = "{CANARY}"\n',
        TELEGRAM + f'base_url = "https://me:{CANARY}@example.com"\n',
        f'[accounts.tg]\nplatform = "telegram\ntoken = "{CANARY}"\n',
        f'token = "{CANARY}"\n',
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_repeated(text: str) -> None:
    assert CANARY not in " ".join(faults(text))


def test_a_refused_secret_is_told_where_to_go() -> None:
    assert faults(TELEGRAM + f'token = "{CANARY}"\n') == (
        "config.toml line 3: accounts.tg.token: a secret is never written here. "
        "Put it in MONITOR_TG_TOKEN, or its file's path in accounts.tg.token_file.",
    )


def test_a_secret_comes_from_the_environment() -> None:
    assert read(TELEGRAM).secret("tg", "token", {"MONITOR_TG_TOKEN": CANARY}).reveal() == CANARY


@pytest.mark.parametrize("by", ["environment", "config"])
def test_a_secret_comes_from_a_file_of_its_own(tmp_path: Path, by: str) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n")
    (tmp_path / "token").chmod(0o600)
    named = 'token_file = "token"\n' if by == "config" else ""
    environ = {} if by == "config" else {"MONITOR_TG_TOKEN_FILE": str(tmp_path / "token")}
    config = parse(TELEGRAM + named, tmp_path / "config.toml")

    assert config.secrets("tg", environ)["token"].reveal() == CANARY
    assert config.secret_troubles("tg", environ) == ((), ())


def test_a_missing_secret_is_one_sentence_with_the_remedy() -> None:
    with pytest.raises(SecretMissing) as missing:
        read(TELEGRAM).secret("tg", "token", {})

    assert str(missing.value) == (
        "accounts.tg.token: not set. Put it in MONITOR_TG_TOKEN, "
        "or its file's path in accounts.tg.token_file."
    )


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    config = parse(TELEGRAM + 'token_file = "token"\n', tmp_path / "config.toml")

    with pytest.raises(SecretMissing, match=r"^accounts\.tg\.token_file: .*token.*\."):
        config.secret("tg", "token", {})


def test_a_secret_file_that_others_may_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(CANARY)
    file.chmod(0o644)
    config = parse(TELEGRAM + 'token_file = "token"\n', tmp_path / "config.toml")

    _, (warning,) = config.secret_troubles("tg", {})

    assert warning.endswith(f"may be read by others (mode 0644). Say: chmod 600 {file}")


def test_one_of_several_ways_to_log_in_is_enough() -> None:
    config = read('[accounts.r]\nplatform = "reddit"\n')
    environ = {"MONITOR_R_CLIENT_ID": "an id", "MONITOR_R_CLIENT_SECRET": CANARY}

    with pytest.raises(ConfigBroken, match="MONITOR_R_REFRESH_TOKEN"):
        config.secrets("r", environ)
    assert set(config.secrets("r", {**environ, "MONITOR_R_PASSWORD": CANARY})) == {
        "client_id",
        "client_secret",
        "password",
    }


def test_the_database_password_is_put_in_quoted_and_hidden() -> None:
    config = read('[monitor]\ndatabase = "postgresql://me@db:5432/monitor"\n')
    url = config.database_url({"MONITOR_DATABASE_PASSWORD": "p@ss/word"})

    assert url.reveal() == "postgresql://me:p%40ss%2Fword@db:5432/monitor"
    assert str(url) == "***"


def test_a_secret_cannot_print() -> None:
    secret = Secret(CANARY)

    assert CANARY not in f"{secret} {secret!r} {secret:>20} {[secret]} { ({'a': secret}) }"
    assert secret == Secret(CANARY)
    assert secret != CANARY
    with pytest.raises(TypeError):
        pickle.dumps(secret)
