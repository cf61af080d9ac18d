"""A ledger of every record sent: what should come out, what did, how often, and how long nothing came."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import orjson
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from harness.processes import PATIENCE_S, until
from stream.core.rules import builtin
from stream.offline.value import clean_value
from stream.records.process import Processor

PROCESSOR = Processor.for_field("text", "auto", builtin())
WORDS = [
    "river",
    "council",
    "budget",
    "storm",
    "harvest",
    "museum",
    "engine",
    "signal",
    "border",
    "market",
    "winter",
    "teacher",
    "glass",
    "bridge",
]


@dataclass(frozen=True, slots=True)
class Topics:
    """Fresh topics and a fresh group on a broker, as settings of a worker."""

    bootstrap_servers: str
    name: str

    def settings(self, **more: object) -> dict[str, object]:
        """Settings of a worker on these topics."""
        return {
            "bootstrap_servers": self.bootstrap_servers,
            "group_id": self.name,
            "input_topic": f"{self.name}.raw",
            "output_topic": f"{self.name}.clean",
            "dead_letter_topic": f"{self.name}.dead",
            **{f"{role}_topic": f"{self.name}.{role}" for role in ("lines", "sites", "counts")},
            **more,
        }

    def make(self, partitions: int = 4, replication: int = 1, **config: dict[str, str]) -> None:
        """Create the topics; ``raw={…}``, ``clean={…}``, ``dead={…}`` are their configuration.

        With ``removed={…}`` that one, too.
        """
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        wanted = [
            NewTopic(f"{self.name}.{role}", partitions, replication, config=config.get(role, {}))
            for role in ("raw", "clean", "dead", *({"removed"} & config.keys()))
        ]
        create(admin, self.bootstrap_servers, wanted)


def create(admin: AdminClient, bootstrap_servers: str, wanted: Sequence[NewTopic]) -> None:
    """Create topics, and wait until each broker that is there knows them."""
    made = admin.create_topics(list(wanted))
    for future in made.values():
        future.result(PATIENCE_S)
    until_known(bootstrap_servers, *made)


def until_known(bootstrap_servers: str, *topics: str) -> None:
    """Wait until all brokers know topics that are made: under load one may answer for a moment that it does not."""
    brokers = [AdminClient({"bootstrap.servers": address}) for address in bootstrap_servers.split(",")]
    until(
        lambda: all(set(topics) <= broker.list_topics(timeout=PATIENCE_S).topics.keys() for broker in brokers),
        "the topics to be known",
    )


def article(number: int, paragraphs: int = 4) -> bytes:
    """An article with a number, a repeated paragraph and a footer."""
    pick = random.Random(number)  # noqa: S311 - the same article for the same number
    body = [" ".join(pick.choices(WORDS, k=20)).capitalize() + f" {number}-{place}." for place in range(paragraphs)]
    lines = [
        *body,
        body[-1],
        "You may also like",
        "Storm closes the bridge",
        "Museum opens its doors",
        "Market moves on",
    ]
    return orjson.dumps({"id": f"a{number}", "number": number, "text": "\n".join(lines)})


def expected(value: bytes) -> bytes:
    """What has to come out for a value."""
    return clean_value(PROCESSOR, value, "json").value


ACKNOWLEDGED_S = 90.0
"""How long no article may be acknowledged: longer than the client waits for one answer (60 s) before it asks again."""


@dataclass
class Ledger:
    """Sends numbered articles and watches the output with a read_committed reader.

    Every number has to come out once, as ``expected``. ``longest_silence_s`` is the longest time between two
    arrivals from one input partition while something of it was owed. ``inputs``: the ends of the input topics' names.
    ``dress``: makes a record's value of an article in JSON, ``undress`` the reverse.
    """

    topics: Topics
    sent: int = 0
    seen: Counter[int] = field(default_factory=Counter)
    altered: int = 0
    longest_silence_s: float = 0.0
    partitions: int = 4
    inputs: tuple[str, ...] = ("raw",)
    dress: Callable[[bytes], bytes] = bytes
    undress: Callable[[bytes], bytes] = bytes

    def __post_init__(self) -> None:
        """Start the reader's thread."""
        self._stop = threading.Event()
        self._last = time.monotonic()
        self._lock = threading.Lock()
        self._partition: dict[int, int] = {}  # of each number that is acknowledged and has not come out
        self._moved: dict[int, float] = {}  # when each of them last had nothing owed, or something came
        self._reader = threading.Thread(target=self._read, daemon=True)
        # One request at a time: of several, a broker that only just learns of a partition may refuse the first and take
        # the second, and then the client counts the first as acknowledged as well (librdkafka's implicit acks).
        self._producer = Producer(
            {**steadfast(self.topics.bootstrap_servers), "metadata.recovery.strategy": "none", "max.in.flight": 1,
             "linger.ms": 5, "enable.idempotence": True, "queue.buffering.max.messages": 2_000_000}
        )  # fmt: skip
        self._reader.start()

    def send(self, count: int, *, per_second: float | None = None) -> None:
        """Publish so many more articles, at a rate if one is given, and wait for their acknowledgement.

        Raises `AssertionError` if none is acknowledged for `ACKNOWLEDGED_S`.
        """
        began = time.monotonic()
        for sent in range(count):
            number = self.sent
            topic = f"{self.topics.name}.{self.inputs[number % len(self.inputs)]}"
            self._producer.produce(
                topic, self.dress(article(number)), f"a{number}".encode(), on_delivery=self._acknowledged
            )
            self.sent += 1
            if per_second is not None and (ahead := began + sent / per_second - time.monotonic()) > 0:
                self._producer.poll(ahead)
            elif sent % 100 == 0:
                self._producer.poll(0)
        left, since = len(self._producer), time.monotonic()
        while now := self._producer.flush(1):
            if now < left:
                left, since = now, time.monotonic()
            silent_s = time.monotonic() - since
            assert silent_s < ACKNOWLEDGED_S, f"{now} of {count} articles wait, none acknowledged for {silent_s:.0f} s"

    @property
    def arrived(self) -> int:
        """How many different articles have come out."""
        return len(self.seen)

    @property
    def silent_s(self) -> float:
        """For how long now the most silent partition has been silent that owes something."""
        with self._lock:
            owing = set(self._partition.values())
            return max((time.monotonic() - self._moved[partition] for partition in owing), default=0.0)

    @property
    def lost(self) -> int:
        """How many have not."""
        return self.sent - len(self.seen)

    @property
    def twice(self) -> int:
        """How many came out more than once."""
        return sum(1 for count in self.seen.values() if count > 1)

    def reset_silence(self) -> None:
        """Begin to measure silence anew."""
        with self._lock:
            self._last = time.monotonic()
            self._moved = dict.fromkeys(self._moved, self._last)
            self.longest_silence_s = 0.0

    def close(self) -> None:
        """End the reader."""
        self._stop.set()
        self._reader.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        config: dict[str, Any] = {
            **steadfast(self.topics.bootstrap_servers),
            "group.id": f"{self.topics.name}.ledger",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
        }
        consumer = Consumer(config)
        consumer.assign([TopicPartition(f"{self.topics.name}.clean", number, 0) for number in range(self.partitions)])
        while not self._stop.is_set():
            messages = consumer.consume(1000, 0.05)
            now = time.monotonic()
            owed = self.sent > len(self.seen)
            if owed or messages:
                self.longest_silence_s = max(self.longest_silence_s, now - self._last)
            for message in messages:
                if message.error() is None:
                    self._note(message.value() or b"")
                    self._last = now
            if not owed:
                self._last = now
            self._measure_silence(now)
        consumer.close()

    def _acknowledged(self, error: KafkaError | None, message: Message) -> None:
        number, partition = int((message.key() or b"")[1:]), message.partition() or 0
        with self._lock:
            if error is None and number not in self.seen:
                self._partition[number] = partition
                self._moved.setdefault(partition, time.monotonic())

    def _measure_silence(self, now: float) -> None:
        """Note how long each partition has been silent that owes something."""
        with self._lock:
            owing = set(self._partition.values())
            for partition, moved in self._moved.items():
                if partition in owing:
                    self.longest_silence_s = max(self.longest_silence_s, now - moved)
                else:
                    self._moved[partition] = now

    def _note(self, value: bytes) -> None:
        value = self.undress(value)
        number = orjson.loads(value)["number"]
        with self._lock:
            self.seen[number] += 1
            if (partition := self._partition.pop(number, None)) is not None:
                self._moved[partition] = time.monotonic()
        if value != expected(article(number)):
            self.altered += 1


def steadfast(servers: str) -> dict[str, Any]:
    """Configure a client that finds its brokers again soon after they were away: the worker is what is measured."""
    return {
        "bootstrap.servers": servers,
        "reconnect.backoff.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 2_000,
        "log_level": 0,
    }


FRESH = itertools.count(1)


def fresh_name(what: str = "t") -> str:
    """Make a name for topics and group that no other test has."""
    return f"{what}-{time.time_ns() % 10**10}-{next(FRESH)}"
