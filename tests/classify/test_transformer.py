"""The tier of a transformer: called for what is doubtful, named in its judgements, and never missed when it is away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")

from monitor.classify.rulefiles import LiveRules
from monitor.classify.tiers import NoTier, Tier, Tiers
from monitor.classify.transformer import Calls, TransformerTier
from monitor.classify.transformerencoder import Remote, Setting
from monitor.core.messages import Author, Message, Platform
from tests.classify import workers
from tests.classify.lightly import WordEncoder, seeds_toml
from tests.desks import ROOT, soon

ALWAYS, NEVER = Calls(always=True), Calls(below=0.0)
Make = Callable[..., Tiers]


def a_message(text: str) -> Message:
    when = datetime(2026, 11, 16, 12, tzinfo=UTC)
    return Message(Platform.TELEGRAM, "-1001", "1", Author("7"), text, when)


def judged(tiers: Tiers, *texts: str) -> list[str]:
    """The tier that judged each."""
    return [one.by.split("/")[0] for one in tiers.assess([a_message(text) for text in texts])]


@pytest.fixture
def folder(rules_folder: Path) -> Path:
    (rules_folder / "seeds").mkdir()
    (rules_folder / "seeds" / "en.toml").write_text(seeds_toml(), "utf-8")
    return rules_folder


@pytest.fixture
def make(folder: Path, tmp_path: Path) -> Iterator[Make]:
    """Tiers with a light tier of a stand-in and a transformer's; what they started is ended afterwards."""
    made: list[Tiers] = []

    def one(
        target: Any = None, *, calls: Calls = ALWAYS, model: Path = tmp_path, **more: Any
    ) -> Tiers:
        setting = Setting(model, "tiny", linger=0.0, answer_within=more.pop("answer_within", 30.0))
        remote = Remote(setting, target=target) if target else Remote(setting)
        cache = more.get("cache")
        third = TransformerTier(setting, calls, cache, remote=remote)
        made.append(
            Tiers(LiveRules(folder), folder, encoder=WordEncoder, third=lambda: third, **more)
        )
        return made[-1]

    yield one
    for tiers in made:
        tiers.close()


def at_work(tiers: Tiers) -> Tiers:
    soon("the transformer judges", lambda: "transformer/" in tiers.at_work)
    return tiers


def test_the_light_tier_judges_until_the_model_has_learned_and_every_judgement_says_who(
    make: Make,
) -> None:
    tiers = make(workers.good)

    at_work(tiers)

    assert judged(tiers, "my deposit of btc never came") == ["transformer"]
    assert tiers.version.startswith("light/")
    assert tiers.problem is None


def test_only_what_is_doubtful_urgent_or_foreign_is_asked(make: Make) -> None:
    tiers = at_work(make(workers.good, calls=NEVER))

    said = judged(tiers, "gm friends, btc btcx looks green", "somebody hacked me and took btc btcx btcy btcz",
                  "tôi không rút được tiền, xin hãy giúp tôi với")  # fmt: skip

    assert said == ["light", "transformer", "transformer"]


def test_a_killed_worker_is_replaced_by_the_light_tier_and_told_once(make: Make) -> None:
    tiers = at_work(make(workers.good))
    third = tiers._third
    assert third is not None
    assert third.remote.pid is not None
    os.kill(third.remote.pid, signal.SIGKILL)

    said = [judged(tiers, "my deposit never came")[0] for _ in range(3)]

    assert said == ["light", "light", "light"]
    problems = {tiers.refresh() for _ in range(3)}
    assert problems == {
        "The model tiny is out: the model's process died. The next tier judges meanwhile."
    }
    assert "transformer" not in tiers.at_work


def test_a_hanging_worker_is_replaced_by_the_light_tier(make: Make) -> None:
    tiers = make(workers.hanging, answer_within=0.1)

    soon("it is given up", lambda: tiers.problem)

    assert judged(tiers, "my deposit never came") == ["light"]
    assert "did not answer within" in (tiers.problem or "")


@pytest.mark.parametrize("worker", [workers.dying_midway, workers.hanging_midway])
def test_what_is_lost_in_the_midst_of_an_answer_is_judged_by_the_light_tier(
    make: Make, worker: Any
) -> None:
    tiers = at_work(make(worker, answer_within=1.0))

    said = judged(tiers, *[f"my deposit never came {at}" for at in range(40)], "I faint")

    assert said == ["light"] * 41
    assert tiers.problem is not None


def test_a_broken_model_leaves_the_light_tier_at_work(make: Make) -> None:
    tiers = make(workers.broken)

    soon("it is told", lambda: tiers.problem)

    assert judged(tiers, "my deposit never came") == ["light"]
    assert tiers.problem == (
        "The model tiny is out: its weights are damaged; fetch the model anew. The next tier judges meanwhile."
    )


