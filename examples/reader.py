"""Read cleaned articles as a downstream service would: each exactly once, and say what was removed from it.

    python examples/reader.py localhost:9092 articles.clean          until Ctrl-C
    python examples/reader.py localhost:9092 articles.clean 10       ten articles, then the end

Prints one line an article: its key, how many repeated paragraphs, footer lines and junk lines were removed, and how
it begins.
"""

from __future__ import annotations

import json
import sys

from confluent_kafka import Consumer, KafkaException, Message

COUNTS = ("article-stream.repeats", "article-stream.footer", "article-stream.junk")


def main(servers: str, topic: str, count: int | None = None) -> None:
    """Read `count` articles, or without end; raise `KafkaException` for an error that the client cannot repair."""
    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "example-reader",
            "isolation.level": "read_committed",  # without it, articles of aborted transactions are read as well
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    read = 0
    try:
        while count is None or read < count:
            message = consumer.poll(1.0)
            if message is None:
                continue
            error = message.error()
            if error is not None:
                if error.fatal() or not error.retriable():
                    raise KafkaException(error)
                continue
            sys.stdout.write(f"{described(message)}\n")
            sys.stdout.flush()
            # Committed after the work is done: after a crash this article is read again rather than lost.
            consumer.commit(message=message, asynchronous=False)
            read += 1
    finally:
        consumer.close()


def described(message: Message) -> str:
    """Give one line about an article."""
    key, value = message.key(), message.value()
    name = key.decode() if isinstance(key, bytes) else str(key)
    if not isinstance(value, bytes):
        return f"{name}: deleted"  # a tombstone
    headers = dict(message.headers() or ())
    repeats, footer, junk = (int(headers.get(header) or b"0") for header in COUNTS)
    text = json.loads(value)["text"]
    first = text[0] if isinstance(text, list) else text.partition("\n")[0]
    return f"{name}: {repeats} repeats, {footer} footer lines, {junk} junk lines removed: {first[:40]}…"


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4}:
        sys.exit("usage: reader.py SERVERS TOPIC [COUNT]")
    try:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else None)
    except KeyboardInterrupt:
        pass
    except KafkaException as wrong:
        sys.exit(f"The articles could not be read: {wrong}")
