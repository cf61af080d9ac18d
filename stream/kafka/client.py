"""librdkafka's configuration, made from the settings, and its errors turned into ours.

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

# librdkafka's log lines go to a logger of their own, so that users can filter them.
rdkafka_log = logging.getLogger("librdkafka")

VERSION = libversion()[0]
"""The version of librdkafka, such as `2.14.2`."""

Config = dict[str, Any]
ANY_PARTITION = -1  # what `produce` takes to let the partitioner choose
QUEUE_FULL_S = 0.05  # how long to serve delivery reports before a record is offered to a full queue again

FETCH_ERROR_BACKOFF_MS = 500
"""How long a consumer waits after a refused fetch, in milliseconds; librdkafka's default.

It is set all the same, because `stream.kafka.topic_id` relies on it: a topic that was created again is noticed in time
if its id is asked for more often than this.
"""


def common(settings: Settings, *, on_error: Callable[[KafkaError], None] | None = None) -> Config:
    """What the configurations of all our clients have in common: addresses, security, logging."""
    config: Config = {
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": f"article-stream-{settings.instance_id}" if settings.instance_id else "article-stream",
        "logger": rdkafka_log,
        "log.connection.close": False,  # every broker closes idle connections, so that is not worth a log line
        "socket.keepalive.enable": True,
        "reconnect.backoff.max.ms": 1000,  # the default, 10 s, would delay the recovery from a broker's restart most
        "allow.auto.create.topics": False,
        # With the default, rebootstrap, a client forgets all brokers as soon as no connection is open. A producer with
        # messages in its queue, or a consumer that was asking for offsets, then never connected again (2.16). With none
        # a client forgets them only if the cluster reports that it has no brokers, as one does that was frozen. In
        # either case a session without an answer or without progress ends, and the next one has new clients.
        "metadata.recovery.strategy": "none",
    }
    if on_error is not None:
        config["error_cb"] = on_error
    return {**config, **_security(settings), **settings.kafka_properties}


def consumer(settings: Settings, **more: Any) -> Config:
    """The configuration of a consumer of raw articles: offsets are committed by us, uncommitted records are not read.

    `more`: properties that come last, over the user's own.
    """
    config = common(settings) | {
        "group.id": settings.group_id,
        "group.protocol": settings.group_protocol,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,  # so that a partition that is read to its end is not taken for one that is stuck
        "auto.offset.reset": "error",  # the source decides and logs it, so that a gap is never skipped silently
        "fetch.queue.backoff.ms": 10,  # the default, 1,000, cuts the throughput of a backlog to a third
        "fetch.wait.max.ms": 100,
        "fetch.error.backoff.ms": FETCH_ERROR_BACKOFF_MS,
        "queued.max.messages.kbytes": max(1, settings.fetch_buffer_bytes // 1000),
        "topic.metadata.refresh.interval.ms": 10_000,  # partitions and topics that come later are found in seconds
        "max.poll.interval.ms": 300_000,
    }
    if settings.group_protocol == "classic":
        # With the consumer protocol these are settings of the broker.
        config["session.timeout.ms"] = settings.session_timeout_ms
        config["heartbeat.interval.ms"] = max(500, settings.session_timeout_ms // 5)
        config["partition.assignment.strategy"] = "cooperative-sticky"
    if settings.instance_id:
        config["group.instance.id"] = settings.instance_id
    return config | settings.consumer_properties | more


def outsider(settings: Settings, **more: Any) -> Config:
    """The configuration of a consumer that is assigned its partitions, or only asks for offsets, and joins no group.

    It has the name of the group, which we have the right to use.
    """
    config = consumer(settings, **{"group.protocol": "classic", **more})
    for name in ("group.instance.id", "group.remote.assignor"):
        config.pop(name, None)
    return config


def producer(settings: Settings, **more: Any) -> Config:
    """The configuration of a producer of cleaned articles and dead letters.

    `more`: properties that come last, over the user's own.
    """
    config = common(settings) | {
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": settings.compression,
        "partitioner": "murmur2_random",  # as Java clients do: the same key goes to the same partition
        # How long a partition's first record waits for more. It delays nothing, for a commit flushes without waiting.
        # With 5 the first records left before the last ones of their transaction were queued; librdkafka, which has one
        # request in flight per partition, then polled without a pause until the rest could follow. With 0 a batch has
        # two records (docs/decisions/0011).
        "linger.ms": 50,
        # One request at a time to a broker. A broker that has only just learned of a partition may refuse the first of
        # several and take the second, for it has nothing to compare the number of that one with. The client then counts
        # the first as acknowledged, too, and it is lost, in a committed transaction as well (docs/decisions/0026).
        "max.in.flight": 1,
        # How long a transaction waits if the coordinator is still busy with the previous one. The default is 100.
        "retry.backoff.ms": 1,
        "message.max.bytes": 1_000_000_000,  # the client's own limit is out of the way: the topic's counts
        # Neither is reached: the size of a transaction is bounded.
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 2_097_151,
    }
    return config | settings.producer_properties | more


def transactional(settings: Settings, transactional_id: str, **more: Any) -> Config:
    """The configuration of a producer with transactions."""
    return producer(
        settings,
        **{"transactional.id": transactional_id, "transaction.timeout.ms": settings.transaction_timeout_ms, **more},
    )


def produce(  # noqa: PLR0913, PLR0917 - positional, because this is called for each article
    client: Producer,
    topic: str,
    value: bytes | None,
    key: bytes | None = None,
    headers: list[tuple[str, bytes | None]] | None = None,
    timestamp_ms: int = 0,
    on_delivery: Callable[..., None] | None = None,
    partition: int = ANY_PARTITION,
) -> None:
    """Queues a record in the client; waits while the queue is full.

    `partition`: which one; the partitioner chooses it if none is given. `timestamp_ms`: 0 for the time of sending.
    Raises `KafkaException`.
    """
    while True:
        try:
            client.produce(topic, value, key, partition, on_delivery, None, timestamp_ms, headers)  # type: ignore[arg-type]  # the stubs take lists for invariant
        except BufferError:
            client.poll(QUEUE_FULL_S)
        else:
            return


def batch_size(largest_bytes: int, compression_ratio: float = 1.0) -> Config:
    """The size of batches that the topic takes for certain if they are compressed by at least `compression_ratio`.

    `batch.size` counts bytes before compression, and the topic's `max.message.bytes` (`largest_bytes`) counts them
    after it. A batch that is larger is refused as a whole. 1,000,000 is librdkafka's default, which larger topics keep.
    """
    return {"batch.size": max(1, int(compression_ratio * min(1_000_000, largest_bytes)))}


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


# By error code: what is forbidden, and the right that is missing.
_AUTHORIZATION = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: (
        "the use of a topic",
        "READ on the topic {settings.inputs}, WRITE on the topics {settings.written_topics}",
    ),
    KafkaError.GROUP_AUTHORIZATION_FAILED: (
        "the use of the consumer group {settings.group_id}",
        "READ on the group {settings.group_id}",
    ),
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: (
        "transactional ids that begin with {settings.group_id}",
        "WRITE and DESCRIBE on the transactional ids that begin with {settings.group_id}",
    ),
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: ("the use of the cluster", "IDEMPOTENT_WRITE on the cluster"),
}
# The group has a new generation, of which we are a member but have not asked the consumer yet: worth another try.
STALE = {KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS, KafkaError.STALE_MEMBER_EPOCH}
MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
# The group's coordinator is being found or has just changed, as on a cluster that starts. It will answer in a moment.
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
    KafkaError._DESTROY_BROKER,  # noqa: SLF001 - the broker has left the cluster while it was asked
}
# What brokers answer for a while when they start, stop or move partitions.
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
    """Lets librdkafka check the whole configuration. Raises `SettingsError` if it does not accept it."""
    for make, config in ((Consumer, consumer(settings)), (Producer, producer(settings))):
        try:
            made = make(config)
        except (KafkaException, TypeError, ValueError) as raised:  # the Python binding reads some properties itself
            text = error_of(raised).str() if isinstance(raised, KafkaException) else str(raised)
            msg = f"librdkafka does not accept the configuration: {text.rstrip('.')}."
            raise SettingsError(msg, fix="Check the STREAM_…_PROPERTIES and STREAM_SSL_… settings.") from None
        if isinstance(made, Consumer):
            made.close()


def explain(error: KafkaError, settings: Settings, *, doing: str) -> StreamError:
    """Turns an error of librdkafka into one of ours: a sentence, and what to do about it.

    `doing` completes "while …".
    """
    code, text = error.code(), error.str()
    servers = settings.bootstrap_servers
    refusal = refusal_of(error)
    if refusal is not None:
        kind = AuthenticationFailed if refusal.final else KafkaUnavailable
        return kind(refusal.sentence_for(text, settings), fix=refusal.fix)
    if code in AUTHENTICATION:
        fix = "Check STREAM_SECURITY_PROTOCOL and the STREAM_SASL_… and STREAM_SSL_… settings."
        return AuthenticationFailed(f"Kafka at {servers} refuses the connection while {doing}: {text}.", fix=fix)
    if code in _AUTHORIZATION:
        what, right = _AUTHORIZATION[code]
        what, right = what.format(settings=settings), right.format(settings=settings)
        return NotAuthorized(f"Kafka forbids {what} while {doing}.", fix=f"Grant {right}.")
    if cause := CAUSES.get(code_of(error)):
        return cause.error(code_of(error), text, settings, doing)
    if code in MISSING:
        return TopicMissing(
            f"A topic is missing while {doing}: {text}.", fix="`article-stream topics create` creates it."
        )
    if code in _UNREACHABLE or (error.retriable() and not error.fatal()) or code in _PASSING:
        fix = "Is it running, and is STREAM_BOOTSTRAP_SERVERS right?"
        return KafkaUnavailable(f"No answer from Kafka at {servers} while {doing}: {text}.", fix=fix)
    return KafkaFatal(f"Kafka reports an error while {doing}: {text} ({error.name()}).")


@contextmanager
def explained(settings: Settings, *, doing: str) -> Iterator[None]:
    """Turns a `KafkaException` raised in the block into one of our errors; `doing` completes "while …"."""
    try:
        yield
    except KafkaException as raised:
        raise explain(error_of(raised), settings, doing=doing) from None
