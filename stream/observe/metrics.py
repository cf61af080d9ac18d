"""What the worker counts, for Prometheus. Only the worker calls this; the core does not know that it is counted.

Every committed record is counted once in `records_in` and once in `records`, by its outcome. At every moment
records in = cleaned + unchanged + passed + tombstone + dead.

On Linux the usual metrics of a process are there, too, under the names that all Prometheus clients give them:
`process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_virtual_memory_bytes`,
`process_start_time_seconds`, `process_open_fds` and `process_max_fds`.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from stream.records.input_partition import InputPartition
from stream.records.outcomes import OUTCOMES, Outcomes

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
RECORDS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000)
PREFIX = "article_stream_"


disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the series of counters, and are of no use here


class PartitionReading(NamedTuple):
    """One assigned partition: the next offset to publish and the last stable offset, each -1 while unknown.

    `lag_s`: the age of the oldest record not yet published, in seconds; 0 if there is none, None while unknown.
    """

    place: InputPartition
    position: int
    end: int
    lag_records: int
    lag_s: float | None


class GroupReading(NamedTuple):
    """The whole group at the last query: the number of partitions without an owner, and each partition's lag."""

    unowned: int
    lag_records: Mapping[InputPartition, int]


class LastCommit(NamedTuple):
    """The newest commit: when it was through (seconds since 1970), how many seconds it took, of how many records."""

    time_s: float
    seconds: float
    records: int


class PartitionCollector(Collector):
    """Position, end and lag of each assigned partition, read at each scrape."""

    def __init__(self, read: Callable[[], Iterable[PartitionReading]]) -> None:
        self._read = read

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges, with one sample for each partition that is assigned now."""
        position = GaugeMetricFamily(
            f"{PREFIX}partition_position", "Next offset to publish, by input partition.", labels=["topic", "partition"]
        )
        end = GaugeMetricFamily(
            f"{PREFIX}partition_end", "Last stable offset, by input partition.", labels=["topic", "partition"]
        )
        lag = GaugeMetricFamily(
            f"{PREFIX}partition_lag_records",
            "Records not yet published, by input partition.",
            labels=["topic", "partition"],
        )
        lag_s = GaugeMetricFamily(
            f"{PREFIX}partition_lag_seconds",
            "Age of the oldest record not yet published, by its timestamp, or an upper bound; 0 if there is none.",
            labels=["topic", "partition"],
        )
        for reading in self._read():
            label = _labels(reading.place)
            lag.add_metric(label, reading.lag_records)
            if reading.lag_s is not None:
                lag_s.add_metric(label, reading.lag_s)
            for gauge, value in ((position, reading.position), (end, reading.end)):
                if value >= 0:
                    gauge.add_metric(label, value)
        return position, end, lag, lag_s


class GroupCollector(Collector):
    """The lag of the whole group, and its partitions without an owner; empty if the broker cannot describe groups."""

    def __init__(self, read: Callable[[], GroupReading | None]) -> None:
        self._read = read

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges."""
        unowned = GaugeMetricFamily(
            f"{PREFIX}partitions_unowned", "Partitions of the input topics that belong to no worker of the group."
        )
        lag = GaugeMetricFamily(
            f"{PREFIX}group_lag_records",
            "Records not yet published, by input partition, whoever owns it, or nobody.",
            labels=["topic", "partition"],
        )
        reading = self._read()
        if reading is not None:
            unowned.add_metric([], reading.unowned)
            for place, records in sorted(reading.lag_records.items()):
                lag.add_metric(_labels(place), records)
        return unowned, lag


