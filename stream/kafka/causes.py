"""What each of Kafka's error codes means to the person who runs the worker: a sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import KafkaError

from stream.config.settings import Settings
from stream.errors import (
    InstanceFenced,
    InstanceHeld,
    KafkaFatal,
    KafkaUnavailable,
    SessionLost,
    SettingsError,
    StreamError,
)


class Cause(NamedTuple):
    """What one error code means.

    `kind`: the class of our error. `sentence`, `fix`: templates, in which `{settings.…}` is a setting. In the sentence
    `{doing}` completes "while …", and `{text}` is librdkafka's message.
    """

    kind: type[StreamError]
    sentence: str
    fix: str = ""

    def error(self, code: int, text: str, settings: Settings, doing: str) -> StreamError:
        """Our error, whose sentence ends with Kafka's name for the code, so that it can be looked up."""
        sentence = self.sentence.format(settings=settings, doing=doing, text=text.rstrip("."))
        return self.kind(f"{sentence} ({KafkaError(code).name()}).", fix=self.fix.format(settings=settings))


_NOT_A_MEMBER = Cause(
    SessionLost,
    "The group {settings.group_id} no longer counted this worker as a member while {doing}: the worker was silent for "
    "longer than the session timeout, or was removed",
)
_OTHERS_CAME = Cause(SessionLost, "The members of the group {settings.group_id} changed while {doing}")
_TAKEN_OVER = (
    "Another process took over this worker's transactional id while {doing}, as a worker does that is assigned the "
    "partition from which the id is made"
)
_TIMED_OUT = "the transaction was open for longer than STREAM_TRANSACTION_TIMEOUT_MS, so Kafka aborted it"
_DOES_NOT_END = "The worker keeps trying; if this lasts, see docs/operations.md about a transaction that does not end."
_OTHER_PROTOCOL = (
    "Give the worker a STREAM_GROUP_ID of its own, or all workers of the group the same STREAM_GROUP_PROTOCOL."
)
_COORDINATOR = Cause(
    KafkaUnavailable,
    "The broker that coordinates the group or its transactions was not available while {doing}",
    "This passes once Kafka has started or another broker takes over; if it lasts, the cluster may have fewer brokers "
    "than offsets.topic.replication.factor or transaction.state.log.replication.factor ask for.",
)
_LEADER = Cause(
    KafkaUnavailable,
    "A partition had no leader that answered while {doing}",
    "This passes once another broker leads; if it lasts, check that all brokers run.",
)
_COPIES = Cause(
    KafkaUnavailable,
    "Too few copies of a partition were in sync (the topic's min.insync.replicas) while {doing}",
    "Check that all brokers run; the worker keeps trying.",
)
_DISK = Cause(KafkaUnavailable, "A broker could not use its disk while {doing}", "Check that broker's disk and log.")
_TOO_LARGE = Cause(
    KafkaFatal,
    "A record, or a batch of records, was larger than the topic allows while {doing}",
    "Raise the topic's max.message.bytes.",
)
_INVALID = Cause(
    KafkaFatal,
    "Kafka refused a record while {doing}: {text}",
    "A compacted topic requires keys; a topic's message.timestamp.… settings limit timestamps.",
)
_FORGOTTEN = Cause(
    KafkaFatal,
    "Kafka did not know what this worker had published last while {doing}, as happens after records were deleted, "
    "after the broker's producer.id.expiration.ms or after a broker lost its data",
    "The worker begins a new transaction; if that fails as well, restart the worker.",
)
_TOO_OLD = Cause(
    KafkaFatal,
    "Kafka at {settings.bootstrap_servers} is too old for a request made while {doing}, or has it disabled: {text}",
    "STREAM_GROUP_PROTOCOL is {settings.group_protocol}; consumer needs Kafka 4.0 or later, with consumer among the "
    "broker's group.coordinator.rebalance.protocols.",
)
_DAMAGED = Cause(
    KafkaFatal,
    "Records of the topic could not be read while {doing}; they may be damaged",
    "Read the topic with another consumer, and check its producer.",
)
_OFFSET_TOO_LARGE = Cause(
    KafkaFatal,
    "The metadata of a committed offset was larger than the broker's offset.metadata.max.bytes while {doing}",
    "Raise that, or replay one partition at a time.",
)
_UNNAMED = Cause(KafkaFatal, "Kafka reported an error while {doing}: {text}", "The broker's log says more.")

