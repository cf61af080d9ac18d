"""The sink: collects outcomes while one transaction commits, and publishes them in the next one.

So the size of a transaction follows the load: a lone article is committed at once, and a backlog fills each transaction
up to `batch_max_records` or `batch_max_bytes`. How a transaction is committed is in `stream.kafka.transaction`.
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
from stream.errors import KafkaFatal, KafkaUnavailable, NotAuthorized, SessionLost, StreamError, TopicMissing
from stream.kafka.committer import Aborted, Committer, Publication
from stream.kafka.demoting import demoted
from stream.kafka.flow import Flow
from stream.kafka.refused import Refused
from stream.records.outcomes import Outcomes

log = logging.getLogger(__name__)

Delivered = Callable[[Outcomes, float], None]
FIRST_RETRY_S, LAST_RETRY_S = 0.1, 5.0
"""The pause after the first failed attempt, in seconds; it doubles with each attempt up to the last value.

A passing fault, as a change of leader, is over in less than a second; a broker that is down should not be asked more
often than every few seconds. Worst case: publishing resumes 5 s after Kafka does.
"""

HUNG_CALL_S = 7.0
"""After this many seconds a call to the client counts as hung, and its thread is replaced.

Failure: librdkafka has calls that never return, whatever timeout they are given. Trade: a thread that is left behind
cannot be ended and stays until the process does, so no call that still returns may be taken for hung. Once its producer
was given up, a call ends within `transaction.CALL_TIMEOUT_S`; this is twice that and a second. Worst case: every
session that ends with a hung call takes 7 s longer.
"""

STALE_RETRIES = 5
"""How often a transaction is tried again whose generation the group does not know any more; then the session ends.

