"""Where cleaned articles go: to one stream, or each file's to a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from stream.errors import SettingsError, StreamError
from stream.offline.compressed import Compression, compression_of_name
from stream.offline.files import same_file
from stream.offline.replacement import Replacement


class Target(Protocol):
    """Takes what goes out for each file in turn: `begin`, any number of `write`, `finish`; at last `close`."""

    def begin(self, number: int) -> None:
        """The file of this number comes next."""

    def write(self, data: bytes | memoryview) -> None:
        """More of what goes out for it."""

    def finish(self, *, changed: bool) -> None:
        """All of it was written; `changed` tells whether it differs from what came in."""

    def close(self) -> None:
        """Give up what is not finished."""


class Stream:
    """All files one after the other; each begins on a line of its own."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._line_is_open = False
        self._begins = False

    def begin(self, number: int) -> None:  # noqa: ARG002 - it is all the same stream
        """The next file begins."""
        self._begins = True

    def write(self, data: bytes | memoryview) -> None:
        """Goes out at once."""
        if not len(data):
            return
        if self._begins and self._line_is_open:
            self._stream.write(b"\n")
        self._begins = False
        self._line_is_open = data[-1] != ord("\n")
        self._stream.write(data)
        self._stream.flush()

    def finish(self, *, changed: bool) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """The stream is closed by whoever opened it."""


class Planned(NamedTuple):
    """A file to write, and how it is compressed."""

    path: Path
    compression: Compression | None


class Files:
    """Each file's articles to a file of its own, which appears when it is whole.

    `keeps_unchanged`: a file in which nothing changed is not written, as it is there already.
    """

    def __init__(self, planned: Sequence[Planned], *, keeps_unchanged: bool) -> None:
        self._planned = planned
        self._keeps_unchanged = keeps_unchanged
        self._open: Replacement | None = None

    def begin(self, number: int) -> None:
        """Open its temporary file. Raises `StreamError`."""
        self._open = Replacement(*self._planned[number])  # known before it makes a file, whenever Ctrl-C comes
        self._open.__enter__()

    def write(self, data: bytes | memoryview) -> None:
        """Append. Raises `StreamError`."""
        assert self._open is not None  # noqa: S101 - begun
        self._open.write(data)

    def finish(self, *, changed: bool) -> None:
        """Put it in its place. Raises `StreamError`."""
        assert self._open is not None  # noqa: S101 - begun
        if changed or not self._keeps_unchanged:
            self._open.keep()
        self.close()

    def close(self) -> None:
        """Delete the temporary file, if it has not got its place."""
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None


def in_place(paths: Sequence[Path | None]) -> list[Planned]:
    """The files to clean are those to write, too. Raises `SettingsError` for standard input."""
    planned = []
    for path in paths:
        if path is None:
            msg = "Standard input cannot be cleaned in place."
            raise SettingsError(msg, fix="Name files, or leave --in-place out.")
        planned.append(Planned(path, compression_of_name(path)))
    return planned


def into_folder(folder: Path, paths: Sequence[Path | None], stdin_name: Path | None) -> list[Planned]:
    """A file of the same name in `folder`, which is made if need be, for each file to clean.

    Raises `SettingsError` where standard input has no name, two files have the same one, or one would replace itself;
    `StreamError` where the folder cannot be created.
    """
    planned: dict[Path, Path] = {}
    for path in paths:
        named = path or stdin_name
        if named is None:
            msg = "--output-dir needs a name for standard input."
            raise SettingsError(msg, fix="Give it with --stdin-filename.")
        target = folder / named.name
        if target in planned:
            msg = f"{planned[target]} and {named} would both be written to {target}."
            raise SettingsError(msg, fix="Clean them one after the other, each into a folder of its own.")
        if path is not None and same_file(path, target):
            msg = f"{path} would be replaced by its cleaned articles."
            raise SettingsError(msg, fix="If you want that, say --in-place; else give another folder.")
        planned[target] = named
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be created: {error.strerror}."
        raise StreamError(msg) from None
    return [Planned(target, compression_of_name(target)) for target in planned]
