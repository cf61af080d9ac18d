"""A file that takes the place of another one when it is whole, so that nothing is lost whatever goes wrong before."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
from types import TracebackType
from typing import BinaryIO

from typing_extensions import Self

from stream.errors import StreamError
from stream.offline.compressed import Compression, compressing


class Replacement:
    """What is written goes into a temporary file beside `path`, which `keep` gives its name.

    Left without `keep` (an error, Ctrl-C), the temporary file is deleted and `path` is as it was. A process that is
    killed leaves the temporary file behind, too. A file that is replaced keeps its permissions and, where that is
    allowed, its owner; a symbolic link stays one, and the file that it names is replaced.

    Everything raises `StreamError` where the file cannot be written.
    """

    def __init__(self, path: Path, compression: Compression | None = None) -> None:
        self._shown = path
        self._path = path.resolve()
        self._temporary = self._path.with_name(f".article-stream-{token_hex(8)}.tmp")
        self._writer: BinaryIO | None = None
        try:
            replaced = self._path.stat() if self._path.exists() else None
            if replaced is not None and not os.access(self._path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            # Nobody else may read it before it has the permissions of the file that it replaces.
            how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file = os.fdopen(os.open(self._temporary, how, 0o666 if replaced is None else 0o600), "wb")
            try:
                if replaced is not None:
                    with suppress(PermissionError):  # only root may give a file away
                        os.fchown(self._file.fileno(), replaced.st_uid, replaced.st_gid)
                    os.fchmod(self._file.fileno(), S_IMODE(replaced.st_mode))
                self._writer = self._file if compression is None else compressing(self._file, compression)
            except BaseException:
                self._drop()
                raise
        except OSError as error:
            raise self._failure(error.strerror) from None

    def write(self, data: bytes | memoryview) -> None:
        """Append."""
        assert self._writer is not None  # noqa: S101 - it is open until `keep`
        try:
            self._writer.write(data)
        except OSError as error:
            raise self._failure(error.strerror) from None

    def keep(self) -> None:
        """Give the file its name, once all of it is on the disk."""
        assert self._writer is not None  # noqa: S101 - it is kept once
        try:
            if self._writer is not self._file:
                self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
            self._writer = None
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # else the name may be lost with the machine's power
            finally:
                os.close(folder)
        except OSError as error:
            raise self._failure(error.strerror) from None

    def _drop(self) -> None:
        with suppress(OSError, ValueError):  # what is buffered need not be written any more, and may not fit
            if self._writer is not None:
                self._writer.close()
        self._writer = None
        with suppress(OSError):
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def _failure(self, why: str | None) -> StreamError:
        msg = f"{self._shown} cannot be written: {why}."
        return StreamError(msg, fix="It is as it was before.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._drop()
