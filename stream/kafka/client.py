"""librdkafka's configuration, made from the settings, and its errors in our words.

Every value that differs from librdkafka's default says why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, libversion

from stream.config.settings import Settings
from stream.errors import (
    AuthenticationFailed,
    KafkaFatal,
    KafkaUnavailable,
    NotAuthorized,
    SettingsError,
    StreamError,
    TopicMissing,
)
from stream.kafka.causes import CAUSES, code_of
from stream.kafka.refusals import AUTHENTICATION, refusal_of

# librdkafka's own lines go to a logger of their own, so that they can be told apart and turned down.
rdkafka_log = logging.getLogger("librdkafka")

VERSION = libversion()[0]
"""librdkafka's."""

Config = dict[str, Any]
ANY_PARTITION = -1  # the partitioner chooses
FETCH_ERROR_BACKOFF_MS = 500  # librdkafka's own; a topic made again is noticed within it (`stream.kafka.topic_id`)


def common(settings: Settings, *, on_error: Callable[[KafkaError], None] | None = None) -> Config:
    """What every client of ours shares: addresses, security, logs."""
    config: Config = {
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": f"article-stream-{settings.instance_id}" if settings.instance_id else "article-stream",
        "logger": rdkafka_log,
        "log.connection.close": False,  # idle connections are closed by every broker: no news
        "socket.keepalive.enable": True,
        "reconnect.backoff.max.ms": 1000,  # 10 s would be most of the silence after a broker's restart
        "allow.auto.create.topics": False,
        # rebootstrap, the default, forgets all brokers as soon as no connection is open, and then a producer whose
        # messages waited, or a consumer that asked for offsets, never connected again (2.16). With none it forgets
        # them only when the cluster says that it has none, as a broker does that was frozen. Either way a session
        # without an answer or without progress ends, and the next one has new clients.
        "metadata.recovery.strategy": "none",
    }
    if on_error is not None:
        config["error_cb"] = on_error
    return {**config, **_security(settings), **settings.kafka_properties}


def consumer(settings: Settings, **more: Any) -> Config:
    """The consumer of raw articles: manual offsets, committed records only."""
    config = common(settings) | {
        "group.id": settings.group_id,
        "group.protocol": settings.group_protocol,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,  # tells a partition that is read to its end from one that is stuck
        "auto.offset.reset": "error",  # the source decides, and says so: a gap is never skipped silently
        "fetch.queue.backoff.ms": 10,  # 1,000 cuts a backlog's speed to a third
        "fetch.wait.max.ms": 100,
        "fetch.error.backoff.ms": FETCH_ERROR_BACKOFF_MS,
        "queued.max.messages.kbytes": max(1, settings.fetch_buffer_bytes // 1000),
        "topic.metadata.refresh.interval.ms": 10_000,  # partitions added while running are found in seconds
        "max.poll.interval.ms": 300_000,
    }
    if settings.group_protocol == "classic":
        # With the consumer protocol the broker owns these.
        config["session.timeout.ms"] = settings.session_timeout_ms
        config["heartbeat.interval.ms"] = max(500, settings.session_timeout_ms // 5)
        config["partition.assignment.strategy"] = "cooperative-sticky"
    if settings.instance_id:
        config["group.instance.id"] = settings.instance_id
    return config | settings.consumer_properties | more


def producer(settings: Settings, **more: Any) -> Config:
    """The producer of cleaned articles and dead letters."""
    config = common(settings) | {
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": settings.compression,
        "partitioner": "murmur2_random",  # Kafka's own default: the same key, the same partition as other clients
        # A commit's flush does not wait for it. With 5 a partition's first records left before the last ones of their
        # transaction were there, and librdkafka, which has one request under way for a partition, asked without a
        # pause whether the rest may follow; 0 makes batches of two records.
        "linger.ms": 50,
        "retry.backoff.ms": 1,  # back to back transactions wait this long for the coordinator; 100 is the default
        "message.max.bytes": 1_000_000_000,  # the topic's limit counts, not the client's
        "queue.buffering.max.messages": 1_000_000,  # bounded by the transaction's size already
        "queue.buffering.max.kbytes": 2_097_151,
    }
    return config | settings.producer_properties | more


def transactional(settings: Settings, transactional_id: str, **more: Any) -> Config:
    """`producer`, with transactions."""
    return producer(
        settings,
        **{"transactional.id": transactional_id, "transaction.timeout.ms": settings.transaction_timeout_ms, **more},
    )


def produce(  # noqa: PLR0913, PLR0917 - a record's parts, by place, for that is called for each article
    client: Producer,
    topic: str,
    value: bytes | None,
    key: bytes | None = None,
    headers: list[tuple[str, bytes | None]] | None = None,
    timestamp_ms: int = 0,
    on_delivery: Callable[..., None] | None = None,
) -> None:
    """Hands a record to the client's queue; waits where that is full. Raises `KafkaException`."""
    while True:
        try:
            client.produce(topic, value, key, ANY_PARTITION, on_delivery, None, timestamp_ms, headers)  # type: ignore[arg-type]  # the stubs take lists for invariant
        except BufferError:
            client.poll(0.05)
        else:
            return


def batch_size(largest_bytes: int, times: float = 1.0) -> Config:
    """Batches that the topic takes for sure, or so many times as large ones.

    `batch.size` counts bytes before the compression and the topic's `max.message.bytes` after it; above that a batch
    is refused as a whole.
    """
    return {"batch.size": max(1, int(times * min(1_000_000, largest_bytes)))}


def _security(settings: Settings) -> Config:
    config: Config = {"security.protocol": settings.security_protocol}
    secret = settings.sasl_password
    oauth = settings.sasl_oauth_client_secret
    optional = {
        "ssl.ca.location": settings.ssl_ca,
        "ssl.certificate.location": settings.ssl_certificate,
        "ssl.key.location": settings.ssl_key,
        "ssl.key.password": settings.ssl_key_password and settings.ssl_key_password.get_secret_value(),
        "ssl.endpoint.identification.algorithm": None if settings.ssl_verify_hostname else "none",
        "sasl.mechanism": settings.sasl_mechanism,
        "sasl.username": settings.sasl_username,
        "sasl.password": secret and secret.get_secret_value(),
        "sasl.oauthbearer.method": "oidc" if settings.sasl_oauth_token_url else None,
        "sasl.oauthbearer.token.endpoint.url": settings.sasl_oauth_token_url,
        "sasl.oauthbearer.client.id": settings.sasl_oauth_client_id,
        "sasl.oauthbearer.client.secret": oauth and oauth.get_secret_value(),
        "sasl.oauthbearer.scope": settings.sasl_oauth_scope,
    }
    return config | {name: str(value) for name, value in optional.items() if value is not None}


# What is forbidden, and the right that is missing.
_AUTHORIZATION = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: (
        "the use of a topic",
        "READ on the topic {it.input_topic}, WRITE on the topics {it.written_topics}",
    ),
    KafkaError.GROUP_AUTHORIZATION_FAILED: (
        "the use of the consumer group {it.group_id}",
        "READ on the group {it.group_id}",
    ),
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: (
        "transactional ids that begin with {it.group_id}",
        "WRITE and DESCRIBE on the transactional ids that begin with {it.group_id}",
    ),
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: ("the use of the cluster", "IDEMPOTENT_WRITE on the cluster"),
}
# The group has a new generation that we are part of, and have not looked at yet: worth another try.
STALE = {KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS, KafkaError.STALE_MEMBER_EPOCH}
MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
# The group's broker is being found, or has just changed: it answers in a moment, on a fresh cluster as well.
COORDINATOR_MOVES = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError._WAIT_COORD,  # noqa: SLF001
}
_UNREACHABLE = COORDINATOR_MOVES | {
    KafkaError._TRANSPORT,  # noqa: SLF001
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError._RESOLVE,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001
    KafkaError._MSG_TIMED_OUT,  # noqa: SLF001
    KafkaError._DESTROY_BROKER,  # noqa: SLF001 - the cluster has taken it off its list while it was asked
}
# A broker that starts, stops or moves its partitions says one of these for a while.
_PASSING = {
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.REBOOTSTRAP_REQUIRED,
    KafkaError._WAIT_CACHE,  # noqa: SLF001
}