CAUSES: Mapping[int, Cause] = {
    # The group
    KafkaError.FENCED_INSTANCE_ID: Cause(
        InstanceFenced,
        "Another worker runs with the instance id {settings.instance_id!r}",
        "Give every worker its own STREAM_INSTANCE_ID.",
    ),
    # Another try may succeed: the member may be this worker itself, if the broker does not know yet that its last
    # session has ended.
    KafkaError.UNRELEASED_INSTANCE_ID: Cause(
        InstanceHeld,
        "The group {settings.group_id} already has a member with the instance id {settings.instance_id!r}: another "
        "worker runs with it, or one was killed less than the broker's group.consumer.session.timeout.ms ago",
        "The worker tries again until that time is over; give every worker its own STREAM_INSTANCE_ID.",
    ),
    KafkaError.GROUP_MAX_SIZE_REACHED: Cause(
        KafkaFatal,
        "The group {settings.group_id} has as many members as the broker allows (group.max.size, or "
        "group.consumer.max.size)",
        "Run fewer workers, or raise that limit.",
    ),
    KafkaError.INVALID_GROUP_ID: Cause(
        SettingsError,
        "Kafka does not accept {settings.group_id!r} as the name of a group",
        "Set another STREAM_GROUP_ID.",
    ),
    KafkaError.INVALID_SESSION_TIMEOUT: Cause(
        SettingsError,
        "The broker does not allow a session timeout of {settings.session_timeout_ms} ms",
        "Set STREAM_SESSION_TIMEOUT_MS between the broker's group.min.session.timeout.ms and "
        "group.max.session.timeout.ms.",
    ),
    KafkaError.INCONSISTENT_GROUP_PROTOCOL: Cause(
        SettingsError,
        "The group {settings.group_id} has members that are not article-stream workers, or that do not run with "
        "STREAM_GROUP_PROTOCOL={settings.group_protocol}",
        _OTHER_PROTOCOL,
    ),
    KafkaError.GROUP_ID_NOT_FOUND: Cause(
        KafkaFatal,
        "The group {settings.group_id} has members that do not run with STREAM_GROUP_PROTOCOL="
        "{settings.group_protocol}",
        _OTHER_PROTOCOL,
    ),
    KafkaError.UNSUPPORTED_ASSIGNOR: Cause(
        SettingsError,
        "The broker does not know the group's assignor",
        "Check group.remote.assignor in STREAM_CONSUMER_PROPERTIES.",
    ),
    KafkaError.UNKNOWN_MEMBER_ID: _NOT_A_MEMBER,
    KafkaError.FENCED_MEMBER_EPOCH: _NOT_A_MEMBER,
    KafkaError._ASSIGNMENT_LOST: _NOT_A_MEMBER,  # noqa: SLF001
    KafkaError.ILLEGAL_GENERATION: _OTHERS_CAME,
    KafkaError.REBALANCE_IN_PROGRESS: _OTHERS_CAME,
    KafkaError.STALE_MEMBER_EPOCH: _OTHERS_CAME,
    KafkaError._MAX_POLL_EXCEEDED: Cause(  # noqa: SLF001
        SessionLost,
        "This worker did not ask for records within max.poll.interval.ms while {doing}, so the group took its "
        "partitions away",
    ),
    KafkaError.OFFSET_METADATA_TOO_LARGE: _OFFSET_TOO_LARGE,
    KafkaError.INVALID_COMMIT_OFFSET_SIZE: _OFFSET_TOO_LARGE,
    # Transactions
    KafkaError._FENCED: Cause(SessionLost, _TAKEN_OVER),  # noqa: SLF001
    KafkaError.PRODUCER_FENCED: Cause(SessionLost, _TAKEN_OVER),
    KafkaError.INVALID_PRODUCER_EPOCH: Cause(SessionLost, f"{_TAKEN_OVER}; or {_TIMED_OUT}"),
    KafkaError.INVALID_TXN_STATE: Cause(SessionLost, f"Kafka ended a transaction while {{doing}}: {_TIMED_OUT}"),
    KafkaError.INVALID_PRODUCER_ID_MAPPING: Cause(
        SessionLost,
        "Kafka had forgotten this worker's transactional id while {doing}, because nothing was published with it for "
        "longer than the broker's transactional.id.expiration.ms; nothing is lost, and the worker registers it again",
    ),
    KafkaError.UNKNOWN_PRODUCER_ID: _FORGOTTEN,
    KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER: _FORGOTTEN,
    KafkaError.INVALID_TRANSACTION_TIMEOUT: Cause(
        SettingsError,
        "The broker does not allow a transaction timeout of {settings.transaction_timeout_ms} ms",
        "Set STREAM_TRANSACTION_TIMEOUT_MS to the broker's transaction.max.timeout.ms or less.",
    ),
    KafkaError.CONCURRENT_TRANSACTIONS: Cause(
        KafkaUnavailable,
        "Kafka had not yet ended this worker's previous transaction while {doing}",
        _DOES_NOT_END,
    ),
    KafkaError.UNSTABLE_OFFSET_COMMIT: Cause(
        KafkaUnavailable,
        "A transaction that holds offsets of the group {settings.group_id} was still open while {doing}",
        _DOES_NOT_END,
    ),
    # Brokers
    **dict.fromkeys(
        (
            KafkaError.COORDINATOR_NOT_AVAILABLE,
            KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
            KafkaError.NOT_COORDINATOR,
            KafkaError._WAIT_COORD,  # noqa: SLF001
        ),
        _COORDINATOR,
    ),
    **dict.fromkeys(
        (
            KafkaError.LEADER_NOT_AVAILABLE,
            KafkaError.NOT_LEADER_FOR_PARTITION,
            KafkaError.REPLICA_NOT_AVAILABLE,
            KafkaError.FENCED_LEADER_EPOCH,
            KafkaError.UNKNOWN_LEADER_EPOCH,
            KafkaError.OFFSET_NOT_AVAILABLE,
        ),
        _LEADER,
    ),
    KafkaError.NOT_ENOUGH_REPLICAS: _COPIES,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND: _COPIES,
    KafkaError.KAFKA_STORAGE_ERROR: _DISK,
    KafkaError.LOG_DIR_NOT_FOUND: _DISK,
    KafkaError.THROTTLING_QUOTA_EXCEEDED: Cause(
        KafkaUnavailable, "A Kafka quota was used up while {doing}", "Try again later, or raise the quota."
    ),
    KafkaError._RESOLVE: Cause(  # noqa: SLF001
        KafkaUnavailable,
        "The host name of a broker could not be resolved while {doing}: {text}",
        "Is STREAM_BOOTSTRAP_SERVERS, {settings.bootstrap_servers}, right? A name that is not in it comes from the "
        "brokers themselves (advertised.listeners).",
    ),
    KafkaError.UNSUPPORTED_VERSION: _TOO_OLD,
    KafkaError._UNSUPPORTED_FEATURE: _TOO_OLD,  # noqa: SLF001
    KafkaError._CRIT_SYS_RESOURCE: Cause(  # noqa: SLF001
        KafkaFatal,
        "The operating system gave Kafka's client no more memory, threads or files while {doing}: {text}",
        "Raise the limits of the container or the process.",
    ),
    # Records and topics
    KafkaError.MSG_SIZE_TOO_LARGE: _TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE: _TOO_LARGE,
    KafkaError.INVALID_RECORD: _INVALID,
    KafkaError.INVALID_MSG: _INVALID,
    KafkaError.INVALID_TIMESTAMP: _INVALID,
    KafkaError._BAD_MSG: _DAMAGED,  # noqa: SLF001
    KafkaError._BAD_COMPRESSION: _DAMAGED,  # noqa: SLF001
    KafkaError.UNSUPPORTED_COMPRESSION_TYPE: Cause(
        KafkaFatal,
        "Kafka refused the compression {settings.compression} while {doing}",
        "Set STREAM_COMPRESSION to another one.",
    ),
    KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT: Cause(
        KafkaFatal,
        "A topic that was used while {doing} stores its records in a format that has no transactions and headers",
        "Raise the topic's message.format.version, or create the topic anew.",
    ),
    KafkaError.POLICY_VIOLATION: Cause(
        KafkaFatal,
        "A policy of the cluster forbade a request while {doing}: {text}",
        "Stay within the policy, or ask the cluster's administrator to change it.",
    ),
    KafkaError.INVALID_REPLICATION_FACTOR: Cause(
        KafkaFatal,
        "Kafka refused the number of copies of each partition while {doing}: {text}",
        "Give --replication a value of at most the number of brokers.",
    ),
    KafkaError.INVALID_PARTITIONS: Cause(
        KafkaFatal, "Kafka refused the number of partitions while {doing}: {text}", "Give --partitions another value."
    ),
    KafkaError.INVALID_CONFIG: Cause(
        KafkaFatal, "Kafka refused a topic's setting while {doing}: {text}", "Give --retention-hours another value."
    ),
    KafkaError.TOPIC_EXCEPTION: Cause(
        KafkaFatal, "Kafka refused the name of a topic while {doing}: {text}", "Give the topic another name."
    ),
    KafkaError.UNKNOWN: _UNNAMED,
    KafkaError.INVALID_REQUEST: _UNNAMED,
}
_BY_MESSAGE = {KafkaError(code).str(): code for code in CAUSES}


def code_of(error: KafkaError) -> int:
    """The error's code. For a fatal error it is the code of its cause, which librdkafka gives only as text."""
    code = error.code()
    if code != KafkaError._FATAL:  # noqa: SLF001
        return code
    text = error.str()
    return next((cause for message, cause in _BY_MESSAGE.items() if message in text), code)


def instance_fenced(settings: Settings) -> StreamError:
    """The error of a worker whose instance id another worker has taken over."""
    code = KafkaError.FENCED_INSTANCE_ID
    return CAUSES[code].error(code, "", settings, "reading")
