"""Translations: by an endpoint on loopback that is strict and can fail, by a tiny model in its own process, or by none."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from monitor.classify.transformerfiles import BadModel
from monitor.classify.translator import Remembering, translator_of, unusable_models
from monitor.classify.translator_openai import Endpoint, OpenAiTranslator
from monitor.classify.translator_seq2seq import Seq2SeqTranslator, split
from monitor.classify.translator_worker import Done, Failed
from monitor.config import Config, ConfigBroken, parse
from monitor.secrets import Secret

KEY = "sk-test-0123456789"


@dataclass
class Counter:
    """An endpoint that translates by writing in capitals, refuses what breaks the protocol, and fails on command."""

    fault: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if path != "/v1/chat/completions" or headers.get("Authorization") != f"Bearer {KEY}":
            return 401, b"{}"
        given = json.loads(body)
        if set(given) != {"model", "temperature", "messages"} or given["model"] != "small":
            return 400, b"{}"
        if [m["role"] for m in given["messages"]] != ["system", "user"]:
            return 400, b"{}"
        self.bodies.append(given)
        said = given["messages"][1]["content"].upper()
        if self.fault == "slow":
            self.release.wait(5)
        broken = {"error": (500, b"{}"), "busy": (429, b"{}"), "no json": (200, b"<html>"), "empty": (200, b"{}"),
                  "list": (200, b"[]"), "huge": (200, b" " * 300_000), "redirect": (302, b"")}  # fmt: skip
        if self.fault in broken:
            return broken[self.fault]
        said = {"lost mark": said.replace("[#1]", ""), "long": said * 99, "null": None}.get(
            self.fault, said
        )
        return 200, json.dumps(
            {"choices": [{"message": {"role": "assistant", "content": said}}]}
        ).encode()


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def base_url(counter: Counter) -> Iterator[str]:
    class Ask(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = counter.answer(self.path, dict(self.headers), body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://203.0.113.1/")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *given: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ask)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    counter.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def translator(base_url: str) -> Iterator[OpenAiTranslator]:
    made = OpenAiTranslator(Endpoint(base_url, "small", Secret(KEY), timeout=0.5))
    yield made
    made.close()


def test_texts_are_translated_in_order(translator: OpenAiTranslator, counter: Counter) -> None:
    assert translator.translate(["one", "", "two"], "en", "ru") == ["ONE", None, "TWO"]
    task = counter.bodies[0]["messages"][0]["content"]
    assert "from English into Russian" in task
    assert "do not follow" in task


def test_personal_data_never_leaves_and_is_back_in_the_translation(
    translator: OpenAiTranslator, counter: Counter
) -> None:
    text = "tell @anna_k, mail anna@example.com: 500 USDT to 0x" + "ab" * 20
    (said,) = translator.translate([text], "en", "zh")
    sent = json.dumps(counter.bodies)
    assert all(word not in sent for word in ("anna", "example.com", "500", "abab"))
    assert said == text.replace("tell", "TELL").replace("mail", "MAIL").replace(" to ", " TO ")


@pytest.mark.parametrize(
    "fault",
    [
        "error",
        "busy",
        "no json",
        "empty",
        "list",
        "huge",
        "redirect",
        "lost mark",
        "long",
        "null",
        "slow",
    ],
)
def test_whatever_goes_wrong_means_no_translation(
    translator: OpenAiTranslator, counter: Counter, fault: str
) -> None:
    counter.fault = fault
    assert translator.translate(["write to @anna_k"], "en", "es") == [None]
    counter.fault = ""
    counter.release.set()
    assert translator.translate(["hello"], "en", "es") == ["HELLO"]


def test_nobody_there_or_a_wrong_key_means_no_translation(base_url: str) -> None:
    for endpoint in (
        Endpoint("http://127.0.0.1:9/v1", "small", timeout=0.5),
        Endpoint(base_url, "small", Secret("wrong-key")),
    ):
        made = OpenAiTranslator(endpoint)
        assert made.translate(["hello"], "en", "es") == [None]
        made.close()


def test_the_same_language_or_an_unknown_one_is_not_asked_for(
    translator: OpenAiTranslator, counter: Counter
) -> None:
    assert translator.translate(["a"], "en", "en") == [None]
    assert translator.translate(["a"], "en", "xx") == [None]
    assert counter.bodies == []


class Fickle:
    """Translates every second time."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        self.asked += texts
        return [text.upper() if self.asked.count(text) % 2 == 0 else None for text in texts]

    def close(self) -> None:
        """Nothing to give back."""


def test_a_translation_is_remembered_and_a_failure_is_not() -> None:
    fickle = Fickle()
    remembering = Remembering(fickle)
    assert remembering.translate(["a", "a"], "en", "ru") == [None, None]
    assert remembering.translate(["a"], "en", "ru") == ["A"]
    assert remembering.translate(["a"], "en", "ru") == ["A"]
    assert fickle.asked == ["a", "a"]


def test_long_texts_are_cut_at_ends_of_sentences_and_nothing_is_lost() -> None:
    text = "One sentence here. " * 60 + "\n\nAnd a line.\n" + "x" * 3000
    pieces = split(text)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert max(map(len, pieces)) <= 1200
    assert split("  \n ") == []


# -- the process


def echo(pipe: Connection) -> None:
    """Stands in for the models: capitals, and what the text asks for."""
    while True:
        try:
            wanted = pipe.recv()
        except (EOFError, OSError):
            return
        if "die" in wanted.texts:
            os._exit(1)
        if "hang" in wanted.texts:
            time.sleep(30)
        pipe.send(
            Failed("no such model")
            if "fail" in wanted.texts
            else Done(tuple(t.upper() for t in wanted.texts))
        )


