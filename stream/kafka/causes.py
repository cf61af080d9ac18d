"""What Kafka's error codes mean to whoever runs the worker: a sentence of ours for each, and what to do about it."""

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
    """In the sentence `{it.…}` is a setting, `{doing}` completes "while …", `{text}` are librdkafka's words."""

    kind: type[StreamError]
    sentence: str
    fix: str = ""

    def told(self, code: int, text: str, settings: Settings, doing: str) -> StreamError:
        """The error, with Kafka's name for it, by which it can be looked up."""
        said = self.sentence.format(it=settings, doing=doing, text=text.rstrip("."))
        return self.kind(f"{said} ({KafkaError(code).name()}).", fix=self.fix.format(it=settings))


_NOT_A_MEMBER = Cause(
    SessionLost,
    "The group {it.group_id} does not count this worker as a member any more while {doing}: it was silent for longer "
    "than the session timeout, or was removed",
)
_OTHERS_CAME = Cause(SessionLost, "The members of the group {it.group_id} have changed while {doing}")
_TAKEN_OVER = (
    "Another process has taken over the transactional id of this one while {doing}, as a worker does with that of the "
    "partitions which it is given"
)
_TIMED_OUT = "the transaction was open for longer than STREAM_TRANSACTION_TIMEOUT_MS, and Kafka has aborted it"
_DOES_NOT_END = (
    "It goes on by itself; if it does not, docs/operations.md says what to do about a transaction that does not end."
)
_OTHER_PROTOCOL = (
    "Give the worker a STREAM_GROUP_ID of its own, or all workers of the group the same STREAM_GROUP_PROTOCOL."
)
_COORDINATOR = Cause(
    KafkaUnavailable,
    "The broker that keeps the group's offsets or the transactions is not there yet while {doing}",
    "It goes on by itself where Kafka starts or a broker has failed; otherwise the cluster may have fewer brokers "
    "than offsets.topic.replication.factor or transaction.state.log.replication.factor ask for.",
)
_LEADER = Cause(
    KafkaUnavailable,
    "A partition has no leader that answers while {doing}",
    "It goes on by itself when another broker leads; otherwise look whether all brokers run.",
)
_COPIES = Cause(
    KafkaUnavailable,
    "Too few copies of a partition are in sync (the topic's min.insync.replicas) while {doing}",
    "Look whether all brokers run; it goes on by itself when they do.",
)
_DISK = Cause(KafkaUnavailable, "A broker can not use its disk while {doing}", "Look at that broker's disk and log.")
_TOO_LARGE = Cause(
    KafkaFatal,
    "A record, or a batch of them, is larger than the topic takes while {doing}",
    "Raise the topic's max.message.bytes.",
)
_INVALID = Cause(
    KafkaFatal,
    "Kafka does not take a record while {doing}: {text}",
    "A compacted topic wants a key; the topic's message.timestamp.… settings bound its timestamp.",
)
_FORGOTTEN = Cause(
    KafkaFatal,
    "Kafka does not know what this worker has published last while {doing}, as after records were deleted, after the "
    "broker's producer.id.expiration.ms or after the loss of a broker's data",
    "It begins a new transaction; if that fails as well, restart the worker.",
)
_TOO_OLD = Cause(
    KafkaFatal,
    "Kafka at {it.bootstrap_servers} is too old for what is asked while {doing}, or has it switched off: {text}",
    "STREAM_GROUP_PROTOCOL is {it.group_protocol}; consumer needs Kafka 4.0 or later.",
)
_DAMAGED = Cause(
    KafkaFatal,
    "Records of the topic can not be read while {doing}, as if they were damaged",
    "Look at the topic with another consumer, and at its producer.",
)
_OFFSET_TOO_LARGE = Cause(
    KafkaFatal,
    "What is kept beside an offset is larger than the broker's offset.metadata.max.bytes while {doing}",
    "Raise it, or replay one partition at a time.",
)
_UNNAMED = Cause(KafkaFatal, "Kafka reports an error while {doing}: {text}", "The broker's log says more.")