def error_of(raised: KafkaException) -> KafkaError:
    """The `KafkaError` inside an exception of confluent-kafka."""
    error = raised.args[0]
    return error if isinstance(error, KafkaError) else KafkaError(KafkaError._FAIL, str(error))  # noqa: SLF001


def validate(settings: Settings) -> None:
    """Lets librdkafka look at the whole configuration. Raises `SettingsError` for what it does not accept."""
    for make, config in ((Consumer, consumer(settings)), (Producer, producer(settings))):
        try:
            made = make(config)
        except (KafkaException, TypeError, ValueError) as raised:  # the client reads some properties itself
            text = error_of(raised).str() if isinstance(raised, KafkaException) else str(raised)
            msg = f"librdkafka does not accept the configuration: {text.rstrip('.')}."
            raise SettingsError(msg, fix="Check the STREAM_…_PROPERTIES and STREAM_SSL_… settings.") from None
        if isinstance(made, Consumer):
            made.close()


def explain(error: KafkaError, settings: Settings, *, doing: str) -> StreamError:
    """One of our errors for one of librdkafka's: a sentence, and what to do about it.

    `doing` completes "while …".
    """
    code, text = error.code(), error.str()
    servers = settings.bootstrap_servers
    refusal = refusal_of(error)
    if refusal is not None:
        kind = AuthenticationFailed if refusal.final else KafkaUnavailable
        return kind(refusal.told(text, settings), fix=refusal.fix)
    if code in AUTHENTICATION:
        fix = "Check STREAM_SECURITY_PROTOCOL and the STREAM_SASL_… and STREAM_SSL_… settings."
        return AuthenticationFailed(f"Kafka at {servers} refuses the connection while {doing}: {text}.", fix=fix)
    if code in _AUTHORIZATION:
        what, right = _AUTHORIZATION[code]
        what, right = what.format(it=settings), right.format(it=settings)
        return NotAuthorized(f"Kafka forbids {what} while {doing}.", fix=f"Grant {right}.")
    if cause := CAUSES.get(code_of(error)):
        return cause.told(code_of(error), text, settings, doing)
    if code in MISSING:
        return TopicMissing(
            f"A topic is missing while {doing}: {text}.", fix="`article-stream topics create` makes it."
        )
    if code in _UNREACHABLE or (error.retriable() and not error.fatal()) or code in _PASSING:
        fix = "Is it running, and is STREAM_BOOTSTRAP_SERVERS right?"
        return KafkaUnavailable(f"No answer from Kafka at {servers} while {doing}: {text}.", fix=fix)
    return KafkaFatal(f"Kafka reports an error while {doing}: {text} ({error.name()}).")


@contextmanager
def explained(settings: Settings, *, doing: str) -> Iterator[None]:
    """Raises one of our errors where the block raises one of the client's; `doing` completes "while …"."""
    try:
        yield
    except KafkaException as raised:
        raise explain(error_of(raised), settings, doing=doing) from None
