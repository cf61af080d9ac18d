"""Files in chunks of whole records, and the cleaning of a chunk: bytes in, bytes out, wherever it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from typing import Any, NamedTuple, SupportsIndex

from stream.core.sites import Profile
from stream.errors import StreamError, unreadable
from stream.offline.arrays import Item, parts_of
from stream.offline.files import FileFormat, html, is_html, json_start, opened, records
from stream.offline.value import CleanedValue, Counts, clean_value
from stream.records.process import Processor, removals_of

CHUNK_BYTES = 1 << 20
OUT_OF_BAND = 5
"""The first protocol of pickle that can leave bytes where they are."""


class Chunk(NamedTuple):
    """Whole records of a file, of which `line` is the first one's line.

    `number` is the file's own among those to clean, from 0. Of a JSON array `items` tells where they stand in the
    data, else it is None; `flaw` is what is wrong with the array itself, at the end of the data. `is_end` says that
    no more chunks of this file come.
    """

    name: str
    file_format: FileFormat
    line: int
    data: bytes
    number: int = 0
    items: tuple[Item, ...] | None = None
    flaw: str = ""
    is_end: bool = False


class Span(NamedTuple):
    """Where such a chunk stands in a file of lines: whoever cleans it reads it, and counts its lines from 1 on.

    `file` tells this file from one that is put in its place meanwhile.
    """

    name: str
    begin: int
    size: int
    file: tuple[int, int]
    number: int = 0


class Place(NamedTuple):
    """Where an article is: its file and line, and of an array its number among the items (else 0).

    `is_alone`: the file holds this one article and cannot hold more.
    """

    name: str
    line: int
    item: int
    is_alone: bool


class CleanedChunk(NamedTuple):
    """What goes out for a chunk of `size` bytes of the file `name`: cleaned records, and what was removed.

    `problems` are lines, and what is wrong there; line 0 is all of the file. Of a span they count from its first line,
    and it has so many `lines`. `number` is the file's own, and `is_end` says that this is its last chunk. `failure`:
    why it could not be read.
    """

    name: str
    size: int
    output: bytes | memoryview = b""
    removed: bytes | memoryview = b""
    problems: tuple[tuple[int, str], ...] = ()
    lines: int = 0
    number: int = 0
    failure: str = ""
    counts: Counts = Counts()
    is_end: bool = False

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type, tuple[Any, ...]]:
        """What goes out is not copied, where it can be read where it is (PEP 574)."""
        if int(protocol) < OUT_OF_BAND:
            return CleanedChunk, tuple(self)
        from pickle import PickleBuffer  # noqa: PLC0415 - needed only by what goes to another process

        name, size, output, removed, *rest = self
        return CleanedChunk, (name, size, PickleBuffer(output), PickleBuffer(removed), *rest)


Shown = Callable[[CleanedValue, Place], bytes]
"""What is written for an article in place of its cleaned value."""


@dataclass(frozen=True, slots=True)
class ChunkCleaner:
    """Cleans chunks. `keeps_removed`: what was removed is told. `profiles` are those of the known sites, by name.

    `explainer` is called once for a chunk and gives the function that shows a result to people; without it the cleaned
    values themselves go out.
    """

    processor: Processor
    explainer: Callable[[], Shown] | None = None
    keeps_removed: bool = False
    profiles: Mapping[str, Profile] | None = None

    def __call__(self, chunk: Chunk | Span) -> CleanedChunk:
        """Never raises, whatever the bytes are."""
        if isinstance(chunk, Chunk):
            return self._clean(chunk)
        try:
            with Path(chunk.name).open("rb", buffering=0) as file:
                data = _read(file, chunk.begin, chunk.size) if _identity(file) == chunk.file else b""
        except OSError as error:
            return CleanedChunk(chunk.name, chunk.size, failure=unreadable(chunk.name, error))
        if len(data) < chunk.size:
            return CleanedChunk(chunk.name, chunk.size, failure=f"{chunk.name} was changed while it was read.")
        return self._clean(Chunk(chunk.name, "jsonl", 1, data, chunk.number))._replace(lines=_lines(data))

    def _clean(self, chunk: Chunk) -> CleanedChunk:
        out: list[bytes] = []
        removed: list[bytes] = []
        problems: list[tuple[int, str]] = []
        counted: list[Counts] = []
        shown = None if self.explainer is None else self.explainer()
        done = 0  # the bytes of an array that went out, or were shown
        for line, value, item in records_of(chunk):
            result = clean_value(self.processor, value, chunk.file_format, profiles=self.profiles)
            counted.append(result.counts)
            if result.problem:
                problem = result.problem if item is None else f"item {item.number}: {result.problem}"
                problems.append((0 if chunk.file_format != "jsonl" and item is None else line, problem))
            if self.keeps_removed and result.removed:
                where = {"file": chunk.name, "line": line} | ({} if item is None else {"item": item.number})
                removed += removals_of(where, result.cleaned), b"\n"
            if shown is not None:
                is_alone = item is None and chunk.file_format != "jsonl"
                out.append(shown(result, Place(chunk.name, line, 0 if item is None else item.number, is_alone)))
            elif item is None:
                out.append(result.value)
            else:
                out += chunk.data[done : item.begin], result.value
                done = item.end
        if chunk.items is not None and shown is None:
            out.append(chunk.data[done:])
        if chunk.flaw:
            problems.append((chunk.line + chunk.data.count(b"\n"), chunk.flaw))
        counts = Counts(*map(sum, zip(*counted, strict=True))) if counted else Counts()
        done_with = (tuple(problems), 0, chunk.number, "", counts, chunk.is_end)
        return CleanedChunk(chunk.name, len(chunk.data), b"".join(out), b"".join(removed), *done_with)


def records_of(chunk: Chunk) -> Iterator[tuple[int, bytes, Item | None]]:
    """The chunk's records with their lines, and their places in an array."""
    if chunk.items is None:
        for line, value in records(BytesIO(chunk.data), chunk.file_format, chunk.line):
            yield line, value, None
    else:
        for item in chunk.items:
            yield item.line, chunk.data[item.begin : item.end], item


