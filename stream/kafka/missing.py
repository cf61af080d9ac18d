"""Whether a topic is missing where publishing fails: librdkafka only says that nothing was acknowledged in time."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stream.config.settings import Settings
from stream.errors import TopicMissing
from stream.kafka import client

ANSWER_S = 2.0  # where Kafka is away, the next session waits for it


class Missing:
    """Asks the cluster for our topics, with a client of its own each time: it is seldom asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def error(self) -> TopicMissing | None:
        """What to say of a topic of ours that is not there; None where all are there, or where nobody answers."""
        admin = AdminClient(client.common(self._settings))
        for role, topic in self._settings.topics.items():
            try:  # by its name, for one that we may not see is not listed either
                found = admin.list_topics(topic, timeout=ANSWER_S).topics.get(topic)
            except KafkaException:
                return None
            if found is None or (found.error is not None and found.error.code() in client.MISSING):
                fix = "`article-stream topics create` makes it."
                return TopicMissing(f"The {role} topic {topic} is missing.", fix=fix)
        return None
