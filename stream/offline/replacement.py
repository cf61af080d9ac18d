"""A file that takes the place of another one when it is whole, so that nothing is lost whatever goes wrong before."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISREG
from types import TracebackType
from typing import BinaryIO, Self

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
        self._compression = compression
        self._path = path.resolve()
        self._temporary = self._path.with_name(f".article-stream-{os.urandom(8).hex()}.tmp")
        self._file: BinaryIO | None = None
        self._writer: BinaryIO | None = None  # into the file, compressed if need be
        self._kept = False

    def __enter__(self) -> Self:
        """Open the temporary file."""
        try:
            self._open()
        except OSError as error:
            raise self._failure(error.strerror) from None
        finally:
            if self._writer is None:  # Ctrl-C may come after the file was made and before it is known here
                self._drop()
        return self

    def _open(self) -> None:
        replaced = self._path.stat() if self._path.exists() else None
        if replaced is not None and not S_ISREG(replaced.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        if replaced is not None and not os.access(self._path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        # Nobody else may read it before it has the permissions of the file that it replaces.
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._temporary, how, 0o666 if replaced is None else 0o600), "wb")
        if replaced is not None:
            with suppress(PermissionError):  # only root may give a file away
                os.fchown(self._file.fileno(), replaced.st_uid, replaced.st_gid)
            os.fchmod(self._file.fileno(), S_IMODE(replaced.st_mode))
        self._writer = self._file if self._compression is None else compressing(self._file, self._compression)

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
        assert self._file is not None  # noqa: S101 - as is its writer
        try:
            if self._writer is not self._file:
                self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
            self._kept = True
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # else the name may be lost with the machine's power
            finally:
                os.close(folder)
        except OSError as error:
            raise self._failure(error.strerror) from None

    def _drop(self) -> None:
        for file in (self._writer, self._file):
            if file is not None:
                with suppress(OSError, ValueError):  # what is buffered need not be written any more, and may not fit
                    file.close()
        self._temporary.unlink(missing_ok=True)

    def _failure(self, why: str | None) -> StreamError:
        msg = f"{self._shown} cannot be written: {why}."
        return StreamError(msg, fix="It is as it was before.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._kept:
            self._drop()
