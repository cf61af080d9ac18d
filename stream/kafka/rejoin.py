"""Making the group share its partitions out anew, from outside the consumer that reads them.

librdkafka has no call that makes a consumer join again, and a static member that closes and comes back gets the
assignment that the broker has cached. A member more always makes the group rebalance, with both protocols, and so does
its leaving. The others keep what they own meanwhile: the rebalance is cooperative.
"""

from __future__ import annotations

import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.kafka import client

POLL_S = 0.1


def rebalance(settings: Settings, *, timeout_s: float, stopping: threading.Event) -> bool:
    """Joins the group as one member more and leaves it as soon as it has been given its share, which it does not read.

    False where the group gave it none within `timeout_s` (seconds), or the worker stops. Raises `KafkaException`.
    """
    config = client.consumer(settings.model_copy(update={"instance_id": None}))
    joined = threading.Event()

    def assigned(consumer: Consumer, partitions: list[TopicPartition]) -> None:  # noqa: ARG001 - librdkafka's
        consumer.incremental_assign([])
        joined.set()

    consumer = Consumer(config)
    try:
        consumer.subscribe([settings.input_topic], on_assign=assigned)
        deadline = time.monotonic() + timeout_s
        while not joined.is_set() and not stopping.is_set() and time.monotonic() < deadline:
            message = consumer.poll(POLL_S)
            if message is not None and (error := message.error()) is not None and error.fatal():
                raise KafkaException(error)
        return joined.is_set()
    finally:
        consumer.close()
