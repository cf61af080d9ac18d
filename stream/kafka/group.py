"""What the broker reports about the whole consumer group: its members, their partitions, and the lag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

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
from stream.kafka.ends import ANSWER_S, GRACE_S, offsets_of
from stream.kafka.found import partitions_of
from stream.records.input_partition import InputPartition

COORDINATOR_S = 3600.0
"""The client's timeout for requests to the group's coordinator, in seconds; we ourselves wait for much less.

Failure: where the client gives such a request up because the process was frozen for longer than this, it may abort
the process (librdkafka issue 4605). It did in one of 24 freezes that were longer than the timeout, and in none of 24
that were shorter. Worst case: the client keeps an abandoned request for an hour.
"""


class Member(NamedTuple):
    """A member of the group, as the broker knows it: its client's id, its address, and its instance id or ""."""

    client_id: str
    host: str
    instance_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupView:
    """The group at one moment.

    `partitions`: all partitions of the input topics. `members`: by member id, the partitions that are assigned to it.
    `targets`: with the consumer protocol, by member id, the partitions that it is to have at the end of the rebalance.
    `stable`: whether no rebalance is going on. `lag`: by partition, the number of offsets after the group's committed
    one; transaction markers count, because they cannot be told from records without reading. `who`: by member id, what
    the broker knows of the member.
    """

    partitions: frozenset[InputPartition]
    members: Mapping[str, frozenset[InputPartition]]
    stable: bool
    lag: Mapping[InputPartition, int] = field(default_factory=dict)
    targets: Mapping[str, frozenset[InputPartition]] = field(default_factory=dict)
    who: Mapping[str, Member] = field(default_factory=dict)

    @property
    def unowned(self) -> frozenset[InputPartition]:
        """The partitions that are assigned to no member."""
        return self.partitions.difference(*self.members.values())

    def has_nothing(self, member: str) -> bool:
        """Whether this member of a group with the consumer protocol has no partitions because others have them all.

        A group is stable, too, before it has given out any: as long as its first member's topics are not known to it.
        """
        given = bool(self.partitions) and not self.unowned
        return given and self.stable and not self.members.get(member) and self.targets.get(member) == frozenset()


class Group:
    """Asks the broker about the group. `can_be_described`: whether the broker knows how to answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AdminClient | None = None
        self._doubted = False
        self.can_be_described = True

    def renew(self) -> None:
        """Uses a new client next time. One that has lost its brokers may never find them again."""
        self._admin = None

    def renew_when_idle(self) -> None:
        """Uses a new client as soon as this one waits for no answer: to close it before could end the process."""
        self._doubted = True

    def describe(self) -> GroupView | None:
        """The group now; None if the broker cannot describe groups, as the embedded one cannot.

        May block for tens of seconds if brokers do not answer. Raises `KafkaException` or
        `concurrent.futures.TimeoutError`.
        """
        admin = self._client()
        group = self._settings.group_id
        places = partitions_of(admin, self._settings.inputs, ANSWER_S)
        try:
            description = admin.describe_consumer_groups([group], request_timeout=COORDINATOR_S)[group].result(
                ANSWER_S + GRACE_S
            )
        except KafkaException as raised:
            if client.error_of(raised).code() == KafkaError._UNSUPPORTED_FEATURE:  # noqa: SLF001
                self.can_be_described = False
                return None
            raise
        members, targets, who = {}, {}, {}
        for member in description.members:
            who[member.member_id] = Member(
                member.client_id or "", (member.host or "").lstrip("/"), member.group_instance_id or ""
            )
            members[member.member_id] = self._input_partitions(member.assignment)
            if member.target_assignment is not None:
                targets[member.member_id] = self._input_partitions(member.target_assignment)
        stable = description.state == ConsumerGroupState.STABLE
        return GroupView(frozenset(places), members, stable, self._lag(admin, places), targets, who)

    def _client(self) -> AdminClient:
        # Its length is the number of answers it waits for, so a client that is idle counts as false.
        if self._admin is None or (self._doubted and not self._admin):  # type: ignore[truthy-bool]
            self._admin, self._doubted = AdminClient(client.common(self._settings)), False
        return self._admin

    def _input_partitions(self, assignment: MemberAssignment) -> frozenset[InputPartition]:
        inputs = self._settings.inputs
        return frozenset(
            InputPartition(it.topic, it.partition) for it in assignment.topic_partitions if it.topic in inputs
        )

    def _lag(self, admin: AdminClient, places: list[InputPartition]) -> dict[InputPartition, int]:
        asked = ConsumerGroupTopicPartitions(self._settings.group_id, [TopicPartition(*place) for place in places])
        (answer,) = admin.list_consumer_group_offsets([asked], request_timeout=COORDINATOR_S).values()
        answered = answer.result(ANSWER_S + GRACE_S).topic_partitions
        committed = {InputPartition(it.topic, it.partition): it.offset for it in answered}
        ends = offsets_of(admin, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        never = [place for place in places if committed.get(place, -1) < 0]
        if len(never) == len(places) and self._settings.start_at == "latest":
            return dict.fromkeys(ends, 0)  # a new group will begin at the end, so it has no lag
        begins = offsets_of(admin, never, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        return {
            place: max(0, end - (begins[place] if place in begins else committed[place]))
            for place, end in ends.items()
            if place in begins or committed.get(place, -1) >= 0
        }