def chunks_of(
    name: str, file: BufferedReader | BytesIO, file_format: FileFormat, size: int = CHUNK_BYTES, number: int = 0
) -> Iterator[Chunk]:
    """The file in chunks of about `size` bytes, or of a longer line or item; one that is one record is one chunk.

    Only of that it is known that it is the last one.

    Of a pipe a chunk is what is there, so that nobody waits for one to fill. Raises `StreamError`.
    """
    try:
        if file_format == "jsonl":
            yield from _of_lines(name, file, size, number)
            return
        start, array = json_start(file) if file_format == "json" else (b"", False)
        if array:
            for data, line, items, flaw in parts_of(start, file.read, size):
                yield Chunk(name, file_format, line, data, number, items, flaw)
            return
        data = start + file.read()
    except OSError as error:
        raise StreamError(unreadable(name, error)) from None
    if file_format == "text" and is_html(data, name):
        raise html(name)
    yield Chunk(name, file_format, 1, data, number, is_end=True)


def end_of(name: str, number: int) -> Chunk:
    """The empty chunk after a file's last one."""
    return Chunk(name, "jsonl", 1, b"", number, is_end=True)


def spans_of(path: Path, size: int = CHUNK_BYTES, number: int = 0) -> Iterator[Span]:
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
                yield Span(str(path), begin, end - begin, identity, number)
                begin = end
    except OSError as error:
        raise StreamError(unreadable(path, error)) from None


def _identity(file: FileIO | BufferedReader) -> tuple[int, int]:
    it = os.fstat(file.fileno())
    return it.st_dev, it.st_ino


def _read(file: FileIO, begin: int, size: int) -> bytes:
    """So many bytes from there on; fewer where the file has become shorter."""
    data = os.pread(file.fileno(), size, begin)
    while len(data) < size and (more := os.pread(file.fileno(), size - len(data), begin + len(data))):
        data += more
    return data


def _lines(data: bytes) -> int:
    """How many there are. `bytes.count` takes ten times as long, where they are as long as articles."""
    return sum(1 for _ in BytesIO(data))


def _of_lines(name: str, file: BufferedReader | BytesIO, size: int, number: int) -> Iterator[Chunk]:
    line = 1
    begun: list[bytes] = []  # a line whose end is not yet read, in pieces: it may be a long one
    while block := file.read1(size):
        end = block.rfind(b"\n") + 1
        if not end:
            begun.append(block)
            continue
        data = b"".join((*begun, block[:end]))
        yield Chunk(name, "jsonl", line, data, number)
        line += _lines(data)
        begun = [block[end:]]
    if rest := b"".join(begun):
        yield Chunk(name, "jsonl", line, rest, number)
