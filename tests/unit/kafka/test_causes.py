"""Every error of Kafka that a user can meet has a sentence of ours, which names the cause and the fix."""

from __future__ import annotations

import string

import pytest
from confluent_kafka import KafkaError, KafkaException

from stream.config.loading import load
from stream.config.settings import Settings
from stream.errors import (
    AuthenticationFailed,
    InstanceFenced,
    InstanceHeld,
    KafkaFatal,
    KafkaUnavailable,
    SessionLost,
    SettingsError,
    StreamError,
)
from stream.kafka import client
from stream.kafka.causes import CAUSES, code_of
from stream.kafka.cluster import Cluster
from stream.kafka.refusals import REFUSALS

SETTINGS = load(
    {
        "bootstrap_servers": "one:1",
        "group_id": "my-group {x}",
        "instance_id": "w-1",
        "session_timeout_ms": 1234,
        "transaction_timeout_ms": 5678,
        "group_protocol": "consumer",
        "compression": "zstd",
        "security_protocol": "sasl_ssl",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_url": "https://idp.example/token",
        "sasl_oauth_client_id": "cleaner",
        "sasl_oauth_client_secret": "made-up-secret",
    },
    environ={},
)
WORDS = "librdkafka's {own} words"

# The error code, the class of our error, and what its sentence or its fix must name.
CASES: list[tuple[int, type[StreamError], list[str]]] = [
    (KafkaError.FENCED_INSTANCE_ID, InstanceFenced, ["'w-1'", "STREAM_INSTANCE_ID"]),
    (KafkaError.UNRELEASED_INSTANCE_ID, InstanceHeld, ["'w-1'", "was killed", "group.consumer.session.timeout.ms"]),
    (KafkaError.GROUP_MAX_SIZE_REACHED, KafkaFatal, ["my-group {x}", "group.max.size", "fewer workers"]),
    (KafkaError.INVALID_GROUP_ID, SettingsError, ["'my-group {x}'", "STREAM_GROUP_ID"]),
    (KafkaError.INVALID_SESSION_TIMEOUT, SettingsError, ["1234 ms", "group.min.session.timeout.ms"]),
    (KafkaError.INCONSISTENT_GROUP_PROTOCOL, SettingsError, ["STREAM_GROUP_PROTOCOL=consumer"]),
    (KafkaError.GROUP_ID_NOT_FOUND, KafkaFatal, ["STREAM_GROUP_PROTOCOL=consumer"]),
    (KafkaError.UNSUPPORTED_ASSIGNOR, SettingsError, ["group.remote.assignor"]),
    (KafkaError.UNKNOWN_MEMBER_ID, SessionLost, ["silent for longer than the session timeout"]),
    (KafkaError.FENCED_MEMBER_EPOCH, SessionLost, ["silent for longer than the session timeout"]),
    (KafkaError._ASSIGNMENT_LOST, SessionLost, ["silent for longer"]),  # noqa: SLF001
    (KafkaError.ILLEGAL_GENERATION, SessionLost, ["changed while"]),
    (KafkaError.REBALANCE_IN_PROGRESS, SessionLost, ["changed while"]),
    (KafkaError.STALE_MEMBER_EPOCH, SessionLost, ["changed while"]),
    (KafkaError._MAX_POLL_EXCEEDED, SessionLost, ["max.poll.interval.ms"]),  # noqa: SLF001
    (KafkaError.OFFSET_METADATA_TOO_LARGE, KafkaFatal, ["offset.metadata.max.bytes"]),
    (KafkaError.INVALID_COMMIT_OFFSET_SIZE, KafkaFatal, ["offset.metadata.max.bytes"]),
    (KafkaError._FENCED, SessionLost, ["took over"]),  # noqa: SLF001
    (KafkaError.PRODUCER_FENCED, SessionLost, ["took over"]),
    (KafkaError.INVALID_PRODUCER_EPOCH, SessionLost, ["took over", "STREAM_TRANSACTION_TIMEOUT_MS"]),
    (KafkaError.INVALID_TXN_STATE, SessionLost, ["STREAM_TRANSACTION_TIMEOUT_MS"]),
    (KafkaError.INVALID_PRODUCER_ID_MAPPING, SessionLost, ["transactional.id.expiration.ms", "nothing is lost"]),
    (KafkaError.UNKNOWN_PRODUCER_ID, KafkaFatal, ["producer.id.expiration.ms"]),
    (KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, KafkaFatal, ["producer.id.expiration.ms"]),
    (KafkaError.INVALID_TRANSACTION_TIMEOUT, SettingsError, ["5678 ms", "transaction.max.timeout.ms"]),
    (KafkaError.CONCURRENT_TRANSACTIONS, KafkaUnavailable, ["not yet ended", "docs/operations.md"]),
    (KafkaError.UNSTABLE_OFFSET_COMMIT, KafkaUnavailable, ["my-group {x}", "docs/operations.md"]),
    (KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaUnavailable, ["offsets.topic.replication.factor"]),
    (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaUnavailable, ["offsets.topic.replication.factor"]),
    (KafkaError.NOT_COORDINATOR, KafkaUnavailable, ["offsets.topic.replication.factor"]),
    (KafkaError._WAIT_COORD, KafkaUnavailable, ["offsets.topic.replication.factor"]),  # noqa: SLF001
    (KafkaError.LEADER_NOT_AVAILABLE, KafkaUnavailable, ["no leader", "brokers run"]),
    (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaUnavailable, ["no leader"]),
    (KafkaError.REPLICA_NOT_AVAILABLE, KafkaUnavailable, ["no leader"]),
    (KafkaError.FENCED_LEADER_EPOCH, KafkaUnavailable, ["no leader"]),
    (KafkaError.UNKNOWN_LEADER_EPOCH, KafkaUnavailable, ["no leader"]),
    (KafkaError.OFFSET_NOT_AVAILABLE, KafkaUnavailable, ["no leader"]),
    (KafkaError.NOT_ENOUGH_REPLICAS, KafkaUnavailable, ["min.insync.replicas", "brokers run"]),
    (KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND, KafkaUnavailable, ["min.insync.replicas"]),
    (KafkaError.KAFKA_STORAGE_ERROR, KafkaUnavailable, ["disk"]),
    (KafkaError.LOG_DIR_NOT_FOUND, KafkaUnavailable, ["disk"]),
    (KafkaError.THROTTLING_QUOTA_EXCEEDED, KafkaUnavailable, ["quota"]),
    (KafkaError._RESOLVE, KafkaUnavailable, [WORDS, "one:1", "advertised.listeners"]),  # noqa: SLF001
    (KafkaError.UNSUPPORTED_VERSION, KafkaFatal, [WORDS, "STREAM_GROUP_PROTOCOL is consumer", "Kafka 4.0"]),
    (KafkaError._UNSUPPORTED_FEATURE, KafkaFatal, [WORDS, "too old"]),  # noqa: SLF001
    (KafkaError._CRIT_SYS_RESOURCE, KafkaFatal, [WORDS, "limits"]),  # noqa: SLF001
    (KafkaError.MSG_SIZE_TOO_LARGE, KafkaFatal, ["max.message.bytes"]),
    (KafkaError.RECORD_LIST_TOO_LARGE, KafkaFatal, ["max.message.bytes"]),
    (KafkaError.INVALID_RECORD, KafkaFatal, [WORDS, "requires keys"]),
    (KafkaError.INVALID_MSG, KafkaFatal, [WORDS, "requires keys"]),
    (KafkaError.INVALID_TIMESTAMP, KafkaFatal, [WORDS, "message.timestamp."]),
    (KafkaError._BAD_MSG, KafkaFatal, ["damaged"]),  # noqa: SLF001
    (KafkaError._BAD_COMPRESSION, KafkaFatal, ["damaged"]),  # noqa: SLF001
    (KafkaError.UNSUPPORTED_COMPRESSION_TYPE, KafkaFatal, ["zstd", "STREAM_COMPRESSION"]),
    (KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT, KafkaFatal, ["message.format.version"]),
    (KafkaError.POLICY_VIOLATION, KafkaFatal, [WORDS, "policy"]),
    (KafkaError.INVALID_REPLICATION_FACTOR, KafkaFatal, [WORDS, "--replication"]),
    (KafkaError.INVALID_PARTITIONS, KafkaFatal, [WORDS, "--partitions"]),
    (KafkaError.INVALID_CONFIG, KafkaFatal, [WORDS, "--retention-hours"]),
    (KafkaError.TOPIC_EXCEPTION, KafkaFatal, [WORDS, "another name"]),
    (KafkaError.UNKNOWN, KafkaFatal, [WORDS, "broker's log"]),
    (KafkaError.INVALID_REQUEST, KafkaFatal, [WORDS, "broker's log"]),
]


