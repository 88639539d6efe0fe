"""Every command: its help, its exit codes, and one clear sentence for whatever may be wrong."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from monitor import assets
from monitor.cli.commands import app
from monitor.sandbox import cast
from tests.desks import Desk, Said, program

Monitor = Callable[..., Said]


def commands() -> Iterator[tuple[str, ...]]:
    """Every command with its names."""
    for name, command in _children(typer.main.get_command(app)):
        inner = list(_children(command))
        yield (name,)
        yield from ((name, child) for child, _ in inner)


def _children(command: object) -> list[tuple[str, object]]:
    return list(getattr(command, "commands", {}).items())


@pytest.mark.parametrize("names", list(commands()), ids=" ".join)
def test_every_command_explains_itself(names: tuple[str, ...], monitor: Monitor) -> None:
    said = monitor(*names, "--help")

    assert said.code == 0
    assert said.out.startswith(f"Usage: monitor {' '.join(names)}")


def test_help_comes_at_once_because_nothing_heavy_is_imported(nowhere: Path) -> None:
    code = (
        "import sys; sys.argv = ['monitor', '--help']\n"
        "from monitor.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('sqlalchemy', 'alembic', 'pydantic', 'praw', 'tweepy', 'telegram', 'aiohttp', 're2',\n"
        "                   'rich.console', 'requests', 'httpx') if m in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip

    assert done.stderr.strip() == "[]"


def test_the_version_is_told(monitor: Monitor) -> None:
    from monitor import __version__

    assert monitor("--version").out == f"monitor {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nope",),
        ("try",),
        ("try", "a", "b"),
        ("outbox", "settle", "x", "sent"),
        ("report", "--wek"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_told_with_where_help_is(arguments: tuple[str, ...], monitor: Monitor) -> None:
    said = monitor(*arguments)

    assert said.code == 2
    assert "--help' for help." in said.err


# -- the edge of the program


def test_a_reader_who_has_seen_enough_causes_no_traceback(nowhere: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    program("db", "upgrade", cwd=nowhere)

    said = program("report", "--json", cwd=nowhere, stdout=writer)
    os.close(writer)

    assert said.code == 1
    assert said.err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_the_output_is_one_sentence(nowhere: Path) -> None:
    program("db", "upgrade", cwd=nowhere)

    with Path("/dev/full").open("w") as full:
        said = program("report", cwd=nowhere, stdout=full)

    assert said.code == 6
    assert said.err.startswith("The output: cannot be used (No space left on device).")


def test_a_terminal_without_our_letters_shows_their_numbers(nowhere: Path) -> None:
    said = program("try", "提币", cwd=nowhere, env={"PYTHONIOENCODING": "ascii"})

    assert said.code == 0
    assert "\\u63d0" in said.out


def test_a_fault_of_the_program_is_logged_and_told(
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
    no_traces: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from monitor.cli.troubles import told

    code = told(ZeroDivisionError("1000:" + "A" * 35))

    err = capsys.readouterr().err
    assert code == 70
    assert "A fault of the program: ZeroDivisionError." in err
    assert "A" * 35 not in err


# -- check


def test_check_finds_nothing_wrong_where_all_is_well(desk: Desk, monitor: Monitor) -> None:
    said = monitor("check")

    assert said.code == 0, said.out
    assert said.out.splitlines()[-1] == "All is well: monitor run"
    assert not [line for line in said.out.splitlines() if line.startswith("wrong")]


def wrong(said: Said) -> list[str]:
    """What check found, as sentences."""
    return [
        f"{f['subject']}: {f['found']} {f['remedy']}"
        for f in said.json
        if f["standing"] == "failed"
    ]


def telegram_only(desk: Desk) -> None:
    """What these tests break has nothing to do with the others."""
    for name in ("rd", "x"):
        desk.rewrite(f"[accounts.{name}]\n", f"[accounts.{name}]\nenabled = false\n")


def test_check_tells_a_wrong_token_from_a_server_that_is_not_there(
    desk: Desk, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram_only(desk)
    monkeypatch.setenv("MONITOR_TG_TOKEN", "1000:CANARY-wrong")
    desk.rewrite('host = "127.0.0.1"\nport = ', 'host = "127.0.0.1"\nport = 1 #')

    said = monitor("check", "--json")

    token, mail = wrong(said)
    assert said.code == 1
    assert token.startswith("tg: token: Telegram does not accept the bot token (401)")
    assert mail.startswith("mail")
    assert "127.0.0.1:1" in mail
    assert "CANARY" not in said.all


def test_check_tells_of_an_unreachable_platform(desk: Desk, monitor: Monitor) -> None:
    telegram_only(desk)
    text = desk.config.read_text(encoding="utf-8")
    address = text.partition('base_url = "')[2].partition('"')[0]
    desk.rewrite(address, "http://127.0.0.1:1")

    (found,) = wrong(monitor("check", "--json"))

    assert found.startswith("tg: token: Telegram cannot be reached")


def test_check_names_every_missing_secret(
    desk: Desk, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram_only(desk)
    monkeypatch.delenv("MONITOR_TG_TOKEN")

    (found,) = wrong(monitor("check", "--json"))

    assert found.startswith("tg: accounts.tg.token: not set. Put it in MONITOR_TG_TOKEN")


def test_check_warns_of_a_secret_that_others_may_read(
    desk: Desk, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram_only(desk)
    token = desk.folder / "token"
    token.write_text(desk.environment["MONITOR_TG_TOKEN"])
    token.chmod(0o644)
    monkeypatch.delenv("MONITOR_TG_TOKEN")
    monkeypatch.setenv("MONITOR_TG_TOKEN_FILE", str(token))

    said = monitor("check", "--json")

    assert said.code == 0
    assert any(f"chmod 600 {token}" in f["found"] for f in said.json)


def test_check_tells_of_a_broken_rule_with_file_and_key(desk: Desk, monitor: Monitor) -> None:
    telegram_only(desk)
    (desk.folder / "rules" / "targets.toml").write_text("nonsense = 3\n")

    (found,) = wrong(monitor("check", "--json"))

    assert "rules/targets.toml" in found
    assert "nonsense" in found


# -- the config, by way of check


BROKEN = [
    ("nope = 1", "config.toml line 1: nope: unknown key"),
    ("[monitor]\ntimezone = 3", "config.toml line 2: monitor.timezone: "),
    ("[monitor]\ndatabse = 'x'", "did you mean 'database'?"),
    ("[health\n", "config.toml line 1: not valid TOML"),
    ('[monitor]\ndatabase = "mysql://h/x"', "monitor.database: should be sqlite:///FILE or postgresql://"),
    ('[monitor]\ndatabase = "postgresql://u:CANARYpw@h/x"', "holds a password"),
    ('[accounts.tg]\nplatform = "telegram"\ntoken = "CANARYtoken-A1"', "accounts.tg.token"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), BROKEN)
def test_a_broken_config_is_told_with_place_and_remedy_and_no_secret(
    text: str, sentence: str, nowhere: Path, monitor: Monitor
) -> None:
    (nowhere / "config.toml").write_text(text, encoding="utf-8")

    said = monitor("check")

    assert said.code == 2
    assert sentence in said.err
    assert "CANARY" not in said.all


def make_folder(path: Path) -> None:
    path.mkdir()


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_binary(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_folder, "cannot be read (Is a directory)"),
        (make_loop, "cannot be read (Too many levels of symbolic links)"),
        (make_binary, "not UTF-8 text"),
        (lambda path: None, "not there. Say: monitor init"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_config_that_is_no_file_is_one_sentence(
    command: str, make: Callable[[Path], None], reason: str, nowhere: Path, monitor: Monitor
) -> None:
    make(nowhere / "config.toml")

    said = monitor(command)

    assert said.code == 2
    assert said.err.startswith(f"config.toml: {reason}")
    assert said.err.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_config_without_the_right_to_read_it_is_one_sentence(
    nowhere: Path, monitor: Monitor
) -> None:
    (nowhere / "config.toml").touch(mode=0)

    assert "cannot be read (Permission denied)" in monitor("check").err


# -- the database


def test_an_empty_place_gets_a_database_that_is_private(nowhere: Path, monitor: Monitor) -> None:
    assert monitor("db", "upgrade").code == 0

    assert (nowhere / "monitor.db").stat().st_mode & 0o777 == 0o600
    assert monitor("db", "check").out.startswith("Sound, at revision")
    assert "already" in monitor("db", "upgrade").out


def test_a_database_without_tables_is_told_what_to_do(nowhere: Path, monitor: Monitor) -> None:
    said = monitor("db", "check")

    assert said.code == 4
    assert said.err.endswith("Run: monitor db upgrade\n")


def damaged(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    for at in range(100, len(whole), 61):
        whole[at] ^= 0xA5
    file.write_bytes(whole)


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def no_database(file: Path) -> None:
    file.write_text("this is somebody's diary")


def newer(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (damaged, "the database is damaged. Move it away and put a backup in its place"),
        (cut_off, "the database is damaged. Move it away and put a backup in its place"),
        (no_database, "not an SQLite database"),
        (newer, "made by a newer version (revision 9999)"),
        (folder_instead, "the database cannot be opened (Is a directory)"),
    ],
)
def test_a_spoilt_database_is_one_sentence_whatever_the_command(
    spoil: Callable[[Path], None], sentence: str, desk: Desk, monitor: Monitor
) -> None:
    monitor("db", "upgrade")
    spoil(desk.database)
    before = desk.database.read_bytes() if desk.database.is_file() else b""

    for command in ("report", "db check", "db upgrade", "outbox list", "announce list"):
        said = monitor(*command.split())
        assert said.code == 4, (command, said.all)
        assert sentence in said.err
        assert said.err.count("\n") == 1
    assert (desk.database.read_bytes() if before else b"") == before


def test_run_refuses_a_damaged_database_and_leaves_it_alone(desk: Desk, monitor: Monitor) -> None:
    monitor("db", "upgrade")
    damaged(desk.database)
    before = desk.database.read_bytes()

    said = program("run", cwd=desk.folder, env=desk.environment)

    assert said.code == 4
    assert "the database is damaged. Move it away and put a backup in its place" in said.err
    assert desk.database.read_bytes() == before


def test_check_tells_of_a_spoilt_database_and_goes_on(desk: Desk, monitor: Monitor) -> None:
    telegram_only(desk)
    monitor("db", "upgrade")
    newer(desk.database)

    said = monitor("check", "--json")

    (found,) = wrong(said)
    assert found.startswith("database: monitor.database: it was made by a newer version")
    assert any(f["subject"] == "tg: token" for f in said.json)


def test_a_database_server_that_is_not_there_is_one_sentence(
    nowhere: Path, monitor: Monitor
) -> None:
    pytest.importorskip("psycopg")
    (nowhere / "rules").symlink_to(assets.path("rules"))
    (nowhere / "config.toml").write_text('[monitor]\ndatabase = "postgresql://u@127.0.0.1:1/x"\n')

    said = monitor("report")

    assert said.code == 4
    assert said.err.startswith("monitor.database: the database does not answer (")
    assert said.err.count("\n") == 1


def test_a_backup_is_private_sound_and_never_overwrites(nowhere: Path, monitor: Monitor) -> None:
    monitor("db", "upgrade")
    assert monitor("db", "backup", "copy.db").code == 0

    assert (nowhere / "copy.db").stat().st_mode & 0o777 == 0o600
    connection = sqlite3.connect("copy.db")
    assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    connection.close()
    assert monitor("db", "backup", "copy.db").err == "copy.db: exists already. Name a new file.\n"
    assert monitor("db", "backup", "no/copy.db").code == 4


# -- try


TEXTS = {
    "en": "my withdrawal has been pending for two days",
    "zh": "提币一直没到账",
    "ja": "出金がまだ届きません",
    "ko": "출금이 아직 안 들어왔어요",
    "ru": "вывод средств до сих пор не пришёл",
    "es": "mi retiro todavía no ha llegado",
    "tr": "para çekme işlemim hala gelmedi",
    "vi": "tôi rút tiền mà vẫn chưa nhận được",
    "pt": "meu saque ainda não chegou",
    "id": "penarikan saya belum masuk",
}


@pytest.mark.parametrize("language", TEXTS)
def test_try_explains_a_question_in_ten_languages(
    language: str, nowhere: Path, monitor: Monitor
) -> None:
    said = monitor("try", "--json", TEXTS[language])

    assert said.code == 0
    assert (said.json["language"][:2], said.json["topic"]) == (language, "withdrawal")
    assert said.json["reply"]
    assert said.json["reasons"]


@pytest.mark.parametrize(
    "text",
    [
        "my account got hacked",
        "someone drained my wallet, help",
        "我的账号被盗了,快冻结!",
        "меня взломали, заблокируйте аккаунт срочно",
        "hesabım hacklendi acil dondurun",
        "me hackearon la cuenta, bloqueenla ya",
    ],
)
def test_who_is_robbed_and_says_so_in_a_few_words_is_critical(
    text: str, nowhere: Path, monitor: Monitor
) -> None:
    said = monitor("try", "--json", text)

    assert (said.json["topic"], said.json["urgency"]) == ("security", "critical")


@pytest.mark.parametrize(
    "text", ["?", "[bold]\udcff[/red]\x00", "a" * 50_000], ids=["short", "odd", "long"]
)
def test_try_takes_any_text(text: str, nowhere: Path, monitor: Monitor) -> None:
    assert monitor("try", text).code == 0


# -- report


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--week 2026-W60", "--week: not an ISO week (found '2026-W60'). Write it like 2026-W47."),
        ("--week soon", "--week: not an ISO week (found 'soon'). Write it like 2026-W47."),
        ("--from soon", "--from: not a date (found 'soon'). Write it like 2026-11-09."),
        ("--from 2026-02-30 --to 2026-03-01", "--from: not a date (found '2026-02-30'). Write it like 2026-11-09."),
        ("--from 2026-10-01 --to 2026-09-01", "--to: 2026-09-01 is before --from 2026-10-01. Swap the two."),
        ("--week 2026-W40 --from 2026-01-01", "--week and --from/--to exclude each other. Use one."),
        ("--html no/where.html", "no/where.html: cannot be written (No such file or directory). Name another file."),
    ],
)  # fmt: skip
def test_report_says_what_is_wrong_with_a_period_or_file(
    arguments: str, sentence: str, nowhere: Path, monitor: Monitor
) -> None:
    monitor("db", "upgrade")

    said = monitor("report", *arguments.split())

    assert said.code == 2
    assert said.err == sentence + "\n"


def test_a_report_where_nothing_is_yet_says_what_to_do_and_makes_nothing(
    nowhere: Path, monitor: Monitor
) -> None:
    said = monitor("report")

    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "monitor.db: not there yet, so there is nothing to report. Bring in history (monitor import FILE), "
        "or set up a desk (monitor init, then monitor run).\n"
    )
    assert not list(nowhere.iterdir())


def test_a_quiet_week_is_told_and_is_one_json_value(nowhere: Path, monitor: Monitor) -> None:
    monitor("db", "upgrade")

    assert monitor("report", "--week", "2026-W40").code == 0
    assert isinstance(monitor("report", "--json", "--week", "2026-W40").json, dict)


@pytest.mark.parametrize(
    "arguments",
    ["--week 2099-W01", "--from 2099-01-01 --to 2099-01-02", "--week 2099-W01 --preview out"],
)
def test_a_period_that_has_not_begun_is_refused(
    arguments: str, nowhere: Path, monitor: Monitor
) -> None:
    monitor("db", "upgrade")

    said = monitor("report", *arguments.split())

    assert (said.code, said.out) == (2, "")
    assert (
        "lies in the future: nobody has written anything yet. Name one that has begun, such as --week 20"
        in said.err
    )
    assert said.err.count("\n") == 1


# -- announce


TARGET = f"tg:{cast.ENGLISH.id}"


def test_an_announcement_lives_from_draft_to_cancelled(desk: Desk, monitor: Monitor) -> None:
    draft = monitor(
        "announce", "draft", "tea", "--text", "en=Tea at 9.", "--target", "@groups", "--by", "emma"
    )
    digest = draft.out.rpartition("--digest ")[2].strip()

    assert monitor("announce", "approve", "tea", "--by", "Emma").code == 5
    assert monitor("announce", "schedule", "tea").code == 5
    assert monitor("announce", "approve", "tea", "--by", "mei", "--digest", "beef").code == 5
    assert monitor("announce", "approve", "tea", "--by", "mei", "--digest", digest).code == 0
    scheduled = monitor("announce", "schedule", "tea", "--at", "2030-11-25 09:00")
    assert "2030-11-25 09:00 UTC" in scheduled.out
    assert "approved by mei" in monitor("announce", "show", "tea").out
    assert monitor("announce", "list", "--json").json[0]["state"] == "scheduled"
    assert monitor("announce", "cancel", "tea").code == 0
    assert monitor("announce", "list", "--json").json[0]["state"] == "cancelled"


def test_somebody_elses_draft_stays_unless_replace_is_said(desk: Desk, monitor: Monitor) -> None:
    draft = ("announce", "draft", "tea", "--target", TARGET, "--text")
    monitor(*draft, "en=Tea at 9.", "--by", "emma")

    refused = monitor(*draft, "en=No tea.", "--by", "bob")

    assert refused.code == 5
    assert refused.err.startswith("tea is emma's draft of 20")
    assert refused.err.endswith(
        "UTC: choose another name, or --replace to put yours in its place.\n"
    )
    assert "[en] Tea at 9." in monitor("announce", "show", "tea").out
    assert monitor(*draft, "en=No tea.", "--by", "bob", "--replace").code == 0
    assert monitor("announce", "approve", "tea", "--by", "emma").code == 5
    assert monitor("announce", "approve", "tea", "--by", "mei").code == 0


def test_who_approves_without_a_digest_reads_what_was_approved(
    desk: Desk, monitor: Monitor
) -> None:
    monitor("announce", "draft", "tea", "--text", "en=Tea.", "--target", TARGET, "--by", "emma")

    said = monitor("announce", "approve", "tea", "--by", "mei")

    assert "[en] Tea.\n" in said.out
    assert f"to {TARGET} (" in said.out


@pytest.mark.parametrize(("answer", "code", "state"), [("y", 0, "approved"), ("n", 2, "draft")])
def test_on_a_terminal_it_is_shown_and_asked_about_before_it_is_approved(
    answer: str,
    code: int,
    state: str,
    desk: Desk,
    monitor: Monitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monitor("announce", "draft", "tea", "--text", "en=Tea.", "--target", TARGET, "--by", "emma")
    monkeypatch.setattr(sys, "stdin", _Terminal(f"{answer}\n"))

    said = monitor("announce", "approve", "tea", "--by", "mei")

    assert said.code == code
    assert "[en] Tea.\n" in said.out
    assert "Approve it?" in said.err
    assert monitor("announce", "list", "--json").json[0]["state"] == state


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_cancelled_twice_is_told_so(desk: Desk, monitor: Monitor) -> None:
    monitor("announce", "draft", "tea", "--text", "en=Tea.", "--target", TARGET, "--by", "emma")
    monitor("announce", "cancel", "tea")

    again = monitor("announce", "cancel", "tea")

    assert (again.code, again.err) == (2, "tea: it is already cancelled.\n")


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_text_is_not_tried(text: str, desk: Desk, monitor: Monitor) -> None:
    said = monitor("try", text)

    assert (said.code, said.out) == (2, "")
    assert said.err == 'There is no text to try. Write: monitor try "where is my withdrawal?"\n'


def test_a_changed_text_needs_a_new_approval(desk: Desk, monitor: Monitor) -> None:
    draft = ("announce", "draft", "tea", "--target", TARGET, "--by", "emma", "--text")
    monitor(*draft, "en=Tea at 9.")
    monitor("announce", "approve", "tea", "--by", "mei")

    monitor(*draft, "en=Tea at 10.")

    assert monitor("announce", "schedule", "tea").code == 5


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("tea", "--text", "hi", "--target", TARGET), 2, "--text 'hi': write LANGUAGE=TEXT"),
        (("tea", "--text", "xx=hi", "--target", TARGET), 2, "'xx': not one of the languages of monitor.languages"),
        (("tea", "--text", "zh=hi", "--target", TARGET), 2, "no text in en"),
        (("tea", "--text", "en= ", "--target", TARGET), 2, "en: the text is empty."),
        (("tea", "--text", "en=hi"), 2, "no targets"),
        (("tea", "--text", "en=hi", "--target", "@all"), 2, "@all: no such set in [announce.sets] (there: @groups)."),
        (("tea", "--text", "en=hi", "--target", "me"), 2, "me: write ACCOUNT:PLACE with one of the accounts tg,"),
        (("tea", "--text", "en=hi", "--target", "mail:x"), 2, "the account mail does not speak in places"),
        (("tea time", "--text", "en=hi", "--target", TARGET), 2, "'tea time': not a short name"),
        (("tea", "--file", "no.toml"), 2, "no.toml: cannot be read (No such file or directory)"),
        (("tea", "--file", "rules"), 2, "rules: cannot be read (Is a directory)"),
        (("tea", "--file", "odd.toml"), 2, "odd.toml: texts: write a table of texts"),
        (("tea", "--file", "config.toml"), 2, "config.toml: accounts: no such key."),
    ],
)  # fmt: skip
def test_a_draft_that_cannot_go_out_is_refused_with_the_reason(
    arguments: tuple[str, ...], code: int, sentence: str, desk: Desk, monitor: Monitor
) -> None:
    (desk.folder / "odd.toml").write_text("texts = 3\n")

    said = monitor("announce", "draft", *arguments, "--by", "emma")

    assert said.code == code
    assert sentence in said.err
    assert monitor("announce", "list", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--at", "noon"), "--at 'noon': not a time."),
        (("--every", "noon"), "not a schedule: 'noon'."),
        (("--at", "2030-01-01", "--every", "mon 09:00"), "--at and --every exclude each other."),
        (
            ("--at", "2030-01-01", "--timezone", "Mars/Base"),
            "--timezone 'Mars/Base': no such time zone.",
        ),
        (("--at", "2020-01-01 00:00"), "has passed. Name a time to come."),
    ],
)
def test_a_schedule_that_is_none_is_refused(
    arguments: tuple[str, ...], sentence: str, desk: Desk, monitor: Monitor
) -> None:
    monitor("announce", "draft", "tea", "--text", "en=Tea.", "--target", TARGET, "--by", "emma")
    monitor("announce", "approve", "tea", "--by", "mei")

    said = monitor("announce", "schedule", "tea", *arguments)

    assert said.code in (2, 5)
    assert sentence in said.err


@pytest.mark.parametrize("verb", ["show", "approve", "schedule", "cancel"])
def test_an_announcement_nobody_drafted_is_not_found(
    verb: str, desk: Desk, monitor: Monitor
) -> None:
    said = monitor("announce", verb, "ghost")

    assert said.code in (2, 5)
    assert said.err == "ghost: no such announcement. See: monitor announce list\n"


# -- outbox


def test_a_doubt_is_listed_and_settled_by_a_person(desk: Desk, monitor: Monitor) -> None:
    assert monitor("db", "upgrade").code == 0
    number = held(desk.database)

    listed = monitor("outbox", "list", "--json")

    assert listed.code == 1
    assert [row["id"] for row in listed.json] == [number]
    assert "Settle each" in monitor("outbox", "list").out
    assert monitor("outbox", "settle", str(number), "perhaps").code == 2
    assert monitor("outbox", "settle", str(number), "sent").code == 0
    assert monitor("outbox", "settle", str(number), "sent").code == 2
    assert monitor("outbox", "list").out == "Nothing is in doubt.\n"


def held(file: Path) -> int:
    from datetime import UTC, datetime

    from monitor.core.messages import Platform
    from monitor.core.triage import Delivery, Kind, priority
    from monitor.store import accounts, deliveries
    from monitor.store.database import open_database

    now = datetime.now(UTC)
    database = open_database(f"sqlite:///{file}")
    post = Delivery(
        "ack:1",
        Kind.ANNOUNCEMENT,
        "tg",
        Platform.TELEGRAM,
        "-1001",
        "hello",
        priority(Kind.ANNOUNCEMENT),
        now,
    )
    with database.write() as connection:
        accounts.introduce(connection, "tg", "telegram")
        deliveries.queue(connection, [post], {}, now)
        (row,) = deliveries.due(connection, "tg", now)
        deliveries.claim(connection, row.id, "t", now, now)
        deliveries.set_state(connection, row.id, "t", deliveries.HELD, "no answer came")
    database.close()
    return int(row.id)


def test_every_json_form_is_one_value(desk: Desk, monitor: Monitor) -> None:
    for command in ("outbox list", "announce list", "report"):
        said = monitor("db", "upgrade"), monitor(*command.split(), "--json")
        assert isinstance(said[1].json, list | dict), said


# -- demo and sandbox


@pytest.mark.parametrize(
    "arguments", ["sandbox --page-port 99999", "sandbox --page-port -1", "demo --seconds -5"]
)
def test_a_number_that_cannot_be_is_refused_before_anything_starts(
    arguments: str, nowhere: Path, monitor: Monitor
) -> None:
    assert monitor(*arguments.split()).code == 2
    assert not list(nowhere.iterdir())


def test_the_demo_leaves_a_folder_alone_that_is_not_its_own(nowhere: Path) -> None:
    (nowhere / "demo").mkdir()
    (nowhere / "demo" / "thesis.txt").write_text("years of work")

    said = program("demo", cwd=nowhere)

    assert said.code == 2
    assert said.err == "demo: not empty and not a demo's folder. Name another: --folder DIR\n"
    assert (nowhere / "demo" / "thesis.txt").exists()


def test_without_its_extra_the_sandbox_names_it(nowhere: Path) -> None:
    code = "import sys; sys.modules['aiohttp'] = None; sys.argv = ['monitor', 'sandbox']; import monitor.cli as c; c.main()"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip

    assert done.returncode == 2
    assert done.stderr == (
        "aiohttp is not installed. This command needs it: pip install 'response-desk[sandbox]'\n"
    )
