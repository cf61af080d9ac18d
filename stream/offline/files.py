"""Articles in files: which format a file is in, and its records one by one."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Literal

from stream.errors import StreamError

FileFormat = Literal["text", "json", "jsonl"]
FORMATS: tuple[FileFormat, ...] = ("text", "json", "jsonl")
BY_SUFFIX: dict[str, FileFormat] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
    ".md": "text",
}


def format_of_file(path: Path | None, given: str | None) -> FileFormat:
    """The format that was given, or the one a file's name tells; standard input is text unless told otherwise.

    Raises `StreamError` where neither tells.
    """
    if given is not None:
        for known in FORMATS:
            if given == known:
                return known
        msg = f"--format {given} is not known."
        raise StreamError(msg, fix="It is text, json or jsonl.")
    if path is None:
        return "text"
    try:
        return BY_SUFFIX[path.suffix.lower()]
    except KeyError:
        msg = f"The name of {path} does not tell its format."
        raise StreamError(msg, fix="Say --format text, json or jsonl.") from None


def opened(path: Path | None) -> BufferedReader:
    """The file, or standard input, open for reading. Raises `StreamError`."""
    try:
        return open(0, "rb", closefd=False) if path is None else path.open("rb")
    except OSError as error:
        msg = f"{path or 'standard input'} can not be read: {error.strerror}."
        raise StreamError(msg) from None


def records(file: BinaryIO, file_format: FileFormat, line: int = 1) -> Iterator[tuple[int, bytes]]:
    """The file's records with the number of their line, `line` for the first. Blank lines are none."""
    if file_format != "jsonl":
        yield line, file.read()
        return
    for number, value in enumerate(file, line):
        if value.strip():
            yield number, value
