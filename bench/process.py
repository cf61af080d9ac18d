"""A process under measurement: its processor time and memory, from /proc."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from harness.commands import environment

TICKS = os.sysconf("SC_CLK_TCK")

MAIN = "the event loop: Faust, asyncio, metrics; cleaning where few articles wait"
OTHERS = "other threads of Python: cleaning, fetching, publishing"
LIBRARY = "librdkafka: fetching, decompressing, compressing, sending"


def stolen_s() -> float:
    """Seconds of processor time, of all processors, that the host of a virtual machine has given to others so far."""
    return int(Path("/proc/stat").read_text("ascii").split(maxsplit=9)[8]) / TICKS


def stolen_since(before_s: float, began_s: float) -> float:
    """The share of processor time that was stolen so since `began_s` (monotonic), when `stolen_s()` was `before_s`."""
    return (stolen_s() - before_s) / (time.monotonic() - began_s) / len(os.sched_getaffinity(0))


def _times(task: Path) -> tuple[str, float]:
    """The name of a process or thread, and its processor time so far in seconds; 0 if it has ended."""
    try:
        name, rest = (task / "stat").read_text("ascii").split("(", 1)[1].rsplit(")", 1)
    except OSError:
        return "", 0.0
    user, system = rest.split()[11:13]
    return name, (int(user) + int(system)) / TICKS


class Measured:
    """A Python module, run as a process with these settings; it ends with the ``with`` block."""

    def __init__(self, module: tuple[str, ...], settings: Mapping[str, object]) -> None:
        """Start the process."""
        self.log = tempfile.NamedTemporaryFile(suffix=".log")  # noqa: SIM115 - closed with the block
        self.process = subprocess.Popen(
            [sys.executable, "-m", *module], env=environment(settings), stdout=self.log, stderr=subprocess.STDOUT
        )

    def cpu_s(self) -> dict[str, float]:
        """Seconds of processor time so far, user and system, by thread: the first one, librdkafka's, all others."""
        root = Path(f"/proc/{self.process.pid}")
        whole, (_, first) = _times(root)[1], _times(root / "task" / root.name)
        library = sum(spent for name, spent in map(_times, (root / "task").iterdir()) if name.startswith("rdk:"))
        return {MAIN: first, LIBRARY: library, OTHERS: whole - first - library}

    def memory_mb(self, what: str = "VmRSS") -> float:
        """Resident memory in MB, now or at its peak (`VmHWM`)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text("ascii").splitlines():
            if line.startswith(what):
                return int(line.split()[1]) / 1024
        return 0.0

    def check(self) -> None:
        """End the command with the process's log if the process has ended."""
        if self.process.poll() is not None:
            sys.exit(f"it ended early:\n{Path(self.log.name).read_text('utf-8')}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        deadline = time.monotonic() + 20
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
