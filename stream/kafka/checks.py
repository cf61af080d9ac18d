"""Checks that the worker can start: brokers, topics, rights, group, transactions. Each check is answered in a sentence.

`run` makes all checks, for `article-stream check`; `require` raises the first error, for the worker's start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AclOperation, AdminClient, ConfigResource, ResourceType

from stream.config.settings import Settings
from stream.errors import KafkaUnavailable, NotAuthorized, StreamError, TopicMissing
from stream.kafka import client, topic_settings
from stream.kafka.refusals import closed, refuses, tells
from stream.observe.wording import noun

log = logging.getLogger(__name__)
waiting_log = logging.getLogger("stream.waiting")  # a command shows these lines, whatever else it keeps quiet about

ANSWER_S = 10.0  # how long a broker may take for one answer; a user who waits longer thinks that the command hangs
GRACE_S = 5.0  # what we wait beyond that, so that the client's own timeout comes first: its error names the cause
COORDINATOR_RETRY_S = 0.2  # the pause before the group is asked again while its coordinator is elected
CONNECT_CALL_S = 0.5  # how long one attempt waits for an answer; after each it is seen whether Kafka refuses us
SAY_AFTER_S = 1.0  # a user who waits for longer is told what the command waits for
DEFAULT_LARGEST_BYTES = 1_048_588  # Kafka's own default of max.message.bytes
EMBEDDED = "mockCluster"  # how the cluster id of librdkafka's embedded broker begins; it answers no admin requests


@dataclass(frozen=True, slots=True)
class Check:
    """One answer. `name`: what was checked. `detail`: what was found. `error`: None if all is well.

    `warning`: whether the worker can start but something will be lost, as `detail` says.
    """

    name: str
    detail: str
    error: StreamError | None = None
    warning: bool = False


class Cluster:
    """An admin client, which also remembers the errors that librdkafka reports outside of any call.

    Constructing it raises `SettingsError` if librdkafka does not accept the settings. `metadata`: what the cluster has
    answered to `connect`.
    """

    def __init__(self, settings: Settings) -> None:
        client.validate(settings)
        self.settings = settings
        self._reported: list[KafkaError] = []
        self.admin = AdminClient(client.common(settings, on_error=self._reported.append))
        self.metadata: Any = None

    def connect(self) -> None:
        """Waits for an answer, for up to `startup_timeout_s`. Raises the most telling of the errors met."""
        it, began, said = self.settings, time.monotonic(), False
        deadline = began + it.startup_timeout_s
        while True:
            try:
                self.metadata = self.admin.list_topics(timeout=min(CONNECT_CALL_S, self.settings.startup_timeout_s))
            except KafkaException as raised:
                self.admin.poll(0)
                # Refused credentials stay refused, so there is no point in waiting; an address may still answer later.
                final = next((error for error in self._reported if refuses(error)), None)
                telling = next((error for error in self._reported if tells(error)), None)
                if final is not None or time.monotonic() > deadline:
                    if telling is None and self._reported and all(map(closed, self._reported)):
                        raise self._closes() from None
                    if not self._reported and self.settings.sasl_oauth_token_url:
                        raise self._no_token() from None
                    error = final or telling or client.error_of(raised)
                    raise client.explain(error, self.settings, doing="connecting") from None
                if not said and time.monotonic() >= began + SAY_AFTER_S:
                    said = True
                    waiting_log.info(
                        "Waiting for Kafka at %s (up to %g s).", it.bootstrap_servers, it.startup_timeout_s
                    )
            else:
                return

    def explain(self, raised: KafkaException, *, doing: str) -> StreamError:
        """Our error for one that a call has raised. `doing` completes "while …".

        If the call only got no answer, the last error that librdkafka has reported outside of it may say why.
        """
        self.admin.poll(0)
        error = client.error_of(raised)
        if error.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT):  # noqa: SLF001
            error = next((reported for reported in reversed(self._reported) if tells(reported)), error)
        return client.explain(error, self.settings, doing=doing)

    def _closes(self) -> KafkaUnavailable:
        """The error for the case that every connection was made and then closed, as a port that expects TLS does."""
        protocol, servers = self.settings.security_protocol, self.settings.bootstrap_servers
        fix = f"Is STREAM_SECURITY_PROTOCOL={protocol} right? Kafka may expect TLS, or a login, on this port."
        return KafkaUnavailable(f"Kafka at {servers} closes the connection without an answer.", fix=fix)

    def _no_token(self) -> KafkaUnavailable:
        """The error for the case that librdkafka has not even connected, because it has no OAuth token.

        It reports nothing then: while the provider answers with a server error, it asks again and again.
        """
        url, timeout_s = self.settings.sasl_oauth_token_url, self.settings.startup_timeout_s
        msg = f"The identity provider at {url} gave no token within {timeout_s:g} s."
        return KafkaUnavailable(msg, fix="Check STREAM_SASL_OAUTH_TOKEN_URL, and the provider's log.")

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded broker."""
        return str(self.metadata.cluster_id).startswith(EMBEDDED)

    def topic(self, name: str, operation: AclOperation | None = None) -> Any:
        """A topic's metadata. Raises `TopicMissing`, or `NotAuthorized`, which names `operation` if it is given."""
        found = self.admin.list_topics(topic=name, timeout=ANSWER_S).topics.get(name)
        if found is None or (found.error is not None and found.error.code() in client.MISSING):
            fix = "`article-stream topics create` creates it."
            msg = f"The topic {name} does not exist."
            raise TopicMissing(msg, fix=fix)
        if found.error is not None:
            if operation is not None and found.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise forbidden(operation, f"the topic {name}")
            raise client.explain(found.error, self.settings, doing=f"looking at the topic {name}")
        return found

    def settings_of(self, name: str) -> dict[str, str]:
        """A topic's settings; empty if we are not allowed to see them, and on the embedded broker."""
        if self.embedded:
            return {}
        asked = self.admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)], request_timeout=ANSWER_S)
        try:
            (future,) = asked.values()
            entries = future.result(ANSWER_S + GRACE_S).items()
            return {setting: entry.value for setting, entry in entries if entry.value is not None}
        except KafkaException:
            return {}

    def largest_bytes(self, name: str) -> int:
        """A topic's `max.message.bytes`, or Kafka's default if it is not known.

        Too high a value is harmless: a transaction that the broker refuses is split until the refused record is found.
        """
        return int(self.settings_of(name).get("max.message.bytes", DEFAULT_LARGEST_BYTES))

    def may(self, name: str, operation: AclOperation) -> None:
        """Raises `NotAuthorized` if the broker says that we are not allowed this operation on the topic."""
        asked = self.admin.describe_topics(
            TopicCollection([name]), include_authorized_operations=True, request_timeout=ANSWER_S
        )
        allowed = asked[name].result(ANSWER_S + GRACE_S).authorized_operations
        if allowed is not None and operation not in allowed:
            raise forbidden(operation, f"the topic {name}")

    def may_read_group(self, group: str) -> None:
        """Raises `NotAuthorized` if the broker says that we are not allowed to join the group."""
        asked = self.admin.describe_consumer_groups(
            [group], include_authorized_operations=True, request_timeout=ANSWER_S
        )
        try:
            allowed = asked[group].result(ANSWER_S + GRACE_S).authorized_operations
        except KafkaException as raised:
            if client.error_of(raised).code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                raise forbidden(AclOperation.READ, f"the group {group}") from None
            return  # the group was never used, or has no coordinator yet, for which `_committed` waits
        if allowed is not None and AclOperation.READ not in allowed:
            raise forbidden(AclOperation.READ, f"the group {group}")