class HealthCollector(Collector):
    """What passes of the worker's own checks, asked at each scrape."""

    def __init__(self, ask: Callable[[], Mapping[str, bool]]) -> None:
        self._ask = ask

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauge, with a sample for each check."""
        healthy = GaugeMetricFamily(
            f"{PREFIX}healthy", "Whether a check of the worker's health passes (1) or not (0).", labels=["check"]
        )
        for check, passes in self._ask().items():
            healthy.add_metric([check], passes)
        return (healthy,)


def _labels(place: InputPartition) -> list[str]:
    return [place.topic, str(place.number)]


class Metrics:
    """All metrics of one worker, in a registry of their own.

    `totals`: since its start, records by outcome, what was removed by reason, and the bytes of values.
    """

    def __init__(
        self,
        partitions: Callable[[], Iterable[PartitionReading]],
        group: Callable[[], GroupReading | None],
        build: Mapping[str, str],
        *,
        rules_version: str,
    ) -> None:
        """`partitions` and `group` are called at each scrape. `build`: the worker's versions and settings by name."""
        self._about = build
        self.registry = CollectorRegistry()
        registry = self.registry
        self.registry.register(PartitionCollector(partitions))
        self.registry.register(GroupCollector(group))
        ProcessCollector(registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(PREFIX + name, text, labels, registry=registry)

        self._fetched = counter("records_fetched", "Records fetched; after a failure some are fetched again.")
        self._records_in = counter("records_in", "Records read from the input topics and committed.")
        self._bytes_in = counter("bytes_in", "Bytes of the values of these records.")
        self._records = counter("records", "Committed records, by what became of them.", "outcome")
        self._bytes_out = counter("bytes_out", "Bytes of the values written to the output topics.")
        self._dead = counter("dead_letters", "Dead letters, by reason.", "reason")
        self._removed = counter("paragraphs_removed", "Paragraphs removed, by reason.", "reason")
        self._withheld = counter(
            "articles_withheld", "Articles in which the safety budget refused at least one removal."
        )
        self._transactions = counter("commits", "Batches (or transactions) committed or aborted.", "outcome")
        self._rebalances = counter("rebalanced_partitions", "Partitions assigned, revoked or lost.", "event")
        self._skipped = counter("records_skipped", "Records deleted from the input topics before they could be read.")
        self._sessions = counter("sessions", "Times the worker joined its group.")
        self._batch = Histogram(PREFIX + "commit_records", "Records in one commit.", buckets=RECORDS, registry=registry)
        self._stage = Histogram(
            PREFIX + "stage_seconds",
            "Time of one batch in a stage.",
            ["stage"],
            buckets=SECONDS,
            registry=registry,
        )
        self._commit = Histogram(
            PREFIX + "commit_seconds",
            "Time that one commit takes.",
            buckets=SECONDS,
            registry=registry,
        )
        self._last = Gauge(
            PREFIX + "last_commit_time_seconds", "Time of the last commit, since 1970.", registry=registry
        )
        self._reloads = counter("rules_reloads", "Changes of the files in STREAM_RULES, loaded or refused.", "result")
        self._build = Info(PREFIX + "build", "The worker's versions, topics and group.", registry=registry)
        self._tell_versions(rules_version)
        for name in ("loaded", "refused"):
            self._reloads.labels(name)
        for name in OUTCOMES:
            self._records.labels(name)
        for name in ("repeat", "footer", "junk"):
            self._removed.labels(name)
        for name in ("committed", "aborted"):
            self._transactions.labels(name)
        self.totals: Tally[str] = Tally()
        self.last_commit: LastCommit | None = None

    def _tell_versions(self, rules: str) -> None:
        self._build.info({**self._about, "rules": rules})

    def show_health(self, ask: Callable[[], Mapping[str, bool]]) -> None:
        """From now on the metrics tell which checks pass; `ask` is called at each scrape."""
        self.registry.register(HealthCollector(ask))

    def rules_in_force(self, version: str) -> None:
        """Changed rules were loaded; `version` is theirs."""
        self._tell_versions(version)
        self._reloads.labels("loaded").inc()

    def rules_refused(self) -> None:
        """Changed rules were refused, because they are not valid."""
        self._reloads.labels("refused").inc()

    def fetched(self, records: int) -> None:
        """Counts records that the consumer fetched."""
        self._fetched.inc(records)

    def stage(self, name: str, seconds: float) -> None:
        """Counts the time, in seconds, that one batch spent in a stage."""
        self._stage.labels(name).observe(seconds)

    def event(self, name: str, count: int) -> None:
        """Counts partitions `assigned`, `revoked` or `lost`, records `skipped`, a `session`, commits `aborted`."""
        if name == "skipped":
            self._skipped.inc(count)
        elif name == "session":
            self._sessions.inc(count)
        elif name == "aborted":
            self._transactions.labels("aborted").inc(count)
        else:
            self._rebalances.labels(name).inc(count)

    def committed(self, outcomes: Outcomes, seconds: float) -> None:
        """Counts the outcomes that one commit published, in so many seconds."""
        for name, count in outcomes.names.items():
            self._records.labels(name).inc(count)
        for reason, count in outcomes.reasons.items():
            self._dead.labels(reason).inc(count)
        removed = {"repeat": outcomes.repeats, "footer": outcomes.footer, "junk": outcomes.junk}
        for reason, count in removed.items():
            self._removed.labels(reason).inc(count)
        self._records_in.inc(len(outcomes))
        self._bytes_in.inc(outcomes.bytes_in)
        self._bytes_out.inc(outcomes.bytes_out)
        self._withheld.inc(outcomes.withheld)
        self._transactions.labels("committed").inc()
        self._batch.observe(len(outcomes))
        self._commit.observe(seconds)
        self._last.set_to_current_time()
        self.totals.update(outcomes.names)
        self.totals.update(
            repeats=outcomes.repeats,
            footer=outcomes.footer,
            junk=outcomes.junk,
            bytes_in=outcomes.bytes_in,
            bytes_out=outcomes.bytes_out,
        )
        self.last_commit = LastCommit(time.time(), seconds, len(outcomes))

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
