"""Which input topics have no output topic yet, where each has one of its own: their partitions wait for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from confluent_kafka import Consumer

from stream.config.inputs import PLACE
from stream.config.settings import Settings
from stream.kafka import client

log = logging.getLogger(__name__)

ANSWER_S = 5.0  # as for other questions that reading waits for: a late answer ends the session

ASK_EVERY_S = 3.0
"""How often the missing output topics are asked for, in seconds. A person creates them, so that sooner is no use."""


class Outputs:
    """Asked by the source's thread. `missing`: the input topics without an output topic, by the last answer.

    Failure: a topic comes that the pattern of input topics matches, and nobody has created its output topic. If its
    records were read, no transaction could be committed, and all other topics would wait with it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._asked_s = 0.0
        self.missing: frozenset[str] = frozenset()

    def due(self) -> bool:
        """Whether it is time to ask again."""
        return time.monotonic() - self._asked_s > ASK_EVERY_S

    def ask(self, consumer: Consumer, topics: Iterable[str]) -> None:
        """Asks for the output topics of these input topics. Raises `KafkaException`."""
        self._asked_s = time.monotonic()
        before, self.missing = self.missing, frozenset(topic for topic in topics if self._is_missing(consumer, topic))
        for topic in sorted(self.missing - before):
            log.warning(
                "The output topic %s is missing, so %s is not read yet; other topics are. "
                "`article-stream topics create` creates it.", self._settings.output_for(topic), topic,
            )  # fmt: skip

    def _is_missing(self, consumer: Consumer, topic: str) -> bool:
        if PLACE not in self._settings.output_topic:
            return False
        output = self._settings.output_for(topic)
        error = consumer.list_topics(output, timeout=ANSWER_S).topics[output].error
        return error is not None and error.code() in client.MISSING
