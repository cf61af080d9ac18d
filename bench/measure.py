"""Measures one system at a time: its throughput on a backlog, and its latency at a rate."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench import load
from bench.process import Measured, stolen_s, stolen_since

PARTITIONS = 4
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Throughput:
    """The figures of a backlog. `per_second`: articles per second, from the first output to the last one."""

    per_second: float
    by_thread_us: Mapping[str, float]  # processor time per article
    peak_mb: float
    quarter_mb: tuple[float, ...]

    @property
    def cpu_us(self) -> float:
        """Processor time per article, in microseconds."""
        return sum(self.by_thread_us.values())


@dataclass(frozen=True)
class Latency:
    """Milliseconds from the time at which an article was due to the time at which a read_committed reader had it.

    `stolen`: the share of processor time that the host of a virtual machine gave to other machines meanwhile.
    """

    p50_ms: float
    p99_ms: float
    max_ms: float
    stolen: float


def make_topics(servers: str, *topics: str, partitions: int = PARTITIONS) -> None:
    """Create topics whose records carry the time at which the broker appended them."""
    stamped = {"message.timestamp.type": "LogAppendTime"}
    wanted = [NewTopic(topic, partitions, 1, config=stamped) for topic in topics]
    admin = AdminClient({"bootstrap.servers": servers})
    for made in admin.create_topics(wanted).values():
        made.result(30)


def settings_for(servers: str, name: str, source: str, **more: object) -> dict[str, object]:
    """The settings of a run, with a group and an output topic of its own."""
    return {
        "bootstrap_servers": servers, "group_id": name, "input_topic": source, "output_topic": f"{name}.clean",
        "dead_letter_topic": f"{name}.dead", "http_port": 0, "instance_id": "bench", **more,
    }  # fmt: skip


def throughput(
    servers: str, module: tuple[str, ...], settings: Mapping[str, object], count: int, partitions: int = PARTITIONS
) -> Throughput:
    """Measure a run over a backlog of `count` articles, which are there already. `partitions`: of the output."""
    output = str(settings["output_topic"])
    make_topics(servers, output, str(settings["dead_letter_topic"]), partitions=partitions)
    # It only asks for offsets, and never joins the group.
    asker = Consumer({"bootstrap.servers": servers, "group.id": str(settings["group_id"])})
    memory: list[float] = []
    with Measured(module, settings) as run:
        deadline = time.monotonic() + PATIENCE_S
        before = asked_at = run.cpu_s()
        while (done := committed(asker, str(settings["input_topic"]), partitions)) < count:
            run.check()
            if time.monotonic() > deadline:
                sys.exit(f"only {done} of {count} articles within {PATIENCE_S:g} s")
            if done == 0:
                before = asked_at
            elif len(memory) < 4 * done // count:
                memory.append(run.memory_mb())
            time.sleep(0.05)
            asked_at = run.cpu_s()  # an answer may take a while
        time.sleep(0.5)  # for the markers of the last transaction
        after, peak = run.cpu_s(), run.memory_mb("VmHWM")
        memory.append(run.memory_mb())
    asker.close()
    times = _append_times(servers, output, partitions)
    if len(times) != count:
        sys.exit(f"{count} articles went in and {len(times)} came out")
    by_thread = {name: (after[name] - before[name]) / count * 1e6 for name in after}
    return Throughput((count - 1) / (times[-1] - times[0]) * 1000, by_thread, peak, tuple(memory))


def latency(servers: str, module: tuple[str, ...], settings: Mapping[str, object], pace: load.Pace) -> Latency:
    """Measure at this pace; the first five seconds warm up and do not count."""
    per_second = pace.per_second
    source, output = str(settings["input_topic"]), str(settings["output_topic"])
    make_topics(servers, source, output, str(settings["dead_letter_topic"]))
    found: dict[int, float] = {}
    ended = threading.Event()
    reader = threading.Thread(target=_read, args=(servers, output, found, ended))
    warm = 5 * per_second
    before, began = stolen_s(), time.monotonic()
    with Measured(module, settings) as run:
        reader.start()
        # Meanwhile the worker joins its group, and its caches fill.
        load.at_rate(servers, source, pace._replace(per_second=1, seconds=5), lambda *_: None)
        found.clear()
        load.at_rate(servers, source, pace._replace(seconds=pace.seconds + 5), lambda *_: None)
        deadline = time.monotonic() + 20
        while len(found) < per_second * (pace.seconds + 5) and time.monotonic() < deadline:
            run.check()
            time.sleep(0.05)
        ended.set()
        reader.join()
    delays = sorted(delay for number, delay in found.items() if number >= warm)
    if not delays:
        sys.exit(
            f"{per_second} articles a second are more than this machine can clean now; try --rate {per_second // 4}."
        )
    stolen = stolen_since(before, began)
    return Latency(statistics.median(delays), delays[int(len(delays) * 0.99)], delays[-1], stolen)


def committed(asker: Consumer, topic: str, partitions: int) -> int:
    """How many records the group has committed; the ends of the output topic would count transaction markers, too."""
    asked = [TopicPartition(topic, number) for number in range(partitions)]
    while True:
        try:
            return sum(max(0, partition.offset) for partition in asker.committed(asked, timeout=10))
        except KafkaException:  # the group may have no coordinator yet
            time.sleep(0.05)


def _reading(servers: str, topic: str, partitions: int = PARTITIONS, **more: object) -> Consumer:
    config: dict[str, str | int | float | bool | None] = {
        "bootstrap.servers": servers, "group.id": f"{topic}.bench", "enable.auto.commit": False,
        "isolation.level": "read_committed", "auto.offset.reset": "earliest", "fetch.wait.max.ms": 10,
    }  # fmt: skip
    config.update(more)  # type: ignore[arg-type]
    consumer = Consumer(config)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    return consumer


def _append_times(servers: str, topic: str, partitions: int) -> list[int]:
    consumer = _reading(servers, topic, partitions, **{"enable.partition.eof": True})
    times: list[int] = []
    left = partitions
    while left:
        for message in consumer.consume(2000, 1.0):
            if message.error() is None:
                times.append(message.timestamp()[1])
            else:
                left -= 1
    consumer.close()
    return sorted(times)


def _read(servers: str, topic: str, found: dict[int, float], ended: threading.Event) -> None:
    consumer = _reading(servers, topic)
    while not ended.is_set():
        # One record, then whatever else has arrived: asked for more, `consume` would wait for them until its timeout.
        for message in consumer.consume(1, 0.1) + consumer.consume(500, 0):
            now = time.monotonic_ns()
            if message.error() is None:
                number, due = (message.key() or b"").split(b":")
                found[int(number)] = (now - int(due)) / 1e6
    consumer.close()
