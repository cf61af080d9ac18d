"""Is everything there that the worker needs? One question a function, each answered in a sentence."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AclOperation,
    AdminClient,
    ConfigResource,
    ResourceType,
)

from stream.config.settings import Settings
from stream.errors import KafkaUnavailable, NotAuthorized, StreamError, TopicMissing
from stream.kafka import client, topic_settings
from stream.kafka.refusals import closed, refuses, tells

log = logging.getLogger(__name__)
waiting_log = logging.getLogger("stream.waiting")  # a command shows these lines, whatever else it keeps quiet about

ANSWER_S = 10.0
COORDINATOR_LOOK_S = 0.2
SAY_AFTER_S = 1.0  # a wait that is longer is said
LOOK_S = 0.5  # how soon it is noticed that the connection was refused
DEFAULT_LARGEST_BYTES = 1_048_588  # Kafka's own default of max.message.bytes
EMBEDDED = "mockCluster"  # how librdkafka's embedded broker names its cluster; it answers no admin questions


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: `error` is None where all is well, `detail` says what was found.

    `warning`: all is there, and something will be lost.
    """

    name: str
    detail: str
    error: StreamError | None = None
    warning: bool = False


class Cluster:
    """A connection for asking, that remembers what librdkafka reports on its own."""

    def __init__(self, settings: Settings) -> None:
        client.validate(settings)
        self.settings = settings
        self._reported: list[KafkaError] = []
        self.admin = AdminClient(client.common(settings, on_error=self._reported.append))
        self.metadata: Any = None

    def connect(self) -> None:
        """Waits for an answer, `startup_timeout_s` at most. Raises the error that tells most."""
        it, began, said = self.settings, time.monotonic(), False
        deadline = began + it.startup_timeout_s
        while True:
            try:
                self.metadata = self.admin.list_topics(timeout=min(LOOK_S, self.settings.startup_timeout_s))
            except KafkaException as raised:
                self.admin.poll(0)
                # Refused credentials stay refused; an address that does not answer yet may.
                worst = next((error for error in self._reported if refuses(error)), None)
                telling = next((error for error in self._reported if tells(error)), None)
                if worst is not None or time.monotonic() > deadline:
                    if telling is None and self._reported and all(map(closed, self._reported)):
                        raise self._closes() from None
                    if not self._reported and self.settings.sasl_oauth_token_url:
                        raise self._no_token() from None
                    error = worst or telling or client.error_of(raised)
                    raise client.explain(error, self.settings, doing="connecting") from None
                if not said and time.monotonic() >= began + SAY_AFTER_S:
                    said = True
                    waiting_log.info(
                        "Waiting for Kafka at %s (up to %g s).", it.bootstrap_servers, it.startup_timeout_s
                    )
            else:
                return

    def explain(self, raised: KafkaException, *, doing: str) -> StreamError:
        """Our error for one of a call: by what librdkafka has reported beside it, where that tells more."""
        self.admin.poll(0)
        error = client.error_of(raised)
        if error.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT):  # noqa: SLF001 - no answer, and no cause
            error = next((it for it in reversed(self._reported) if tells(it)), error)
        return client.explain(error, self.settings, doing=doing)

    def _closes(self) -> KafkaUnavailable:
        """No connection failed to be made, as far as librdkafka tells: each was, and was closed."""
        it = self.settings
        fix = f"Is STREAM_SECURITY_PROTOCOL={it.security_protocol} right? It may expect TLS, or a login, on this port."
        return KafkaUnavailable(f"Kafka at {it.bootstrap_servers} closes the connection without an answer.", fix=fix)

    def _no_token(self) -> KafkaUnavailable:
        """Before it has a token librdkafka does not connect, and asks again and again, where a server error answers."""
        it = self.settings
        msg = f"The identity provider at {it.sasl_oauth_token_url} gives no token within {it.startup_timeout_s:g} s."
        return KafkaUnavailable(msg, fix="Check STREAM_SASL_OAUTH_TOKEN_URL, and the provider's log.")

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded broker."""
        return str(self.metadata.cluster_id).startswith(EMBEDDED)

    def topic(self, name: str, operation: AclOperation | None = None) -> Any:
        """A topic's metadata. Raises `TopicMissing`, or `NotAuthorized` that names the operation wanted."""
        found = self.admin.list_topics(topic=name, timeout=ANSWER_S).topics.get(name)
        if found is None or (found.error is not None and found.error.code() in client.MISSING):
            fix = "`article-stream topics create` makes it."
            msg = f"The topic {name} does not exist."
            raise TopicMissing(msg, fix=fix)
        if found.error is not None:
            if operation is not None and found.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise forbidden(operation, f"the topic {name}")
            raise client.explain(found.error, self.settings, doing=f"looking at the topic {name}")
        return found

    def settings_of(self, name: str) -> dict[str, str]:
        """A topic's settings; none where there is no right to ask for them, or the embedded broker does not tell."""
        if self.embedded:
            return {}
        asked = self.admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)], request_timeout=ANSWER_S)
        try:
            (future,) = asked.values()
            return {each: entry.value for each, entry in future.result(ANSWER_S + 5).items() if entry.value is not None}
        except KafkaException:
            return {}

    def largest_bytes(self, name: str) -> int:
        """A topic's `max.message.bytes`, or Kafka's default where it is not told.

        Large records are tried alone then, and refused one by one.
        """
        return int(self.settings_of(name).get("max.message.bytes", DEFAULT_LARGEST_BYTES))

    def may(self, name: str, operation: AclOperation) -> None:
        """Raises `NotAuthorized` where the broker says that we may not do this to the topic."""
        asked = self.admin.describe_topics(
            TopicCollection([name]), include_authorized_operations=True, request_timeout=ANSWER_S
        )
        allowed = asked[name].result(ANSWER_S + 5).authorized_operations
        if allowed is not None and operation not in allowed:
            raise forbidden(operation, f"the topic {name}")

    def may_read_group(self, group: str) -> None:
        """Raises `NotAuthorized` where the broker says that we may not be a member of the group."""
        asked = self.admin.describe_consumer_groups(
            [group], include_authorized_operations=True, request_timeout=ANSWER_S
        )
        try:
            allowed = asked[group].result(ANSWER_S + 5).authorized_operations
        except KafkaException as raised:
            if client.error_of(raised).code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                raise forbidden(AclOperation.READ, f"the group {group}") from None
            return  # a group that was never used; or no coordinator yet, for which the next question waits
        if allowed is not None and AclOperation.READ not in allowed:
            raise forbidden(AclOperation.READ, f"the group {group}")


