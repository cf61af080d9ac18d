"""Which input topics there are on the cluster, and their partitions."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.admin import AdminClient

from stream.config.inputs import Inputs
from stream.records.input_partition import InputPartition


def existing(metadata: Any) -> list[str]:
    """The names of the topics that exist, as the cluster's metadata has them."""
    return [name for name, topic in metadata.topics.items() if topic.error is None]


def partitions_of(client: Consumer | AdminClient, inputs: Inputs, timeout_s: float) -> list[InputPartition]:
    """The partitions of all input topics that exist, in order.

    Raises `KafkaException`, also if there is one input topic and it does not exist, or we may not see it.
    """
    if inputs.one:  # asked for by its name: the list of all topics would say less of what is wrong, and be longer
        (topic,) = inputs.names
        found: Any = client.list_topics(topic, timeout=timeout_s).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return [InputPartition(topic, number) for number in sorted(found.partitions)]
    metadata = client.list_topics(timeout=timeout_s)
    return [
        InputPartition(topic, number)
        for topic in inputs.among(existing(metadata))
        for number in sorted(metadata.topics[topic].partitions)
    ]
