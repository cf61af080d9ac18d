"""The baseline: a bare confluent-kafka loop with one transaction per batch and the worker's own cleaning.

No framework, no metrics, no health, no dead letters, no rebalance protection: what is left is what Kafka and
the cleaning cost. It reads the worker's settings from the environment.
"""

from __future__ import annotations

import signal
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from stream.config.loading import load
from stream.core.rules import load as load_rules
from stream.kafka import client
from stream.records.process import Processor


def main() -> None:
    """Run until SIGTERM."""
    settings = load()
    processor = Processor.for_field(
        settings.text_field, settings.input_format, load_rules(settings.rules, whole_page=settings.whole_page)
    )
    config = client.consumer(settings) | {"enable.partition.eof": False, "auto.offset.reset": "earliest"}
    consumer = Consumer(config)
    consumer.subscribe([settings.input_topic])
    producer = Producer(client.transactional(settings, f"{settings.group_id}.bare"))
    producer.init_transactions(30)
    running = True

    def stop(*_: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    while running:
        messages: list[Any] = consumer.consume(settings.batch_max_records, 0.002)
        if not messages:
            continue
        producer.begin_transaction()
        offsets = {}
        for message in messages:
            outcome: Any = processor.process(message)
            producer.produce(
                settings.output_topic, outcome.value, outcome.key,
                headers=outcome.headers, timestamp=outcome.timestamp_ms,
            )  # fmt: skip
            offsets[message.partition()] = message.offset() + 1
        producer.poll(0)
        positions = [TopicPartition(settings.input_topic, number, offset) for number, offset in offsets.items()]
        producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), 30)
        producer.commit_transaction(30)
    consumer.close()


if __name__ == "__main__":
    main()
