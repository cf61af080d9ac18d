"""Where to resume reading when the committed offset is no longer in the log, and what to log about it."""

from __future__ import annotations

from typing import NamedTuple


class Gap(NamedTuple):
    """What to do about a gap.

    `target`: the offset at which to resume. `skipped`: number of records deleted unread. `says`: what to log.
    """

    target: int
    skipped: int
    says: str


def gap(  # noqa: PLR0913 - what it depends on
    name: str, position: int, low: int, high: int, *, truncated: bool, same: bool
) -> Gap:
    """Decides what to do about the offset `position`, which the broker says is not in the log of the partition `name`.

    `low`, `high`: the first offset of the log, and the offset after its last record. `truncated`: Kafka has said that
    the log was truncated. `same`: the topic is known to be the one that was read before, and not a new one by its name.
    """
    if position > high:
        # A truncated log ends where we have read to, or before, so nothing in it is unread. If the topic may have been
        # deleted and created again, none of its records has been read.
        target = high if truncated else low
        cut = "The log was truncated" if truncated else "The log was truncated, or the topic was deleted and recreated"
        says = f"{name} ends at {high}, before the committed offset {position}. {cut}; reading resumes at {target}."
        return Gap(target, 0, says)
    if position >= low:
        if same:  # the log has grown, or a replica has caught up, since the broker refused
            return Gap(position, 0, f"{name}: the broker did not have the committed offset {position} for a moment.")
        says = f"{name}: the broker refused the committed offset {position}. Reading resumes at the log's start, {low}."
        return Gap(low, 0, says)
    skipped = low - position
    deleted = "1 record was deleted before the worker read it"
    if skipped != 1:
        deleted = f"{skipped} records were deleted before the worker read them"
    says = (
        f"{name}: {deleted}, between the committed offset {position} and the log's start, {low}. "
        "The topic's retention is shorter than the worker's lag."
    )
    return Gap(low, skipped, says)
