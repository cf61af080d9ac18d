"""The steps of the demo: start a broker, send raw articles, run the real worker as a process, read the results."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import orjson

from stream.config.light import PREFIX
from stream.config.loading import load
from stream.config.settings import Settings
from stream.demo import lines
from stream.errors import KafkaUnavailable, StreamError
from stream.kafka import topics
from stream.kafka.embedded import EmbeddedBroker
from stream.kafka.sending import Sender

DEADLINE_S = 60.0
POISON = b'{"id": "half-an-article", "text": "This article was cut off in the mid'

Worker = subprocess.Popen[bytes]


class Sent(NamedTuple):
    """One record of the demo, as it was published."""

    key: bytes
    value: bytes | None


def records() -> list[Sent]:
    """The articles that come with the project, a record that is not JSON, and a tombstone."""
    sent = [Sent(str(orjson.loads(line)["id"]).encode(), line) for line in lines()]
    return [*sent, Sent(b"half-an-article", POISON), Sent(b"withdrawn-article", None)]


@contextmanager
def running() -> Iterator[tuple[Settings, list[Sent], Worker]]:
    """Runs the embedded broker, with the raw articles on it, and the worker; both end with the block.

    SIGTERM raises `KeyboardInterrupt` in the block, as Ctrl-C does. Otherwise the worker would be left behind,
    waiting for its broker.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with EmbeddedBroker() as broker:
        settings = load({"bootstrap_servers": broker.bootstrap_servers, "http_port": _free_port()}, environ={})
        broker.make_topics(*(topic for _, topic in settings.topics(settings.inputs.names)))
        sender, sent = Sender(settings, settings.input_topic), records()
        for record in sent:
            sender.send(record.key.decode(), record.key, record.value)
        sender.finish()
        worker = _start_worker(settings)
        try:
            yield settings, sent, worker
        finally:
            _stop(worker)


def results(settings: Settings, expected: int, worker: Worker) -> dict[bytes, topics.ReadRecord]:
    """Waits until as many records came out as went in; gives them by key. Raises `StreamError`."""
    deadline = time.monotonic() + DEADLINE_S
    found: dict[bytes, topics.ReadRecord] = {}
    while len(found) < expected:
        if worker.poll() is not None:
            msg = f"The worker ended with exit code {worker.returncode}; its own messages are above."
            raise StreamError(msg)
        if time.monotonic() > deadline:
            msg = f"Only {len(found)} of {expected} records came out within {DEADLINE_S:g} s."
            raise KafkaUnavailable(msg)
        for topic in (settings.output_topic, settings.dead_letter_topic):
            for message in topics.read(settings, topic):
                found[message.key() or b""] = message
    return found


def _start_worker(settings: Settings) -> Worker:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {
        "STREAM_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAM_HTTP_PORT": str(settings.http_port),
        "STREAM_LOG_LEVEL": "warning",
    }
    return subprocess.Popen([sys.executable, "-m", "stream", "worker"], env=environment)


def _stop(worker: Worker) -> None:
    if worker.poll() is None:
        worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(20)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
