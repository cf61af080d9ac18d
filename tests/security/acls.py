"""The rights that a worker needs and no more, as data. The tests grant them, and docs/operations.md lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from stream.config.settings import Settings

Resource = Literal["topic", "group", "transactional-id"]
KINDS = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
}


@dataclass(frozen=True, slots=True)
class Right:
    """Operations on one resource. `setting`: the setting whose value is the resource's name."""

    resource: Resource
    setting: str
    operations: tuple[str, ...]
    prefixed: bool = False

    def line(self) -> str:
        """The right as docs/operations.md writes it, with the default names."""
        what = "".join(f" --operation {operation}" for operation in self.operations)
        name = getattr(Settings(), self.setting)
        return f"acls{what} --{self.resource} {name}{' --resource-pattern-type prefixed' * self.prefixed}"

    def name(self, settings: Mapping[str, object]) -> str:
        """The name of the resource that a worker with these settings uses."""
        return str(settings[self.setting])


READ_INPUT = Right("topic", "input_topic", ("READ",))
SEE_INPUT = Right("topic", "input_topic", ("DESCRIBE",))
READ_GROUP = Right("group", "group_id", ("READ",))
WRITE_OUTPUT = Right("topic", "output_topic", ("WRITE", "DESCRIBE"))
WRITE_DEAD = Right("topic", "dead_letter_topic", ("WRITE", "DESCRIBE"))
USE_TRANSACTIONS = Right("transactional-id", "group_id", ("WRITE", "DESCRIBE"), prefixed=True)
SEE_LINES = Right("topic", "lines_topic", ("DESCRIBE",))
WRITE_LINES = Right("topic", "lines_topic", ("WRITE", "DESCRIBE"))
SEE_SITES = Right("topic", "sites_topic", ("DESCRIBE",))
READ_SITES = Right("topic", "sites_topic", ("READ",))
READ_LINES = Right("topic", "lines_topic", ("READ", "WRITE"))
WRITE_SITES = Right("topic", "sites_topic", ("WRITE", "DESCRIBE"))
KEEP_COUNTS = Right("topic", "counts_topic", ("READ", "WRITE"))
READ_LEARNERS_GROUP = Right("group", "group_id", ("READ",), prefixed=True)

LEAST_PRIVILEGE: Sequence[Right] = (READ_INPUT, READ_GROUP, WRITE_OUTPUT, WRITE_DEAD, USE_TRANSACTIONS)
WITH_SITES: Sequence[Right] = (WRITE_LINES, READ_SITES)
LEARNER: Sequence[Right] = (READ_LINES, WRITE_SITES, KEEP_COUNTS, READ_LEARNERS_GROUP, USE_TRANSACTIONS)


def bindings(right: Right, principal: str, settings: Mapping[str, object]) -> list[AclBinding]:
    """The bindings that allow these rights."""
    return [AclBinding(*_binding(right, principal, settings, operation)) for operation in right.operations]


def filters(right: Right, principal: str, settings: Mapping[str, object]) -> list[AclBindingFilter]:
    """Filters that match these bindings, for removing them."""
    return [AclBindingFilter(*_binding(right, principal, settings, operation)) for operation in right.operations]


def _binding(
    right: Right, principal: str, settings: Mapping[str, object], operation: str
) -> tuple[ResourceType, str, ResourcePatternType, str, str, AclOperation, AclPermissionType]:
    pattern = ResourcePatternType.PREFIXED if right.prefixed else ResourcePatternType.LITERAL
    name = right.name(settings)
    return KINDS[right.resource], name, pattern, principal, "*", AclOperation[operation], AclPermissionType.ALLOW
