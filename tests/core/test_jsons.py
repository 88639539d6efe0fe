"""JSON as Python writes and reads it, only quicker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.assessment import Topic
from monitor.core.jsons import read, written

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(ANYTHING)
def test_what_is_written_reads_as_it_was(value: Any) -> None:
    assert json.loads(written(value)) == value
    assert read(written(value)) == value


@given(st.text() | st.binary())
def test_any_text_is_read_as_python_reads_it_or_refused_like_there(text: str | bytes) -> None:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text

    assert _outcome(read, text) == _outcome(json.loads, plain)


@pytest.mark.parametrize(
    "text",
    [
        '"\\ud800"', "NaN", "1e400", '{"a":1,"a":2}', "123456789012345678901234567890", '"\\u0000"', '["a\tb"]',
        "[1,2", "", "-0", "[" * 100_000,
    ],
)  # fmt: skip
def test_odd_ends_of_json_are_read_as_python_reads_them(text: str) -> None:
    assert _outcome(read, text) == _outcome(json.loads, text)


def test_bytes_that_are_no_utf_8_stand_as_question_marks() -> None:
    assert read(b'{"text":"a\xff"}') == {"text": "a\ufffd"}


def test_half_a_sign_is_written_as_a_question_mark_and_the_rest_stays() -> None:
    assert written(("a\ud800", "ü", Topic.API)) == '["a?","ü","api"]'


def _outcome(reads: Any, text: str | bytes) -> str:
    try:
        return repr(reads(text))
    except RecursionError:
        return "too deep"
    except ValueError:
        return "none"
