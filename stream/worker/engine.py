"""The worker's sessions: join the group, pass batches on, and begin anew when the partitions were lost."""

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
from stream.kafka.ownership import Ownership
from stream.kafka.partitions import Partitions
from stream.kafka.sink import Sink
from stream.kafka.source import Source
from stream.kafka.transaction import Transactions
from stream.observe.metrics import Metrics
from stream.records.outcomes import Outcomes
from stream.records.process import Processor
from stream.worker.readings import group_reading, partition_readings

log = logging.getLogger("stream")

LAST_PAUSE_S = 5.0
# Withdrawn rights, a password that is being changed, a topic that a broker does not know yet after its start, or an
# error of librdkafka that we do not know: a new session with new clients may be without it.
MAY_PASS = (NotAuthorized, AuthenticationFailed, TopicMissing, KafkaFatal)
HELD_S = 75.0  # longer than any session timeout that Kafka allows unasked, which is 60 s with the consumer protocol
DRAIN_SHARE = 0.75  # of the time a stop may take; the rest is for leaving the group


class Engine:
    """Source, processor and sink of one worker, wired together; knows nothing of Faust.

    `hand_on(batch)` is called in the source's thread and blocks until there is room for the batch.
    """

    def __init__(self, settings: Settings, rules: Rules, *, largest_bytes: int) -> None:
        self.settings = settings
        self.flow = Flow()
        self.partitions = Partitions()
        self.processor = self._processor(rules)
        self.ownership = Ownership(settings.session_timeout_ms / 1000)
        self.metrics = Metrics(
            partial(partition_readings, self.partitions),
            partial(group_reading, self.partitions, self.ownership),
            {"version": __version__, "librdkafka": client.VERSION, "core": native.NAME},
            rules_version=rules.version,
        )
        self.fatal: StreamError | None = None
        self.cluster_problems: list[str] = []
        self.began_s = time.monotonic()
        committer: Committer
        if settings.delivery == "exactly_once":
            committer = Transactions(settings, self._group_metadata, self.metrics.stage, batch_bytes=largest_bytes)
        else:
            committer = AtLeastOnce(settings, self.metrics.stage, batch_bytes=largest_bytes)
        self.committer = committer
        self.source = Source(settings, self.flow, self.partitions, committer, self.metrics.event)
        self.sink = Sink(
            settings,
            self.flow,
            committer,
            on_delivered=self._delivered,
            on_aborted=lambda: self.metrics.event("aborted", 1),
            largest_bytes=largest_bytes,
        )

    def _group_metadata(self) -> object:
        return self.source.member.metadata

    def _processor(self, rules: Rules) -> Processor:
        it = self.settings
        keeps_removed = it.removed_topic is not None
        return Processor.for_field(
            it.text_field, it.input_format, rules, keeps_removed=keeps_removed, source_field=it.source_field
        )

    def use(self, rules: Rules) -> None:
        """Puts other rules in force, from the next batch on. May be called by any thread."""
        before, self.processor = self.processor.rules, self._processor(rules)
        before.for_sites.clear()  # they know those they belong to: a cycle of what `stream.worker.app` has frozen
        self.metrics.rules_in_force(rules.version)

    async def clean(self, batch: Batch) -> None:
        """Cleans a batch and hands its outcomes to the sink. What it raises ends the worker."""
        if batch.session != self.flow.session:
            return
        began = time.perf_counter()
        outcomes = Outcomes.counted(map(self.processor.process, batch.records))
        self.metrics.stage("clean", time.perf_counter() - began)
        await self.sink.put(batch.session, outcomes)

    def _delivered(self, outcomes: Outcomes, seconds: float) -> None:
        self.metrics.committed(outcomes, seconds)
        for number, following in outcomes.following.items():
            self.partitions.published(number, following)

    def run(self, hand_on: Callable[[Batch], None]) -> None:
        """Runs session after session until a stop or an error that no new session mends.

        Raises that error.
        """
        lost, held_since = 0, math.inf
        while not self.flow.stopping.is_set():
            began = time.monotonic()
            try:
                self._session(hand_on)
            except InstanceHeld as error:
                held_since = min(held_since, began)
                if began - held_since > HELD_S:
                    self.fatal = instance_fenced(self.settings)
                    raise self.fatal from None
                self._pause(error, LAST_PAUSE_S / 5)
            except StreamError as error:
                held_since = math.inf
                # What was there once may come again: whoever runs the worker sees that it is not ready.
                may_pass = self.source.progress.joined_once and isinstance(error, MAY_PASS)
                if not error.retriable and (not may_pass or self.flow.stopping.is_set()):
                    self.fatal = error
                    raise
                lost = lost + 1 if time.monotonic() - began < 60 else 1  # noqa: PLR2004 - a minute is a good session
                self._pause(error, min(0.1 * 2**lost, LAST_PAUSE_S))

    def _pause(self, error: StreamError, pause_s: float) -> None:
        self.source.progress.trouble = str(error)
        log.warning("Beginning anew in %.1f s: %s", pause_s, error)
        self.flow.stopping.wait(pause_s)

    def _session(self, hand_on: Callable[[Batch], None]) -> None:
        session = self.flow.begin_session()
        self.metrics.event("session", 1)
        self.source.open()
        try:
            # A call on the consumer may fail at any moment, as when the broker goes away just then.
            with client.explained(self.settings, doing="reading"):
                while not self.flow.stopping.is_set():
                    records = self.source.fetch()
                    self.check()
                    if records:
                        self.metrics.fetched(len(records))
                        self.flow.enter(len(records))
                        hand_on(Batch(session, records))
            if not self.flow.drained(self.settings.shutdown_timeout_s * DRAIN_SHARE):
                self.flow.check()
                msg = f"{self.flow.records} records under way could not be committed in time; they will be read again."
                raise KafkaFatal(msg)
        except BaseException as error:
            self.flow.fail(error)
            if isinstance(error, SessionLost):
                self.source.ask_whether_fenced()
            raise
        finally:
            # Whatever is open is aborted by the broker when the next owner takes the partitions.
            self.source.close()
            if self.flow.error is not None:
                silent = self.committer.silent_s() > 0
                self.committer.close()  # first: a commit that hangs ends now, and not when its time is up
                self.sink.quiesce(silent=silent)
            self.committer.close()

    def check(self) -> None:
        """Raises what ended the session, or ends it where a call to the client does not come back."""
        if silent_s := self.committer.silent_s():
            msg = f"Kafka's client has not come back from a call for {silent_s:.0f} s."
            self.flow.fail(KafkaUnavailable(msg))
        self.flow.check()

    def stop(self) -> None:
        """Asks the source to drain and end."""
        self.flow.stopping.set()

    def describe(self) -> str:
        """One line that says what the worker does."""
        it = self.settings
        health = f"; health and metrics on http://{in_a_url(it.http_host)}:{it.http_port}" if it.http_port else ""
        removed = f", what is removed {it.removed_topic}" if it.removed_topic else ""
        return (
            f"article-stream {__version__}: {it.input_topic} → {it.output_topic}, dead letters {it.dead_letter_topic}"
            f"{removed}, on {it.bootstrap_servers} as group {it.group_id}, {it.delivery.replace('_', ' ')}, "
            f"rules {self.processor.rules.version}, core {native.NAME}{health}."
        )

    def describe_totals(self) -> str:
        """One line with what was done since the start."""
        total = self.metrics.totals
        names = ("cleaned", "unchanged", "tombstone", "dead")
        parts = " + ".join(f"{total[name]:,} {name}" for name in names)
        junk = f", {total['junk']:,} lines of junk" if total["junk"] else ""
        return (
            f"Stopped after {time.monotonic() - self.began_s:.1f} s: {sum(total[name] for name in names):,} records in "
            f"= {parts}; {total['repeats']:,} repeated paragraphs and {total['footer']:,} footer lines{junk} removed."
        )
