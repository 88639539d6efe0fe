"""What is loaded once is not looked through again; what comes later still is."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from monitor.garbage import SELDOM, collect_seldom


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Thing:
    def __init__(self) -> None:
        self.me = self


def test_what_was_there_at_the_start_is_left_out() -> None:
    collect_seldom()

    assert gc.get_freeze_count() > 1_000
    assert gc.get_threshold()[0] == SELDOM


def test_circles_made_later_are_still_freed() -> None:
    collect_seldom()
    gone = weakref.ref(Thing())

    gc.collect()

    assert gone() is None
