"""A real Apache Kafka for the tests and the measurements, on 127.0.0.1.

``RealKafka`` runs one from its jars, and can kill, pause and restart it. ``real_kafka()`` uses whatever the machine
has.
"""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from harness import maven
from harness.kafka import docker, jars
from harness.kafka.errors import KafkaServerError
from harness.kafka.process import KAFKAS_HEAP, QUICK_START, BrokerProcess
from harness.kafka.properties import PLAIN, Listener, plan, server_properties
from harness.kafka.ready import Started, wait_until_ready
from harness.kafka.zookeeper import ZooKeeper

__all__ = [
    "KAFKAS_HEAP",
    "QUICK_START",
    "GivenKafka",
    "KafkaServer",
    "KafkaServerError",
    "Listener",
    "RealKafka",
    "real_kafka",
]

BOOTSTRAP_VARIABLE = "STREAM_TEST_BOOTSTRAP_SERVERS"
START_TIMEOUT_S = 180.0
WITHOUT_ZOOKEEPER = (3, 3)
CLASSES = "classes.jsa"
PORT_TAKEN = "Address already in use"


class KafkaServer(Protocol):
    """A Kafka that a test may use but not stop, because it may belong to somebody else."""

    @property
    def bootstrap_servers(self) -> str:
        """Where it answers, ``host:port`` with commas between."""

    def close(self) -> None:
        """Stop using it."""


class GivenKafka:
    """The Kafka that ``STREAM_TEST_BOOTSTRAP_SERVERS`` names."""

    def __init__(self, bootstrap_servers: str) -> None:
        """Use it as it is; it was started by somebody else."""
        self.bootstrap_servers = bootstrap_servers

    def close(self) -> None:
        """Leave it running."""


def real_kafka() -> KafkaServer | str:
    """Start, or find, a real Kafka. If that is not possible here, return the reason.

    The first of these that is available: what ``STREAM_TEST_BOOTSTRAP_SERVERS`` names, Docker, Java with Maven.

    Raises:
        KafkaServerError: there should be one, but it did not start.
    """
    if given := os.environ.get(BOOTSTRAP_VARIABLE):
        return GivenKafka(given)
    if docker.missing() is None:
        return docker.DockerKafka()
    if reason := RealKafka.why_not():
        return f"no Kafka: {BOOTSTRAP_VARIABLE} is not set, {docker.missing()}, {reason}"
    kafka = RealKafka()
    return kafka.__enter__()


