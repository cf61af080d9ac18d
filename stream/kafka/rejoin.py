"""Makes the group assign its partitions anew, by means of a second consumer that joins it for a moment.

librdkafka has no call that makes a consumer join again, and a static member that closes and comes back is given the
assignment that the broker has cached. But an additional member always triggers a rebalance, with both protocols, and so
does its leaving. The other members keep their partitions meanwhile, because the rebalance is cooperative.
"""

from __future__ import annotations

import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.kafka import client

POLL_S = 0.1  # how soon a stop of the worker is noticed


def rebalance(settings: Settings, *, timeout_s: float, stopping: threading.Event) -> bool:
    """Joins the group as an additional member, and leaves it once it was assigned partitions. It never reads them.

    False if nothing was assigned within `timeout_s` seconds or before the worker stops. Raises `KafkaException`.
    """
    config = client.consumer(settings.model_copy(update={"instance_id": None}))
    joined = threading.Event()

    def assigned(consumer: Consumer, partitions: list[TopicPartition]) -> None:  # noqa: ARG001 - librdkafka's
        consumer.incremental_assign([])
        joined.set()

    consumer = Consumer(config)
    try:
        consumer.subscribe(settings.inputs.subscription, on_assign=assigned)
        deadline = time.monotonic() + timeout_s
        while not joined.is_set() and not stopping.is_set() and time.monotonic() < deadline:
            message = consumer.poll(POLL_S)
            if message is not None and (error := message.error()) is not None and error.fatal():
                raise KafkaException(error)
        return joined.is_set()
    finally:
        consumer.close()
