"""What the traces are told of Kafka's client: fetches, transactions, commits of offsets.

All of it is put around what it watches, and only where traces are asked for: otherwise nothing of it is called.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.committer import Aborted, Committer, Publication
from stream.kafka.refused import Refused
from stream.observe.telemetry.told import Failure, Sent
from stream.records.input_partition import InputPartition
from stream.records.trace_context import MOST_LINKS, TraceContext, context_in

if TYPE_CHECKING:
    from stream.observe.telemetry.traces import Traces

Stage = Callable[[str, float], None]


def polling(fetch: Callable[[], list[Any]], traces: Traces) -> Callable[[], list[Any]]:
    """The same fetch, whose every call that gives records, or fails, becomes a span."""

    def traced() -> list[Any]:
        began = time.perf_counter()
        try:
            records = fetch()
        except Exception as error:
            traces.polled(time.perf_counter() - began, failure_of(error))
            raise
        if records:
            traces.polled(time.perf_counter() - began)
        return records

    return traced


def failure_of(error: BaseException) -> Failure:
    """What a span says of an error: Kafka's name for it, the reason of a refusal, or the class of our own error."""
    if isinstance(error, KafkaException):
        told = client.error_of(error)
        return Failure(told.name(), told.str())
    if isinstance(error, Refused):
        return Failure(error.reason, error.message)
    cause = error.error if isinstance(error, Aborted) else error
    return Failure(type(cause).__name__, str(cause))


class TracedCommitter:
    """A committer around another one; see `Committer`. Each attempt to publish becomes spans.

    Attempts of which no batch is recorded go straight on.
    """

    def __init__(self, settings: Settings, traces: Traces, make: Callable[[Stage], Committer], on_stage: Stage) -> None:
        """`make(on_stage)` makes the committer that does the work."""
        self._settings = settings
        self._traces = traces
        self._on_stage = on_stage
        self._inner = make(self._stage)
        self._with_offsets = settings.delivery == "exactly_once"
        self._offsets_s = 0.0
        self._lock = threading.Lock()
        self._unsettled: tuple[Any, ...] = ()  # the spans whose offsets are not committed yet
        self._unsettled_records = 0

    def _stage(self, name: str, seconds: float) -> None:
        if name == "offsets":
            self._offsets_s = seconds
        self._on_stage(name, seconds)

    def commit(self, publication: Publication) -> None:
        """See `Committer`."""
        if not publication.spans:
            self._inner.commit(publication)
            return
        began = time.perf_counter()
        try:
            self._inner.commit(publication)
        except Exception as error:
            self._tell(publication, time.perf_counter() - began, 0.0, failure_of(error))
            raise
        self._tell(publication, time.perf_counter() - began, self._offsets_s, None)
        if not self._with_offsets:
            with self._lock:
                self._unsettled = (*self._unsettled, *publication.spans)[-MOST_LINKS:]
                self._unsettled_records += len(publication.outcomes)

    def _tell(self, publication: Publication, seconds: float, queued_after_s: float, failure: Failure | None) -> None:
        self._traces.published(
            publication.spans,
            self._sent(publication),
            _following(publication.offsets) if self._with_offsets else None,
            records=len(publication.outcomes),
            seconds=seconds,
            queued_after_s=queued_after_s if self._with_offsets else 0.0,
            failure=failure,
        )

    def _sent(self, publication: Publication) -> list[Sent]:
        """What goes to each topic."""
        settings = self._settings
        contexts: dict[str, list[TraceContext]] = {}
        records = Counter[str]()
        for it in publication.outcomes:
            dead = it.name == "dead"
            topic = settings.dead_letter_topic if dead else settings.output_for(it.source.topic())
            records[topic] += 1
            found = contexts.setdefault(topic, [])
            if (context := context_in(it.headers)) is not None:
                found.append(context)
            if it.removed is not None and settings.removed_topic:
                records[settings.removed_topic] += 1
        records.update(beside.topic for beside in publication.beside)
        return [Sent(topic, count, contexts.get(topic, [])) for topic, count in records.items()]

    def settle(self, consumer: Consumer, *, wait: bool) -> None:
        """See `Committer`."""
        self._inner.settle(
            consumer if self._with_offsets else cast("Consumer", _Noting(consumer, self._settled)), wait=wait
        )

    def _settled(self, offsets: Sequence[TopicPartition], seconds: float, failure: Failure | None) -> None:
        with self._lock:
            spans, self._unsettled = self._unsettled, ()
            records, self._unsettled_records = self._unsettled_records, 0
        if spans:
            self._traces.committed(spans, _following(offsets), records=records, seconds=seconds, failure=failure)

    def own(self, partitions: Sequence[InputPartition], gained: Sequence[InputPartition]) -> None:
        """See `Committer`."""
        self._inner.own(partitions, gained)

    def commit_start(self, consumer: Consumer, offsets: list[TopicPartition], member: object) -> None:
        """See `Committer`."""
        self._inner.commit_start(consumer, offsets, member)

    def silent_s(self) -> float:
        """See `Committer`."""
        return self._inner.silent_s()

    def close(self) -> None:
        """See `Committer`."""
        self._inner.close()
        with self._lock:
            self._unsettled, self._unsettled_records = (), 0


class _Noting:
    """A consumer whose commits are noted: how long the call took, and how it ended."""

    def __init__(self, consumer: Consumer, on_commit: Callable[..., None]) -> None:
        self._consumer = consumer
        self._on_commit = on_commit

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> Any:
        """Commits these offsets. Raises `KafkaException`."""
        began = time.perf_counter()
        try:
            answer = self._consumer.commit(offsets=offsets, asynchronous=asynchronous)  # type: ignore[call-overload]
        except KafkaException as error:
            self._on_commit(offsets, time.perf_counter() - began, failure_of(error))
            raise
        self._on_commit(offsets, time.perf_counter() - began, None)
        return answer


def _following(offsets: Sequence[TopicPartition]) -> dict[InputPartition, int]:
    return {InputPartition(it.topic, it.partition): it.offset for it in offsets}
