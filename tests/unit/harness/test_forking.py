"""`article-stream` as a fork: nothing tells it from a new process, and it does not outlive the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from harness.commands import ROOT, article_stream, environment
from harness.fakes import CLEAN, REPEATED
from harness.forking import MODULES, Forked, ForkServer
from harness.processes import free_port, until
from stream.cli.commands import COMMANDS

ONE_BY_ONE = """
import os, sys
from importlib import import_module
for name in sys.argv[1:]:
    if (child := os.fork()) == 0:
        import_module(name)
        os._exit(0)
    assert not os.waitpid(child, 0)[1], name
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    made = ForkServer()
    yield made
    made.close()


def started(server: ForkServer, log: Path, **settings: object) -> Forked:
    """Start a worker that waits for a Kafka."""
    settings = {"bootstrap_servers": f"127.0.0.1:{free_port()}", "startup_timeout_s": 600, **settings}
    with Path(os.devnull).open("rb") as nothing, log.open("wb") as file:
        return server.start(["worker"], environment(settings), nothing.fileno(), file.fileno(), file.fileno())


def test_streams_settings_and_the_exit_code_are_its_own() -> None:
    assert article_stream("clean", stdin=REPEATED.encode()).out == CLEAN
    assert "of-this-test" in article_stream("settings", settings={"group_id": "of-this-test"}).out
    assert "of-this-test" not in article_stream("settings").out
    answer = article_stream("settings", "--wrong")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")


def test_more_than_a_pipe_holds_goes_in_and_out() -> None:
    text = "\n".join(f"Paragraph {number} of a long article." for number in range(20_000))
    assert article_stream("clean", "-q", stdin=text.encode()).out == text


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_signal_ends_it_as_it_ends_a_process(
    server: ForkServer, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    worker = started(server, tmp_path / "log")
    assert worker.poll() is None
    with pytest.raises(TimeoutExpired):
        worker.wait(0.01)
    until(lambda: b"Waiting for Kafka" in (tmp_path / "log").read_bytes(), "it to wait")
    assert worker.poll() is None
    worker.send_signal(number)
    assert worker.wait(60) == code == worker.poll() == worker.returncode
    worker.send_signal(number)  # to nobody


def test_what_runs_ends_with_the_server(tmp_path: Path) -> None:
    server = ForkServer()
    worker = started(server, tmp_path / "log")
    server.close()
    assert worker.wait(60) == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


def test_what_the_server_has_imported_can_be_imported_first() -> None:
    """A command finds all that it imports: nothing needs another import before it, which the server would hide."""
    names = [*(name for name in MODULES if name.startswith("stream.")), *(it.module for it in COMMANDS.values())]
    ended = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, *names], cwd=ROOT, env=environment(), capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()
