"""What is under way between the source and the sink, shared by their threads and the event loop.

A record is under way from the moment it is fetched until its transaction is committed. The source waits
here before it gives up a partition; whoever fails says so here, and everybody who waits wakes up.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as they were fetched. A batch of a session that has ended is dropped wherever it is met."""

    session: int
    records: Sequence[Any]


class Flow:
    """The number of records under way, and the session they belong to.

    `metadata`: what is committed with each offset of the session.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._records = 0
        self._since = 0.0
        self.session = 0
        self.metadata = ""
        self.error: BaseException | None = None
        self.stopping = threading.Event()

    @property
    def records(self) -> int:
        """How many records are under way."""
        return self._records

    def begin_session(self) -> int:
        """Forgets all that was under way; what comes late from before is told by its session's number."""
        with self._changed:
            self.session += 1
            self._records = 0
            self.metadata = ""
            self.error = None
            self._changed.notify_all()
            return self.session

    def enter(self, records: int) -> None:
        """So many records were fetched."""
        with self._changed:
            self._records += records

    def leave(self, session: int, records: int) -> None:
        """So many records are committed, or dropped."""
        with self._changed:
            if session == self.session:
                self._records -= records
                self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """The session can not go on. The first error counts."""
        with self._changed:
            self.error = self.error or error
            self._changed.notify_all()

    def check(self) -> None:
        """Raises the session's error, if there is one."""
        if self.error is not None:
            raise self.error

    def drained(self, timeout_s: float) -> bool:
        """Waits until nothing is under way. False: not in time, or the session has failed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._records or self.error is not None, timeout_s)
            return not self._records and self.error is None

    def wait_failed(self, timeout_s: float) -> bool:
        """Waits for the session to fail; True if it has. Ends early for that only, not for a stop."""
        with self._changed:
            return self._changed.wait_for(lambda: self.error is not None, timeout_s)
