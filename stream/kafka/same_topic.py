"""Whether the worker still reads the topic that it began with, and what is said and counted where it does not."""

from __future__ import annotations

import logging
from collections.abc import Callable

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.kafka.topic_id import TopicId, as_metadata

log = logging.getLogger(__name__)


class SameTopic:
    """Watches the input topic's id. All methods are called by the source's thread."""

    def __init__(
        self, settings: Settings, flow: Flow, partitions: Partitions, on_event: Callable[[str, int], None]
    ) -> None:
        self._settings = settings
        self._flow = flow
        self._partitions = partitions
        self._on_event = on_event
        self._ends: dict[int, int] = {}  # by partition, as of the last time that it was the same topic
        self.id = TopicId(settings)

    def check_now_and_then(self, *, reading: bool) -> None:
        """As `check`, where it is time: so often that nothing of another topic is handed on (see `topic_id`)."""
        if self.id.due(reading=reading):
            self.check()

    def check(self) -> None:
        """Raises `SessionLost` where the topic was deleted and made again: the next session begins it anew.

        What came from the old one is published first.
        """
        before, now = self.id.known, self.id.ask()
        self._flow.metadata = as_metadata(self.id.known)
        if not now or not ({before} if before else self.id.taken) - {now}:
            self._ends = {number: it.end for number, it in self._partitions.items()}
            return
        self._flow.drained(self._settings.transaction_timeout_ms / 1000)
        gone = sum(it.behind(self._ends.get(number, -1)) for number, it in self._partitions.items())
        topic = self._settings.input_topic
        log.error(
            "%s was deleted and made again: the new topic is read from its beginning. "
            "Of the old one %d records are gone before they were read.", topic, gone,
        )  # fmt: skip
        self._on_event("skipped", gone)
        msg = f"The topic {topic} was deleted and made again."
        raise SessionLost(msg)