class RealKafka:
    """A cluster of one or three brokers, run with Java: ``with RealKafka() as kafka: kafka.bootstrap_servers``.

    Broker numbers count from 1; a method without one means all. Data and ports outlive ``kill()`` and ``start()``.
    """

    def __init__(
        self,
        brokers: int = 1,
        properties: Mapping[str, str] | None = None,
        *,
        listeners: Sequence[Listener] = (),
        jvm_options: Sequence[str] = QUICK_START,
    ) -> None:
        """Choose the cluster's shape; nothing is started or written before ``start()``.

        Args:
            brokers: 1, or 3 (internal topics then have three copies).
            properties: of every broker, over the defaults.
            listeners: more of them, with TLS or SASL; see ``address()``.
            jvm_options: ``KAFKAS_HEAP`` for measurements, ``QUICK_START`` for tests.
        """
        self._brokers = brokers
        self._overrides = dict(properties or {})
        self._listeners = tuple(listeners)
        self._jvm_options = tuple(jvm_options)
        self._nodes = plan(brokers, self._listeners)
        self._processes: dict[int, BrokerProcess] = {}
        self._zookeeper: ZooKeeper | None = None
        self._folder: Path | None = None

    @staticmethod
    def why_not() -> str | None:
        """Say why this class cannot be used on this machine; None if it can."""
        return jars.missing()

    @property
    def bootstrap_servers(self) -> str:
        """The addresses of all brokers' plain listeners."""
        return self.address(PLAIN)

    def address(self, listener: str) -> str:
        """Return the bootstrap servers of a listener given to the constructor, by its name."""
        return ",".join(node.address(listener) for node in self._nodes)

    @property
    def data_dir(self) -> Path:
        """The temporary folder with the brokers' data and logs; it goes with ``close()``."""
        if self._folder is None:
            msg = "the cluster was not started"
            raise KafkaServerError(msg)
        return self._folder

    @property
    def pid(self) -> int:
        """The first broker's process id."""
        return self.pid_of(1)

    def pid_of(self, broker: int) -> int:
        """Return a broker's process id; raises KafkaServerError if it does not run."""
        return self._chosen(broker)[0].pid

    def log_tail(self, broker: int | None = None, lines: int = 40) -> str:
        """Return the last lines that each broker logged."""
        return "\n".join(process.log_tail(lines) for process in self._chosen(broker))

    def start(self, broker: int | None = None, *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Start what does not run, and wait until it answers.

        Raises:
            KafkaServerError: it did not within ``timeout_s``; the message has the tail of the log.
        """
        if self._folder is None:
            self._create()
        deadline = time.monotonic() + timeout_s
        numbers = range(1, self._brokers + 1) if broker is None else (broker,)
        for number in numbers:
            process = self._processes[number]
            if self._zookeeper is not None and process.ran and not process.running:
                self._zookeeper.forget(number, deadline)
            process.start()
        started = Started([process for process in self._processes.values() if process.running])
        for number in numbers:
            wait_until_ready(self._nodes[number - 1].address(PLAIN), started, deadline)

    def stop(self, broker: int | None = None) -> None:
        """Shut down in an orderly way (SIGTERM; killed after 30 s)."""
        for process in self._chosen(broker):
            process.stop()

    def kill(self, broker: int | None = None) -> None:
        """Kill by SIGKILL, which looks like a crash."""
        for process in self._chosen(broker):
            process.kill()

    def pause(self, broker: int | None = None) -> None:
        """Freeze (SIGSTOP): connections stay open, nothing answers."""
        for process in self._chosen(broker):
            process.signal(signal.SIGSTOP)

    def resume(self, broker: int | None = None) -> None:
        """Let a frozen broker continue (SIGCONT)."""
        for process in self._chosen(broker):
            process.signal(signal.SIGCONT)

    def close(self) -> None:
        """Kill every broker and remove the data; can be called again."""
        atexit.unregister(self.close)
        self.kill()
        self._processes.clear()
        if self._zookeeper is not None:
            self._zookeeper.kill()
            self._zookeeper = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        """Start, on other ports if one was taken meanwhile, or clean up if that fails."""
        try:
            self._start_somewhere()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _start_somewhere(self) -> None:
        try:
            self.start()
        except KafkaServerError:
            if not any(PORT_TAKEN in process.log() for process in self._processes.values()):
                raise
            self.close()
            self._nodes = plan(self._brokers, self._listeners)
            self.start()

    def _create(self) -> None:
        folder = jars.jars()
        options = self._jvm_options
        if options == QUICK_START:
            options = (*options, f"-XX:SharedArchiveFile={_classes()}")
        self._folder = Path(tempfile.mkdtemp(prefix="article-stream-kafka-"))
        atexit.register(self.close)
        zookeeper = ""
        if jars.version_numbers() < WITHOUT_ZOOKEEPER:
            self._zookeeper = ZooKeeper(folder, self._folder / "zookeeper")
            self._zookeeper.start()
            zookeeper = self._zookeeper.address
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for node in self._nodes:
            home = self._folder / f"broker-{node.node_id}"
            text = server_properties(
                node, self._nodes, home / "data", self._listeners, self._overrides, zookeeper=zookeeper
            )
            process = BrokerProcess(folder, home, text, options)
            self._processes[node.node_id] = process
            if not zookeeper:
                process.format(cluster_id)

    def _chosen(self, broker: int | None) -> list[BrokerProcess]:
        return list(self._processes.values()) if broker is None else [self._processes[broker]]


def _classes() -> Path:
    """Return Java's archive of the classes that a broker loads: with it, a broker starts in less than two thirds.

    It is made once per machine and version, by a broker that is started and stopped.
    """

    def fill(folder: Path) -> None:
        with RealKafka(jvm_options=(*QUICK_START, f"-XX:ArchiveClassesAtExit={folder / CLASSES}")) as kafka:
            kafka.stop()

    return maven.cached(f"kafka-{jars.kafka_version()}-classes", fill) / CLASSES
