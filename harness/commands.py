"""Runs `article-stream` as a process, as a user does, but without a terminal."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import NamedTuple

from harness.forking import ROOT, fork_server

__all__ = ["ROOT", "Answer", "article_stream", "environment", "one_sentence", "without_waiting"]

PATIENCE_S = 240.0


class Answer(NamedTuple):
    """A command's exit code, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str


def environment(settings: Mapping[str, object] | None = None) -> dict[str, str]:
    """Return the environment, with its ``STREAM_`` variables replaced by these settings (names without the prefix)."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")}
    return bare | {"STREAM_" + name.upper(): str(value) for name, value in (settings or {}).items()}


def article_stream(*arguments: object, stdin: bytes = b"", settings: Mapping[str, object] | None = None) -> Answer:
    """Run ``article-stream`` with these arguments and settings; fails after four minutes."""
    with TemporaryFile() as out, TemporaryFile() as err:
        reads, writes = os.pipe()
        try:
            files = reads, out.fileno(), err.fileno()
            process = fork_server().start(list(map(str, arguments)), environment(settings), *files)
        finally:
            os.close(reads)
        feeding = threading.Thread(target=_feed, args=(writes, stdin))
        feeding.start()
        try:
            code = process.wait(PATIENCE_S)
        finally:
            process.kill()
            feeding.join()
        out.seek(0)
        err.seek(0)
        return Answer(code, out.read().decode(), err.read().decode())


def _feed(pipe: int, content: bytes) -> None:
    """Write into a pipe until nobody reads any more."""
    with contextlib.suppress(BrokenPipeError), os.fdopen(pipe, "wb") as file:
        file.write(content)


def without_waiting(said: str) -> list[str]:
    """Give the lines but for the one that says it waits for Kafka, which a busy machine brings about."""
    return [line for line in said.splitlines() if "Waiting for Kafka at " not in line]


def one_sentence(answer: Answer, code: int) -> str:
    """Check that a command ended with this code and printed one error line and nothing else; return the sentence."""
    assert answer.code == code, answer
    assert answer.out == ""
    (line,) = without_waiting(answer.err)
    assert line.startswith("error: ")
    return line.removeprefix("error: ")
