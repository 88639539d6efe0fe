"""What the team corrects changes the next judgement, is kept only where it is better, and can be undone exactly."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

pytest.importorskip("numpy", reason="extra nlp is not installed")

from monitor.classify.house_rules import HouseRules
from monitor.core.assessment import Assessment, Topic, Urgency
from monitor.core.messages import Platform
from monitor.ports import Batch
from monitor.stages.learning import NotPossible, correct, follow, noting
from monitor.stages.training import roll_back, train, training
from monitor.store import assessments, labels, messages, promoted
from monitor.store.database import Database
from monitor.store.label_tables import judge_version
from monitor.store.tables import messages as message_table
from monitor.testing import NOON, a_message
from tests.classify.conftest import rules_folder
from tests.classify.lightly import THINGS, WordEncoder, seeds_toml, spelt

__all__ = ["rules_folder"]
TELEGRAM = ("telegram",)


class Ticking:
    """Half a minute passes between two looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 30
        return self.now


@pytest.fixture
def folder(rules_folder: Path) -> Path:
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "en.toml").write_text(seeds_toml(), "utf-8")
    for name in ("roster", "targets"):
        (rules_folder / f"{name}.toml").write_text("", "utf-8")
    return rules_folder


@pytest.fixture
def house(folder: Path, sqlite: Database) -> HouseRules:
    """A judge that follows the database."""
    made = HouseRules(folder, monotonic=Ticking(), encoder=WordEncoder)
    follow(sqlite, made, TELEGRAM, NOON)
    return made


@pytest.fixture
def write(sqlite: Database, house: HouseRules) -> Callable[..., int]:
    """Somebody writes; the message's number. It is judged as the desk would."""
    numbers = itertools.count(1)

    def written(text: str, **more: Any) -> int:
        native = str(next(numbers))
        message = a_message(text, id=native, **more)
        with sqlite.write() as connection:
            messages.save_batch(connection, "tg", "updates", Batch((message,)), NOON)
            c = message_table.c
            same = (c.native_id == native, c.platform == message.platform.value)
            number = int(connection.execute(sa.select(c.id).where(*same)).scalar_one())
            assessments.save(connection, [(number, seen(house, text))], NOON)
        return number

    return written


def seen(house: HouseRules, text: str) -> Assessment:
    """As the running desk judges now."""
    assert house.refresh() is None
    return house.judge.assess([a_message(text)])[0]


def verdict(house: HouseRules, text: str) -> Assessment:
    """Without what it stands on: which of equally near examples come first is left to rounding."""
    return replace(seen(house, text), grounds=None)


def say(database: Database, number: int, topic: Topic = Topic.PROMO, by: str = "anna",
        urgency: Urgency = Urgency.LOW) -> Any:  # fmt: skip
    return correct(database, number, topic, urgency, by, NOON, "terminal")


def test_a_correction_changes_the_next_judgement_of_a_similar_message_and_rollback_restores_it(
    sqlite: Database, house: HouseRules, write: Callable[..., int]
) -> None:
    before = seen(house, "wen tokens pretty please sers")
    other = seen(house, "withdrawal pending since btc")

    say(sqlite, write("wen tokens pretty please"))

    after = seen(house, "wen tokens pretty please sers")
    assert (before.topic, after.topic) == (Topic.CHATTER, Topic.PROMO)
    assert after.by.startswith(f"{before.by}+")
    assert after.by == house.judge.version
    assert "which anna labelled promo, low" in after.reasons[0]
    assert seen(house, "withdrawal pending since btc") == other

    roll_back(sqlite, None, "anna", NOON)

    assert seen(house, "wen tokens pretty please sers") == before


def test_a_person_has_the_last_word_on_a_message_and_its_case(
    sqlite: Database, write: Callable[..., int]
) -> None:
    number = write("it never came")

    given = say(sqlite, number, Topic.WITHDRAWAL, urgency=Urgency.HIGH)

    with sqlite.read() as connection:
        newest = labels.judged(connection, number)
    assert (newest.topic, newest.urgency, newest.by) == ("withdrawal", int(Urgency.HIGH), "person/anna")  # fmt: skip
    assert given.old == "deposit, high"


def test_a_label_without_a_name_or_from_nowhere_is_refused(
    sqlite: Database, write: Callable[..., int]
) -> None:
    number = write("it never came")

    for by, source in (("  ", "desk"), ("anna", "dream")):
        with pytest.raises(NotPossible):
            correct(sqlite, number, Topic.PROMO, Urgency.LOW, by, NOON, source)


