"""Whether reading makes progress: if it does not, why, and when a new session should be started.

A consumer may lose its brokers and never look for them again (librdkafka 2.16). The client does not report that, but
it shows from outside: partitions are assigned, records wait in them, and nothing has arrived for some time.
"""

from __future__ import annotations

import logging
import time

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions
from stream.records.input_partition import listed

log = logging.getLogger(__name__)

NO_PROGRESS_S = 15.0
"""A new session is started when nothing has arrived for this many seconds though records wait, or when reading has
failed for so long.

Failure: a consumer that has lost its brokers never recovers; only a new one does. Trade: from a broker's restart or a
change of leader librdkafka recovers by itself (it tries to connect every second), and a new session costs a rebalance.
Worst case: the records wait for 15 s, and then until the new session has joined the group.
"""

NO_ASSIGNMENT_S = 20.0
"""A new session is started when the group has assigned nothing for this many seconds while Kafka answers.

Three session timeouts are allowed if that is longer, because the group waits for members that have died until their
session timeout is over, and does not assign anything meanwhile.
"""


class Progress:
    """Updated by the source; may be read by any thread.

    `trouble`: why nothing can be read, in one sentence; empty while reading works. `joined_once`: whether any session
    of this process has got an assignment.
    """

    def __init__(self, settings: Settings, flow: Flow, partitions: Partitions) -> None:
        self._group = settings.group_id
        self._no_assignment_s = max(NO_ASSIGNMENT_S, 3 * settings.session_timeout_ms / 1000)
        self._flow = flow
        self._partitions = partitions
        self.trouble = ""
        self.joined_once = False
        # Monotonic times: since when there is trouble, when the session began, when Kafka last gave no answer.
        self._troubled_s = 0.0
        self._opened_s = 0.0
        self._unanswered_s = 0.0
        self._has_nothing = False  # whether the group has said so, in this session

    def opened(self) -> None:
        """A session begins to join the group."""
        self._opened_s = time.monotonic()
        self._has_nothing = False

    def assigned(self, *, reads: bool = True) -> None:
        """The group has assigned partitions, possibly none. `reads`: whether any of those that we have is read now."""
        self._partitions.assigned = self.joined_once = True
        self._troubled_s = time.monotonic()
        if not self._partitions.places:
            self.recovered()  # there is nothing to read
        elif not reads:
            self.trouble = ""  # that of the session before: nothing can come that would show that it is gone

    def recovered(self) -> None:
        """Something was read, or there is nothing to read."""
        if self.trouble:
            log.info("Reading works again.")
            self.trouble = ""

    def failing(self, trouble: str) -> None:
        """Reading fails for this reason, a sentence, and the client tries again."""
        if not self.trouble:
            self._troubled_s = time.monotonic()
        if self.trouble != trouble:
            self.trouble = trouble
            log.warning("Reading fails and is being retried: %s", trouble)

    def kafka_unanswered(self) -> None:
        """Kafka has not answered the monitor, so that a missing assignment is no fault of this session's consumer.

        May be called by any thread.
        """
        self._unanswered_s = time.monotonic()

    def nothing_is_assigned(self) -> None:
        """The group says that this worker is to have no partitions. May be called by any thread.

        With the consumer protocol the client calls back only once there are some. Failure: a worker without partitions
        began a session every 20 s, each with a rebalance, and was never ready.
        """
        self._has_nothing = True

    def check(self) -> None:
        """Raises `SessionLost` if a new session should be started. Does nothing while records are in flight."""
        if self._flow.in_flight:
            return
        now = time.monotonic()
        if not self._partitions.assigned:
            if self._has_nothing:
                self.assigned()
                log.info("Partitions assigned: none (now: none).")
            elif now - max(self._opened_s, self._unanswered_s) > self._no_assignment_s:
                msg = f"The group {self._group} has not assigned any partitions for {self._no_assignment_s:g} s."
                raise SessionLost(msg)
        elif self.trouble and now - self._troubled_s > NO_PROGRESS_S:
            raise SessionLost(self.trouble)
        elif waiting := self._partitions.unread(NO_PROGRESS_S):
            msg = f"No records arrive from partitions {listed(waiting)}, although records are waiting there."
            raise SessionLost(msg)
