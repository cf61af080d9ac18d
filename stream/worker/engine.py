"""The worker's sessions: join the group, hand batches on, and begin anew when the partitions were lost.

A session ends with a stop or with an error. Whatever it had in flight is then aborted, and the next session reads it
again from the committed offsets, with new clients.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import partial

from stream._version import __version__
from stream.config.light import in_a_url
from stream.config.settings import Settings
from stream.core import native
from stream.core.rules import Rules
from stream.errors import (
    AuthenticationFailed,
    InstanceFenced,
    InstanceHeld,
    KafkaFatal,
    KafkaUnavailable,
    NotAuthorized,
    SessionLost,
    StreamError,
    TopicMissing,
)
from stream.kafka import client
from stream.kafka.at_least_once import AtLeastOnce
from stream.kafka.causes import instance_fenced
from stream.kafka.committer import Committer
from stream.kafka.flow import Batch, Flow
from stream.kafka.held import Held
from stream.kafka.ownership import Ownership
from stream.kafka.partitions import Partitions
from stream.kafka.sink import Sink
from stream.kafka.source import Source
from stream.kafka.transaction import Transactions
from stream.observe.metrics import Metrics
from stream.observe.wording import counted
from stream.records.outcomes import OUTCOMES, Outcomes
from stream.records.process import Processor
from stream.registry.formats import known_schemas
from stream.worker.cleaners import Cleaners, processors
from stream.worker.gate import Gate
from stream.worker.readings import group_reading, partition_readings
from stream.worker.worker_sites import WorkerSites

log = logging.getLogger("stream")

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

DRAIN_SHARE = 0.75
"""The part of `shutdown_timeout_s` that a stop may spend on committing records in flight; leaving takes the rest."""

MAY_PASS = (NotAuthorized, AuthenticationFailed, TopicMissing, KafkaFatal)
"""Errors after which a worker that has worked before tries a new session, because they may pass.

