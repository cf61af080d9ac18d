"""Which broker does not know the consumer protocol, by what the client logs of the requests that brokers know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream.config.loading import load
from stream.errors import KafkaUnavailable, SettingsError
from stream.kafka.api_versions import broker_without_it, require_consumer_protocol

BEGINS = "APIVERSION [article-stream#producer-2] [thrd:{name}]: {name}: Broker API support:"
KNOWS = "APIVERSION [article-stream#producer-2] [thrd:{name}]: {name}:   ApiKey {request} Versions {first}..{last}"
FEATURE = "APIVERSION [article-stream#producer-2] [thrd:{name}]: {name}:  Feature BrokerBalancedConsumer: ConsumerGroupHeartbeat (0..32767) supported by broker"  # noqa: E501


def logged(name: str, last: int | None) -> list[str]:
    """What the client logs of a broker that knows this version of the request; None: not the request at all."""
    lines = [
        f"FEATURE [article-stream#producer-2] [thrd:{name}]: {name}: Updated enabled protocol features +ApiVersion",
        BEGINS.format(name=name),
        KNOWS.format(name=name, request="Heartbeat (12)", first=0, last=4),
    ]
    if last is not None:
        lines.append(KNOWS.format(name=name, request="ConsumerGroupHeartbeat (68)", first=0, last=last))
    return [*lines, FEATURE.format(name=name)]


@pytest.mark.parametrize(
    ("brokers", "found"),
    [
        ({"kafka:9092/bootstrap": 1, "kafka:9092/1": 1}, ""),
        ({"kafka:9092/bootstrap": 2}, ""),
        ({"kafka:9092/bootstrap": 0, "kafka:9092/1": 0}, "kafka:9092"),  # Kafka 3.9
        ({"kafka:9092/bootstrap": None}, "kafka:9092"),  # Kafka 2.8
        ({"sasl_ssl://new:9093/bootstrap": 1, "sasl_ssl://old:9093/2": None}, "old:9093"),
        ({"ssl://[::1]:9093/bootstrap": None}, "[::1]:9093"),
        ({}, ""),
    ],
)
def test_the_broker_that_does_not_know_it_is_found(brokers: dict[str, int | None], found: str) -> None:
    lines = [line for name, last in brokers.items() for line in logged(name, last)]
    assert broker_without_it(lines) == found


def test_where_the_log_cannot_be_read_no_broker_is_refused() -> None:
    assert not broker_without_it(["APIVERSION kafka:9092/1 supports: Heartbeat 0-4", "CONNECTED kafka:9092/1"])


class Admin:
    """A client that logs these lines when it is asked for topics, as librdkafka does."""

    lines: Sequence[str] = ()
    made = 0

    def __init__(self, config: dict[str, Any]) -> None:
        """Keep the logger."""
        type(self).made += 1
        assert config["debug"] == "feature"
        self.logger = config["logger"]

    def list_topics(self, timeout: float) -> None:
        """Answer, if there is somebody who does."""
        assert timeout > 0
        if not self.lines:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))  # noqa: SLF001

    def poll(self, _timeout: float) -> None:
        """Log."""
        for line in self.lines:
            kind, _, rest = line.partition(" ")
            self.logger.log(7, "%s %s", kind, rest)


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch) -> type[Admin]:
    class Own(Admin):
        pass

    monkeypatch.setattr("stream.kafka.api_versions.AdminClient", Own)
    return Own


def test_an_old_broker_is_told_in_one_sentence_with_the_fix(admin: type[Admin]) -> None:
    admin.lines = logged("kafka:9092/bootstrap", 0)
    with pytest.raises(SettingsError) as raised:
        require_consumer_protocol(load({"group_protocol": "consumer"}, environ={}))
    assert str(raised.value) == (
        "STREAM_GROUP_PROTOCOL=consumer needs Kafka 4.0 or later, but the broker kafka:9092 is older. "
        "Use STREAM_GROUP_PROTOCOL=classic."
    )


def test_a_new_broker_will_do_and_the_classic_protocol_needs_none(admin: type[Admin]) -> None:
    admin.lines = logged("kafka:9092/bootstrap", 1)
    require_consumer_protocol(load({"group_protocol": "consumer"}, environ={}))
    assert admin.made == 1
    require_consumer_protocol(load(environ={}))
    assert admin.made == 1


@pytest.mark.usefixtures("admin")
def test_no_answer_is_an_error_of_ours() -> None:
    with pytest.raises(KafkaUnavailable):
        require_consumer_protocol(load({"group_protocol": "consumer"}, environ={}))
