"""The tests' own Kafka server: an acknowledged record can be read, even after the broker was killed."""

from __future__ import annotations

import socket
import uuid

import pytest
from confluent_kafka import Consumer, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from harness.kafka.server import KafkaServer, KafkaServerError, Listener, RealKafka
from harness.processes import PATIENCE_S, until
from tests.ledger import create


def create_topic(servers: str) -> str:
    """Create a topic with a fresh name; return the name."""
    topic = f"smoke-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": servers})
    create(admin, servers, [NewTopic(topic, num_partitions=1)])
    return topic


def produce(servers: str, topic: str, value: bytes) -> None:
    """Write one record and wait for its acknowledgement."""
    producer = Producer({"bootstrap.servers": servers})
    producer.produce(topic, value)
    assert producer.flush(PATIENCE_S) == 0


def consume(servers: str, topic: str, **more: str) -> bytes | None:
    """Read a topic's first record as a new group."""
    group = {"group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
    consumer = Consumer({"bootstrap.servers": servers, **group, **more})
    try:
        consumer.subscribe([topic])

        def record() -> Message | None:
            """An error before it, such as that there is no coordinator yet, passes by itself."""
            message = consumer.poll(1)
            return message if message is not None and message.error() is None else None

        return until(record, "the record").value()
    finally:
        consumer.close()


def test_a_record_comes_back(kafka: KafkaServer) -> None:
    topic = create_topic(kafka.bootstrap_servers)
    produce(kafka.bootstrap_servers, topic, b"one")
    assert consume(kafka.bootstrap_servers, topic) == b"one"


def test_data_outlives_a_kill_and_ports_stay(own_kafka: RealKafka) -> None:
    own_kafka.start()
    servers, first_pid = own_kafka.bootstrap_servers, own_kafka.pid
    topic = create_topic(servers)
    produce(servers, topic, b"kept")
    own_kafka.kill()
    with pytest.raises(KafkaServerError, match="does not run"):
        _ = own_kafka.pid
    own_kafka.start()
    assert own_kafka.pid != first_pid
    assert consume(servers, topic) == b"kept"


@pytest.mark.usefixtures("runs_kafka")
def test_a_listener_with_passwords() -> None:
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    sasl = {"sasl.enabled.mechanisms": "PLAIN", "plain.sasl.jaas.config": f'{module} required user_ann="secret";'}
    with RealKafka(listeners=[Listener("GUARDED", "SASL_PLAINTEXT", sasl)]) as kafka:
        topic = create_topic(kafka.bootstrap_servers)
        produce(kafka.bootstrap_servers, topic, b"guarded")
        login = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "ann"}
        assert consume(kafka.address("GUARDED"), topic, **login, **{"sasl.password": "secret"}) == b"guarded"


@pytest.mark.usefixtures("runs_kafka")
def test_a_broker_that_cannot_start_shows_its_log() -> None:
    with pytest.raises(KafkaServerError, match=r"segment\.bytes"), RealKafka(properties={"log.segment.bytes": "none"}):
        pass


@pytest.mark.usefixtures("runs_kafka")
def test_a_port_that_was_taken_meanwhile_makes_it_choose_others() -> None:
    kafka = RealKafka()
    host, port = kafka.bootstrap_servers.split(":")
    with socket.socket() as somebody:
        somebody.bind((host, int(port)))
        somebody.listen()
        with kafka:
            assert kafka.bootstrap_servers != f"{host}:{port}"
            topic = create_topic(kafka.bootstrap_servers)
            produce(kafka.bootstrap_servers, topic, b"elsewhere")
            assert consume(kafka.bootstrap_servers, topic) == b"elsewhere"
