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
from typing import TYPE_CHECKING

from stream._version import __version__
from stream.config.light import in_a_url
from stream.config.settings import Settings
from stream.core import native
from stream.core.rules import Rules
from stream.errors import KafkaFatal, KafkaUnavailable, SessionLost, StreamError
from stream.kafka import client
from stream.kafka.at_least_once import AtLeastOnce
from stream.kafka.committer import Committer
from stream.kafka.flow import Batch, Flow
from stream.kafka.held import Held
from stream.kafka.ownership import Ownership
from stream.kafka.partitions import Partitions
from stream.kafka.sink import Sink
from stream.kafka.source import Source
from stream.kafka.traced import TracedCommitter, polling
from stream.kafka.transaction import Transactions
from stream.observe.metrics import Metrics
from stream.observe.wording import counted
from stream.records.outcomes import OUTCOMES, Outcomes
from stream.records.process import Processor
from stream.registry.formats import known_schemas
from stream.worker.cleaners import Cleaners, processors
from stream.worker.gate import Gate
from stream.worker.next_session import GOOD_SESSION_S, NextSession
from stream.worker.readings import group_reading, partition_readings
from stream.worker.worker_sites import WorkerSites

if TYPE_CHECKING:
    from stream.observe.telemetry.traces import Traces

log = logging.getLogger("stream")

DRAIN_SHARE = 0.75
"""The part of `shutdown_timeout_s` that a stop may spend on committing records in flight; leaving takes the rest."""


class Engine:
    """Source, processor and sink of one worker, wired together, without Faust.

    `fatal`: the error that ends the worker, if there is one. `cluster_problems`: what the monitor has last found wrong
    with the cluster, a clause each; `cluster_warnings`: with the topics of sites alone. `sites`: what is needed for
    `STREAM_SITES`, None where that is off. `flow.error`: what has ended the session. `traces`: None where none are
    asked for.
    """

    def __init__(self, settings: Settings, rules: Rules, *, largest_bytes: int, traces: Traces | None = None) -> None:
        self.settings = settings
        self.traces = traces
        self.flow = Flow()
        self.partitions = Partitions()
        self.schemas = known_schemas(settings)
        self.cleaners = Cleaners(processors())
        self.ownership = Ownership(settings.session_timeout_ms / 1000)
        self.metrics = Metrics(
            partial(partition_readings, self.partitions),
            partial(group_reading, self.partitions, self.ownership),
            {
                "version": __version__,
                "librdkafka": client.VERSION,
                "core": native.NAME,
                "input_topic": settings.input_topic,
                "output_topic": settings.output_topic,
                "group_id": settings.group_id,
            },
            rules_version=rules.version,
        )
        self.sites = None if settings.sites == "off" else WorkerSites(settings, self.metrics)
        self.processor = self._processor(rules)
        self.fatal: StreamError | None = None
        self.cluster_problems: list[str] = []
        self.cluster_warnings: list[str] = []
        self.began_s = self._delivered_s = time.monotonic()
        self._stopped_s = math.inf
        self._waited_s = -math.inf  # when a publication was through that had taken as long as a session timeout
        committer = self.committer = self._committer(largest_bytes)
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

    def _committer(self, batch_bytes: int) -> Committer:
        def make(on_stage: Callable[[str, float], None]) -> Committer:
            if self.settings.delivery == "exactly_once":
                return Transactions(
                    self.settings,
                    self._group_metadata,
                    on_stage,
                    batch_bytes=batch_bytes,
                    before_commit=self._before_commit(),
                )
            return AtLeastOnce(self.settings, on_stage, batch_bytes=batch_bytes)

        if self.traces is None:
            return make(self.metrics.stage)
        return TracedCommitter(self.settings, self.traces, make, self.metrics.stage)

    def _before_commit(self) -> Callable[[], None] | None:
        """What `Transactions` calls before it commits."""
        return None

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

    async def take(self, batch: Batch) -> None:
        """Cleans a batch, unless one before it is missing: then the session ends, and the next one reads both again.

        Faust starts an agent anew that has failed, and goes on with the next batch. Whatever was lost with the agent
        would be done for once the offsets of that batch are committed.
        """
        taken = self.sink.taken(batch.session)
        if batch.session == self.flow.session and batch.before != taken:
            msg = f"Of {counted(batch.before, 'record')} of this session {taken} came through; all are read again."
            self.flow.fail(SessionLost(msg))
            return
        await self.clean(batch)

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
        took_s = time.perf_counter() - began
        self.metrics.stage("clean", took_s)
        if self.traces is not None:
            self.traces.processed(batch.poll, batch.records, outcomes, took_s)
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
        next_session = NextSession(self.settings)
        while not self.flow.stopping.is_set():
            began = time.monotonic()
            try:
                self._session(hand_on)
            except StreamError as error:
                # At the start many an error is the user's to correct. A worker that has worked before keeps trying, and
                # /health/ready says why it does not work.
                may_pass = self.source.progress.joined_once and not self.flow.stopping.is_set()
                try:
                    pause_s = next_session.pause_s(error, began, may_pass=may_pass, was_silent=self._was_silent(began))
                except StreamError as fatal:
                    self.fatal = fatal
                    raise fatal from None
                self._pause(error, pause_s)

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
        fetch = self.source.fetch if self.traces is None else polling(self.source.fetch, self.traces)
        handed_on = 0
        try:
            with client.explained(self.settings, doing="reading"):  # any call on the consumer may fail
                while not self.flow.stopping.is_set():
                    records = fetch()
                    self.check()
                    if self.gate is not None:
                        records = self.gate.admit(records)
                    if records:
                        self.metrics.fetched(len(records))
                        self.flow.enter(len(records))
                        hand_on(Batch(session, records, self.traces and self.traces.poll, handed_on))
                        handed_on += len(records)
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
        self._stopped_s = min(self._stopped_s, time.monotonic())
        self.flow.stopping.set()

    def stop_left_s(self) -> float:
        """How many seconds are left of `shutdown_timeout_s`."""
        return self.settings.shutdown_timeout_s - max(0.0, time.monotonic() - self._stopped_s)

    @property
    def pages(self) -> str:
        """Where its pages are, for the end of a sentence; empty if there are none."""
        return f"; live page, health and metrics on {self.address}" if self.address else ""

    @property
    def address(self) -> str:
        """Where it listens, as a URL; empty if it does not."""
        it = self.settings
        return f"http://{in_a_url(it.http_host)}:{it.http_port}" if it.http_port else ""

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