def explained(error: KafkaError, settings: Settings = SETTINGS) -> StreamError:
    return client.explain(error, settings, doing="testing")


@pytest.mark.parametrize(("code", "kind", "names"), CASES, ids=[KafkaError(it[0]).name() for it in CASES])
def test_the_sentence_names_the_cause(code: int, kind: type[StreamError], names: list[str]) -> None:
    error = explained(KafkaError(code, WORDS))
    assert type(error) is kind
    for name in names:
        assert name in str(error)
    assert ("words" in str(error)) == (WORDS in names), "librdkafka's own only where they add something"
    assert f"({KafkaError(code).name()})" in str(error), "Kafka's name for it, to look it up"
    assert "Broker:" not in str(error)
    assert "Local:" not in str(error)
    assert "\n" not in str(error)
    assert "made-up-secret" not in str(error)
    if kind is not SessionLost:
        assert error.fix


def test_each_cause_is_tested() -> None:
    assert {it[0] for it in CASES} == set(CAUSES)


FATAL = "Fatal error: {0}: ConsumerGroupHeartbeat fatal error: {0}"


@pytest.mark.parametrize("code", CAUSES, ids=lambda code: KafkaError(code).name())
def test_a_fatal_error_is_explained_by_its_cause(code: int) -> None:
    fatal = KafkaError(KafkaError._FATAL, FATAL.format(KafkaError(code).str()))  # noqa: SLF001
    assert code_of(fatal) == code
    assert type(explained(fatal)) is type(explained(KafkaError(code)))
    assert f"({KafkaError(code).name()})" in str(explained(fatal))


