"""Finds out whether publishing fails because a topic is missing.

librdkafka reports only that nothing was acknowledged in time.
"""

from __future__ import annotations

from collections.abc import Collection

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stream.config.settings import Settings
from stream.errors import SessionLost, TopicMissing
from stream.kafka import client
from stream.kafka.found import existing

ANSWER_S = 2.0  # short, because the sink waits for it; if Kafka does not answer, that is the error to report


class Missing:
    """Asks the cluster for our topics. It is seldom needed, so each question makes a client of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def gone(self, topics: Collection[str]) -> SessionLost | None:
        """The error if one of several input topics, of which there are records to publish, was deleted; else None.

        Their offsets can be committed no more, and the records of the other topics wait with them: the next session
        reads those again.
        """
        if self._settings.inputs.one:
            return None
        try:
            there = existing(AdminClient(client.common(self._settings)).list_topics(timeout=ANSWER_S))
        except KafkaException:
            return None
        gone = sorted(set(topics).difference(there))
        return SessionLost(f"Input topics with records in flight were deleted: {', '.join(gone)}.") if gone else None

    def error(self, *more: tuple[str, str]) -> TopicMissing | None:
        """The error for the first topic that does not exist, of those that the worker requires and `more`, with roles.

        None if all exist, or if Kafka does not answer.
        """
        admin = AdminClient(client.common(self._settings))
        inputs = self._settings.inputs
        try:
            there = [] if inputs.one else existing(admin.list_topics(timeout=ANSWER_S))
        except KafkaException:
            return None
        for role, topic in (*self._settings.required_topics(inputs.among(there)), *more):
            try:  # asked for by its name: a list of all topics leaves out those that we may not see
                found = admin.list_topics(topic, timeout=ANSWER_S).topics.get(topic)
            except KafkaException:
                return None
            if found is None or (found.error is not None and found.error.code() in client.MISSING):
                fix = "`article-stream topics create` creates it."
                return TopicMissing(f"The {role} topic {topic} is missing.", fix=fix, topic=topic)
        return None
