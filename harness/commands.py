"""Runs `article-stream` as a process, as a user does, but without a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


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
    """Run ``article-stream`` with these arguments and settings; fails after two minutes."""
    ended = subprocess.run(
        [sys.executable, "-m", "stream", *map(str, arguments)],
        input=stdin, env=environment(settings), capture_output=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    return Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


ONE_AFTER_ANOTHER = """
import importlib, json, os, sys
sys.argv[0] = "article-stream"
from stream.cli import main
ROOMS = "kafka.redriving kafka.topics observe.logs offline.chunks offline.crew offline.evaluation worker.app"
for name in ROOMS.split():
    importlib.import_module(f"stream.{name}")
for out, err, arguments in json.load(sys.stdin):
    if (child := os.fork()) == 0:
        for number, path in ((0, os.devnull), (1, out), (2, err)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
        sys.argv[1:] = arguments
        main()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def one_after_another(
    calls: Sequence[Sequence[object]], *, settings: Mapping[str, object] | None = None, timeout_s: float = 240.0
) -> list[Answer]:
    """Run ``article-stream`` once with each of these argument lists.

    Python is started and the modules are imported only once: each call is a fork of that process.
    """
    with TemporaryDirectory() as folder:
        places = [(f"{folder}/{number}.out", f"{folder}/{number}.err") for number in range(len(calls))]
        told = [(*place, list(map(str, call))) for place, call in zip(places, calls, strict=True)]
        ended = subprocess.run(
            [sys.executable, "-c", ONE_AFTER_ANOTHER], input=json.dumps(told).encode(), env=environment(settings),
            stdout=subprocess.PIPE, timeout=timeout_s, check=True, cwd=ROOT,
        )  # fmt: skip
        codes = map(int, ended.stdout.split())
        return [
            Answer(code, *(Path(path).read_text("utf-8") for path in place))
            for code, place in zip(codes, places, strict=True)
        ]


def one_sentence(answer: Answer, code: int) -> str:
    """Check that a command ended with this code and printed one error line and nothing else; return the sentence."""
    assert answer.code == code, answer
    assert answer.out == ""
    (line,) = answer.err.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")
