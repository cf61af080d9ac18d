"""What does not reach the collector is counted, and said now and then. Nothing waits for it.

The exporters try again by themselves, for ten seconds by default, and would log every failure; here the first one is a
line, and what follows is summed up.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from stream.config.telemetry import SignalName
from stream.observe.wording import counted, noun

log = logging.getLogger("stream.telemetry")

LONGEST_CAUSE = 200  # characters
SAY_EVERY_S = 60.0
"""How often it is said, in seconds, that something is lost. A collector that is away is no reason to fill the log."""

_NOISY = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal")
_TOO_LATE = "due to timeout, max retries"
_SAYS_LESS = (_TOO_LATE, "Shutdown in progress", "Queue full", "already shutdown")
# It warns of each part of a record's `tracestate` that is not as W3C has it: anybody's records could fill the log.
_ABOUT_RECORDS = "opentelemetry.trace"
# What the exporters write around a cause, and where the one of a connection stands in what their HTTP client writes.
_AROUND = re.compile(r"(Failed to export \w+ batch code: (None, reason: )?)|(Transient error )|( encountered while .*)")
_CONNECTION = re.compile(r"\[Errno -?\d+\] [\w ]+")


class LastWords(logging.Handler):
    """Keeps the last thing that the exporters would have logged: it says why something is lost."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: dict[SignalName, str] = {}
        for name in _NOISY:
            logger = logging.getLogger(name)
            logger.handlers[:] = [self]
            logger.setLevel(logging.WARNING)
            logger.propagate = False
        logging.getLogger(_ABOUT_RECORDS).setLevel(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line. Those that only sum up what went before say less."""
        said = " ".join(record.getMessage().split())
        signal: SignalName = "metrics" if "metric" in record.name else "traces"
        if _TOO_LATE in said:
            self._said.setdefault(signal, "no success in time")
        if any(words in said for words in _SAYS_LESS):
            return
        connection = _CONNECTION.search(said)
        cause = connection[0] if connection else _AROUND.sub("", said).replace(", reason:", "")
        self._said[signal] = cause.rstrip(".")[:LONGEST_CAUSE]

    def why(self, signal: SignalName) -> str:
        """The cause, in brackets and with a space before it; empty if none was told."""
        said = self._said.get(signal, "")
        return f" ({said})" if said else ""


class Delivery:
    """Counts what was sent of one signal and what was lost. Any thread may call any method.

    `where`: the endpoint, for sentences. `words`: why something may be lost. `failing`: whether the last attempt has.
    """

    def __init__(
        self, signal: SignalName, where: str, words: LastWords, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._signal, self._where, self._words, self._clock = signal, where, words, clock
        self._lock = threading.Lock()
        self._said_s = -SAY_EVERY_S
        self.failing = False
        self.sent = self.lost = 0

    def arrived(self, count: int) -> None:
        """So many were taken."""
        with self._lock:
            self.sent += count
            again, self.failing = self.failing, False
        if again:
            log.info("The %s reach %s again.", self._signal, self._where)

    def failed(self, count: int, *, full: bool = False) -> None:
        """So many were lost. `full`: for want of room in the queue, and not because an attempt has failed."""
        with self._lock:
            self.lost += count
            self.failing = self.failing or not full
            if self._clock() - self._said_s < SAY_EVERY_S:
                return
            self._said_s, lost = self._clock(), self.lost
        why = self._words.why(self._signal)
        # Counters are sent as sums, so that the next report holds what one did not tell.
        many = f" {counted(lost, 'span')} {noun(lost, 'is', 'are')} lost so far." if self._signal == "traces" else ""
        if full and not self.failing:
            log.warning("There are more spans than %s takes.%s Articles do not wait for them.", self._where, many)
            return
        log.warning("The %s do not reach %s%s.%s Articles do not wait for them.", self._signal, self._where, why, many)


class WatchedExporter(SpanExporter):
    """A span exporter whose results are counted. `taken`: how many spans it was given."""

    def __init__(self, exporter: SpanExporter, delivery: Delivery) -> None:
        self._exporter = exporter
        self._delivery = delivery
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Sends the spans, and counts them."""
        self.taken += len(spans)
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread that sends goes on
            self._delivery.failed(len(spans))
            log.debug("Spans could not be sent: %s", error)
            return SpanExportResult.FAILURE
        (self._delivery.arrived if result is SpanExportResult.SUCCESS else self._delivery.failed)(len(spans))
        return result

    def shutdown(self) -> None:
        """Ends the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept here."""
        return self._exporter.force_flush(timeout_millis)


class Queue(BatchSpanProcessor):
    """The SDK's bounded queue of spans and the thread that sends them. What finds no room in it is counted as lost."""

    def __init__(self, exporter: SpanExporter, delivery: Delivery, *, capacity: int, batch: int) -> None:
        self._watched = WatchedExporter(exporter, delivery)
        self._delivery = delivery
        self._capacity = capacity
        self._lock = threading.Lock()
        self._ended = self._dropped = 0
        super().__init__(self._watched, max_queue_size=capacity, max_export_batch_size=min(batch, capacity))

    def on_end(self, span: ReadableSpan) -> None:
        """Queues a span. The queue drops one where it is full, and tells nobody how many these were."""
        super().on_end(span)
        with self._lock:
            self._ended += 1
            dropped = self._ended - self._watched.taken - self._capacity
            more, self._dropped = dropped - self._dropped, max(dropped, self._dropped)
        if more > 0:
            self._delivery.failed(more, full=True)