def forbidden(operation: AclOperation, resource: str) -> NotAuthorized:
    """The error for a missing right: this operation on `resource`, as "the topic articles.raw"."""
    return NotAuthorized(f"Kafka forbids {operation.name} on {resource}.", fix="Grant it.")


def run(settings: Settings) -> Iterator[Check]:
    """Makes all checks, one after the other. If Kafka does not answer, only the first one is made."""
    cluster = Cluster(settings)
    check = partial(_check, cluster)
    connected = check("broker", lambda: _broker(cluster))
    yield connected
    if connected.error is not None:
        return
    for role, name in settings.topics.items():
        yield check(f"{role} topic", partial(_topic, cluster, role, name))
        if role != "input":
            for sentence in topic_settings.warnings(role, name, cluster.settings_of(name)):
                yield Check(f"{role} topic", sentence, warning=True)
    yield check("consumer group", lambda: _group(cluster))
    if settings.delivery == "exactly_once":
        yield check("transactions", lambda: _transactions(settings))


def require(settings: Settings) -> int:
    """Makes all checks, logs their warnings and raises the first error; returns `largest_record_bytes`."""
    for check in run(settings):
        if check.error is not None:
            raise check.error
        if check.warning:
            log.warning("%s", check.detail)
    return largest_record_bytes(settings)


