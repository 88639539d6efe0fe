"""Context: what surrounds a message may raise its judgement, never lower it, and costs nothing elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.assessment import UNSURE, Assessment, Complexity, Topic, Urgency
from monitor.core.context import (
    Situation,
    in_context,
    in_full,
    is_follow_up,
    needs_parent,
    under_pressure,
)

NOTHING = Assessment(Topic.CHATTER, Urgency.LOW, "en", Complexity.SIMPLE, 0.4, ("nothing",))
QUESTION = Assessment(Topic.WITHDRAWAL, Urgency.NORMAL, "en", Complexity.SIMPLE, 0.9)
AGAIN = Assessment(
    Topic.CHATTER, Urgency.LOW, "en", Complexity.SIMPLE, 0.4, (), frozenset({"repeat", "unsure"})
)
CASE = Situation(
    case_topic=Topic.DEPOSIT, case_urgency=Urgency.HIGH, case_complexity=Complexity.COMPLEX
)
JUDGED = st.builds(
    Assessment,
    st.sampled_from(Topic),
    st.sampled_from(Urgency),
    st.just("en"),
    st.sampled_from(Complexity),
    st.floats(0, 1),
    signals=st.frozensets(st.sampled_from(["repeat", "thanks", "unsure", "asking"])),
)
SITUATIONS = st.builds(
    Situation,
    text=st.text(max_size=80),
    case_topic=st.none() | st.sampled_from(Topic),
    case_urgency=st.sampled_from(Urgency),
    case_complexity=st.sampled_from(Complexity),
    nudges=st.integers(0, 5),
)


def around(text: str, situation: Situation = CASE) -> Situation:
    return Situation(
        text,
        case_topic=situation.case_topic,
        case_urgency=situation.case_urgency,
        case_complexity=situation.case_complexity,
    )


@pytest.mark.parametrize("text", ["??", "???!", "？？", " ? "])
def test_question_marks_alone_inherit_the_topic_of_the_case(text: str) -> None:
    judged = in_context(NOTHING, around(text))

    assert (judged.topic, judged.urgency) == (Topic.DEPOSIT, Urgency.HIGH)
    assert judged.complexity is Complexity.COMPLEX
    assert judged.reasons[0] == "goes on with what was asked before"


@pytest.mark.parametrize("text", ["still nothing", "any news", "还没", "まだですか"])
def test_a_short_asking_again_inherits_the_case_and_is_no_longer_in_doubt(text: str) -> None:
    judged = in_context(AGAIN, around(text))

    assert judged.topic is Topic.DEPOSIT
    assert UNSURE not in judged.signals
    assert UNSURE in AGAIN.signals


def test_what_names_its_own_topic_keeps_it() -> None:
    judged = in_context(QUESTION, around("is my withdrawal still pending"))

    assert judged is QUESTION


def test_thanks_are_no_asking_again() -> None:
    thanks = Assessment(
        Topic.CHATTER,
        Urgency.LOW,
        "en",
        Complexity.SIMPLE,
        0.9,
        (),
        frozenset({"thanks", "repeat"}),
    )

    assert not is_follow_up(thanks, "thanks again")
    assert in_context(thanks, around("thanks again")) is thanks


def test_a_long_message_speaks_for_itself() -> None:
    assert not is_follow_up(AGAIN, "still " + "so many words that it tells its own story " * 2)


def test_a_follow_up_without_a_case_stays_what_it_is() -> None:
    assert in_context(NOTHING, Situation("??")) is NOTHING


def test_asking_again_twice_raises_one_step_and_once_does_not() -> None:
    once = in_context(QUESTION, Situation(nudges=1))
    twice = in_context(QUESTION, Situation(nudges=2))

    assert once is QUESTION
    assert (twice.urgency, twice.complexity) == (Urgency.HIGH, Complexity.COMPLEX)
    assert twice.reasons[0] == "asked again 2 times"


def test_asking_again_counts_from_how_urgent_the_case_already_is() -> None:
    small = Assessment(Topic.DEPOSIT, Urgency.LOW, "en", Complexity.SIMPLE, 0.9)
    open_case = Situation(case_topic=Topic.DEPOSIT, case_urgency=Urgency.NORMAL, nudges=2)

    assert in_context(small, open_case).urgency is Urgency.HIGH


def pressed(urgency: Urgency, *, late: bool = False, in_surge: bool = False) -> Urgency:
    return under_pressure(urgency, Complexity.SIMPLE, late=late, in_surge=in_surge).urgency


def test_waiting_too_long_and_a_surge_each_raise_one_step_and_say_so() -> None:
    both = under_pressure(Urgency.LOW, Complexity.SIMPLE, late=True, in_surge=True)

    assert pressed(Urgency.LOW, late=True) is Urgency.NORMAL
    assert pressed(Urgency.NORMAL, in_surge=True) is Urgency.HIGH
    assert (both.urgency, both.complexity) == (Urgency.HIGH, Complexity.COMPLEX)
    assert both.why == ("waits longer than it should", "many ask about this just now")


def test_without_any_of_it_a_case_stays_as_it_was_written() -> None:
    calm = under_pressure(Urgency.NORMAL, Complexity.SIMPLE, late=False, in_surge=False)

    assert (calm.urgency, calm.complexity, calm.why) == (Urgency.NORMAL, Complexity.SIMPLE, ())


@pytest.mark.parametrize("urgency", Urgency)
def test_surroundings_alone_make_nothing_critical_and_nothing_less_so(urgency: Urgency) -> None:
    assert pressed(urgency, late=True, in_surge=True) == max(
        urgency, min(urgency + 2, Urgency.HIGH)
    )


def test_chatter_is_untouched_by_asking_again() -> None:
    assert in_context(NOTHING, Situation("gm", nudges=5)) is NOTHING


@given(JUDGED, SITUATIONS)
def test_context_never_makes_anything_less_urgent_or_simpler(
    judged: Assessment, situation: Situation
) -> None:
    after = in_context(judged, situation)

    assert after.urgency >= judged.urgency
    assert judged.complexity is Complexity.SIMPLE or after.complexity is Complexity.COMPLEX
    assert after.language == judged.language
    assert after.confidence == judged.confidence


ASKS = Assessment(
    Topic.CHATTER, Urgency.LOW, "en", Complexity.SIMPLE, 0.4, (), frozenset({"asking"})
)


def test_a_short_reply_is_read_with_what_it_answers() -> None:
    assert needs_parent(ASKS, "same for me")
    assert in_full("same for me", "withdrawal pending since noon") == (
        "same for me\nwithdrawal pending since noon"
    )


@pytest.mark.parametrize(
    ("judged", "text"), [(ASKS, "x" * 61), (ASKS, "  "), (QUESTION, "same"), (NOTHING, "lol")]
)
def test_what_is_long_or_says_what_it_is_about_or_asks_nothing_is_read_alone(
    judged: Assessment, text: str
) -> None:
    assert not needs_parent(judged, text)


def test_of_what_is_answered_no_more_is_read_than_it_takes() -> None:
    assert len(in_full("same here", "long " * 1_000)) <= 300