def forbidden(operation: AclOperation, resource: str) -> NotAuthorized:
    """The error for a right that is missing."""
    return NotAuthorized(f"Kafka forbids {operation.name} on {resource}.", fix="Grant it.")


def run(settings: Settings) -> Iterator[Check]:
    """All questions, in the order in which one needs the other; ends where going on makes no sense."""
    cluster = Cluster(settings)
    ask = partial(_ask, cluster)
    connected = ask("broker", lambda: _broker(cluster))
    yield connected
    if connected.error is not None:
        return
    for role, name in settings.topics.items():
        yield ask(f"{role} topic", partial(_topic, cluster, role, name))
        if role != "input":
            for sentence in topic_settings.warnings(role, name, cluster.settings_of(name)):
                yield Check(f"{role} topic", sentence, warning=True)
    yield ask("consumer group", lambda: _group(cluster))
    if settings.delivery == "exactly_once":
        yield ask("transactions", lambda: _transactions(settings))


def require(settings: Settings) -> int:
    """Asks all, raises the first error; gives the most bytes of a record that the topics take for sure."""
    for check in run(settings):
        if check.error is not None:
            raise check.error
        if check.warning:
            log.warning("%s", check.detail)
    return largest_record_bytes(settings)


def largest_record_bytes(settings: Settings) -> int:
    """The most bytes of a record that every topic we write to takes for sure, uncompressed."""
    cluster = Cluster(settings)
    cluster.connect()
    return min(cluster.largest_bytes(name) for role, name in settings.topics.items() if role != "input")


