"""What cannot be passed on to the asker is refused with a sentence: pictures, what is too long, who hides their name."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.core.messages import Author, AuthorKind, Event, EventKind, Message, Platform
from monitor.ports import Batch
from monitor.testing import a_message


@pytest.fixture
def at_work(either: Any) -> Any:
    """A desk, and one person who waits."""
    either.works()
    either.hears(a_message("withdrawal stuck"))
    either.works()
    return either


def card_of(desk: Any) -> str:
    return next(key for key, post in desk.at.shown.items() if post == desk.card())


def shows(
    desk: Any, *ids: str, media: str = "a photo", text: str = "", album: str = ""
) -> list[str]:
    """A manager answers the card with more than words; what the desk says to that."""
    before = len(desk.at.posts)
    card = card_of(desk)
    for id in ids:
        event = Event(EventKind.MEDIA, Platform.TELEGRAM, "-900", id, desk.clock(), Author("support"),
                      {"media": media, "album": album})  # fmt: skip
        desk.stores(Batch(events=(event,)))
        desk.manager(text, id=id, reply_to=card)
    return [p.text for p in desk.at.posts[before:] if p.place == "-900"]


@pytest.mark.parametrize("media", ["a photo", "a file", "a voice message", "a sticker"])
def test_more_than_words_is_refused_with_why_and_what_to_do(at_work: Any, media: str) -> None:
    (told,) = shows(at_work, "d1", media=media)
    assert told.startswith(f"Not sent. I pass on words only, and this is {media}: reply to the card with text.")  # fmt: skip
    assert at_work.case().is_waiting


def test_the_words_below_a_picture_are_not_sent_without_it(at_work: Any) -> None:
    assert len(shows(at_work, "d1", text="as you see here")) == 1
    assert "as you see here" not in at_work.at.said("-100")


def test_an_album_is_refused_once(at_work: Any) -> None:
    assert len(shows(at_work, "d1", "d2", "d3", album="g1")) == 1


def test_something_without_any_words_is_refused_too(at_work: Any) -> None:
    at_work.manager("", id="d1", reply_to=card_of(at_work))
    assert at_work.at.posts[-1].text.startswith("Not sent. I pass on words only, and this is something else")  # fmt: skip


def test_managers_may_show_each_other_pictures(at_work: Any) -> None:
    before = len(at_work.at.posts)
    at_work.manager("", id="d1")
    assert len(at_work.at.posts) == before


@pytest.mark.parametrize("kind", [AuthorKind.ANONYMOUS_ADMIN, AuthorKind.CHANNEL])
def test_who_writes_as_the_group_is_told_how_to_be_known(at_work: Any, kind: AuthorKind) -> None:
    author = Author("-900", name="Desk", kind=kind)
    for id, text, reply in (("d1", "it left", card_of(at_work)), ("d2", "/open", None), ("d3", "hi all", None)):  # fmt: skip
        at_work.hears(Message(Platform.TELEGRAM, "-900", id, author, text, at_work.clock(), reply_to=reply,
                              place_kind="supergroup"))  # fmt: skip
        at_work.works()
    told = [p.text for p in at_work.at.posts if p.key.startswith("note:")]
    assert len(told) == 2
    assert all("Switch off “Remain anonymous”" in text for text in told)
    assert at_work.at.said("-100") == ["We have seen your withdrawal question."]


def test_what_is_too_long_for_the_platform_is_refused_before_it_is_sent(at_work: Any) -> None:
    at_work.manager("x" * 4097, id="d1", reply_to=card_of(at_work))
    assert at_work.at.posts[-1].text == (
        "Not sent: too long for Telegram (4097 of 4096). Reply to the card with other words."
    )
    at_work.manager("It left at noon.", id="d2", reply_to=card_of(at_work))
    assert at_work.at.said("-100")[-1] == "It left at noon."


def test_two_cashtags_are_refused_on_x(at_work: Any) -> None:
    at_work.hears(
        a_message("deposit", id="50", place="x", platform=Platform.TWITTER, summoned=True)
    )
    at_work.works()
    native = next(key for key, post in at_work.at.shown.items() if post == at_work.card(2))
    at_work.manager("$BTC and $ETH are fine", id="d1", reply_to=native)
    assert at_work.at.posts[-1].text == (
        "Not sent: X takes one cashtag a post. Reply to the card with other words."
    )