CAUSES: Mapping[int, Cause] = {
    # The group
    KafkaError.FENCED_INSTANCE_ID: Cause(
        InstanceFenced,
        "Another worker runs with the instance id {it.instance_id!r}",
        "Give every worker its own STREAM_INSTANCE_ID.",
    ),
    # It may be this worker's own, where the broker has not heard that its last session is over: worth another try.
    KafkaError.UNRELEASED_INSTANCE_ID: Cause(
        InstanceHeld,
        "The group {it.group_id} has a member with the instance id {it.instance_id!r} already: another worker runs "
        "with it, or one was killed and the broker's group.consumer.session.timeout.ms has not passed since",
        "It is tried again until that time has passed; give every worker its own STREAM_INSTANCE_ID.",
    ),
    KafkaError.GROUP_MAX_SIZE_REACHED: Cause(
        KafkaFatal,
        "The group {it.group_id} has as many members as the broker allows (group.max.size, or group.consumer.max.size)",
        "Run fewer workers, or raise that.",
    ),
    KafkaError.INVALID_GROUP_ID: Cause(
        SettingsError, "Kafka does not take {it.group_id!r} as a group's name", "Set another STREAM_GROUP_ID."
    ),
    KafkaError.INVALID_SESSION_TIMEOUT: Cause(
        SettingsError,
        "The broker does not allow a session timeout of {it.session_timeout_ms} ms",
        "Set STREAM_SESSION_TIMEOUT_MS within the broker's group.min.session.timeout.ms and its max.",
    ),
    KafkaError.INCONSISTENT_GROUP_PROTOCOL: Cause(
        SettingsError,
        "The group {it.group_id} has members that are no article-stream workers, or none of STREAM_GROUP_PROTOCOL="
        "{it.group_protocol}",
        _OTHER_PROTOCOL,
    ),
    KafkaError.GROUP_ID_NOT_FOUND: Cause(
        KafkaFatal,
        "The group {it.group_id} has members that do not speak STREAM_GROUP_PROTOCOL={it.group_protocol}",
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
        "This worker did not ask for records within max.poll.interval.ms while {doing}, and the group took its "
        "partitions away",
    ),
    KafkaError.OFFSET_METADATA_TOO_LARGE: _OFFSET_TOO_LARGE,
    KafkaError.INVALID_COMMIT_OFFSET_SIZE: _OFFSET_TOO_LARGE,
    # Transactions
    KafkaError._FENCED: Cause(SessionLost, _TAKEN_OVER),  # noqa: SLF001
    KafkaError.PRODUCER_FENCED: Cause(SessionLost, _TAKEN_OVER),
    KafkaError.INVALID_PRODUCER_EPOCH: Cause(SessionLost, f"{_TAKEN_OVER}; or {_TIMED_OUT}"),
    KafkaError.INVALID_TXN_STATE: Cause(SessionLost, f"Kafka has ended a transaction while {{doing}}: {_TIMED_OUT}"),
    KafkaError.INVALID_PRODUCER_ID_MAPPING: Cause(
        SessionLost,
        "Kafka has forgotten this worker's transactional id while {doing}, because nothing was published with it for "
        "longer than the broker's transactional.id.expiration.ms; nothing is lost, and the worker asks for it again",
    ),
    KafkaError.UNKNOWN_PRODUCER_ID: _FORGOTTEN,
    KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER: _FORGOTTEN,
    KafkaError.INVALID_TRANSACTION_TIMEOUT: Cause(
        SettingsError,
        "The broker does not allow a transaction timeout of {it.transaction_timeout_ms} ms",
        "Set STREAM_TRANSACTION_TIMEOUT_MS to the broker's transaction.max.timeout.ms or less.",
    ),
    KafkaError.CONCURRENT_TRANSACTIONS: Cause(
        KafkaUnavailable,
        "Kafka has not ended this worker's last transaction yet while {doing}",
        _DOES_NOT_END,
    ),
    KafkaError.UNSTABLE_OFFSET_COMMIT: Cause(
        KafkaUnavailable,
        "A transaction that holds offsets of the group {it.group_id} is open still while {doing}",
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
        KafkaUnavailable, "A quota of Kafka's is used up while {doing}", "Try again later, or raise the quota."
    ),
    KafkaError._RESOLVE: Cause(  # noqa: SLF001
        KafkaUnavailable,
        "No address is known for a name of Kafka's while {doing}: {text}",
        "Is STREAM_BOOTSTRAP_SERVERS, {it.bootstrap_servers}, right? A name that does not stand there is one that the "
        "brokers give themselves (advertised.listeners).",
    ),
    KafkaError.UNSUPPORTED_VERSION: _TOO_OLD,
    KafkaError._UNSUPPORTED_FEATURE: _TOO_OLD,  # noqa: SLF001
    KafkaError._CRIT_SYS_RESOURCE: Cause(  # noqa: SLF001
        KafkaFatal,
        "The system gives Kafka's client no more memory, threads or files while {doing}: {text}",
        "Raise the container's or the process's limits.",
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
        KafkaFatal, "Kafka does not take the compression {it.compression} while {doing}", "Set STREAM_COMPRESSION."
    ),
    KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT: Cause(
        KafkaFatal,
        "A topic keeps its records in a format that is too old for transactions and headers while {doing}",
        "Raise the topic's message.format.version, or make the topic anew.",
    ),
    KafkaError.POLICY_VIOLATION: Cause(
        KafkaFatal,
        "A policy of the cluster's forbids it while {doing}: {text}",
        "Ask for what it allows, or whoever set it.",
    ),
    KafkaError.INVALID_REPLICATION_FACTOR: Cause(
        KafkaFatal,
        "Kafka can not keep that many copies of each partition while {doing}: {text}",
        "Say --replication with at most the number of brokers.",
    ),
    KafkaError.INVALID_PARTITIONS: Cause(
        KafkaFatal, "Kafka does not take that number of partitions while {doing}: {text}", "Say another --partitions."
    ),
    KafkaError.INVALID_CONFIG: Cause(
        KafkaFatal, "Kafka does not take a topic's setting while {doing}: {text}", "Say another --retention-hours."
    ),
    KafkaError.TOPIC_EXCEPTION: Cause(
        KafkaFatal, "Kafka does not take a topic's name while {doing}: {text}", "Give the topic another name."
    ),
    KafkaError.UNKNOWN: _UNNAMED,
    KafkaError.INVALID_REQUEST: _UNNAMED,
}
_WORDS = {KafkaError(code).str(): code for code in CAUSES}


def code_of(error: KafkaError) -> int:
    """The error's code; of a fatal one that of its cause, of which librdkafka gives no more than the words."""
    code = error.code()
    if code != KafkaError._FATAL:  # noqa: SLF001
        return code
    text = error.str()
    return next((cause for words, cause in _WORDS.items() if words in text), code)


def instance_fenced(settings: Settings) -> StreamError:
    """The error of a worker whose instance id another one has taken."""
    code = KafkaError.FENCED_INSTANCE_ID
    return CAUSES[code].told(code, "", settings, "reading")
