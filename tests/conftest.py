"""Fixtures that every kind of test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from harness.kafka.jars import kafka_version, version_numbers
from harness.kafka.server import GivenKafka, KafkaServer, RealKafka, real_kafka
from harness.registry.door import Door
from harness.registry.java import serializers
from harness.registry.server import GivenRegistry, RealRegistry, SchemaRegistry
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker
from tests.trials import load_profile

CONSUMER_PROTOCOL = (4, 0)
# Unless STREAM_TEST_EXAMPLES says `fast`, as `make test-fast` does, or `full`: after a change of what is compiled.
load_profile(os.environ.get("STREAM_TEST_EXAMPLES", "normal"))
REQUIRED = os.environ.get("STREAM_TEST_REQUIRE_KAFKA") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests; skip what needs a newer, or older, Kafka than ``STREAM_TEST_KAFKA_VERSION``."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)  # the last ones to end keep the others waiting
    if version_numbers() >= CONSUMER_PROTOCOL:
        skip = pytest.mark.skip(reason=f"Kafka {kafka_version()} is not too old for anything; 3.9 and earlier are")
        for item in items:
            if item.get_closest_marker("old_broker"):
                item.add_marker(skip)
        return
    skip = pytest.mark.skip(reason=f"Kafka {kafka_version()} has no consumer protocol (KIP-848), which came with 4.0")
    for item in items:
        if item.get_closest_marker("consumer_protocol") or _asks_for_consumer_protocol(item):
            item.add_marker(skip)


def _asks_for_consumer_protocol(item: pytest.Item) -> bool:
    """Whether one of a test's parameters is that protocol."""
    call = getattr(item, "callspec", None)
    values = call.params.values() if call is not None else ()
    return any(it == "consumer" or (isinstance(it, dict) and it.get("group_protocol") == "consumer") for it in values)


def without_kafka(reason: str) -> None:
    """Skip the test, or fail it where ``STREAM_TEST_REQUIRE_KAFKA=1`` says that a Kafka has to be there."""
    if REQUIRED:
        pytest.fail(f"STREAM_TEST_REQUIRE_KAFKA=1, but {reason}", pytrace=False)
    pytest.skip(reason)


SHARED_KAFKA = pytest.StashKey[KafkaServer]()
SHARED_REGISTRY = pytest.StashKey[RealRegistry]()
NEED_SHARED_KAFKA = ("tests", "tests/contract")  # what may be asked for that has many tests on the shared one


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start one Kafka, and one schema registry, for all processes of a run with several, where many tests ask for them.

    Each of them would start one of its own otherwise, which takes as much processor time as all its tests.
    """
    config = session.config
    several = not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", None)
    if several and any(argument.rstrip("/") in NEED_SHARED_KAFKA for argument in config.args):
        found = real_kafka()
        if not isinstance(found, str):
            config.stash[SHARED_KAFKA] = found
        if RealRegistry.why_not() is None:
            config.stash[SHARED_REGISTRY] = RealRegistry().__enter__()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of the run where they are (a hook of pytest-xdist)."""
    if (shared := node.config.stash.get(SHARED_KAFKA, None)) is not None:
        node.workerinput["kafka"] = shared.bootstrap_servers
    if (registry := node.config.stash.get(SHARED_REGISTRY, None)) is not None:
        node.workerinput["registry"] = registry.url


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End them."""
    if (registry := session.config.stash.get(SHARED_REGISTRY, None)) is not None:
        registry.close()
    if (shared := session.config.stash.get(SHARED_KAFKA, None)) is not None:
        shared.close()


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[KafkaServer]:
    """A real Kafka for the whole session, started by the first test that asks; give topics and groups fresh names."""
    if shared := getattr(request.config, "workerinput", {}).get("kafka"):
        yield GivenKafka(shared)
        return
    found = real_kafka()
    if isinstance(found, str):
        without_kafka(found)
        return
    yield found
    found.close()


@pytest.fixture(scope="session")
def runs_kafka() -> None:
    """Ask that this machine can run ``RealKafka``: for tests that start one of their own."""
    if reason := RealKafka.why_not():
        without_kafka(reason)


@pytest.fixture
def own_kafka(runs_kafka: None) -> Iterator[RealKafka]:  # noqa: ARG001 - asked for its effect
    """A one-broker Kafka for one test, which may kill and pause it; not started yet."""
    cluster = RealKafka()
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def registry(request: pytest.FixtureRequest) -> Iterator[SchemaRegistry]:
    """A real schema registry for the whole session; give subjects fresh names."""
    if shared := getattr(request.config, "workerinput", {}).get("registry"):
        yield GivenRegistry(shared)
        return
    if reason := RealRegistry.why_not():
        without_kafka(f"no schema registry: {reason}")
        return
    with RealRegistry() as server:
        yield server


@pytest.fixture(scope="session")
def runs_java_serializers() -> None:
    """Ask that this machine can run serializers for Java."""
    if reason := serializers.why_not():
        without_kafka(f"no serializers for Java: {reason}")


@pytest.fixture
def door(registry: SchemaRegistry) -> Iterator[Door]:
    """A door in front of that registry for one test, which may shut it."""
    with Door(registry.url) as made:
        yield made


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedBroker]:
    """The embedded broker for the whole session; give topics and groups fresh names."""
    with EmbeddedBroker() as server:
        yield server


@pytest.fixture(scope="session", params=["embedded", "real"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn: what a test with it says holds on both."""
    server = request.getfixturevalue("embedded" if request.param == "embedded" else "kafka")
    return Broker(request.param, server.bootstrap_servers)


@pytest.fixture(scope="session")
def real(kafka: KafkaServer) -> Broker:
    """A real Kafka, for what the embedded broker does not do."""
    return Broker("real", kafka.bootstrap_servers)
