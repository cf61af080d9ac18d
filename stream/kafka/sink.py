"""The sink: collects outcomes while one transaction commits, and publishes them in the next.

So a transaction is as large as what is waiting: a lone article is committed at once, a backlog fills the
transaction up to its bound.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from confluent_kafka import TopicPartition

from stream.config.settings import Settings
from stream.errors import SessionLost, StreamError, TopicMissing
from stream.kafka.committer import Aborted, Committer, Publication
from stream.kafka.flow import Flow
from stream.kafka.refused import Refused
from stream.records.dead_letters import dead
from stream.records.demotion import dated_now, is_pointer, keyed, pointer, without_removals
from stream.records.outcomes import Outcome, Outcomes
from stream.records.record import NOW, place

log = logging.getLogger(__name__)

Delivered = Callable[[Outcomes, float], None]
FIRST_RETRY_S, LAST_RETRY_S = 0.1, 5.0
QUIET_S = 7.0  # longer than any call that comes back, once its producer was given up
MEND = {
    "too_large": "Raise the topic's max.message.bytes.",
    "rejected": "Look at the topic's message.timestamp.before.max.ms and message.timestamp.after.max.ms.",
}
STALE_RETRIES = 5  # with a generation that is not the group's any more; the source looks it up every 50 ms


class LeftBehind(Exception):
    """The thread was waiting in a call for so long that another one does its work."""


class Sink:
    """Takes outcomes from the event loop, publishes them in a thread of its own.

    `largest_bytes`: what the output topic takes for sure; a larger record travels in a transaction of its
    own, so that if the broker refuses it, it is known which one it was.
    """

    def __init__(  # noqa: PLR0913 - what it is wired to
        self,
        settings: Settings,
        flow: Flow,
        committer: Committer,
        *,
        on_delivered: Delivered,
        on_aborted: Callable[[], None],
        largest_bytes: int,
    ) -> None:
        self._settings = settings
        self._flow = flow
        self._committer = committer
        self._on_delivered = on_delivered
        self._on_aborted = on_aborted
        self._idle = threading.Event()
        self._idle.set()
        self.largest_bytes = largest_bytes
        self._waiting: deque[Outcomes] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._session = 0
        self._careful = 0  # among how many of the next records is one that was refused
        self._most = 1  # and how many of those travel together
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room: asyncio.Event | None = None
        self._thread = self._new_thread()
        self.problem = ""  # why publishing is being tried again, for /health/ready

    def start(self) -> None:
        """Starts the thread. Called in the event loop that `put` is awaited in."""
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._thread.start()

    async def put(self, session: int, outcomes: Outcomes) -> None:
        """Takes the outcomes of a batch; waits while as many as fill a transaction are waiting already."""
        assert self._room is not None  # noqa: S101 - start was called
        while self._full() and not self._closing:
            self._room.clear()
            if self._full():  # the thread may have taken them between the two looks
                await self._room.wait()
        with self._ready:
            if session == self._flow.session:
                if session != self._session:
                    self._waiting.clear()
                    self._careful = 0
                    self._session = session
                self._waiting.append(outcomes)
                self._ready.notify()

    def quiesce(self, *, silent: bool = False) -> None:
        """Waits until no commit is being tried: a session that has failed ends before the next one begins.

        `silent`: a call has been waited for long enough already.
        librdkafka has calls that never come back, whatever time they are given, as after a broker was frozen (2.16).
        The thread that waits there is left behind: its producer was given up, and the next session fences it.
        """
        if not self._idle.wait(0 if silent else QUIET_S):
            log.warning("A call to Kafka's client does not come back; publishing goes on without it.")
            self._thread = self._new_thread()
            self._idle.set()
            self._thread.start()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="sink", daemon=True)

    def _full(self) -> bool:
        with self._ready:  # the thread takes from the other end meanwhile
            it = self._settings
            return (
                sum(map(len, self._waiting)) >= it.batch_max_records
                or sum(outcomes.size_bytes for outcomes in self._waiting) >= it.batch_max_bytes
            )

    def close(self, timeout_s: float) -> None:
        """Ends the thread; what is waiting stays unpublished. Called when nothing is under way, or all is lost."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._wake()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                session, outcomes = self._session, self._take()
            self._wake()
            self._idle.clear()
            try:
                # What is of a session that has ended is dropped: the next one reads these records again.
                if outcomes and session == self._flow.session and self._flow.error is None:
                    self._publish(session, outcomes)
            except LeftBehind:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the session must not go on
                self._flow.fail(error)
            self._idle.set()

    def _take(self) -> Outcomes:
        """What the next transaction publishes: what fits of a batch, and whole ones after it up to the bounds."""
        most = self._most if self._careful else self._settings.batch_max_records
        waiting = self._waiting
        taken = waiting.popleft()
        fit = self._first(taken, most)
        if fit < len(taken):
            taken, left = taken.split(fit)
            waiting.appendleft(left)
        while waiting and self._fits(most, taken, waiting[0]):
            taken.add(waiting.popleft())
        self._careful = max(0, self._careful - len(taken))
        return taken

    def _fits(self, most: int, *together: Outcomes) -> bool:
        """Whether these may travel in one transaction."""
        return (
            sum(map(len, together)) <= most
            and sum(it.size_bytes for it in together) <= self._settings.batch_max_bytes
            and all(it.largest_bytes <= self.largest_bytes for it in together)
        )

    def _first(self, outcomes: Outcomes, most: int) -> int:
        """How many of the first ones may travel in one transaction: a large record alone."""
        if self._fits(most, outcomes):
            return len(outcomes)
        size = 0
        for number, outcome in enumerate(outcomes.made[:most]):
            size += outcome.size_bytes
            if size > self._settings.batch_max_bytes or outcome.size_bytes > self.largest_bytes:
                return max(1, number)
        return most

    def _publish(self, session: int, outcomes: Outcomes) -> None:
        """Publishes until it is done; every failure is a new try of the same records or ends the session."""
        delay_s = FIRST_RETRY_S
        aborted_before = stale = 0
        while True:
            began = time.perf_counter()
            try:
                self._commit(self._publication(outcomes))
            except Refused as refused:
                self._on_aborted()
                if len(outcomes) > 1:
                    self._put_back(session, outcomes)
                    return
                outcomes = Outcomes.counted([self._demoted(outcomes.made[0], refused)])
                continue
            except Aborted as aborted:
                self._on_aborted()
                stale += isinstance(aborted.error, SessionLost)
                if stale > STALE_RETRIES:
                    raise aborted.error from None
                # Once is no news: a refusal may show itself as an abort first. That a topic is missing was asked for.
                if aborted_before or isinstance(aborted.error, TopicMissing):
                    self._note(aborted.error)
                aborted_before += 1
                if self._flow.wait_failed(delay_s):
                    raise aborted.error from None
                delay_s = min(2 * delay_s, LAST_RETRY_S)
                continue
            break
        if self._careful:
            self._most *= 2
        if self.problem:
            log.info("Publishing goes on.")
            self.problem = ""
        self._on_delivered(outcomes, time.perf_counter() - began)
        self._flow.leave(session, len(outcomes))

    def _publication(self, outcomes: Outcomes) -> Publication:
        """With the offsets as Kafka commits them."""
        topic, metadata = self._settings.input_topic, self._flow.metadata
        return Publication(outcomes.made, [TopicPartition(topic, *it, metadata) for it in outcomes.following.items()])

    def _commit(self, publication: Publication) -> None:
        """Commits, unless another thread has taken over meanwhile: then whatever came of it is no news any more."""
        try:
            self._committer.commit(publication)
        finally:
            if threading.current_thread() is not self._thread:
                raise LeftBehind

    def _put_back(self, session: int, outcomes: Outcomes) -> None:
        """Half as many at a time, until it is known which one is refused."""
        with self._ready:
            if session != self._flow.session:
                return  # the next one reads them again
            self._waiting.appendleft(outcomes)
            self._careful += len(outcomes)
            self._most = len(outcomes) // 2

    def _demoted(self, outcome: Outcome, refused: Refused) -> Outcome:
        """What goes instead of a refused record: without its removals, its dead letter, or a pointer to it.

        A letter that is not too large stays whole: with a key where it has none, with today's date.
        """
        it = self._settings
        if outcome.removed is not None:  # the article itself may be small enough
            return without_removals(outcome, refused.reason)
        if outcome.name != "dead":
            size = len(outcome.value or b"")
            message = f"{it.output_topic} refuses the record of {size} bytes: {refused.message}"
            return dead(outcome.source, refused.reason, message)
        if refused.reason == "rejected":
            dated = outcome.timestamp_ms != NOW
            if outcome.key is None and not (dated and refused.for_its_time):
                return keyed(outcome)
            if dated:
                return dated_now(outcome)
        if not is_pointer(outcome.headers):  # large by its value, its key or its headers
            return pointer(outcome)
        which = f"{it.dead_letter_topic} refuses even a pointer to the record at {place(outcome.source).decode()}"
        msg = f"{which}: {refused.message}."
        raise StreamError(msg, fix=MEND[refused.reason])

    def _note(self, error: StreamError) -> None:
        if self.problem != str(error):
            log.warning("Publishing is tried again: %s", error)
            self.problem = str(error)

    def _wake(self) -> None:
        if self._loop is not None and self._room is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)
