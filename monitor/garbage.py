"""How often Python looks for circles of things that nobody uses any more, while the desk runs. It frees nothing itself.

What has been loaded by then (rules, models, libraries: some 200,000 things) stays to the end and need not be looked
through again and again, and a page of messages makes more things than Python's own limit of 700: that costs 5 us
of the 150 a message.
"""

from __future__ import annotations

import gc

SELDOM = 10_000  # things more than before; a page of a hundred messages makes about as many


def collect_seldom() -> None:
    """For the program that has started; whoever calls it owns the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM, *gc.get_threshold()[1:])