@dataclass
class Hours:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def process(hours: Hours) -> Iterator[Seq2SeqTranslator]:
    made = Seq2SeqTranslator(
        {"zh-en": Path("zh-en"), "*": Path("any")}, 0.5, start=echo, monotonic=hours
    )
    yield made
    made.close()


def test_each_text_gets_its_own_translation_whole(process: Seq2SeqTranslator) -> None:
    assert process.translate(["one\ntwo", "", "three"], "zh", "en") == ["ONE TWO", None, "THREE"]
    assert process.translate(["a"], "en", "en") == [None]


def test_without_a_model_for_the_direction_there_is_no_translation_and_no_process() -> None:
    made = Seq2SeqTranslator({"zh-en": Path("zh-en")}, start=echo)
    assert made.translate(["hola"], "es", "en") == [None]
    assert made.problem is None
    made.close()


@pytest.mark.parametrize("trouble", ["die", "fail"])
def test_a_process_that_dies_or_fails_is_told_and_tried_again_later(
    process: Seq2SeqTranslator, hours: Hours, trouble: str
) -> None:
    assert process.translate(["a"], "zh", "en") == ["A"]
    assert process.translate([trouble], "zh", "en") == [None]
    assert "Nothing is translated for 5 minutes" in str(process.problem)
    assert process.translate(["a"], "zh", "en") == [None]
    hours.now += 301
    assert process.translate(["a"], "zh", "en") == ["A"]
    assert process.problem is None


def test_a_process_that_hangs_is_given_up_after_the_time_out(process: Seq2SeqTranslator) -> None:
    assert process.translate(["a"], "zh", "en") == ["A"]
    assert process.translate(["hang"], "zh", "en") == [None]
    assert "no translation within" in str(process.problem).lower()


# -- a real, tiny model


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sequence-to-sequence model that says the same word whatever it reads."""
    torch = pytest.importorskip("torch", reason="the extra transformers is not installed")
    transformers = pytest.importorskip(
        "transformers", reason="the extra transformers is not installed"
    )
    tokenizers = pytest.importorskip("tokenizers", reason="the extra transformers is not installed")
    words = ["<s>", "<pad>", "</s>", "<unk>", "hello", "world"]
    raw = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>")
    )
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")  # fmt: skip
    shape = transformers.BartConfig(
        vocab_size=len(words), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=512,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2)  # fmt: skip
    torch.manual_seed(1)
    model = transformers.BartForConditionalGeneration(shape)
    model.final_logits_bias[0, words.index("hello")] = 100.0
    folder = tmp_path_factory.mktemp("models") / "tiny"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_a_model_on_the_disk_translates_in_a_process_of_its_own(tiny: Path, tmp_path: Path) -> None:
    text = f'[translation]\nkind = "seq2seq"\npairs = {{ zh-en = "{tiny}" }}\n'
    made = translator_of(parse(text, tmp_path / "config.toml"), {})
    assert made is not None
    try:
        said = made.translate(["你好 世界", "hello"], "zh", "en")
        assert all(one and set(one.split()) == {"hello"} for one in said), said
        assert made.translate(["hola"], "es", "en") == [None]
    finally:
        made.close()


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_told(tiny: Path, tmp_path: Path) -> None:
    from monitor.classify.translator_worker import Seq2Seq

    with pytest.raises(BadModel, match="there is no model"):
        Seq2Seq(tmp_path / "nowhere")
    for name in tiny.iterdir():
        (tmp_path / name.name).write_bytes(name.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"auto_map": {"x": "y.py"}}), "utf-8")
    with pytest.raises(BadModel, match="its own program"):
        Seq2Seq(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config | {"decoder_layers": 2}), "utf-8")
    with pytest.raises(BadModel, match="lacks weights"):
        Seq2Seq(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(BadModel, match="damaged"):
        Seq2Seq(tmp_path)


# -- the settings


def config(tmp_path: Path, lines: str) -> Config:
    return parse(f"[translation]\n{lines}\n", tmp_path / "config.toml")


def test_without_settings_there_is_no_translator(tmp_path: Path) -> None:
    assert translator_of(parse("", tmp_path / "config.toml"), {}) is None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('kind = "seq2seq"', "translation.model: not set"),
        ('kind = "openai"', "translation.model: not set"),
        (
            'kind = "openai"\nmodel = "m"\nbase_url = "http://example.com/v1"',
            "is no https:// address",
        ),
        ('kind = "magic"', 'should be "seq2seq"'),
        ('pairs = { zh-xx = "a" }', 'should be a direction such as "zh-en"'),
    ],
)
def test_settings_that_cannot_work_are_told(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(ConfigBroken) as broken:
        translator_of(config(tmp_path, lines), {})
    assert told in str(broken.value)


def test_a_model_that_is_not_there_is_told_without_loading_anything(tmp_path: Path) -> None:
    (told,) = unusable_models(config(tmp_path, 'kind = "seq2seq"\npairs = { zh-en = "gone" }'))
    assert told.startswith(f"zh-en: there is no model at {tmp_path / 'gone'}")
    assert unusable_models(config(tmp_path, 'kind = "openai"')) == []


def test_the_endpoint_of_the_settings_is_asked_with_the_key_of_the_environment(
    tmp_path: Path, base_url: str, counter: Counter
) -> None:
    made = translator_of(
        config(tmp_path, f'kind = "openai"\nmodel = "small"\nbase_url = "{base_url}"'),
        {"MONITOR_TRANSLATION_KEY": KEY},
    )
    assert made is not None
    assert made.translate(["hello"], "en", "ja") == ["HELLO"]
    assert made.translate(["hello"], "en", "ja") == ["HELLO"]
    assert len(counter.bodies) == 1
    made.close()
