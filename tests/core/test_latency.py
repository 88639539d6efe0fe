"""Shares that count everybody, quantiles that never lie, and nothing that is 0 because it is empty."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.assessment import Topic, Urgency
from monitor.core.latency import (
    Asked,
    CaseClocks,
    Row,
    Wait,
    measure,
    quantile,
)
from monitor.core.messages import Platform
from monitor.core.survival import share_of
from monitor.core.visibility import lag_of

T0 = datetime(2026, 11, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AS_OF = T0 + timedelta(days=7)
TARGET = timedelta(minutes=10)


def a_case(
    *,
    staff: float | None = None,
    community: float | None = None,
    ack: float | None = None,
    opened: float = 0,
    state: str = "open",
    by: str = "reply",
) -> CaseClocks:
    """Clocks in minutes after the case opened; `opened` in minutes after T0."""
    t0 = T0 + opened * MINUTE

    def at(after: float | None) -> datetime | None:
        return None if after is None else t0 + after * MINUTE

    return CaseClocks(
        id=1, platform=Platform.TELEGRAM, place="-1001", topic=Topic.API, urgency=Urgency.NORMAL,
        language="en", opened_at=t0, ack_at=at(ack), staff_first_at=at(staff),
        staff_by=by if staff is not None else None, community_first_at=at(community),
        open_turn_at=None if staff is not None or state != "open" else t0, state=state,
    )  # fmt: skip


def row_of(*cases: CaseClocks, as_of: datetime = AS_OF) -> Row:
    seen = [case.at(as_of) for case in cases]
    return measure([Asked(c, "General", TARGET) for c in seen if c.counts], as_of)


def wait_of(cases: list[CaseClocks], share: float, as_of: datetime) -> Wait | None:
    row = measure([Asked(c, "General", TARGET) for c in cases], as_of)
    return {0.5: row.p50, 0.9: row.p90}[share]


def test_the_three_shares_are_everybody() -> None:
    row = row_of(
        a_case(staff=10),
        a_case(staff=11),
        a_case(staff=12, community=3),
        a_case(community=10),
        a_case(community=11),
        a_case(),
    )
    assert (row.staff, row.community, row.nobody, row.n) == (1, 2, 3, 6)
    assert row.share == pytest.approx(1 / 6)


def test_staff_within_target_goes_before_a_quicker_community() -> None:
    assert row_of(a_case(staff=9, community=1)).staff == 1


def test_an_unanswered_case_is_late_and_said_to_be_undecided_while_its_target_runs() -> None:
    row = row_of(a_case(), as_of=T0 + 10 * MINUTE)
    assert (row.nobody, row.undecided) == (1, 1)
    assert row_of(a_case(), as_of=T0 + 11 * MINUTE).undecided == 0


def test_of_nothing_nothing_is_measured() -> None:
    row = row_of()
    assert row == Row(n=0)
    assert (row.share, row.p50, row.p90, row.ack_p50, row.oldest_waiting) == (None,) * 5


def test_the_median_counts_the_unanswered_as_endless() -> None:
    row = row_of(a_case(staff=1), a_case(staff=2), a_case(), a_case())
    assert row.p50 == Wait(2 * MINUTE)
    assert row.p90 == Wait(AS_OF - T0, is_bound=True)


def test_a_bound_is_a_wait_that_the_quantile_surely_exceeds() -> None:
    # Two of four were asked a minute before the cut-off: nobody knows that half waited a week.
    week = 7 * 24 * 60
    row = row_of(a_case(), a_case(), a_case(opened=week - 1), a_case(opened=week - 1))
    assert row.p50 == Wait(MINUTE, is_bound=True)
    assert row.p90 == Wait(AS_OF - T0, is_bound=True)


waits = st.none() | st.integers(0, 20_000).map(float)
cases = st.lists(
    st.builds(
        lambda staff, opened: a_case(staff=staff, opened=opened), waits, st.integers(0, 10_000)
    ),
    min_size=1,
    max_size=30,
)


@given(cases, st.sampled_from([0.5, 0.9]))
def test_quantiles_agree_with_counting(found: list[CaseClocks], share: float) -> None:
    seen = [case.at(AS_OF) for case in found]
    measured = wait_of(seen, share, AS_OF)
    assert measured is not None
    wanted = math.ceil(round(share * len(seen), 9))
    within = [
        c for c in seen if c.staff_first_at and c.staff_first_at - c.opened_at <= measured.length
    ]
    answered = sorted(c.staff_first_at - c.opened_at for c in seen if c.staff_first_at)
    if measured.is_bound:
        if len(answered) >= wanted:  # reached, but too many left our sight before
            reached = answered[wanted - 1]
            lost = [c for c in seen if not c.staff_first_at and AS_OF - c.opened_at < reached]
            assert len(lost) > len(seen) / 20
        # Whoever answers later can only make it longer.
        later = [replace(c, staff_first_at=c.staff_first_at or AS_OF + MINUTE) for c in seen]
        final = wait_of(later, share, AS_OF + MINUTE)
        assert final is not None
        assert not final.is_bound
        assert measured.length <= final.length
    else:
        lost = [c for c in seen if not c.staff_first_at and AS_OF - c.opened_at < measured.length]
        assert len(lost) <= len(seen) / 20
        assert len(within) + len(lost) >= wanted
        assert measured.length in answered


@given(cases)
def test_the_order_of_cases_changes_nothing(found: list[CaseClocks]) -> None:
    assert row_of(*found) == row_of(*reversed(found))


@given(cases)
def test_shares_always_add_up(found: list[CaseClocks]) -> None:
    row = row_of(*found)
    assert row.staff + row.community + row.nobody == row.n == len(found)


def test_what_happened_after_the_cut_off_has_not_happened() -> None:
    case = a_case(staff=60, community=50, ack=40)
    row = row_of(case, as_of=T0 + 45 * MINUTE)
    assert (row.staff_ever, row.acked, row.unanswered, row.by_proximity) == (0, 1, 1, 0)


def test_acknowledgements_are_measured_among_themselves() -> None:
    row = row_of(*(a_case(ack=n) for n in range(1, 21)), a_case())
    assert (row.acked, row.ack_p50, row.ack_p95) == (20, 10 * MINUTE, 19 * MINUTE)


def test_a_clock_that_runs_backwards_counts_as_no_wait() -> None:
    row = row_of(a_case(staff=-1, ack=-1))
    assert (row.staff, row.p50, row.ack_p50) == (1, Wait(timedelta(0)), timedelta(0))


def test_waiting_and_unanswered_are_two_things() -> None:
    helped = a_case(community=5)
    row = row_of(helped, a_case(opened=1), a_case(state="resolved", opened=2))
    assert (row.waiting, row.oldest_waiting) == (2, AS_OF - T0)
    assert (row.unanswered, row.oldest_unanswered) == (1, AS_OF - T0 - MINUTE)


def test_withdrawn_before_any_answer_leaves_the_cohort() -> None:
    assert row_of(a_case(state="withdrawn")).n == 0
    assert row_of(a_case(state="withdrawn", community=1)).n == 1


def test_answers_attributed_by_proximity_are_counted() -> None:
    row = row_of(a_case(staff=1, by="proximity"), a_case(staff=1), a_case())
    assert (row.by_proximity, row.staff_ever) == (1, 2)


def test_twelve_cases_are_enough_for_a_percentage() -> None:
    assert row_of(*[a_case()] * 11).is_small
    assert not row_of(*[a_case()] * 12).is_small


def test_lag_counts_clocks_that_run_ahead_and_is_none_of_nothing() -> None:
    seconds = [timedelta(seconds=s) for s in (-2, 1, 1, 5)]
    lag = lag_of(Platform.REDDIT, seconds)
    assert lag is not None
    assert (lag.n, lag.p95, lag.ahead) == (4, timedelta(seconds=5), 1)
    assert lag_of(Platform.REDDIT, []) is None
    only_ahead = lag_of(Platform.REDDIT, seconds[:1])
    assert only_ahead is not None
    assert only_ahead.p95 == timedelta(0)


def test_quantile_of_ten_at_ninety_percent_is_the_ninth() -> None:
    assert quantile([n * MINUTE for n in range(1, 11)], 0.9) == 9 * MINUTE


skewed = st.none() | st.integers(-20_000, 20_000).map(float)
odd_cases = st.lists(
    st.builds(
        a_case,
        staff=skewed, community=skewed, ack=skewed, opened=st.integers(-20_000, 20_000),
        state=st.sampled_from(["open", "resolved", "withdrawn"]),
    ),
    max_size=12,
)  # fmt: skip


@given(odd_cases)
def test_clocks_that_disagree_break_no_figure(found: list[CaseClocks]) -> None:
    """Answers before their questions, questions after the cut-off, one case, none at all."""
    row = row_of(*found)
    assert row.staff + row.community + row.nobody == row.n
    assert row.is_small or row.n >= 12
    for wait in (row.p50, row.p90):
        assert wait is None or wait.length >= timedelta(0)
    for length in (row.ack_p50, row.ack_p95, row.mean_day):
        assert length is None or length >= timedelta(0)
    if row.first is not None:
        assert math.fsum((row.first.staff, row.first.community, row.first.nobody)) == pytest.approx(
            1
        )
    if row.attained is not None:
        assert 0 <= row.attained.share <= 1
        assert math.isfinite(row.attained.variance)


@given(cases, st.lists(st.booleans(), min_size=30, max_size=30))
def test_the_calm_share_is_that_of_the_calm_questions_alone(
    found: list[CaseClocks], calm: list[bool]
) -> None:
    asked = [Asked(c, "General", TARGET, k) for c, k in zip(found, calm, strict=False)]
    alone = measure([a for a in asked if a.is_calm], AS_OF)
    whole = measure(asked, AS_OF)
    assert whole.calm is not None
    assert whole.calm == (alone.attained or share_of(()))