def test_who_waits_for_nobody_is_never_urgent(sqlite: Database, write: Callable[..., int]) -> None:
    given = say(sqlite, write("lol"), Topic.CHATTER, urgency=Urgency.CRITICAL)

    assert given.urgency is Urgency.LOW


def test_what_people_write_on_reddit_is_labelled_but_not_learned_from(
    sqlite: Database, house: HouseRules, write: Callable[..., int]
) -> None:
    before = seen(house, "wen tokens pretty please")

    say(sqlite, write("wen tokens pretty please", platform=Platform.REDDIT, place="r/x"))

    assert seen(house, "wen tokens pretty please") == before
    follow(sqlite, house, ("telegram", "reddit"), NOON)
    assert seen(house, "wen tokens pretty please").topic is Topic.PROMO


@pytest.fixture
def corrected(
    sqlite: Database, house: HouseRules, write: Callable[..., int]
) -> Iterator[list[int]]:
    """Twelve messages about tokens, on which the judge has been wrong."""
    numbers = [write(f"wen tokens of {spelt(thing)}") for thing in (*THINGS, "bnb", "avax")]
    for number in numbers:
        say(sqlite, number)
    house.refresh()
    return numbers


def test_heads_that_judge_corrections_better_are_promoted_and_say_so(
    sqlite: Database, house: HouseRules, corrected: list[int]
) -> None:
    before = house.judge.version

    outcome = train(sqlite, house, "anna", NOON)

    assert outcome.version is not None
    figures = outcome.figures
    assert figures["candidate"]["corrections_topic"] > figures["incumbent"]["corrections_topic"]
    assert figures["candidate"]["corrections"] == len(corrected)
    assert "Of 12 corrections that neither had learned from" in outcome.why
    assert "It judges from now on" in outcome.why
    assert seen(house, "wen tokens of link").topic is Topic.PROMO
    assert house.judge.version != before
    json.dumps(outcome.figures)


def test_a_promotion_can_be_rolled_back_and_brought_back_exactly(
    sqlite: Database, house: HouseRules, corrected: list[int]
) -> None:
    texts = ("wen tokens of link", "it never came", "what is the fee for btc")
    before = [verdict(house, text) for text in texts]
    outcome = train(sqlite, house, "anna", NOON)
    trained = [verdict(house, text) for text in texts]

    roll_back(sqlite, None, "anna", NOON)

    assert [verdict(house, text) for text in texts] == before != trained
    roll_back(sqlite, outcome.version, "anna", NOON)
    assert [verdict(house, text) for text in texts] == trained


def test_a_desk_that_starts_later_judges_with_the_promoted_heads(
    sqlite: Database, house: HouseRules, folder: Path, corrected: list[int]
) -> None:
    train(sqlite, house, "anna", NOON)
    trained = seen(house, "wen tokens of link")

    another = HouseRules(folder, monotonic=Ticking(), encoder=WordEncoder)
    follow(sqlite, another, TELEGRAM, NOON)

    assert seen(another, "wen tokens of link") == trained


def test_heads_that_are_no_better_are_refused_and_nothing_changes(
    sqlite: Database, house: HouseRules, write: Callable[..., int]
) -> None:
    # The judge has these right already: there is nothing to win.
    for thing in ("bnb", "avax", "near", "atom", "link", "uni"):
        say(sqlite, write(f"my deposit of {spelt(thing)} never came"), Topic.DEPOSIT, urgency=Urgency.HIGH)  # fmt: skip
    before = seen(house, "my deposit of link never came")
    version = house.judge.version

    outcome = train(sqlite, house, "anna", NOON)

    assert outcome.version is None
    assert outcome.why.endswith("The judge stays as it is.")
    house.refresh()
    assert (seen(house, "my deposit of link never came"), house.judge.version) == (before, version)
    with sqlite.read() as connection:
        (row,) = promoted.all_of(connection)
        assert promoted.in_force(connection) is None
    assert (row.verdict, row.promoted_at) == ("refused", None)


