"""Curves of waits agree with lifelines and with counting, and never say more than was watched."""

from __future__ import annotations

import math
import random
import statistics
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.survival import (
    Attained,
    Spell,
    answered_first,
    attainment,
    differ,
    kaplan_meier,
    share_of,
    student,
)

DAY = 86400.0


def spells_of(seed: int, n: int = 200, cut: float = 900) -> list[Spell]:
    """Waits with ties and cuts in whole seconds, over 28 blocks."""
    chance = random.Random(seed)
    found = []
    for _ in range(n):
        wait, watched = chance.expovariate(1 / 400) // 1, chance.uniform(0, cut) // 1
        found.append(Spell(min(wait, watched), wait <= watched, chance.randrange(28)))
    return found


@pytest.fixture(scope="module")
def lifelines() -> Any:
    """The oracle; it is not needed to run the desk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "lifelines", reason="the oracle lifelines is not installed: pip install lifelines"
        )


def test_curves_equal_those_of_lifelines(lifelines: Any) -> None:
    for seed in range(40):
        spells = spells_of(seed)
        curve = kaplan_meier(spells)
        lengths, ended = [s.length for s in spells], [s.ended for s in spells]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            oracle = lifelines.KaplanMeierFitter().fit(lengths, ended)
            theirs = oracle.percentile(0.9)
        for time, still in oracle.survival_function_["KM_estimate"].items():
            assert abs(curve.waiting_after(time) - still) < 1e-12
        mine = curve.quantile(0.1)
        assert mine is None or mine == theirs


def test_restricted_means_equal_those_of_lifelines(lifelines: Any) -> None:
    for seed in range(20):
        spells = spells_of(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            oracle = lifelines.KaplanMeierFitter().fit(
                [s.length for s in spells], [s.ended for s in spells]
            )
            wanted = lifelines.utils.restricted_mean_survival_time(oracle, t=600)
        found = kaplan_meier(spells).mean_until(600)
        assert found is not None
        assert abs(found - wanted) < 1e-12 * 600


def test_who_came_first_equals_lifelines_aalen_johansen(lifelines: Any) -> None:
    chance = random.Random(3)
    for seed in range(20):
        # It moves ties apart by chance, so there are none here.
        lengths = [float(n) for n in chance.sample(range(1, 10_000), 150)]
        kinds = [chance.choice([None, "staff", "community"]) for _ in lengths]
        found = answered_first(list(zip(lengths, kinds, strict=True)), 5000)
        codes = [{None: 0, "staff": 1, "community": 2}[k] for k in kinds]
        for code, who in ((1, "staff"), (2, "community")):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                oracle = lifelines.AalenJohansenFitter(calculate_variance=False, seed=seed)
                oracle.fit(lengths, codes, event_of_interest=code)
            wanted = oracle.cumulative_density_.loc[:5000].iloc[-1, 0]
            assert abs(found.get(who, 0.0) - wanted) < 1e-12


def test_where_everybody_was_watched_the_curve_is_a_count() -> None:
    spells = [Spell(n, ended=True) for n in (1, 2, 2, 7)]
    curve = kaplan_meier(spells)
    assert [curve.waiting_after(x) for x in (0, 1, 2, 6.9, 7, 99)] == [1, 0.75, 0.25, 0.25, 0, 0]
    assert [curve.quantile(q) for q in (0.25, 0.5, 0.75, 0.9, 1)] == [1, 2, 2, 7, 7]
    assert curve.mean_until(10) == pytest.approx(3.0)


def test_no_quantile_is_invented() -> None:
    half_wait = [Spell(1, ended=True)] * 4 + [Spell(60, ended=False)] * 5
    assert kaplan_meier(half_wait).quantile(0.5) is None
    # The level is reached, but only because many young ones left our sight before.
    young = [Spell(1, ended=False)] * 5 + [Spell(2, ended=True)] * 3 + [Spell(9, ended=False)] * 2
    assert kaplan_meier(young).waiting_after(2) == 0.4
    assert kaplan_meier(young).quantile(0.5) is None


def test_nothing_has_no_curve_no_share_and_no_zero() -> None:
    curve = kaplan_meier([])
    assert (curve.n, curve.quantile(0.5), curve.mean_until(10)) == (0, None, None)
    assert attainment([], 10).interval is None
    assert answered_first([], 10) == {}


def test_a_mean_until_a_time_nobody_was_watched_for_is_not_known() -> None:
    assert kaplan_meier([Spell(5, ended=True), Spell(8, ended=False)]).mean_until(10) is None
    assert kaplan_meier([Spell(5, ended=True), Spell(8, ended=True)]).mean_until(10) == 6.5


def test_without_cuts_the_variance_is_the_ratio_estimators() -> None:
    chance = random.Random(1)
    spells = [Spell(chance.random(), ended=True, block=chance.randrange(28)) for _ in range(900)]
    found = attainment(spells, 0.7)
    share = sum(s.length <= 0.7 for s in spells) / 900
    wanted = 0.0
    for quarter in range(4):
        sums = [
            sum((s.length <= 0.7) - share for s in spells if s.block == b) / 900
            for b in range(quarter, 28, 4)
        ]
        wanted += 7 * statistics.variance(sums)
    assert found.share == pytest.approx(share, abs=1e-12)
    assert found.variance == pytest.approx(wanted, rel=1e-9)


def test_a_share_where_nothing_is_unknown_is_the_same_share() -> None:
    chance = random.Random(2)
    spells = [Spell(chance.random(), ended=True, block=chance.randrange(28)) for _ in range(500)]
    slow, quick = attainment(spells, 0.6), share_of((s.block, s.length <= 0.6) for s in spells)
    assert quick.share == pytest.approx(slow.share, abs=1e-12)
    assert quick.variance == pytest.approx(slow.variance, rel=1e-9)
    assert (quick.n, quick.blocks) == (slow.n, slow.blocks)
    assert quick.freedom == pytest.approx(slow.freedom, rel=1e-6)


def test_the_rhythm_of_the_day_is_not_taken_for_luck() -> None:
    # Every night all are late, every afternoon none is: each week will be the same.
    spells = [Spell(20 if b % 4 == 0 else 1, True, b) for b in range(28) for _ in range(10)]
    assert attainment(spells, 10).share == 0.75
    assert attainment(spells, 10).variance < 1e-12


def test_with_cuts_the_variance_is_that_of_leaving_each_block_out() -> None:
    spells = spells_of(5, 2000)
    found = attainment(spells, 300)
    rest = [attainment([s for s in spells if s.block != b], 300).share for b in range(28)]
    shifts = [r * 27 / 28 for r in rest]
    jackknife = 7 * sum(statistics.variance(shifts[quarter::4]) for quarter in range(4))
    assert found.variance == pytest.approx(jackknife, rel=0.05)


spells = st.lists(
    st.builds(Spell, st.integers(0, 50).map(float), st.booleans(), st.integers(0, 15)), min_size=1
)


@given(spells, st.integers(0, 60))
def test_a_share_is_the_complement_of_the_curve_and_inside_its_interval(
    found: list[Spell], x: int
) -> None:
    attained = attainment(found, x)
    assert attained.share == pytest.approx(1 - kaplan_meier(found).waiting_after(x), abs=1e-12)
    if attained.interval is not None:
        low, high = attained.interval
        assert 0 <= low <= attained.share + 1e-12
        assert attained.share - 1e-12 <= high <= 1
        assert high - low > 0.01


@given(spells, st.randoms())
def test_order_changes_nothing(found: list[Spell], chance: random.Random) -> None:
    mixed = list(found)
    chance.shuffle(mixed)
    assert kaplan_meier(mixed) == kaplan_meier(found)
    assert attainment(mixed, 20).share == attainment(found, 20).share


@given(spells, spells)
def test_curves_only_fall_and_a_longer_watch_never_ends_a_wait_earlier(
    found: list[Spell], others: list[Spell]
) -> None:
    curve = kaplan_meier(found + others)
    assert all(a >= b for a, b in zip((1.0, *curve.still), curve.still, strict=False))
    longer = [s if s.ended else Spell(s.length + 99, ended=False) for s in found]
    assert kaplan_meier(longer).waiting_after(60) >= kaplan_meier(found).waiting_after(60) - 1e-12


@given(spells, st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_is_only_printed_where_the_curve_reaches_it(
    found: list[Spell], share: float
) -> None:
    curve = kaplan_meier(found)
    length = curve.quantile(share)
    if length is not None:
        assert curve.waiting_after(length) <= 1 - share + 1e-9
        assert sum(not s.ended and s.length < length for s in found) <= len(found) / 20
    elif not any(not s.ended for s in found):
        pytest.fail("everybody was answered, so every quantile is known")


ended_by = st.sampled_from([None, "staff", "community"])


@given(st.lists(st.tuples(st.integers(0, 20).map(float), ended_by), min_size=1))
def test_staff_community_and_nobody_are_everybody(
    found: list[tuple[float, str | None]],
) -> None:
    shares = answered_first(found, 15)
    assert math.fsum(shares.values()) == pytest.approx(1)
    anybody = kaplan_meier([Spell(length, who is not None) for length, who in found])
    assert shares[None] == pytest.approx(anybody.waiting_after(15))


def test_community_as_a_rival_gives_staff_less_than_community_as_a_cut() -> None:
    waits = [(1.0, "community")] * 50 + [(2.0, "staff")] * 25 + [(9.0, None)] * 25
    assert answered_first(waits, 5)["staff"] == 0.25
    as_cut = kaplan_meier([Spell(length, who == "staff") for length, who in waits])
    assert 1 - as_cut.waiting_after(5) == 0.5


@pytest.mark.parametrize(
    ("freedom", "point"),
    [(4, 2.7764), (5, 2.5706), (8, 2.3060), (27, 2.0518), (54, 2.0049), (1000, 1.9623)],
)
def test_students_points_are_those_of_the_tables(freedom: int, point: float) -> None:
    assert student(freedom) == pytest.approx(point, abs=0.01)


def test_weeks_differ_only_beyond_the_luck_of_their_hours() -> None:
    quiet = Attained(0.80, 0.0004, 3000, 28, 20)  # two points each way
    assert differ(quiet, Attained(0.84, 0.0004, 3000, 28, 20)) is False
    assert differ(quiet, Attained(0.88, 0.0004, 3000, 28, 20)) is True
    assert differ(quiet, Attained(0.10, 0.0004, 40, 7, 3)) is None


def test_all_in_time_is_not_certainty() -> None:
    perfect = attainment([Spell(1, ended=True, block=n % 12) for n in range(400)], 5)
    assert perfect.share == 1
    assert perfect.interval is not None
    assert perfect.interval[0] < 0.8
    assert differ(perfect, perfect) is False
