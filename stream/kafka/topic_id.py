"""The ids of the input topics, by which a topic that was deleted and created again is recognised (KIP-516, Kafka 2.8).

A consumer does not notice: from offset 100 of the old topic it reads on at offset 100 of the new one, so that the new
topic's first 100 records would be lost. So the id is asked for now and then, and that is enough: the client fetches by
id, the first fetch after the deletion is refused, and the client waits `client.FETCH_ERROR_BACKOFF_MS` before the next
one. A record that arrives within that time after an answer with the old id is therefore of the old topic.
"""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Collection, Iterable
from typing import Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.cluster import EMBEDDED

ANSWER_S = 1.0  # short, because the group's generation has to be looked up between two attempts
FIRST_ANSWER_S = 2.0  # longer, because a connection has to be made first

RENEW_S = 8.0
"""After how many seconds without an answer another client asks.

Failure: a client may lose its brokers for good. Trade: a connection may take longer than one question, to a broker that
is far away or with a token that has to be fetched first: a client for each question would never get an answer. Worst
case: one that has lost its brokers keeps records waiting for so long.
"""

WHILE_READING_S = 0.8 * client.FETCH_ERROR_BACKOFF_MS / 1000
"""How old an answer may be when records are handed on, in seconds.

It must be less than the client's pause after a refused fetch (see the module); a fifth is left for the answer to
travel. Trade: one question of about a millisecond every 0.4 s under load. Worst case: docs/decisions/0013 lists them.
"""

WHILE_IDLE_S = 3.0
"""As `WHILE_READING_S`, while none are handed on: it only decides how soon a new topic is noticed.

Where the broker does not know a topic of ours, its partitions wait, so it is asked again as soon as while reading.
"""

AFTER_SILENCE_S = 10.0  # after no answer, while idle: each attempt would block reading for ANSWER_S
NONE = "AAAAAAAAAAAAAAAAAAAAAA"  # the answer of brokers that have no ids: sixteen zero bytes, in base64
PREFIX = "topic.id="


def as_metadata(topic_id: str) -> str:
    """The text committed with an offset, from which the next owner learns its topic; empty if the id is not known."""
    return PREFIX + topic_id if topic_id else ""


def of_metadata(metadata: str | None) -> str:
    """The topic id that was committed with an offset; empty if there is none."""
    return metadata[len(PREFIX) :] if metadata and metadata.startswith(PREFIX) else ""


class TopicIds:
    """The ids of the input topics, asked for now and then. All methods are called by one thread.

    `known`: by topic, the id that this session has first been told; missing if the brokers have no ids, or if the topic
    did not exist yet. `before`: those that the sessions before it knew, until it was `noticed` that they are others.
    `why_silent`: the last error for which there was no answer, a clause. `embedded`: whether this is the embedded
    broker, which has no ids.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AdminClient | None = None
        self._has_answered = False  # whether this client has
        self._answered_s = 0.0  # when it has last, or when it was made
        self._no_ids = False  # the brokers have none, so that there is nothing to ask
        self._due_reading_s = self._due_idle_s = 0.0
        self.known: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self.why_silent = ""
        self.embedded = False

    def begin(self) -> None:
        """A session begins: nothing is known of the topics yet."""
        self._no_ids = False
        self._due_reading_s = self._due_idle_s = 0.0
        self.before = self.known | self.before
        self.known = {}

    def due(self, *, reading: bool) -> bool:
        """Whether it is time to ask again. `reading`: whether records have just arrived."""
        return not self._no_ids and time.monotonic() > (self._due_reading_s if reading else self._due_idle_s)

    def untold(self, topics: Iterable[str]) -> set[str]:
        """Those of these topics that have an id which is not known: the broker that was asked knows no such topic."""
        return set() if self._no_ids else set(topics).difference(self.known)

    def was_another(self, topic: str) -> bool:
        """Whether an earlier session of this process has known another topic of this name."""
        return topic in self.known and self.before.get(topic, self.known[topic]) != self.known[topic]

    def noticed(self, topic: str) -> None:
        """Where the topic begins is known, so if it was another one before, that was dealt with."""
        self.before.pop(topic, None)

    def ask(self, topics: Collection[str]) -> dict[str, str] | None:
        """The current ids of these topics; a topic's differs from the one `known` if it was created again.

        Those that do not exist are left out. None if there is no answer: see `why_silent`. Blocks for about `ANSWER_S`
        at most.
        """
        if self._no_ids or not topics:
            return {}
        asked_s = time.monotonic()
        try:
            found = self._answer(topics)
        except (KafkaException, concurrent.futures.TimeoutError) as raised:
            if asked_s - self._answered_s > RENEW_S:
                self._admin = None
            self._due_reading_s, self._due_idle_s = asked_s, asked_s + AFTER_SILENCE_S
            self.why_silent = client.error_of(raised).str() if isinstance(raised, KafkaException) else "no answer"
            return None
        self._answered_s = asked_s
        self.known = found | self.known
        idle_s = WHILE_READING_S if self.untold(topics) else WHILE_IDLE_S
        self._due_reading_s, self._due_idle_s = asked_s + WHILE_READING_S, asked_s + idle_s
        return found

    def _answer(self, topics: Collection[str]) -> dict[str, str]:
        if self._admin is None:
            self._admin, self._has_answered = AdminClient(client.common(self._settings)), False
            self._answered_s = time.monotonic()
        timeout_s = ANSWER_S if self._has_answered else FIRST_ANSWER_S
        if not self._has_answered:
            cluster: Any = self._admin.list_topics(min(topics), timeout=timeout_s)
            self.embedded = str(cluster.cluster_id).startswith(EMBEDDED)
            self._has_answered = True
        if self.embedded:
            self._no_ids = True
            return {}
        asked = self._admin.describe_topics(TopicCollection(sorted(topics)), request_timeout=timeout_s)
        found = {}
        for topic, future in asked.items():
            try:
                found[topic] = str(future.result(timeout_s + 1).topic_id).rstrip("=")
            except KafkaException as raised:
                if client.error_of(raised).code() not in client.MISSING:
                    raise
        if NONE in found.values():
            self._no_ids = True
            return {}
        return found
