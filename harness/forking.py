"""Starts `article-stream` as a fork of a process that has already imported it.

Importing is most of a start's processor time, and the tests start it hundreds of times. Nothing else differs from
`python -m stream`: environment, folder, standard streams, signals and the end of the interpreter are those of a new
process. The process that forks has one thread and no client of Kafka.

Run as a program with a socket's number, this is that process. A request is a length, with the descriptors of standard
input, output, error and of a pipe for the status; then so many bytes of JSON. The answer is the process id.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = [  # what commands import when they are called, and what Faust imports when it makes an app
    "stream.observe.telemetry.providers",  # where the OTEL_… variables ask for it
    *("stream.kafka.checks", "stream.kafka.embedded", "stream.kafka.redriving", "stream.kafka.topics"),
    *("stream.observe.logs", "stream.offline.chunks", "stream.offline.crew", "stream.offline.evaluation"),
    *("stream.registry.checks", "stream.registry.client", "stream.worker.app"),
    *("faust.assignor.partition_assignor", "faust.fixups.django", "faust.tables.manager", "faust.transport.conductor"),
    *("faust.transport.drivers.aiokafka", "faust.web.cache.backends.memory", "faust.web.drivers.aiohttp"),
]
CHILD_BEGINS, LENGTH = 3, 4
STATUS = 8  # bytes


class Forked:
    """A process with the part of `subprocess.Popen`'s interface that tests use."""

    def __init__(self, pid: int, status: int, args: Sequence[str]) -> None:
        """`status`: the end of a pipe at which its exit code comes."""
        self.pid, self.args = pid, list(args)
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """Get its exit code, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises `subprocess.TimeoutExpired`."""
        if (code := self._ended(timeout)) is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout_s)[0]:
            code = os.read(self._status, STATUS)
            os.close(self._status)
            self.returncode = int.from_bytes(code, signed=True) if code else -signal.SIGKILL  # with its server
        return self.returncode


class ForkServer:
    """The process that forks. It ends, and its forks with it, when this one does."""

    def __init__(self) -> None:
        """Start it."""
        self._ours, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.forking", str(theirs.fileno())],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()], cwd=ROOT,
            )  # fmt: skip
        atexit.register(self.close)

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], stdin: int, stdout: int, stderr: int
    ) -> Forked:
        """Start `article-stream` with these arguments, environment and descriptors."""
        request = json.dumps([list(arguments), dict(environment)]).encode()
        ours, theirs = os.pipe()
        try:
            with self._lock:
                length = len(request).to_bytes(LENGTH)
                socket.send_fds(self._ours, [length], [stdin, stdout, stderr, theirs])
                self._ours.sendall(request)
                pid = int.from_bytes(self._ours.recv(LENGTH, socket.MSG_WAITALL))
        finally:
            os.close(theirs)
        return Forked(pid, ours, arguments)

    def close(self) -> None:
        """End it."""
        self._ours.close()
        self._process.wait()


@cache
def fork_server() -> ForkServer:
    """The one of this process, started when it is first asked for."""
    return ForkServer()


def _serve(control: socket.socket) -> list[str]:
    """Fork for every request; returns in the fork, with its arguments. Ends when nobody is left to ask."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the tests, and for the forks
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    statuses: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 512)
            _reap(statuses)
        if control.fileno() not in ready:
            continue
        length, descriptors, _, _ = socket.recv_fds(control, LENGTH, CHILD_BEGINS + 1)
        if not length:
            _end(statuses)
        arguments, environment = json.loads(control.recv(int.from_bytes(length), socket.MSG_WAITALL))
        if (pid := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for place in range(CHILD_BEGINS):
                os.dup2(descriptors[place], place)
            control.detach()
            os.closerange(CHILD_BEGINS, max([woken, wakes, *descriptors, *statuses.values()]) + 1)
            os.environ.clear()
            os.environ.update(environment)
            time.tzset()
            return list(arguments)
        *streams, statuses[pid] = descriptors
        for stream in streams:
            os.close(stream)
        control.sendall(pid.to_bytes(LENGTH))


def _reap(statuses: dict[int, int], *, wait: bool = False) -> None:
    """Report the exit codes of the forks that have ended; with `wait` of all."""
    while statuses:
        pid, status = os.waitpid(-1, 0 if wait else os.WNOHANG)
        if pid == 0:
            return
        told = statuses.pop(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(told, os.waitstatus_to_exitcode(status).to_bytes(STATUS, signed=True))
        os.close(told)


def _end(statuses: dict[int, int]) -> None:
    """Kill what still runs, and end."""
    for pid in statuses:
        os.kill(pid, signal.SIGKILL)
    _reap(statuses, wait=True)
    sys.exit()


if __name__ == "__main__":
    from stream.cli import main
    from stream.cli.commands import COMMANDS

    for module in (*MODULES, *(entry.module for entry in COMMANDS.values())):
        import_module(module)
    gc.collect()
    gc.freeze()
    sys.argv[1:] = _serve(socket.socket(fileno=int(sys.argv[1])))
    main()
