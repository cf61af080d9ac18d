"""What an admin client can tell without touching the consumer: whether the topics exist and where partitions end."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.found import existing
from stream.records.input_partition import InputPartition

ANSWER_S = 5.0  # how long a broker may take to answer; health checks repeat every 3 s, so a late answer is worthless
GRACE_S = 5.0  # what we wait beyond that, so that the client's own timeout comes first: its error names the cause


class Ends:
    """Asks the cluster. Every method may block for a few seconds, and raises `KafkaException`.

    `inputs`: the input topics that existed when `missing_topics` was last asked. `warnings`: a clause for each of the
    topics of sites that was missing then.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.inputs: list[str] = []
        self.warnings: list[str] = []
        self.renew()

    def renew(self) -> None:
        """Replaces the client. One that has lost its brokers may never find them again."""
        self._admin = AdminClient(client.common(self._settings))

    def missing_topics(self) -> list[str]:
        """One clause for each topic that we require and that does not exist, or that we are not allowed to see.

        Of several input topics some may be missing; `inputs` are the others.
        """
        inputs = self._settings.inputs
        known = existing(self._admin.list_topics(timeout=ANSWER_S))
        self.inputs = inputs.among(known)
        problems = [] if self.inputs else [inputs.none_exists]
        self.warnings = self._missing_among(self._settings.topics_of_sites, known)
        return problems + self._missing_among(self._settings.required_topics(self.inputs), known)

    def _missing_among(self, topics: Sequence[tuple[str, str]], known: Collection[str]) -> list[str]:
        problems = []
        for role, topic in topics:
            if topic not in known:
                if self._forbidden(topic):
                    problems.append(f"Kafka forbids DESCRIBE on the {role} topic {topic}")
                else:
                    problems.append(f"the {role} topic {topic} is missing")
        return problems

    def _forbidden(self, topic: str) -> bool:
        """Whether a topic is missing from the list only because we lack the right to see it.

        The broker says so only when the topic is asked for by name.
        """
        found = self._admin.list_topics(topic=topic, timeout=ANSWER_S).topics.get(topic)
        error = found.error if found is not None else None
        return error is not None and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED

    def last_stable_offsets(self, partitions: Sequence[InputPartition]) -> dict[InputPartition, int]:
        """The last stable offset of each of these partitions; -1 if it is not known.

        The last stable offset is where the first open transaction begins, or the end of the log if there is none.
        """
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        return dict.fromkeys(partitions, -1) | offsets_of(self._admin, partitions, latest)


def offsets_of(admin: AdminClient, partitions: Sequence[InputPartition], spec: OffsetSpec) -> dict[InputPartition, int]:
    """An offset of each of these partitions: the last stable one or the first, by `spec`.

    Partitions whose leader reports an error are left out. May block for `ANSWER_S` and `GRACE_S` per partition. Raises
    `KafkaException` if no broker can be reached, or `concurrent.futures.TimeoutError`.
    """
    if not partitions:
        return {}
    answers = admin.list_offsets(
        {TopicPartition(*place): spec for place in partitions},
        isolation_level=IsolationLevel.READ_COMMITTED,
        request_timeout=ANSWER_S,
    )
    found: dict[InputPartition, int] = {}
    for partition, future in answers.items():
        try:
            found[InputPartition(partition.topic, partition.partition)] = future.result(ANSWER_S + GRACE_S).offset
        except KafkaException as raised:
            if client.error_of(raised).code() == KafkaError._TRANSPORT:  # noqa: SLF001
                raise
    return found
