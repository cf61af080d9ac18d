"""The load: articles of one kind of text (`bench.texts`), as a backlog or at a rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import orjson
from confluent_kafka import Producer

from bench.texts import PLAIN, texts_of
from stream.kafka import client


def value(number: int, text: str) -> bytes:
    """An article as JSON, the value of a record."""
    return orjson.dumps({"id": f"a{number}", "url": f"https://news.example/{number}", "text": f"Head {number}\n{text}"})


def producer(servers: str, linger_ms: int = 5) -> Producer:
    """The producer that publishes the load."""
    return Producer(
        {"bootstrap.servers": servers, "linger.ms": linger_ms, "compression.type": "lz4",
         "queue.buffering.max.messages": 1_000_000, "queue.buffering.max.kbytes": 1 << 20}
    )  # fmt: skip


def backlog(servers: str, topic: str, count: int, *, kind: str = PLAIN) -> float:
    """Publish so many articles of this kind of text; give their mean size in bytes."""
    kinds, sender, size = texts_of(kind), producer(servers), 0
    for number in range(count):
        article = value(number, kinds[number % len(kinds)])
        size += len(article)
        client.produce(sender, topic, value=article, key=f"a{number}".encode())
        if number % 64 == 0:
            sender.poll(0)
    sender.flush()
    return size / count


class Pace(NamedTuple):
    """How fast articles come, for how long, and what kind of text they are (one of `bench.texts.KINDS`)."""

    per_second: int
    seconds: float
    kind: str = PLAIN


def at_rate(servers: str, topic: str, pace: Pace, sent: Callable[[int, int], None]) -> None:
    """Publish at a rate, by the clock (late ones count as late); `sent(number, due)` in ns of the monotonic clock."""
    kinds, sender = texts_of(pace.kind), producer(servers, linger_ms=0)  # what lingers here is no latency of the worker
    began = time.monotonic_ns() + 50_000_000
    for number in range(int(pace.per_second * pace.seconds)):
        due = began + number * 1_000_000_000 // pace.per_second
        while (left := due - time.monotonic_ns()) > 0:
            sender.poll(0)
            time.sleep(min(left, 1_000_000) / 1e9)
        sent(number, due)
        sender.produce(topic, value(number, kinds[number % len(kinds)]), f"{number}:{due}")
    sender.flush()
