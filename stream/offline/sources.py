"""The files to clean, standard input among them: each with its format, and all of them in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from stream.errors import StreamError, unreadable
from stream.offline.chunks import CHUNK_BYTES, Chunk, Span, chunks_of, end_of, spans_of
from stream.offline.compressed import compression_of_name, decompressed
from stream.offline.files import (
    STANDARD_INPUT,
    FileFormat,
    format_of_file,
    format_of_name,
    opened,
    recognised,
    same_file,
)

STDIN = "-"
"""What stands for standard input on the command line, and for standard output."""


class Source(NamedTuple):
    """A file to clean, or standard input where `path` is None.

    `file_format` is None where its content has to tell; `size`, of what is in it, is 0 where it is not known.
    """

    path: Path | None
    name: str
    file_format: FileFormat | None
    size: int


def sources_of(paths: Sequence[Path], given: str | None, stdin_name: Path | None, *, unique: bool) -> list[Source]:
    """The files with their formats; `unique`: each one once. Raises `StreamError` for one that is not fit."""
    found: dict[object, Source] = {}
    for number, path in enumerate(paths):
        if str(path) == STDIN:
            name = format_of_name(stdin_name) if stdin_name is not None and given is None else None
            file_format = name if given is None else format_of_file(None, given)
            source = Source(None, str(stdin_name or STANDARD_INPUT), file_format, 0)
        else:
            size = _size(path) if compression_of_name(path) is None else 0
            source = Source(path, str(path), format_of_file(path, given), size)
        found.setdefault((path.resolve() if source.path else STDIN) if unique else number, source)
    return list(found.values())


def total_size(sources: Sequence[Source]) -> int | None:
    """Bytes of all; None where one's are not known, as a pipe's, or of what is in a compressed file."""
    sizes = [source.size for source in sources]
    return sum(sizes) if all(sizes) else None


def is_among(path: Path, sources: Sequence[Source]) -> bool:
    """Whether a file is one of these, whatever its name."""
    return any(source.path is not None and same_file(source.path, path) for source in sources)


def _size(path: Path) -> int:
    """Bytes of a real file."""
    try:
        it = path.stat()
    except OSError:  # said when it is opened
        return 0
    return it.st_size if S_ISREG(it.st_mode) else 0


def parts_of(sources: Sequence[Source], *, whole: bool) -> Iterator[Chunk | Span]:
    """The files in parts: their bytes, or with lines of a real file only where they stand, unless `whole`.

    The last part of each file says so. Raises `StreamError`.
    """
    for number, (path, name, file_format, size) in enumerate(sources):
        if path is not None and file_format == "jsonl" and size and not whole:  # 0: a file that does not know its size
            yield from spans_of(path, CHUNK_BYTES, number)
            yield end_of(name, number)
            continue
        is_end = False
        with opened(path) as file:
            content: BufferedReader = file
            try:
                if path is None:
                    content, file_format = recognised(file, file_format)  # noqa: PLW2901 - now it is known
                elif (compression := compression_of_name(path)) is not None:
                    content = decompressed(file, compression)
            except OSError as error:
                raise StreamError(unreadable(name, error)) from None
            for chunk in chunks_of(name, content, file_format or "text", CHUNK_BYTES, number):
                yield chunk
                is_end = chunk.is_end
        if not is_end:
            yield end_of(name, number)
