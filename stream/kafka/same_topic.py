"""Notices that an input topic was deleted and created again, and reports what was lost by that."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.kafka.topic_id import TopicIds, as_metadata
from stream.records.input_partition import InputPartition

log = logging.getLogger(__name__)

ASK_EVERY_S = 1.0
"""How soon the ids are asked for again after no answer, in seconds.

Failure: a broker that refuses at once, as one does that we may not ask, would be asked without a pause.
Trade: records wait for up to a second after the broker would answer again.
"""

STOP_WAIT_S = 0.05  # while something is waited for: how soon a stop is noticed, how often the member is kept current

REPORT_AFTER_S = 2.0  # how long an answer may be waited for before it is reported as trouble

NO_ANSWER_S = 15.0
"""How long, in seconds, a broker may take to tell the topics' ids before a new session is started.

Failure: an offset that is committed without an id would later be taken for one of the topic that then has the name. If
that was created again meanwhile, its first records would never be read. Trade: partitions, and records that have
arrived, wait until the answer comes; a broker that is as slow as that serves little else. Worst case: the question goes
to a broker that is away, and the records wait two seconds for the next attempt.
"""


class SameTopic:
    """Watches the ids of the input topics. All methods are called by the source's thread.

    `on_wait` is called again and again while an answer is waited for: with the trouble, a sentence, once that has taken
    `REPORT_AFTER_S`; before that, and while records in flight are waited for, with "".
    """

    def __init__(
        self,
        settings: Settings,
        flow: Flow,
        partitions: Partitions,
        on_event: Callable[[str, int], None],
        on_wait: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._flow = flow
        self._partitions = partitions
        self._on_event = on_event
        self._on_wait = on_wait
        self._ends: dict[InputPartition, int] = {}  # as of the last check that found the same topic
        self.ids = TopicIds(settings)

    def check_now_and_then(self, *, reading: bool) -> bool:
        """Calls `check` when it is due, and gives what it does.

        `reading`: whether records have just arrived. It is due so often then that records of a new topic are never
        handed on as if they were of the old one (`stream.kafka.topic_id` says how).
        """
        return self.check(waits=reading) if self.ids.due(reading=reading) else True

    def check(self, *, waits: bool = True) -> bool:
        """Raises `SessionLost` if a topic was deleted and created again; the next session reads the new one.

        The topics are those of our partitions. Without any it is the one input topic, so that the next session, which
        may get partitions, knows that it was created again; for that no answer is waited for. Before the error the
        records in flight, which are of the old topic, are published, and those of it that were deleted unread are
        logged and counted as skipped. `waits`: whether `SessionLost` is also raised if there is no answer for
        `NO_ANSWER_S`; otherwise nothing is done until it is asked again.

        False if the worker was asked to stop while an answer was waited for: then nothing is known, and nothing may be
        read or committed as if it were.
        """
        before = self.ids.known.copy()
        topics = {place.topic for place in self._partitions.places}
        waits = waits and bool(topics)
        if not topics and self._partitions.assigned and self._settings.inputs.one:
            topics = set(self._settings.inputs.names)
        now = self._answer(topics) if waits else self.ids.ask(topics)
        if now is None:
            return not waits
        self._flow.metadata = {topic: as_metadata(known) for topic, known in self.ids.known.items()}
        again = [topic for topic, current in now.items() if before.get(topic, current) != current]
        if not again:
            self._ends = {place: it.end for place, it in self._partitions.items()}
            return True
        self._drain()
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

    def _drain(self) -> None:
        """Waits until the records in flight are published, for as long as a transaction may take.

        The group may rebalance just now, for the topic is new to it, and takes them from a current member only.
        """
        deadline = time.monotonic() + self._settings.transaction_timeout_ms / 1000
        while not self._flow.wait_drained(STOP_WAIT_S) and self._flow.error is None and time.monotonic() < deadline:
            self._on_wait("")

    def _answer(self, topics: set[str]) -> dict[str, str] | None:
        """The ids of these topics; None if the worker is to stop.

        Raises `SessionLost` if there is no answer, or what has ended the session.
        """
        asked_s = began_s = time.monotonic()
        now = self.ids.ask(topics)
        while now is None:
            self._flow.check()
            if self._flow.stopping.wait(STOP_WAIT_S):
                return None
            trouble = f"Kafka does not tell the id of {' and '.join(sorted(topics))}: {self.ids.why_silent}."
            waited_s = time.monotonic() - began_s
            if waited_s > NO_ANSWER_S:
                raise SessionLost(trouble)
            self._on_wait(trouble if waited_s > REPORT_AFTER_S else "")
            if time.monotonic() - asked_s > ASK_EVERY_S:
                asked_s = time.monotonic()
                now = self.ids.ask(topics)
        return now
