"""The records in flight between the source and the sink, shared by their threads and the event loop.

A record is in flight from the moment it is fetched until its transaction is committed. Before the source gives up a
partition it waits here until no record is in flight. An error that ends the session is reported here and wakes up
every thread that waits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as they were fetched, with the number of their session.

    Once that session has ended the batch is dropped, wherever it is met. `poll`: the span in which they were fetched,
    if there are traces and it is recorded (`stream.observe.telemetry.traces`). `before`: how many records of the
    session were handed on before these, so that it is noticed if any of them got lost on the way.
    """

    session: int
    records: Sequence[Any]
    poll: Any = None
    before: int = 0


class Flow:
    """The number of records in flight, the session that they belong to, and the error that has ended it.

    `session`: a number that grows with each session. `metadata`: by input topic, a text that is committed with each of
    its offsets (see `stream.kafka.topic_id`). `error`: the first error of the session. `stopping`: set when the worker
    is asked to stop.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._in_flight = 0
        self.session = 0
        self.metadata: dict[str, str] = {}
        self.error: BaseException | None = None
        self.stopping = threading.Event()

    @property
    def in_flight(self) -> int:
        """How many records are in flight."""
        return self._in_flight

    def begin_session(self) -> int:
        """Begins a session with no records in flight; returns its number.

        Batches of earlier sessions that arrive late are recognised by their number.
        """
        with self._changed:
            self.session += 1
            self._in_flight = 0
            self.metadata = {}
            self.error = None
            self._changed.notify_all()
            return self.session

    def enter(self, records: int) -> None:
        """Counts records that were fetched."""
        with self._changed:
            self._in_flight += records

    def leave(self, session: int, records: int) -> None:
        """Counts records that were committed. Records of an earlier session are not in flight any more."""
        with self._changed:
            if session == self.session:
                self._in_flight -= records
                self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """The session cannot go on because of this error. Only the first error of a session is kept.

        The error is noted first of all: waking those who wait takes memory, and without any the session must end, too.
        """
        self.error = self.error or error
        with self._changed:
            self._changed.notify_all()

    def check(self) -> None:
        """Raises the session's error, if there is one."""
        if self.error is not None:
            raise self.error

    def wait_drained(self, timeout_s: float) -> bool:
        """Waits until no record is in flight; False if that takes longer, or if the session has failed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_flight or self.error is not None, timeout_s)
            return not self._in_flight and self.error is None

    def wait_failed(self, timeout_s: float) -> bool:
        """Waits until the session fails or the time is over; True if it has failed.

        A stop does not end the wait: the records in flight are still committed then.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self.error is not None, timeout_s)
