"""Producing outcomes in a transaction, and finding out why one takes no more of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from confluent_kafka import KafkaError, KafkaException, Producer

from stream.config.inputs import PLACE
from stream.config.settings import Settings
from stream.kafka import client
from stream.records.outcomes import Beside, Outcome


def produce_all(
    producer: Producer, settings: Settings, outcomes: Sequence[Outcome], on_delivery: Callable[..., None] | None = None
) -> None:
    """Queues every outcome in the producer, each with what was removed from its article; waits while the queue is full.

    Raises `KafkaException`.
    """
    dead, removed_topic = settings.dead_letter_topic, settings.removed_topic
    one = "" if PLACE in settings.output_topic else settings.output_topic
    produce, of = client.produce, settings.output_for
    for name, key, value, headers, at_ms, source, _, _, _, _, _, removed, _, _, _ in outcomes:
        to = dead if name == "dead" else one or of(source.topic())
        produce(producer, to, value, key, headers, at_ms, on_delivery)
        if removed is not None and removed_topic:
            produce(producer, removed_topic, removed, key, None, at_ms, on_delivery)


def produce_beside(producer: Producer, beside: Sequence[Beside]) -> None:
    """Queues the records for learning. Raises `KafkaException`."""
    for topic, partition, key, value in beside:
        client.produce(producer, topic, value, key, partition=partition)


def cause_of(producer: Producer, error: KafkaError) -> KafkaError:
    """Finds out why an open transaction takes no more records, if `error` says no more than that it does not.

    The broker may refuse the first records of a transaction before the last one is produced, and `produce` then reports
    only that the transaction has failed. An attempt to begin another transaction is refused with the cause, and does no
    harm to the one that has failed already.
    """
    if error.code() == KafkaError._STATE:  # noqa: SLF001
        try:
            producer.begin_transaction()
        except KafkaException as raised:
            return client.error_of(raised)
    return error