def test_heads_that_forget_what_came_with_the_program_are_refused(
    sqlite: Database, house: HouseRules, write: Callable[..., int]
) -> None:
    # Somebody calls every deposit spam: the corrections are learned, and the shipped messages unlearned.
    for thing in (*THINGS * 3, *(f"q{name}" for name in range(40))):
        say(sqlite, write(f"my deposit of {spelt(thing)} never came"), Topic.SPAM)
    house.refresh()

    outcome = train(sqlite, house, "anna", NOON)

    figures = outcome.figures
    assert figures["candidate"]["corrections_topic"] > figures["incumbent"]["corrections_topic"]
    assert figures["candidate"]["seeds_right"] < figures["incumbent"]["seeds_right"]
    assert outcome.version is None


def test_too_few_corrections_are_not_trained_on(
    sqlite: Database, house: HouseRules, write: Callable[..., int]
) -> None:
    say(sqlite, write("wen tokens"))
    house.refresh()

    outcome = train(sqlite, house, "anna", NOON)

    assert outcome.version is None
    assert outcome.why.startswith("1 corrections since the last training are too few")


def test_where_only_the_rules_judge_there_is_nothing_to_train(
    rules_folder: Path, sqlite: Database
) -> None:
    for name in ("roster", "targets"):
        (rules_folder / f"{name}.toml").write_text("", "utf-8")
    house = HouseRules(rules_folder, encoder=WordEncoder)  # no seeds: too few examples to learn

    with pytest.raises(NotPossible, match="No judge here can learn"):
        train(sqlite, house, "anna", NOON)


def test_who_corrects_while_heads_are_trained_is_not_passed_over(
    sqlite: Database, house: HouseRules, corrected: list[int], write: Callable[..., int]
) -> None:
    say(sqlite, write("what is this"))  # the judge has not looked since

    with pytest.raises(NotPossible, match="meanwhile"):
        train(sqlite, house, "anna", NOON)


def test_a_forgotten_message_is_unlearned_by_the_heads_in_force(
    sqlite: Database, house: HouseRules, corrected: list[int]
) -> None:
    train(sqlite, house, "anna", NOON)
    trained = seen(house, "wen tokens of link").by

    with sqlite.write() as connection:
        labels.forget(connection, corrected, NOON)

    assert seen(house, "wen tokens of link").topic is not Topic.PROMO
    assert seen(house, "wen tokens of link").by != trained
    assert all(seed.by == "" for seed in house.judge.study().incumbent.seeds)  # type: ignore[union-attr]


def test_other_people_are_not_quoted_as_a_reason(
    sqlite: Database, house: HouseRules, corrected: list[int]
) -> None:
    train(sqlite, house, "anna", NOON)
    with sqlite.write() as connection:
        labels.restore(connection, labels.State(), NOON)  # so that only the heads remember
        labels.note(connection, NOON, "anna", "forgotten")

    judged = seen(house, f"wen tokens of {spelt('btc')}")

    assert any("labelled by anna" in reason for reason in judged.reasons)
    assert not any(spelt("btc") in reason for reason in judged.reasons)


def test_without_the_light_tier_an_equal_text_is_still_remembered(
    rules_folder: Path, sqlite: Database
) -> None:
    for name in ("roster", "targets"):
        (rules_folder / f"{name}.toml").write_text("", "utf-8")
    house = HouseRules(rules_folder, monotonic=Ticking(), encoder=WordEncoder)
    follow(sqlite, house, TELEGRAM, NOON)
    with sqlite.write() as connection:
        messages.save_batch(connection, "tg", "updates", Batch((a_message("wen tokens sers"),)), NOON)  # fmt: skip

    say(sqlite, 1)
    house.refresh()

    judged = house.judge.assess([a_message("Wen tokens, sers?")])[0]
    assert judged.topic is Topic.PROMO
    assert judged.by.startswith("rules/")