def _ask(cluster: Cluster, name: str, question: Callable[[], str]) -> Check:
    try:
        return Check(name, question())
    except StreamError as error:
        return Check(name, str(error), error)
    except KafkaException as raised:
        explained = cluster.explain(raised, doing=f"looking at the {name}")
        return Check(name, str(explained), explained)


def _broker(cluster: Cluster) -> str:
    cluster.connect()
    brokers = len(cluster.metadata.brokers)
    what = "the embedded broker, for trying out" if cluster.embedded else f"{brokers} broker{'s' * (brokers != 1)}"
    return f"{cluster.settings.bootstrap_servers} answers ({what})"


def _topic(cluster: Cluster, role: str, name: str) -> str:
    operation = AclOperation.READ if role == "input" else AclOperation.WRITE
    found = cluster.topic(name, operation)
    if not cluster.embedded:
        cluster.may(name, operation)
    partitions = len(found.partitions)
    said = [f"{name} has {partitions} partition{'s' * (partitions != 1)}", f"{operation.name} is allowed"]
    if role != "input":
        of_input = cluster.settings_of(cluster.settings.input_topic)
        said += topic_settings.notes(role, cluster.settings_of(name), of_input)
    return "; ".join(said)


def _group(cluster: Cluster) -> str:
    settings = cluster.settings
    if not cluster.embedded:
        cluster.may_read_group(settings.group_id)
    # Reading the group's offsets takes the right that consuming takes, and joins nothing.
    # Uncommitted, so as not to wait for a transaction that a killed worker left open: the next one aborts it.
    config = client.consumer(settings) | {"isolation.level": "read_uncommitted"}
    for name in ("group.instance.id", "enable.partition.eof"):
        config.pop(name, None)
    consumer = Consumer(config)
    try:
        partition = _committed(consumer, settings)
    except KafkaException as raised:
        raise client.explain(client.error_of(raised), settings, doing="reading the group's offsets") from None
    finally:
        consumer.close()
    if partition.error is not None and partition.error.code() not in client.MISSING:
        raise client.explain(partition.error, settings, doing="reading the group's offsets")
    return f"{settings.group_id} may be used{_given_up_after(cluster)}"


def _given_up_after(cluster: Cluster) -> str:
    """How long the partitions of a worker that was killed wait, where the broker decides that; empty elsewhere.

    With the consumer protocol (KIP-848) the broker owns the session timeout, and 45 s is its default.
    """
    settings = cluster.settings
    if settings.group_protocol != "consumer" or cluster.embedded:
        return ""
    name = "consumer.session.timeout.ms"
    asked = cluster.admin.describe_configs(
        [ConfigResource(ResourceType.GROUP, settings.group_id)], request_timeout=ANSWER_S
    )
    try:
        (future,) = asked.values()
        timeout_s = int(future.result(ANSWER_S + 5)[name].value) / 1000
    except (KafkaException, KeyError):
        return f"; after how long a killed worker's partitions move, its {name}, is not ours to see"
    return f"; a killed worker's partitions move after {timeout_s:g} s, its {name}"


def _committed(consumer: Consumer, settings: Settings) -> TopicPartition:
    """The committed offset of the first partition, once the group has a coordinator."""
    deadline = time.monotonic() + settings.startup_timeout_s
    while True:
        try:
            return consumer.committed([TopicPartition(settings.input_topic, 0)], timeout=ANSWER_S)[0]
        except KafkaException as raised:
            if client.error_of(raised).code() not in client.COORDINATOR_MOVES or time.monotonic() > deadline:
                raise
            time.sleep(COORDINATOR_LOOK_S)


def _transactions(settings: Settings) -> str:
    transactional_id = f"{settings.group_id}.check"
    try:
        Producer(client.transactional(settings, transactional_id)).init_transactions(ANSWER_S)
    except KafkaException as raised:
        explained = client.explain(client.error_of(raised), settings, doing="opening a transaction")
        explained.fix = explained.fix or "Where the cluster forbids transactions, set STREAM_DELIVERY=at_least_once."
        raise explained from None
    return f"transactional ids that begin with {settings.group_id} may be used"
