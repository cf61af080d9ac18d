"""Files in chunks of whole records, and the cleaning of a chunk: bytes in, bytes out, wherever it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from pickle import PickleBuffer
from typing import Any, NamedTuple, SupportsIndex

from stream.core.removals import as_json
from stream.errors import StreamError
from stream.offline.files import FileFormat, opened, records
from stream.offline.value import CleanedValue, clean_value
from stream.records.process import Processor

CHUNK_BYTES = 1 << 20
OUT_OF_BAND = 5
"""The first protocol of pickle that can leave bytes where they are."""


class Chunk(NamedTuple):
    """Whole records of a file, of which `line` is the first one's line."""

    name: str
    file_format: FileFormat
    line: int
    data: bytes


class Span(NamedTuple):
    """Where such a chunk stands in a file of lines: whoever cleans it reads it, and counts its lines from 1 on.

    `file` tells this file from one that is put in its place meanwhile.
    """

    name: str
    begin: int
    size: int
    file: tuple[int, int]


class CleanedChunk(NamedTuple):
    """What goes out for a chunk of `size` bytes of the file `name`: cleaned records, and what was removed.

    `problems` are lines, and what is wrong there; line 0 is all of the file. Of a span they count from its first line:
    it has so many `lines`, and `is_first` tells whether the file begins with it. `failure`: why it could not be read.
    """

    name: str
    size: int
    output: bytes | memoryview = b""
    removed: bytes | memoryview = b""
    problems: tuple[tuple[int, str], ...] = ()
    lines: int = 0
    is_first: bool = True
    failure: str = ""

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type, tuple[Any, ...]]:
        """What goes out is not copied, where it can be read where it is (PEP 574)."""
        if int(protocol) < OUT_OF_BAND:
            return CleanedChunk, tuple(self)
        name, size, output, removed, *rest = self
        return CleanedChunk, (name, size, PickleBuffer(output), PickleBuffer(removed), *rest)


@dataclass(frozen=True, slots=True)
class ChunkCleaner:
    """Cleans chunks. `keeps_removed`: what was removed is told.

    `explainer` is called once for a chunk and gives the function that shows a result to people; without it the cleaned
    values themselves go out.
    """

    processor: Processor
    explainer: Callable[[], Callable[[CleanedValue], bytes]] | None = None
    keeps_removed: bool = False

    def __call__(self, chunk: Chunk | Span) -> CleanedChunk:
        """Never raises, whatever the bytes are."""
        if isinstance(chunk, Chunk):
            return self._clean(chunk)
        try:
            with Path(chunk.name).open("rb", buffering=0) as file:
                data = _read(file, chunk.begin, chunk.size) if _identity(file) == chunk.file else b""
        except OSError as error:
            return CleanedChunk(chunk.name, chunk.size, failure=_unreadable(chunk.name, error))
        if len(data) < chunk.size:
            return CleanedChunk(chunk.name, chunk.size, failure=f"{chunk.name} was changed while it was read.")
        cleaned = self._clean(Chunk(chunk.name, "jsonl", 1, data))
        return cleaned._replace(lines=_lines(data), is_first=not chunk.begin)

    def _clean(self, chunk: Chunk) -> CleanedChunk:
        out: list[bytes] = []
        removed: list[bytes] = []
        problems: list[tuple[int, str]] = []
        shown = _value if self.explainer is None else self.explainer()
        details = self.explainer is not None or self.keeps_removed
        for line, value in records(BytesIO(chunk.data), chunk.file_format, chunk.line):
            result = clean_value(self.processor, value, chunk.file_format, details=details)
            if result.problem:
                problems.append((line if chunk.file_format == "jsonl" else 0, result.problem))
            if self.keeps_removed and result.result is not None and result.removed:
                removed += as_json({"file": chunk.name, "line": line}, result.result), b"\n"
            out.append(shown(result))
        return CleanedChunk(chunk.name, len(chunk.data), b"".join(out), b"".join(removed), tuple(problems))


def _value(result: CleanedValue) -> bytes:
    return result.value


def chunks_of(
    name: str, file: BufferedReader | BytesIO, file_format: FileFormat, size: int = CHUNK_BYTES
) -> Iterator[Chunk]:
    """The file in chunks of about `size` bytes, or of a longer line; a file that is one record is one chunk.

    Of a pipe a chunk is what is there, so that nobody waits for one to fill. Raises `StreamError`.
    """
    try:
        if file_format == "jsonl":
            yield from _of_lines(name, file, size)
        else:
            yield Chunk(name, file_format, 1, file.read())
    except OSError as error:
        raise StreamError(_unreadable(name, error)) from None


def spans_of(path: Path, size: int = CHUNK_BYTES) -> Iterator[Span]:
    """A file of lines in spans of about `size` bytes, or of a longer line, to the end that it has now.

    Raises `StreamError`.
    """
    begin = 0
    try:
        with opened(path) as file:
            whole, identity = os.fstat(file.fileno()).st_size, _identity(file)
            while begin < whole:
                file.seek(min(begin + size, whole) - 1)
                while (line := file.readline(size)) and not line.endswith(b"\n"):
                    pass  # to the end of the line that is there
                end = min(file.tell(), whole)
                yield Span(str(path), begin, end - begin, identity)
                begin = end
    except OSError as error:
        raise StreamError(_unreadable(path, error)) from None


def _identity(file: FileIO | BufferedReader) -> tuple[int, int]:
    it = os.fstat(file.fileno())
    return it.st_dev, it.st_ino


def _read(file: FileIO, begin: int, size: int) -> bytes:
    """So many bytes from there on; fewer where the file has become shorter."""
    data = os.pread(file.fileno(), size, begin)
    while len(data) < size and (more := os.pread(file.fileno(), size - len(data), begin + len(data))):
        data += more
    return data


def _unreadable(name: str | Path, error: OSError) -> str:
    return f"{name} can not be read: {error.strerror}."


def _lines(data: bytes) -> int:
    """How many there are. `bytes.count` takes ten times as long, where they are as long as articles."""
    return sum(1 for _ in BytesIO(data))


def _of_lines(name: str, file: BufferedReader | BytesIO, size: int) -> Iterator[Chunk]:
    line = 1
    begun: list[bytes] = []  # a line whose end is not yet read, in pieces: it may be a long one
    while block := file.read1(size):
        end = block.rfind(b"\n") + 1
        if not end:
            begun.append(block)
            continue
        data = b"".join((*begun, block[:end]))
        yield Chunk(name, "jsonl", line, data)
        line += _lines(data)
        begun = [block[end:]]
    if rest := b"".join(begun):
        yield Chunk(name, "jsonl", line, rest)
