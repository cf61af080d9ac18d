"""Waits until a broker answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from harness.kafka.errors import KafkaServerError

ASK_TIMEOUT_S = 2.0


class Server(Protocol):
    """A server whose start is waited for."""

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""

    def log_tail(self, lines: int = 40) -> str:
        """Return the end of its log."""


@dataclass(frozen=True, slots=True)
class Started:
    """The servers of one cluster: whether each of them goes on, and what those logged that tell why it is not there."""

    servers: Sequence[Server]

    @property
    def running(self) -> bool:
        """Whether none has ended."""
        return all(server.running for server in self.servers)

    def log_tail(self, lines: int = 40) -> str:
        """Return the ends of the logs of those that ended, or of all if none has."""
        ended = [server for server in self.servers if not server.running]
        if ended:  # why a broker ended stands above all that it logged while it shut down
            return "\n\n".join(server.log_tail(5 * lines) for server in ended)
        return "\n\n".join(server.log_tail(lines) for server in self.servers)


def wait_until_ready(address: str, started: Started, deadline: float) -> None:
    """Wait until the broker at ``address`` answers and knows as many live brokers as run, itself among them.

    Raises:
        KafkaServerError: one of them ended, or ``deadline`` (monotonic seconds) passed.
    """
    # Connections are refused until the broker listens; librdkafka's log lines about that would only confuse.
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0, "reconnect.backoff.max.ms": 200})
    brokers = len(started.servers)
    answer = "nothing answered"
    while started.running and time.monotonic() < deadline:
        try:
            # Blocks until there is an answer or the timeout is over, so this loop does not spin.
            metadata = admin.list_topics(timeout=min(ASK_TIMEOUT_S, max(0.1, deadline - time.monotonic())))
        except KafkaException as error:
            answer = str(error)
            continue
        known = [f"{each.host}:{each.port}" for each in metadata.brokers.values()]
        if address in known and len(known) >= brokers:
            return
        answer = f"it knows the brokers {known}, not yet all {brokers}"
        admin.poll(0.1)
    what = "did not answer in time" if started.running else "or another broker of its cluster ended"
    msg = f"the Kafka at {address} {what}: {answer}. The end of the log:\n{started.log_tail()}"
    raise KafkaServerError(msg)
