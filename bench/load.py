"""The load: varied articles of about 7.5 KB or whole news pages, as a backlog or at a rate."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson
from confluent_kafka import Producer

from harness import pages
from stream.kafka import client

SHAPE = Path(__file__).parent.parent / "tests" / "data" / "twice.txt"
VARIANTS = 997
ARTICLE, WHOLE_PAGE = "article", "pages"
KINDS = {
    ARTICLE: "plain articles of one shape: paragraphs, most of them again, a short footer",
    WHOLE_PAGE: "news pages in nine languages with all that stands around an article (harness/pages.py)",
}
"""What `--text` takes, and what it is."""
PARAGRAPHS = 17
WORDS = (28, 60)
TWICE = 0.9
HEADING = "You may also like"
HEADLINES, HEADLINES_WORDS = 5, (4, 12)


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


def texts() -> list[str]:
    """Texts of one shape: seventeen paragraphs, most of which are repeated, and a footer."""
    pick = random.Random(11)  # noqa: S311 - the same load each time
    words = vocabulary()
    made = []
    for _ in range(VARIANTS):
        body = [paragraph(pick, words) for _ in range(PARAGRAPHS)]
        body[4] = "What the council decided"
        body[11] = "'We have not stopped': the mayor"
        again = body[1:] if pick.random() < TWICE else []
        made.append("\n".join([*body, *again, *footer(pick, words)]))
    return made


@cache
def texts_of(kind: str) -> Sequence[str]:
    """997 texts of this kind, of those in `KINDS`; the same each time."""
    if kind == WHOLE_PAGE:
        return ["\n".join(page.lines) for page in pages.pages(VARIANTS)]
    return texts()


def add_text_option(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark the option `--text`, whose value is one of `KINDS`."""
    known = "; ".join(f"{kind}: {what}" for kind, what in KINDS.items())
    parser.add_argument("--text", default=ARTICLE, choices=tuple(KINDS), help=f"what is published ({ARTICLE}). {known}")


def value(number: int, text: str) -> bytes:
    """An article as JSON, the value of a record."""
    return orjson.dumps({"id": f"a{number}", "url": f"https://news.example/{number}", "text": f"Head {number}\n{text}"})


def producer(servers: str, linger_ms: int = 5) -> Producer:
    """The producer that publishes the load."""
    return Producer(
        {"bootstrap.servers": servers, "linger.ms": linger_ms, "compression.type": "lz4",
         "queue.buffering.max.messages": 1_000_000, "queue.buffering.max.kbytes": 1 << 20}
    )  # fmt: skip


def backlog(servers: str, topic: str, count: int, *, kind: str = ARTICLE) -> float:
    """Publish so many articles of this kind of text; give their mean size in bytes."""
    kinds, sender, size = texts_of(kind), producer(servers), 0
    for number in range(count):
        article = value(number, kinds[number % VARIANTS])
        size += len(article)
        client.produce(sender, topic, value=article, key=f"a{number}".encode())
        if number % 64 == 0:
            sender.poll(0)
    sender.flush()
    return size / count


class Pace(NamedTuple):
    """How fast articles come, for how long, and what kind of text they are (one of `KINDS`)."""

    per_second: int
    seconds: float
    kind: str = ARTICLE


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
        sender.produce(topic, value(number, kinds[number % VARIANTS]), f"{number}:{due}")
    sender.flush()
