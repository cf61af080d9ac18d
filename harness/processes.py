"""The worker as a process, with what a test wants to know about it."""

from __future__ import annotations

import http.client
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
from typing import Any, Self, TypeVar

import orjson

from harness.commands import environment
from harness.forking import ROOT, Forked, fork_server
from harness.kafka.properties import free_ports

Found = TypeVar("Found")

PATIENCE_S = 60.0
ANSWER_S = 20.0
"""How long a page may take: on a busy machine, one that is given up too early looks like a worker that is gone."""
STOP_S = 50.0
"""How long a worker may take to stop, on a busy machine longer than a user would wait; less than `PATIENCE_S`."""
SOON_S, LATER_S = 0.02, 0.1
"""Between two looks at a condition, at first and after a long wait. Asking a worker costs both sides some time."""
LOG_LINES = 40
"""How much of a worker's log goes with the error of a test that fails."""


def until(condition: Callable[[], Found | None], what: str, timeout_s: float = PATIENCE_S) -> Found:
    """Wait until a condition is true, and get what it found. `what` names it in the error.

    Whatever is looked at afterwards is better among what the condition finds: a second look may see something else.

    Raises:
        AssertionError: it was not true within ``timeout_s``.
    """
    began = time.monotonic()
    while not (found := condition()):
        waited_s = time.monotonic() - began
        if waited_s > timeout_s:
            msg = f"waited {timeout_s:g} s for {what}"
            raise AssertionError(msg)
        time.sleep(min(LATER_S, SOON_S + waited_s / 20))
    return found


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
        environ = environment({"http_port": self.port, "shutdown_timeout_s": STOP_S, **settings})
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
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{page}", timeout=ANSWER_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (OSError, http.client.HTTPException):  # also one that ended in the middle of its answer
            return 0, b""

    def ready(self) -> bool:
        """Tell whether /health/ready says that the worker is ready."""
        return self.get("/health/ready")[0] == 200

    def problems(self, page: str = "/health/ready") -> list[str]:
        """Get the problems that a page of its health names; none while it is well, or does not listen."""
        problems: list[str] = self._health(page)["problems"]
        return problems

    def warnings(self) -> list[str]:
        """Get what /health/ready warns of; none while the worker is not ready."""
        found = self._health("/health/ready")
        warnings: list[str] = found["warnings"]
        return [] if found["problems"] else warnings

    def partitions(self) -> dict[str, dict[str, float]]:
        """Get what /health/live says about each partition, by number."""
        partitions: dict[str, dict[str, float]] = self._health("/health/live")["partitions"]
        return partitions

    def _health(self, page: str) -> dict[str, Any]:
        """Get what a page of its health says; nothing of all while it does not listen."""
        body = self.get(page)[1]
        found: dict[str, Any] = orjson.loads(body) if body else {"problems": [], "warnings": [], "partitions": {}}
        return found

    def caught_up(self, partitions: int) -> bool:
        """Tell whether it has this many partitions, and nothing waits in any."""
        lags = [it["lag"] for it in self.partitions().values()]
        return lags == [0] * partitions

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

    def terminate(self, timeout_s: float = PATIENCE_S) -> int:
        """Ask the worker to stop (SIGTERM); return its exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """Kill the worker (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()
        if error is not None:  # what failed may be seen once in a hundred runs, and then only here
            lines = self.log.splitlines()
            error.add_note("\n".join([f"The worker printed {len(lines)} lines; the last are:", *lines[-LOG_LINES:]]))
        self._log.close()
