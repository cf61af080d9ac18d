"""Waits until a broker answers."""

from __future__ import annotations

import time
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


def wait_until_ready(address: str, server: Server, brokers: int, deadline: float) -> None:
    """Wait until the broker at ``address`` answers and knows this many live brokers, itself among them.

    Raises:
        KafkaServerError: the server ended, or ``deadline`` (monotonic seconds) passed.
    """
    # Connections are refused until the broker listens; librdkafka's log lines about that would only confuse.
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0, "reconnect.backoff.max.ms": 200})
    answer = "nothing answered"
    while server.running and time.monotonic() < deadline:
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
    what = "did not answer in time" if server.running else "ended"
    msg = f"the Kafka at {address} {what}: {answer}. The end of its log:\n{server.log_tail()}"
    raise KafkaServerError(msg)
