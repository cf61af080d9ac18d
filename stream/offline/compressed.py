"""Compressed files, gzip and Zstandard: told by a name or by their first bytes, read and written as a stream."""

from __future__ import annotations

import gzip
import zlib
from importlib import import_module
from io import BufferedReader, RawIOBase
from pathlib import PurePath
from typing import Any, BinaryIO, Literal

from stream.errors import StreamError

Compression = Literal["gzip", "zstd"]
BY_SUFFIX: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}
MAGIC: dict[bytes, Compression] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""The first bytes of each (RFC 1952, RFC 8878)."""
LONGEST_MAGIC = max(map(len, MAGIC))
GZIP_LEVEL = 6
"""What the gzip command uses: Python's default of 9 takes three times as long for files 1% smaller."""
BUFFER_BYTES = 1 << 16


def compression_of_name(path: PurePath) -> Compression | None:
    """Tell how a file of this name is compressed; None: it is not."""
    return BY_SUFFIX.get(path.suffix.lower())


def compression_of_start(start: bytes) -> Compression | None:
    """Tell by its first bytes how something is compressed; None: it is not."""
    return next((known for magic, known in MAGIC.items() if start.startswith(magic)), None)


def may_begin_magic(start: bytes) -> bool:
    """Whether bytes that are too few to tell may still turn out to be compressed."""
    return any(magic.startswith(start) and magic != start for magic in MAGIC)


def decompressed(file: BinaryIO, compression: Compression) -> BufferedReader:
    """Read what is in a compressed file. Reading raises `OSError` where its data is damaged or incomplete.

    Raises `StreamError` where the library for Zstandard is missing.
    """
    return BufferedReader(_Decompressed(file, compression), BUFFER_BYTES)


def compressing(file: BinaryIO, compression: Compression) -> BinaryIO:
    """Write into a file what is to be compressed; close this before the file itself. Raises like `decompressed`."""
    if compression == "gzip":
        return gzip.GzipFile("", "wb", GZIP_LEVEL, file, mtime=0)  # type: ignore[return-value] # it has what is used
    writer: BinaryIO = _zstd().ZstdFile(file, "wb")
    return writer


class _Decompressed(RawIOBase):
    """The content of a compressed file, in which every kind of damage is an `OSError`."""

    def __init__(self, file: BinaryIO, compression: Compression) -> None:
        self._compression = compression
        self._damage: tuple[type[Exception], ...] = (EOFError, zlib.error, gzip.BadGzipFile)
        if compression == "gzip":
            self._content: Any = gzip.GzipFile(fileobj=file, mode="rb")
        else:
            zstd = _zstd()
            self._damage = (EOFError, zstd.ZstdError)
            self._content = zstd.ZstdFile(file, "rb")

    def readable(self) -> bool:
        """It is for reading only."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what one step of the decompression gives. Raises `OSError`."""
        try:
            data: bytes = self._content.read1(len(buffer))
        except self._damage:
            raise OSError(0, f"its {self._compression} data is damaged or incomplete") from None
        buffer[: len(data)] = data
        return len(data)


def _zstd() -> Any:
    """Python's own module, from 3.14 on, or the same for earlier ones."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            pass
    msg = "Reading and writing .zst needs the library backports.zstd."
    raise StreamError(msg, fix="Run `pip install backports.zstd`.")
