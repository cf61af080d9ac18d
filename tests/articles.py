"""Numbered articles as a broker takes and gives them, for counting what came out."""

from __future__ import annotations

from collections import Counter

import orjson
from confluent_kafka import Message

from tests.brokers import Sent
from tests.ledger import article, expected


def articles(first: int, count: int) -> list[Sent]:
    """Give so many numbered articles as records."""
    return [Sent(b"a%d" % number, article(number)) for number in range(first, first + count)]


def numbers(messages: list[Message]) -> Counter[int]:
    """Count the articles' numbers, each with the value that has to come out."""
    for message in messages:
        number = orjson.loads(message.value() or b"")["number"]
        assert message.value() == expected(article(number))
    return Counter(orjson.loads(message.value() or b"")["number"] for message in messages)


def once(count: int) -> Counter[int]:
    """Give the count of so many articles that each came once."""
    return Counter(range(count))
