"""Articles in files: which format a file is in, by its name or by its content, and its records one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BufferedReader, RawIOBase
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Literal, NamedTuple

import orjson

from stream.core.patterns import pattern
from stream.errors import SettingsError, StreamError, unreadable
from stream.offline.arrays import is_array
from stream.offline.compressed import (
    LONGEST_MAGIC,
    compression_of_name,
    compression_of_start,
    decompressed,
    may_begin_magic,
)
from stream.records.json_values import BOM

FileFormat = Literal["text", "json", "jsonl"]
FORMATS: tuple[FileFormat, ...] = ("text", "json", "jsonl")
BY_SUFFIX: dict[str, FileFormat] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
    ".md": "text",
}
HTML_SUFFIXES = (".htm", ".html", ".xhtml")
STANDARD_INPUT = "standard input"
_BEFORE = rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*"
_PAGE_START = pattern(_BEFORE + rb"<(?:!doctype\s+html|(?:html|head|body)(?:\s[^>]*)?>)", re.IGNORECASE | re.DOTALL)
_PIECE_START = pattern(
    _BEFORE + rb"<(?:title|meta|script|style|div|p|article|section|main|header|h[1-6]|table|ul)(?:\s[^>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
HTML_BYTES = 1 << 12
"""So many bytes of a text are looked at to tell that it is HTML."""
_OBJECT_START = pattern(rb'\s*\{\s*["}]')
_ARRAY_START = pattern(rb"\s*\[\s*[{\]]")
_TOO_FEW = pattern(rb"\s*[\[{]?\s*\Z")
_BLOCK_BYTES = 1 << 16


def format_of_file(path: Path | None, given: str | None) -> FileFormat:
    """The format that was given, or the one that a file's name tells, without `.gz` or `.zst`; text for None.

    Raises `SettingsError` where neither tells, `StreamError` for HTML.
    """
    if given is not None:
        for known in FORMATS:
            if given == known:
                return known
        msg = f"--format {given} is not known."
        raise SettingsError(msg, fix="It is text, json or jsonl.")
    if path is None:
        return "text"
    found = format_of_name(path)
    if found is None:
        msg = f"The name of {path} does not tell its format."
        raise SettingsError(msg, fix="Say --format text, json or jsonl.")
    return found


def format_of_name(path: PurePath) -> FileFormat | None:
    """The format that a name tells, without `.gz` or `.zst`; None where it does not. Raises `StreamError` for HTML."""
    if compression_of_name(path) is not None:
        path = path.with_suffix("")
    suffix = path.suffix.lower()
    if suffix in HTML_SUFFIXES:
        raise html(path)
    return BY_SUFFIX.get(suffix)


def html(name: object) -> StreamError:
    """The error for a file that is a web page and no article."""
    return StreamError(f"{name} is HTML.", fix="Extract its text first, for example with trafilatura, and clean that.")


def is_html(text: bytes, name: str) -> bool:
    """Whether a text begins as a web page does, or a piece of one; with such a piece Markdown may begin, too."""
    if _PAGE_START.match(text, 0, HTML_BYTES):
        return True
    return ".md" not in PurePath(name.lower()).suffixes and _PIECE_START.match(text, 0, HTML_BYTES) is not None


def opened(path: Path | None) -> BufferedReader:
    """The file, or standard input, open for reading. Raises `StreamError`."""
    try:
        return open(0, "rb", closefd=False) if path is None else path.open("rb")
    except OSError as error:
        raise StreamError(unreadable(path or STANDARD_INPUT, error)) from None


class Recognised(NamedTuple):
    """A stream with its format; what was read of it to find out comes first again."""

    file: BufferedReader
    file_format: FileFormat


def recognised(file: BufferedReader, file_format: FileFormat | None) -> Recognised:
    """Decompress a stream that begins as gzip or Zstandard, and tell its format by its beginning, if it is not given.

    No more is read than tells: of JSON the first line. Raises `StreamError`, and `OSError` as reading does.
    """
    start = _until(file, lambda start: len(start) >= LONGEST_MAGIC or not may_begin_magic(start))
    compression = compression_of_start(start)
    file = BufferedReader(_Rejoined(start, file), _BLOCK_BYTES)
    if compression is not None:
        file = decompressed(file, compression)
    if file_format is not None:
        return Recognised(file, file_format)
    start = _until(file, lambda start: not _TOO_FEW.match(start.removeprefix(BOM)))
    if _OBJECT_START.match(start.removeprefix(BOM)) and b"\n" not in start.lstrip():
        start += _rest_of_line(file)
    return Recognised(BufferedReader(_Rejoined(start, file), _BLOCK_BYTES), format_of_start(start))


def format_of_start(start: bytes) -> FileFormat:
    """Tell the format by the first lines: an object that ends with its line is JSON lines.

    A text may begin with a brace, too; JSON goes on with a quote or another brace. Of JSON whose first line is broken
    it is JSON lines where that line ends as an object does.
    """
    start = start.removeprefix(BOM).lstrip()
    if _ARRAY_START.match(start):
        return "json"
    if not _OBJECT_START.match(start):
        return "text"
    first = start.partition(b"\n")[0].rstrip()
    return "jsonl" if _is_json(first) or (first.endswith(b"}") and b"\n" in start.strip()) else "json"


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _until(file: BufferedReader, enough: Callable[[bytes], bool]) -> bytes:
    """Read until there is something, and enough of it, or the end."""
    start = b""
    while not (start and enough(start)) and (block := file.read1(_BLOCK_BYTES)):
        start += block
    return start


def _rest_of_line(file: BufferedReader) -> bytes:
    """Read to the first line feed, and what comes along with it."""
    blocks: list[bytes] = []
    while block := file.read1(_BLOCK_BYTES):
        blocks.append(block)
        if b"\n" in block:
            break
    return b"".join(blocks)


class _Rejoined(RawIOBase):
    """What was read of a stream already, and then the rest of it, each time what is there."""

    def __init__(self, start: bytes, rest: BufferedReader) -> None:
        self._start = memoryview(start)
        self._rest = rest

    def readable(self) -> bool:
        """It is for reading only."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some; never waits where there is something."""
        data = self._start[: len(buffer)] or self._rest.read1(len(buffer))
        self._start = self._start[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def json_start(file: BufferedReader | BinaryIO) -> tuple[bytes, bool]:
    """Read the beginning of a JSON file, and tell whether it is an array. Raises `OSError`."""
    start = b""
    while (array := is_array(start)) is None and (block := file.read(_BLOCK_BYTES)):
        start += block
    return start, bool(array)


def records(file: BinaryIO, file_format: FileFormat, line: int = 1) -> Iterator[tuple[int, bytes]]:
    """The file's records with the number of their line, `line` for the first. Blank lines are none."""
    if file_format != "jsonl":
        yield line, file.read()
        return
    for number, value in enumerate(file, line):
        if value.strip():
            yield number, value


def same_file(path: Path, other: Path) -> bool:
    """Whether both are there and the same file, whatever their names."""
    try:
        return path.samefile(other)
    except OSError:
        return False
