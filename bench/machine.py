"""What is measured on: a Kafka of its own, and the machine in one sentence."""

from __future__ import annotations

import os
import platform
import sys

import confluent_kafka

from harness.kafka.server import KAFKAS_HEAP, RealKafka
from stream import __version__


def kafka_to_measure() -> RealKafka:
    """A broker that is not started yet. Ends the command with one sentence where there can be none."""
    if reason := RealKafka.why_not():
        sys.exit(f"No Kafka to measure on: {reason}.")
    return RealKafka(jvm_options=KAFKAS_HEAP)


def machine() -> str:
    """The versions and the processors."""
    return (
        f"article-stream {__version__}, Python {platform.python_version()}, librdkafka "
        f"{confluent_kafka.libversion()[0]}, {platform.system()} {platform.machine()}, "
        f"{len(os.sched_getaffinity(0))} cores"
    )
