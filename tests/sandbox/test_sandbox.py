"""The sandbox as a whole: it starts, has its cast on stage, plays, and says where everything is."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import load
from monitor.sandbox import cast
from monitor.sandbox.play import Move, moves, play
from monitor.sandbox.sandbox import ANY_PORTS, Ports, Sandbox
from monitor.sandbox.voices import Saying

ENGLISH = str(cast.ENGLISH.id)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        started.populate()
        yield started


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 16, 9, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def test_every_part_listens_on_loopback_only(sandbox: Sandbox) -> None:
    at = sandbox.at

    for url in (at.page, at.telegram, at.reddit, at.x):
        assert url.startswith("http://127.0.0.1:")
    assert at.mail_host == "127.0.0.1"
    with socket.create_connection((at.mail_host, at.mail_port), timeout=5) as mail:
        assert mail.recv(3) == b"220"


def test_a_taken_port_is_replaced_by_a_free_one_and_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with Sandbox(Ports(port, 0, 0, 0, 0)) as sandbox:
            assert not sandbox.at.page.endswith(f":{port}")
            assert f"Port {port} is taken" in sandbox.describe()


def test_no_word_about_ports_when_none_was_taken(sandbox: Sandbox) -> None:
    assert "taken" not in sandbox.describe()
    assert sandbox.at.page in sandbox.describe()


def test_the_description_is_a_configuration_that_leads_here(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    _, _, rest = sandbox.describe().partition("# For config.toml:\n")
    file = tmp_path / "config.toml"
    snippet, _, environment = rest.partition("# For the environment:\n")
    file.write_text(snippet, encoding="utf-8")
    exported = dict(line.removeprefix("export ").split("=", 1) for line in environment.splitlines())

    config = load(file)

    assert config.accounts["rd"].options["base_url"] == sandbox.at.reddit
    for account in config.enabled:
        assert config.secret_troubles(account.name, exported)[0] == ()


def test_closing_twice_is_closing_once() -> None:
    sandbox = Sandbox(ANY_PORTS).start()

    sandbox.close()
    sandbox.close()

    with pytest.raises(RuntimeError, match="not been started"):
        _ = sandbox.at


def test_the_bot_is_asked_about_itself_and_answers(sandbox: Sandbox) -> None:
    url = f"{sandbox.at.telegram}/bot{sandbox.telegram.token}/getMe"

    with urllib.request.urlopen(url, timeout=5) as answer:
        told = json.load(answer)

    assert told["result"]["username"] == cast.BOT_USERNAME


def test_live_messages_are_numbered_after_the_generated_history(sandbox: Sandbox) -> None:
    saying = Saying(cast.BY_KEY["oliver"], "telegram", ENGLISH, "hello")

    assert int(sandbox.voices.say(saying)) > cast.FIRST_LIVE_ID


def test_ids_of_the_cast_are_the_same_in_every_sandbox(sandbox: Sandbox) -> None:
    with Sandbox() as another:
        another.populate()
        for person in cast.STAFF:
            for platform in ("telegram", "reddit", "twitter"):
                first = sandbox.author_id(platform, person.telegram_id)
                assert first == another.author_id(platform, person.telegram_id)


def test_an_author_id_is_the_one_under_which_the_person_writes(sandbox: Sandbox) -> None:
    emma = cast.BY_KEY["emma"]

    native_id = sandbox.voices.say(Saying(emma, "twitter", "x", "hello"))

    post = next(p for p in sandbox.x.posts() if p.id == native_id)
    assert post.author.id == sandbox.author_id("twitter", emma.telegram_id)


def test_the_play_takes_two_minutes_and_keeps_its_times(sandbox: Sandbox) -> None:
    clock = Clock()

    script = [
        m for m in moves() if not m.card
    ]  # who works from cards needs a product that posts them
    played = play(sandbox, clock.sleep, clock, script)

    assert len(played) == len(script)
    assert sum(clock.slept) == pytest.approx(moves()[-1].at)
    assert 100 <= moves()[-1].at <= 125


def test_the_play_is_heard_on_all_three_platforms_and_from_strangers_and_staff(
    sandbox: Sandbox,
) -> None:
    clock = Clock()

    play(sandbox, clock.sleep, clock)

    told = sandbox.happenings.all
    assert {h.platform for h in told} == {"telegram", "reddit", "twitter"}
    assert "edited" in {h.kind for h in told}
    sides = {person.side for h in told if (person := sandbox.voices.shown_as(h.who))}
    assert sides == set(cast.Side)


def test_an_answer_in_the_play_names_what_it_answers_and_stays_in_its_topic(
    sandbox: Sandbox,
) -> None:
    clock = Clock()
    world = str(cast.FORUM.id)
    script = (
        Move(0, "haruka", world, "ログインできません", "asked"),
        Move(3, "kenji", world, "確認します", answers="asked"),
    )

    asked, answer = play(sandbox, clock.sleep, clock, script)

    told = {h.native_id: h for h in sandbox.happenings.all}
    assert told[answer.native_id].reply_to == asked.native_id
    assert told[answer.native_id].thread == cast.TOPIC_IDS["ja"]


def test_each_move_is_told_before_it_is_done(sandbox: Sandbox) -> None:
    clock = Clock()
    told: list[tuple[str, int]] = []

    def tell(move: Move) -> None:
        told.append((move.text, len(sandbox.happenings.all)))

    play(sandbox, clock.sleep, clock, (Move(0, "oliver", ENGLISH, "one"),), tell)

    assert told == [("one", 0)]


def test_a_play_that_is_late_does_not_wait(sandbox: Sandbox) -> None:
    clock = Clock()
    script = (Move(0, "oliver", ENGLISH, "one"), Move(0, "oliver", ENGLISH, "two"))

    play(sandbox, clock.sleep, clock, script)

    assert clock.slept == []


def test_every_move_is_by_one_of_the_cast_and_answers_an_earlier_one() -> None:
    seen: set[str] = set()
    for move in moves():
        assert move.who in cast.BY_KEY
        assert {move.answers, move.changes} - {""} <= seen
        seen.add(move.key)
    assert [m.at for m in moves()] == sorted(m.at for m in moves())


def test_a_manager_does_not_wait_for_ever_for_a_card(sandbox: Sandbox) -> None:
    clock, desk = Clock(), str(cast.DESK.id)
    sandbox.telegram.add_member(cast.DESK.id, cast.BY_KEY["mei"].telegram_id, "member")

    (missed,) = play(
        sandbox, clock.sleep, clock, (Move(0, "mei", desk, card="#1", presses="Take"),)
    )

    assert missed.native_id == ""
    assert sum(clock.slept) == pytest.approx(6)


def test_the_rush_is_at_least_twelve_people_within_twenty_seconds() -> None:
    rush = {person.key for person in cast.RUSH}

    times = {m.who: m.at for m in moves() if m.who in rush}

    assert len(times) >= 12
    assert max(times.values()) - min(times.values()) <= 20


def test_newcomers_are_different_people(sandbox: Sandbox) -> None:
    first, second = sandbox.voices.person("new"), sandbox.voices.person("new")

    assert first.telegram_id != second.telegram_id
    assert sandbox.voices.shown_as(second.name) == second