Rights may be granted again, a password may be in the middle of being changed, a broker that has just started may not
know a topic yet, and an error of librdkafka that we do not know may be gone with new clients.
"""


class Engine:
    """Source, processor and sink of one worker, wired together, without Faust.

    `fatal`: the error that ends the worker, if there is one. `cluster_problems`: what the monitor has last found wrong
    with the cluster, a clause each; `cluster_warnings`: with the topics of sites alone. `sites`: what is needed for
    `STREAM_SITES`, None where that is off. `flow.error`: what has ended the session.
    """

    def __init__(self, settings: Settings, rules: Rules, *, largest_bytes: int) -> None:
        self.settings = settings
        self.flow = Flow()
        self.partitions = Partitions()
        self.schemas = known_schemas(settings)
        self.cleaners = Cleaners(processors())
        self.ownership = Ownership(settings.session_timeout_ms / 1000)
        self.metrics = Metrics(
            partial(partition_readings, self.partitions),
            partial(group_reading, self.partitions, self.ownership),
            {"version": __version__, "librdkafka": client.VERSION, "core": native.NAME},
            rules_version=rules.version,
        )
        self.sites = None if settings.sites == "off" else WorkerSites(settings, self.metrics)
        self.processor = self._processor(rules)
        self.fatal: StreamError | None = None
        self.cluster_problems: list[str] = []
        self.cluster_warnings: list[str] = []
        self.began_s = self._delivered_s = time.monotonic()
        self._waited_s = -math.inf  # when a publication was through that had taken as long as a session timeout
        committer: Committer
        if settings.delivery == "exactly_once":
            committer = Transactions(settings, self._group_metadata, self.metrics.stage, batch_bytes=largest_bytes)
        else:
            committer = AtLeastOnce(settings, self.metrics.stage, batch_bytes=largest_bytes)
        self.committer = committer
        self.source = Source(settings, self.flow, self.partitions, committer, self.metrics.event)
        held = Held(self.source.member, self.partitions)
        self.gate = None if self.schemas is None else Gate(self.schemas, held)
        self.sink = Sink(
            settings,
            self.flow,
            committer,
            on_delivered=self._delivered,
            on_aborted=lambda: self.metrics.event("aborted", 1),
            on_unobserved=self._unobserved,
            observes=lambda: self.sites is None or self.sites.observes(),
            largest_bytes=largest_bytes,
        )

    def _group_metadata(self) -> object:
        return self.source.member.metadata

    def _processor(self, rules: Rules) -> Processor:
        settings = self.settings
        return Processor.for_settings(
            settings,
            settings.input_format,
            rules,
            keeps_removed=settings.removed_topic is not None,
            names_origin=settings.names_origin,
            schemas=self.schemas,
            sites=None if self.sites is None else self.sites.known,
        )

    def use(self, rules: Rules) -> None:
        """Puts other rules in force, from the next batch on. May be called by any thread."""
        before, self.processor = self.processor.rules, self._processor(rules)
        # The rules of a site refer to the rules they were made from. That cycle would never be collected, because
        # `stream.worker.app` has frozen these objects.
        before.for_sites.clear()
        self.metrics.rules_in_force(rules.version)

    async def clean(self, batch: Batch) -> None:
        """Cleans a batch and hands its outcomes to the sink; drops it if its session has ended.

        An error that it raises is a bug and ends the worker.
        """
        if batch.session != self.flow.session:
            return
        if self.sites is not None:
            self.sites.known.begin_batch()
        began = time.perf_counter()
        outcomes = await self.cleaners.outcomes(self.processor.process, batch.records)
        self.metrics.stage("clean", time.perf_counter() - began)
        if self.sites is not None:
            self.sites.cleaned()
        await self.sink.put(batch.session, outcomes)

    def _delivered(self, outcomes: Outcomes, seconds: float) -> None:
        self._delivered_s = time.monotonic()
        if seconds >= self.settings.session_timeout_ms / 1000:
            self._waited_s = self._delivered_s
        self.metrics.committed(outcomes, seconds)
        if self.sites is not None:
            self.sites.committed(outcomes)
        for place, following in outcomes.following.items():
            self.partitions.published(place, following)

    def _unobserved(self, articles: int, error: Exception | None) -> None:
        if self.sites is not None:
            self.sites.unobserved(articles, error)

    @property
    def warnings(self) -> list[str]:
        """What is wrong with learning, a clause each; articles go on."""
        return [*self.cluster_warnings, *([] if self.sites is None else self.sites.warnings)]

    def run(self, hand_on: Callable[[Batch], None]) -> None:
        """Runs session after session until a stop, or until an error that a new session would not cure; raises that.

        `hand_on(batch)` is called by this thread, and must block until there is room for the batch.
        """
        if self.sites is not None:
            self.sites.wait_read()
        short_sessions, held_since, fenced = 0, math.inf, 0
        while not self.flow.stopping.is_set():
            began = time.monotonic()
            try:
                self._session(hand_on)
            except InstanceHeld as error:
                held_since = min(held_since, began)
                if began - held_since > HELD_S:
                    self.fatal = instance_fenced(self.settings)
                    raise self.fatal from None
                self._pause(error, HELD_PAUSE_S)
            except StreamError as error:
                held_since = math.inf
                if time.monotonic() - began > GOOD_SESSION_S:
                    fenced = 0
                if isinstance(error, InstanceFenced) and self._was_silent(began) and fenced < MOST_FENCED:
                    fenced += 1
                    self._pause(error, HELD_PAUSE_S)
                    continue
                # At the start such an error is the user's to correct. A worker that has worked before keeps trying, and
                # /health/ready says why it does not work.
                may_pass = self.source.progress.joined_once and isinstance(error, MAY_PASS)
                if not error.retriable and (not may_pass or self.flow.stopping.is_set()):
                    self.fatal = error
                    raise
                short_sessions = short_sessions + 1 if time.monotonic() - began < GOOD_SESSION_S else 1
                doublings = min(short_sessions - 1, MOST_DOUBLINGS)
                self._pause(error, min(FIRST_PAUSE_S * 2**doublings, LAST_PAUSE_S))

    def _was_silent(self, began_s: float) -> bool:
        """Whether Kafka was silent, now or lately, for so long that the group may have lost this worker meanwhile."""
        now, timeout_s = time.monotonic(), self.settings.session_timeout_ms / 1000
        waits = self.flow.in_flight > 0 and now - max(began_s, self._delivered_s) >= timeout_s
        return waits or now - self._waited_s < GOOD_SESSION_S

    def _pause(self, error: StreamError, pause_s: float) -> None:
        self.source.progress.trouble = str(error)
        log.warning("Starting a new session in %.1f s: %s", pause_s, error)
        self.flow.stopping.wait(pause_s)

    def _session(self, hand_on: Callable[[Batch], None]) -> None:
        """Runs one session: joins, hands batches on, and in the end drains or aborts, and leaves the group."""
        session = self.flow.begin_session()
        self.metrics.event("session", 1)
        self.source.open()
        if self.gate is not None:
            self.gate.open()
        try:
            with client.explained(self.settings, doing="reading"):  # any call on the consumer may fail
                while not self.flow.stopping.is_set():
                    records = self.source.fetch()
                    self.check()
                    if self.gate is not None:
                        records = self.gate.admit(records)
                    if records:
                        self.metrics.fetched(len(records))
                        self.flow.enter(len(records))
                        hand_on(Batch(session, records))
            if not self.flow.wait_drained(self.settings.shutdown_timeout_s * DRAIN_SHARE):
                self.flow.check()
                many = counted(self.flow.in_flight, "record")
                msg = f"{many} in flight could not be committed in time and will be read again."
                raise KafkaFatal(msg)
        except BaseException as error:
            self.flow.fail(error)
            if isinstance(error, SessionLost):
                self.source.ask_whether_fenced()
            raise
        finally:
            # A transaction that is still open is aborted when the next owner of the partitions fences this producer.
            self.source.close()
            if self.flow.error is not None:
                silent = self.committer.silent_s() > 0
                self.committer.close()  # first, so that a commit that hangs ends now and not when its time is over
                self.sink.quiesce(silent=silent)
            self.committer.close()

    def check(self) -> None:
        """Raises the error that has ended the session. A call to the client that does not return ends it, too."""
        if silent_s := self.committer.silent_s():
            msg = f"A call to Kafka's client has not returned for {silent_s:.0f} s."
            self.flow.fail(KafkaUnavailable(msg))
        self.flow.check()

    def waiting(self) -> None:
        """Called by the source's thread now and then while it waits to hand a batch on. Raises what `check` raises."""
        self.check()
        self.source.stay_current()

    def stop(self) -> None:
        """Asks the source to commit the records in flight and to end. Does not wait for it."""
        self.flow.stopping.set()

    @property
    def pages(self) -> str:
        """Where its pages are, for the end of a sentence; empty if there are none."""
        it = self.settings
        return f"; health and metrics on http://{in_a_url(it.http_host)}:{it.http_port}" if it.http_port else ""

    def describe(self) -> str:
        """One line that says what the worker does, for the log at its start."""
        it = self.settings
        removed = f", removals to {it.removed_topic}" if it.removed_topic else ""
        return (
            f"article-stream {__version__}: {it.input_topic} → {it.output_topic}, dead letters to "
            f"{it.dead_letter_topic}{removed}, on {it.bootstrap_servers} as group {it.group_id}, "
            f"{it.delivery.replace('_', ' ')}, rules {self.processor.rules.version}, core {native.NAME}{self.pages}."
        )

    def describe_totals(self) -> str:
        """One line with what the worker has done since its start, for the log at its end."""
        total = self.metrics.totals
        names = [name for name in OUTCOMES if name != "passed" or self.settings.no_text == "pass"]
        parts = " + ".join(f"{total[name]:,} {name}" for name in names)
        records = counted(sum(total[name] for name in names), "record")
        removed = [counted(total["repeats"], "repeated paragraph"), counted(total["footer"], "footer line")]
        if total["junk"]:
            removed.append(counted(total["junk"], "junk line"))
        return (
            f"Stopped after {time.monotonic() - self.began_s:.1f} s: {records} in = {parts}; "
            f"{', '.join(removed[:-1])} and {removed[-1]} removed."
        )
