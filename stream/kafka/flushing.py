"""Waiting for a producer's delivery reports, even if the producer meets a fatal error meanwhile."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException, Producer

from stream.kafka import client

FLUSH_CALL_S = 0.2
"""The longest that one call to the client waits, in seconds.

Failure: the binding raises a fatal error in the call during which it happens. A wait longer than 0.2 s it divides into
parts, and it goes on to run delivery callbacks while that exception is set: those reports are lost in a `SystemError`.

Trade: more calls, five a second. Worst case: `flush` returns 0.2 s after its timeout.
"""


def flush(producer: Producer, timeout_s: float) -> tuple[int, list[KafkaError]]:
    """Waits up to `timeout_s` seconds for the delivery reports of all records.

    Returns how many records have no report yet, and the errors of the producer itself (each record's error goes to its
    delivery callback).
    """
    deadline = time.monotonic() + timeout_s
    errors: list[KafkaError] = []
    while True:
        try:
            left = producer.flush(FLUSH_CALL_S)
        except KafkaException as raised:
            errors.append(client.error_of(raised))
            left = len(producer)
        if not left or time.monotonic() > deadline:
            return left, errors
