"""Notices that the input topic was deleted and created again, and reports what was lost by that."""

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
        self._ends: dict[int, int] = {}  # by partition, as of the last check that found the same topic
        self.id = TopicId(settings)

    def check_now_and_then(self, *, reading: bool) -> None:
        """Calls `check` when it is due.

        `reading`: whether records have just arrived. It is due so often then that records of a new topic are never
        handed on as if they were of the old one (`stream.kafka.topic_id` says how).
        """
        if self.id.due(reading=reading):
            self.check()

    def check(self) -> None:
        """Raises `SessionLost` if the topic was deleted and created again; the next session reads the new one.

        Before that the records in flight, which are of the old topic, are published, and those of it that were deleted
        unread are logged and counted as skipped.
        """
        before, now = self.id.known, self.id.ask()
        self._flow.metadata = as_metadata(self.id.known)
        if not now or not ({before} if before else self.id.taken) - {now}:
            self._ends = {number: it.end for number, it in self._partitions.items()}
            return
        self._flow.wait_drained(self._settings.transaction_timeout_ms / 1000)
        gone = sum(it.behind(self._ends.get(number, -1)) for number, it in self._partitions.items())
        topic = self._settings.input_topic
        log.error(
            "The topic %s was deleted and created again: the new one is read from its beginning. Of the old one %s "
            "deleted unread.", topic, "1 record was" if gone == 1 else f"{gone} records were",
        )  # fmt: skip
        self._on_event("skipped", gone)
        msg = f"The topic {topic} was deleted and created again."
        raise SessionLost(msg)
