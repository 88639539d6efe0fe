"""Figures of merit, on cases small enough to count by hand."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from monitor.core import evaluation as measures
from monitor.core.assessment import Topic, Urgency
from monitor.core.evaluation import Verdict

RIGHT = Verdict(
    language="en",
    topic=Topic.WITHDRAWAL,
    urgency=Urgency.HIGH,
    topics=frozenset({Topic.WITHDRAWAL}),
    urgencies=frozenset({Urgency.HIGH}),
    said_language="en",
    ranked=(Topic.WITHDRAWAL, Topic.DEPOSIT),
    said_urgency=Urgency.HIGH,
    confidence=0.9,
    urgency_confidence=0.8,
    critical=0.1,
)
WRONG = replace(RIGHT, ranked=(Topic.DEPOSIT, Topic.WITHDRAWAL), said_urgency=Urgency.LOW)
IDLE = replace(RIGHT, topic=Topic.CHATTER, ranked=(Topic.CHATTER, Topic.SPAM))


def test_macro_f1_is_the_mean_over_labels_given_or_guessed() -> None:
    # a: 2 of 3 right and one false; b: one guessed for a; c: only guessed
    pairs = [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("b", "c")]

    assert measures.macro_f1(pairs) == pytest.approx((2 * 2 / 5 + 2 * 1 / 4 + 0) / 3)


def test_nothing_has_no_f1() -> None:
    assert measures.macro_f1([]) == 0.0


def test_an_accepted_alternative_counts_only_where_it_is_asked_for() -> None:
    lenient = replace(WRONG, topics=frozenset({Topic.WITHDRAWAL, Topic.DEPOSIT}))

    assert measures.topic_f1([lenient]) == 0.0
    assert measures.topic_f1_accepted([lenient]) == 1.0
    assert measures.topic_f1_accepted([WRONG]) == 0.0


def test_an_accepted_urgency_counts_the_same_way() -> None:
    lenient = replace(WRONG, urgencies=frozenset({Urgency.LOW}))

    assert (measures.urgency_f1([lenient]), measures.urgency_f1_accepted([lenient])) == (0.0, 1.0)


def test_the_second_guess_counts_among_the_first_two() -> None:
    far = replace(WRONG, ranked=(Topic.SPAM, Topic.API, Topic.WITHDRAWAL))

    assert measures.topic_top2([RIGHT, WRONG, far, far]) == 0.5


def test_needing_an_answer_does_not_care_which_topic() -> None:
    missed = replace(RIGHT, ranked=(Topic.CHATTER,))
    disturbed = replace(IDLE, ranked=(Topic.API,))

    assert measures.needs_answer_f1([RIGHT, WRONG, IDLE]) == 1.0
    assert measures.needs_answer_f1([RIGHT, missed, disturbed]) == pytest.approx(0.5)


def test_both_chinese_scripts_are_one_language() -> None:
    chinese = replace(RIGHT, language="zh", said_language="zh-Hant")

    assert measures.language_accuracy([chinese, replace(chinese, said_language="ja")]) == 0.5


def ranked_by_critical(*scored: tuple[float, Urgency]) -> list[Verdict]:
    return [replace(RIGHT, critical=score, urgency=urgency) for score, urgency in scored]


def test_critical_recall_takes_the_deepest_threshold_whose_alerts_are_right() -> None:
    critical, calm = Urgency.CRITICAL, Urgency.NORMAL
    verdicts = ranked_by_critical(
        (0.9, critical), (0.8, critical), (0.7, calm), (0.6, critical), (0.5, critical), (0.4, calm)
    )

    assert measures.critical_recall_at_p80(verdicts) == 1.0  # four of five at 0.5
    assert measures.critical_recall_at_2pct(verdicts) == 0.5  # one calm message is more than 2 %


def test_equal_scores_are_flagged_together() -> None:
    verdicts = ranked_by_critical((0.9, Urgency.CRITICAL), (0.9, Urgency.LOW))

    assert measures.critical_recall_at_2pct(verdicts) == 0.0


def test_without_critical_messages_there_is_no_recall() -> None:
    assert measures.critical_recall_at_p80([RIGHT]) is None
    assert measures.interval([RIGHT], measures.critical_recall_at_2pct, lambda n: 0) is None


def test_calibration_error_is_the_gap_between_said_and_found() -> None:
    sure_and_half_right = [(0.95, True), (0.95, False)]

    assert measures.ece(sure_and_half_right) == pytest.approx(0.45)
    assert measures.ece([(1.0, True)] * 3) == 0.0
    assert measures.ece([]) == 0.0


def test_a_sum_of_bins_does_not_cancel_over_bins() -> None:
    assert measures.ece([(0.75, False), (0.25, True)]) == pytest.approx(0.75)


def test_coverage_is_how_much_can_be_judged_at_a_precision() -> None:
    verdicts = [
        replace(RIGHT, confidence=0.9),
        replace(RIGHT, confidence=0.8),
        replace(WRONG, confidence=0.7),
        replace(RIGHT, confidence=0.6),
    ]

    assert measures.coverage(verdicts, 0.9) == 0.5
    assert measures.coverage(verdicts, 0.75) == 1.0
    assert measures.coverage([], 0.9) == 0.0


def test_languages_are_measured_apart() -> None:
    turkish = replace(WRONG, language="tr")

    apart = measures.by_language([turkish, RIGHT])

    assert list(apart) == ["en", "tr"]
    assert [measures.topic_f1(mine) for mine in apart.values()] == [1.0, 0.0]


def test_the_confusion_counts_what_was_taken_for_what() -> None:
    assert measures.confusion([RIGHT, WRONG, WRONG]) == {
        (Topic.WITHDRAWAL, Topic.WITHDRAWAL): 1,
        (Topic.WITHDRAWAL, Topic.DEPOSIT): 2,
    }


def test_an_interval_holds_the_figure_and_is_the_same_each_time() -> None:
    verdicts = [RIGHT] * 60 + [WRONG] * 40

    spans = [
        measures.interval(verdicts, measures.topic_top2, random.Random(1).randrange),
        measures.interval(verdicts, measures.urgency_f1, random.Random(1).randrange),
        measures.interval(verdicts, measures.urgency_f1, random.Random(1).randrange),
    ]

    assert spans[0] == (1.0, 1.0)
    assert spans[1] == spans[2]
    assert spans[1] is not None
    assert spans[1][0] < measures.urgency_f1(verdicts) < spans[1][1]
