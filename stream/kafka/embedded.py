"""The embedded broker: librdkafka's mock cluster, for the demo and for quick tests.

It serves real clients over TCP, with consumer groups and transactions. But it keeps everything in memory, shows
uncommitted records to every reader, does not fence producers, and forgets offsets that were committed in a transaction.
So it shows what the worker does, but proves no guarantee; tests of the guarantees need a real Kafka.
"""

from __future__ import annotations

import logging
import time
from types import TracebackType
from typing import Self

from confluent_kafka import Producer

from stream.errors import KafkaUnavailable

ANSWER_S = 60.0  # it answers within milliseconds; this much only on a machine that is badly overloaded


class EmbeddedBroker:
    """The broker, running from construction to `close`; also a context manager.

    A topic is created when it is first used, with four partitions. `bootstrap_servers`: where it answers.
    """

    def __init__(self) -> None:
        quiet = logging.getLogger("librdkafka.embedded")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        self._owner = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "embedded", "logger": quiet})
        brokers = self._owner.list_topics(timeout=ANSWER_S).brokers.values()
        self.bootstrap_servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def make_topics(self, *topics: str) -> None:
        """Creates these topics. Raises `KafkaUnavailable` if that takes longer than `ANSWER_S`."""
        client = Producer({"bootstrap.servers": self.bootstrap_servers})
        deadline = time.monotonic() + ANSWER_S
        for topic in topics:
            while client.list_topics(topic, timeout=ANSWER_S).topics[topic].error is not None:
                if time.monotonic() > deadline:
                    msg = f"The embedded broker did not create the topic {topic} within {ANSWER_S:g} s."
                    raise KafkaUnavailable(msg)

    def close(self) -> None:
        """Ends the broker. Its topics and records are lost."""
        del self._owner

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
