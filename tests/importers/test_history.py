"""Opening files: which kind, packed how, and what is said when one cannot be read."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from monitor.core.messages import Message
from monitor.importers import ImportBroken, Kind, open_history
from monitor.ports import Quarantined

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LINE = {"platform": "x", "place": "x", "id": "1", "text": "hi", "sent_at": 1762689600}
COMMENT = {
    "id": "c1", "link_id": "t3_s1", "subreddit": "acme", "author": "ann", "body": "hi",
    "created_utc": 1762689600,
}  # fmt: skip
ROW = {"id": 1, "type": "message", "date_unixtime": "1762689600", "text": "hi", "from_id": "user1"}
LONG = "x" * 5_000_000
EXPORT = {"name": "A", "type": "public_supergroup", "id": 42, "messages": [ROW]}


def packed_zstd(content: bytes) -> bytes:
    # As the dumps are: the largest window, and several frames one after the other.
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=False)
    half = len(content) // 2
    pack = zstandard.ZstdCompressor(compression_params=parameters).compress
    return pack(content[:half]) + pack(content[half:])


def read(path: Path, kind: Kind | None = None) -> tuple[Kind, list[str]]:
    with open_history(path, kind=kind, now=NOW) as history:
        texts = [found.text for found in history if isinstance(found, Message)]
        assert history.position == history.size
        return history.kind, texts


@pytest.mark.parametrize(
    ("row", "kind"),
    [(LINE | {"text": LONG}, Kind.JSON_LINES), (COMMENT | {"body": LONG}, Kind.REDDIT)],
)
def test_a_first_line_longer_than_any_message_hides_neither_the_kind_nor_the_second(
    tmp_path: Path, row: dict[str, object], kind: Kind
) -> None:
    path = tmp_path / "history"
    second = {**row, "id": "2", "text": "hi", "body": "hi"}
    path.write_text(json.dumps(row) + "\n" + json.dumps(second))

    assert read(path) == (kind, ["hi"])


@pytest.mark.parametrize("kind", [None, Kind.JSON_LINES, Kind.REDDIT])
def test_one_endless_line_is_told_in_one_sentence(tmp_path: Path, kind: Kind | None) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"a" * 5_000_000)

    if kind is None:
        with pytest.raises(
            ImportBroken, match="its first line does not end within the first 64 kB"
        ):
            read(path, kind)
        return
    with open_history(path, kind=kind, now=NOW) as history:
        (found,) = history
    assert isinstance(found, Quarantined)
    assert (found.native_id, found.reason) == ("line 1", "longer than 4 MB")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"messages":[{"a":[{"a":'])
def test_an_export_nested_beyond_all_bounds_is_broken_and_takes_little_memory(
    tmp_path: Path, opening: bytes
) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(opening * 300_000)

    with pytest.raises(ImportBroken, match="nested too deeply"):
        read(path, Kind.TELEGRAM)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps(LINE), Kind.JSON_LINES),
        ("\ufeff" + json.dumps(LINE), Kind.JSON_LINES),
        ("{broken\n" + json.dumps(LINE), Kind.JSON_LINES),
        (json.dumps(COMMENT), Kind.REDDIT),
        (json.dumps(EXPORT), Kind.TELEGRAM),
        (json.dumps(EXPORT, indent=1), Kind.TELEGRAM),
        ("\ufeff" + json.dumps(EXPORT), Kind.TELEGRAM),
        (json.dumps({"about": "x", "chats": {"list": [EXPORT]}}, indent=1), Kind.TELEGRAM),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, packed_zstd])
def test_the_kind_is_found_whatever_the_packing(
    tmp_path: Path, content: str, kind: Kind, pack: object
) -> None:
    assert callable(pack)
    path = tmp_path / "history"
    path.write_bytes(pack(content.encode()))
    assert read(path) == (kind, ["hi"])


def test_the_kind_can_be_said(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("nothing we know\n" + json.dumps(LINE), encoding="utf-8")
    assert read(path, Kind.JSON_LINES) == (Kind.JSON_LINES, ["hi"])


def said(path: Path) -> str:
    with pytest.raises(ImportBroken) as caught:
        read(path)
    return str(caught.value)


def test_a_file_that_is_not_there_or_a_folder_or_empty_or_foreign_is_named(tmp_path: Path) -> None:
    missing, empty, foreign = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    empty.touch()
    foreign.write_text("<html>", encoding="utf-8")
    assert said(missing) == f"{missing}: there is no such file. Check the name."
    assert said(tmp_path) == f"{tmp_path}: is a folder. Name the file inside it."
    assert said(empty) == f"{empty}: is empty. Name a file with messages in it."
    assert said(foreign).startswith(
        f"{foreign}: not JSON lines, a Telegram result.json or a Reddit"
    )


@pytest.mark.parametrize("pack", [gzip.compress, packed_zstd])
def test_a_cut_off_archive_gives_what_came_before(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    path = tmp_path / "history"
    rows = [LINE | {"id": str(n), "text": f"{n} {hash(n * 7.1)}"} for n in range(30_000)]
    whole = pack("\n".join(json.dumps(row) for row in rows).encode())
    path.write_bytes(whole[: len(whole) * 3 // 4])
    found: list[object] = []
    with (
        open_history(path, now=NOW) as history,
        pytest.raises(ImportBroken, match="damaged or cut off"),
    ):
        found.extend(history)
    assert 0 < len(found) < 30_000


def test_a_cut_off_export_is_said_to_be_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(EXPORT)[:-3], encoding="utf-8")
    assert said(path).startswith(f"{path}: the JSON breaks off or is broken (")


def test_trouble_of_the_reader_of_messages_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text(json.dumps(LINE), encoding="utf-8")
    with pytest.raises(OSError, match="disk full"):
        _open_and_fail(path)


def _open_and_fail(path: Path) -> None:
    with open_history(path, now=NOW) as history:
        for _ in history:
            raise OSError("disk full")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("missing", [1, 8])
def test_a_small_archive_that_is_cut_off_is_not_called_empty(
    tmp_path: Path, pack: object, missing: int
) -> None:
    path = tmp_path / "small.gz"
    path.write_bytes(pack(json.dumps(LINE).encode())[:-missing])  # type: ignore[operator]
    assert "damaged or cut off" in said(path)
