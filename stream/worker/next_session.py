"""Whether a worker whose session has failed begins another one, and after what pause."""

from __future__ import annotations

import math
import time

from stream.config.settings import Settings
from stream.errors import (
    AuthenticationFailed,
    InstanceFenced,
    InstanceHeld,
    KafkaFatal,
    NotAuthorized,
    StreamError,
    TopicMissing,
)
from stream.kafka.causes import instance_fenced

FIRST_PAUSE_S, LAST_PAUSE_S = 0.2, 5.0
"""The pause between two sessions, in seconds: it doubles from the first to the last value while sessions are short.

A lost partition should be taken up again at once; a cluster that is down should not meet a new consumer more often than
every few seconds. Worst case: reading resumes 5 s after Kafka does.
"""

MOST_DOUBLINGS = 10  # the last value is reached long before; unbounded, the power would become too large for a float

GOOD_SESSION_S = 60.0  # a session that lasted this long was no failed start, and the next pause is the first one again

HELD_PAUSE_S = 1.0  # between two tries to join while the group still holds our instance id for the last session

HELD_S = 75.0
"""For how many seconds another member may hold our instance id before it is taken for another worker.

Failure: after a kill, the group holds the instance id of the last session until its session timeout is over, and that
is no reason to end. Trade: two workers with one instance id are an error that a user wants to see. It is longer than
any session timeout that Kafka allows by default, 60 s with the consumer protocol. Worst case: they see it after 75 s.
"""

MOST_FENCED = 1
"""How many sessions in a row may end because the group gave our instance id to another member after a silence.

Failure: after a silence of the broker our own consumer joins anew, and where one of its requests from before is
answered late, it is itself the other member. Trade: without a silence the worker that came first ends at once, so that
two workers with one instance id do not take it from each other. Worst case: after a silence they do so once, in which
time transactions are aborted and nothing is lost.
"""

MAY_PASS = (NotAuthorized, AuthenticationFailed, TopicMissing, KafkaFatal)
"""Errors after which a worker that has worked before tries a new session, because they may pass.

Rights may be granted again, a password may be in the middle of being changed, a broker that has just started may not
know a topic yet, and an error of librdkafka that we do not know may be gone with new clients.
"""


class NextSession:
    """What comes after a session that has failed. One for each run; it remembers how the sessions before have ended."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._short_sessions = self._fenced = 0
        self._held_since_s = math.inf

    def pause_s(self, error: StreamError, began_s: float, *, may_pass: bool, was_silent: bool) -> float:
        """For how many seconds to wait before another session; raises the error that ends the worker if there is none.

        `began_s`: when the failed one began (monotonic). `may_pass`: whether the worker has worked before and is not
        being stopped, so that errors that a user would have to correct at its start are tried again. `was_silent`:
        whether Kafka was silent for so long that the group may have lost this worker.
        """
        now = time.monotonic()
        if isinstance(error, InstanceHeld):
            self._held_since_s = min(self._held_since_s, began_s)
            if began_s - self._held_since_s > HELD_S:
                raise instance_fenced(self._settings)
            return HELD_PAUSE_S
        self._held_since_s = math.inf
        good = now - began_s >= GOOD_SESSION_S
        if good:
            self._fenced = 0
        if isinstance(error, InstanceFenced) and was_silent and self._fenced < MOST_FENCED:
            self._fenced += 1
            return HELD_PAUSE_S
        if not error.retriable and not (may_pass and isinstance(error, MAY_PASS)):
            raise error
        self._short_sessions = 1 if good else self._short_sessions + 1
        return min(math.ldexp(FIRST_PAUSE_S, min(self._short_sessions - 1, MOST_DOUBLINGS)), LAST_PAUSE_S)
