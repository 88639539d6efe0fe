"""Names of places in reports."""

from __future__ import annotations

from monitor.core.channels import Channels
from monitor.core.messages import Platform

TG = Platform.TELEGRAM


def test_the_configured_channel_goes_before_the_name_before_the_key() -> None:
    shown = Channels({(TG, "-1"): "Support"}, {(TG, "-1"): "Acme chat", (TG, "-2"): "Acme zh"})
    assert [shown.of(TG, key) for key in ("-1", "-2", "-3")] == ["Support", "Acme zh", "-3"]


def test_places_may_share_a_configured_channel_but_not_a_name_by_chance() -> None:
    shown = Channels({}, {(TG, "-1"): "Acme", (TG, "-2"): "Acme", (TG, "-3"): "Other"})
    assert [shown.of(TG, key) for key in ("-1", "-2", "-3")] == ["Acme (-1)", "Acme (-2)", "Other"]


def test_a_name_cannot_slip_into_a_configured_channel() -> None:
    shown = Channels({(TG, "-1"): "Support"}, {(TG, "-2"): "Support"})
    assert shown.of(TG, "-2") == "Support (-2)"


def test_all_of_x_is_x() -> None:
    assert Channels().of(Platform.TWITTER, "x") == "X"
