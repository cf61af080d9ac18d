"""Waiting for a producer's reports, also where the producer has come to its end."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException, Producer

from stream.kafka import client

LOOK_S = 0.2
"""How long one call to the client waits at most.

A fatal error is raised within the call that hears of it. Where the client divides a longer wait into parts (from 0.2 s
on) it goes on to call for reports with that exception set, and they are lost in a SystemError.
"""


def flush(producer: Producer, timeout_s: float) -> tuple[int, list[KafkaError]]:
    """Waits until every record was reported; how many were not in time, and the errors of the producer itself."""
    deadline = time.monotonic() + timeout_s
    errors: list[KafkaError] = []
    while True:
        try:
            left = producer.flush(LOOK_S)
        except KafkaException as raised:
            errors.append(client.error_of(raised))
            left = len(producer)
        if not left or time.monotonic() > deadline:
            return left, errors
