"""One broker as an operating system process, ended by its id whatever happens to the tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.kafka.errors import KafkaServerError

FRUGAL = ("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto")
# The heap that Kafka's own script sets. With 512 MB a broker under load paused every three seconds, for 30 to 80 ms.
KAFKAS_HEAP = ("-Xms1g", "-Xmx1g", "-Xmn700m", *FRUGAL)
# With less compilation a broker starts in two thirds of the time, but it is slower: not for measurements.
QUICK_START = ("-Xmx512m", *FRUGAL, "-XX:TieredStopAtLevel=1")

FORMAT_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0


class BrokerProcess:
    """A Kafka broker's process: it can be started again on the same data after it was killed."""

    def __init__(
        self,
        jars: Path,
        folder: Path,
        properties: str,
        jvm_options: Sequence[str],
        *,
        main: Sequence[str] = ("kafka.Kafka", "server.properties"),
    ) -> None:
        """Prepare the folder; nothing runs yet. Relative log files of the JVM land in ``folder`` too."""
        self._main = main
        self._java = ["java", *jvm_options, "-cp", f"{jars}/*"]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        (folder / "server.properties").write_text(properties, encoding="utf-8")

    @property
    def pid(self) -> int:
        """The process id; raises KafkaServerError when it does not run."""
        if self._process is None or not self.running:
            msg = "this broker does not run"
            raise KafkaServerError(msg)
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there (a paused one is)."""
        return self._process is not None and self._process.poll() is None

    @property
    def ran(self) -> bool:
        """Whether it was ever started."""
        return (self._folder / "broker.log").exists()

    def log(self) -> str:
        """Return all that the broker logged."""
        log = self._folder / "broker.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines that the broker logged."""
        return "\n".join(self.log().splitlines()[-lines:])

    def format(self, cluster_id: str) -> None:
        """Give the empty data folder to the cluster; raises KafkaServerError if Kafka refuses."""
        command = [
            *self._java,
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster_id}",
            "-c",
            "server.properties",
        ]
        result = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, timeout=FORMAT_TIMEOUT_S, check=False
        )
        if result.returncode != 0:
            msg = f"Kafka could not format its data folder:\n{(result.stdout + result.stderr)[-3000:]}"
            raise KafkaServerError(msg)

    def start(self) -> None:
        """Start the process, without waiting for it to answer."""
        if self.running:
            return
        self.kill()
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java, *self._main],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C must reach the tests only, which then end the broker
            )
        # A guard that kills the broker when its standard input closes: that happens even if this process is killed by
        # SIGKILL, when no atexit function runs.
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _; kill -KILL "$1"', "guard", str(self._process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; raises KafkaServerError when the broker does not run."""
        os.kill(self.pid, number)

    def stop(self) -> None:
        """Let the broker shut down in good order: SIGTERM, and SIGKILL after 30 s."""
        if self._process is not None and self.running:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_TIMEOUT_S)
        self.kill()

    def kill(self) -> None:
        """End the broker at once by SIGKILL; nothing happens when it does not run."""
        if self._guard is not None:
            self._guard.kill()  # first, because later the broker's process id may belong to another process
            self._guard.communicate()
            self._guard = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
