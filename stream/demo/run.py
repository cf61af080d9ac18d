"""The steps of the demo: start a broker, send raw articles, run the real worker as a process, read the results.

Three articles of one site go through, and are learned from; only then the fourth is sent.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.request import urlopen

import orjson

from stream.config.light import HTTP_HOST, HTTP_PORT, PREFIX
from stream.config.loading import load
from stream.config.settings import Settings
from stream.core.sites import Profile
from stream.demo import island, lines
from stream.errors import KafkaUnavailable, StreamError
from stream.kafka import topics
from stream.kafka.embedded import EmbeddedBroker
from stream.kafka.interrupts import interrupt
from stream.kafka.sending import Sender
from stream.learner.messages import read_published

DEADLINE_S = 120.0  # for each of the two things that are waited for; so much only on an overloaded machine
ANSWER_S = 5.0
POISON = b'{"id": "half-an-article", "text": "This article was cut off in the mid'

Worker = subprocess.Popen[bytes]


class Sent(NamedTuple):
    """One record of the demo, as it was published."""

    key: bytes
    value: bytes | None


def records() -> list[Sent]:
    """The articles that come with the project, a record that is not JSON, a tombstone, and three articles of a site."""
    sent = [_article(line) for line in lines()]
    return [*sent, Sent(b"half-an-article", POISON), Sent(b"withdrawn-article", None), *map(_article, island()[:-1])]


def island_site() -> str:
    """The site of these."""
    return str(orjson.loads(island()[0])["source"])


def fourth() -> Sent:
    """The fourth article of that site."""
    return _article(island()[-1])


def _article(line: bytes) -> Sent:
    return Sent(str(orjson.loads(line)["id"]).encode(), line)


@contextmanager
def running(*, shown: bool = False) -> Iterator[tuple[Settings, list[Sent], Worker]]:
    """Runs the embedded broker, with the raw articles on it, and the worker; both end with the block.

    `shown`: its page is to be looked at, so it is at the usual port where that is free; it shows the articles, which
    are all made up, and may do everything.

    SIGTERM raises `KeyboardInterrupt` in the block, as Ctrl-C does. Otherwise the worker would be left behind,
    waiting for its broker.
    """
    signal.signal(signal.SIGTERM, interrupt)
    with EmbeddedBroker() as broker:
        given: dict[str, object] = {"bootstrap_servers": broker.bootstrap_servers, "sites": "apply"}
        given |= {"http_port": _free_port(HTTP_PORT if shown else 0)}
        given |= {"http_show_articles": shown, "http_allow_actions": shown}
        settings = load(given, environ={})
        broker.make_topics(*(topic for _, topic in settings.topics(settings.inputs.names)))
        sent = records()
        send(settings, sent)
        worker = _start_worker(settings)
        try:
            yield settings, sent, worker
        finally:
            _stop(worker)


def send(settings: Settings, records: Sequence[Sent]) -> None:
    """Publishes records to the input topic."""
    sender = Sender(settings, settings.input_topic)
    for record in records:
        sender.send(record.key.decode(), record.key, record.value)
    sender.finish()


def learned(settings: Settings, worker: Worker) -> Profile:
    """Waits until the worker knows what three articles of the site have in common. Raises `StreamError`."""
    site, number = island_site(), len(island()) - 1
    deadline = time.monotonic() + DEADLINE_S
    while True:
        require_running(worker)
        told = [*topics.read(settings, settings.sites_topic)]
        found = [read_published(site, record.value()) for record in told if record.key() == site.encode()]
        if found and found[-1].total == number and _site_records_read(settings) >= len(told):
            return found[-1].profile
        if time.monotonic() > deadline:
            msg = f"Nothing was learned of {site} within {DEADLINE_S:g} s."
            raise KafkaUnavailable(msg)


def _site_records_read(settings: Settings) -> int:
    """How many records of the topic of sites the worker has read, as its metrics tell."""
    page = f"http://127.0.0.1:{settings.http_port}/metrics"
    with suppress(OSError), urlopen(page, timeout=ANSWER_S) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("article_stream_site_records_read_total "):
                return int(float(line.split()[1]))
    return 0


def require_running(worker: Worker) -> None:
    """Raises `StreamError` if the worker has ended."""
    if worker.poll() is not None:
        msg = f"The worker ended with exit code {worker.returncode}; its own messages are above."
        raise StreamError(msg)


def results(
    settings: Settings, expected: int, worker: Worker, tell: Callable[[int], None]
) -> dict[bytes, topics.ReadRecord]:
    """Waits until as many records came out as went in; gives them by key. Raises `StreamError`.

    `tell` is told how many have come out so far.
    """
    deadline = time.monotonic() + DEADLINE_S
    found: dict[bytes, topics.ReadRecord] = {}
    while len(found) < expected:
        require_running(worker)
        if time.monotonic() > deadline:
            msg = f"Only {len(found)} of {expected} records came out within {DEADLINE_S:g} s."
            raise KafkaUnavailable(msg)
        for topic in (settings.output_topic, settings.dead_letter_topic):
            for message in topics.read(settings, topic):
                found[message.key() or b""] = message
        tell(len(found))
    return found


def _start_worker(settings: Settings) -> Worker:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {
        "STREAM_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAM_HTTP_PORT": str(settings.http_port),
        "STREAM_LOG_LEVEL": "warning",
        "STREAM_SITES": settings.sites,
        "STREAM_HTTP_SHOW_ARTICLES": str(settings.http_show_articles).lower(),
        "STREAM_HTTP_ALLOW_ACTIONS": str(settings.http_allow_actions).lower(),
    }
    return subprocess.Popen([sys.executable, "-m", "stream", "worker", "--learn"], env=environment)


def _stop(worker: Worker) -> None:
    if worker.poll() is None:
        worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(20)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _free_port(wanted: int = 0) -> int:
    """A port on which nothing listens: the wanted one if it is free."""
    with suppress(OSError), socket.create_server((HTTP_HOST, wanted)) as server:
        return int(server.getsockname()[1])
    return _free_port()
