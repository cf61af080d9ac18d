"""What every scenario needs: topics, a ledger, workers that end with it, load in the background, and a final count."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

import orjson
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness.processes import PATIENCE_S, Worker, until
from stream.records.headers import EXCEPTION_HEADER
from tests.chaos.avro import avro
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.ledger import Ledger, Topics, create, fresh_name

ENOUGH_S = 120.0  # how long everything that is due may take to come out after the fault
ONE_SESSION_MS = 30_000
"""The session timeout where nobody dies, and the session is to last: a busy machine may keep a worker for seconds."""


@dataclass
class ChaosLedger(Ledger):
    """A ledger whose reader skips tombstones."""

    def _note(self, value: bytes) -> None:
        if value:
            super()._note(value)


class Stage:
    """Fresh topics on a broker, a ledger for them, and the workers. All of it ends with the block."""

    def __init__(  # noqa: PLR0913 - what a test may choose
        self,
        site: Site,
        size: Size,
        *,
        partitions: int = 4,
        replication: int = 1,
        proxied: bool = False,
        inputs: tuple[str, ...] = ("raw",),
        framed: bool = False,
        topics: Mapping[str, dict[str, str]] | None = None,
        **settings: object,
    ) -> None:
        """Make the topics; ``topics`` is their configuration by role, ``settings`` are every worker's.

        ``inputs``: the ends of the input topics' names. ``framed``: articles are a schema registry's Avro.
        """
        servers = site.servers
        self._kafka = site.kafka
        self.size = size
        self.topics = Topics(servers, fresh_name("chaos"))
        self.admin = AdminClient({"bootstrap.servers": servers, "reconnect.backoff.max.ms": 500})
        self._config = dict(topics or {})
        worker_servers = site.proxy.address if proxied else servers
        names = ",".join(f"{self.topics.name}.{end}" for end in inputs)
        self.settings = settings | {"bootstrap_servers": worker_servers, "input_topic": names}
        self._inputs, self._framed = inputs, framed
        self._undress: Callable[[bytes], bytes] = bytes
        self.workers: list[Worker] = []
        self._partitions, self._replication = partitions, replication
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.topics.make(self._partitions, self._replication, **self._config)
        for end in self._inputs[1:]:
            self.make(f"{self.topics.name}.{end}")
        ledger = ChaosLedger(self.topics, partitions=self._partitions, inputs=self._inputs)
        if self._framed:
            form = self._stack.enter_context(avro(f"{self.raw}-value"))
            self.settings["registry_url"] = form.url
            ledger.dress, ledger.undress = form.dress, form.undress
            self._undress = form.undress
        self.ledger = self._stack.enter_context(ledger)
        return self

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        # In the error itself, because what a scenario prints in its thread would be captured as another test's output.
        shown = "" if raised is None else self._shown()
        self._stack.close()
        if isinstance(raised, Exception):
            msg = f"{raised}\n{shown}"
            raise AssertionError(msg) from raised  # noqa: TRY004 - not about its type

    def _shown(self) -> str:
        """Describe what the ledger knows, each worker's state and log, and what the brokers said last."""
        parts = [f"{self.ledger.sent} sent, {self.ledger.arrived} arrived, silent for {self.ledger.silent_s:.1f} s"]
        for place, worker in enumerate(self.workers):
            state = f"exit code {worker.process.poll()}, {worker.get('/health/ready')}"
            parts.append(f"--- worker {place} ({state}):\n{worker.log[-6000:]}")
        parts.append(f"--- brokers:\n{self._kafka.log_tail(lines=60)}")
        return "\n".join(parts)

    def _owed(self) -> str:
        """Describe what may have become of the articles that did not come out: dead letters, or records held back."""
        reader = Consumer({"bootstrap.servers": self.topics.bootstrap_servers, "group.id": "owed"})
        try:
            parts = []
            for number in range(self._partitions):
                low, end = reader.get_watermark_offsets(TopicPartition(self.clean, number), timeout=PATIENCE_S)
                parts.append(f"{self.clean} [{number}] has offsets {low} to {end}")
        finally:
            reader.close()
        ends = dict.fromkeys(range(self._partitions), 0)
        tombstones = 0
        for message in messages_in(self.topics.bootstrap_servers, self.clean):
            ends[message.partition() or 0] = message.offset() or 0
            tombstones += message.value() is None
        dead = Counter(
            str(dict(message.headers() or []).get(EXCEPTION_HEADER))
            for message in messages_in(self.topics.bootstrap_servers, f"{self.topics.name}.dead")
        )
        found = f"the last committed records are at {ends}, {tombstones} of them all are tombstones"
        return f"{'; '.join(parts)}; {found}; dead letters: {dict(dead)}"

    @property
    def raw(self) -> str:
        """The input topic."""
        return f"{self.topics.name}.raw"

    @property
    def clean(self) -> str:
        """The output topic."""
        return f"{self.topics.name}.clean"

    def worker(self, **more: object) -> Worker:
        """Start a worker, without waiting until it is ready."""
        settings = {"session_timeout_ms": self.size.session_timeout_ms, **self.settings, **more}
        worker = self._stack.enter_context(Worker(self.topics.settings() | settings))
        self.workers.append(worker)
        return worker

    @contextmanager
    def load(self, per_second: int | None = None) -> Iterator[None]:
        """Send articles in the background while the block runs."""
        done, rate = threading.Event(), per_second or self.size.rate

        def send() -> None:
            while not done.is_set():
                self.ledger.send(rate // 10, per_second=rate)

        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send)
            try:
                yield
            finally:
                done.set()
            sending.result(PATIENCE_S)

    def wait_output(self, articles: int = 1) -> None:
        """Wait until this many more articles have come out than now."""
        wanted = self.ledger.arrived + articles
        until(lambda: self.ledger.arrived >= wanted, f"{articles} more articles, of {self.ledger.sent} sent", ENOUGH_S)

    def wait_all(self) -> None:
        """Wait until everything has come out; what has not after `ENOUGH_S` counts as lost."""
        deadline = time.monotonic() + ENOUGH_S
        while self.ledger.lost and time.monotonic() < deadline:
            time.sleep(0.05)

    def wait_committed(self, records: int) -> None:
        """Wait until the running workers report this many committed records."""

        def committed() -> float:
            running = [worker for worker in self.workers if worker.process.poll() is None]
            return sum(worker.metric("article_stream_records_in_total") for worker in running)

        until(lambda: committed() >= records, f"{records} committed", ENOUGH_S)

    def end_workers(self) -> None:
        """Stop the workers that still run; each must end with exit code 0."""
        running = [worker for worker in self.workers if worker.process.poll() is None]
        for worker in running:  # before a worker listens, it has no handler for the signal yet
            until(lambda: worker.get("/")[0] == 200 or worker.process.poll() is not None, "a worker to have begun")  # noqa: B023
        codes = [worker.terminate() for worker in running]
        assert not any(codes), f"exit codes {codes}"

    def count(self, topic: str) -> Counter[int]:
        """Read a whole topic again with a new reader: how often each number is in it."""
        return Counter(
            number_of(self._undress(value)) for _, value in read_all(self.topics.bootstrap_servers, topic) if value
        )

    def make(self, topic: str) -> None:
        """Create a topic, or create it again."""
        wanted = NewTopic(topic, self._partitions, self._replication)
        create(self.admin, self.topics.bootstrap_servers, [wanted])

    def delete(self, topic: str) -> None:
        """Delete a topic, and wait until the broker does not know it any more."""
        self.admin.delete_topics([topic])[topic].result(PATIENCE_S)
        until(lambda: topic not in self.admin.list_topics(timeout=PATIENCE_S).topics, f"{topic} to be gone")

    def result(self, fault: str, note: str = "", **flags: bool) -> Result:
        """Wait for what is due, stop the workers, and count everything again."""
        self.wait_all()
        if self.ledger.lost:
            print(self._shown(), self._owed(), sep="\n")  # noqa: T201 - while they can still be asked
        silence = self.ledger.longest_silence_s
        self.end_workers()
        found = self.count(self.clean)
        again = {number: times for number, times in found.items() if times > 1}
        # A broker that is killed may store an article twice, even though its producer is idempotent.
        sent = self.count(self.raw) if again else Counter()
        if twice_sent := sum(1 for number in again if sent[number] > 1):
            note = f"{note}; {twice_sent} twice in the input".lstrip("; ")
        return Result(
            fault,
            records=self.ledger.sent,
            lost=sum(1 for number in range(self.ledger.sent) if not found[number]),
            twice=sum(1 for number, times in again.items() if times > max(1, sent[number])),
            altered=self.ledger.altered,
            longest_silence_s=silence,
            note=note,
            **flags,
        )


def number_of(value: bytes) -> int:
    """The number of an article."""
    number: int = orjson.loads(value)["number"]
    return number


def read_all(servers: str, topic: str) -> Iterator[tuple[bytes, bytes | None]]:
    """Read the key and value of every committed record that is in a topic now."""
    for message in messages_in(servers, topic):
        yield message.key() or b"", message.value()


def messages_in(servers: str, topic: str) -> Iterator[Message]:
    """Read every committed record that is in a topic now, in order within its partition."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "recount", "enable.auto.commit": False,
         "isolation.level": "read_committed", "enable.partition.eof": True, "auto.offset.reset": "earliest"}
    )  # fmt: skip
    try:
        left = set(consumer.list_topics(topic, PATIENCE_S).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in left])
        deadline = time.monotonic() + ENOUGH_S
        while left:
            assert time.monotonic() < deadline, f"{topic} could not be read to its end: {left}"
            for message in consumer.consume(1000, 1.0):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                    left.discard(message.partition() or 0)
    finally:
        consumer.close()
