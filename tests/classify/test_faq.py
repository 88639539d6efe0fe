"""rules/faq/: what is broken is told and changes nothing; the right entry is found by meaning, or by words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.classify.faq import LIGHT, WORDS, Eyes, FaqBook, LiveFaq
from monitor.classify.faq_evaluating import asked, left_out, load_lines
from monitor.classify.faq_gaps import Question, gaps, unanswered
from monitor.classify.faqfiles import load_faq, warnings
from monitor.classify.labelled import BadFile
from monitor.classify.rulereading import RulesBroken
from monitor.core.faq import Faq
from tests.classify.lightly import WordEncoder

np = pytest.importorskip("numpy", reason="the extra nlp is not installed")

TODAY = date(2026, 11, 20)
ENTRY = """
[[entry]]
id = "{id}"
topics = ["{topic}"]
{more}
[entry.questions]
en = [{questions}]
[entry.answer]
en = "Answer to {id}."
"""
SUBJECTS = {
    "fees": (
        "terms",
        ("how much are trading fees", "what fees do traders pay", "trading fees list please"),
    ),
    "reset": (
        "account",
        (
            "how to reset my authenticator",
            "reset the authenticator app",
            "authenticator reset steps",
        ),
    ),
    "keys": (
        "api",
        ("where to create api keys", "create new api keys", "making api keys for bots"),
    ),
}


def an_entry(name: str, topic: str, questions: Sequence[str], more: str = "") -> str:
    lines = ", ".join(f'"{q}"' for q in questions)
    return ENTRY.format(id=name, topic=topic, questions=lines, more=more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules" / "faq").mkdir(parents=True)
    whole = "".join(an_entry(name, topic, lines) for name, (topic, lines) in SUBJECTS.items())
    write(tmp_path / "rules", "some.toml", whole)
    write(
        tmp_path / "rules",
        "negatives.toml",
        '[negatives]\nen = ["thanks everybody, solved", "gm gm friends"]\n',
    )
    return tmp_path / "rules"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "faq" / name
    path.write_text(text, "utf-8")
    return path


def test_entries_of_all_files_are_read_with_their_links(folder: Path) -> None:
    write(
        folder,
        "settings.toml",
        '[links]\nhelp = "https://www.example.com/help"\n[thresholds.words]\nanswer = 0.5\n',
    )
    write(
        folder,
        "more.toml",
        an_entry("more", "promo", ["more?"], 'link = "help"\nvalid_until = 2026-12-31'),
    )
    faq = load_faq(folder)
    assert [e.id for e in faq.entries] == ["more", *SUBJECTS]
    assert faq.entries[0].answer("en") == "Answer to more.\nhttps://www.example.com/help"
    assert faq.thresholds[WORDS].answer == 0.5
    assert warnings(faq, TODAY) == []
    (told,) = warnings(faq, date(2027, 1, 1))
    assert "rules/faq/more.toml: entry[1]: more expired on 2026-12-31" in told


def test_without_a_faq_there_is_an_empty_one(tmp_path: Path) -> None:
    book = FaqBook(load_faq(tmp_path), Eyes(WordEncoder()))
    assert (book.faq.entries, book.matches("fees?", "en", TODAY)) == ((), [])


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.toml", an_entry("fees", "terms", ["a"]), 'entry[1].id: there is another entry of that name'),
        ("x.toml", an_entry("Fees!", "terms", ["a"]), "entry[1].id: not a short name"),
        ("x.toml", an_entry("x" * 41, "terms", ["a"]), "entry[1].id: not a short name"),
        ("x.toml", an_entry("x", "fees", ["a"]), "entry[1].topics[1]"),
        ("x.toml", an_entry("x", "terms", ["a"], 'link = "nowhere"'), 'entry[1].link: no such link (found "nowhere")'),
        ("x.toml", an_entry("x", "terms", ["a"], 'valid_until = "soon"'), "entry[1].valid_until"),
        ("x.toml", an_entry("x", "terms", ["a"], 'mood = "good"'), "entry[1].mood: there is no such key"),
        ("x.toml", an_entry("x", "terms", []), "entry[1].questions.en"),
        ("x.toml", an_entry("x", "terms", ["a"]).replace("Answer to x.", "See {link}"), "entry[1].answer.en: placeholders"),
        ("x.toml", an_entry("x", "terms", ["a"]).replace("Answer to", "A" * 2001), "entry[1].answer.en: longer than"),
        ("x.toml", "[[entry]\n", "not valid TOML"),
        ("settings.toml", '[links]\nhelp = "http://example.com"\n', "links.help: not an https:// address"),
        ("settings.toml", "[thresholds.words]\nanswer = 9\n", "thresholds.words.answer"),
        ("settings.toml", '[thresholds.light]\nanswer = "high"\n', "thresholds.light.answer"),
        ("negatives.toml", '[negatives]\nxx = ["a"]\n', "negatives.xx"),
    ],
)  # fmt: skip
def test_what_is_broken_is_told_with_file_and_key(
    folder: Path, name: str, text: str, told: str
) -> None:
    write(folder, name, text)
    with pytest.raises(RulesBroken) as broken:
        load_faq(folder)
    assert f"rules/faq/{name}: {told}" in str(broken.value)


def test_a_broken_edit_keeps_the_last_good_faq_and_a_mended_one_takes_over(folder: Path) -> None:
    live = LiveFaq(folder)
    before = live.book
    path = write(folder, "x.toml", "[[entry]\n")
    assert "rules/faq/x.toml" in str(live.refresh())
    assert (live.book, live.faq) == (before, before.faq)
    path.write_text(an_entry("x", "terms", ["something else"]), "utf-8")
    assert live.refresh() is None
    assert [m.entry.id for m in live.book.matches("something else", "en", TODAY)][:1] == ["x"]


@pytest.fixture(params=[LIGHT, WORDS])
def book(request: pytest.FixtureRequest, folder: Path) -> FaqBook:
    eyes = Eyes(WordEncoder()) if request.param == LIGHT else None
    made = FaqBook(load_faq(folder), eyes)
    assert made.tier("en") == request.param
    return made


def test_the_entry_that_fits_comes_first_and_says_why(book: FaqBook) -> None:
    (best, *_) = book.matches("authenticator reset how", "en", TODAY)
    assert (best.entry.id, best.sure) == ("reset", True)
    assert 'like "' in best.why
    assert book.tier("en") in best.why


def test_what_nothing_answers_gets_nothing_said(book: FaqBook) -> None:
    for text in (
        "gm gm friends",
        "thanks everybody, solved",
        "zzz",
        "",
        "😀" * 50,
        "\u202e\ud800 x",
    ):
        assert not any(match.sure for match in book.matches(text, "en", TODAY)), text


def test_somebodys_own_case_is_offered_but_not_said(book: FaqBook) -> None:
    (best, *_) = book.matches("authenticator reset takes 9 hours", "en", TODAY)
    assert (best.entry.id, best.sure) == ("reset", False)


def test_an_expired_entry_is_not_used(folder: Path) -> None:
    write(
        folder,
        "old.toml",
        an_entry("old", "promo", ["when does the cup begin"], "valid_until = 2026-11-19"),
    )
    book = FaqBook(load_faq(folder))
    assert book.matches("when does the cup begin", "en", TODAY) == []
    assert book.matches("when does the cup begin", "en", date(2026, 11, 19))[0].entry.id == "old"


def test_a_language_that_the_encoder_never_learned_is_judged_by_words(folder: Path) -> None:
    book = FaqBook(load_faq(folder), Eyes(WordEncoder()))
    assert (book.tier("en"), book.tier("und"), book.tier("vi")) == (LIGHT, LIGHT, WORDS)


class Failing(WordEncoder):
    """Works while the book is made, and never again."""

    broken = False

    def encode(self, texts: Sequence[str]) -> Any:
        if self.broken:
            raise RuntimeError("the weights are gone")
        return super().encode(texts)


def test_an_encoder_that_fails_is_done_without(folder: Path) -> None:
    encoder = Failing()
    book = FaqBook(load_faq(folder), Eyes(encoder))
    encoder.broken = True
    assert book.matches("how to reset my authenticator", "en", TODAY)[0].entry.id == "reset"
    assert FaqBook(load_faq(folder), Eyes(encoder)).tier("en") == WORDS


def test_vectors_are_kept_for_the_next_start_and_damaged_ones_made_anew(
    folder: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    first, second, third = WordEncoder(), WordEncoder(), WordEncoder()
    FaqBook(load_faq(folder), Eyes(first), cache)
    FaqBook(load_faq(folder), Eyes(second), cache)
    (kept,) = cache.glob("faq-*.npz")
    kept.write_bytes(b"PK damaged")
    FaqBook(load_faq(folder), Eyes(third), cache)
    assert [len(e.read) for e in (first, second, third)] == [11, 0, 11]


def test_the_book_follows_the_light_tier(folder: Path) -> None:
    lent: list[Eyes] = []
    live = LiveFaq(folder, lambda: lent[0] if lent else None)
    assert live.book.tier("en") == WORDS
    lent.append(Eyes(WordEncoder()))
    live.refresh()
    made = live.book
    assert made.tier("en") == LIGHT
    live.refresh()
    assert live.book is made


def test_what_people_write_otherwise_makes_it_less_eager(folder: Path) -> None:
    encoder = WordEncoder()
    talk = encoder.encode(["authenticator of my cousin broke again lol"] * 50)
    eager, calm = (FaqBook(load_faq(folder), Eyes(encoder, t)) for t in (None, talk))
    assert eager.meaning is not None
    assert calm.meaning is not None
    text = ["authenticator of my cousin broke"]
    assert calm.meaning.ranked(text)[0][0][1] < eager.meaning.ranked(text)[0][0][1]


def test_leaving_out_is_the_same_as_not_having_it(folder: Path) -> None:
    """The arithmetic short cut against really learning without that question."""
    from monitor.classify.faq_meaning import Meaning
    from monitor.classify.faq_words import samples_of

    encoder, samples = WordEncoder(), samples_of(load_faq(folder))
    talk = encoder.encode(["good morning all", "to the moon"])
    quick = Meaning(encoder, samples, None, talk).left_out()
    for at, sample in enumerate(samples):
        slow = Meaning(encoder, [s for s in samples if s is not sample], None, talk).ranked(
            [sample.text]
        )[0]
        assert dict(quick[at]) == pytest.approx(dict(slow), abs=1e-4)


def test_each_question_is_judged_without_itself(folder: Path) -> None:
    write(folder, "lone.toml", an_entry("lone", "promo", ["qwertz uiop"]))
    for eyes in (None, Eyes(WordEncoder())):
        book = FaqBook(load_faq(folder), eyes)
        by_text = {f.text: f for f in left_out(book)}
        assert not by_text["qwertz uiop"].said
        assert by_text["reset the authenticator app"].right
        (whole,) = asked(book, [("en", "qwertz uiop", "lone")])
        assert whole.right


def test_a_file_of_messages_is_read_and_complained_about(folder: Path, tmp_path: Path) -> None:
    book = FaqBook(load_faq(folder))
    file = tmp_path / "asked.jsonl"
    file.write_text(
        '{"text": "fees?", "entry": "fees"}\n\n{"text": "gm", "entry": null, "lang": "en"}\n',
        "utf-8",
    )
    assert load_lines(file, book) == [("und", "fees?", "fees"), ("en", "gm", "")]
    for line, told in (("{", "line 1: not JSON"), ('{"entry": "fees"}', "text is missing"),
                       ('{"text": "a", "entry": "x"}', "there is no entry 'x'"),
                       ('{"text": "a", "lang": "xx"}', "lang 'xx'"), ("", "holds no messages")):  # fmt: skip
        file.write_text(line, "utf-8")
        with pytest.raises(BadFile, match=told):
            load_lines(file, book)


@pytest.mark.parametrize("eyes", [None, Eyes(WordEncoder())], ids=[WORDS, LIGHT])
def test_what_nobody_answers_is_put_together(folder: Path, eyes: Eyes | None) -> None:
    write(
        folder,
        "settings.toml",
        "[thresholds]\nlight = {suggest = 0.09}\nwords = {suggest = 0.19}\n",
    )
    book = FaqBook(load_faq(folder), eyes)
    questions = [Question(text, "trading", "en") for text in (
        "is there a demo account", "is there a demo account for me", "how much are trading fees",
        "can I stake coins here")]  # fmt: skip
    lacking = unanswered(book, questions, TODAY)
    assert [q.text for q in lacking] == [q.text for q in questions if "fees" not in q.text]
    first, second = gaps(book, lacking)
    assert (first.count, first.languages, first.topic) == (2, {"en": 2}, "trading")
    assert second.examples == ("can I stake coins here",)


@pytest.mark.parametrize("make", [lambda: None, lambda: Eyes(WordEncoder())])
def test_an_empty_book_answers_nothing(make: Callable[[], Eyes | None]) -> None:
    book = FaqBook(Faq(), make())
    assert book.matches("fees", "en", TODAY) == []
    assert left_out(book) == []
