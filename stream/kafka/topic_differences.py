"""How an existing topic differs from the one that was asked for, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stream.observe.wording import noun

HOUR_MS = 3_600_000
FOREVER_MS = -1  # Kafka's value of retention.ms for records that are never deleted


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked of every topic; None: nothing, any number will do.

    `partitions`; `replication`: copies of each partition; `retention_ms`: how long records are kept.
    """

    partitions: int | None = None
    replication: int | None = None
    retention_ms: int | None = None


ANYTHING = Asked()


def differences(asked: Asked, metadata: Any, settings: Mapping[str, str]) -> Iterator[str]:
    """What differs, a clause each, such as "12 partitions instead of 4".

    `metadata` is the topic's `TopicMetadata`. `settings` are the topic's own and may be empty, where the broker does
    not tell them: nothing is said of what is not known.
    """
    partitions = metadata.partitions
    if asked.partitions not in (None, len(partitions)):
        yield f"{len(partitions)} {noun(len(partitions), 'partition')} instead of {asked.partitions}"
    copies = min((len(it.replicas) for it in partitions.values()), default=None)
    if copies is not None and asked.replication not in (None, copies):
        yield f"{copies} {noun(copies, 'copy', 'copies')} of each partition instead of {asked.replication}"
    kept_ms = settings.get("retention.ms", "")
    if asked.retention_ms is not None and kept_ms.lstrip("-").isdigit() and int(kept_ms) != asked.retention_ms:
        yield f"a retention of {_time(int(kept_ms))} instead of {_time(asked.retention_ms)}"


def _time(milliseconds: int) -> str:
    if milliseconds == FOREVER_MS:
        return "unlimited time"
    hours = milliseconds / HOUR_MS
    return f"{hours:g} {noun(hours, 'hour')}"
