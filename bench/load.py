"""The load: articles of about 7.5 KB that all differ, published as a backlog or at a rate."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from confluent_kafka import Producer

from stream.kafka import client

SHAPE = Path(__file__).parent.parent / "tests" / "data" / "twice.txt"
VARIANTS = 997
PARAGRAPHS = 17
WORDS = (28, 60)
TWICE = 0.9
HEADING = "You may also like"
HEADLINES, HEADLINES_WORDS = 5, (4, 12)
TEASER = "A headline longer than any heading, for which the model has to look at the whole page before it is sure of it"


def vocabulary() -> list[str]:
    """The words of which the articles are made."""
    return sorted({word for line in SHAPE.read_text("utf-8").split("\n") for word in line.split()})


def paragraph(pick: random.Random, words: list[str]) -> str:
    """Random words as one sentence."""
    return " ".join(pick.choices(words, k=pick.randint(*WORDS))) + "."


def footer(pick: random.Random, words: list[str]) -> list[str]:
    """A footer: the heading, and headlines that no other article has."""
    plain = [word for word in words if word.isalpha()]
    lines = [" ".join(pick.choices(plain, k=pick.randint(*HEADLINES_WORDS))).capitalize() for _ in range(HEADLINES)]
    return [HEADING, *lines]


def texts(*, teaser: bool = False) -> list[str]:
    """Texts of one shape: seventeen paragraphs, most of which are repeated, and a footer.

    With `teaser` one headline of the footer is long, so that the model has to look at the whole page
    (docs/decisions/0008).
    """
    pick = random.Random(11)  # noqa: S311 - the same load each time
    words = vocabulary()
    made = []
    for _ in range(VARIANTS):
        body = [paragraph(pick, words) for _ in range(PARAGRAPHS)]
        body[4] = "What the council decided"
        body[11] = "'We have not stopped': the mayor"
        again = body[1:] if pick.random() < TWICE else []
        made.append("\n".join([*body, *again, *footer(pick, words), *([TEASER] if teaser else [])]))
    return made


def value(number: int, text: str) -> bytes:
    """An article as JSON, the value of a record."""
    return orjson.dumps({"id": f"a{number}", "url": f"https://news.example/{number}", "text": f"Head {number}\n{text}"})


def producer(servers: str, linger_ms: int = 5) -> Producer:
    """The producer that publishes the load."""
    return Producer(
        {"bootstrap.servers": servers, "linger.ms": linger_ms, "compression.type": "lz4",
         "queue.buffering.max.messages": 1_000_000, "queue.buffering.max.kbytes": 1 << 20}
    )  # fmt: skip


def backlog(servers: str, topic: str, count: int, *, teaser: bool = False) -> float:
    """Publish this many articles; return their mean size in bytes."""
    kinds, sender, size = texts(teaser=teaser), producer(servers), 0
    for number in range(count):
        article = value(number, kinds[number % VARIANTS])
        size += len(article)
        client.produce(sender, topic, value=article, key=f"a{number}".encode())
        if number % 64 == 0:
            sender.poll(0)
    sender.flush()
    return size / count


def at_rate(servers: str, topic: str, per_second: int, seconds: float, sent: Callable[[int, int], None]) -> None:
    """Publish at a fixed rate. An article that is sent late still counts from the time at which it was due.

    `sent(number, due)` is called for each; `due` is in nanoseconds of the monotonic clock.
    """
    kinds, sender = texts(), producer(servers, linger_ms=0)  # time spent lingering here is not the worker's latency
    began = time.monotonic_ns() + 50_000_000
    for number in range(int(per_second * seconds)):
        due = began + number * 1_000_000_000 // per_second
        while (left := due - time.monotonic_ns()) > 0:
            sender.poll(0)
            time.sleep(min(left, 1_000_000) / 1e9)
        sent(number, due)
        sender.produce(topic, value(number, kinds[number % VARIANTS]), f"{number}:{due}")
    sender.flush()
