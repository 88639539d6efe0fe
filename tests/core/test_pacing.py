"""How fast we may speak: never over the allowance, and something is kept for the urgent."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pacing import Allowance, Pacer
from monitor.testing import NOON

SCOPE = (("chat", "-100"),)
allowances = st.builds(
    Allowance,
    st.integers(1, 6),
    st.integers(1, 90).map(lambda s: timedelta(seconds=s)),
    st.integers(0, 3),
)


@given(
    limits=st.lists(allowances, min_size=1, max_size=3),
    gaps=st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=60),
)
def test_no_window_ever_holds_more_than_its_allowance(
    limits: list[Allowance], gaps: list[tuple[int, bool]]
) -> None:
    pacer, now, said = Pacer({"chat": limits}), NOON, []
    for gap, urgent in gaps:
        now += timedelta(seconds=gap)
        free_at = pacer.free_at(SCOPE, now, urgent=urgent)
        assert free_at >= now
        now = free_at
        pacer.spend(SCOPE, now)
        said.append(now)
    for limit in limits:
        for start in said:
            assert sum(start <= at < start + limit.per for at in said) <= limit.count


@given(
    limits=st.lists(allowances, min_size=1, max_size=3),
    said=st.lists(st.integers(0, 100), max_size=20),
)
def test_when_it_is_free_it_is_free(limits: list[Allowance], said: list[int]) -> None:
    """Coming at the time it named is coming in time: nobody is sent away twice."""
    pacer = Pacer({"chat": limits})
    pacer.refill((SCOPE, NOON + timedelta(seconds=s)) for s in sorted(said))
    free_at = pacer.free_at(SCOPE, NOON + timedelta(seconds=100))
    assert pacer.free_at(SCOPE, free_at) == free_at


def test_the_last_ones_are_kept_for_the_urgent() -> None:
    pacer = Pacer({"chat": (Allowance(3, timedelta(minutes=1), reserve=1),)})
    for _ in range(2):
        pacer.spend(SCOPE, NOON)
    assert pacer.free_at(SCOPE, NOON) == NOON + timedelta(minutes=1)
    assert pacer.free_at(SCOPE, NOON, urgent=True) == NOON


def test_a_reserve_of_everything_still_leaves_one() -> None:
    pacer = Pacer({"chat": (Allowance(1, timedelta(minutes=1), reserve=5),)})
    assert pacer.free_at(SCOPE, NOON) == NOON


def test_scopes_are_counted_apart_and_the_fullest_decides() -> None:
    pacer = Pacer(
        {
            "chat": (Allowance(1, timedelta(seconds=1)),),
            "group": (Allowance(1, timedelta(minutes=1)),),
        }
    )
    both = (("chat", "-1"), ("group", "-1"))
    pacer.spend(both, NOON)
    assert pacer.free_at(both, NOON) == NOON + timedelta(minutes=1)
    assert pacer.free_at((("chat", "-2"), ("group", "-2")), NOON) == NOON


def test_without_an_allowance_nothing_waits() -> None:
    pacer = Pacer({})
    pacer.spend(SCOPE, NOON)
    assert pacer.free_at(SCOPE, NOON) == NOON
    assert pacer.free_at((), NOON) == NOON
