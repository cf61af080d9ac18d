"""Files in chunks of whole records, and the cleaning of a chunk: bytes in, bytes out, wherever it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from typing import NamedTuple

from stream.errors import StreamError
from stream.files import FileFormat, records
from stream.offline import CleanedValue, clean_value
from stream.provenance import as_json
from stream.records import Processor

CHUNK_BYTES = 1 << 20


class Chunk(NamedTuple):
    """Whole records of a file, of which `line` is the first one's line."""

    name: str
    file_format: FileFormat
    line: int
    data: bytes


class CleanedChunk(NamedTuple):
    """What goes out for a chunk of `size` bytes: cleaned records, what was removed, and what is wrong, a line each."""

    size: int
    output: bytes
    removed: bytes
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChunkCleaner:
    """Cleans chunks. `explain`: what goes out is for people. `keeps_removed`: what was removed is told."""

    processor: Processor
    explain: bool = False
    keeps_removed: bool = False

    def __call__(self, chunk: Chunk) -> CleanedChunk:
        """Never raises, whatever the bytes are."""
        out: list[bytes] = []
        removed: list[bytes] = []
        problems: list[str] = []
        shown = _explainer() if self.explain else _value
        details = self.explain or self.keeps_removed
        for line, value in records(BytesIO(chunk.data), chunk.file_format, chunk.line):
            result = clean_value(self.processor, value, chunk.file_format, details=details)
            if result.problem:
                place = f"{chunk.name}:{line}" if chunk.file_format == "jsonl" else chunk.name
                problems.append(f"{place}: {result.problem}")
            if self.keeps_removed and result.result is not None and result.removed:
                removed += as_json({"file": chunk.name, "line": line}, result.result), b"\n"
            out.append(shown(result))
        return CleanedChunk(len(chunk.data), b"".join(out), b"".join(removed), tuple(problems))


def _value(result: CleanedValue) -> bytes:
    return result.value


def _explainer() -> Callable[[CleanedValue], bytes]:
    """What `--explain` shows. Processes have one standard output, so each knows what fits it."""
    from stream.cli.console import output  # noqa: PLC0415 - only a chunk for people needs Rich
    from stream.cli.explain import explained  # noqa: PLC0415

    console = output()

    def shown(result: CleanedValue) -> bytes:
        with console.capture() as text:
            console.print(explained(result), soft_wrap=True, end="")
        return text.get().encode()

    return shown


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
        msg = f"{name} can not be read: {error.strerror}."
        raise StreamError(msg) from None


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
        line += data.count(b"\n")
        begun = [block[end:]]
    if rest := b"".join(begun):
        yield Chunk(name, "jsonl", line, rest)