def largest_record_bytes(settings: Settings) -> int:
    """How many bytes a record may have, before compression, so that every topic we write to takes it for certain."""
    cluster = Cluster(settings)
    cluster.connect()
    return min(cluster.largest_bytes(name) for role, name in settings.topics.items() if role != "input")


def _check(cluster: Cluster, name: str, answer: Callable[[], str]) -> Check:
    try:
        return Check(name, answer())
    except StreamError as error:
        return Check(name, str(error), error)
    except KafkaException as raised:
        explained = cluster.explain(raised, doing=f"looking at the {name}")
        return Check(name, str(explained), explained)


def _broker(cluster: Cluster) -> str:
    cluster.connect()
    brokers = len(cluster.metadata.brokers)
    what = "the embedded broker of the demo" if cluster.embedded else f"{brokers} {noun(brokers, 'broker')}"
    return f"{cluster.settings.bootstrap_servers} answers ({what})"


def _topic(cluster: Cluster, role: str, name: str) -> str:
    operation = AclOperation.READ if role == "input" else AclOperation.WRITE
    found = cluster.topic(name, operation)
    if not cluster.embedded:
        cluster.may(name, operation)
    partitions = len(found.partitions)
    said = [f"{name} has {partitions} {noun(partitions, 'partition')}", f"{operation.name} is allowed"]
    if role != "input":
        of_input = cluster.settings_of(cluster.settings.input_topic)
        said += topic_settings.notes(role, cluster.settings_of(name), of_input)
    return "; ".join(said)


def _group(cluster: Cluster) -> str:
    settings = cluster.settings
    if not cluster.embedded:
        cluster.may_read_group(settings.group_id)
    # Reading the group's offsets requires the same right as consuming, but does not join the group. Uncommitted, so as
    # not to wait for a transaction that a killed worker left open: the worker will abort it when it starts.
    config = client.consumer(settings) | {"isolation.level": "read_uncommitted"}
    for name in ("group.instance.id", "enable.partition.eof"):
        config.pop(name, None)
    consumer = Consumer(config)
    try:
        with client.explained(settings, doing="reading the group's offsets"):
            partition = _committed(consumer, settings)
    finally:
        consumer.close()
    if partition.error is not None and partition.error.code() not in client.MISSING:
        raise client.explain(partition.error, settings, doing="reading the group's offsets")
    return f"{settings.group_id} may be used{_given_up_after(cluster)}"


def _given_up_after(cluster: Cluster) -> str:
    """A clause that says after how long a killed worker's partitions move, if the broker decides that; else empty.

    With the consumer protocol (KIP-848) the session timeout is a setting of the broker, whose default is 45 s.
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
        timeout_s = int(future.result(ANSWER_S + GRACE_S)[name].value) / 1000
    except (KafkaException, KeyError):
        return f"; we may not see its {name}, after which the partitions of a killed worker move"
    return f"; the partitions of a killed worker move after {timeout_s:g} s, its {name}"


def _committed(consumer: Consumer, settings: Settings) -> TopicPartition:
    """The committed offset of the first partition. Waits for a coordinator, for up to `startup_timeout_s`."""
    deadline = time.monotonic() + settings.startup_timeout_s
    while True:
        try:
            return consumer.committed([TopicPartition(settings.input_topic, 0)], timeout=ANSWER_S)[0]
        except KafkaException as raised:
            if client.error_of(raised).code() not in client.COORDINATOR_MOVES or time.monotonic() > deadline:
                raise
            time.sleep(COORDINATOR_RETRY_S)


def _transactions(settings: Settings) -> str:
    transactional_id = f"{settings.group_id}.check"
    try:
        Producer(client.transactional(settings, transactional_id)).init_transactions(ANSWER_S)
    except KafkaException as raised:
        explained = client.explain(client.error_of(raised), settings, doing="opening a transaction")
        explained.fix = explained.fix or "Where the cluster forbids transactions, set STREAM_DELIVERY=at_least_once."
        raise explained from None
    return f"transactional ids that begin with {settings.group_id} may be used"
