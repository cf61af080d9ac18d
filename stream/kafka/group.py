"""What the broker says of the whole group: its members, what each of them owns, and how far it has got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from confluent_kafka import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, MemberAssignment, OffsetSpec

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.ends import ANSWER_S, LATER_S, offsets_of

# The client does not give up a question to the group's coordinator; we do, after a few seconds. Where the client gives
# one up because the process was frozen for longer than this, it may abort the process (librdkafka issue 4605): it did
# in one of 24 freezes that were longer than the client's timeout, and in none of 24 that were shorter.
COORDINATOR_S = 3600.0


@dataclass(frozen=True, slots=True)
class GroupView:
    """The group at one moment.

    `partitions`: every partition of the input topic. `members`: by member id, the partitions that the group has given
    to it. `targets`: with the consumer protocol, what it wants each member to have in the end. `stable`: whether no
    rebalance is under way. `lag`: records after the group's committed offset, by partition; a transaction's
    markers behind the last record count as records here, for nobody can tell them apart without reading.
    """

    partitions: frozenset[int]
    members: Mapping[str, frozenset[int]]
    stable: bool
    lag: Mapping[int, int] = field(default_factory=dict)
    targets: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def unowned(self) -> frozenset[int]:
        """The partitions that belong to no member."""
        return self.partitions.difference(*self.members.values())


class Group:
    """Asks the cluster about the group; `describe` may block for some seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AdminClient | None = None
        self.can_be_described = True

    def renew(self) -> None:
        """Takes a new client at the next look: one that has lost its brokers may not find them again."""
        self._admin = None

    def describe(self) -> GroupView | None:
        """The group now; None where the broker cannot describe groups, as the embedded one cannot.

        Raises `KafkaException`, or `TimeoutError` of `concurrent.futures`.
        """
        admin = self._admin = self._admin or AdminClient(client.common(self._settings))
        topic, group = self._settings.input_topic, self._settings.group_id
        found = admin.list_topics(topic, timeout=ANSWER_S).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        try:
            description = admin.describe_consumer_groups([group], request_timeout=COORDINATOR_S)[group].result(
                ANSWER_S + LATER_S
            )
        except KafkaException as raised:
            if client.error_of(raised).code() == KafkaError._UNSUPPORTED_FEATURE:  # noqa: SLF001
                self.can_be_described = False
                return None
            raise
        members, targets = {}, {}
        for member in description.members:
            members[member.member_id] = self._of_ours(member.assignment)
            if member.target_assignment is not None:
                targets[member.member_id] = self._of_ours(member.target_assignment)
        numbers = sorted(found.partitions)
        stable = description.state == ConsumerGroupState.STABLE
        return GroupView(frozenset(numbers), members, stable, self._lag(admin, numbers), targets)

    def _of_ours(self, assignment: MemberAssignment) -> frozenset[int]:
        topic = self._settings.input_topic
        return frozenset(it.partition for it in assignment.topic_partitions if it.topic == topic)

    def _lag(self, admin: AdminClient, numbers: list[int]) -> dict[int, int]:
        topic = self._settings.input_topic
        asked = ConsumerGroupTopicPartitions(
            self._settings.group_id, [TopicPartition(topic, number) for number in numbers]
        )
        (answer,) = admin.list_consumer_group_offsets([asked], request_timeout=COORDINATOR_S).values()
        committed = {it.partition: it.offset for it in answer.result(ANSWER_S + LATER_S).topic_partitions}
        ends = offsets_of(admin, self._settings, numbers, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        never = [number for number in numbers if committed.get(number, -1) < 0]
        if len(never) == len(numbers) and self._settings.start_at == "latest":
            return dict.fromkeys(ends, 0)  # the group begins at the end
        begins = offsets_of(admin, self._settings, never, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        return {
            number: max(0, end - (begins[number] if number in begins else committed[number]))
            for number, end in ends.items()
            if number in begins or committed.get(number, -1) >= 0
        }
