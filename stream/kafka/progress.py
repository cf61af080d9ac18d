"""Whether reading gets anywhere: what is the matter if it does not, and when a session had better begin anew.

A consumer may lose its brokers and never look for them again (librdkafka 2.16). Nothing of Kafka's client is needed
to see that: only what was assigned, what waits, and how long ago something came.
"""

from __future__ import annotations

import logging
import time

from stream.config.settings import Settings
from stream.errors import SessionLost
from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions

log = logging.getLogger(__name__)

NOTHING_S = 15.0  # nothing arrives for so long though records wait, or reading fails for so long
# With the broker there; or three times the session timeout, for the group waits for members that have died.
NO_ASSIGNMENT_S = 20.0


class Progress:
    """Told by the source what happens; read by everybody.

    `trouble`: why nothing is read, one sentence; empty as soon as something is.
    """

    def __init__(self, settings: Settings, flow: Flow, partitions: Partitions) -> None:
        self._group = settings.group_id
        self._no_assignment_s = max(NO_ASSIGNMENT_S, 3 * settings.session_timeout_ms / 1000)
        self._flow = flow
        self._partitions = partitions
        self.trouble = ""
        self.joined_once = False  # in any session
        self._troubled_s = 0.0
        self._opened_s = 0.0
        self._away_s = 0.0

    def opened(self) -> None:
        """A session begins to join the group."""
        self._opened_s = time.monotonic()

    def assigned(self) -> None:
        """The group has given an assignment, which may be empty."""
        self._partitions.assigned = self.joined_once = True
        self._troubled_s = time.monotonic()
        if not self._partitions.numbers:
            self.goes_on()  # there is nothing to read

    def goes_on(self) -> None:
        """Something was read, or there is nothing to read."""
        if self.trouble:
            log.info("Reading goes on.")
            self.trouble = ""

    def fails(self, trouble: str) -> None:
        """Reading fails, and the client tries again."""
        if not self.trouble:
            self._troubled_s = time.monotonic()
        if self.trouble != trouble:
            self.trouble = trouble
            log.warning("Reading is tried again: %s", trouble)

    def kafka_is_away(self) -> None:
        """Whoever looks has got no answer: no news of the group is nobody's fault. May be called by any thread."""
        self._away_s = time.monotonic()

    def check(self) -> None:
        """Raises `SessionLost` where the session gets nowhere."""
        if self._flow.records:
            return
        now = time.monotonic()
        if not self._partitions.assigned:
            if now - max(self._opened_s, self._away_s) > self._no_assignment_s:
                msg = f"The group {self._group} has not assigned partitions for {self._no_assignment_s:g} s."
                raise SessionLost(msg)
        elif self.trouble and now - self._troubled_s > NOTHING_S:
            raise SessionLost(self.trouble)
        elif waiting := self._partitions.stalled(NOTHING_S):
            names = ", ".join(map(str, waiting))
            msg = f"Nothing comes from partitions {names} though records are waiting there."
            raise SessionLost(msg)
