"""What a client beside the consumer can see: whether the topics are there, and where partitions end."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from stream.config.settings import Settings
from stream.kafka import client

ANSWER_S = 5.0
LATER_S = 5.0  # the client's own timeout comes first: it says what was the matter


class Ends:
    """Asks the cluster; every method may block for a few seconds and raises `KafkaException`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.renew()

    def renew(self) -> None:
        """Takes a new client: one that has lost its brokers may not find them again."""
        self._admin = AdminClient(client.common(self._settings))

    def missing_topics(self) -> list[str]:
        """One sentence for each of our topics that is not there or not ours to see."""
        known = self._admin.list_topics(timeout=ANSWER_S).topics
        problems = []
        for role, topic in self._settings.topics.items():
            if topic not in known or known[topic].error is not None:
                if self._forbidden(topic):
                    problems.append(f"Kafka forbids DESCRIBE on the {role} topic {topic}")
                else:
                    problems.append(f"the {role} topic {topic} is missing")
        return problems

    def _forbidden(self, topic: str) -> bool:
        """Whether a topic is not listed for want of a right: asked for by its name, it is said."""
        found = self._admin.list_topics(topic=topic, timeout=ANSWER_S).topics.get(topic)
        error = found.error if found is not None else None
        return error is not None and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED

    def of(self, partitions: Sequence[int]) -> dict[int, int]:
        """The last stable offset of each partition of the input topic; -1 where the broker does not tell."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        return dict.fromkeys(partitions, -1) | offsets_of(self._admin, self._settings, partitions, latest)


def offsets_of(admin: AdminClient, settings: Settings, partitions: Sequence[int], spec: OffsetSpec) -> dict[int, int]:
    """The last stable offset, or the first, of each partition of the input topic whose leader answers.

    May block for some seconds. Raises `KafkaException`, or `TimeoutError` of `concurrent.futures`.
    """
    if not partitions:
        return {}
    answers = admin.list_offsets(
        {TopicPartition(settings.input_topic, number): spec for number in partitions},
        isolation_level=IsolationLevel.READ_COMMITTED,
        request_timeout=ANSWER_S,
    )
    found: dict[int, int] = {}
    for partition, future in answers.items():
        try:
            found[partition.partition] = future.result(ANSWER_S + LATER_S).offset
        except KafkaException as raised:
            if client.error_of(raised).code() == KafkaError._TRANSPORT:  # noqa: SLF001
                raise
    return found