The source looks the generation up every `REFRESH_EVERY_S` (50 ms), so the first try mostly succeeds. If none does in
the some 3 s that the pauses add up to, we are no member any more and have not been told.
"""


class LeftBehind(Exception):
    """Raised in a thread that was in a call for so long that another one has replaced it. It must do nothing more."""


class Sink:
    """Takes outcomes from the event loop and publishes them in a thread of its own.

    `on_delivered(outcomes, seconds)` is called after each commit, `on_aborted()` after each failed attempt,
    `on_unobserved(articles, error)` when so many articles are published without what was to be learned from them,
    because of this error, or None if that is not even tried (`observes`): all by the sink's thread. `observes()` tells
    whether the topic of lines takes anything, as far as is known. `largest_bytes`: the size of a record, before
    compression, that the output topics take for certain. A larger one travels in a transaction of its own, so that if
    the broker refuses it, it is clear which record it was. `problem`: why publishing is being tried again, in one
    sentence; empty while it works.
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
        on_unobserved: Callable[[int, Exception | None], None] = lambda _articles, _error: None,
        observes: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._flow = flow
        self._committer = committer
        self._on_delivered = on_delivered
        self._on_aborted = on_aborted
        self._on_unobserved = on_unobserved
        self._observes = observes
        self._idle = threading.Event()
        self._idle.set()
        self.largest_bytes = largest_bytes
        self._waiting: deque[Outcomes] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._session = self._taken = 0
        # After a refusal: among the next `_suspects` records is one that is refused, so that only `_together` of them
        # are published at a time, until it is found.
        self._suspects = 0
        self._together = 1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room: asyncio.Event | None = None
        self._thread = self._new_thread()
        self.problem = ""

    def start(self) -> None:
        """Starts the thread. Must be called in the event loop in which `put` is awaited."""
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._thread.start()

    async def put(self, session: int, outcomes: Outcomes) -> None:
        """Takes the outcomes of a batch; waits while enough of them to fill a transaction are waiting already."""
        assert self._room is not None  # noqa: S101 - start was called
        while self._full() and not self._closing:
            self._room.clear()
            if self._full():  # asked again, because the thread may have taken them before `clear`
                await self._room.wait()
        with self._ready:
            if session == self._flow.session:
                if session != self._session:
                    self._waiting.clear()
                    self._suspects = self._taken = 0
                    self._session = session
                self._waiting.append(outcomes)
                self._taken += len(outcomes)
                self._ready.notify()

    def taken(self, session: int) -> int:
        """How many records of this session `put` has taken."""
        return self._taken if session == self._session else 0

    def quiesce(self, *, silent: bool = False) -> None:
        """Waits until no attempt to publish is going on, so that a failed session ends before the next one begins.

        `silent`: a call has been overdue for so long that it is not waited for again.

        librdkafka has calls that never return, whatever timeout they are given, as after a broker was frozen (2.16). A
        thread in such a call is left behind and replaced. It can do no harm: its producer was given up, and the next
        session fences it.
        """
        if not self._idle.wait(0 if silent else HUNG_CALL_S):
            log.warning("A call to Kafka's client does not return; publishing continues in a new thread.")
            with self._ready:
                self._thread = self._new_thread()
                self._ready.notify_all()  # the call may have returned just now
            self._idle.set()
            self._thread.start()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="sink", daemon=True)

    def _full(self) -> bool:
        with self._ready:  # the thread may be taking from the other end
            return (
                sum(map(len, self._waiting)) >= self._settings.batch_max_records
                or sum(outcomes.size_bytes for outcomes in self._waiting) >= self._settings.batch_max_bytes
            )

    def close(self, timeout_s: float) -> None:
        """Ends the thread, and waits up to `timeout_s` seconds for it. Outcomes that are waiting are not published."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        self._wake()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            try:
                with self._ready:
                    self._ready.wait_for(lambda: self._waiting or self._ends())
                    # A thread that was replaced would leave what it takes behind, and the other one would go on.
                    if self._ends():
                        return
                    # Not idle as soon as something may be missing from what waits.
                    self._idle.clear()
                    session, outcomes = self._session, self._take()
                self._wake()
                # Outcomes of a session that has ended are dropped: the next session reads their records again.
                if outcomes and session == self._flow.session and self._flow.error is None:
                    if outcomes.observed and not self._observes():
                        outcomes = self._without_beside(outcomes, None)
                    self._publish(session, outcomes)
            except LeftBehind:
                return
            except BaseException as error:  # noqa: BLE001 - whatever it is, the session must not continue
                self._flow.fail(error)
            self._idle.set()

    def _ends(self) -> bool:
        """Whether the calling thread takes nothing any more."""
        return self._closing or threading.current_thread() is not self._thread

    def _take(self) -> Outcomes:
        """What the next transaction publishes: as much of the first batch as fits, and whole batches behind it."""
        most = self._together if self._suspects else self._settings.batch_max_records
        waiting = self._waiting
        taken = waiting.popleft()
        if taken.whole:
            return taken
        fit = self._fitting(taken, most)
        if fit < len(taken):
            taken, left = taken.split(fit)
            waiting.appendleft(left)
        while waiting and self._fits(most, taken, waiting[0]):
            taken.add(waiting.popleft())
        self._suspects = max(0, self._suspects - len(taken))
        return taken

    def _fits(self, most: int, *batches: Outcomes) -> bool:
        """Whether these batches may travel in one transaction."""
        return (
            not batches[-1].whole
            and sum(map(len, batches)) <= most
            and sum(batch.size_bytes for batch in batches) <= self._settings.batch_max_bytes
            and all(batch.largest_bytes <= self.largest_bytes for batch in batches)
        )

    def _fitting(self, outcomes: Outcomes, most: int) -> int:
        """How many outcomes from the first on may travel in one transaction. A large record travels alone."""
        if self._fits(most, outcomes):
            return len(outcomes)
        size = 0
        for number, outcome in enumerate(outcomes.made[:most]):
            size += outcome.size_bytes
            if size > self._settings.batch_max_bytes or outcome.size_bytes > self.largest_bytes:
                return max(1, number)
        return most

    def _publish(self, session: int, outcomes: Outcomes) -> None:
        """Publishes outcomes, attempt after attempt. Returns when they are committed, or put back to be split.

        1. If the broker refuses one of several records, they are put back, and half as many are taken next.
        2. If it refuses a lone record, something smaller or more acceptable is published instead (`demoted`).
        3. If the attempt was aborted for another reason, the same records are tried again after a pause.

        Before 1, 2 and 3, what is to be learned from the articles is left out if it may be the cause, for no article
        waits for it (`_blames_lines`).

        Any other error ends the session and is raised.
        """
        delay_s = FIRST_RETRY_S
        aborted_before = stale = 0
        while True:
            began = time.perf_counter()
            try:
                instead = self._attempt(outcomes, again=aborted_before > 0)
            except Refused:
                self._put_back(session, outcomes)
                return
            except Aborted as aborted:
                stale += isinstance(aborted.error, SessionLost)
                if stale > STALE_RETRIES:
                    raise aborted.error from None
                # The first abort is not reported, because a refusal may show itself as an abort first. A missing topic
                # is: that was verified.
                if aborted_before or isinstance(aborted.error, TopicMissing):
                    self._report(aborted.error)
                aborted_before += 1
                if self._flow.wait_failed(delay_s):
                    raise aborted.error from None
                delay_s = min(2 * delay_s, LAST_RETRY_S)
                continue
            if instead is None:
                break
            outcomes = instead
        if self._suspects:
            self._together *= 2
        if self.problem:
            log.info("Publishing works again.")
            self.problem = ""
        self._on_delivered(outcomes, time.perf_counter() - began)
        self._flow.leave(session, len(outcomes))

    def _attempt(self, outcomes: Outcomes, *, again: bool) -> Outcomes | None:
        """Tries once; gives what to try instead at once, None if nothing, because the outcomes are committed.

        Raises `Refused` if they are to be split, `Aborted` if they may be tried again after a pause.
        """
        try:
            self._commit(self._publication(outcomes))
        except Refused as refused:
            self._on_aborted()
            if (instead := self._instead_of(outcomes, refused)) is None:
                raise
            return instead
        except Aborted as aborted:
            self._on_aborted()
            if not outcomes.observed or not self._blames_lines(aborted.error, again=again):
                raise
            return self._without_beside(outcomes, aborted.error)
        return None

    def _blames_lines(self, error: StreamError, *, again: bool) -> bool:
        """Whether an attempt may have failed because of what was to be learned. `again`: one has failed before.

        What Kafka's client does not explain may pass, as when a partition that was just added has no leader yet.
        """
        if isinstance(error, TopicMissing) and error.topic:
            return error.topic == self._settings.lines_topic
        if isinstance(error, (KafkaUnavailable, SessionLost)):
            return False
        return again or isinstance(error, NotAuthorized)

    def _instead_of(self, outcomes: Outcomes, refused: Refused) -> Outcomes | None:
        """What to publish instead of refused outcomes; None if they are to be split."""
        if outcomes.whole:
            msg = f"What was learned is refused: {refused.message}"
            raise KafkaFatal(msg, fix="Raise max.message.bytes of its topics.") from None
        if outcomes.observed:
            return self._without_beside(outcomes, refused)
        if len(outcomes) > 1:
            return None
        return Outcomes.counted([demoted(outcomes.made[0], refused, self._settings)]).traced_as(outcomes)

    def _publication(self, outcomes: Outcomes) -> Publication:
        """These outcomes with the offsets to commit: of each partition, the one after its last record."""
        metadata = self._flow.metadata
        offsets = [
            TopicPartition(topic, number, offset, metadata.get(topic, ""))
            for (topic, number), offset in outcomes.following.items()
        ]
        return Publication(outcomes.made, offsets, outcomes.beside(), outcomes.spans)

    def _without_beside(self, outcomes: Outcomes, error: Exception | None) -> Outcomes:
        self._on_unobserved(outcomes.observed, error)
        return outcomes.without_beside()

    def _commit(self, publication: Publication) -> None:
        """Commits. Raises `LeftBehind`, whatever the result, if this thread was replaced meanwhile."""
        try:
            self._committer.commit(publication)
        finally:
            if threading.current_thread() is not self._thread:
                raise LeftBehind

    def _put_back(self, session: int, outcomes: Outcomes) -> None:
        """Puts refused outcomes back, to be published half as many at a time until the refused one is found."""
        with self._ready:
            if session != self._flow.session:
                return  # the next session reads their records again
            self._waiting.appendleft(outcomes)
            self._suspects += len(outcomes)
            self._together = len(outcomes) // 2

    def _report(self, error: StreamError) -> None:
        if self.problem != str(error):
            log.warning("Publishing fails and is being retried: %s", error)
            self.problem = str(error)

    def _wake(self) -> None:
        """Lets `put` go on. Called by the sink's thread."""
        if self._loop is not None and self._room is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)
