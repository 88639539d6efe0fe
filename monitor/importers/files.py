"""A file as a stream of bytes, unpacked on the way, counted as it is read.

It interprets nothing.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_WINDOW = 2**31  # Reddit dumps are packed with the largest window there is
_CHUNK = 1 << 16
_PACKED_CHUNK = 1 << 13  # small, for what it unpacks to may be a thousand times larger
LONGEST_LINE = 4_000_000


class ImportBroken(Exception):
    """The file cannot be imported; the text is one sentence: which file, what, what to do."""


class Counted(io.RawIOBase):
    """A file that knows how far it was read, before unpacking."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        some = self._file.read(len(view))
        view[: len(some)] = some
        self.position += len(some)
        return len(some)


class Frames(io.RawIOBase):
    """The content of a zstd file. EOFError when it ends inside a frame, which zstandard's own
    reader takes for the end.
    """

    def __init__(self, packed: Counted) -> None:
        self._packed = packed
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._rest, self._ready = b"", b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while not self._ready and self._unpack_more():
            continue
        some, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(some)] = some
        return len(some)

    def _unpack_more(self) -> bool:
        packed = self._rest or self._packed.read(_PACKED_CHUNK)
        if not packed:
            if self._frame is not None:
                raise EOFError("the end is missing")
            return False
        self._frame = self._frame or self._unpacker.decompressobj()
        self._ready = self._frame.decompress(packed)
        self._rest = self._frame.unused_data
        if self._frame.eof:
            self._frame = None
        return True


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[tuple[io.BufferedReader, Counted]]:
    """The content, unpacked if it is gzip or zstd, and the count of bytes read from disk."""
    with contextlib.ExitStack() as stack:
        with reading(path):
            file = stack.enter_context(path.open("rb"))
            magic = file.read(4)
            file.seek(0)
        counted = Counted(file)
        yield stack.enter_context(_unpack(counted, magic)), counted


def _unpack(counted: Counted, magic: bytes) -> io.BufferedReader:
    if magic[:2] == _GZIP:
        return io.BufferedReader(gzip.GzipFile(fileobj=io.BufferedReader(counted, _CHUNK)), _CHUNK)
    if magic == _ZSTD:
        return io.BufferedReader(Frames(counted), _CHUNK)
    return io.BufferedReader(counted, _CHUNK)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong while reading is an ImportBroken. Keep other work out of the block."""
    try:
        yield
    except FileNotFoundError:
        raise ImportBroken(f"{path}: there is no such file. Check the name.") from None
    except IsADirectoryError:
        raise ImportBroken(f"{path}: is a folder. Name the file inside it.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise ImportBroken(
            f"{path}: damaged or cut off ({error}). What came before is kept; get the file again "
            "and import it again, nothing is taken twice."
        ) from error
    except OSError as error:
        raise ImportBroken(
            f"{path}: cannot be read ({error.strerror}). Check its rights."
        ) from error


class _Rewound(io.RawIOBase):
    def __init__(self, head: bytes, content: io.BufferedReader) -> None:
        self._head, self._content = head, content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._head:
            return self._content.readinto1(view)
        some, self._head = self._head[: len(view)], self._head[len(view) :]
        view[: len(some)] = some
        return len(some)


def peeked(content: io.BufferedReader, size: int) -> tuple[bytes, io.BufferedReader]:
    """The beginning, and the content from its beginning once more. EOFError: cut off before any."""
    head = b""
    try:
        while len(head) < size and (some := content.read1(size - len(head))):
            head += some
    except EOFError:  # it will be raised again where it is in the way
        if not head:
            raise
    return head, io.BufferedReader(_Rewound(head, content), _CHUNK)


def lines(content: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without their ends, empty ones left out.

    A giant one is cut after `LONGEST_LINE`.
    """
    number = 0
    while line := content.readline(LONGEST_LINE):
        number += 1
        if not line.endswith(b"\n"):
            _skip_rest(content)
        line = line.strip().removeprefix(b"\xef\xbb\xbf")
        if line:
            yield number, line


def _skip_rest(content: io.BufferedReader) -> None:
    while (rest := content.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        continue
