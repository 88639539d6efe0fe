"""Names that sound like the team's are noticed; ordinary ones are not."""

from __future__ import annotations

import pytest

from monitor.core.lookalike import pretends

TEAM = ("Emma Clarke", "林梅", "Sam Reyes")


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Support | Exchange", ""),
        ("ExampleX Official", ""),
        ("S U P P O R T", ""),
        ("Supp0rt Team", ""),
        ("Ѕupport", ""),  # a Cyrillic letter
        ("Anna", "examplex_support_"),
        ("在线客服", ""),
        ("Служба поддержка", ""),
        ("EMMA  CLARKE", ""),
        ("Emmа Clarke", ""),  # a Cyrillic letter
        ("林梅", ""),
    ],
)
def test_who_sounds_like_the_team_is_noticed(name: str, handle: str) -> None:
    assert pretends(name, handle, TEAM)


@pytest.mark.parametrize("name", ["Oliver", "Emma", "李华", "Sam R.", "", "💎", "Clarke"])
def test_everybody_else_is_not(name: str) -> None:
    assert not pretends(name, name.lower(), TEAM)
