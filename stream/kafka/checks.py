"""Checks that the worker can start: brokers, topics, rights, group, transactions. Each check is answered in a sentence.

`run` makes all checks, for `article-stream check`; `require` raises the first error, for the worker's start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AclOperation, ConfigResource, ResourceType

from stream.config.settings import Settings
from stream.errors import NotAuthorized, SettingsError, StreamError, TopicMissing
from stream.kafka import client, topic_settings
from stream.kafka.api_versions import require_consumer_protocol
from stream.kafka.cluster import ANSWER_S, GRACE_S, Cluster
from stream.observe.check import Check
from stream.observe.wording import noun

log = logging.getLogger(__name__)

COORDINATOR_RETRY_S = 0.2  # the pause before the group is asked again while its coordinator is elected


def run(settings: Settings) -> Iterator[Check]:
    """Makes all checks, one after the other. If Kafka does not answer, only the first one is made."""
    cluster = Cluster(settings)
    check = partial(_check, cluster)
    connected = check("broker", lambda: _broker(cluster))
    yield connected
    if connected.error is not None:
        return
    inputs = cluster.inputs()
    if not settings.inputs.one:
        yield from _several(cluster, inputs)
    required = settings.required_topics(inputs)
    for role, name in settings.topics(inputs):
        if (role, name) in required:
            yield check(f"{role} topic", partial(_topic, cluster, role, name, inputs))
        else:
            found = check(f"{role} topic", partial(_topic_of_sites, cluster, role, name))
            yield replace(found, optional=True)
            if role == "lines" and found.error is None:
                yield from _fewer_copies(cluster, name, [topic for _, topic in required if topic not in inputs])
        if role != "input":
            for sentence in topic_settings.warnings(role, name, cluster.settings_of(name)):
                yield Check(f"{role} topic", sentence, warning=True)
    yield check("consumer group", lambda: _group(cluster))
    if settings.delivery == "exactly_once":
        yield check("transactions", lambda: _transactions(settings))


def require(settings: Settings) -> int:
    """Makes all checks, logs their warnings and raises the first error that is not about something optional.

    Returns `largest_record_bytes`.
    """
    for check in run(settings):
        if check.error is not None and not check.optional:
            raise check.error
        if check.warning or check.error is not None:
            log.warning("%s", check.detail)
    return largest_record_bytes(settings)


def largest_record_bytes(settings: Settings) -> int:
    """How many bytes a record may have, before compression, so that every topic we require takes it for certain.

    The topic of lines does not count: if it refuses a record, the articles go on without it.
    """
    cluster = Cluster(settings)
    cluster.connect()
    required = settings.required_topics(cluster.inputs())
    return min(cluster.largest_bytes(name) for role, name in required if role != "input")


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


def _several(cluster: Cluster, inputs: Sequence[str]) -> Iterator[Check]:
    """What is wrong with several input topics together: the worker needs one that exists, and reads those that do."""
    name, settings = "input topic", cluster.settings
    if not inputs:
        msg = f"{settings.inputs.none_exists[:1].upper()}{settings.inputs.none_exists[1:]}."
        creates = "`article-stream topics create` creates them."
        fix = creates if settings.inputs.names else "The worker can start once there is one."
        error = TopicMissing(msg, fix=fix)
        yield Check(name, str(error), error)
    for topic in set(settings.inputs.names).difference(inputs) if inputs else ():
        found = _check(cluster, name, partial(_topic, cluster, "input", topic, inputs))
        if isinstance(found.error, TopicMissing):
            yield Check(name, f"{topic} does not exist; it will be read once it does.", warning=True)
        else:
            yield found


def _topic(cluster: Cluster, role: str, name: str, inputs: Sequence[str]) -> str:
    operation = AclOperation.READ if role == "input" else AclOperation.WRITE
    found = cluster.topic(name, operation)
    if not cluster.embedded:
        cluster.may(name, operation)
    partitions = len(found.partitions)
    said = [f"{name} has {partitions} {noun(partitions, 'partition')}", f"{operation.name} is allowed"]
    if role == "input":
        if why := cluster.settings.why_not_read(name):
            msg = f"{name} cannot be read: {why}."
            raise SettingsError(msg, fix="Change STREAM_INPUT_TOPIC or STREAM_OUTPUT_TOPIC.")
        return "; ".join(said)
    own = cluster.settings_of(name)
    for topic in inputs:
        if role != "output" or cluster.settings.output_for(topic) == name:
            said += topic_settings.notes(role, own, cluster.settings_of(topic))
    said = list(dict.fromkeys(said))  # what is so of several input topics is said once
    return "; ".join(said)


def _topic_of_sites(cluster: Cluster, role: str, name: str) -> str:
    """The worker writes to the topic of lines and reads the topic of sites; the topic of counts is the learner's."""
    operation = {"lines": AclOperation.WRITE, "sites": AclOperation.READ}.get(role)
    try:
        partitions = len(cluster.topic(name, operation).partitions)
    except NotAuthorized:
        if operation is not None:
            raise
        return f"{name} is the learner's, and we may not see it"
    said = f"{name} has {partitions} {noun(partitions, 'partition')}"
    if operation is None:
        return said
    if not cluster.embedded:
        cluster.may(name, operation)
    return f"{said}; {operation.name} is allowed"


def _fewer_copies(cluster: Cluster, lines: str, outputs: Sequence[str]) -> Iterator[Check]:
    """Whether the topic of lines may be away while the outputs are there.

    A transaction can neither be committed nor aborted while a partition in it has no leader.
    """
    try:
        mine, theirs = _copies(cluster, lines), min(map(partial(_copies, cluster), outputs))
    except StreamError:  # which the output's own check tells
        return
    if mine < theirs:
        said = (
            f"{lines} has {mine} {noun(mine, 'copy', 'copies')} of each partition and the output topics have {theirs}, "
            "so that articles wait while a partition of it has no leader. Give it as many."
        )
        yield Check("lines topic", said, warning=True)


def _copies(cluster: Cluster, topic: str) -> int:
    return min(len(partition.replicas) for partition in cluster.topic(topic).partitions.values())


def _group(cluster: Cluster) -> str:
    settings = cluster.settings
    require_consumer_protocol(settings)
    if not cluster.embedded:
        cluster.may_read_group(settings.group_id)
    # Reading the group's offsets requires the same right as consuming, but does not join the group. Uncommitted, so as
    # not to wait for a transaction that a killed worker left open: the worker will abort it when it starts.
    consumer = Consumer(client.outsider(settings, **{"isolation.level": "read_uncommitted"}))
    try:
        with client.explained(settings, doing="reading the group's offsets"):
            partition = _committed(consumer, min(cluster.inputs(), default=settings.dead_letter_topic), settings)
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


def _committed(consumer: Consumer, topic: str, settings: Settings) -> TopicPartition:
    """The committed offset of the topic's first partition. Waits for a coordinator, for up to `startup_timeout_s`."""
    deadline = time.monotonic() + settings.startup_timeout_s
    while True:
        try:
            return consumer.committed([TopicPartition(topic, 0)], timeout=ANSWER_S)[0]
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
