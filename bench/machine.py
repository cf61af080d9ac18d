"""What the measurements run on: a Kafka of their own, and the machine, described in one sentence."""

from __future__ import annotations

import os
import platform
import sys

import confluent_kafka

from harness.kafka.server import KAFKAS_HEAP, RealKafka
from stream import __version__


def kafka_to_measure() -> RealKafka:
    """A broker that is not started yet. If none can run here, the command ends with a sentence that says why."""
    if reason := RealKafka.why_not():
        sys.exit(f"No Kafka to measure on: {reason}.")
    return RealKafka(jvm_options=KAFKAS_HEAP)


def machine() -> str:
    """The versions of everything, and the number of processors, as one sentence."""
    return (
        f"article-stream {__version__}, Python {platform.python_version()}, librdkafka "
        f"{confluent_kafka.libversion()[0]}, {platform.system()} {platform.machine()}, "
        f"{len(os.sched_getaffinity(0))} cores"
    )
