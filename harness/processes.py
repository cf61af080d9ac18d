"""The worker as a process, with what a test wants to know about it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import orjson

from harness.commands import environment
from harness.forking import ROOT, Forked, fork_server
from harness.kafka.properties import free_ports

PATIENCE_S = 60.0
SOON_S, LATER_S = 0.02, 0.1
"""Between two looks at a condition, at first and after a long wait. Asking a worker costs both sides some time."""


def until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait until a condition is true. `what` names it in the error.

    Raises:
        AssertionError: it was not true within ``timeout_s``.
    """
    began = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began
        if waited_s > timeout_s:
            msg = f"waited {timeout_s:g} s for {what}"
            raise AssertionError(msg)
        time.sleep(min(LATER_S, SOON_S + waited_s / 20))


def free_port() -> int:
    """Find a port on which nothing listens, in a range that neither outgoing connections nor our brokers use."""
    return free_ports(1, 10_000, 19_999)[0]


class Worker:
    """``article-stream worker`` with these settings, as a process that never outlives the ``with`` block."""

    def __init__(self, settings: Mapping[str, object], *, name: str = "worker", python: Sequence[str] = ()) -> None:
        """Start the worker; the settings have names without the prefix ``STREAM_``.

        ``name``: another command, with its options. ``python``: arguments of a new Python instead.
        """
        self.port = free_port()
        self._log = tempfile.NamedTemporaryFile(suffix=".log")  # noqa: SIM115 - closed with the worker
        environ = environment({"http_port": self.port, **settings})
        self.process: Forked | subprocess.Popen[bytes]
        if python:
            self.process = subprocess.Popen(
                [sys.executable, *python], env=environ, stdout=self._log, stderr=subprocess.STDOUT, cwd=ROOT
            )
        else:
            with Path(os.devnull).open("rb") as nothing:
                log = self._log.fileno()
                self.process = fork_server().start(name.split(), environ, nothing.fileno(), log, log)

    @property
    def log(self) -> str:
        """Everything that the worker has printed so far."""
        return Path(self._log.name).read_text("utf-8", "replace")

    def get(self, page: str) -> tuple[int, bytes]:
        """Fetch one of its pages: status and body. The status is 0 while the worker does not listen."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{page}", timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def ready(self) -> bool:
        """Tell whether /health/ready says that the worker is ready."""
        return self.get("/health/ready")[0] == 200

    def partitions(self) -> dict[str, dict[str, int]]:
        """Get what /health/live says about each partition, by number."""
        body = self.get("/health/live")[1]
        found: dict[str, dict[str, int]] = orjson.loads(body)["partitions"] if body else {}
        return found

    def metric(self, name: str, page: str = "/metrics") -> float:
        """Read one sample of its metrics, by its name and labels as they are printed; 0 if there is none."""
        for line in self.get(page)[1].decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def wait_ready(self) -> None:
        """Wait until the worker is ready; fail with its log if it ends before."""
        until(lambda: self.ready() or self.process.poll() is not None, "the worker to be ready")
        assert self.process.poll() is None, self.log

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker."""
        self.process.send_signal(number)

    def terminate(self, timeout_s: float = 40.0) -> int:
        """Ask the worker to stop (SIGTERM); return its exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """Kill the worker (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        self._log.close()