def test_a_fatal_error_of_no_known_cause_is_what_it_is() -> None:
    fatal = KafkaError(KafkaError._FATAL, "Fatal error: something new")  # noqa: SLF001
    assert code_of(fatal) == KafkaError._FATAL  # noqa: SLF001
    assert isinstance(explained(fatal), KafkaFatal)
    assert "something new" in str(explained(fatal))


TOKEN = "Failed to acquire SASL OAUTHBEARER token: "  # noqa: S105 - librdkafka's words
URL = "https://idp.example/token"
REFUSED: list[tuple[str, bool, list[str]]] = [
    (
        TOKEN + '{"error": "invalid_client", "error_description": "No such client."}',
        True,
        [URL, "gives cleaner no token: invalid_client: No such client.", "STREAM_SASL_OAUTH_CLIENT_SECRET"],
    ),
    (TOKEN + '{"error": "invalid_scope"}', True, ["no token: invalid_scope.", "STREAM_SASL_OAUTH_SCOPE"]),
    (TOKEN + "Must supply an unexpired token: now=2ms, exp=1ms", False, [URL, "already expired", "clock"]),
    (TOKEN + "Failed to parse JSON response at 0/5", False, ["is not a token", "STREAM_SASL_OAUTH_TOKEN_URL"]),
    (TOKEN + 'Expected JSON response with "access_token" field', False, ["is not a token"]),
    (TOKEN + "Failed to decode JWT payload: The token is invalid", False, ["is not a token"]),
    (TOKEN + "Server did not provide an error string", False, ["is not a token"]),
    (TOKEN + "Could not resolve host: idp.example", False, ["no answer from", URL, "Could not resolve host"]),
    (TOKEN + "Failed to connect to 127.0.0.1 port 1", False, ["no answer from", "reached from this machine"]),
    (
        'sasl_ssl://one:1/1: SASL authentication error: {"status":"invalid_token"} (after 3ms in state AUTH_REQ)',
        True,
        ["Kafka at one:1 does not accept the token", URL, "issuer", "STREAM_SASL_OAUTH_SCOPE"],
    ),
    (
        "handshake failed: broker's supported mechanisms: PLAIN,SCRAM-SHA-512 (after 3ms in state AUTH_HANDSHAKE)",
        True,
        ["does not accept logins by OAUTHBEARER, only by PLAIN,SCRAM-SHA-512", "STREAM_SASL_MECHANISM"],
    ),
]


