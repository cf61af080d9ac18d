"""The embedded broker: librdkafka's mock cluster, for trying out and for quick tests.

It serves real clients over TCP, with consumer groups and transactions, but keeps everything in memory, does
not hide what is not committed, does not fence, and forgets offsets committed in a transaction. So it shows
what the worker does, and no guarantee: those are shown on a real Kafka.
"""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Self

from confluent_kafka import Producer

from stream.errors import KafkaUnavailable

ANSWER_S = 10.0


class EmbeddedBroker:
    """A context manager. Topics come into being on first use, with four partitions."""

    def __init__(self) -> None:
        quiet = logging.getLogger("librdkafka.embedded")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        self._owner = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "embedded", "logger": quiet})
        brokers = self._owner.list_topics(timeout=ANSWER_S).brokers.values()
        self.bootstrap_servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def make_topics(self, *topics: str) -> None:
        """Brings topics into being. Raises `KafkaUnavailable` where that takes too long."""
        client = Producer({"bootstrap.servers": self.bootstrap_servers})
        deadline = time.monotonic() + ANSWER_S
        for topic in topics:
            while client.list_topics(topic, timeout=ANSWER_S).topics[topic].error is not None:
                if time.monotonic() > deadline:
                    msg = f"The embedded broker did not make the topic {topic}."
                    raise KafkaUnavailable(msg)

    def close(self) -> None:
        """Ends the broker and all that it holds."""
        del self._owner

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
