"""The same Kafka from its official image, on machines where a Docker engine runs."""

from __future__ import annotations

import atexit
import subprocess
import time
from functools import cache

from harness.kafka.errors import KafkaServerError
from harness.kafka.jars import kafka_version
from harness.kafka.properties import CONTROLLER, HOST, PLAIN, Node, free_ports, server_properties
from harness.kafka.ready import Started, wait_until_ready

START_TIMEOUT_S = 300.0  # the image may have to be pulled first
CONTROLLER_PORT = 9093
DATA = "/tmp/kafka-data"  # noqa: S108 - in the container


@cache
def missing() -> str | None:
    """Say why Docker cannot be used here; None if it can."""
    try:
        answer = subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False)
    except FileNotFoundError:
        return "Docker is not installed"
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    return None if answer.returncode == 0 else "no Docker engine runs"


class DockerKafka:
    """One broker in a container, from construction to ``close()``; its port is mapped to 127.0.0.1 only."""

    def __init__(self) -> None:
        """Start the container and wait until the broker answers; raises KafkaServerError if it does not."""
        port = free_ports(1)[0]
        self.bootstrap_servers = f"{HOST}:{port}"
        node = Node(1, {CONTROLLER: CONTROLLER_PORT, PLAIN: port})
        everywhere = f"{CONTROLLER}://{HOST}:{CONTROLLER_PORT},{PLAIN}://0.0.0.0:{port}"
        text = server_properties(node, [node], DATA, (), {"listeners": everywhere})
        self._container = _docker("run", "-d", "--rm", "-p", f"{HOST}:{port}:{port}", *_environment(text), _image())
        atexit.register(self.close)
        try:
            wait_until_ready(self.bootstrap_servers, Started([self]), time.monotonic() + START_TIMEOUT_S)
        except BaseException:
            self.close()
            raise

    @property
    def running(self) -> bool:
        """Whether the container is there."""
        return bool(_docker("ps", "-q", "--no-trunc", "--filter", f"id={self._container}"))

    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines that the broker logged."""
        return _docker("logs", "--tail", str(lines), self._container) if self.running else ""

    def close(self) -> None:
        """Kill the container; it removes itself. Can be called again."""
        atexit.unregister(self.close)
        if self.running:
            _docker("kill", self._container)


def _image() -> str:
    return f"apache/kafka:{kafka_version()}"


def _environment(properties: str) -> list[str]:
    """Write properties as the image wants them: ``KAFKA_NODE_ID`` for ``node.id``."""
    options: list[str] = []
    for line in properties.splitlines():
        key, _, value = line.partition("=")
        options += ["-e", f"KAFKA_{key.upper().replace('.', '_')}={value}"]
    return options


def _docker(*arguments: str) -> str:
    """Run a Docker command and return what it printed; raises KafkaServerError if it fails."""
    result = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False
    )
    if result.returncode != 0:
        msg = f"docker {arguments[0]} failed:\n{result.stderr[-3000:]}"
        raise KafkaServerError(msg)
    return (result.stdout + (result.stderr if arguments[0] == "logs" else "")).strip()
