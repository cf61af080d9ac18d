"""Kafka's jars, resolved by Maven into a cache."""

from __future__ import annotations

import os
import re
from pathlib import Path

from harness import maven
from harness.kafka.errors import KafkaServerError

POM = Path(__file__).with_name("pom.xml")
VERSION_VARIABLE = "STREAM_TEST_KAFKA_VERSION"


def kafka_version() -> str:
    """Return the version that ``STREAM_TEST_KAFKA_VERSION`` asks for, or else the one that ``pom.xml`` pins."""
    if asked := os.environ.get(VERSION_VARIABLE):
        return asked
    found = re.search(r"<kafka\.version>([\d.]+)</kafka\.version>", POM.read_text(encoding="utf-8"))
    if found is None:
        msg = f"{POM} names no kafka.version"
        raise KafkaServerError(msg)
    return found.group(1)


def version_numbers() -> tuple[int, int]:
    """Return the major and minor number of that version."""
    major, minor, *_ = kafka_version().split(".")
    return int(major), int(minor)


def missing() -> str | None:
    """Say why a Kafka cannot be run with Java here; None if it can."""
    return maven.missing(_name())


def jars() -> Path:
    """Return the folder of the jars, after resolving them if this machine has none yet.

    Raises:
        KafkaServerError: Maven could not resolve them.
    """

    def fill(folder: Path) -> None:
        maven.copy_dependencies(POM, folder, "kafka_*.jar", f"-Dkafka.version={kafka_version()}")

    return maven.cached(_name(), fill)


def _name() -> str:
    return f"kafka-{kafka_version()}"