def test_an_encoder_that_breaks_leaves_judging_and_equal_texts(
    sqlite: Database, house: HouseRules, write: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(sqlite, write("wen tokens pretty please"))
    house.refresh()

    def broken(self: WordEncoder, texts: Any) -> Any:
        raise MemoryError("no room")

    monkeypatch.setattr(WordEncoder, "encode", broken)

    judged = house.judge.assess([a_message("something unheard of"), a_message("Wen tokens pretty please!")])  # fmt: skip
    assert [one.topic for one in judged] == [Topic.CHATTER, Topic.PROMO]
    assert all(one.by.startswith("rules/") for one in judged)


def test_the_desk_trains_by_itself_after_so_many_corrections_and_not_at_its_start(
    sqlite: Database, house: HouseRules, corrected: list[int]
) -> None:
    look = training(sqlite, house, 10, lambda: NOON)

    look()
    assert in_force(sqlite) is None

    look()
    assert in_force(sqlite) is not None


def test_the_desk_never_trains_by_itself_where_that_is_turned_off(
    sqlite: Database, house: HouseRules, corrected: list[int]
) -> None:
    look = training(sqlite, house, 0, lambda: NOON)

    for _ in range(3):
        look()

    assert in_force(sqlite) is None


def in_force(database: Database) -> Any:
    with database.read() as connection:
        return promoted.in_force(connection)


def test_what_a_judgement_is_signed_with_can_be_looked_up(
    sqlite: Database, house: HouseRules, corrected: list[int]
) -> None:
    note = noting(sqlite, house, lambda: NOON)
    note()
    train(sqlite, house, "anna", NOON)
    judged = seen(house, "wen tokens of link")
    note()

    names = (house.judge.version, house.judge.judge.version)
    with sqlite.read() as connection:
        rows = labels.judges_of(connection, names)
        row = rows[house.judge.version]
        count = connection.execute(sa.select(sa.func.count()).select_from(judge_version)).scalar_one()  # fmt: skip
    assert judged.by in names
    assert set(rows) == set(names)
    assert (row.tier, row.heads, row.rules) == ("light", 1, house.judge.rules_version)
    assert row.model == house.judge.study().incumbent.model.key  # type: ignore[union-attr]
    assert count == 4


def test_the_case_that_was_opened_under_a_wrong_label_carries_the_right_one(
    desk: Any, sqlite: Database
) -> None:
    desk.hears(a_message("feedback normal"))
    number = next(iter(desk.rows(message_table).values())).id

    correct(sqlite, number, Topic.WITHDRAWAL, Urgency.HIGH, "anna", NOON, "terminal")

    assert (desk.case().topic, desk.case().urgency) == (Topic.WITHDRAWAL, Urgency.HIGH)


def test_a_case_that_is_about_something_else_by_now_is_left_alone(
    desk: Any, sqlite: Database
) -> None:
    desk.hears(a_message("feedback normal"), a_message("critical security", id="2", after=10))
    first = next(iter(desk.rows(message_table).values())).id

    correct(sqlite, first, Topic.PROMO, Urgency.LOW, "anna", NOON, "terminal")

    assert desk.case().topic is Topic.SECURITY


def test_who_labels_a_whole_case_at_the_desk_labels_it_whatever_raised_it(
    desk: Any, sqlite: Database
) -> None:
    desk.hears(a_message("feedback normal"), a_message("critical security", id="2", after=10))
    first = next(iter(desk.rows(message_table).values())).id

    with sqlite.write() as connection:
        correct(connection, first, Topic.PROMO, Urgency.LOW, "anna", NOON, "desk")

    assert desk.case().topic is Topic.PROMO


def read_anew(desk: Any) -> None:
    """Something late has its whole place read once more."""
    desk.hears(a_message("gm", id="99", author="99", after=-30))


def test_a_corrected_case_stays_corrected_when_its_place_is_read_anew(
    desk: Any, sqlite: Database
) -> None:
    desk.hears(a_message("feedback normal"))
    number = next(iter(desk.rows(message_table).values())).id
    correct(sqlite, number, Topic.WITHDRAWAL, Urgency.HIGH, "anna", NOON, "terminal")

    read_anew(desk)

    assert (desk.case().topic, desk.case().urgency) == (Topic.WITHDRAWAL, Urgency.HIGH)


def test_what_somebody_says_was_a_question_gets_its_case_from_when_it_was_asked(
    desk: Any, sqlite: Database
) -> None:
    desk.hears(a_message("wen"))
    assert desk.cases() == []
    number = next(iter(desk.rows(message_table).values())).id

    correct(sqlite, number, Topic.PROMO, Urgency.NORMAL, "anna", NOON, "terminal")
    desk.judges()

    before = desk.case()
    assert (before.topic, before.opened_at) == (Topic.PROMO, NOON)
    read_anew(desk)
    assert desk.case() == before


def test_a_label_that_says_chatter_takes_no_case_away_by_itself(
    desk: Any, sqlite: Database
) -> None:
    desk.hears(a_message("feedback normal"))
    number = next(iter(desk.rows(message_table).values())).id

    correct(sqlite, number, Topic.CHATTER, Urgency.LOW, "anna", NOON, "terminal")
    read_anew(desk)

    assert desk.case().topic is Topic.FEEDBACK
