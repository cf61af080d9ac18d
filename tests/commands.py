"""The command line as a process, as a user starts it but without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Answer(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


def environment(settings: Mapping[str, object] | None = None) -> dict[str, str]:
    """Give this process's environment without settings, and with these (names without prefix)."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")}
    return bare | {"STREAM_" + name.upper(): str(value) for name, value in (settings or {}).items()}


def article_stream(*arguments: object, stdin: bytes = b"", settings: Mapping[str, object] | None = None) -> Answer:
    """Run ``article-stream`` with these arguments and settings."""
    ended = subprocess.run(
        [sys.executable, "-m", "stream", *map(str, arguments)],
        input=stdin, env=environment(settings), capture_output=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    return Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def one_sentence(answer: Answer, code: int) -> str:
    """Check that a command ended with one error line and nothing else; give it."""
    assert answer.code == code, answer
    assert answer.out == ""
    (line,) = answer.err.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")
