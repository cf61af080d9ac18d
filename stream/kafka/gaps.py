"""Where reading goes on where the committed offset is not in the log any more, and what to say about it."""

from __future__ import annotations

from typing import NamedTuple


class Gap(NamedTuple):
    """`target`: the offset to read on at. `skipped`: records that are gone unread. `says`: one sentence for the log."""

    target: int
    skipped: int
    says: str


def gap(  # noqa: PLR0913 - what it depends on
    name: str, position: int, low: int, high: int, *, truncated: bool, same: bool
) -> Gap:
    """What to do about `position`, where the log of the partition `name` begins at `low` and ends at `high`.

    `truncated`: Kafka says that the log was cut back. `same`: the topic is known to be the one that was read before.
    """
    if position > high:
        # Cut back to where we were: go on at its end. Made anew: what it holds was never read.
        target = high if truncated else low
        cut = "The log was cut back" if truncated else "The log was cut back, or the topic was deleted and made again"
        says = f"{name} ends at {high}, before the committed offset {position}. {cut}: reading goes on at {target}."
        return Gap(target, 0, says)
    if position >= low:
        if same:  # it grew, or came back, since the broker refused
            return Gap(position, 0, f"{name}: the broker did not have the committed offset {position} for a moment.")
        says = f"{name}: the broker refused the committed offset {position}. Reading goes on at the beginning {low}."
        return Gap(low, 0, says)
    skipped = low - position
    says = (
        f"{name}: {skipped} records between the committed offset {position} and the log's beginning {low} are gone "
        "before they were read: the topic's retention is shorter than the worker's lag."
    )
    return Gap(low, skipped, says)