@pytest.mark.parametrize(("words", "final", "names"), REFUSED)
def test_a_refused_login_names_who_refuses_and_why(words: str, final: bool, names: list[str]) -> None:  # noqa: FBT001
    error = explained(KafkaError(KafkaError._AUTHENTICATION, words))  # noqa: SLF001
    assert type(error) is (AuthenticationFailed if final else KafkaUnavailable)
    for name in names:
        assert name in str(error)
    assert "{" not in str(error)
    assert "(after" not in str(error)


@pytest.mark.parametrize("answer", ["{", '["error"]', '{"error": {"a": [1]}}', '{"error": null}', "null", '"error"'])
def test_whatever_a_provider_answers_is_a_sentence(answer: str) -> None:
    said = str(explained(KafkaError(KafkaError._AUTHENTICATION, TOKEN + answer)))  # noqa: SLF001
    assert URL in said
    assert "STREAM_SASL_OAUTH_" in said


class Silent:
    """An admin client that has nothing to serve."""

    def poll(self, _: float) -> None:
        """Serve nothing."""


@pytest.mark.parametrize("code", [KafkaError._TRANSPORT, KafkaError._TIMED_OUT])  # noqa: SLF001
def test_a_call_without_an_answer_says_what_was_reported_beside_it(code: int) -> None:
    cluster = Cluster.__new__(Cluster)
    cluster.settings, cluster.admin = SETTINGS, Silent()  # type: ignore[assignment]
    down = KafkaError(KafkaError._ALL_BROKERS_DOWN)  # noqa: SLF001
    named = KafkaError(KafkaError._RESOLVE, "Failed to resolve 'kafka.invalid:9092'")  # noqa: SLF001
    raised = KafkaException(KafkaError(code))
    cluster._reported = [named, down]  # noqa: SLF001
    assert "kafka.invalid" in str(cluster.explain(raised, doing="testing"))
    cluster._reported = [down]  # noqa: SLF001
    assert "No answer from Kafka at one:1 while testing" in str(cluster.explain(raised, doing="testing"))
    cluster._reported = [named]  # noqa: SLF001
    policy = KafkaException(KafkaError(KafkaError.POLICY_VIOLATION))
    assert "policy" in str(cluster.explain(policy, doing="testing")), "a call's own cause counts"


def test_our_sentences_have_no_other_fields() -> None:
    fields = {"settings", "doing", "text", "detail"}
    templates = [*(it.sentence for it in REFUSALS), *(text for it in CAUSES.values() for text in (it.sentence, it.fix))]
    for template in templates:
        used = {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(template) if name}
        assert used <= fields
