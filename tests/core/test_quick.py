"""What is cheap to make is frozen all the same, and changes as other dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import dataclass, field

import pytest

from monitor.core.cases import Turn
from monitor.core.messages import Author
from monitor.core.quick import quick, replace
from monitor.testing import NOON, a_message


@quick
@dataclass(frozen=True, slots=True)
class Thing:
    """With every kind of field."""

    name: str
    size: int = 3
    parts: list[str] = field(default_factory=list)


def test_it_takes_what_the_dataclass_took() -> None:
    assert Thing("a") == Thing(name="a", size=3, parts=[])
    assert Thing("a", 4, ["b"]) != Thing("a", 4)
    assert hash(Author("1", "x")) == hash(Author("1", name="x"))
    assert repr(Thing("a")) == "Thing(name='a', size=3, parts=[])"
    for wrong in ({}, {"name": "a", "weight": 1}):
        with pytest.raises(TypeError):
            Thing(**wrong)


def test_what_is_made_by_default_is_no_others() -> None:
    one, other = Thing("a"), Thing("b")
    one.parts.append("p")
    assert other.parts == []


def test_it_stays_frozen_however_it_was_made() -> None:
    made = Thing("a")
    for one in (made, replace(made, size=9), copy.copy(made), pickle.loads(pickle.dumps(made))):
        assert type(one) is Thing
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.name = "b"


def test_a_change_leaves_the_first_one_as_it_was() -> None:
    message = a_message("hello")
    changed = replace(message, text="bye")
    assert (message.text, changed.text) == ("hello", "bye")
    assert changed == dataclasses.replace(message, text="bye")
    assert replace(changed, text="hello") == message
    with pytest.raises(AttributeError):
        replace(message, no_such_field=1)


def test_other_dataclasses_are_changed_too() -> None:
    @dataclass(frozen=True)
    class Slow:
        at: int

    assert replace(Slow(1), at=2) == Slow(2)
    assert replace(Turn(NOON), staff_at=NOON) == Turn(NOON, NOON)
