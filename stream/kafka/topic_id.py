"""Which topic of that name it is: one that was deleted and made again has another id (KIP-516, Kafka 2.8).

A consumer does not tell: at offset 100 of the old topic it reads on at offset 100 of the new one. What makes it
possible to notice in time, and without asking for each batch: the client fetches by id, so its first fetch after the
deletion is refused, and it waits `client.FETCH_ERROR_BACKOFF_MS` before the next one. A record that has arrived
within that time of an answer that gave the old id is of the old topic.
"""

from __future__ import annotations

import concurrent.futures
import time
from typing import Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.checks import EMBEDDED

ANSWER_S = 1.0  # reading waits for it
FIRST_ANSWER_S = 2.0  # a connection has to be made
WHILE_READING_S = 0.8 * client.FETCH_ERROR_BACKOFF_MS / 1000
WHILE_IDLE_S = 3.0
AFTER_SILENCE_S = 10.0  # Kafka is away, or the client has lost it
NONE = "AAAAAAAAAAAAAAAAAAAAAA"  # what brokers answer that have no ids
PREFIX = "topic.id="


def as_metadata(topic_id: str) -> str:
    """What is committed with an offset, so that the next owner knows of which topic it is; empty where not known."""
    return PREFIX + topic_id if topic_id else ""


def of_metadata(metadata: str | None) -> str:
    """The topic's id that was committed with an offset; empty where there is none."""
    return metadata[len(PREFIX) :] if metadata and metadata.startswith(PREFIX) else ""


class TopicId:
    """The id of the input topic, asked now and then. All methods are called by one thread.

    `known`: the id that the session goes by; empty where the brokers have none, or have not answered yet. `taken`:
    the ids that stood with committed offsets which were taken without an answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AdminClient | None = None
        self._none = False  # in this session there is nothing to ask
        self._next_s = self._idle_s = 0.0
        self.known = ""
        self.taken: set[str] = set()
        self.embedded = False

    def begin(self) -> None:
        """A session begins: nothing is known of the topic."""
        self._none = False
        self._next_s = self._idle_s = 0.0
        self.known = ""
        self.taken.clear()

    def due(self, *, reading: bool) -> bool:
        """Whether it is time to ask again: `reading` where something has just come."""
        return not self._none and time.monotonic() > (self._next_s if reading else self._idle_s)

    def ask(self) -> str:
        """The topic's id now: another than `known` where it was made again. Empty where nobody says, or it is gone.

        Waits for an answer, but not for long.
        """
        if self._none:
            return ""
        asked_s = time.monotonic()
        try:
            found = self._answer()
        except (KafkaException, concurrent.futures.TimeoutError) as raised:
            gone = isinstance(raised, KafkaException) and client.error_of(raised).code() in client.MISSING
            found = ""
            if not gone:
                self._admin = None  # it may have lost its brokers for good
                asked_s += AFTER_SILENCE_S
        self._next_s, self._idle_s = asked_s + WHILE_READING_S, asked_s + WHILE_IDLE_S
        self.known = self.known or found
        return found

    def _answer(self) -> str:
        timeout_s = ANSWER_S
        if self._admin is None:
            self._admin, timeout_s = AdminClient(client.common(self._settings)), FIRST_ANSWER_S
            cluster: Any = self._admin.list_topics(self._settings.input_topic, timeout=timeout_s)
            self.embedded = str(cluster.cluster_id).startswith(EMBEDDED)
        if self.embedded:  # it answers no such question
            self._none = True
            return ""
        topic = self._settings.input_topic
        asked = self._admin.describe_topics(TopicCollection([topic]), request_timeout=timeout_s)
        found = str(asked[topic].result(timeout_s + 1).topic_id).rstrip("=")
        if found == NONE:
            self._none = True
            return ""
        return found
