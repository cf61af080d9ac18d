"""Notices that an input topic was deleted and created again, and reports what was lost by that."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.kafka.topic_id import TopicIds, as_metadata
from stream.records.input_partition import InputPartition

log = logging.getLogger(__name__)


class SameTopic:
    """Watches the ids of the input topics. All methods are called by the source's thread."""

    def __init__(
        self, settings: Settings, flow: Flow, partitions: Partitions, on_event: Callable[[str, int], None]
    ) -> None:
        self._settings = settings
        self._flow = flow
        self._partitions = partitions
        self._on_event = on_event
        self._ends: dict[InputPartition, int] = {}  # as of the last check that found the same topic
        self.ids = TopicIds(settings)

    def check_now_and_then(self, *, reading: bool) -> None:
        """Calls `check` when it is due.

        `reading`: whether records have just arrived. It is due so often then that records of a new topic are never
        handed on as if they were of the old one (`stream.kafka.topic_id` says how).
        """
        if self.ids.due(reading=reading):
            self.check()

    def check(self, gained: Iterable[InputPartition] = ()) -> None:
        """Raises `SessionLost` if a topic was deleted and created again; the next session reads the new one.

        The topics are those of the assigned partitions and of those just `gained`. Before the error the records in
        flight, which are of the old topic, are published, and those of it that were deleted unread are logged and
        counted as skipped.
        """
        before = self.ids.known.copy()
        now = self.ids.ask({place.topic for place in (*self._partitions.places, *gained)})
        self._flow.metadata = {topic: as_metadata(known) for topic, known in self.ids.known.items()}
        again = [
            topic
            for topic, current in now.items()
            if ({before[topic]} if topic in before else self.ids.taken.get(topic, set())) - {current}
        ]
        if not again:
            self._ends = {place: it.end for place, it in self._partitions.items()}
            return
        self._flow.wait_drained(self._settings.transaction_timeout_ms / 1000)
        for topic in again:
            known = [(place, it) for place, it in self._partitions.items() if place.topic == topic]
            gone = sum(it.behind(self._ends.get(place, -1)) for place, it in known)
            log.error(
                "The topic %s was deleted and created again: the new one is read from its beginning. Of the old one "
                "%s deleted unread.", topic, "1 record was" if gone == 1 else f"{gone} records were",
            )  # fmt: skip
            self._on_event("skipped", gone)
        msg = f"The topic {' and '.join(again)} was deleted and created again."
        raise SessionLost(msg)
