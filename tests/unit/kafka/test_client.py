"""The configuration of librdkafka, made from the settings; and its errors turned into ours."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from stream.config.loading import load
from stream.config.settings import Settings
from stream.errors import (
    AuthenticationFailed,
    InstanceFenced,
    KafkaFatal,
    KafkaUnavailable,
    NotAuthorized,
    SessionLost,
    SettingsError,
    StreamError,
    TopicMissing,
)
from stream.kafka import client

SECRET = "made-up-secret"  # noqa: S105 - made up
TOKEN_URL = "https://idp.example/token"  # noqa: S105 - an address


def settings(**values: object) -> Settings:
    return load({"bootstrap_servers": "one:1,two:2", **values}, environ={})


def all_configs(it: Settings) -> list[client.Config]:
    return [client.common(it), client.consumer(it), client.producer(it), client.transactional(it, "x")]


def test_the_addresses_are_passed_on() -> None:
    assert {config["bootstrap.servers"] for config in all_configs(settings())} == {"one:1,two:2"}


def test_without_security_settings_it_is_plaintext_and_no_login() -> None:
    for config in all_configs(settings()):
        assert config["security.protocol"] == "plaintext"
        assert not [name for name in config if name.startswith(("sasl.", "ssl."))]


def test_tls_with_a_client_certificate() -> None:
    it = settings(
        security_protocol="ssl", ssl_ca="ca.pem", ssl_certificate="cert.pem", ssl_key="key.pem",
        ssl_key_password=SECRET, ssl_verify_hostname=False,
    )  # fmt: skip
    for config in all_configs(it):
        assert config["security.protocol"] == "ssl"
        assert {name: value for name, value in config.items() if name.startswith("ssl.")} == {
            "ssl.ca.location": "ca.pem",
            "ssl.certificate.location": "cert.pem",
            "ssl.key.location": "key.pem",
            "ssl.key.password": SECRET,
            "ssl.endpoint.identification.algorithm": "none",
        }


def test_host_names_are_verified_unless_told_otherwise() -> None:
    assert "ssl.endpoint.identification.algorithm" not in client.common(settings(security_protocol="ssl"))


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_login_with_a_password(mechanism: str) -> None:
    it = settings(
        security_protocol="sasl_ssl", sasl_mechanism=mechanism, sasl_username="ann", sasl_password=SECRET
    )  # fmt: skip
    for config in all_configs(it):
        assert {name: value for name, value in config.items() if name.startswith("sasl.")} == {
            "sasl.mechanism": mechanism,
            "sasl.username": "ann",
            "sasl.password": SECRET,
        }


def test_a_login_with_a_token() -> None:
    it = settings(
        security_protocol="sasl_ssl", sasl_mechanism="OAUTHBEARER", sasl_oauth_token_url=TOKEN_URL,
        sasl_oauth_client_id="ann", sasl_oauth_client_secret=SECRET, sasl_oauth_scope="kafka",
    )  # fmt: skip
    for config in all_configs(it):
        assert {name: value for name, value in config.items() if name.startswith("sasl.")} == {
            "sasl.mechanism": "OAUTHBEARER",
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.token.endpoint.url": TOKEN_URL,
            "sasl.oauthbearer.client.id": "ann",
            "sasl.oauthbearer.client.secret": SECRET,
            "sasl.oauthbearer.scope": "kafka",
        }


def test_only_committed_records_are_read_and_offsets_are_ours_to_commit() -> None:
    config = client.consumer(settings())
    assert config["isolation.level"] == "read_committed"
    assert config["enable.auto.commit"] is False
    assert config["enable.auto.offset.store"] is False


def test_what_is_published_is_acknowledged_by_all_and_idempotent() -> None:
    config = client.transactional(settings(transaction_timeout_ms=12_345), "an-id")
    assert (config["acks"], config["enable.idempotence"]) == ("all", True)
    assert (config["transactional.id"], config["transaction.timeout.ms"]) == ("an-id", 12_345)


def test_no_request_goes_out_before_the_one_before_it_is_answered() -> None:
    for config in (client.producer(settings()), client.transactional(settings(), "x")):
        assert config["max.in.flight"] == 1


GUARANTEES = {
    "isolation.level": "read_uncommitted",
    "enable.auto.commit": "true",
    "enable.auto.offset.store": "true",
    "enable.idempotence": "false",
    "acks": "0",
    "request.required.acks": "0",
    "transactional.id": "mine",
    "enable.gapless.guarantee": "false",
    "max.in.flight": "5",
    "max.in.flight.requests.per.connection": "5",
}


@pytest.mark.parametrize("name", ["kafka_properties", "consumer_properties", "producer_properties"])
@pytest.mark.parametrize("key", GUARANTEES)
def test_a_guarantee_can_not_be_overridden(name: str, key: str) -> None:
    with pytest.raises(SettingsError, match=key):
        settings(**{name: {key: GUARANTEES[key]}})


def test_other_properties_reach_the_clients_they_are_for() -> None:
    it = settings(
        kafka_properties={"socket.nagle.disable": "true"},
        consumer_properties={"fetch.min.bytes": "7", "fetch.wait.max.ms": "9"},
        producer_properties={"linger.ms": "11"},
    )
    assert {config["socket.nagle.disable"] for config in all_configs(it)} == {"true"}
    consumer, producer = client.consumer(it), client.producer(it)
    assert (consumer["fetch.min.bytes"], consumer["fetch.wait.max.ms"], producer["linger.ms"]) == ("7", "9", "11")
    assert "linger.ms" not in consumer
    assert "fetch.min.bytes" not in producer


def test_a_stable_name_is_a_static_member() -> None:
    assert "group.instance.id" not in client.consumer(settings())
    assert client.consumer(settings(instance_id="w-1"))["group.instance.id"] == "w-1"


def test_with_the_consumer_protocol_the_broker_owns_the_timeouts() -> None:
    classic = client.consumer(settings(session_timeout_ms=5000))
    assert (classic["session.timeout.ms"], classic["partition.assignment.strategy"]) == (5000, "cooperative-sticky")
    config = client.consumer(settings(group_protocol="consumer"))
    assert not {"session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"} & config.keys()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"instance_id": "w-1"},
        {"group_protocol": "consumer"},
        {"compression": "zstd", "fetch_buffer_bytes": 1_000_000, "session_timeout_ms": 1000},
        {"compression": "none", "session_timeout_ms": 60_000},
        {"security_protocol": "sasl_plaintext", "sasl_mechanism": "PLAIN", "sasl_username": "a", "sasl_password": "b"},
    ],
)
def test_librdkafka_takes_what_it_is_told(values: dict[str, Any]) -> None:
    it = settings(bootstrap_servers="127.0.0.1:1", **values)
    Consumer(client.consumer(it)).close()
    Producer(client.transactional(it, "x", **client.batch_size(1_048_588)))


@pytest.mark.parametrize("wrong", [{"delivery.report.only.error": "true"}, {"linger.ms": "soon"}, {"no.such": "1"}])
def test_what_it_does_not_take_is_said(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"does not accept the configuration: .*[^.]\.") as raised:
        client.validate(settings(producer_properties=wrong))
    assert "STREAM_…_PROPERTIES" in str(raised.value)


@pytest.mark.parametrize(("largest", "size"), [(20_000, 20_000), (10_000_000, 1_000_000), (0, 1)])
def test_a_batch_is_no_larger_than_the_topic_takes(largest: int, size: int) -> None:
    assert client.batch_size(largest) == {"batch.size": size}
    assert client.batch_size(largest, 2) == {"batch.size": max(1, 2 * min(largest, size))}


@pytest.mark.parametrize(
    ("code", "kind", "retriable"),
    [
        (KafkaError._TRANSPORT, KafkaUnavailable, True),  # noqa: SLF001
        (KafkaError._ALL_BROKERS_DOWN, KafkaUnavailable, True),  # noqa: SLF001
        (KafkaError.NOT_COORDINATOR, KafkaUnavailable, True),
        (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaUnavailable, True),
        (KafkaError._AUTHENTICATION, AuthenticationFailed, False),  # noqa: SLF001
        (KafkaError.SASL_AUTHENTICATION_FAILED, AuthenticationFailed, False),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, NotAuthorized, False),
        (KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, NotAuthorized, False),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, TopicMissing, False),
        (KafkaError.FENCED_INSTANCE_ID, InstanceFenced, False),
        (KafkaError._FENCED, SessionLost, True),  # noqa: SLF001
        (KafkaError.PRODUCER_FENCED, SessionLost, True),
        (KafkaError.ILLEGAL_GENERATION, SessionLost, True),
        (KafkaError.NOT_ENOUGH_REPLICAS, KafkaUnavailable, True),
        (KafkaError._DESTROY_BROKER, KafkaUnavailable, True),  # noqa: SLF001
        (KafkaError._MSG_TIMED_OUT, KafkaUnavailable, True),  # noqa: SLF001
        (KafkaError.OFFSET_NOT_AVAILABLE, KafkaUnavailable, True),
        (KafkaError.POLICY_VIOLATION, KafkaFatal, False),
    ],
)
def test_an_error_of_kafka_is_one_of_ours_with_what_to_do(code: int, kind: type[StreamError], retriable: bool) -> None:  # noqa: FBT001
    error = client.explain(KafkaError(code), settings(), doing="testing")
    assert type(error) is kind
    assert error.retriable is retriable
    assert "\n" not in str(error)
    if kind not in (KafkaFatal, SessionLost):
        assert error.fix


def test_an_exception_without_a_kafka_error_is_understood_too() -> None:
    assert "odd" in client.error_of(KafkaException("odd")).str()