def test_whoever_asks_for_a_model_that_does_not_work_is_told_why(make: Make, folder: Path) -> None:
    with pytest.raises(NoTier, match="Its weights are damaged"):
        make(workers.broken, only=Tier.TRANSFORMER)
    with pytest.raises(NoTier, match="No model is configured"):
        Tiers(LiveRules(folder), folder, encoder=WordEncoder, only=Tier.TRANSFORMER)


def test_the_vectors_of_the_seeds_are_read_once(make: Make, tmp_path: Path) -> None:
    first = make(workers.good, only=Tier.TRANSFORMER, cache=tmp_path / "cache")
    asked = (tmp_path / "asked").read_text()

    second = make(workers.good, only=Tier.TRANSFORMER, cache=tmp_path / "cache")

    assert (tmp_path / "asked").read_text() == asked
    assert second.judge.version == first.judge.version
    text = [a_message("somebody hacked me and took doge")]
    assert second.assess(text) == first.assess(text)


def test_a_damaged_cache_is_made_anew(make: Make, tmp_path: Path) -> None:
    first = make(workers.good, only=Tier.TRANSFORMER, cache=tmp_path / "cache")
    for file in (tmp_path / "cache" / "transformer").iterdir():
        file.write_bytes(file.read_bytes()[:100])

    second = make(workers.good, only=Tier.TRANSFORMER, cache=tmp_path / "cache")

    assert second.judge.version == first.judge.version


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real checkpoint with a real tokenizer, made here."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        pytest.skip("torch or transformers is not installed: the extra transformers")
    folder = tmp_path_factory.mktemp("tiny")
    command = [sys.executable, "-m", "tests.classify.tiny_model", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return folder


def test_a_real_model_reads_judges_and_compares_itself(make: Make, tiny: Path) -> None:
    tiers = make(model=tiny, only=Tier.TRANSFORMER)

    judge: Any = tiers.judge
    (one,) = judge.assess([a_message("my deposit of btc btcx btcy btcz never came")])

    assert one.by == judge.version
    assert one.topic == "deposit"
    assert judge.raw(["my deposit"] * 20).seconds > 0
    alone, *_ = judge.remote.encode(["gm friends"])
    among = judge.remote.encode(["what is the fee for " * 9, "gm friends"])[1]
    assert float(alone @ among) > 0.999
    assert judge.remote.encode(["\ud800 🙏 " + "x" * 40_000, ""]).shape[0] == 2


@pytest.mark.parametrize("count", [1, 16, 17, 64, 80, 81, 230])
def test_many_are_judged_each_as_if_it_were_alone(make: Make, count: int) -> None:
    tiers = make(workers.good, only=Tier.TRANSFORMER)
    judge: Any = tiers.judge
    what = ("my deposit of btc never came", "gm friends", "somebody hacked me")
    texts = [f"{what[at % 3]} {'btcx ' * (at % 7)}{at}" for at in range(count)]

    together = judge.assess([a_message(text) for text in texts])

    assert len(together) == count
    for at in {0, 6, 40, count // 2, count - 1} & set(range(count)):
        (alone,) = judge.assess([a_message(texts[at])])
        assert (alone.topic, alone.urgency) == (together[at].topic, together[at].urgency)
        assert alone.confidence == pytest.approx(together[at].confidence, abs=0.002)


def test_a_batch_is_one_question_and_nothing_is_read_twice(make: Make, tmp_path: Path) -> None:
    judge: Any = make(workers.good, only=Tier.TRANSFORMER).judge
    before = len((tmp_path / "asked").read_text().split())

    judge.assess([a_message(f"my deposit {at}") for at in range(150)])
    judge.assess([])

    assert (tmp_path / "asked").read_text().split()[before:] == ["150"]


def cut(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:-1000])


def lacking(weights: Path) -> None:
    """A whole file in which one layer has another name."""
    held = weights.read_bytes()
    weights.write_bytes(held.replace(b"encoder.layer.1.output", b"encoder.layer.7.output"))


@pytest.mark.parametrize(("damage", "said"), [(cut, "is damaged"), (lacking, "lacks weights")])
def test_corrupt_files_leave_the_light_tier_at_work(
    make: Make, tiny: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    copy = Path(shutil.copytree(tiny, tmp_path / "copy"))
    damage(copy / "model.safetensors")

    tiers = make(model=copy)
    problem = soon("it is told", lambda: tiers.problem)

    assert said in problem
    assert judged(tiers, "my deposit never came") == ["light"]


def test_without_the_extra_the_light_tier_judges(make: Make, tmp_path: Path) -> None:
    tiers = make(workers.without_torch, model=workers.a_checkpoint(tmp_path / "model"))

    problem: str = soon("it is told", lambda: tiers.problem)

    assert "install the extra transformers" in problem
    assert judged(tiers, "my deposit never came") == ["light"]
