"""Publish the articles of a JSON lines file to the input topic, each with its `id` as key.

    python examples/producer.py localhost:9092 articles.raw examples/news.jsonl

Ends with exit code 1 if Kafka did not acknowledge every article.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Message, Producer

WAIT_S = 30.0


def main(servers: str, topic: str, file: str) -> int:
    """Publish every line of `file`; return the process's exit code."""
    producer = Producer(
        {
            "bootstrap.servers": servers,
            "enable.idempotence": True,  # a retry inside the client publishes nothing twice
            "message.timeout.ms": int(WAIT_S * 1000),
        }
    )
    failed: list[str] = []

    def acknowledged(error: KafkaError | None, message: Message) -> None:
        """Called for each article once Kafka has accepted or refused it."""
        if error is not None:
            failed.append(f"{message.key()!r}: {error.str()}")

    sent = 0
    for number, line in enumerate(Path(file).read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            # The same key always goes to the same partition, so updates of one article stay in order.
            key = str(json.loads(line)["id"])
        except (ValueError, TypeError, KeyError):
            sys.stderr.write(f"{file}:{number} is no JSON object with an id. Nothing after it was published.\n")
            producer.flush(WAIT_S)
            return 1
        while True:
            try:
                producer.produce(topic, line, key, on_delivery=acknowledged)
                break
            except BufferError:  # the client's queue is full: let it send some first
                producer.poll(1)
        producer.poll(0)
        sent += 1
    waiting = producer.flush(WAIT_S)
    for problem in failed:
        sys.stderr.write(f"{problem}\n")
    if failed or waiting:
        sys.stderr.write(f"{len(failed) + waiting} of {sent} articles were not published.\n")
        return 1
    sys.stdout.write(f"{sent} articles published to {topic}.\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: producer.py SERVERS TOPIC FILE.jsonl")
    try:
        sys.exit(main(*sys.argv[1:]))
    except (OSError, KafkaException) as wrong:
        sys.exit(f"The articles could not be published: {wrong}")
